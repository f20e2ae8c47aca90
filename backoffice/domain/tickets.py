"""Tickets of the helpdesk (S16): states, who moves them, categories, limits; one table that services, pages and tests
read."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from backoffice.domain.errors import N_, Refused
from backoffice.domain.permissions import Permission

FIRST_NUMBER = 1001
ANSWER_HOURS = 8  # working hours in which the requester should read an answer
REPLY_WAITS = timedelta(seconds=15)  # a reply can be taken back that long
CLOSE_AFTER = timedelta(days=7)  # a solved ticket about which nobody writes any more
REOPEN_WITHIN = timedelta(days=30)  # after it was closed; a later message is a new ticket that names the old one
PRESENCE_LASTS = timedelta(minutes=10)  # since the last keystroke; then nobody is shown as writing
MAX_PICTURES = 10  # of one message by the form
MAX_MESSAGE_BYTES = 25 * 1024 * 1024  # of one message with all that hangs on it, by mail as by the form
MAX_SHOWN = "25 MB"


class TicketState(StrEnum):
    NEW = "new"
    OPEN = "open"
    WAITING = "waiting"
    SOLVED = "solved"
    CLOSED = "closed"


class Direction(StrEnum):
    IN = "in"
    OUT = "out"
    INTERNAL = "internal"


class Channel(StrEnum):
    """How a message came to be."""

    FORM = "form"
    MAIL = "mail"
    STAFF = "staff"


class FoundBy(StrEnum):
    """How the project of a ticket was found; empty in the row while there is none."""

    FORM = "form"  # written from a page of the project
    CODE = "code"  # its code stands in the words
    SENDER = "sender"  # the only project of who writes
    STAFF = "staff"


class Category(StrEnum):
    ACCESS = "access"
    UPLOAD = "upload"
    SUBMISSION = "submission"
    PUBLISHING = "publishing"
    UNLOCK = "unlock"
    OTHER = "other"


STATE_WORDS: Mapping[TicketState, str] = MappingProxyType({
    TicketState.NEW: N_("New"),
    TicketState.OPEN: N_("Open"),
    TicketState.WAITING: N_("Waiting for requester"),
    TicketState.SOLVED: N_("Solved"),
    TicketState.CLOSED: N_("Closed"),
})
CATEGORY_WORDS: Mapping[Category, str] = MappingProxyType({
    Category.ACCESS: N_("Access and sign-in"),
    Category.UPLOAD: N_("Files and uploads"),
    Category.SUBMISSION: N_("Submission and additions"),
    Category.PUBLISHING: N_("What is public"),
    Category.UNLOCK: N_("Reopening what is closed"),
    Category.OTHER: N_("Something else"),
})
CHANNEL_WORDS: Mapping[Channel, str] = MappingProxyType({
    Channel.FORM: N_("by the form"),
    Channel.MAIL: N_("by mail"),
    Channel.STAFF: N_("written down by the helpdesk"),
})

S = TicketState
LIVE = frozenset({S.NEW, S.OPEN, S.WAITING, S.SOLVED})
TO_ANSWER = frozenset({S.NEW, S.OPEN})  # the agency owes an answer
THEN = (S.WAITING, S.SOLVED, S.OPEN)  # what a ticket may become with a reply


class Act(StrEnum):
    """What is done to a ticket."""

    WRITE = "write"  # the requester writes on; staff's permission plays no part
    REPLY = "reply"
    NOTE = "note"
    ASSIGN = "assign"
    SORT = "sort"  # category, project
    ROUTE = "route"
    MERGE = "merge"
    WAIT = "wait"
    SOLVE = "solve"
    CLOSE = "close"
    REOPEN = "reopen"
    ASK_UNLOCK = "ask_unlock"
    CURE = "cure"
    BLACK_OUT = "black_out"  # part of a picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of the table: from which states, to which, who. `target` None: the state stays, or, for a reply, is the
    one that was chosen. `permission` None: the requester's own."""

    sources: frozenset[TicketState]
    target: TicketState | None
    permission: Permission | None
    audit: str


