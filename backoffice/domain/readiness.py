"""The readiness checklist (DOMAIN §4): one table that guards `submit`, stands beside the form and is seen by
the reviewer. Pure: `queries/readiness.py` gathers the facts, this says what follows from them."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from backoffice.domain import text
from backoffice.domain.errors import N_
from backoffice.domain.files import FileCheck
from backoffice.domain.links import WEBSITE_WORDS, LinkState

SHORT_DESCRIPTION = 100  # characters; below it the description is a warning


class Level(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    name: str
    sha256: str
    check: FileCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultState:
    """One result as the checklist needs it. `reads_as_english` is None when the text is too short to tell."""

    result_id: int
    number: int
    title: str
    description: str
    has_type: bool
    has_language: bool
    link: str
    do_not_publish: bool
    do_not_publish_reason: str
    files: tuple[FileState, ...] = ()
    reads_as_english: bool | None = None
    link_answers: bool | None = None
    unfinished_upload: str = ""  # the name of a file whose upload was begun and is not saved
    request: str = ""
    answer: str = ""
    has_changed_since_request: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectState:
    """The whole project as the checklist needs it."""

    is_submittable: bool
    submittable_from: date | None
    is_cancelled: bool
    is_returned: bool
    are_results_required: bool
    has_public_contact: bool
    has_logo: bool
    has_website: bool
    final_summary: str
    website_state: LinkState | None = None  # what was found behind it, as far as it was asked
    website_since: date | None = None
    website_leads_to: str = ""
    summary_reads_as_english: bool | None = None
    summary_request: str = ""
    summary_answer: str = ""
    has_summary_changed_since_request: bool = False
    results: tuple[ResultState, ...] = ()
    unfinished_upload: str = ""  # of a result that was not saved yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the checklist. `anchor` is `result:<id>`, `summary`, `contacts`, `logo`, `website` or `project`;
    `field` names the form field within it."""

    code: str
    level: Level
    message: str
    anchor: str = "project"
    field: str = ""
    values: Mapping[str, object] = dataclasses.field(default_factory=dict)


# How a receipt and a review name a warning that was confirmed: a submission keeps its code only.
CONFIRMED_WORDS: Mapping[str, str] = MappingProxyType({
    "no-result": N_("No result"),
    "short-description": N_("A very short description"),
    "not-english": N_("A description that does not read as English"),
    "no-public-contact": N_("No public contact person"),
    "no-logo": N_("No logo"),
    "no-website": N_("No website"),
    "no-summary": N_("No final summary"),
    "summary-not-english": N_("A final summary that does not read as English"),
    "website-dead": N_("A website that does not answer or leads to another site"),
    "link-dead": N_("A link that does not answer"),
    "link-only": N_("A result with a link only, no file"),
    "same-file": N_("The same file in two results"),
    "no-scanner": N_("Files not checked for viruses"),
})


def findings(state: ProjectState) -> list[Finding]:
    """All errors and warnings, errors first, in the order of the page."""
    found = [*_project(state), *(line for result in state.results for line in _result(result)), *_live(state)]
    found += _same_files(state.results)
    return sorted(found, key=lambda line: line.level is Level.WARNING)


def warnings_of(lines: Sequence[Finding]) -> list[Finding]:
    return [line for line in lines if line.level is Level.WARNING]


def _project(state: ProjectState) -> list[Finding]:
    lines: list[Finding] = []
    if state.is_cancelled:
        lines.append(_error("cancelled", N_("The project was cancelled; nothing can be submitted.")))
    elif not state.is_returned and not state.is_submittable:
        if state.submittable_from is None:
            lines.append(_error("no-end-date", N_("The end date of the project is not known yet; ask the agency.")))
        else:
            lines.append(_error(
                "not-submittable", N_("You can submit from %(day)s on."), values={"day": state.submittable_from},
            ))
    if not state.results:
        if state.are_results_required:
            lines.append(_error("no-result", N_("Add at least one result."), anchor="results"))
        else:
            lines.append(_warning("no-result", N_("There is no result."), anchor="results"))
    if state.unfinished_upload:
        lines.append(_error(
            "upload-unfinished", N_("The upload of “%(file)s” is not finished."), anchor="uploads",
            values={"file": state.unfinished_upload},
        ))
    if state.summary_request and not state.summary_answer and not state.has_summary_changed_since_request:
        lines.append(_error(
            "request-open", N_("The final summary: change it or answer the agency's comment."), anchor="summary",
            field="final_summary",
        ))
    if not state.final_summary:
        lines.append(_warning("no-summary", N_("There is no final summary."), anchor="summary", field="final_summary"))
    elif state.summary_reads_as_english is False:
        lines.append(_warning(
            "summary-not-english", N_("The final summary does not read as English."), anchor="summary",
            field="final_summary",
        ))
    return lines


