"""Acts on many projects, each with a dry run: how many will, which will not and why (DESIGN §4).

GET takes the marked rows, or all that match the filters of the list; what it shows is frozen in the page: POST acts on
exactly these projects, as they were shown, and looks at each again.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from flask import abort, current_app, flash, redirect, request
from flask_admin import expose
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Select
from werkzeug.datastructures import MultiDict

from backoffice.db import db
from backoffice.domain import bulk as rules
from backoffice.domain import clock, text
from backoffice.domain import projects as project_rules
from backoffice.domain.bulk import Act, Ask
from backoffice.domain.errors import DomainError
from backoffice.domain.permissions import Actor, Permission
from backoffice.forms.bulk import AssignForm, BulkForm, DatesForm
from backoffice.mail import preview
from backoffice.models import Project
from backoffice.queries import bulk as queries
from backoffice.queries.bulk import Plan
from backoffice.services import bulk
from backoffice.services.bulk import Done
from backoffice.services.outbox import Recipient
from backoffice.services.uow import unit_of_work
from backoffice.views.admin.base import RecordView
from backoffice.views.messages import refuse, say

FILTERS = ("view", "q", "status", "grant_state", "year")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What one act is called."""

    title: str
    will: str
    button: str
    effects: tuple[str, ...]


class BulkPages(RecordView):
    """Mixed into the view of projects."""

    bulk_permissions: ClassVar[Mapping[str, Permission]] = {
        f"bulk_{act.value}_view": permission for act, permission in rules.PERMISSIONS.items()
    }

    @expose("/bulk/assign", methods=("GET", "POST"))
    def bulk_assign_view(self) -> Any:
        return self._bulk(Act.ASSIGN)

    @expose("/bulk/remind", methods=("GET", "POST"))
    def bulk_remind_view(self) -> Any:
        return self._bulk(Act.REMIND)

    @expose("/bulk/access", methods=("GET", "POST"))
    def bulk_access_view(self) -> Any:
        return self._bulk(Act.ACCESS)

    @expose("/bulk/report", methods=("GET", "POST"))
    def bulk_report_view(self) -> Any:
        return self._bulk(Act.REPORT)

    @expose("/bulk/hide", methods=("GET", "POST"))
    def bulk_hide_view(self) -> Any:
        return self._bulk(Act.HIDE)

    def specialists(self) -> list[tuple[int, str]]:
        raise NotImplementedError

    def matching(self, actor: Actor) -> Select[Project]:
        """What the list shows, on all its pages."""
        return self.listed(actor)

    def bulk_acts(self) -> list[tuple[str, str, str]]:
        """For the list: address, words and icon of each act that is open to the actor."""
        labels = {
            Act.ASSIGN: (_("Assign"), "user"), Act.REMIND: (_("Remind"), "mail"),
            Act.ACCESS: (_("Send access again"), "key"), Act.REPORT: (_("Mark report"), "flag"),
            Act.HIDE: (_("Hide"), "hide"),
        }
        return [
            (str(self.get_url(f".bulk_{act.value}_view")), *labels[act])
            for act in Act if self.actor.can(rules.PERMISSIONS[act])
        ]

    def _bulk(self, act: Act) -> Any:
        form = BulkForm()
        if request.method == "GET":
            return self._dry_run(act, form, rows=self._asked_rows())
        seen = _seen(request.form.getlist("row"))
        if not form.validate_on_submit() or not seen:
            if not seen:
                flash(_("No project was ticked, so nothing was done."), "warning")
                return redirect(self._back())
            abort(400)
        try:
            with unit_of_work() as uow:
                done = bulk.run(
                    uow, actor=self.actor, ask=_ask(act, request.form), seen=seen, act_key=form.act_key.data or ""
                )
        except DomainError as error:
            refuse(form, error)
            rows = queries.chosen(db.session(), self.actor, ids=list(seen))
            return self._dry_run(act, form, rows=rows), 422
        _tell(done)
        return redirect(self._back())

    def _asked_rows(self) -> list[Project]:
        """The marked rows, or all that match; a request for all without its filter is refused."""
        if request.args.get("all") != "1":
            rows = queries.chosen(db.session(), self.actor, ids=list(_seen(request.args.getlist("row"))))
        else:
            if request.args.get("view") not in self.views:
                abort(400)
            query = self.matching(self.actor).order_by(*self.list_order).limit(rules.MOST + 1)
            rows = list(db.session.scalars(query))
        return rows

    def _dry_run(self, act: Act, form: BulkForm, *, rows: Sequence[Project]) -> Any:
        session, now = db.session(), clock.now()
        source = request.args if request.method == "GET" else request.form
        if len(rows) > rules.MOST:
            flash(
                _("More than %(most)s projects match. Narrow the filters; nothing was done.", most=rules.MOST),
                "warning",
            )
            return redirect(self._back())
        if not rows:
            flash(_("Mark at least one project first."), "warning")
            return redirect(self._back())
        ask = _ask(act, source)
        first = self._first_form(act, source)
        is_ready = first is None or ask.responsible_id is not None or bool(ask.handed_in_on or ask.approved_on)
        if act is Act.ASSIGN:
            is_ready = "responsible" in source
        plan = queries.plan(session, self.actor, rows=rows, ask=ask, now=now) if is_ready else Plan()
        form.act_key.data = form.act_key.data or secrets.token_urlsafe(16)
        form.text.label.text = _("One sentence of your own") if act is Act.REMIND else _("Reason")
        mails = sum(len(entry.to) for entry in plan.will)
        return self.render(
            "admin/projects/bulk.html", act=act, form=form, first=first, is_ready=is_ready, plan=plan, ask=ask,
            words=self._words(act, ask, plan, mails=mails), mails=mails if act in (Act.REMIND, Act.ACCESS) else 0,
            with_text=act in (Act.REMIND, Act.HIDE), rows=rows, back=self._back(), say=say, now=now,
            report_due=project_rules.report_due_on, kept=self._carried(source), mail=self._mail(act, plan),
        )

    def _first_form(self, act: Act, source: MultiDict[str, str]) -> AssignForm | DatesForm | None:
        if act is Act.ASSIGN:
            form = AssignForm(formdata=source if "responsible" in source else None)
            form.responsible.choices = self.specialists()
            return form
        return DatesForm(formdata=source) if act is Act.REPORT else None

    def _carried(self, source: MultiDict[str, str]) -> list[tuple[str, str]]:
        """What the first form of an act takes along: the marks, or the filters."""
        return [(name, value) for name in ("row", "all", *FILTERS) for value in source.getlist(name)]

    def _back(self) -> str:
        args = {name: request.values.getlist(name) for name in FILTERS if request.values.getlist(name)}
        return str(self.get_url(".index_view", **args))

    def _mail(self, act: Act, plan: Plan) -> Any:
        """The very mail of the first project, as it goes to its first person."""
        if act not in (Act.REMIND, Act.ACCESS) or not plan.will:
            return None
        entry = plan.will[0]
        person, project = entry.to[0], entry.project
        to = Recipient(
            email=person.email, language=person.language or project.agency.language, user_id=person.user_id
        )
        write = preview.access if act is Act.ACCESS else preview.reminder
        return write(
            db.session(), settings=current_app.config["SETTINGS"], now=clock.now(), project=project, to=to
        )

    def _words(self, act: Act, ask: Ask, plan: Plan, *, mails: int) -> Words:
        number = len(plan.will)
        trail = _("The audit trail of each project says what you did.")
        mail_effects = (
            ngettext("%(num)s mail leaves.", "%(num)s mails leave, to each person singly.", mails),
            _("No status changes."), _("Answers come to the helpdesk."), trail,
        )
        held = _("What you set stays when an import says otherwise; the difference is listed.")
        if act is Act.REMIND:
            return Words(
                title=_("Remind"), will=ngettext("%(num)s will be reminded", "%(num)s will be reminded", number),
                button=ngettext("Remind %(num)s project", "Remind %(num)s projects", number),
                effects=(*mail_effects, _("The dated reminders go on as planned.")),
            )
        if act is Act.ACCESS:
            return Words(
                title=_("Send access again"), will=ngettext("%(num)s will", "%(num)s will", number),
                button=ngettext("Send access of %(num)s project", "Send access of %(num)s projects", number),
                effects=(_("Only who has not signed in yet is mailed."), *mail_effects),
            )
        if act is Act.ASSIGN:
            return Words(
                title=_("Assign"), will=ngettext("%(num)s will change", "%(num)s will change", number),
                button=ngettext("Assign %(num)s project", "Assign %(num)s projects", number),
                effects=(_("Notices about submissions go to this person from now on."), held, trail),
            )
        if act is Act.REPORT:
            return Words(
                title=_("Mark report"), will=ngettext("%(num)s will change", "%(num)s will change", number),
                button=ngettext("Mark %(num)s project", "Mark %(num)s projects", number),
                effects=(
                    _("Once the report is handed in, the results can be submitted, whatever the end date says."),
                    _("Once the report is approved, its gate is open and reminders stop."), held, trail,
                ),
            )
        return Words(
            title=_("Hide"), will=ngettext("%(num)s will vanish", "%(num)s will vanish", number),
            button=ngettext("Hide %(num)s project", "Hide %(num)s projects", number),
            effects=(
                _("These projects with their results vanish from the public site at once."),
                _("The coordinators still work on them as before."), trail,
            ),
        )


