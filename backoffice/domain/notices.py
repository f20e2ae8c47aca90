"""Every mail there is, and which of them a date brings about (DOMAIN §7)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType

from backoffice.domain.calendar import Calendar
from backoffice.domain.errors import N_
from backoffice.domain.projects import Facts, GrantState, Status


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


# What a colleague calls each of them.
MAIL_WORDS: Mapping[Mail, str] = MappingProxyType({
    Mail.ACCESS: N_("access"),
    Mail.ENDING_SOON: N_("the project ends soon"),
    Mail.INVITATION: N_("invitation to submit"),
    Mail.REMINDER: N_("reminder"),
    Mail.LAST_REMINDER: N_("last reminder"),
    Mail.OVERDUE: N_("overdue"),
    Mail.RECEIPT: N_("receipt of a submission"),
    Mail.SUBMISSION_RECEIVED: N_("notice of a submission"),
    Mail.ADDITIONS_REQUESTED: N_("additions requested"),
    Mail.UNLOCKED: N_("unlocked"),
    Mail.ADDITIONS_REMINDER: N_("reminder of additions"),
    Mail.ADDITIONS_OVERDUE: N_("additions overdue"),
    Mail.RESULTS_APPROVED: N_("results approved"),
    Mail.REOPEN_DECLINED: N_("reopening declined"),
    Mail.QUESTION: N_("question"),
    Mail.END_DATE_CHANGED: N_("end date changed"),
    Mail.CONTACT_PUBLIC: N_("you are shown in public"),
    Mail.CONTACT_HIDDEN: N_("you are no longer shown"),
    Mail.RESULT_HIDDEN: N_("a result was hidden"),
    Mail.ACCESS_REVOKED: N_("access ended"),
    Mail.REOPEN_REQUESTED: N_("reopening asked for"),
    Mail.DELIVERY_FAILED: N_("a mail came back"),
    Mail.FILE_INFECTED: N_("infected file"),
    Mail.STAFF_ACCESS: N_("account of staff"),
    Mail.PASSWORD_LINK: N_("link for a new password"),
    Mail.TICKET_RECEIVED: N_("confirmation of a ticket"),
    Mail.TICKET_REPLY: N_("reply to a ticket"),
    Mail.TICKET_NOT_TAKEN: N_("mail not taken"),
})


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

ANCHOR_WORDS: Mapping[Anchor, str] = MappingProxyType({
    Anchor.START: N_("Days after the start of the project; with a minus, before it."),
    Anchor.END: N_("Days after the end of the project; with a minus, before it."),
    Anchor.SUBMITTABLE: N_("Days after the day from which the results can be submitted."),
    Anchor.DUE: N_("Days after the day by which the additions are due; with a minus, before it."),
})
NOTICE_DAYS_MAX = 365  # before or after

# Mails about a decision wait 60 s, so that it can be undone before anybody was told.
DECISION_MAILS = frozenset({
    Mail.ADDITIONS_REQUESTED, Mail.UNLOCKED, Mail.RESULTS_APPROVED, Mail.REOPEN_DECLINED,
})

RUN_LIMIT_DEFAULT = 500  # mails of one run; above it the run is held until an admin releases it
ONE_TIME_LINK_HOURS = 72

# Of the notices of one line only the last that is due goes out: nobody gets three reminders in one minute because a
# project came late, or because the machine stood still.
LINES: tuple[tuple[Mail, ...], ...] = (
    (Mail.REMINDER, Mail.LAST_REMINDER, Mail.OVERDUE),
    (Mail.ADDITIONS_REMINDER, Mail.ADDITIONS_OVERDUE),
)
TERMINATED = "terminated"  # what an invitation is reckoned from when no date is
GRANTED = "granted"  # what an access mail is reckoned from when the project has no start date


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an agency sets about its notices."""

    calendar: Calendar
    days: Mapping[str, int]  # mail → days; what is not there is the default
    notices_from: date

    def due(self, mail: Mail, anchor: date) -> date:
        """So many days after the anchor, moved to the next working day."""
        days = self.days.get(mail.value, DATED[mail].days)
        return self.calendar.next_working_day(anchor + timedelta(days=days))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All that decides about the dated notices of one project, as of one day of the agency."""

    facts: Facts
    status: Status
    results_required: bool
    due_on: date | None  # of the additions asked for
    status_since: date  # the agency's day
    round: str  # tells two returns with the same due date apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice, the date it is reckoned from, and the day on which it goes out."""

    mail: Mail
    reckoned_from: str
    due: date
    is_suppressed: bool = False