def _result(result: ResultState) -> list[Finding]:
    where = f"result:{result.result_id}"
    name = {"number": result.number}
    lines: list[Finding] = []

    def error(code: str, message: str, *, field: str, values: Mapping[str, object] | None = None) -> None:
        lines.append(_error(code, message, anchor=where, field=field, values={**name, **(values or {})}))

    def warning(code: str, message: str, *, field: str, values: Mapping[str, object] | None = None) -> None:
        lines.append(_warning(code, message, anchor=where, field=field, values={**name, **(values or {})}))

    if not result.title:
        error("no-title", N_("Result %(number)s: the title is missing."), field="title")
    if not result.description:
        error("no-description", N_("Result %(number)s: the description is missing."), field="description")
    if not result.has_type:
        error("no-type", N_("Result %(number)s: the type is missing."), field="type")
    if not result.has_language:
        error("no-language", N_("Result %(number)s: the language is missing."), field="languages")
    if result.unfinished_upload:
        error(
            "upload-unfinished", N_("Result %(number)s: the upload of “%(file)s” is not finished."), field="files",
            values={"file": result.unfinished_upload},
        )
    elif not result.files and not result.link:
        error("no-content", N_("Result %(number)s: add a file or a link."), field="files")
    for stored in result.files:
        if stored.check is FileCheck.INFECTED:
            error(
                "file-infected", N_("Result %(number)s: “%(file)s” is infected; delete it."), field="files",
                values={"file": stored.name},
            )
    if result.do_not_publish and not result.do_not_publish_reason:
        error(
            "no-reason", N_("Result %(number)s: say why it is not to be published."), field="do_not_publish_reason"
        )
    if result.request and not result.answer and not result.has_changed_since_request:
        error("request-open", N_("Result %(number)s: change it or answer the agency's comment."), field="answer")
    if result.description and text.length(result.description) < SHORT_DESCRIPTION:
        warning("short-description", N_("Result %(number)s: the description is very short."), field="description")
    if result.reads_as_english is False:
        warning("not-english", N_("Result %(number)s: the description does not read as English."), field="description")
    if result.link and not result.files:
        warning("link-only", N_("Result %(number)s: there is a link but no file."), field="files")
    if result.link and result.link_answers is False:
        warning("link-dead", N_("Result %(number)s: the link does not answer."), field="link")
    return lines


def _live(state: ProjectState) -> list[Finding]:
    lines: list[Finding] = []
    if not state.has_public_contact:
        lines.append(_warning(
            "no-public-contact", N_("No contact person is public; we advise to show at least one."),
            anchor="contacts",
        ))
    if not state.has_logo:
        lines.append(_warning("no-logo", N_("The project has no logo."), anchor="logo"))
    if not state.has_website:
        lines.append(_warning("no-website", N_("The project has no website."), anchor="website"))
    elif state.website_state is not None and state.website_state in WEBSITE_WORDS:
        lines.append(_warning(
            "website-dead", WEBSITE_WORDS[state.website_state], anchor="website",
            values={"day": state.website_since, "to": state.website_leads_to},
        ))
    if any(stored.check is FileCheck.NOT_SCANNED for result in state.results for stored in result.files):
        lines.append(_warning("no-scanner", N_("The files were not checked for viruses: there is no scanner.")))
    return lines


def _same_files(results: Sequence[ResultState]) -> list[Finding]:
    """The same bytes in two results: named once for each later place."""
    first: dict[str, int] = {}
    lines: list[Finding] = []
    for result in results:
        for stored in result.files:
            other = first.setdefault(stored.sha256, result.number)
            if other != result.number:
                lines.append(_warning(
                    "same-file", N_("Result %(number)s: “%(file)s” is the same file as in result %(other)s."),
                    anchor=f"result:{result.result_id}", field="files",
                    values={"number": result.number, "file": stored.name, "other": other},
                ))
    return lines


def _error(
    code: str, message: str, *, anchor: str = "project", field: str = "", values: Mapping[str, object] | None = None
) -> Finding:
    return Finding(
        code=code, level=Level.ERROR, message=message, anchor=anchor, field=field, values=dict(values or {})
    )


def _warning(
    code: str, message: str, *, anchor: str = "project", field: str = "", values: Mapping[str, object] | None = None
) -> Finding:
    return Finding(
        code=code, level=Level.WARNING, message=message, anchor=anchor, field=field, values=dict(values or {})
    )
