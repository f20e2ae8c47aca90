"""An objection of somebody who was hidden, by the link in their mail and without signing in (DOMAIN §5, §7)."""

from datetime import timedelta

from sqlalchemy import select

from backoffice.domain import signin
from backoffice.domain.errors import N_, NotFound, Refused
from backoffice.domain.tickets import LIVE, Category, Channel
from backoffice.models import Ticket
from backoffice.queries import contacts as queries
from backoffice.services import tickets
from backoffice.services.contact_links import NO_LINK
from backoffice.services.tickets import NewTicket
from backoffice.services.uow import UnitOfWork

ONE_WITHIN = timedelta(days=1)  # whoever has more to say answers the mail about the ticket


def raise_one(uow: UnitOfWork, *, token: str, subject: str, text: str, language: str) -> Ticket:
    """A ticket on the project, from the address to which the link went. Raises Refused beside `text`."""
    contact = uow.session.scalar(queries.by_link(signin.token_digest(token)))
    if contact is None:
        raise NotFound(NO_LINK)
    if not text.strip():
        raise Refused(N_("Say why you object."), field="text", code="missing")
    before = uow.session.scalar(
        select(Ticket.number)
        .where(
            Ticket.requester_email == contact.email, Ticket.project_id == contact.project_id,
            Ticket.category == Category.PUBLISHING, Ticket.state.in_(LIVE),
            Ticket.created_at > uow.now - ONE_WITHIN,
        )
        .order_by(Ticket.id.desc())
        .limit(1)
    )
    if before is not None:
        raise Refused(
            N_("Your objection has arrived already. It is ticket #%(number)s; to add to it, answer its mail."),
            field="text", code="already", values={"number": str(before)},
        )
    return tickets.open_ticket(uow, actor=None, new=NewTicket(
        subject=subject, text=text, email=contact.email, name=contact.name, language=language,
        project_id=contact.project_id, category=Category.PUBLISHING, channel=Channel.FORM,
    ))
