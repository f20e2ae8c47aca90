"""What a row of an import changes, and what follows from it: as the preview shows it before anything is written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from backoffice.domain.import_runs import CUT, Effect, Touched
from backoffice.domain.projects import Status
from backoffice.models import Project, User
from backoffice.services.import_people import Changes
from backoffice.storage.tables import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a row changes in its project, checked."""

    is_new: bool
    said: frozenset[str]
    changes: dict[str, tuple[object, object]]  # field → ours, theirs
    kept: dict[str, tuple[object, object]]  # differs, and stays ours
    fields: list[str]  # what was changed, by name


def touched(row: Row, *, project: Project, plan: Plan, people: Changes, users: Mapping[str, User]) -> Touched:
    """A row that adds or changes a project, in words."""
    return Touched(
        record=row.record, line=row.line, code=project.code, title=project.title, is_new=plan.is_new,
        fields=tuple(_changes(plan, people, users)), effects=tuple(_effects(project, plan, people)),
    )


def words(value: object) -> str:
    """A fact as text, for the audit trail and "Needs data"."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ", ".join(value)
    return value.value if isinstance(value, StrEnum) else str(value)

def _changes(
    plan: Plan, people: Changes, users: Mapping[str, User]
) -> Iterator[tuple[str, str, str]]:
    """Field, before and after, as a preview shows them."""
    names = {user.id: email for email, user in users.items()}
    for name in plan.fields:
        ours, theirs = plan.changes.get(name, (None, None))
        if name == "responsible_id":
            ours, theirs = names.get(ours, ""), names.get(theirs, "")  # type: ignore[call-overload]
        yield name, _short(words(ours)), _short(words(theirs))
    for name in dict.fromkeys(people.fields):
        values = [value for key, (value, _) in people.personal.items() if key.rstrip("0123456789_") == name]
        said = ", ".join(dict.fromkeys(values))
        yield (name, said, "") if name.startswith("former_") else (name, "", said)


def _short(words: str) -> str:
    return words if len(words) <= CUT else f"{words[:CUT]}…"


def _effects(project: Project, plan: Plan, people: Changes) -> Iterator[Effect]:
    """What follows from the row beside the facts."""
    if plan.is_new:
        if project.end_date is None:
            yield Effect.NO_END
        if "contact" not in people.fields:
            yield Effect.NO_CONTACT
        return
    if "end_date" in plan.changes:
        yield Effect.END_MOVES
    if "grant_state" in plan.changes:
        yield Effect.STATE_CHANGES
    if "former_contact" in people.fields:
        yield Effect.CONTACT_CHANGES
    if people.given:
        yield Effect.ACCESS_GIVEN
    if people.ended:
        yield Effect.ACCESS_ENDS
    if project.status is Status.UNDER_REVIEW:
        yield Effect.REVIEWER_SEES
