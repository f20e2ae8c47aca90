"""Imports by the page, as the admins of an agency see them."""

from datetime import datetime

from sqlalchemy import ColumnElement, Select, false, select
from sqlalchemy.orm import joinedload

from backoffice.domain.import_runs import RunState
from backoffice.domain.permissions import Actor, Permission
from backoffice.models import ImportRun

AT_WORK = (RunState.READING, RunState.WRITING)


def scope(actor: Actor) -> ColumnElement[bool]:
    """Runs of the own agency."""
    return ImportRun.agency_id == actor.agency_id if actor.can(Permission.IMPORT_RUN) else false()


def one(actor: Actor, run_id: int) -> Select[ImportRun]:
    return select(ImportRun).where(scope(actor), ImportRun.id == run_id).options(joinedload(ImportRun.by))


def latest(actor: Actor, *, limit: int = 20) -> Select[ImportRun]:
    """The newest first."""
    query = select(ImportRun).where(scope(actor)).options(joinedload(ImportRun.by))
    return query.order_by(ImportRun.id.desc()).limit(limit)


def locked(actor: Actor, run_id: int) -> Select[ImportRun]:
    return select(ImportRun).where(scope(actor), ImportRun.id == run_id).with_for_update()


def due(*, now: datetime) -> Select[int]:
    """Ids that wait for a worker, the oldest first."""
    return (
        select(ImportRun.id)
        .where(ImportRun.state.in_(AT_WORK), ImportRun.due_at <= now)
        .order_by(ImportRun.due_at, ImportRun.id)
    )


def claimable(run_id: int, *, now: datetime) -> Select[ImportRun]:
    """A run that is due, for its claim; one that another worker holds is passed over."""
    return (
        select(ImportRun)
        .where(ImportRun.id == run_id, ImportRun.state.in_(AT_WORK), ImportRun.due_at <= now)
        .options(joinedload(ImportRun.by), joinedload(ImportRun.list_file))
        .with_for_update(skip_locked=True, of=ImportRun)
    )


def old(*, before: datetime, limit: int) -> Select[ImportRun]:
    """Runs whose files have been kept long enough."""
    return (
        select(ImportRun)
        .where(
            ImportRun.created_at < before, ImportRun.state.not_in(AT_WORK),
            ImportRun.list_file_id.is_not(None) | ImportRun.rows_file_id.is_not(None),
        )
        .order_by(ImportRun.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
