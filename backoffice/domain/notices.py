"""Every mail there is, and which of them a date brings about (DOMAIN §7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Mail(StrEnum):
    ACCESS = "access"
    ENDING_SOON = "ending-soon"
    INVITATION = "invitation"
    REMINDER = "reminder"
    LAST_REMINDER = "last-reminder"
    OVERDUE = "overdue"
    RECEIPT = "receipt"
    SUBMISSION_RECEIVED = "submission-received"
    ADDITIONS_REQUESTED = "additions-requested"
    UNLOCKED = "unlocked"
    ADDITIONS_REMINDER = "additions-reminder"
    ADDITIONS_OVERDUE = "additions-overdue"
    RESULTS_APPROVED = "results-approved"
    REOPEN_DECLINED = "reopen-declined"
    QUESTION = "question"
    END_DATE_CHANGED = "end-date-changed"
    CONTACT_PUBLIC = "contact-public"
    CONTACT_HIDDEN = "contact-hidden"
    RESULT_HIDDEN = "result-hidden"
    ACCESS_REVOKED = "access-revoked"
    REOPEN_REQUESTED = "reopen-requested"
    DELIVERY_FAILED = "delivery-failed"
    FILE_INFECTED = "file-infected"
    STAFF_ACCESS = "staff-access"
    PASSWORD_LINK = "password-link"
    TICKET_RECEIVED = "ticket-received"
    TICKET_REPLY = "ticket-reply"
    TICKET_NOT_TAKEN = "ticket-not-taken"


class OutboxState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    HELD = "held"
    SUPPRESSED = "suppressed"
    WITHDRAWN = "withdrawn"


class Anchor(StrEnum):
    """The date from which a dated notice is reckoned."""

    START = "start"
    END = "end"
    SUBMITTABLE = "submittable"
    DUE = "due"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A notice that a date brings about: so many days after its anchor, as the agency sets (these are defaults)."""

    mail: Mail
    anchor: Anchor
    days: int


DATED: Mapping[Mail, Dated] = MappingProxyType({
    row.mail: row
    for row in (
        Dated(mail=Mail.ACCESS, anchor=Anchor.START, days=0),
        Dated(mail=Mail.ENDING_SOON, anchor=Anchor.END, days=-30),
        Dated(mail=Mail.INVITATION, anchor=Anchor.SUBMITTABLE, days=0),
        Dated(mail=Mail.REMINDER, anchor=Anchor.END, days=30),
        Dated(mail=Mail.LAST_REMINDER, anchor=Anchor.END, days=53),
        Dated(mail=Mail.OVERDUE, anchor=Anchor.END, days=61),
        Dated(mail=Mail.ADDITIONS_REMINDER, anchor=Anchor.DUE, days=-3),
        Dated(mail=Mail.ADDITIONS_OVERDUE, anchor=Anchor.DUE, days=1),
    )
})

# Mails about a decision wait 60 s, so that it can be undone before anybody was told.
DECISION_MAILS = frozenset({
    Mail.ADDITIONS_REQUESTED, Mail.UNLOCKED, Mail.RESULTS_APPROVED, Mail.REOPEN_DECLINED,
})

RUN_LIMIT_DEFAULT = 500  # mails of one run; above it the run is held until an admin releases it
ONE_TIME_LINK_HOURS = 72
