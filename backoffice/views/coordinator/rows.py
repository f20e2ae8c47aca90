"""What the project page says of each result and each contact person."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext, ngettext

from backoffice.domain.files import MAX_RESULT_BYTES
from backoffice.domain.projects import Status
from backoffice.domain.readiness import Finding, Level
from backoffice.domain.results import TYPE_WORDS, item_key
from backoffice.domain.visibility import OverrideKind, Subject
from backoffice.forms.coordinator import AnswerForm, Press, SwitchForm, language
from backoffice.models import ChangeRequest, Contact, Project, Result, SubmissionItem
from backoffice.queries import contacts
from backoffice.views.coordinator.base import address, opened
from backoffice.views.coordinator.standing import Standing
from backoffice.views.messages import size


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """One result in the list of the project page."""

    result: Result
    number: int
    summary: str
    errors: int
    warnings: int
    is_open: bool
    request: ChangeRequest | None
    answer: AnswerForm | None

    @property
    def title(self) -> str:
        return self.result.title or gettext("No title yet")

    @property
    def state(self) -> str:
        """What the checklist says of it, in a few words."""
        parts = []
        if self.errors:
            parts.append(ngettext("%(num)s to do", "%(num)s to do", self.errors))
        if self.warnings:
            parts.append(ngettext("%(num)s to look at", "%(num)s to look at", self.warnings))
        return ", ".join(parts) or gettext("Ready")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRow:
    """One contact person with the switch, and who has the last word about it (S10, DOMAIN §5)."""

    contact: Contact
    is_public: bool
    note: str
    form: SwitchForm
    can_switch: bool


def results(standing: Standing, *, answers: dict[int, AnswerForm] | None = None) -> list[ResultRow]:
    """`answers`: forms that came back with an error keep what was typed."""
    rows = []
    for number, result in enumerate(standing.project.results, start=1):
        lines = standing.of_result(result.id)
        request = standing.requests.get(item_key(result.id))
        form = (answers or {}).get(result.id)
        if request is not None and form is None:
            form = answer_form(result, request)
        rows.append(ResultRow(
            result=result, number=number, summary=result_summary(result), errors=_count(lines, Level.ERROR),
            warnings=_count(lines, Level.WARNING), is_open=is_open(standing.project, result), request=request,
            answer=form,
        ))
    return rows


def is_open(project: Project, result: Result) -> bool:
    """May the coordinator edit it now: the scope of a return (DOMAIN §3)."""
    return result.is_open and project.status in {Status.OPEN, Status.RETURNED}


def answer_form(result: Result, request: ChangeRequest | None = None) -> AnswerForm:
    """One per comment on the page, so each field has an id of its own."""
    form = AnswerForm()
    if request is not None:
        form.answer.data = request.answer
    form.answer.id = f"answer-{result.id}"
    project = result.project
    back = address("project", project, _anchor=form.answer.id)
    opened(form, place=address("answer", project, result_id=result.id), back=back)
    return form


def people(standing: Standing) -> list[ContactRow]:
    rows = []
    for contact in standing.project.contacts:
        override = standing.overrides.get((Subject.CONTACT, contact.id))
        is_public = contacts.is_public(contact, override)
        form = SwitchForm(formdata=None)
        form.is_public.id = f"public-{contact.id}"
        form.is_public.data = contact.coordinator_public and contact.person_withdrew_at is None
        opened(form)
        note = ""
        if override is not None and override.kind is OverrideKind.HIDE:
            note = gettext("The agency has hidden this person from the public.")
        elif contact.person_withdrew_at is not None and not is_public:
            note = gettext("This person asked not to be shown. Only they can change that, by the link in their mail.")
        elif is_public and not contact.coordinator_public:
            note = gettext("The agency shows this person, who agreed to it.")
        can_switch = standing.is_live_editable and contact.person_withdrew_at is None
        rows.append(ContactRow(contact=contact, is_public=is_public, note=note, form=form, can_switch=can_switch))
    return rows


def press() -> Press:
    """The hidden fields of a form that is one button; the same on a page for all of them."""
    form = Press(formdata=None)
    opened(form)
    return form


def result_summary(result: Result | SubmissionItem) -> str:
    """Handbook or guide · Latvian, English · 3 files, 41 MB · 1 link"""
    parts = []
    if result.type is not None:
        parts.append(gettext(TYPE_WORDS[result.type]))
    if result.languages:
        parts.append(", ".join(language(code) for code in result.languages))
    if result.files:
        parts.append(files_summary([file.size for file in result.files]))
    if result.link:
        parts.append(ngettext("%(num)s link", "%(num)s links", 1))
    return " · ".join(parts)


def files_summary(sizes: Sequence[int]) -> str:
    return ngettext("%(num)s file", "%(num)s files", len(sizes)) + ", " + size(sum(sizes))


def bytes_left(result: Result | None) -> int:
    """S11: what the result's other files leave."""
    return MAX_RESULT_BYTES - sum(file.size for file in result.files) if result else MAX_RESULT_BYTES


def _count(lines: Sequence[Finding], level: Level) -> int:
    return sum(line.level is level for line in lines)
