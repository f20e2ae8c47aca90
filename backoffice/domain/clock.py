"""The only place that asks the machine for the time; demo and test may shift it (CONTRACT, BACKOFFICE_NOW)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


class _Shift:
    """One shift for the whole process, set once by the factory."""

    by: timedelta = timedelta(0)


def shift(by: timedelta) -> None:
    """Move the clock of this process; the factory calls it once at the start."""
    _Shift.by = by


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC) + _Shift.by


def machine_now() -> datetime:
    """The instant without the shift: for the age of what the machine itself has dated, such as files."""
    return datetime.now(UTC)


def day_of(instant: datetime, *, time_zone: str) -> date:
    """The calendar day of an instant for an agency: "today" is the agency's day everywhere (DOMAIN §8)."""
    return instant.astimezone(ZoneInfo(time_zone)).date()


def start_of(day: date, *, time_zone: str) -> datetime:
    """The instant at which a day begins for an agency, right across a change of the clocks."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(time_zone)).astimezone(UTC)
