"""“Lost and found”: mails that did not become a ticket by themselves, each with its cause and a way on."""

import contextlib
from typing import Any

from flask import abort, flash, g, make_response, redirect, request
from flask_admin import expose
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup
from sqlalchemy import ColumnElement, Select

from backoffice.db import db
from backoffice.domain import retention
from backoffice.domain.errors import Refused
from backoffice.domain.files import NEVER_SERVED
from backoffice.domain.inbound import CAUSE_WORDS, TELLS_SENDER, Cause, Group
from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.retention import Kept
from backoffice.domain.tickets import TicketState
from backoffice.forms.base import Coded
from backoffice.jobs import inbound as jobs
from backoffice.models import Agency, LostMail, Ticket
from backoffice.queries import inbound as queries
from backoffice.queries import tickets as ticket_queries
from backoffice.services import lost_mails
from backoffice.services.uow import unit_of_work
from backoffice.views import serving
from backoffice.views.admin import sheets
from backoffice.views.admin.base import RecordView
from backoffice.views.exporting import Sheet
from backoffice.views.messages import words
from backoffice.views.ticket_thread import when

P = Permission
TO_LOOK_AT, DONE = "waiting", "done"
HEAD_SHOWN = 6_000  # bytes of the head of a mail
OFFERED = 5  # tickets of the sender


class LostMailView(RecordView):
    permissions = {
        "index_view": P.TICKET_READ,
        "raw_view": P.TICKET_READ,
        "accept_view": P.TICKET_WORK,
        "done_view": P.TICKET_WORK,
        "again_view": P.TICKET_WORK,
        "mute_view": P.TICKET_WORK,
        "unmute_view": P.TICKET_WORK,
    }
    column_list = ("subject",)
    list_template = "admin/lost/list.html"
    list_order = queries.ORDER
    list_descending = True
    views = (TO_LOOK_AT, *(group.value for group in Group), DONE)

    def scope(self, actor: Actor) -> ColumnElement[bool]:
        return queries.scope(actor)

    def chosen(self, argument: str = "view") -> str:
        asked = request.args.get("view", "")
        return asked if asked in self.views else TO_LOOK_AT

    def listed(self, actor: Actor) -> Select[Any]:
        view = self.chosen()
        return queries.listed(
            actor, is_done=view == DONE, group=Group(view) if view in set(Group) else None,
            search=request.args.get("q", ""),
        )

    def sheet(self) -> Sheet:
        return sheets.of_lost_mails()

    def around(self, rows: Any) -> dict[str, Any]:
        session = db.session()
        counts = queries.counts(session, self.actor)
        chosen = self._chosen_mail(rows)
        return {
            "sentence": self._sentence(counts[None]),
            "views": self._tabs(counts),
            "view": self.chosen(),
            "groups": _group_words(),
            "causes": {cause: (CAUSE_WORDS[cause].group, _(CAUSE_WORDS[cause].short)) for cause in Cause},
            "untold": {cause: _(CAUSE_WORDS[cause].untold) for cause in Cause},
            "tells": TELLS_SENDER,
            "about": about,
            "when": when,
            "mail": chosen,
            "muted": session.scalars(queries.muted(self.actor)).all() if self.chosen() == Group.AUTOMATIC else [],
            **(self._aside(chosen) if chosen else {}),
        }

    @expose("/<id>/mail")
    def raw_view(self, id: str) -> Any:
        """The whole mail as it came, as a download; an infected one is served to nobody."""
        row = self.get_one(id)
        return serving.serve(row.raw_file or abort(404))

    @expose("/<id>/accept", methods=("POST",))
    def accept_view(self, id: str) -> Any:
        row = self.get_one(id)
        lost_id, chosen = row.id, request.form.get("make", "new")
        typed = request.form.get("number", "").strip().lstrip("#")
        try:
            ticket = jobs.accept(lost_id, actor=self.actor, number=_number(typed or chosen))
        except Refused as refused:
            db.session.rollback()
            g.accepting = (lost_id, Coded(words(refused), code=refused.code), typed, chosen)
            return make_response(self.index_view(), 422)
        flash(_("The mail is in ticket #%(number)s now.", number=ticket.number), "success")
        return redirect(self.get_url("tickets.page_view", number=ticket.number))

    @expose("/<id>/done", methods=("POST",))
    def done_view(self, id: str) -> Any:
        lost_id = self.get_one(id).id
        with unit_of_work() as uow:
            lost_mails.done(uow, actor=self.actor, lost_id=lost_id)
        url = self.get_url(".index_view", view=DONE, mail=lost_id)
        link = Markup(' <a href="{}">{}</a>').format(url, _("See it"))
        flash(Markup("{}{}").format(_("The mail needs nothing."), link), "success")
        return redirect(self._back())

    @expose("/<id>/again", methods=("POST",))
    def again_view(self, id: str) -> Any:
        lost_id = self.get_one(id).id
        with unit_of_work() as uow:
            lost_mails.look_again(uow, actor=self.actor, lost_id=lost_id)
        return redirect(self.get_url(".index_view", mail=lost_id))

    @expose("/<id>/mute", methods=("POST",))
    def mute_view(self, id: str) -> Any:
        lost_id = self.get_one(id).id
        with unit_of_work() as uow:
            count = lost_mails.mute(uow, actor=self.actor, lost_id=lost_id)
        flash(ngettext(
            "%(num)s mail of this list was put aside, and later ones will be.",
            "%(num)s mails of this list were put aside, and later ones will be.", count,
        ), "success")
        return redirect(self.get_url(".index_view", view=Group.AUTOMATIC.value))

    @expose("/lists/<int:muted_id>/take", methods=("POST",))
    def unmute_view(self, muted_id: int) -> Any:
        with unit_of_work() as uow:
            lost_mails.unmute(uow, actor=self.actor, muted_id=muted_id)
        flash(_("Later issues of this list will be shown again."), "success")
        return redirect(self.get_url(".index_view", view=Group.AUTOMATIC.value))

    def _back(self) -> str:
        view = request.form.get("view", "")
        return str(self.get_url(".index_view", view=view) if view in self.views else self.get_url(".index_view"))

    def _chosen_mail(self, rows: Any) -> LostMail | None:
        """The mail beside the list: the asked one, else the first."""
        asked = str(g.accepting[0]) if "accepting" in g else request.args.get("mail", "")
        if asked.isascii() and asked.isdecimal() and len(asked) < 10:
            found = db.session.scalar(queries.one(self.actor, int(asked)))
            if found is not None:
                return found
        return db.session.scalar(queries.one(self.actor, rows[0].id)) if rows else None

    def _aside(self, row: LostMail) -> dict[str, Any]:
        lost_id, error, typed, chosen = g.get("accepting", (row.id, "", "", ""))
        can_open = row.raw_file is not None and row.raw_file.check_state not in NEVER_SERVED
        return {
            "error": error if lost_id == row.id else "",
            "number": typed,
            "makes": self._makes(row),
            "make": chosen or (str(row.ticket.number) if row.ticket and not row.settled_at else "new"),
            "is_confirmed": lost_mails.is_confirmed(row.cause),
            "can_open": can_open,
            "head": _head(row) if can_open else "",
            "person": queries.person(db.session(), row.sender),
        }

    def _makes(self, row: LostMail) -> list[tuple[str, str]]:
        """What the mail can become: a new ticket, or a message in one that it names or that the sender has."""
        title = row.project.title if row.project else ""
        new = _("A new ticket on %(title)s", title=title) if title else _("A new ticket")
        mine = ticket_queries.of_requester(email=row.sender).where(
            ticket_queries.scope(self.actor), Ticket.state != TicketState.CLOSED
        )
        found = [row.ticket] if row.ticket else []
        found += [one for one in db.session.scalars(mine.limit(OFFERED)) if one not in found] if row.sender else []
        return [("new", str(new))] + [
            (str(one.number), str(_("A message in ticket #%(number)s", number=one.number))) for one in found
        ]

    def _sentence(self, waiting: int) -> str:
        agency = db.session.get(Agency, self.actor.agency_id)
        days = retention.days(Kept.LOST_MAILS, agency.keep_days if agency else {})
        return " ".join((
            ngettext(
                "%(num)s mail did not become a ticket by itself.",
                "%(num)s mails did not become a ticket by themselves.", waiting,
            ),
            ngettext(
                "Nothing is thrown away; a settled one is kept whole for %(num)s day.",
                "Nothing is thrown away; a settled one is kept whole for %(num)s days.", days,
            ),
        ))

    def _tabs(self, counts: dict[Group | None, int]) -> list[dict[str, Any]]:
        tabs = [self.tab(TO_LOOK_AT, _("To look at"), count=counts[None])]
        labels = {group: label for group, (_kind, _icon, label) in _group_words().items()}
        tabs += [self.tab(group.value, labels[group], count=counts.get(group, 0)) for group in Group]
        return [*tabs, self.tab(DONE, _("Done"), count=queries.done_count(db.session(), self.actor))]


