"""What a mail left behind: messages, tickets, rows of lost and found, mails of ours."""


from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.config import Settings
from backoffice.domain.notices import Mail, OutboxState
from backoffice.mail import sender
from backoffice.models import (
    Agency,
    LostMail,
    OutboxRow,
    Ticket,
    TicketMessage,
)
from backoffice.services import outbox
from backoffice.services.outbox import Recipient
from backoffice.services.uow import unit_of_work
from tests.factories.tickets import Desk


def helpdesk_of(session: Session, desk: Desk) -> str:
    return session.get_one(Agency, desk.agency_id).helpdesk_address


def our_id(app: Flask, row_id: int) -> str:
    settings: Settings = app.config["SETTINGS"]
    return sender.message_id(row_id, settings=settings)


def messages(session: Session, number: int | None) -> list[TicketMessage]:
    query = select(TicketMessage).join(Ticket).where(Ticket.number == number).order_by(TicketMessage.id)
    session.rollback()
    return list(session.scalars(query))


def lost(session: Session) -> list[LostMail]:
    session.rollback()
    return list(session.scalars(select(LostMail).order_by(LostMail.id)))


def kinds(session: Session) -> list[Mail]:
    session.rollback()
    return list(session.scalars(select(OutboxRow.kind).order_by(OutboxRow.id)))


def notice(desk: Desk) -> int:
    """A mail of ours about a project, which was sent."""
    with unit_of_work() as uow:
        row = outbox.publish(
            uow, kind=Mail.REMINDER, key="1", to=Recipient(email=desk.requester.email, language="en"),
            agency_id=desk.agency_id, project_id=desk.project_id,
        )
        assert row is not None
        row.state, row.body, row.sent_at = OutboxState.SENT, "Your project has ended.\n\nPlease submit.", uow.now
        return row.id
