"""A person's own data, to be taken along (DOMAIN §10): plain values, ready for JSON. Of tickets what they wrote and
what they were written, never the notes among staff."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from backoffice.domain.tickets import Direction
from backoffice.models import (
    Access,
    AuditEvent,
    Contact,
    Identity,
    OutboxRow,
    SignInAttempt,
    StoredFile,
    TermsAcceptance,
    Ticket,
    TicketAttachment,
    TicketMessage,
    User,
)

MOST = 5_000  # acts in the trail; a member of the staff has thousands


def of_person(session: Session, user: User) -> dict[str, Any]:
    """Everything that names the person."""
    return {
        "account": {
            "email": user.email, "name": user.name, "phone": user.phone, "language": user.language,
            "role": user.role.value if user.role else None, "agency": user.agency.code if user.agency else None,
            "created_at": _iso(user.created_at), "last_sign_in_at": _iso(user.last_sign_in_at),
            "absent_until": _iso(user.absent_until),
        },
        "sign_in_services": [
            {"issuer": row.issuer, "subject": row.subject, "linked_at": _iso(row.linked_at)}
            for row in session.scalars(select(Identity).where(Identity.user_id == user.id).order_by(Identity.id))
        ],
        "sign_ins": [
            {"at": _iso(row.at), "outcome": row.outcome, "network": row.network}
            for row in session.scalars(
                select(SignInAttempt).where(SignInAttempt.email == user.email).order_by(SignInAttempt.id)
            )
        ],
        "terms_accepted": [
            {"version": row.version, "accepted_at": _iso(row.accepted_at)}
            for row in session.scalars(
                select(TermsAcceptance).where(TermsAcceptance.user_id == user.id).order_by(TermsAcceptance.id)
            )
        ],
        "access": [
            {
                "project": row.project.code, "given_at": _iso(row.granted_at), "ended_at": _iso(row.ended_at),
                "reason": row.ended_reason,
            }
            for row in session.scalars(
                select(Access).where(Access.user_id == user.id).options(joinedload(Access.project)).order_by(Access.id)
            )
        ],
        "contact_person": [
            {
                "project": row.project.code, "name": row.name, "role": row.role, "email": row.email,
                "phone": row.phone, "withdrew_at": _iso(row.person_withdrew_at), "ended_at": _iso(row.ended_at),
            }
            for row in session.scalars(
                select(Contact).where(Contact.email == user.email).options(joinedload(Contact.project))
                .order_by(Contact.id)
            )
        ],
        "tickets": [_ticket(row) for row in session.scalars(_tickets(user))],
        "mails": [
            {
                "kind": row.kind.value, "state": row.state.value, "sent_at": _iso(row.sent_at),
                "subject": row.subject, "text": row.body,
            }
            for row in session.scalars(
                select(OutboxRow).where(OutboxRow.to == user.email).order_by(OutboxRow.id)
            )
        ],
        "acts": [
            {"at": _iso(row.at), "action": row.action, "about": row.subject}
            for row in session.scalars(
                select(AuditEvent).where(AuditEvent.actor_id == user.id).order_by(AuditEvent.id.desc()).limit(MOST)
            )
        ],
    }


def files(session: Session, user: User) -> list[StoredFile]:
    """What the person sent with tickets."""
    own = select(Ticket.id).where(or_(Ticket.requester_id == user.id, Ticket.requester_email == user.email))
    return list(session.scalars(
        select(StoredFile)
        .join(TicketAttachment, TicketAttachment.file_id == StoredFile.id)
        .join(TicketMessage, TicketMessage.id == TicketAttachment.message_id)
        .where(TicketMessage.ticket_id.in_(own), TicketMessage.direction == Direction.IN)
        .distinct()
        .order_by(StoredFile.id)
    ))


def _tickets(user: User) -> Any:
    return (
        select(Ticket)
        .where(or_(Ticket.requester_id == user.id, Ticket.requester_email == user.email))
        .options(selectinload(Ticket.messages), joinedload(Ticket.project))
        .order_by(Ticket.id)
    )


def _ticket(row: Ticket) -> dict[str, Any]:
    return {
        "number": row.number, "subject": row.subject, "state": row.state.value,
        "project": row.project.code if row.project else None, "opened_at": _iso(row.created_at),
        "messages": [
            {"at": _iso(message.written_at), "direction": message.direction.value, "text": message.text}
            for message in row.messages
            if message.direction is not Direction.INTERNAL and message.withdrawn_at is None
        ],
    }


def _iso(value: datetime | date | None) -> str | None:
    return value.isoformat() if value else None
