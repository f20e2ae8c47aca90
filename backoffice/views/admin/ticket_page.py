"""One ticket on one page: the thread with what happened between, the composer, whose it is and what it is about."""

import secrets
from collections.abc import Mapping
from typing import Any

from flask import abort, request
from flask_admin import expose
from flask_babel import gettext as _

from backoffice.db import db
from backoffice.domain import canned, clock
from backoffice.domain.errors import DomainError
from backoffice.domain.files import FilePurpose
from backoffice.domain.text import LIMITS
from backoffice.domain.tickets import MAX_PICTURES, PRESENCE_LASTS, TicketState, allowed
from backoffice.forms.tickets import NOTE, REPLY, SortForm, WriteForm
from backoffice.models import CannedReply, StoredFile, Ticket, TicketAttachment, TicketDraft, TicketMessage, User
from backoffice.queries import tickets as queries
from backoffice.views import frame, serving, ticket_thread
from backoffice.views.admin import ticket_cure, ticket_events, ticket_words
from backoffice.views.admin.base import RecordView
from backoffice.views.messages import hour, words

NOBODY = "0"


class TicketPages(RecordView):
    """The pages of one ticket, beside its queue."""

    def one(self, number: int) -> Ticket:
        """A ticket that the actor may see; else 404, as for one that does not exist."""
        if number >= 2**31:
            abort(404)
        return db.session.scalar(queries.one(self.actor, number=number)) or abort(404)

    @expose("/<int:number>/")
    def page_view(self, number: int) -> Any:
        return self.page(self.one(number))

    @expose("/<int:number>/live")
    def live_view(self, number: int) -> Any:
        """The parts of the open page that change by themselves: who is writing, what came, where replies are."""
        ticket = self.one(number)
        messages = queries.thread(db.session(), ticket)
        return self.render(
            "admin/ticket/live.html", ticket=ticket, writers=self._writers(ticket), hour=hour,
            initials=ticket_words.initials,
            news=self._news(ticket, messages, seen=request.args.get("version", "")),
            lines=[line for line in self._lines(ticket, messages) if line.outbox],
        )

    @expose("/<int:number>/files/<int:file_id>")
    def file_view(self, number: int, file_id: int) -> Any:
        """A file of the thread. Pictures that we wrote anew are shown, everything else is a download."""
        ticket = self.one(number)
        found = db.session.scalar(
            queries.files(queries.family(db.session(), ticket)).where(StoredFile.id == file_id)
        ) or abort(404)
        return serving.serve(found, is_inline=found.purpose is FilePurpose.SCREENSHOT)

    @expose("/<int:number>/messages/<int:message_id>/mail")
    def mail_view(self, number: int, message_id: int) -> Any:
        """The whole mail of a message as it came; a download only."""
        ticket = self.one(number)
        message = db.session.scalar(queries.message(self.actor, message_id))
        if message is None or message.ticket_id != ticket.id or message.raw_file_id is None:
            abort(404)
        return serving.serve(db.session.get_one(StoredFile, message.raw_file_id))

    def page(
        self,
        ticket: Ticket,
        *,
        form: WriteForm | None = None,
        sort: SortForm | None = None,
        refused: DomainError | None = None,
        is_stale: bool = False,
        status: int = 200,
    ) -> Any:
        """`form`, `sort`: as they came back; `refused`: why an act of this page was not done; `is_stale`: the thread
        went on while a reply was written."""
        session, now = db.session(), clock.now()
        messages = queries.thread(session, ticket)
        numbers = sorted({ticket.number, *(message.ticket.number for message in messages)})
        events = ticket_events.lines(
            session, actor=self.actor, numbers=numbers, ticket_url=lambda number: self._url(number)
        )
        lines = self._lines(ticket, messages)
        replies = session.scalars(queries.canned(self.actor)).all()
        page = self.render(
            "admin/ticket/page.html",
            ticket=ticket,
            project=ticket.project,
            thread=_woven(lines, events),
            coming=next((line for line in reversed(lines) if line.is_on_its_way), None),
            form=form or self._composer(ticket, replies),
            sort=sort or self._sorter(ticket),
            age=ticket_words.age(ticket, hours=queries.hours(ticket.agency), now=now),
            category=ticket_words.category(ticket.category),
            found_by=_(ticket_words.FOUND_BY_WORDS[ticket.project_found_by]) if ticket.project_found_by else "",
            assignee=ticket_words.name_of(ticket.assignee, actor=self.actor),
            assignee_initials=ticket_words.initials(
                (ticket.assignee.name or ticket.assignee.email) if ticket.assignee else "?"
            ),
            writers=self._writers(ticket),
            news=self._news(ticket, messages, seen=request.args.get("seen", "")),
            acts={act.value for act in allowed(ticket.state)},
            merged_into=session.get(Ticket, ticket.merged_into_id) if ticket.merged_into_id else None,
            follows=session.get(Ticket, ticket.follows_id) if ticket.follows_id else None,
            canned=[self._canned(reply, ticket) for reply in replies],
            me=self.actor.user_id,
            refused=refused,
            is_stale=is_stale,
            words=words,
            hour=hour,
            initials=ticket_words.initials,
            reply_max=LIMITS["ticket_text"],
            most=MAX_PICTURES,
            **ticket_cure.aside(self, ticket),
        )
        return (page, status) if status != 200 else page

    def _url(self, number: int) -> str:
        return str(self.get_url(".page_view", number=number))

    def _lines(self, ticket: Ticket, messages: list[TicketMessage]) -> list[ticket_thread.MessageLine]:
        def file_url(attachment: TicketAttachment) -> str:
            return str(self.get_url(".file_view", number=ticket.number, file_id=attachment.file_id))

        def mail_url(message: TicketMessage) -> str:
            return str(self.get_url(".mail_view", number=message.ticket.number, message_id=message.id))

        return ticket_thread.lines(
            messages, ticket_id=ticket.id, me=self.actor.user_id, requester=ticket.requester_email,
            initials=ticket_words.initials, file_url=file_url, mail_url=mail_url,
        )

    def _writers(self, ticket: Ticket) -> list[TicketDraft]:
        """Colleagues who are writing on it now."""
        since = clock.now() - PRESENCE_LASTS
        return [
            draft for draft in db.session.scalars(queries.drafts(ticket.id))
            if draft.user_id != self.actor.user_id and draft.at > since
        ]

    def _news(self, ticket: Ticket, messages: list[TicketMessage], *, seen: str) -> TicketMessage | None:
        """The last message of somebody else that came after the page was opened."""
        if not seen.isdecimal() or int(seen) >= ticket.version:
            return None
        others = [message for message in messages if message.author_id != self.actor.user_id]
        return others[-1] if others else None

    def _composer(self, ticket: Ticket, replies: Any) -> WriteForm:
        """Empty, or with the draft, or with the reply that was chosen without script."""
        draft = db.session.get(TicketDraft, (ticket.id, self.actor.user_id))
        may_reply = self.opens("take_view") and ticket.state is not TicketState.CLOSED
        form = WriteForm(formdata=None, data={
            "version": ticket.version, "act_key": secrets.token_urlsafe(16), "text": draft.text if draft else "",
            "kind": REPLY if may_reply else NOTE, "then": TicketState.WAITING.value,
        })
        chosen = next((reply for reply in replies if str(reply.id) == request.args.get("canned", "")), None)
        if chosen is not None:
            ready = self._canned(chosen, ticket)
            form.text.data = "\n\n".join(filter(None, (form.text.data, ready["text"])))
            form.then.data = chosen.then.value
        return form

    def _canned(self, reply: CannedReply, ticket: Ticket) -> dict[str, Any]:
        """A ready reply, filled in, in the ticket's language first."""
        helper = db.session.get(User, self.actor.user_id)
        agency = ticket.agency
        values: Mapping[str, str] = {
            "name": ticket.requester_name, "number": f"#{ticket.number}", "subject": ticket.subject,
            "project": ticket.project.title if ticket.project else "",
            "code": ticket.project.code if ticket.project else "",
            "helper": helper.name if helper else "",
            "agency": frame.agency_name(agency) if agency else "",
        }
        texts = {"lv": reply.text_lv, "en": reply.text_en}
        first = ticket.language if texts.get(ticket.language) else next(key for key, text in texts.items() if text)
        languages = [first, *(key for key, text in texts.items() if text and key != first)]
        return {
            "id": reply.id, "name": reply.name, "then": reply.then.value, "languages": languages,
            "text": canned.filled(texts[first], values),
            "texts": {key: canned.filled(texts[key], values) for key in languages},
        }

    def _sorter(self, ticket: Ticket) -> SortForm:
        form = SortForm(formdata=None, data={
            "version": ticket.version, "act_key": "", "assignee": str(ticket.assignee_id or NOBODY),
            "category": ticket.category.value if ticket.category else "",
            "project": ticket.project.code if ticket.project else "",
        })
        self.offer_helpers(form, ticket)
        return form

    def offer_helpers(self, form: SortForm, ticket: Ticket) -> None:
        """Who may get it; somebody who no longer could and still has it stays in the list."""
        people = [(str(user.id), user.name or user.email) for user in db.session.scalars(queries.helpers(self.actor))]
        if ticket.assignee and str(ticket.assignee_id) not in dict(people):
            people.append((str(ticket.assignee_id), ticket.assignee.name or ticket.assignee.email))
        form.assignee.choices = [(NOBODY, _("nobody")), *people]


def _woven(
    lines: list[ticket_thread.MessageLine], events: list[ticket_events.EventLine]
) -> list[tuple[str, Any]]:
    """Messages and events in the order in which they happened."""
    found: list[tuple[Any, int, str, Any]] = [(line.message.written_at, 0, "message", line) for line in lines]
    found += [(event.at, 1, "event", event) for event in events]
    return [(kind, each) for _at, _rank, kind, each in sorted(found, key=lambda entry: entry[:2])]
