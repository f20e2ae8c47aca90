"""The list of one's projects and the page of one: status, checklist, results, contacts, logo, website, summary."""

from contextlib import ExitStack
from typing import Any

from flask import abort, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from backoffice import auth
from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.errors import DomainError, Refused, Stale
from backoffice.domain.permissions import Permission
from backoffice.domain.projects import Label, Status
from backoffice.domain.results import SUMMARY_KEY
from backoffice.domain.tickets import LIVE
from backoffice.forms.coordinator import AnswerForm, LiveForm, QuestionForm, ReopenForm, SummaryForm
from backoffice.models import Project, ReopenRequest, Ticket
from backoffice.queries import agencies, questions, reopening, submissions, uploads
from backoffice.queries import projects as queries
from backoffice.queries import results as result_queries
from backoffice.services import files as file_services
from backoffice.services import projects as services
from backoffice.services.reopening import MAY_ASK
from backoffice.services.uow import unit_of_work
from backoffice.views import conflicts, drafts, frame, link_words, serving
from backoffice.views.conflicts import Conflict
from backoffice.views.coordinator import base, checklist, helpers, receipts, rows, standing
from backoffice.views.coordinator.base import bp
from backoffice.views.messages import hour, refuse


@bp.get("/")
@auth.signed_in
def index() -> ResponseReturnValue:
    """The projects of the person, what waits first; or who can give access, never a bare empty list."""
    who, actor = auth.person(), auth.coordinator()
    projects = db.session.scalars(queries.mine(actor)).all() if actor else []
    if who is None or not projects:
        offices = helpers.helpdesks(db.session.scalars(agencies.in_order()).all())
        return base.page("empty", email=who.email if who else "", offices=offices)
    if len({project.agency_id for project in projects}) == 1:
        frame.of_agency(projects[0].agency_id)
    cards = sorted(
        (standing.of(db.session(), project) for project in projects),
        key=lambda card: (card.label is not Label.RETURNED, card.project.due_on or card.today, card.project.code),
    )
    return base.page(
        "index", cards=cards, email=who.email, waiting=[card for card in cards if card.waits_for_coordinator],
        resting=[card for card in cards if not card.waits_for_coordinator],
        offices=helpers.helpdesks(list({card.project.agency_id: card.project.agency for card in cards}.values())),
        specialists={card.project.id: helpers.specialist(card.project) for card in cards},
    )


@bp.get("/<code>/")
@auth.own(Permission.OWN_READ)
def project(code: str) -> ResponseReturnValue:
    return show(base.load(code))


def show(
    project: Project,
    *,
    status: int = 200,
    live: LiveForm | None = None,
    summary: SummaryForm | None = None,
    summary_conflicts: list[Conflict] | None = None,
    live_conflicts: list[Conflict] | None = None,
    answers: dict[int, AnswerForm] | None = None,
    question: tuple[int, QuestionForm] | None = None,
) -> ResponseReturnValue:
    """The page of a project; a form that came back with an error stands in it with what was typed."""
    now = standing.of(db.session(), project)
    published = project.published_submission_id if project.status is Status.APPROVED else None
    shown = db.session.scalar(submissions.by_id(published)) if published else now.submission
    return base.page(
        "project" if now.is_editable else "settled", status=status,
        project=project, now=now, checks=checklist.items(now), why_not=checklist.why_not(now),
        results=rows.results(now, answers=answers), contacts=rows.people(now), press=rows.press(),
        website_trouble=link_words.website_trouble(project), live=live or _live_form(project),
        summary=summary or summary_form(project, now),
        summary_conflicts=summary_conflicts or [], summary_request=now.requests.get(SUMMARY_KEY),
        live_conflicts=live_conflicts or [], saved_by=conflicts.head(summary_conflicts or live_conflicts or []),
        saved=base.saved(), saved_at=hour(clock.now()), ordering=request.args.get("order") == "1",
        uploads=db.session.scalars(uploads.of_project(project.id)).all() if now.is_editable else [],
        deleted=_deleted(project), submission=shown, **(receipts.of(shown) if shown else {}), history=_history(project),
        specialist=helpers.specialist(project), helpdesk=helpers.helpdesk(project.agency),
        questions=_questions(now, question), said=questions.said,
        clause=project.agency.legal_clause, reopening=_reopening(project),
        reopen_form=_reopen_form(project),
    )


