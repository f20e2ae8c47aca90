"""The outbox, as the job and the pages read it."""

from datetime import datetime

from sqlalchemy import Select, select

from backoffice.domain.notices import OutboxState
from backoffice.models import OutboxRow


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
