"""The outbox: who was told what, when, in which language, and whether it arrived."""

from typing import Any

from flask import flash, redirect, request
from flask_admin import expose
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import ColumnElement, Select, select

from backoffice.db import db
from backoffice.domain.notices import MAIL_WORDS, Mail, OutboxState
from backoffice.domain.permissions import Actor, Permission
from backoffice.forms.base import Form
from backoffice.forms.outbox import ResendForm
from backoffice.models import Agency, OutboxRow, Project
from backoffice.queries import outbox
from backoffice.services import notices
from backoffice.services import outbox as services
from backoffice.services.uow import unit_of_work
from backoffice.views.admin import sheets
from backoffice.views.admin.base import RecordView
from backoffice.views.admin.confirming import ConfirmPages
from backoffice.views.exporting import Sheet
from backoffice.views.messages import day


class OutboxView(ConfirmPages, RecordView):
    permissions = {
        "index_view": Permission.OUTBOX_READ,
        "mail_view": Permission.OUTBOX_READ,
        "held_view": Permission.OUTBOX_RELEASE,
        "again_view": Permission.OUTBOX_RESEND,
    }
    column_list = ("to", "kind", "state", "created_at")
    list_template = "admin/outbox/list.html"
    list_order = outbox.ORDER
    list_descending = True
    views = ("all", *(state.value for state in OutboxState))
    confirm_template = "admin/outbox/again.html"

    def scope(self, actor: Actor) -> ColumnElement[bool]:
        return outbox.scope(actor)

    def listed(self, actor: Actor) -> Select[Any]:
        state = self.chosen("state")
        return outbox.listed(
            actor,
            search=request.args.get("q", ""),
            states=[] if state == "all" else [OutboxState(state)],
            kinds=[Mail(kind) for kind in request.args.getlist("kind") if kind in set(Mail)],
        )

    def chosen(self, argument: str = "state") -> str:
        asked = request.args.get("state", "")
        return asked if asked in self.views else "all"

    def sheet(self) -> Sheet:
        return sheets.of_outbox()

    def around(self, rows: Any) -> dict[str, Any]:
        found = db.session.execute(
            select(Project.id, Project.code, Project.title).where(
                Project.id.in_({row.project_id for row in rows if row.project_id})
            )
        )
        words = {
            "all": _("All"), "waiting": _("Waiting"), "sent": _("Sent"), "failed": _("Failed"), "held": _("Held"),
            "suppressed": _("Suppressed"), "withdrawn": _("Withdrawn"),
        }
        kinds = [kind for kind in request.args.getlist("kind") if kind in set(Mail)]
        return {
            "sentence": _("Who was told what, when, and in which language."),
            "views": [self.tab(name, words[name], argument="state") for name in self.views],
            "projects": {row.id: (row.code, row.title) for row in found},
            "held": sum(row.count for row in db.session.execute(outbox.held(self.actor))),
            "kinds": [(kind.value, _called(kind)) for kind in Mail],
            "chosen_kinds": kinds,
            "called": _called,
            "chips": [self.chip(_called(Mail(kind)), "kind", kind) for kind in kinds],
        }

    @expose("/held", methods=("GET", "POST"))
    def held_view(self) -> Any:
        """What a run above the agency's limit held back: look at it, then let it go (DOMAIN §7)."""
        form = Form()
        if form.validate_on_submit():
            with unit_of_work() as uow:
                agency = uow.session.get_one(Agency, self.actor.agency_id)
                released = notices.release(uow, actor=self.actor, agency=agency)
            count = sum(found[OutboxState.WAITING] for found in released.values())
            flash(ngettext("%(num)s mail is on its way.", "%(num)s mails are on their way.", count), "success")
            return redirect(self.get_url(".index_view"))
        held = db.session.execute(outbox.held(self.actor)).all()
        return self.render("admin/outbox/held.html", form=form, held=held, called=_called)

    @expose("/<id>/")
    def mail_view(self, id: str) -> Any:
        """One mail as it went out; what waits is rendered only when it is sent."""
        row = self.get_one(id)
        project = db.session.get(Project, row.project_id) if row.project_id else None
        return self.render(
            "admin/outbox/mail.html", row=row, project=project, called=_called, came_back=self._came_back(row),
            can_go_again=row.state not in (OutboxState.WAITING, OutboxState.HELD),
        )

    @expose("/<id>/again", methods=("GET", "POST"))
    def again_view(self, id: str) -> Any:
        """The same mail once more; where mail came back from the address, it is looked at first."""
        row = self.get_one(id)
        came_back, form = self._came_back(row), ResendForm()
        row_id, is_known_bad = row.id, bool(came_back)
        if not is_known_bad:
            del form.is_checked
        effects = [
            _("The mail goes to %(email)s once more, with the facts of now; a one-time link in it is a new one.",
              email=row.to),
            _("What became of the former one stays as it is."),
        ]
        return self.confirm_page(
            form=form, button=_("Send again"), heading=row.subject or _called(row.kind),
            effects=[came_back, *effects] if came_back else effects, back=self.get_url(".mail_view", id=row_id),
            done=_("The mail is on its way."),
            act=lambda uow: services.resend(
                uow, actor=self.actor, row_id=row_id,
                is_address_checked=is_known_bad and bool(form.is_checked.data),
            ),
        )

    def _came_back(self, row: OutboxRow) -> str:
        """What is known against the address; empty while nothing is."""
        state = outbox.came_back(db.session(), [row.to]).get(row.to)
        if state is None or state.bounced_at is None:
            return ""
        return str(_("Mail to this address comes back since %(day)s: %(cause)s", day=day(state.bounced_at),
                     cause=state.cause or "—"))


def _called(kind: Mail) -> str:
    """What a colleague calls such a mail."""
    words = str(_(MAIL_WORDS[kind]))
    return words[:1].upper() + words[1:]
