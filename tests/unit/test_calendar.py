"""Working days: Latvian holidays, an agency's own, and the age of what waits (DOMAIN §7, look §5)."""

from datetime import date

import pytest

from backoffice.domain.calendar import Calendar, calendar

LATVIA = Calendar()


@pytest.mark.parametrize(
    ("since", "days"),
    [
        (date(2026, 10, 22), 23),  # 18 November, the proclamation of the republic, is left out
        (date(2026, 10, 26), 21),
        (date(2026, 11, 24), 1),
        (date(2026, 11, 25), 0),
        (date(2026, 11, 30), 0),
    ],
)
def test_staff_reads_the_age_in_working_days(since: date, days: int) -> None:
    assert LATVIA.working_days_between(since, date(2026, 11, 25)) == days


def test_a_day_off_moves_to_the_next_working_day() -> None:
    assert LATVIA.next_working_day(date(2026, 12, 24)) == date(2026, 12, 28)
    assert LATVIA.next_working_day(date(2026, 11, 25)) == date(2026, 11, 25)


def test_an_agency_adds_days_of_its_own_and_another_country_has_others() -> None:
    own = calendar(country="lv", extra=["2026-11-25"])
    assert not own.is_working_day(date(2026, 11, 25))
    assert LATVIA.is_working_day(date(2026, 11, 25))
    assert calendar(country="LI").is_working_day(date(2026, 11, 18))


def test_of_a_country_that_nobody_knows_weekdays_count() -> None:
    assert calendar(country="XX").working_days_between(date(2026, 11, 16), date(2026, 11, 20)) == 4
