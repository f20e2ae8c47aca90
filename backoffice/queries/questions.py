"""Questions about a submission that are no return: tickets that name the submission (DOMAIN §3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from backoffice.domain.reviews import QueuePlace
from backoffice.domain.tickets import LIVE, Direction, TicketState
from backoffice.models import Project, Submission, Ticket, TicketMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Where the last question of a submission stands, for a row of the queue."""

    since: datetime
    is_answered: bool


def of_submission(submission_id: int) -> Select[Ticket]:
    """The questions about one submission with their threads, the newest first."""
    return (
        select(Ticket)
        .where(Ticket.submission_id == submission_id, _began_with_us())
        .options(selectinload(Ticket.messages).joinedload(TicketMessage.author), joinedload(Ticket.requester))
        .order_by(Ticket.id.desc())
    )


def waiting(submission_id: int) -> Select[Ticket]:
    """The question that waits for the coordinator's answer; there is at most one."""
    return select(Ticket).where(
        Ticket.submission_id == submission_id, Ticket.state == TicketState.WAITING, _began_with_us()
    ).order_by(Ticket.id.desc()).limit(1)


def open_for_answers(project_id: int, ticket_id: int) -> Select[Ticket]:
    """A question of a project to which an answer may still be written."""
    return select(Ticket).where(
        Ticket.id == ticket_id, Ticket.project_id == project_id, Ticket.submission_id.is_not(None),
        Ticket.state.in_(LIVE), _began_with_us(),
    )


def of_projects(session: Session, project_ids: Sequence[int]) -> dict[int, Asked]:
    """Project → its last question, while the project stands in the queue because of it."""
    last = (
        select(func.max(Ticket.id))
        .join(Submission, Submission.id == Ticket.submission_id)
        .join(Project, Project.id == Submission.project_id)
        .where(
            Project.id.in_(project_ids), Project.queue_place != QueuePlace.PLAIN, _began_with_us()
        )
        .group_by(Project.id)
    )
    return {
        row.project_id: Asked(since=row.changed_at, is_answered=row.state is not TicketState.WAITING)
        for row in session.scalars(select(Ticket).where(Ticket.id.in_(last)))
        if row.project_id is not None
    }


def said(ticket: Ticket) -> list[TicketMessage]:
    """What both sides wrote; notes of colleagues and what was taken back are left out."""
    return [
        message for message in ticket.messages
        if message.direction is not Direction.INTERNAL and message.withdrawn_at is None
    ]


def _began_with_us() -> ColumnElement[bool]:
    """A request to reopen names its submission, too, but began with the coordinator."""
    first = (
        select(TicketMessage.direction)
        .where(TicketMessage.ticket_id == Ticket.id)
        .order_by(TicketMessage.id)
        .limit(1)
        .correlate(Ticket)
        .scalar_subquery()
    )
    return first == Direction.OUT