def access_notice(*, start_date: date | None, granted_on: date, terms: Terms) -> Notice:
    """The access mail of a person to whom an import gave access: on the start date, at once where there is none."""
    if start_date is None:
        notice = Notice(mail=Mail.ACCESS, reckoned_from=GRANTED, due=terms.due(Mail.ACCESS, granted_on))
    else:
        notice = Notice(
            mail=Mail.ACCESS, reckoned_from=start_date.isoformat(), due=terms.due(Mail.ACCESS, start_date)
        )
    return replace(notice, is_suppressed=notice.due < terms.notices_from)


def standing(project: Standing, *, terms: Terms) -> list[Notice]:
    """Every notice (but access) that the facts of today call for, whether its day has come or not."""
    if project.facts.grant_state is GrantState.CANCELLED:
        return []
    if project.status is Status.OPEN:
        return _of_the_end(project, terms=terms) + _invitations(project, terms=terms)
    if project.status is Status.RETURNED and project.due_on is not None:
        return _of_additions(project, due_on=project.due_on, terms=terms)
    if project.facts.end_date is not None and project.facts.grant_state is not GrantState.TERMINATED:
        return [_from(Mail.ENDING_SOON, project.facts.end_date, terms=terms)]
    return []


def due_today(project: Standing, *, terms: Terms) -> list[Notice]:
    """What is due by today: one invitation, the last of each line; what is of the past is to be suppressed."""
    today = project.facts.today
    found = [notice for notice in standing(project, terms=terms) if notice.due <= today]
    invitations = sorted((n for n in found if n.mail is Mail.INVITATION), key=lambda n: (n.due, n.reckoned_from))
    found = [n for n in found if n.mail is not Mail.INVITATION] + invitations[:1]
    late = {mail for line in LINES for mail in _overtaken(line, found)}
    if project.facts.end_date is not None and project.facts.end_date < today:
        late.add(Mail.ENDING_SOON)
    return [
        replace(notice, is_suppressed=notice.mail in late or notice.due < terms.notices_from) for notice in found
    ]


def _from(mail: Mail, anchor: date, *, terms: Terms, round: str = "") -> Notice:
    return Notice(mail=mail, reckoned_from=anchor.isoformat() + round, due=terms.due(mail, anchor))


def _of_the_end(project: Standing, *, terms: Terms) -> list[Notice]:
    end, state = project.facts.end_date, project.facts.grant_state
    if end is None or state is GrantState.TERMINATED:
        return []
    mails = [Mail.ENDING_SOON]
    if project.results_required and state is not GrantState.FINALISED:
        mails += LINES[0]
    return [_from(mail, end, terms=terms) for mail in mails]


def _invitations(project: Standing, *, terms: Terms) -> list[Notice]:
    """From each fact that opens submission (S13); the first of them counts."""
    facts, mail = project.facts, Mail.INVITATION
    found = []
    if facts.end_date is not None:
        day = terms.due(mail, facts.end_date + timedelta(days=1))
        found.append(Notice(mail=mail, reckoned_from=facts.end_date.isoformat(), due=day))
    if facts.report_handed_in_on is not None:
        found.append(_from(mail, facts.report_handed_in_on, terms=terms))
    if facts.grant_state is GrantState.TERMINATED:  # at once, whatever day it is
        found.append(Notice(mail=mail, reckoned_from=TERMINATED, due=facts.today))
    return found


def _of_additions(project: Standing, *, due_on: date, terms: Terms) -> list[Notice]:
    """A reminder on the very day of the return, because the time given was short, would be noise."""
    round = f"/{project.round}"
    reminder = _from(Mail.ADDITIONS_REMINDER, due_on, terms=terms, round=round)
    overdue = _from(Mail.ADDITIONS_OVERDUE, due_on, terms=terms, round=round)
    days = terms.days.get(Mail.ADDITIONS_REMINDER.value, DATED[Mail.ADDITIONS_REMINDER].days)
    is_early = due_on + timedelta(days=days) <= project.status_since
    return [overdue] if is_early else [reminder, overdue]


def _overtaken(line: tuple[Mail, ...], found: list[Notice]) -> list[Mail]:
    mine = [notice for notice in found if notice.mail in line]
    return [notice.mail for notice in sorted(mine, key=lambda n: (n.due, line.index(n.mail)))][:-1]
