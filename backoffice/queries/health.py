"""What operators watch: counts and ages, never a name or an address."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.domain.files import FileCheck
from backoffice.domain.notices import OutboxState
from backoffice.domain.tickets import TicketState
from backoffice.models import DutyRun, LostMail, OutboxRow, StoredFile, Ticket

WAITING = (TicketState.NEW, TicketState.OPEN)  # for the agency, not for the requester


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One look at the database."""

    mails: dict[str, int]
    oldest_due_s: float
    tickets: dict[str, int]
    lost_mails: int
    unchecked_files: int
    duties: dict[str, float]  # name → seconds since it last came to its end


def look(session: Session, *, now: datetime) -> Health:
    """Few queries over indexes; only the mails are counted one by one."""
    mails = dict(session.execute(
        select(OutboxRow.state, func.count()).group_by(OutboxRow.state).order_by(OutboxRow.state)
    ).all())
    tickets = dict(session.execute(
        select(Ticket.state, func.count())
        .where(Ticket.state.in_(WAITING))
        .group_by(Ticket.state)
        .order_by(Ticket.state)
    ).all())
    oldest = session.scalar(
        select(func.min(OutboxRow.due_at)).where(OutboxRow.state == OutboxState.WAITING, OutboxRow.due_at <= now)
    )
    duties = session.execute(select(DutyRun.name, DutyRun.ended_at).order_by(DutyRun.name))
    return Health(
        mails={state.value: mails.get(state, 0) for state in OutboxState},
        oldest_due_s=(now - oldest).total_seconds() if oldest else 0.0,
        tickets={state.value: tickets.get(state, 0) for state in WAITING},
        lost_mails=session.scalar(
            select(func.count()).select_from(LostMail).where(LostMail.settled_at.is_(None))
        ) or 0,
        unchecked_files=session.scalar(
            select(func.count()).select_from(StoredFile)
            .where(StoredFile.check_state == FileCheck.WAITING, StoredFile.removed_at.is_(None))
        ) or 0,
        duties={name: (now - ended_at).total_seconds() for name, ended_at in duties},
    )
