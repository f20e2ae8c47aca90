"""Columns and rows of an import: what a row says about a project (DOMAIN §2)."""

from datetime import date
from decimal import Decimal

import pytest

from backoffice.domain import imports
from backoffice.domain.cells import Cell, RowFault
from backoffice.domain.projects import GrantState

CODE = "2021-1-LV01-KA220-SCH-000032456"


def read(row: dict[str, Cell]) -> tuple[imports.ImportedRow, list[str]]:
    found, faults = imports.read_row(row, code=imports.read_code({imports.CODE: CODE}))
    return found, [fault.column for fault in faults]


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Project Identifier", "Project Identifier"), ("PROJECT  identifier", "Project Identifier"),
        ("projectidentifier ", "Project Identifier"), ("Coordinator’s country", "Coordinator's country"),
        ("Contact e-mail", "Contact e-mail"), ("Contact Email", "Contact e-mail"),
        ("EU Grant award in euros", imports.GRANT),
        ("EU Grant award in euros (This amount represents the grant awarded after the selection stage)", imports.GRANT),
        ("partner 7 Organisation Type", "Partner 7 organisation type"), ("Partner 07 name", "Partner 7 name"),
        ("Partner 7 phone", None), ("Budget", None), ("", None),
    ],
)
def test_columns_are_known_by_their_words_alone(name: str, known: str | None) -> None:
    assert imports.column(name) == known


def test_row_says_what_its_cells_say_and_empty_ones_say_nothing() -> None:
    found, faults = read({
        "Project Title": " Tilti ", "Project Summary": "a\r\nb", "Start date": "2021-09-01", "End date": "",
        imports.GRANT: "12 345,5", "Grant state": "Terminated", "Project Status": "ongoing",
        "Is Good Practice": "Yes", "Participating countries": "LV, EE;LT,LV", "Topics": " ", "Project Website": "n/a",
    })
    assert faults == []
    assert found.facts == {
        "title": "Tilti", "summary": "a\nb", "start_date": date(2021, 9, 1), "grant_cents": 1_234_550,
        "grant_state": GrantState.TERMINATED, "is_good_practice": True, "countries": ("LV", "EE", "LT"),
    }
    assert (found.partners, found.contact, found.responsible) == (None, None, None)
    assert Decimal(found.facts["grant_cents"]) == Decimal("1234550")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("word", "state"),
    [("ongoing", GrantState.RUNNING), ("finalized", GrantState.FINALISED), ("Finalised", GrantState.FINALISED),
     ("CANCELED", GrantState.CANCELLED)],
)
def test_row_reads_the_public_lists_status_where_there_is_no_grant_state(word: str, state: GrantState) -> None:
    assert read({"Project Status": word})[0].facts["grant_state"] is state


def test_row_tells_each_of_its_faults() -> None:
    assert read({
        "Project Title": "x" * 1_001, "Start date": "31/02/2019", imports.GRANT: "12.34.56", "Grant state": "asleep",
        "Contact e-mail": "contact.school.example.org", "Project Website": "javascript:alert(1)",
        "Is Success Story": "perhaps", "Partner 3 name": "a\u202eb", "Responsible": "nobody",
    })[1] == [
        "Project Title", "Start date", imports.GRANT, "Grant state", "Project Website", "Is Success Story",
        "Contact e-mail", "Responsible",
    ]


def test_row_whose_end_is_before_its_start_is_refused_at_the_end() -> None:
    assert read({"Start date": "01/09/2020", "End date": "01/09/2019"})[1] == ["End date"]


def test_row_gives_partners_in_the_order_of_their_numbers() -> None:
    found, faults = read({
        "Partner 10 name": "Ten", "Partner 2 name": "Two", "Partner 2 website": "www.two.example",
        "Partner 3 country": "EE", "Partner 2 organisation type": "School",
    })
    assert faults == []
    assert found.partners == (
        imports.Partner(name="Two", type="School", website="http://www.two.example"),
        imports.Partner(name="", country="EE"), imports.Partner(name="Ten"),
    )


def test_row_names_contacts_by_their_address() -> None:
    found, faults = read({
        "Contact person": "Anna Ozola", "Contact e-mail": "Anna@School.Example", "Contact phone": 37120000000.0,
        "Second contact person": "Nobody without address",
    })
    assert faults == []
    assert found.contact == imports.Person(email="anna@school.example", name="Anna Ozola", phone="37120000000")
    assert found.second_contact is None


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ({imports.CODE: " "}, imports.CODE),
        ({}, imports.CODE),
        ({imports.CODE: "562155-EPP-1-2015-1-ES-EPPKA3-PI-FORWARD"}, imports.CODE),
        ({imports.CODE: "2021-1-LV01"}, imports.CODE),
        ({imports.CODE: CODE, "Agency": "EE01"}, "Agency"),
    ],
)
def test_code_that_names_no_agency_or_another_is_refused(row: dict[str, Cell], column: str) -> None:
    with pytest.raises(RowFault) as fault:
        imports.read_code(row)
    assert fault.value.column == column


def test_code_is_folded_to_upper_case() -> None:
    code = imports.read_code({imports.CODE: " 2018-1-lv01-ka201-046961 ", "Agency": "lv01"})
    assert (code.text, code.call_year, code.agency, code.action, code.number) == (
        "2018-1-LV01-KA201-046961", 2018, "LV01", "KA201", "046961",
    )
