"""The checklist (DOMAIN §4): each line of the table, its level and where it points."""

from dataclasses import replace
from datetime import date

import pytest

from backoffice.domain.files import FileCheck
from backoffice.domain.readiness import FileState, Level, ProjectState, ResultState, findings

FILE = FileState(name="guide.pdf", sha256="a" * 64, check=FileCheck.CLEAN)
RESULT = ResultState(
    result_id=7, number=1, title="Guide", description="A description in English. " * 5, has_type=True,
    has_language=True, link="", do_not_publish=False, do_not_publish_reason="", files=(FILE,), reads_as_english=True,
)
READY = ProjectState(
    is_submittable=True, submittable_from=date(2026, 1, 1), is_cancelled=False, is_returned=False,
    are_results_required=True, has_public_contact=True, has_logo=True, has_website=True,
    final_summary="What we did. " * 10, summary_reads_as_english=True, results=(RESULT,),
)


def lines(state: ProjectState) -> list[tuple[str, Level, str]]:
    return [(line.code, line.level, line.anchor) for line in findings(state)]


def test_a_complete_project_has_no_line() -> None:
    assert lines(READY) == []


ERROR, WARNING = Level.ERROR, Level.WARNING


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"is_submittable": False}, ("not-submittable", ERROR, "project")),
        ({"is_submittable": False, "submittable_from": None}, ("no-end-date", ERROR, "project")),
        ({"is_cancelled": True}, ("cancelled", ERROR, "project")),
        ({"results": ()}, ("no-result", ERROR, "results")),
        ({"results": (), "are_results_required": False}, ("no-result", WARNING, "results")),
        ({"has_public_contact": False}, ("no-public-contact", WARNING, "contacts")),
        ({"has_logo": False}, ("no-logo", WARNING, "logo")),
        ({"has_website": False}, ("no-website", WARNING, "website")),
        ({"final_summary": ""}, ("no-summary", WARNING, "summary")),
        ({"summary_reads_as_english": False}, ("summary-not-english", WARNING, "summary")),
        ({"summary_request": "More."}, ("request-open", ERROR, "summary")),
    ],
)
def test_lines_of_a_project(changes: dict[str, object], line: tuple[str, Level, str]) -> None:
    assert lines(replace(READY, **changes)) == [line]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"title": ""}, ("no-title", ERROR)),
        ({"description": ""}, ("no-description", ERROR)),
        ({"has_type": False}, ("no-type", ERROR)),
        ({"has_language": False}, ("no-language", ERROR)),
        ({"files": ()}, ("no-content", ERROR)),
        ({"unfinished_upload": "film.mp4"}, ("upload-unfinished", ERROR)),
        ({"files": (replace(FILE, check=FileCheck.INFECTED),)}, ("file-infected", ERROR)),
        ({"do_not_publish": True}, ("no-reason", ERROR)),
        ({"request": "Say more."}, ("request-open", ERROR)),
        ({"description": "Short."}, ("short-description", WARNING)),
        ({"reads_as_english": False}, ("not-english", WARNING)),
        ({"files": (), "link": "https://a.example"}, ("link-only", WARNING)),
        ({"link": "https://a.example", "link_answers": False}, ("link-dead", WARNING)),
    ],
)
def test_lines_of_a_result(changes: dict[str, object], line: tuple[str, Level]) -> None:
    state = replace(READY, results=(replace(RESULT, **changes),))  # type: ignore[arg-type]
    assert lines(state) == [(*line, "result:7")]


@pytest.mark.parametrize(
    "changes",
    [
        {"request": "Say more.", "answer": "It is enough."},
        {"request": "Say more.", "has_changed_since_request": True},
        {"do_not_publish": True, "do_not_publish_reason": "A publisher has it."},
        {"files": (), "link": "https://a.example", "reads_as_english": None},
    ],
)
def test_what_is_answered_is_no_error(changes: dict[str, object]) -> None:
    state = replace(READY, results=(replace(RESULT, **changes),))  # type: ignore[arg-type]
    assert not [line for line in lines(state) if line[1] is ERROR]


def test_a_returned_project_may_be_sent_again_before_its_end() -> None:
    assert lines(replace(READY, is_submittable=False, is_returned=True)) == []


def test_the_same_file_in_two_results_is_named_at_the_later_place() -> None:
    state = replace(READY, results=(RESULT, replace(RESULT, result_id=8, number=2)))
    assert lines(state) == [("same-file", WARNING, "result:8")]


def test_without_a_scanner_there_is_one_warning() -> None:
    unscanned = replace(RESULT, files=(replace(FILE, check=FileCheck.NOT_SCANNED),))
    assert lines(replace(READY, results=(unscanned,))) == [("no-scanner", WARNING, "project")]


def test_errors_come_first() -> None:
    state = replace(READY, has_logo=False, results=(replace(RESULT, title=""),))
    assert [line[1] for line in lines(state)] == [ERROR, WARNING]