def about(row: LostMail) -> str:
    """The second line of a mail: from whom, how large, with how much."""
    parts = [row.sender or _("no sender")]
    if row.size >= 10_000:
        parts.append(f"{row.size / 1_048_576:.0f} MB" if row.size >= 1_048_576 else f"{row.size / 1_024:.0f} KB")
    if row.attachments:
        parts.append(ngettext("%(num)s attachment", "%(num)s attachments", row.attachments))
    if row.times > 1:
        parts.append(ngettext("%(num)s more soon after it", "%(num)s more soon after it", row.times - 1))
    return " · ".join(str(part) for part in parts)


def _group_words() -> dict[Group, tuple[str, str, str]]:
    """Kind and icon of the status, and its word."""
    return {
        Group.REFUSED: ("wait", "warn", _("Refused")),
        Group.UNREADABLE: ("wait", "info", _("Unreadable")),
        Group.LOOPING: ("wait", "undo", _("Looping")),
        Group.AUTOMATIC: ("open", "cog", _("Automatic")),
        Group.BOUNCED: ("bad", "stop", _("Bounced")),
    }


def _number(chosen: str) -> int | None:
    """A ticket's number; None for a new ticket."""
    if chosen in ("", "new"):
        return None
    return int(chosen) if chosen.isascii() and chosen.isdecimal() and len(chosen) < 10 else 0


def _head(row: LostMail) -> str:
    """The headers, for who wants to see how the mail came."""
    if row.raw_file is None:
        return ""
    with contextlib.suppress(FileNotFoundError), serving.store().open(row.raw_file.storage_key) as source:
        head = source.read(HEAD_SHOWN).decode("utf-8", "replace").replace("\r\n", "\n").lstrip("\n")
        return head.partition("\n\n")[0]
    return ""
