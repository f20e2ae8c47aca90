"""Tickets in the helpdesk's words: how much time is left, who it is, what happened."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType

from flask_babel import gettext as _
from flask_babel import ngettext

from backoffice.domain import clock
from backoffice.domain.errors import N_
from backoffice.domain.hours import Hours
from backoffice.domain.permissions import Actor
from backoffice.domain.tickets import ANSWER_HOURS, CATEGORY_WORDS, Category, FoundBy, TicketState
from backoffice.models import Ticket, User
from backoffice.views.messages import day

FOUND_BY_WORDS: Mapping[FoundBy, str] = MappingProxyType({
    FoundBy.FORM: N_("from the page on which it was written"),
    FoundBy.CODE: N_("by its code in the words"),
    FoundBy.SENDER: N_("by who wrote"),
    FoundBy.STAFF: N_("by a colleague"),
})


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """How a ticket stands with its time; `used`: percent of the time for an answer, None where none is owed."""

    words: str
    kind: str = ""  # "late"
    used: int | None = None


def age(ticket: Ticket, *, hours: Hours, now: datetime) -> Age:
    """Time left in working hours, or since when it rests."""
    if ticket.answer_due_at is not None:
        left = hours.left(now, ticket.answer_due_at)
        if ticket.answer_due_at < now:
            late = -left if -left < _HOUR else _HOUR * round(-left / _HOUR)
            return Age(words=_("overdue by %(time)s", time=duration(late)), kind="late", used=100)
        return Age(words=duration(left), used=max(0, min(100, 100 - round(100 * (left / _WHOLE)))))
    if ticket.state is TicketState.WAITING:
        begin, today = _day(ticket.changed_at, hours), _day(now, hours)
        days = hours.calendar.working_days_between(begin, today)
        waits = ngettext("waits %(num)s working day", "waits %(num)s working days", days)
        return Age(words=waits if days else _("waits since today"))
    ended = ticket.closed_at or ticket.solved_at
    if ended is None:
        return Age(words="")
    words = {TicketState.SOLVED: _("solved %(day)s"), TicketState.CLOSED: _("closed %(day)s")}[ticket.state]
    is_today = _day(ended, hours) == _day(now, hours)
    return Age(words=str(words) % {"day": _("today") if is_today else day(ended)})


_HOUR, _WHOLE = timedelta(hours=1), timedelta(hours=ANSWER_HOURS)


def duration(time: timedelta) -> str:
    """1 h 50 min · 5 h · 20 min; above two days in whole hours."""
    minutes = max(0, round(time.total_seconds() / 60))
    whole, rest = divmod(minutes, 60)
    if not whole:
        return str(_("%(minutes)s min", minutes=rest))
    if not rest or whole >= 2 * ANSWER_HOURS:
        return str(_("%(hours)s h", hours=whole))
    return str(_("%(hours)s h %(minutes)s min", hours=whole, minutes=rest))


def name_of(user: User | None, *, actor: Actor) -> str:
    if user is None:
        return str(_("nobody"))
    return str(_("You")) if user.id == actor.user_id else user.name or user.email


def initials(name: str) -> str:
    """First letters of first and last name, as beside every person."""
    words = [word for word in name.replace("@", " ").split() if word[0].isalnum()] or ["?"]
    return "".join(word[0] for word in (words[0], *words[1:][-1:])).upper()


def category(value: Category | None) -> str:
    return str(_(CATEGORY_WORDS[value])) if value else ""


def _day(instant: datetime, hours: Hours) -> date:
    return clock.day_of(instant, time_zone=hours.time_zone)