P = Permission
RULES: Mapping[Act, Rule] = MappingProxyType({
    Act.WRITE: Rule(sources=frozenset(S), target=S.OPEN, permission=None, audit="ticket:message-received"),
    Act.REPLY: Rule(sources=LIVE, target=None, permission=P.TICKET_WORK, audit="ticket:replied"),
    Act.NOTE: Rule(sources=frozenset(S), target=None, permission=P.TICKET_NOTE, audit="ticket:noted"),
    Act.ASSIGN: Rule(sources=LIVE, target=None, permission=P.TICKET_WORK, audit="ticket:assigned"),
    Act.SORT: Rule(sources=frozenset(S), target=None, permission=P.TICKET_WORK, audit="ticket:sorted"),
    Act.ROUTE: Rule(sources=LIVE, target=None, permission=P.TICKET_WORK, audit="ticket:routed"),
    Act.MERGE: Rule(sources=LIVE, target=S.CLOSED, permission=P.TICKET_WORK, audit="ticket:merged"),
    Act.WAIT: Rule(
        sources=frozenset({S.NEW, S.OPEN, S.SOLVED}), target=S.WAITING, permission=P.TICKET_WORK,
        audit="ticket:set-waiting",
    ),
    Act.SOLVE: Rule(
        sources=frozenset({S.NEW, S.OPEN, S.WAITING}), target=S.SOLVED, permission=P.TICKET_WORK,
        audit="ticket:solved",
    ),
    Act.CLOSE: Rule(sources=LIVE, target=S.CLOSED, permission=P.TICKET_WORK, audit="ticket:closed"),
    Act.REOPEN: Rule(
        sources=frozenset({S.WAITING, S.SOLVED, S.CLOSED}), target=S.OPEN, permission=P.TICKET_WORK,
        audit="ticket:reopened",
    ),
    Act.ASK_UNLOCK: Rule(sources=LIVE, target=None, permission=P.TICKET_WORK, audit="ticket:unlock-asked"),
    Act.CURE: Rule(sources=LIVE, target=None, permission=P.TICKET_WORK, audit="ticket:cured"),
    Act.BLACK_OUT: Rule(
        sources=frozenset(S), target=None, permission=P.TICKET_WORK, audit="ticket:picture-blacked-out"
    ),
})

_NOT_FROM: Mapping[TicketState, str] = MappingProxyType({
    S.NEW: N_("Nobody has begun with this ticket yet."),
    S.OPEN: N_("This ticket is open already."),
    S.WAITING: N_("This ticket waits for its requester already."),
    S.SOLVED: N_("This ticket is solved already."),
    S.CLOSED: N_("This ticket is closed. Reopen it first."),
})


def check(act: Act, state: TicketState) -> None:
    """Refuse an act in a state that the table does not name."""
    if state not in RULES[act].sources:
        raise Refused(_NOT_FROM[state], code="wrong-state")


def allowed(state: TicketState) -> frozenset[Act]:
    """What the table allows in a state, for pages that show a button."""
    return frozenset(act for act, rule in RULES.items() if state in rule.sources)


_IN_SUBJECT = re.compile(r"\[#(\d{4,9})\]")
_CODE = re.compile(r"(?<![\w-])\d{4}-\d-[A-Z]{2}\d{2}-KA\d{3}(?:-[A-Z]{2,3})?-\d{6,9}(?![\w-])", re.IGNORECASE)
_DASHES = re.compile("[\u2010-\u2014\u2212]")


def number_in(subject: str) -> int | None:
    """The number of the ticket that a subject names ([#1042]); the first one, should there be several: ours stand in
    front."""
    found = _IN_SUBJECT.search(subject[:2_000])
    return int(found[1]) if found else None


def without_number(subject: str) -> str:
    """A subject that once named another ticket, as that of a new one."""
    return " ".join(_IN_SUBJECT.sub("", subject).split())


def codes_in(*texts: str) -> list[str]:
    """The project codes that texts name, each once, in upper case, pasted dashes made plain."""
    found = [code.upper() for text in texts for code in _CODE.findall(_DASHES.sub("-", text))]
    return list(dict.fromkeys(found))


def subject_of(text: str) -> str:
    """A subject for a message that came without one: its first words."""
    words = " ".join(text.split())
    return words if len(words) <= 80 else words[:79].rstrip() + "…"


def chain(message_ids: Sequence[str], *, most: int = 20) -> str:
    """The References of an answer: the first id, which holds the thread together, and the last ones."""
    ids = list(dict.fromkeys(filter(None, message_ids)))
    return " ".join(ids if len(ids) <= most else [ids[0], *ids[-(most - 1):]])