@bp.route("/<code>/website", methods=["GET", "POST"])
@auth.own(Permission.OWN_EDIT)
def live(code: str) -> ResponseReturnValue:
    """Website and logo: public as soon as they are saved (S5, S6)."""
    project = base.load(code)
    there = base.address("project", project, _anchor="live")
    if base.is_look():
        return base.go(there)
    if project.status is Status.UNDER_REVIEW:
        return base.closed(project)
    form = LiveForm()
    base.opened(form)
    if not base.fits(form):
        return show(project, status=422, live=form)
    typed, current = {"website": form.website.data or ""}, {"website": project.website}
    website = conflicts.choose(typed=typed, current=current, picked=request.form)["website"]
    if not conflicts.is_touched("website", typed["website"], seen=form.seen.data or ""):
        website = project.website  # only the picture was changed here: what somebody else saved meanwhile stays
    found = [] if website == project.website else conflicts.of(
        form, typed=typed, current=current, seen=form.seen.data or ""
    )
    try:
        with ExitStack() as stack:
            chosen = request.files.get("logo")
            picture = (
                stack.enter_context(serving.received_picture(chosen, field="logo"))
                if chosen and chosen.filename else None
            )
            with unit_of_work() as uow:
                if not found:
                    services.set_website(
                        uow, actor=base.actor(), project_id=project.id, website=website, seen=current["website"]
                    )
                if picture is not None:
                    file_services.set_logo(uow, actor=base.actor(), project_id=project.id, upload=picture)
                elif form.no_logo.data:
                    services.set_logo(uow, actor=base.actor(), project_id=project.id, file=None)
                if not found:
                    drafts.forget(uow, form)
    except (Refused, Stale) as error:
        if error.field == "logo":
            base.note_refused(project, [error])
        project = base.load(code)
        refuse(form, error)
        return base.too_late(project, error) or show(project, status=422, live=form)
    if found:
        project = base.load(code)
        found = conflicts.told(found, base.lately(project))
        form.seen.data = conflicts.marks({"website": project.website})
        return show(project, status=409, live=form, live_conflicts=found)
    base.say_saved("live")
    return base.go(there)


@bp.route("/<code>/summary", methods=["GET", "POST"])
@auth.own(Permission.OWN_EDIT)
def summary(code: str) -> ResponseReturnValue:
    """The final summary in English, with the answer when the agency asked for a change of it."""
    project = base.load(code)
    there = base.address("project", project, _anchor="summary")
    if base.is_look():
        return base.go(there)
    if not project.is_summary_open or project.status not in {Status.OPEN, Status.RETURNED}:
        return base.closed(project)
    form = SummaryForm()
    base.opened(form)
    if not base.fits(form):
        return show(project, status=422, summary=form)
    typed = {"final_summary": form.final_summary.data or ""}
    current = {"final_summary": project.final_summary}
    choice = conflicts.choose(typed=typed, current=current, picked=request.form)
    version = base.number(form.version.data)
    if not conflicts.of(form, typed=typed, current=current, seen=form.seen.data or ""):
        version = project.version  # another part was saved in between: nothing of this one is lost
    try:
        with unit_of_work() as uow:
            services.set_summary(
                uow, actor=base.actor(), project_id=project.id, seen_version=version,
                summary=choice["final_summary"], answer=form.answer.data if "answer" in request.form else None,
            )
            drafts.forget(uow, form)
    except (Refused, Stale) as error:
        return _summary_refused(code, form, error, typed=typed)
    base.say_saved("summary")
    return base.go(there)