def _seen(values: Sequence[str]) -> dict[int, int]:
    """`id.version` of each row; what is none is left out."""
    found: dict[int, int] = {}
    for value in values:
        row_id, _dot, version = value.partition(".")
        if all(part.isascii() and part.isdecimal() and len(part) < 12 for part in (row_id, version)):
            found[int(row_id)] = int(version)
    return found


def _ask(act: Act, source: MultiDict[str, str]) -> Ask:
    responsible = source.get("responsible", "")
    return Ask(
        act=act,
        responsible_id=(int(responsible) or None) if responsible.isascii() and responsible.isdecimal() else None,
        handed_in_on=_day(source.get("handed_in_on", "")), approved_on=_day(source.get("approved_on", "")),
        text=text.clean(source.get("text", "")), again=frozenset(_seen(source.getlist("again"))),
    )


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _tell(done: Done) -> None:
    """What came of it, and what was left out and why."""
    if done.is_repeated:
        flash(_("This was done already; nothing was done twice."), "info")
        return
    flash(ngettext("Done for %(num)s project.", "Done for %(num)s projects.", done.projects), "success")
    for code, number in done.left_out.items():
        why = done.reasons[code]
        flash(
            _("Left as it was: %(number)s. %(why)s", number=number, why=say(why.message, why.values)), "warning"
        )
