"""Working hours: the clock of a ticket stands still at night, at weekends and on holidays."""

from datetime import UTC, datetime, timedelta

import pytest

from backoffice.domain.calendar import calendar
from backoffice.domain.hours import Hours
from backoffice.domain.tickets import chain, codes_in, number_in, subject_of, without_number

RIGA = Hours(calendar=calendar(country="LV"), time_zone="Europe/Riga")
HOUR = timedelta(hours=1)


def _at(day: str, hour: float) -> datetime:
    """An hour by the clocks of Riga in winter."""
    return datetime.fromisoformat(f"2026-{day}T00:00:00+02:00").astimezone(UTC) + timedelta(hours=hour)


@pytest.mark.parametrize(("start", "hours", "due"), [
    (_at("11-24", 10), 2, _at("11-24", 12)),  # a Tuesday
    (_at("11-24", 15), 8, _at("11-25", 15)),
    (_at("11-24", 9), 8, _at("11-24", 17)),
    (_at("11-24", 20), 8, _at("11-25", 17)),  # written at night
    (_at("11-27", 16), 8, _at("11-30", 16)),  # over a weekend
    (_at("12-23", 16), 8, _at("12-28", 16)),  # Christmas, then a weekend
])
def test_requester_is_answered_within_working_hours(start: datetime, hours: int, due: datetime) -> None:
    assert RIGA.after(start, hours * HOUR) == due
    assert RIGA.left(start, due) == hours * HOUR
    assert RIGA.left(due + HOUR, due) <= timedelta(0)


def test_change_of_the_clocks_takes_no_hour() -> None:
    friday = datetime(2027, 3, 26, 14, 0, tzinfo=UTC)  # Good Friday, so work goes on on Tuesday after Easter Monday
    assert RIGA.after(friday, HOUR) == datetime(2027, 3, 30, 7, 0, tzinfo=UTC)


def test_an_agency_that_never_works_still_has_a_due_date() -> None:
    start = _at("11-24", 10)
    days = [(start + timedelta(days=number)).date().isoformat() for number in range(500)]
    never = Hours(calendar=calendar(country="LV", extra=days), time_zone="Europe/Riga")
    assert never.after(start, 8 * HOUR) == start + 8 * HOUR


def test_subject_and_words_are_read_for_number_and_code() -> None:
    assert number_in("Re: [#1042] Aw: [#1041] hello") == 1042
    assert number_in("hello #1042, 1042") is None
    assert without_number("Re: [#1042] hello") == "Re: hello"
    code = "2023-1-LV01-KA220-SCH-000000001"
    pasted = code.replace("-", "\u2013")
    assert codes_in(f"about {code.lower()},", f"and {pasted}; x2018-1-LV01-KA201-046961") == [code]
    assert codes_in("2018-1-LV01-KA201-046961.") == ["2018-1-LV01-KA201-046961"]
    assert subject_of("one\ntwo " * 40).endswith("…")
    assert chain(["<a>", "", "<b>", "<a>"]) == "<a> <b>"
    assert chain([f"<{n}>" for n in range(40)]).split()[:2] == ["<0>", "<21>"]
