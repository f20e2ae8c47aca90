"""Working hours of an agency: the clock that runs for a ticket only while somebody is there to answer it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from backoffice.domain.calendar import DAY, Calendar

OPENS, CLOSES = time(9), time(17)
A_DAY = timedelta(hours=8)
_FURTHEST = 400  # days; nobody waits longer, and an agency whose every day is off would wait for ever


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """From nine to five on working days, by the agency's clocks."""

    calendar: Calendar
    time_zone: str

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much working time passed."""
        spent = timedelta(0)
        for opens, closes in self._days(start):
            if opens >= end:
                break
            spent += max(timedelta(0), min(closes, end) - max(opens, start))
        return spent

    def after(self, start: datetime, length: timedelta) -> datetime:
        """The instant at which so much working time will have passed."""
        left = length
        for opens, closes in self._days(start):
            begin = max(opens, start)
            if begin + left <= closes:
                return begin + left
            left -= max(timedelta(0), closes - begin)
        return start + length

    def left(self, now: datetime, due: datetime) -> timedelta:
        """Working time until then; below zero: so much too late."""
        return self.between(now, due) if due >= now else -self.between(due, now)

    def _days(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Opening and closing of each working day from the day of `start` on; aware instants in UTC, so that a change
        of the clocks counts right."""
        zone = ZoneInfo(self.time_zone)
        day = start.astimezone(zone).date()
        for _ in range(_FURTHEST):
            if self.calendar.is_working_day(day):
                yield _instant(day, OPENS, zone, start), _instant(day, CLOSES, zone, start)
            day += DAY


def _instant(day: date, at: time, zone: ZoneInfo, like: datetime) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(like.tzinfo)
