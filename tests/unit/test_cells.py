"""What a cell means, and the sentence when it means nothing (CONTRACT "projects import")."""

from datetime import date, datetime, time
from decimal import Decimal

import pytest

from backoffice.domain import cells
from backoffice.domain.cells import RowFault

AT_NOON = datetime(2026, 8, 31, 12, 30)  # noqa: DTZ001 - a spreadsheet knows no zone


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ("2026-08-31", date(2026, 8, 31)), ("31/08/2026", date(2026, 8, 31)), ("31.08.2026", date(2026, 8, 31)),
        (" 31.8.2026. ", date(2026, 8, 31)), ("2026-08-31 00:00:00", date(2026, 8, 31)),
        ("29/02/2024", date(2024, 2, 29)), (AT_NOON, date(2026, 8, 31)), (date(2026, 8, 31), date(2026, 8, 31)),
    ],
)
def test_day_takes_three_forms_and_the_spreadsheets_own(cell: cells.Cell, meant: date) -> None:
    assert cells.day("End date", cell) == meant


@pytest.mark.parametrize(
    "cell",
    ["31/02/2019", "29.02.2023", "2019-13-01", "08/31/2026", "31-08-2026", "31/08/26", "soon", "45000", 45000, 1.5,
     "2026-08-31 12:30", "31/08.2026", "0019-01-01", "2919-01-01", time(1), "#VALUE!", "٣١/٠٨/٢٠٢٦x"],
)
def test_day_refuses_what_is_none(cell: cells.Cell) -> None:
    with pytest.raises(RowFault) as fault:
        cells.day("End date", cell)
    assert fault.value.column == "End date"


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ("12345.67", "12345.67"), ("12345,67", "12345.67"), ("12 345,67", "12345.67"), ("12\u00a0345,67", "12345.67"),
        ("12,345.67", "12345.67"), ("12.345,67", "12345.67"), ("1.234.567", "1234567"), ("€ 50000", "50000"),
        ("50000.000", "50000"), ("0", "0"), ("3565,5", "3565.5"), (53110, "53110"), (112527.93, "112527.93"),
        (0.1 + 0.2, "0.30"), (12.345, "12.34"), ("1'234'567.80 EUR", "1234567.80"),
    ],
)
def test_money_takes_point_comma_and_grouping(cell: cells.Cell, meant: str) -> None:
    assert cells.money("Grant", cell) == Decimal(meant)


@pytest.mark.parametrize(
    "cell",
    ["12.34.56", "12.345", "12,345", "1,23,456", "-5", "abc", "1e5", "12.3456", "99999999999", 1e300, float("inf"),
     True, "1.234,567.8", "1 23", "12,", "١٢"],
)
def test_money_refuses_what_is_none_or_may_mean_two_things(cell: cells.Cell) -> None:
    with pytest.raises(RowFault):
        cells.money("Grant", cell)


@pytest.mark.parametrize(
    ("cell", "meant"),
    [("Jānis@School.Example", None), ("JANIS.Ozols@School.Example", "janis.ozols@school.example"),
     (" a@b.example ", "a@b.example"), ("o'neil+x@b.example", "o'neil+x@b.example")],
)
def test_email_is_folded(cell: str, meant: str | None) -> None:
    if meant is None:
        with pytest.raises(RowFault):
            cells.email("Contact e-mail", cell)
    else:
        assert cells.email("Contact e-mail", cell) == meant


@pytest.mark.parametrize(
    "cell",
    ["john.doe.@school.example", ".john@school.example", "john..doe@school.example", "contact.school.example.org",
     "a@b", "a@b.example; c@d.example", "Anna <a@b.example>", "a b@c.example", "a@-b.example", "a@b..example",
     "@b.example"],
)
def test_email_refuses_what_no_mail_reaches(cell: str) -> None:
    """Case 16 and its relatives."""
    with pytest.raises(RowFault) as fault:
        cells.email("Contact e-mail", cell)
    assert fault.value.values == {"text": cell}


@pytest.mark.parametrize(
    ("cell", "meant"),
    [(2024, "2024"), (2024.0, "2024"), (1e21, "1000000000000000000000"), (True, "TRUE"),
     ("  two \n words ", "two words"), ("2024-06-15", "2024-06-15"), ("Zoë", "Zoë"), ("Zoe\u0308", "Zoë")],
)
def test_line_is_text_whatever_the_spreadsheet_made_of_it(cell: cells.Cell, meant: str) -> None:
    """Case 21."""
    assert cells.line("Project Title", cell) == meant


@pytest.mark.parametrize(
    "cell", [AT_NOON, date(2015, 6, 1), time(6, 15), "#REF!", "a\u202eb", "a\x02b", "a\u2067b", "a\x00b"]
)
def test_line_refuses_dates_errors_and_hidden_characters(cell: cells.Cell) -> None:
    with pytest.raises(RowFault):
        cells.line("Project Title", cell)


def test_line_counts_as_a_person_does() -> None:
    assert cells.line("Project Title", "e\u0301" * 10, most=10) == "é" * 10
    assert cells.line("Project Title", "x\u0323\u0324" * 10, most=10)
    with pytest.raises(RowFault) as fault:
        cells.line("Project Title", "x" * 11, most=10)
    assert fault.value.values == {"found": 11, "most": 10}


def test_paragraphs_keep_line_breaks_and_lose_hidden_characters() -> None:
    assert cells.paragraphs("Project Summary", " one\r\ntwo\u202e\x02\x0bthree ") == "one\ntwo\nthree"


@pytest.mark.parametrize(
    ("cell", "meant"),
    [("https://a.example/x?y=1", "https://a.example/x?y=1"), ("www.a.example", "http://www.a.example"), ("n/a", ""),
     ("-", ""), ("a.example:8080/x", "http://a.example:8080/x"), ("HTTP://A.example", "HTTP://A.example")],
)
def test_website_gets_its_scheme(cell: str, meant: str) -> None:
    assert cells.website("Project Website", cell) == meant


@pytest.mark.parametrize(
    "cell", ["javascript:alert(1)", "JavaScript://a.example/%0aalert(1)", "data:text/html,x", "ftp://a.example",
             "mailto:a@b.example", "our site", "https://", "https://user:pass@a.example", "https://localhost"]
)
def test_website_refuses_what_is_none(cell: str) -> None:
    with pytest.raises(RowFault):
        cells.website("Project Website", cell)


def test_websites_of_others_are_left_out_when_they_are_none() -> None:
    assert cells.lenient_website("Partner 1 website", "www.a.de; www.b.de") == ""
    assert cells.lenient_website("Partner 1 website", "www.a.de") == "http://www.a.de"
    with pytest.raises(RowFault):
        cells.lenient_website("Partner 1 website", "javascript:alert(1)")


def test_empty_is_nothing_or_blanks_or_hidden_characters() -> None:
    assert all(cells.is_empty(cell) for cell in (None, "", "  ", "\u00a0\n", "\ufeff", "\u200e \x02"))
    assert not any(cells.is_empty(cell) for cell in ("0", 0, False, "-"))
