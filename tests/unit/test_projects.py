"""Facts of a project (DOMAIN §2): code, submittable, required."""

from datetime import date

import pytest

from backoffice.domain import projects
from backoffice.domain.errors import Refused
from backoffice.domain.projects import Facts, GrantState, Label, Status

TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        ("2018-1-LV01-KA201-046961", (2018, 1, "LV01", "KA201", "046961", "KA2")),
        (" 2021-1-lv01-ka220-sch-000032456 ", (2021, 1, "LV01", "KA220-SCH", "000032456", "KA2")),
        ("2023-2-LI01-KA122-VET-000000007", (2023, 2, "LI01", "KA122-VET", "000000007", "KA1")),
    ],
)
def test_a_code_gives_its_parts(code: str, parts: tuple[object, ...]) -> None:
    found = projects.parse_code(code)
    assert (found.call_year, found.round, found.agency, found.action, found.number, found.key_action) == parts
    assert found.text == code.strip().upper()


def test_a_centrally_run_project_is_refused_by_its_reason() -> None:
    with pytest.raises(Refused) as caught:
        projects.parse_code("562155-EPP-1-2015-1-ES-EPPKA3-PI-FORWARD")
    assert caught.value.code == "code-central"


@pytest.mark.parametrize("code", ["", "2018-1-LV01", "2018-1-LV01-KA201", "x", "2018-1-LV01-XX201-046961"])
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(Refused) as caught:
        projects.parse_code(code)
    assert caught.value.code == "code-malformed"


@pytest.mark.parametrize(
    ("end", "state", "report", "is_submittable"),
    [
        (date(2026, 11, 25), GrantState.RUNNING, None, False),
        (date(2026, 11, 24), GrantState.RUNNING, None, True),
        (None, GrantState.RUNNING, None, False),
        (None, GrantState.RUNNING, date(2026, 11, 25), True),
        (None, GrantState.RUNNING, date(2026, 11, 26), False),
        (date(2030, 1, 1), GrantState.TERMINATED, None, True),
        (date(2026, 1, 1), GrantState.CANCELLED, date(2026, 1, 1), False),
        (date(2030, 1, 1), GrantState.FINALISED, None, False),
    ],
)
def test_submittable_by_the_facts(
    end: date | None, state: GrantState, report: date | None, is_submittable: bool
) -> None:
    facts = Facts(today=TODAY, start_date=None, end_date=end, grant_state=state, report_handed_in_on=report)
    assert projects.submittable(facts) is is_submittable


@pytest.mark.parametrize(
    ("action", "override", "state", "is_required"),
    [
        ("KA220-SCH", None, GrantState.RUNNING, True),
        ("KA122-VET", None, GrantState.RUNNING, False),
        ("KA347", None, GrantState.RUNNING, False),
        ("KA122-VET", True, GrantState.RUNNING, True),
        ("KA220-SCH", False, GrantState.RUNNING, False),
        ("KA220-SCH", True, GrantState.CANCELLED, False),
    ],
)
def test_results_required(action: str, override: bool | None, state: GrantState, is_required: bool) -> None:
    assert projects.results_required(action=action, override=override, grant_state=state) is is_required


@pytest.mark.parametrize(
    ("status", "is_submittable", "label"),
    [
        (Status.OPEN, False, Label.OPEN),
        (Status.OPEN, True, Label.SUBMITTABLE),
        (Status.UNDER_REVIEW, True, Label.UNDER_REVIEW),
        (Status.RETURNED, False, Label.RETURNED),
        (Status.APPROVED, True, Label.APPROVED),
    ],
)
def test_the_coordinator_reads_a_label(status: Status, is_submittable: bool, label: Label) -> None:
    assert projects.label(status, is_submittable=is_submittable) is label
    assert "final report" not in projects.LABELS[label]
