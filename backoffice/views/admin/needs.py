""""Needs data": what keeps a project or a mail from going on, each row with its cure as one act (DOMAIN §2, §7)."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any, ClassVar

from flask import abort, flash, redirect, request
from flask_admin import expose
from flask_babel import gettext as _
from flask_babel import ngettext

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain import staff_facts as rules
from backoffice.domain.errors import N_, DomainError, NotFound, Refused
from backoffice.domain.needs import NEED_WORDS, Need
from backoffice.domain.permissions import Permission
from backoffice.domain.projects import report_due_on
from backoffice.forms.base import Form
from backoffice.models import Agency, ImportDifference, Project
from backoffice.queries import contacts, needs, projects
from backoffice.queries.keyset import BadCursor
from backoffice.services import access, facts
from backoffice.services import needs as services
from backoffice.services.uow import UnitOfWork, unit_of_work
from backoffice.views import exporting, link_words
from backoffice.views.admin import needs_count
from backoffice.views.admin.base import Guarded
from backoffice.views.admin.project_facts import said
from backoffice.views.exporting import Sheet
from backoffice.views.messages import words

SIZE, BATCH = 25, 500
KEPT = ("view", "q", "at")


class NeedsDataView(Guarded):
    permissions: ClassVar[dict[str, Permission]] = {
        "index": Permission.PROJECT_READ,
        "end_date_view": Permission.PROJECT_EDIT,
        "give_view": Permission.ACCESS_GRANT,
        "address_view": Permission.ACCESS_GRANT,
        "again_view": Permission.ACCESS_GRANT,
        "required_view": Permission.PROJECT_WAIVE,
        "keep_view": Permission.PROJECT_EDIT,
        "take_view": Permission.PROJECT_EDIT,
    }

    @expose("/")
    def index(self) -> Any:
        kind = exporting.asked()
        if kind is None:
            return self._list()
        header = [_("Project code"), _("Project"), _("What is missing"), _("Detail"), _("here"), _("in the list")]
        return exporting.of_list(
            kind, name="needs-data", sheet=Sheet(header=header, rows=_lines), batches=self._batches()
        )

    def _batches(self) -> Iterator[list[needs.Row]]:
        """All pages of the list, one after the other."""
        actor, today, need, q = self.actor, self._today(), self._need(), request.args.get("q", "")
        cursor: str | None = None
        while True:
            found = needs.page(
                db.session(), actor, today=today, need=need, search=q, size=BATCH, cursor=cursor
            )
            yield found.rows
            cursor = found.next
            if cursor is None:
                return

    def as_file(self, kind: str) -> str:
        """The same list as a file."""
        args = {name: value for name, value in self._kept().items() if name != "at"}
        return str(self.get_url(".index", **args, format=kind))

    def _need(self) -> Need | None:
        asked = request.args.get("view", "")
        return Need(asked) if asked in set(Need) else None

    @expose("/<code>/end-date", methods=("POST",))
    def end_date_view(self, code: str) -> Any:
        project = self._project(code)
        return self._cure(
            row=f"{Need.NO_END.value}-{project.id}",
            done=_("The end date is set."),
            act=lambda uow: facts.set_dates(
                uow, actor=self.actor, project_id=project.id, seen=request.form.get("seen", ""),
                start_date=project.start_date, end_date=_day(request.form.get("end_date", "")),
            ),
        )

    @expose("/<code>/give", methods=("POST",))
    def give_view(self, code: str) -> Any:
        project = self._project(code)
        return self._cure(
            row=f"{Need.NO_ACCESS.value}-{project.id}",
            done=_("Access is given; the access mail is on its way."),
            act=lambda uow: access.grant(
                uow, actor=self.actor, project_id=project.id, email=request.form.get("email", "")
            ),
        )

    @expose("/<code>/required", methods=("POST",))
    def required_view(self, code: str) -> Any:
        project = self._project(code)
        asked = request.form.get("required")
        if asked not in ("yes", "no"):
            abort(400)
        return self._cure(
            row=f"{Need.UNDECIDED.value}-{project.id}",
            done=_("Results are required.") if asked == "yes" else _("Results are not required."),
            act=lambda uow: facts.set_results_required(
                uow, actor=self.actor, project_id=project.id, seen="", is_required=asked == "yes",
                reason=_("The action type %(action)s has no rule.", action=project.action),
            ),
        )

    @expose("/access/<id>/address", methods=("POST",))
    def address_view(self, id: str) -> Any:
        """The address was wrong or is gone: the access moves to another one."""
        row = self._access(id)
        return self._cure(
            row=f"{Need.UNREACHABLE.value}-{row}",
            done=_("Access has moved to the new address; its mail is on its way."),
            act=lambda uow: access.move(
                uow, actor=self.actor, access_id=row, email=request.form.get("email", ""),
                reason=_("Mail to the former address comes back."),
            ),
        )

    @expose("/access/<id>/again", methods=("POST",))
    def again_view(self, id: str) -> Any:
        row = self._access(id)
        return self._cure(
            row="", done=_("The access mail is on its way."),
            act=lambda uow: services.try_again(uow, actor=self.actor, access_id=row),
        )

    @expose("/differences/<id>/keep", methods=("POST",))
    def keep_view(self, id: str) -> Any:
        row = self._difference(id)
        return self._cure(
            row="", done=_("Ours stays; the same word of the list is not told again."),
            act=lambda uow: facts.keep_ours(uow, actor=self.actor, difference_id=row),
        )

    @expose("/differences/<id>/take", methods=("POST",))
    def take_view(self, id: str) -> Any:
        row = self._difference(id)
        return self._cure(
            row=f"{Need.DIFFERENCE.value}-{row}", done=_("The list's value holds."),
            act=lambda uow: facts.take_theirs(uow, actor=self.actor, difference_id=row),
        )

    def _cure(self, *, row: str, done: str, act: Callable[[UnitOfWork], object]) -> Any:
        """One act; a refusal stands in its row, with what was typed."""
        if not Form().validate_on_submit():
            abort(400)
        try:
            with unit_of_work() as uow:
                act(uow)
        except NotFound as error:
            flash(words(error), "warning")
        except DomainError as error:
            return self._list(wrong={row: (words(error), error.code)}), 422
        else:
            needs_count.forget(agency_id=self.actor.agency_id or 0)
            flash(done, "success")
        return redirect(self.get_url(".index", **self._kept()))

    def _list(self, *, wrong: dict[str, tuple[str, str]] | None = None) -> Any:
        session, actor, today = db.session(), self.actor, self._today()
        need = self._need()
        q = request.args.get("q", "")
        try:
            found = needs.page(
                session, actor, today=today, need=need, search=q, size=SIZE, cursor=request.args.get("at")
            )
        except BadCursor:
            abort(404)
        numbers = needs.counts(session, actor, today=today)
        total = sum(numbers.values())
        needs_count.tell(agency_id=actor.agency_id or 0, number=total)
        return self.render(
            "admin/needs/list.html", data=found.rows, q=q, need=need, wrong=wrong or {}, typed=request.form,
            sentence=self._sentence(total), kinds=Need, need_words=NEED_WORDS, fact_words=rules.DIFFERENCE_WORDS,
            said=said, people=rules.PEOPLE, facts=rules.FACT_WORDS, report_due=report_due_on, today=today,
            dates_seen=facts.dates_seen, link_said=link_words.said, kept=self._kept(),
            pages={
                "next": found.next and self._at(found.next), "previous": found.previous and self._at(found.previous),
            },
            views=[
                {"label": _("All"), "url": self.get_url(".index"), "active": need is None, "count": total},
                *(
                    {
                        "label": _(NEED_WORDS[kind]), "url": self.get_url(".index", view=kind.value),
                        "active": need is kind, "count": numbers[kind],
                    }
                    for kind in Need if numbers[kind] or kind is need
                ),
            ],
        )

    def _sentence(self, total: int) -> str:
        if not total:
            return str(_("Nothing keeps a project or a mail from going on."))
        first = ngettext(
            "%(num)s thing keeps a project or a mail from going on.",
            "%(num)s things keep a project or a mail from going on.",
            total,
        )
        return f"{first} {_('Each line has its cure; a cured line leaves by itself.')}"

    def _kept(self) -> dict[str, str]:
        return {name: request.args[name] for name in KEPT if request.args.get(name)}

    def _at(self, cursor: str) -> str:
        return str(self.get_url(".index", **{**self._kept(), "at": cursor}))

    def _today(self) -> date:
        agency = db.session.get(Agency, self.actor.agency_id) or abort(404)
        return projects.today(agency, now=clock.now())

    def _project(self, code: str) -> Project:
        return db.session.scalar(projects.one(self.actor, code=code)) or abort(404)

    def _access(self, id: str) -> int:
        row = db.session.scalar(contacts.access_of(self.actor, _number(id))) or abort(404)
        return row.id

    def _difference(self, id: str) -> int:
        row = db.session.get(ImportDifference, _number(id)) or abort(404)
        if db.session.scalar(projects.visible(self.actor).where(Project.id == row.project_id)) is None:
            abort(404)
        return row.id


def _lines(rows: Sequence[needs.Row]) -> Iterator[Sequence[str]]:
    """What a batch says in the columns."""
    for row in rows:
        detail, ours, theirs = "", "", ""
        if row.access is not None:
            detail = row.access.user.email
        elif row.file is not None:
            detail = row.file.name
        elif row.link is not None:
            detail = f"{row.project.website} {link_words.said(row.link, project=row.project)}"
        elif row.difference is not None:
            field = row.difference.field
            detail = _(rules.DIFFERENCE_WORDS.get(field, field))
            ours, theirs = said(field, row.difference.ours), said(field, row.difference.theirs)
        yield [row.project.code, row.project.title, _(NEED_WORDS[row.need]), detail, ours, theirs]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refused(N_("Write the date as 2026-11-25."), field="end_date", code="date") from error
