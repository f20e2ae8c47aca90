"""A thread as pages show it, to staff and to the requester: who wrote what, with its pictures, quotes and delivery."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import to_user_timezone

from backoffice.domain import clock
from backoffice.domain.errors import N_
from backoffice.domain.files import FilePurpose
from backoffice.domain.notices import OutboxState
from backoffice.domain.tickets import CHANNEL_WORDS, Channel, Direction
from backoffice.models import OutboxRow, TicketAttachment, TicketMessage
from backoffice.views.messages import hour, moment

# What the form of a ticket adds by itself, in the order in which a reader looks for it.
CONTEXT_WORDS = {
    "page": N_("Page"), "last_error": N_("Last error"), "browser": N_("Browser"), "window": N_("Window"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    """A file of a message; `may_open`: its bytes are served."""

    attachment: TicketAttachment
    url: str

    @property
    def is_picture(self) -> bool:
        return self.attachment.file.purpose is FilePurpose.SCREENSHOT


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageLine:
    """One message. `kind`: "" of the requester, "out", "internal"."""

    message: TicketMessage
    kind: str
    author: str
    initials: str
    is_mine: bool
    note: str  # by mail, by the form …
    when: str
    files: list[FileLine] = field(default_factory=list)
    context: list[tuple[str, str]] = field(default_factory=list)
    from_number: int | None = None  # of the ticket that was merged into this one

    @property
    def pictures(self) -> list[FileLine]:
        return [file for file in self.files if file.is_picture]

    @property
    def others(self) -> list[FileLine]:
        return [file for file in self.files if not file.is_picture]

    @property
    def quoted_lines(self) -> int:
        return len(self.message.quoted.splitlines())

    @property
    def outbox(self) -> OutboxRow | None:
        return self.message.outbox if self.kind == "out" else None

    @property
    def is_on_its_way(self) -> bool:
        """It waits for its seconds and can still be taken back."""
        row = self.outbox
        return row is not None and row.state is OutboxState.WAITING and not row.attempts and not self.is_withdrawn

    @property
    def is_withdrawn(self) -> bool:
        return self.message.withdrawn_at is not None

    @property
    def seconds_left(self) -> int:
        row = self.outbox
        return max(0, round((row.due_at - clock.now()).total_seconds())) if row else 0

    @property
    def server(self) -> str:
        """Whose mail server took it."""
        return self.outbox.to.rpartition("@")[2] if self.outbox else ""


def lines(
    messages: Sequence[TicketMessage],
    *,
    ticket_id: int,
    me: int | None,
    requester: str,
    initials: Callable[[str], str],
    file_url: Callable[[TicketAttachment], str],
) -> list[MessageLine]:
    """`requester`: how who wrote the ticket is called; `me`: the account of the reader."""
    return [
        _line(message, ticket_id=ticket_id, me=me, requester=requester, initials=initials, file_url=file_url)
        for message in messages
    ]


def _line(
    message: TicketMessage,
    *,
    ticket_id: int,
    me: int | None,
    requester: str,
    initials: Callable[[str], str],
    file_url: Callable[[TicketAttachment], str],
) -> MessageLine:
    is_in = message.direction is Direction.IN
    is_mine = me is not None and message.author_id == me and not (is_in and message.channel is Channel.STAFF)
    name = _author(message, requester=requester)
    return MessageLine(
        message=message,
        kind={Direction.IN: "", Direction.OUT: "out", Direction.INTERNAL: "internal"}[message.direction],
        author=str(_("You")) if is_mine else name,
        initials=initials(name),
        is_mine=is_mine,
        note=str(_(CHANNEL_WORDS[message.channel])) if is_in else "",
        when=when(message.written_at),
        files=[FileLine(attachment=each, url=file_url(each)) for each in message.attachments],
        context=_context(message),
        from_number=message.ticket.number if message.ticket_id != ticket_id else None,
    )


def when(instant: datetime) -> str:
    """12:41 of today, else with the day; in the zone of the page."""
    is_today = to_user_timezone(instant).date() == to_user_timezone(clock.now()).date()
    return str(_("today %(hour)s", hour=hour(instant))) if is_today else moment(instant)


def _author(message: TicketMessage, *, requester: str) -> str:
    if message.direction is Direction.IN:
        own = message.ticket
        return own.requester_name or own.requester_email or requester
    author = message.author
    return (author.name or author.email) if author else str(_("the helpdesk"))


def _context(message: TicketMessage) -> list[tuple[str, str]]:
    """Of the first message the ticket's own."""
    facts = {**message.context}
    if message.direction is Direction.IN and message.ticket.created_at == message.written_at:
        facts = {**message.ticket.context, **facts}
    return [(str(_(words)), str(facts[key])) for key, words in CONTEXT_WORDS.items() if facts.get(key)]
