"""The outbox, as the job and the pages read it."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from backoffice.domain.notices import Mail, OutboxState
from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.text import parse_search
from backoffice.models import AddressState, OutboxRow, Project


def by_key(key: str) -> Select[OutboxRow]:
    return select(OutboxRow).where(OutboxRow.key == key)


def due(*, now: datetime, limit: int = 200) -> Select[int]:
    """Ids of what is to be sent, oldest first."""
    return (
        select(OutboxRow.id)
        .where(OutboxRow.state == OutboxState.WAITING, OutboxRow.due_at <= now)
        .order_by(OutboxRow.due_at, OutboxRow.id)
        .limit(limit)
    )


def due_row(row_id: int, *, now: datetime) -> Select[OutboxRow]:
    """One due row, locked; nothing when a colleague holds it."""
    return (
        select(OutboxRow)
        .where(OutboxRow.id == row_id, OutboxRow.state == OutboxState.WAITING, OutboxRow.due_at <= now)
        .with_for_update(skip_locked=True)
    )


ORDER: tuple[InstrumentedAttribute[datetime], InstrumentedAttribute[int]] = (OutboxRow.created_at, OutboxRow.id)


def scope(actor: Actor) -> ColumnElement[bool]:
    """Mails of the own agency."""
    return OutboxRow.agency_id == actor.agency_id if actor.can(Permission.OUTBOX_READ) else false()


def one(actor: Actor, row_id: int) -> Select[OutboxRow]:
    """A mail of the own agency."""
    return select(OutboxRow).where(OutboxRow.id == row_id, scope(actor))


def listed(
    actor: Actor,
    *,
    search: str = "",
    states: Sequence[OutboxState] = (),
    kinds: Sequence[Mail] = (),
    project_id: int | None = None,
) -> Select[OutboxRow]:
    """Mails, to be ordered by ORDER, newest first; the search is over address, subject and project."""
    query = select(OutboxRow).where(scope(actor))
    if states:
        query = query.where(OutboxRow.state.in_(states))
    if kinds:
        query = query.where(OutboxRow.kind.in_(kinds))
    if project_id is not None:
        query = query.where(OutboxRow.project_id == project_id)
    for word in parse_search(search).words:
        found = select(Project.id).where(
            Project.agency_id == actor.agency_id, Project.search_key.contains(word, autoescape=True)
        )
        query = query.where(
            or_(
                OutboxRow.to.contains(word, autoescape=True),
                OutboxRow.subject_key.contains(word, autoescape=True),
                OutboxRow.project_id.in_(found),
            )
        )
    return query


def by_ids(row_ids: Sequence[int]) -> Select[OutboxRow]:
    return select(OutboxRow).where(OutboxRow.id.in_(row_ids)).order_by(OutboxRow.id)


def all_rows(*, state: OutboxState | None = None) -> Select[OutboxRow]:
    """Mails of every agency, oldest first, for the command line."""
    query = select(OutboxRow).order_by(OutboxRow.id)
    return query if state is None else query.where(OutboxRow.state == state)


def held(actor: Actor) -> Select[Mail, int]:
    """What waits for an admin's word, by kind."""
    return (
        select(OutboxRow.kind, func.count().label("count"))
        .where(scope(actor), OutboxRow.state == OutboxState.HELD)
        .group_by(OutboxRow.kind)
        .order_by(OutboxRow.kind)
    )


def came_back(session: Session, emails: Collection[str]) -> dict[str, AddressState]:
    """Address → what a mail server said of it, of those to which mail comes back."""
    query = select(AddressState).where(AddressState.email.in_(emails), AddressState.bounced_at.is_not(None))
    return {row.email: row for row in session.scalars(query)}
