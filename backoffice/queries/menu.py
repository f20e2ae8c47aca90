"""What waits, as numbers beside the entries of the side menu: one small statement for each page of staff."""

from dataclasses import dataclass

from sqlalchemy import ScalarSelect, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from backoffice.domain.notices import OutboxState
from backoffice.domain.projects import Status
from backoffice.domain.tickets import TO_ANSWER
from backoffice.models import LostMail, OutboxRow, Project, Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How many of each wait for somebody of the agency."""

    reviews: int
    tickets: int
    lost_mails: int
    mails: int


def waiting(session: Session, *, agency_id: int) -> Waiting:
    """The numbers of one agency."""
    reviews, tickets, lost_mails, mails = session.execute(
        select(
            _count(Project.id, Project.agency_id == agency_id, Project.status == Status.UNDER_REVIEW),
            _count(
                Ticket.id, or_(Ticket.agency_id == agency_id, Ticket.agency_id.is_(None)),
                Ticket.state.in_(TO_ANSWER),
            ),
            _count(
                LostMail.id,
                or_(LostMail.agency_id == agency_id, LostMail.agency_id.is_(None)),
                LostMail.settled_at.is_(None),
            ),
            _count(
                OutboxRow.id,
                OutboxRow.agency_id == agency_id,
                OutboxRow.state.in_((OutboxState.FAILED, OutboxState.HELD)),
            ),
        )
    ).one()
    return Waiting(reviews=reviews, tickets=tickets, lost_mails=lost_mails, mails=mails)


def _count(key: InstrumentedAttribute[int], *conditions: object) -> ScalarSelect[int]:
    return select(func.count(key)).where(*conditions).scalar_subquery()  # type: ignore[arg-type]
