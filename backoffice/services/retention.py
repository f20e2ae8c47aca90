"""What has been kept long enough goes (DOMAIN §10): each function takes a batch and says how many, so that the job
goes on until there is none. Nothing here is anybody's act; the audit keeps the numbers."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, or_, select

from backoffice.domain import clock, retention
from backoffice.domain.notices import OutboxState
from backoffice.domain.retention import Kept
from backoffice.domain.tickets import TicketState
from backoffice.models import Access, Agency, Contact, LostMail, OutboxRow, Project, SignInAttempt, Ticket, User
from backoffice.queries import agencies
from backoffice.queries import erasure as queries
from backoffice.services import audit, erasure
from backoffice.services.uow import UnitOfWork

BATCH = 500
BATCH_OF_TICKETS = 50  # each with its messages and files


def sign_ins(uow: UnitOfWork) -> int:
    """They belong to no agency: the longest time that any of them sets."""
    chosen = [row.keep_days for row in uow.session.scalars(agencies.in_order())]
    days = max((retention.days(Kept.SIGN_INS, one) for one in chosen), default=retention.RULES[Kept.SIGN_INS].days)
    ids = uow.session.scalars(
        select(SignInAttempt.id)
        .where(SignInAttempt.at < uow.now - timedelta(days=days))
        .order_by(SignInAttempt.id)
        .limit(BATCH)
    ).all()
    uow.session.execute(delete(SignInAttempt).where(SignInAttempt.id.in_(ids)))
    return len(ids)


def mails(uow: UnitOfWork, *, agency: Agency) -> int:
    """The texts go; who was told what, and when, stays."""
    rows = uow.session.scalars(
        select(OutboxRow)
        .where(
            OutboxRow.agency_id == agency.id, OutboxRow.created_at < _before(uow, agency, Kept.MAILS),
            OutboxRow.state != OutboxState.WAITING, OutboxRow.body != "",
        )
        .order_by(OutboxRow.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.body = ""
    return len(rows)


def lost_mails(uow: UnitOfWork, *, agency: Agency) -> int:
    """Those of no agency go by the time of each: the shortest counts, nobody waits for them."""
    whose = or_(LostMail.agency_id == agency.id, LostMail.agency_id.is_(None))
    is_settled = LostMail.settled_at.is_not(None)  # what nobody has looked at yet is not swallowed
    rows = uow.session.scalars(
        select(LostMail)
        .where(whose, is_settled, LostMail.received_at < _before(uow, agency, Kept.LOST_MAILS))
        .order_by(LostMail.id)
        .limit(BATCH)
    ).all()
    erasure.lost_mails(uow, rows=rows)
    return len(rows)


def tickets(uow: UnitOfWork, *, agency: Agency) -> tuple[int, list[str]]:
    """Closed so long ago that nobody asks any more; gives the keys of bytes to be deleted after the commit."""
    rows = uow.session.scalars(
        select(Ticket)
        .where(
            Ticket.agency_id == agency.id, Ticket.state == TicketState.CLOSED, Ticket.erased_at.is_(None),
            Ticket.closed_at < _before(uow, agency, Kept.TICKETS),
        )
        .order_by(Ticket.id)
        .limit(BATCH_OF_TICKETS)
        .with_for_update(skip_locked=True, of=Ticket)
    ).all()
    keys = [key for row in rows for key in erasure.erase_ticket(uow, ticket=row)]
    return len(rows), keys


def people(uow: UnitOfWork, *, agency: Agency) -> int:
    """Access and contacts of projects whose final report was approved long ago; an account with nothing left of it
    is blanked."""
    day = clock.day_of(_before(uow, agency, Kept.PEOPLE), time_zone=agency.time_zone)
    old = (Project.agency_id == agency.id, Project.report_approved_on < day)
    accesses = uow.session.scalars(
        select(Access).join(Project, Project.id == Access.project_id).where(*old).order_by(Access.id).limit(BATCH)
    ).all()
    contacts = uow.session.scalars(
        select(Contact).join(Project, Project.id == Contact.project_id).where(*old).order_by(Contact.id).limit(BATCH)
    ).all()
    users = {row.user_id for row in accesses}
    count = len(accesses) + len(contacts)
    erasure.people(uow, accesses=accesses, contacts=contacts)
    for user in uow.session.scalars(select(User).where(User.id.in_(users), _is_plain()).order_by(User.id)):
        if queries.is_anything_left(uow.session, user):
            user.session_epoch += 1  # what they could open is gone
        else:
            erasure.blank(uow, user=user)
    return count


def record(uow: UnitOfWork, *, agency: Agency, counts: Mapping[Kept, int]) -> None:
    audit.record(
        uow, actor=None, action="retention:swept", agency_id=agency.id,
        details={kept.value: count for kept, count in counts.items() if count},
    )


def _is_plain() -> ColumnElement[bool]:
    """No account of the staff and none of the demo."""
    return User.role.is_(None) & User.is_demo.is_(False)


def _before(uow: UnitOfWork, agency: Agency, kept: Kept) -> datetime:
    return uow.now - timedelta(days=retention.days(kept, agency.keep_days))
