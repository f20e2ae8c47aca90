"""What arrives at the helpdesk's address: a mail as plain values, and what may come of it (issue “Mail in”)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from backoffice.domain.errors import N_
from backoffice.domain.text import clean_line

MAX_MAIL_BYTES = 25 << 20  # the whole mail with its coding; a larger one waits for staff
MAX_KEPT_BYTES = 100 << 20  # of a still larger one, which no mail server lets through, the beginning is kept
MAX_ATTACHMENTS = 50
# Nobody writes so many by hand: under one subject, or in all. A program counts up numbers in its subjects.
LOOP_WITHIN, LOOP_MAILS, LOOP_MOST = timedelta(minutes=10), 10, 30


class Outcome(StrEnum):
    """What became of a mail (CONTRACT, `tickets ingest`)."""

    TICKET = "ticket"
    REPLY = "reply"
    DUPLICATE = "duplicate"
    HELD = "held"
    BOUNCE = "bounce"
    IGNORED = "ignored"


class Nature(StrEnum):
    """Who or what wrote it. Nothing but `person` is ever answered."""

    PERSON = "person"
    AUTO_REPLY = "auto-reply"  # an absence note, an automatic confirmation
    AUTOMATIC = "automatic"  # a report of a machine
    LIST = "list"
    BOUNCE = "bounce"
    OURS = "ours"  # our own mail came back


class Cause(StrEnum):
    """Why a mail did not become a ticket by itself."""

    STRANGER = "stranger"
    TOO_BIG = "too-big"
    INFECTED = "infected"
    ENCRYPTED = "encrypted"
    UNREADABLE = "unreadable"
    NO_SENDER = "no-sender"
    LOOP = "loop"
    OWN = "own"
    AUTOMATIC = "automatic"
    LIST = "list"
    AUTO_REPLY = "auto-reply"
    MUTED = "muted"
    BOUNCED = "bounced"
    DELAYED = "delayed"
    DUPLICATE = "duplicate"
    SAME_ID = "same-id"


class Group(StrEnum):
    """The tabs of “Lost and found”."""

    REFUSED = "refused"
    UNREADABLE = "unreadable"
    LOOPING = "looping"
    AUTOMATIC = "automatic"
    BOUNCED = "bounced"


class Settlement(StrEnum):
    """How a mail was settled: by staff, or by itself as it came."""

    ACCEPTED = "accepted"
    NOTHING = "nothing"
    ITSELF = "itself"


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseWords:
    """`short` stands under the word of the group; `untold` says why the sender was not told."""

    group: Group
    short: str
    untold: str = ""


_MACHINE, _UNKNOWN = N_("a machine wrote it"), N_("the address may be forged")
CAUSE_WORDS: Mapping[Cause, CauseWords] = MappingProxyType({
    Cause.STRANGER: CauseWords(group=Group.REFUSED, short=N_("nobody we know"), untold=_UNKNOWN),
    Cause.TOO_BIG: CauseWords(group=Group.REFUSED, short=N_("larger than 25 MB"), untold=_UNKNOWN),
    Cause.INFECTED: CauseWords(
        group=Group.REFUSED, short=N_("infected attachment"), untold=N_("the sender is probably forged")
    ),
    Cause.ENCRYPTED: CauseWords(group=Group.UNREADABLE, short=N_("the text is encrypted"), untold=_UNKNOWN),
    Cause.UNREADABLE: CauseWords(
        group=Group.UNREADABLE, short=N_("no program can take it apart"), untold=_UNKNOWN
    ),
    Cause.NO_SENDER: CauseWords(
        group=Group.UNREADABLE, short=N_("it names no sender"), untold=N_("there is nobody to tell")
    ),
    Cause.SAME_ID: CauseWords(
        group=Group.UNREADABLE, short=N_("it carries the number of another mail"), untold=_UNKNOWN
    ),
    Cause.LOOP: CauseWords(
        group=Group.LOOPING, short=N_("two programs answer each other"),
        untold=N_("an answer would feed the loop"),
    ),
    Cause.OWN: CauseWords(
        group=Group.LOOPING, short=N_("a mail of ours came back"), untold=N_("an answer would feed the loop")
    ),
    Cause.AUTOMATIC: CauseWords(group=Group.AUTOMATIC, short=N_("a report of a machine"), untold=_MACHINE),
    Cause.LIST: CauseWords(group=Group.AUTOMATIC, short=N_("a newsletter or mailing list"), untold=_MACHINE),
    Cause.AUTO_REPLY: CauseWords(group=Group.AUTOMATIC, short=N_("an absence note"), untold=_MACHINE),
    Cause.MUTED: CauseWords(
        group=Group.AUTOMATIC, short=N_("a list that was put aside"), untold=_MACHINE
    ),
    Cause.BOUNCED: CauseWords(group=Group.BOUNCED, short=N_("it could not be delivered"), untold=_MACHINE),
    Cause.DELAYED: CauseWords(group=Group.BOUNCED, short=N_("the delivery takes longer"), untold=_MACHINE),
    Cause.DUPLICATE: CauseWords(
        group=Group.AUTOMATIC, short=N_("the same mail came twice"), untold=N_("the first one was answered")
    ),
})

# What needs no eye: it is settled as it comes, and stands under “Done”.
SETTLED_BY_ITSELF = frozenset({Cause.AUTO_REPLY, Cause.MUTED, Cause.DELAYED, Cause.DUPLICATE})
# Whoever wrote it can do something about it.
TELLS_SENDER = frozenset({Cause.TOO_BIG, Cause.ENCRYPTED, Cause.UNREADABLE})

OUTCOMES: Mapping[Cause, Outcome] = MappingProxyType({
    Cause.DUPLICATE: Outcome.DUPLICATE, Cause.BOUNCED: Outcome.BOUNCE, Cause.DELAYED: Outcome.BOUNCE,
    Cause.AUTO_REPLY: Outcome.IGNORED, Cause.MUTED: Outcome.IGNORED,
})
CAUSE_BY_NATURE: Mapping[Nature, Cause] = MappingProxyType({
    Nature.AUTO_REPLY: Cause.AUTO_REPLY, Nature.AUTOMATIC: Cause.AUTOMATIC, Nature.LIST: Cause.LIST,
    Nature.OURS: Cause.OWN, Nature.BOUNCE: Cause.BOUNCED,
})


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A file of a mail; its bytes lie under `file` in the folder that the parser was given."""

    name: str
    media_type: str
    file: str
    size: int
    sha256: str
    content_id: str = ""
    is_inline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """What a mail server says about a mail that it could not deliver (RFC 3464)."""

    recipient: str = ""
    status: str = ""
    words: str = ""
    is_final: bool = True
    original_ids: tuple[str, ...] = ()

    @property
    def is_address(self) -> bool:
        """5.1.x is about the mailbox (RFC 3463), as with a refusal at once."""
        return self.is_final and self.status.startswith("5.1.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail taken apart: text without a character that a database refuses, lengths bounded."""

    size: int
    digest: str  # of what the writer wrote: the same for two copies of one mail
    message_id: str = ""  # without angle brackets, as everywhere here
    named_ids: tuple[str, ...] = ()  # of In-Reply-To and References, the likeliest first
    sender: str = ""
    sender_name: str = ""
    recipients: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    html: str = ""
    parts: tuple[Part, ...] = ()
    nature: Nature = Nature.PERSON
    list_key: str = ""
    bounce: Bounce | None = None
    is_encrypted: bool = False
    fault: str = ""  # why it could not be taken apart; the rest is what could be read all the same
    notes: tuple[str, ...] = field(default=())  # what was left in the whole mail only: names of files

    @property
    def excerpt(self) -> str:
        """The beginning, on one line."""
        return clean_line(self.text[:1_000])[:300]
