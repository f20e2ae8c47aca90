"""Working days of an agency: weekdays that are no public holiday of its country and none of its own (DOMAIN §7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import holidays

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The days off of one agency; `extra` are those that it added itself (setting `holidays`)."""

    country: str = "LV"
    extra: frozenset[date] = frozenset()

    def is_working_day(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self.extra and day not in _public(self.country, day.year)

    def next_working_day(self, day: date) -> date:
        """The day itself where it is a working one, else the first after it: dated mails move there."""
        while not self.is_working_day(day):
            day += DAY
        return day

    def working_days_between(self, start: date, end: date) -> int:
        """How many working days came after `start`, up to and with `end`: the age of what waits since `start`."""
        days = (start + DAY * number for number in range(1, (end - start).days + 1))
        return sum(map(self.is_working_day, days))


def calendar(*, country: str, extra: Iterable[str] = ()) -> Calendar:
    """From an agency's settings, where days stand as ISO texts."""
    return Calendar(country=country.upper(), extra=frozenset(map(date.fromisoformat, extra)))


@lru_cache(maxsize=256)
def _public(country: str, year: int) -> frozenset[date]:
    """The public holidays of a year; of a country that nobody knows there are none, and weekdays count."""
    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:
        return frozenset()
