"""What there is about a person (DOMAIN §10): shown before it goes, and handed out to who asks for the own data.

An agency sees and erases its own part. The account goes with it when no other agency needs it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import Session, joinedload

from backoffice.models import (
    Access,
    AddressState,
    AuditEvent,
    AuditPersonal,
    Contact,
    LostMail,
    OutboxRow,
    Project,
    SignInAttempt,
    Ticket,
    User,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The rows about one person within one agency; falsy when there are none."""

    email: str
    user: User | None
    accesses: Sequence[Access] = ()
    contacts: Sequence[Contact] = ()
    tickets: Sequence[Ticket] = ()
    mails: Sequence[OutboxRow] = ()
    lost_mails: Sequence[LostMail] = ()
    audit_values: Sequence[AuditPersonal] = ()
    sign_ins: Sequence[SignInAttempt] = ()
    address: AddressState | None = None
    is_staff: bool = False
    is_account_alone: bool = False  # nothing of another agency hangs on the account
    left_alone: Sequence[str] = field(default_factory=tuple)  # codes of projects with nobody else who has access

    def __bool__(self) -> bool:
        return bool(
            (self.is_account_alone and self.user is not None) or self.accesses or self.contacts or self.tickets
            or self.mails or self.lost_mails or self.audit_values or self.sign_ins or self.address
        )


def about(session: Session, *, agency_id: int, email: str) -> About:
    """Everything about a (folded) address in one agency; sign-ins and the account when they are no other agency's."""
    user = session.scalar(select(User).where(User.email == email))
    own_projects = select(Project.id).where(Project.agency_id == agency_id)
    accesses = session.scalars(
        select(Access)
        .where(Access.user_id == user.id, Access.project_id.in_(own_projects))
        .options(joinedload(Access.project))
        .order_by(Access.id)
    ).all() if user else ()
    contacts = session.scalars(
        select(Contact)
        .where(Contact.email == email, Contact.project_id.in_(own_projects))
        .options(joinedload(Contact.project))
        .order_by(Contact.id)
    ).all()
    is_alone = not _is_elsewhere(session, agency_id=agency_id, user=user, email=email)
    is_staff = user is not None and user.role is not None and user.deactivated_at is None
    return About(
        email=email,
        user=user,
        accesses=accesses,
        contacts=contacts,
        tickets=session.scalars(tickets_of(user=user, email=email, agency_id=agency_id)).all(),
        mails=session.scalars(mails_of(user=user, email=email, agency_id=agency_id, is_alone=is_alone)).all(),
        lost_mails=session.scalars(
            select(LostMail)
            .where(LostMail.sender == email, or_(LostMail.agency_id == agency_id, LostMail.agency_id.is_(None)))
            .order_by(LostMail.id)
        ).all(),
        audit_values=session.scalars(_audit_values(user, email, contacts, agency_id=agency_id)).all(),
        sign_ins=session.scalars(
            select(SignInAttempt).where(SignInAttempt.email == email).order_by(SignInAttempt.id)
        ).all() if is_alone else (),
        address=session.get(AddressState, email) if is_alone else None,
        is_staff=is_staff,
        is_account_alone=is_alone and not is_staff,
        left_alone=_left_alone(session, accesses),
    )


def tickets_of(*, user: User | None, email: str, agency_id: int) -> Select[Ticket]:
    mine = Ticket.requester_email == email
    if user is not None:
        mine |= Ticket.requester_id == user.id
    return (
        select(Ticket)
        .where(mine, or_(Ticket.agency_id == agency_id, Ticket.agency_id.is_(None)), Ticket.erased_at.is_(None))
        .order_by(Ticket.id)
    )


def mails_of(*, user: User | None, email: str, agency_id: int, is_alone: bool) -> Select[OutboxRow]:
    """To the person, and those to others in which the address stands."""
    mine: list[ColumnElement[bool]] = [OutboxRow.to == email, OutboxRow.body.contains(email, autoescape=True)]
    if user is not None:
        mine.append(OutboxRow.user_id == user.id)
    where = OutboxRow.agency_id == agency_id
    return (
        select(OutboxRow)
        .where(or_(*mine), or_(where, OutboxRow.agency_id.is_(None)) if is_alone else where)
        .order_by(OutboxRow.id)
    )


def _audit_values(
    user: User | None, email: str, contacts: Sequence[Contact], *, agency_id: int
) -> Select[AuditPersonal]:
    """By account, by address, and every value of an event about the person: their name stands beside the address."""
    subjects = [f"contact:{row.id}" for row in contacts]
    by_address = select(AuditPersonal.event_id).where(AuditPersonal.value == email)
    mine: list[ColumnElement[bool]] = [
        AuditPersonal.event_id.in_(by_address) & AuditPersonal.user_id.is_(None), AuditPersonal.value == email,
        AuditEvent.subject.in_(subjects),
    ]
    if user is not None:
        mine.append(AuditPersonal.user_id == user.id)
    return (
        select(AuditPersonal)
        .join(AuditEvent, AuditEvent.id == AuditPersonal.event_id)
        .where(or_(*mine), or_(AuditEvent.agency_id == agency_id, AuditEvent.agency_id.is_(None)))
        .order_by(AuditPersonal.event_id, AuditPersonal.field)
    )


def _is_elsewhere(session: Session, *, agency_id: int, user: User | None, email: str) -> bool:
    """Does another agency have anything about the person?"""
    others = select(Project.id).where(Project.agency_id != agency_id)
    there = [
        exists().where(Contact.email == email, Contact.project_id.in_(others)),
        exists().where(Ticket.requester_email == email, Ticket.agency_id != agency_id),
    ]
    if user is not None:
        there.append(exists().where(Access.user_id == user.id, Access.project_id.in_(others)))
        if user.agency_id not in (None, agency_id):
            return True
    return any(session.execute(select(*there)).one())


def _left_alone(session: Session, accesses: Sequence[Access]) -> Sequence[str]:
    codes = []
    for row in accesses:
        if row.ended_at is None:
            others = select(Access.id).where(
                Access.project_id == row.project_id, Access.ended_at.is_(None), Access.user_id != row.user_id
            )
            if session.scalar(others.limit(1)) is None:
                codes.append(row.project.code)
    return codes


def is_anything_left(session: Session, user: User) -> bool:
    """Does any agency still need the account?"""
    return bool(session.scalar(select(or_(
        exists().where(Access.user_id == user.id),
        exists().where(Contact.email == user.email),
        exists().where(Ticket.requester_id == user.id, Ticket.erased_at.is_(None)),
        exists().where(Ticket.requester_email == user.email, Ticket.erased_at.is_(None)),
    ))))
