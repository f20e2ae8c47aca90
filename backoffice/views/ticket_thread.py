"""A thread as pages show it, to staff and to the requester: who wrote what, with its pictures, quotes and delivery."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import to_user_timezone
from markupsafe import Markup, escape

from backoffice.domain import clock, quotes
from backoffice.domain.errors import N_
from backoffice.domain.files import FilePurpose
from backoffice.domain.notices import OutboxState
from backoffice.domain.tickets import CHANNEL_WORDS, Channel, Direction
from backoffice.models import OutboxRow, TicketAttachment, TicketMessage
from backoffice.views.messages import hour, moment

_PICTURE = re.compile(r'src="cid:([^"]*)"')
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
    mail_url: str = ""  # of the whole mail, for who may have it

    @property
    def pictures(self) -> list[FileLine]:
        return [file for file in self.files if file.is_picture]

    @property
    def others(self) -> list[FileLine]:
        return [file for file in self.files if not file.is_picture]

    @property
    def segments(self) -> list[quotes.Segment]:
        """Of a mail in which somebody answered between quoted lines: theirs, and what is folded."""
        return quotes.segments(self.message.text) if self.message.channel is Channel.MAIL else []

    @property
    def html(self) -> Markup:
        """A mail as it was laid out, its pictures in their places; it was cleaned as it came in."""
        named = [file for file in self.pictures if file.attachment.content_id]
        urls = {str(escape(file.attachment.content_id)): file.url for file in named}
        return Markup(_PICTURE.sub(  # noqa: S704  # mail.inbound.markup cleaned it
            lambda found: f'src="{escape(urls[found[1]])}" loading="lazy"' if found[1] in urls else "",
            self.message.html,
        ))

    @property
    def left_out(self) -> list[str]:
        """Files that only the whole mail has."""
        facts = {**self.message.ticket.context, **self.message.context} if self.is_first else self.message.context
        return [str(name) for name in facts.get("left_out", [])]

    @property
    def is_first(self) -> bool:
        """What came with the first message stands with its ticket."""
        return self.kind == "" and self.message.ticket.created_at == self.message.written_at

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
    mail_url: Callable[[TicketMessage], str] = lambda message: "",
) -> list[MessageLine]:
    """`requester`: how who wrote the ticket is called; `me`: the account of the reader."""
    return [
        replace(
            _line(message, ticket_id=ticket_id, me=me, requester=requester, initials=initials, file_url=file_url),
            mail_url=mail_url(message) if message.raw_file_id is not None else "",
        )
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
        own, other = message.ticket, message.context
        if other.get("sender"):  # somebody else answered the mail
            return str(other.get("sender_name") or other["sender"])
        return own.requester_name or own.requester_email or requester
    author = message.author
    return (author.name or author.email) if author else str(_("the helpdesk"))


def _context(message: TicketMessage) -> list[tuple[str, str]]:
    """Of the first message the ticket's own."""
    facts = {**message.context}
    if message.direction is Direction.IN and message.ticket.created_at == message.written_at:
        facts = {**message.ticket.context, **facts}
    return [(str(_(words)), str(facts[key])) for key, words in CONTEXT_WORDS.items() if facts.get(key)]
