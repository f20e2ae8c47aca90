"""What must be set right in a database that came from a backup, so that nothing goes out or is given out twice.

A mail that waited when the backup was taken may have been sent since; nobody knows. It is held until an admin of the
agency releases it. One whose day is still to come could not have left and goes on waiting.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, delete, func, or_, select, text, update

from backoffice.domain.errors import N_
from backoffice.domain.notices import OutboxState
from backoffice.models import OutboxRow, PendingUpload, Restoration, UploadPiece, User
from backoffice.queries import tickets
from backoffice.services import audit
from backoffice.services.uow import UnitOfWork

WHY_HELD = N_("Restored from a backup: this mail may have been sent already.")
TICKETS_AHEAD = 1_000  # more than an agency opens between two backups
NUMBERS_AHEAD = 1_000_000
SESSIONS_AHEAD = 1_000
# Their numbers have left the house: in a Message-ID, in the cookie of a browser.
NUMBERED = (OutboxRow.__tablename__, User.__tablename__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How many mails wait for an admin now, and how many go to nobody."""

    held: int
    withdrawn: int


def settle(uow: UnitOfWork, *, taken_at: datetime) -> Settled:
    """Hold what may have been sent, end all sessions, count numbers on, and write it down."""
    may_have_left = (OutboxRow.state == OutboxState.WAITING) & or_(OutboxRow.due_at <= uow.now, OutboxRow.attempts > 0)
    no_admin = OutboxRow.agency_id.is_(None)  # nobody could release it
    withdrawn = _set(uow, OutboxState.WITHDRAWN, may_have_left & no_admin)
    held = _set(uow, OutboxState.HELD, may_have_left)
    # A session that was ended since, and one of a person who came since, would open again.
    uow.session.execute(update(User).values(session_epoch=User.session_epoch + SESSIONS_AHEAD))
    uow.session.execute(delete(UploadPiece))  # their bytes are in no backup
    uow.session.execute(delete(PendingUpload))
    for table in NUMBERED:
        _count_on(uow, table)
    floor = uow.session.scalar(tickets.last_number())
    uow.session.add(Restoration(
        taken_at=taken_at, restored_at=uow.now, ticket_floor=floor + TICKETS_AHEAD if floor else 0,
    ))
    audit.record(
        uow, actor=None, action="system:restored", agency_id=None,
        details={"taken_at": taken_at.isoformat(), "held": held, "withdrawn": withdrawn},
    )
    return Settled(held=held, withdrawn=withdrawn)


def _set(uow: UnitOfWork, state: OutboxState, where: ColumnElement[bool]) -> int:
    done = uow.session.execute(update(OutboxRow).where(where).values(state=state, failure=WHY_HELD))
    return cast("CursorResult[Any]", done).rowcount


def _count_on(uow: UnitOfWork, table: str) -> None:
    """The next row of the table gets a number far above the last."""
    if uow.session.get_bind().dialect.name == "postgresql":
        sequence = uow.session.scalar(select(func.pg_get_serial_sequence(table, "id")))
        last = uow.session.scalar(select(func.nextval(sequence)))
        uow.session.execute(select(func.setval(sequence, (last or 0) + NUMBERS_AHEAD)))
        return
    uow.session.execute(
        text("UPDATE sqlite_sequence SET seq = seq + :ahead WHERE name = :name"),
        {"ahead": NUMBERS_AHEAD, "name": table},
    )
