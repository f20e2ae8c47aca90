"""Facts of a project that staff set: each on a page of its own that says what follows (DOMAIN §2)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from flask import abort
from flask_admin import expose
from flask_babel import gettext as _

from backoffice.db import db
from backoffice.domain import staff_facts as rules
from backoffice.domain.permissions import Permission
from backoffice.domain.projects import GRANT_WORDS, GrantState
from backoffice.forms.base import Form
from backoffice.forms.facts import DatesForm, GrantStateForm, MarksForm, RequiredForm, ResponsibleForm
from backoffice.models import Project, User
from backoffice.queries import audit, projects
from backoffice.queries import facts as queries
from backoffice.services import facts
from backoffice.views import conflicts
from backoffice.views.admin.confirming import ConfirmPages
from backoffice.views.conflicts import Conflict
from backoffice.views.messages import day


class FactPages(ConfirmPages):
    """Mixed into the view of projects."""

    fact_permissions: ClassVar[Mapping[str, Permission]] = {
        "grant_view": Permission.PROJECT_EDIT,
        "dates_view": Permission.PROJECT_EDIT,
        "required_view": Permission.PROJECT_WAIVE,
        "responsible_view": Permission.PROJECT_ASSIGN,
        "marks_view": Permission.PROJECT_MARK,
        "release_view": Permission.PROJECT_EDIT,
    }

    def _one(self, code: str) -> Project:
        raise NotImplementedError

    def _url(self, project: Project) -> str:
        raise NotImplementedError

    @expose("/<code>/grant", methods=("GET", "POST"))
    def grant_view(self, code: str) -> Any:
        project = self._one(code)
        form = GrantStateForm(data={"grant_state": project.grant_state.value})

        def show(*, is_again: bool = False) -> None:
            state = self._one(code).grant_state
            _show_now(
                form, form.grant_state, seen=state.value, words=_(GRANT_WORDS[state]), project=project,
                is_again=is_again,
            )

        show()
        return self.confirm_page(
            form=form, button=_("Change the grant state"), heading=project.title,
            effects=[
                _("Terminated: the results can be submitted at once, and the invitation goes out at once."),
                _("Cancelled: no dated mails, not public, results not required; decisions are still told."),
                _("Finalised: no more reminders."),
                _("The project stays in the queue and within your reach, whatever the grant state."),
                self.held_words(),
            ],
            back=self._url(project), done=_("The grant state is changed."),
            refused=lambda: show(is_again=True),
            act=lambda uow: facts.set_grant_state(
                uow, actor=self.actor, project_id=project.id, seen=form.seen.data or "",
                grant_state=GrantState(form.grant_state.data), reason=form.reason.data or "",
            ),
        )

    @expose("/<code>/dates", methods=("GET", "POST"))
    def dates_view(self, code: str) -> Any:
        project = self._one(code)
        form = DatesForm(data={"start_date": project.start_date, "end_date": project.end_date})

        def show(*, is_again: bool = False) -> None:
            row = self._one(code)
            for field, value in ((form.start_date, row.start_date), (form.end_date, row.end_date)):
                words = day(value) if value else ""
                _show_now(form, field, seen=facts.dates_seen(row), words=words, project=row, is_again=is_again)

        show()
        return self.confirm_page(
            form=form, button=_("Change the dates"), heading=project.title,
            effects=[
                _("The results can be submitted from the day after the end on."),
                _("Everybody with access is told once when the end date changes."),
                _("The invitation goes out again only at the new end. What was submitted or approved stays."),
                self.held_words(),
            ],
            back=self._url(project), done=_("The dates are changed."),
            refused=lambda: show(is_again=True),
            act=lambda uow: facts.set_dates(
                uow, actor=self.actor, project_id=project.id, seen=form.seen.data or "",
                start_date=form.start_date.data, end_date=form.end_date.data, reason=form.reason.data or "",
            ),
        )

    @expose("/<code>/results-required", methods=("GET", "POST"))
    def required_view(self, code: str) -> Any:
        project = self._one(code)
        now = rules.written(project.results_required_override)
        form = RequiredForm(data={"is_required": now, "reason": project.results_required_reason})

        def show(*, is_again: bool = False) -> None:
            row = self._one(code)
            words = _("required") if projects.results_required(row) else _("not required")
            seen = rules.written(row.results_required_override)
            _show_now(form, form.is_required, seen=seen, words=words, project=row, is_again=is_again)

        show()
        return self.confirm_page(
            form=form, button=_("Save"), title=_("Whether results are required"), heading=project.title,
            effects=[
                _("Not required: no reminders, and the final report does not wait for results."),
                _("Required: the final report can be approved only after the results are."),
                _("The final-report gate gives the new answer at once."),
            ],
            back=self._url(project), done=_("Saved."), refused=lambda: show(is_again=True),
            act=lambda uow: facts.set_results_required(
                uow, actor=self.actor, project_id=project.id, seen=form.seen.data or "",
                is_required={"True": True, "False": False}.get(form.is_required.data), reason=form.reason.data or "",
            ),
        )

    @expose("/<code>/marks", methods=("GET", "POST"))
    def marks_view(self, code: str) -> Any:
        """What the agency recommends to others."""
        project = self._one(code)
        form = MarksForm(data={
            "is_good_practice": project.is_good_practice, "is_success_story": project.is_success_story,
        })

        def show(*, is_again: bool = False) -> None:
            row = self._one(code)
            for field, value in (
                (form.is_good_practice, row.is_good_practice), (form.is_success_story, row.is_success_story)
            ):
                words = _("yes") if value else _("no")
                _show_now(form, field, seen=facts.marks_seen(row), words=words, project=row, is_again=is_again)

        show()
        return self.confirm_page(
            form=form, button=_("Save"), title=_("Good practice, success story"), heading=project.title,
            effects=[
                _("The public page of the project names the mark at once."),
                _("“Good practice” is a filter of the public search."),
                _("An import leaves the mark as you set it."),
            ],
            back=self._url(project), done=_("Saved."), refused=lambda: show(is_again=True),
            act=lambda uow: facts.set_marks(
                uow, actor=self.actor, project_id=project.id, seen=form.seen.data or "",
                is_good_practice=bool(form.is_good_practice.data),
                is_success_story=bool(form.is_success_story.data),
            ),
        )

    @expose("/<code>/responsible", methods=("GET", "POST"))
    def responsible_view(self, code: str) -> Any:
        project = self._one(code)
        form = ResponsibleForm(data={"responsible": project.responsible_id or 0})
        form.responsible.choices = self.specialists()

        def show(*, is_again: bool = False) -> None:
            row = self._one(code)
            seen = rules.written(row.responsible_id)
            words = said("responsible_id", seen) or _("nobody")
            _show_now(form, form.responsible, seen=seen, words=words, project=row, is_again=is_again)

        show()
        return self.confirm_page(
            form=form, button=_("Save"), title=_("Responsible specialist"), heading=project.title,
            effects=[
                _("Notices about submissions go to this person, and coordinators see name, phone and address."),
                _("Anybody of the agency may still claim the review."),
                self.held_words(),
            ],
            back=self._url(project), done=_("Saved."), refused=lambda: show(is_again=True),
            act=lambda uow: facts.assign(
                uow, actor=self.actor, project_id=project.id, responsible_id=form.responsible.data or None,
                seen=form.seen.data or "",
            ),
        )

    @expose("/<code>/facts/<field>/release", methods=("GET", "POST"))
    def release_view(self, code: str, field: str) -> Any:
        project = self._one(code)
        held = {row.field for row, _who in db.session.execute(queries.held(project.id))}
        if field not in held:
            abort(404)
        difference = queries.differences(db.session(), project.id).get(field)
        theirs = _("nothing") if difference is not None and not difference.theirs else ""
        return self.confirm_page(
            form=Form(), button=_("Release"), heading=f"{_(rules.FACT_WORDS[field])}: {project.title}",
            effects=[
                _("The agency's list decides about this fact again."),
                _("The list says: %(value)s. That holds at once.", value=theirs or said(field, difference.theirs))
                if difference is not None
                else _("The value stays as it is until a list says otherwise."),
            ],
            back=self._url(project), done=_("Released."),
            act=lambda uow: facts.release(uow, actor=self.actor, project_id=project.id, field=field),
        )

    def held_words(self) -> str:
        return str(_("What you set stays when an import says otherwise; the difference is listed."))

    def specialists(self) -> list[tuple[int, str]]:
        """Nobody, and who may be responsible."""
        rows = db.session.scalars(queries.specialists(self.actor.agency_id or 0))
        return [(0, str(_("Nobody"))), *((row.id, row.name or row.email) for row in rows)]


def said(field: str, text: str) -> str:
    """A fact that is kept as text, in words: dates, states and names as the reader writes them."""
    if not text or field not in rules.FACT_WORDS:
        return text
    value = rules.read(field, text)
    if field == "responsible_id":
        user = db.session.get(User, value)
        return (user.name or user.email) if user else text
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, GrantState):
        return str(_(GRANT_WORDS[value]))
    return day(value) if value is not None and not isinstance(value, int) else text


def held_facts(project: Project) -> list[dict[str, Any]]:
    """What staff hold against imports, for the project's page."""
    differences = queries.differences(db.session(), project.id)
    return [
        {
            "field": row.field,
            "label": _(rules.FACT_WORDS.get(row.field, row.field)),
            "value": said(row.field, rules.written(getattr(project, row.field))),
            "theirs": said(row.field, differences[row.field].theirs) if row.field in differences else None,
            "reason": row.reason,
            "who": (who.name or who.email) if who else "",
            "at": row.set_at,
        }
        for row, who in db.session.execute(queries.held(project.id)).all()
    ]


_CALLED = MappingProxyType({"responsible": "responsible_id"})
_ALSO = MappingProxyType({"is_required": ("project:waived", "project:results-required")})


def _show_now(form: Any, field: Any, *, seen: str, words: str, project: Project, is_again: bool = False) -> None:
    """What stands there now, in words beside the field and as the mark by which a stale form is known; on a page that
    comes back, with who changed it when."""
    field.description = _("Now: %(value)s", value=words or _("not known"))
    if is_again and (form.seen.raw_data or [""])[0] != seen:
        line = Conflict(name=field.name, label="", yours="", theirs=words, chosen=conflicts.YOURS)
        lately = audit.lately(agency_id=project.agency_id, project_id=project.id)
        told = conflicts.told([line], lately, called=_CALLED, also=_ALSO)[0]
        field.description = f"{field.description} ({told.by})"
    if is_again or not form.is_submitted():
        form.seen.data = seen
