"""Submit for review (S9, S14): what will be sent, the tick over the warnings, and the receipt."""

from flask import abort
from flask.typing import ResponseReturnValue

from backoffice import auth
from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.errors import N_, DomainError, Refused, Stale
from backoffice.domain.permissions import Permission
from backoffice.domain.projects import Status
from backoffice.forms.coordinator import SubmitForm
from backoffice.models import Project
from backoffice.queries import confirmations, contacts, submissions
from backoffice.services import submissions as services
from backoffice.services.uow import unit_of_work
from backoffice.views import verify
from backoffice.views.coordinator import base, checklist, helpers, receipts, rows, standing
from backoffice.views.coordinator.base import bp
from backoffice.views.messages import refuse, say

ALREADY = N_("This was already sent: the results are under review. Nothing was sent a second time.")
CHANGED = N_("Something was changed after this page was opened, so nothing was sent. Look at it again, then submit.")


@bp.route("/<code>/submit", methods=["GET", "POST"])
@auth.own(Permission.OWN_SUBMIT)
def submit(code: str) -> ResponseReturnValue:
    """A page of its own: GET shows what will happen, POST does it once (act key)."""
    project = base.load(code)
    form = SubmitForm()
    base.opened(form)
    if base.is_look():
        return _page(project, form)
    if not base.fits(form):
        return _page(project, form, status=422)
    try:
        with unit_of_work() as uow:
            submission = services.submit(
                uow, actor=base.actor(), project_id=project.id, seen_version=base.number(form.version.data),
                is_confirmed=bool(form.is_confirmed.data), act_key=form.act_key.data or "",
            )
            number = submission.number
    except (Refused, Stale) as error:
        return _refused(code, form, error)
    base.say_saved("submitted")
    return base.go(base.address("receipt", project, number=number))


@bp.get("/<code>/receipts/<int:number>")
@auth.own(Permission.OWN_READ)
def receipt(code: str, number: int) -> ResponseReturnValue:
    """What was sent, for ever: texts, choices, files with their hashes."""
    project = base.load(code)
    submission = db.session.scalar(submissions.numbered(project.id, number)) or abort(404)
    return base.page(
        "receipt", project=project, now=standing.of(db.session(), project), submission=submission,
        is_fresh=base.saved() == "submitted", receivers=_names(project), **receipts.of(submission),
        specialist=helpers.specialist(project), helpdesk=helpers.helpdesk(project.agency),
    )


@bp.get("/<code>/confirmation")
@auth.own(Permission.OWN_READ)
def confirmation(code: str) -> ResponseReturnValue:
    """That the results are approved, to print for the project's file (S2)."""
    project = base.load(code)
    found = confirmations.latest(db.session(), project) or abort(404)
    return base.page(
        "confirmation", project=project, printed_at=clock.now(), specialist=helpers.specialist(project),
        helpdesk=helpers.helpdesk(project.agency), **verify.values(found),
    )


def _refused(code: str, form: SubmitForm, error: DomainError) -> ResponseReturnValue:
    """Never a dead end: the page as it stands now, with the reason."""
    project = base.load(code)
    if project.status is Status.UNDER_REVIEW:
        return _already(project, status=409)
    shown = Refused(CHANGED, code=error.code) if isinstance(error, Stale) else error
    refuse(form, shown)
    return _page(project, form, status=409 if isinstance(error, Stale) else 422)


def _already(project: Project, *, status: int) -> ResponseReturnValue:
    """The back button after a submission: told that it was sent, with the way to the receipt."""
    submission = db.session.scalar(submissions.latest(project.id))
    return base.page(
        "already", status=status, project=project, sentence=say(ALREADY), submission=submission,
        specialist=helpers.specialist(project), helpdesk=helpers.helpdesk(project.agency),
    )


def _page(project: Project, form: SubmitForm, *, status: int = 200) -> ResponseReturnValue:
    now = standing.of(db.session(), project)
    if not now.is_editable:
        return _already(project, status=status) if project.status is Status.UNDER_REVIEW else base.go(
            base.address("project", project)
        )
    form.version.data = str(project.version)
    files = [file for result in project.results for file in result.files]
    return base.page(
        "submit", status=status, project=project, now=now, form=form,
        errors=[checklist.item(now, line) for line in now.errors],
        warnings=[checklist.item(now, line) for line in now.warnings], results=rows.results(now),
        files_total=rows.files_summary([file.size for file in files]) if files else "",
        public_count=sum(not result.do_not_publish for result in project.results), receivers=_names(project),
        specialist=helpers.specialist(project), helpdesk=helpers.helpdesk(project.agency),
    )


def _names(project: Project) -> list[str]:
    """Who gets the receipt: all with access, by name or address."""
    return [
        row.user.name or row.user.email
        for row in db.session.scalars(contacts.active_accesses(project.id))
        if row.user.deactivated_at is None
    ]
