"""The review page: everything needed on one page, a verdict per item, files to open (DOMAIN §3, §4)."""

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import format_decimal
from flask_babel import gettext as _
from sqlalchemy import select

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.errors import DomainError, Forbidden, NotFound, Refused, Stale
from backoffice.domain.permissions import Permission
from backoffice.domain.projects import Status
from backoffice.domain.reviews import Verdict
from backoffice.domain.transitions import Name
from backoffice.domain.visibility import Subject
from backoffice.forms.base import Coded
from backoffice.forms.reviews import NoteForm, PassForm, VerdictForm
from backoffice.models import Project, StoredFile, SubmissionFile, SubmissionItem
from backoffice.queries import contacts, happenings, projects, questions, readiness, reopening, reviews, undo
from backoffice.queries.outlook import outlook
from backoffice.queries.standing import Holder, Standing, obstacle, standing
from backoffice.services import reviews as services
from backoffice.services.uow import unit_of_work
from backoffice.views import drafts, serving
from backoffice.views.admin import review_effects, review_facts, review_items, review_phrases
from backoffice.views.admin.base import Guarded
from backoffice.views.admin.review_items import Typed
from backoffice.views.admin.review_notes import NotePages
from backoffice.views.messages import hour, moment, words


class ReviewPages(NotePages, Guarded):
    """Mixed into the review's view."""

    def _one(self, code: str) -> Project:
        raise NotImplementedError

    @expose("/<code>/")
    def page_view(self, code: str) -> Any:
        return self._page(self._one(code))

    @expose("/<code>/judge", methods=("POST",))
    def judge_view(self, code: str) -> Any:
        """Save the verdict on one item: by the button, or by itself two seconds after the last key."""
        project, form = self._one(code), VerdictForm()
        is_by_itself = "HX-Request" in request.headers
        verdict = Verdict(form.verdict.data) if form.verdict.data in set(Verdict) else None
        comment = form.comment.data or ""
        # Whoever has only just chosen "Ask for changes" is about to type: no refusal, but no "accepted" either.
        is_unfinished = is_by_itself and verdict is Verdict.CHANGES_REQUESTED and not comment.strip()
        if not form.validate():
            errors = [*form.verdict.errors, *form.key.errors]
            return self._page(project, typed=self._typed(form, errors)), 422
        try:
            with unit_of_work() as uow:
                drafts.forget_place(uow, self._judged_at(code, form.key.data or ""))
                services.judge(
                    uow, actor=self.actor, project_id=project.id, key=form.key.data or "",
                    seen_digest=form.digest.data or "", verdict=None if is_unfinished else verdict,
                    comment="" if is_unfinished else comment,
                )
        except (Forbidden, NotFound):
            raise
        except DomainError as error:
            shown = Coded(words(error), code=error.code)
            page = self._page(self._one(code), typed=self._typed(form, [shown]), is_stale=isinstance(error, Stale))
            return page, 422 if error.field else 409
        if is_unfinished:
            shown = Coded(_("Not decided yet: say what the coordinator should change."), code="comment-missing")
            return self._page(self._one(code), typed=self._typed(form, [shown]))
        if not is_by_itself:
            flash(_("Saved."), "success")
        return redirect(self.get_url(".page_view", code=code))

    def _judged_at(self, code: str, key: str) -> str:
        """The place of what is typed about one item: all of them are sent to one address."""
        return f"{url_for('review.judge_view', code=code)}#{key}"

    def _mark(self, code: str, key: str, anchor: str) -> str:
        """Of the form of one item; it is kept when it is sent after the session has ended (views/drafts.py)."""
        return drafts.mark(
            place=self._judged_at(code, key), back=self.get_url(".page_view", code=code, _anchor=anchor)
        )

    def _kept(self, code: str) -> Typed | None:
        """What this person typed last about an item and could not save."""
        beginning = self._judged_at(code, "")
        rows = [row for place, row in drafts.own().items() if place.startswith(beginning)]
        if not rows:
            return None
        row = max(rows, key=lambda row: row.kept_at)
        shown = Coded(
            _("What you typed on %(when)s is back. It is not saved yet.", when=moment(row.kept_at)), code="kept"
        )
        verdict, comment = (row.fields.get(name, [""])[-1] for name in ("verdict", "comment"))
        return Typed(key=row.place.removeprefix(beginning), verdict=verdict, comment=comment, errors=[shown])

    def _typed(self, form: VerdictForm, errors: list[Any]) -> Typed:
        return Typed(
            key=form.key.data or "", verdict=form.verdict.data or "", comment=form.comment.data or "", errors=errors
        )

    @expose("/<code>/files/<int:file_id>")
    def file_view(self, code: str, file_id: int) -> Any:
        """A file that a submission of this project names, under the name that it had there."""
        project = self._one(code)
        found = db.session.execute(
            select(StoredFile, SubmissionFile.name)
            .join(SubmissionFile, SubmissionFile.file_id == StoredFile.id)
            .join(SubmissionItem, SubmissionItem.id == SubmissionFile.item_id)
            .where(StoredFile.id == file_id, StoredFile.project_id == project.id)
            .order_by(SubmissionFile.id.desc())
            .limit(1)
        ).first() or abort(404)
        return serving.serve(found[0], is_inline=True, name=found[1])

    @expose("/<code>/files/<int:file_id>/pass", methods=("POST",))
    def pass_view(self, code: str, file_id: int) -> Any:
        project, form = self._one(code), PassForm()
        try:
            with unit_of_work() as uow:
                services.let_pass(
                    uow, actor=self.actor, project_id=project.id, file_id=file_id, reason=form.reason.data or ""
                )
        except Refused as error:
            shown = Coded(words(error), code=error.code)
            return self._page(self._one(code), pass_error=(file_id, form.reason.data or "", shown)), 422
        flash(_("The file may be published. The audit trail keeps your reason."), "success")
        return redirect(self.get_url(".page_view", code=code))

    def _page(
        self,
        project: Project,
        *,
        typed: Typed | None = None,
        is_stale: bool = False,
        pass_error: tuple[int, str, Any] | None = None,
        refused: Refused | None = None,
        note: NoteForm | None = None,
    ) -> Any:
        """`refused`: why an act of this page was not done."""
        now = clock.now()
        typed = typed or self._kept(project.code)
        case = standing(db.session(), actor=self.actor, project=project, now=now)
        findings = readiness.findings(db.session(), project=project, today=case.today)
        confirmed = set(case.submission.confirmed) if case.submission else set()
        findings = [line for line in findings if line.code in confirmed]
        items = review_items.pages(
            case.items, findings=findings, is_first=case.submission is None or case.submission.number == 1,
            open_all=request.args.get("open") == "all", typed=typed,
        )
        only_changed = request.args.get("only") == "changed"
        undecided = {view.item.key for view in case.undecided}
        return self.render(
            "admin/review/page.html",
            project=project,
            case=case,
            items=[item for item in items if not (only_changed and review_items.is_unchanged(item))],
            only_changed=only_changed,
            changes=review_items.summary_of(case.items) if case.submission and case.submission.number > 1 else "",
            general=[line for line in findings if not line.anchor.startswith("result:") and line.anchor != "summary"],
            age=review_facts.age(project.waiting_since_at, agency=project.agency, today=case.today),
            report=review_facts.report(project, today=case.today),
            due=review_facts.answer_due(project, today=case.today),
            required=projects.results_required(project),
            outlook=outlook(db.session(), case),
            history=review_facts.history(db.session(), case, actor=self.actor),
            imported=review_facts.imported_since(db.session(), case),
            blocked={name.value: obstacle(case, name) for name in (Name.APPROVE, Name.RETURN, Name.UNLOCK)},
            may_judge=self._may_judge(case),
            is_stale=is_stale,
            refused=refused,
            mark=self._mark,
            note_form=note or self._note_form(project.code),
            notes=db.session.scalars(reviews.notes(project.id)).all(),
            withheld=contacts.by_subject(db.session.scalars(contacts.active_of(
                Subject.RESULT, [view.item.result_id for view in case.results if view.item.result_id]
            )).all()),
            may_hide=self.actor.can(Permission.RESULT_HIDE),
            unlock=happenings.unlock_asked(
                db.session(), actor=self.actor, project_ids=[project.id]
            ).get(project.id),
            reopening=db.session.scalar(reopening.waiting(project.id)),
            asked_questions=db.session.scalars(questions.of_submission(case.submission.id)).all()
            if case.submission else [],
            said=questions.said,
            undoable=undo.undoable(db.session(), actor=self.actor, now=now, project_id=project.id),
            pass_error=pass_error,
            seconds_left=self._seconds_left(case),
            phrases=review_phrases.of(project, review_phrases.COMMENT),
            initials=review_facts.initials(case.claim) if case.claim else "",
            asked_names=", ".join(review_effects.numbers_of(case, case.asked)),
            first_undecided=next((item.anchor for item in items if item.view.item.key in undecided), "main"),
            may_pass=self.opens("pass_view") and not case.is_own_project,
            money=f"€\u00a0{format_decimal(project.grant_cents // 100)}" if project.grant_cents else "",
            partners=", ".join(f"{row.name} ({row.country})" if row.country else row.name for row in project.partners),
            hour=hour,
            say_file=review_items.check_words,
            me=self.actor.user_id,
        )

    def _may_judge(self, case: Standing) -> bool:
        return (
            self.opens("judge_view")
            and case.project.status is Status.UNDER_REVIEW
            and case.holder is Holder.ME
            and not case.is_own_project
        )

    def _seconds_left(self, case: Standing) -> int:
        return max(0, int((case.claim.until_at - clock.now()).total_seconds())) if case.claim else 0