def _summary_refused(
    code: str, form: SummaryForm, error: DomainError, *, typed: dict[str, str]
) -> ResponseReturnValue:
    """What was typed stays: beside the other version after a conflict, to be copied when it is too late."""
    project = base.load(code)
    late = base.too_late(project, error)
    if late is not None:
        return late
    if isinstance(error, Stale):
        current = {"final_summary": project.final_summary}
        found = conflicts.of(form, typed=typed, current=current, seen=form.seen.data or "")
        found = conflicts.told(found, base.lately(project))
        form.version.data, form.seen.data = str(project.version), conflicts.marks(current)
        return show(project, status=409, summary=form, summary_conflicts=found)
    refuse(form, error)
    return show(project, status=422, summary=form)


def summary_form(project: Project, now: standing.Standing) -> SummaryForm:
    form = SummaryForm(formdata=None)
    asked = now.requests.get(SUMMARY_KEY)
    form.final_summary.data = project.final_summary
    form.answer.data = asked.answer if asked else ""
    form.answer.id = "answer-summary"
    form.version.data = str(project.version)
    form.seen.data = conflicts.marks({"final_summary": project.final_summary})
    base.opened(
        form, place=base.address("summary", project), back=base.address("project", project, _anchor="summary")
    )
    return form


def _question_form(project: Project, ticket: Ticket) -> QuestionForm:
    form, back = QuestionForm(formdata=None), base.address("project", project, _anchor="question")
    base.opened(form, place=base.address("answer_question", project, ticket_id=ticket.id), back=back)
    return form


def _questions(
    now: standing.Standing, typed: tuple[int, QuestionForm] | None
) -> list[tuple[Ticket, QuestionForm | None]]:
    """What the agency asked about the submission, with the form of an answer while the thread goes on."""
    if now.submission is None:
        return []
    found = []
    for ticket in db.session.scalars(questions.of_submission(now.submission.id)):
        form = None
        if ticket.state in LIVE:
            form = typed[1] if typed and typed[0] == ticket.id else _question_form(now.project, ticket)
            form.answer.id = f"answer-question-{ticket.id}"
        found.append((ticket, form))
    return found


def _reopen_form(project: Project) -> ReopenForm | None:
    if project.status not in MAY_ASK:
        return None
    form, back = ReopenForm(formdata=None), base.address("project", project, _anchor="reopen")
    base.opened(form, place=base.address("reopen", project), back=back)
    return form


def _reopening(project: Project) -> ReopenRequest | None:
    """The last request that was made since the results came where they are now."""
    row = db.session.scalar(reopening.last(project.id)) if project.status in MAY_ASK else None
    return row if row is not None and row.asked_at >= project.status_since_at else None


def _live_form(project: Project) -> LiveForm:
    form = LiveForm(formdata=None)
    form.website.data = project.website
    form.seen.data = conflicts.marks({"website": project.website})
    base.opened(form, place=base.address("live", project), back=base.address("project", project, _anchor="live"))
    return form


def _deleted(project: Project) -> Any:
    """The result that was deleted a moment ago: its Undo stands on the page to which the button led."""
    result_id = base.number(request.args.get("deleted"))
    if not result_id:
        return None
    row = db.session.scalar(result_queries.one(base.actor(), result_id, with_deleted=True))
    return row if row is not None and row.project_id == project.id and row.deleted_at is not None else None


def _history(project: Project) -> list[dict[str, Any]]:
    """What happened between the two sides, the newest first; verdicts of a review are not told."""
    told = {
        "return": (gettext("The agency asked for additions"), "wait", "back"),
        "approve": (gettext("The agency approved the results"), "good", "ok"),
        "unlock": (gettext("The agency opened the results again"), "wait", "unlock"),
    }
    lines = [
        (row.decided_at, row.id, *told[row.kind.value], row.reason)
        for row in db.session.scalars(submissions.decisions(project.id))
    ]
    lines += [
        (row.submitted_at, row.id, gettext("Submission %(number)s was sent", number=row.number), "review", "half", "")
        for row in project.submissions
    ]
    return [
        {"at": at, "text": text, "kind": kind, "icon": icon, "reason": reason}
        for at, _id, text, kind, icon, reason in sorted(lines, key=lambda line: line[:2], reverse=True)
    ]


def result_or_404(project: Project, result_id: int) -> Any:
    return next((row for row in project.results if row.id == result_id), None) or abort(404)
