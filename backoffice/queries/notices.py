"""What the dated notices are reckoned from: a few queries for a page of projects, however many people they have."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from backoffice.domain.notices import DATED, Mail, OutboxState
from backoffice.domain.projects import GrantState, Status
from backoffice.models import Access, OutboxRow, Project, User

WAITS = (OutboxState.WAITING, OutboxState.HELD)  # may still be withdrawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with active access, or the responsible specialist (then without `access_id`)."""

    user_id: int
    email: str
    language: str | None
    access_id: int | None = None
    granted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A dated mail that has its row already."""

    row_id: int
    key: str
    kind: Mail
    user_id: int | None
    state: OutboxState
    params: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One project with its people and what was written to them."""

    project_id: int
    agency_id: int
    action: str
    start_date: date | None
    end_date: date | None
    grant_state: GrantState
    report_handed_in_on: date | None
    results_required_override: bool | None
    status: Status
    status_since_at: datetime
    due_on: date | None
    responsible_id: int | None
    people: list[Person] = field(default_factory=list)
    written: list[Written] = field(default_factory=list)
    responsible: list[Person] = field(default_factory=list)  # none, or one


def page(session: Session, *, agency_id: int, after_id: int, limit: int) -> list[Case]:
    """The projects of an agency, by their ids."""
    where = (Project.agency_id == agency_id, Project.id > after_id)
    return _cases(session, _projects(*where).limit(limit))


def some(session: Session, *, project_ids: Sequence[int], is_locked: bool = False) -> list[Case]:
    """These projects; locked in the order of their ids, so that two runs at once write nothing twice."""
    query = _projects(Project.id.in_(project_ids))
    return _cases(session, query.with_for_update() if is_locked else query)


def held(*, agency_id: int, after_id: int, limit: int) -> Select[OutboxRow]:
    """Mails of a run that was above the agency's limit, locked."""
    return (
        select(OutboxRow)
        .where(OutboxRow.agency_id == agency_id, OutboxRow.state == OutboxState.HELD, OutboxRow.id > after_id)
        .order_by(OutboxRow.id)
        .limit(limit)
        .with_for_update()
    )


def rows(row_ids: Sequence[int]) -> Select[OutboxRow]:
    return select(OutboxRow).where(OutboxRow.id.in_(row_ids)).order_by(OutboxRow.id).with_for_update()


def _projects(*where: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Project.id.label("project_id"), Project.agency_id, Project.action, Project.start_date, Project.end_date,
            Project.grant_state, Project.report_handed_in_on, Project.results_required_override, Project.status,
            Project.status_since_at, Project.due_on, Project.responsible_id,
        )
        .where(*where)
        .order_by(Project.id)
    )


def _cases(session: Session, query: Select[*tuple[Any, ...]]) -> list[Case]:
    cases = {row.project_id: Case(**row._mapping) for row in session.execute(query)}
    if not cases:
        return []
    people = (
        select(Access.project_id, Access.id, Access.granted_at, User.id, User.email, User.language)
        .join(User, User.id == Access.user_id)
        .where(Access.project_id.in_(cases), Access.ended_at.is_(None), User.deactivated_at.is_(None))
        .order_by(Access.id)
    )
    for project_id, access_id, granted_at, user_id, email, language in session.execute(people):
        cases[project_id].people.append(
            Person(user_id=user_id, email=email, language=language, access_id=access_id, granted_at=granted_at)
        )
    written = (
        select(
            OutboxRow.project_id, OutboxRow.id, OutboxRow.key, OutboxRow.kind, OutboxRow.user_id, OutboxRow.state,
            OutboxRow.params,
        )
        .where(OutboxRow.project_id.in_(cases), OutboxRow.kind.in_(DATED))
        .order_by(OutboxRow.id)
    )
    for project_id, row_id, key, kind, user_id, state, params in session.execute(written):
        cases[project_id].written.append(
            Written(row_id=row_id, key=key, kind=kind, user_id=user_id, state=state, params=params)
        )
    specialists = select(User.id, User.email, User.language).where(
        User.id.in_({case.responsible_id for case in cases.values() if case.responsible_id}),
        User.deactivated_at.is_(None),
    )
    found = {user_id: (email, language) for user_id, email, language in session.execute(specialists)}
    for case in cases.values():
        if case.responsible_id in found:
            email, language = found[case.responsible_id]
            case.responsible.append(Person(user_id=case.responsible_id, email=email, language=language))
    return list(cases.values())
