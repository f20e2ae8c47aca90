"""Mails of the helpdesk: from its own address, in the thread of the person who wrote, with the number in the subject
(S16)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from backoffice.config import Settings
from backoffice.domain.inbound import Cause
from backoffice.domain.notices import Mail
from backoffice.domain.tickets import Direction, chain
from backoffice.mail import facts
from backoffice.mail.facts import AgencyFacts, Outdated, To
from backoffice.mail.links import follow_link
from backoffice.mail.render import Message, render
from backoffice.mail.sender import message_id
from backoffice.models import Agency, LostMail, Ticket, TicketMessage, User
from backoffice.queries import tickets as queries
from backoffice.services.outbox import Claim


def received(
    *, to: To, agency: AgencyFacts, number: int, subject: str, text: str, link: str, project_code: str = ""
) -> Message:
    """The number, what was written, and where it can be followed. Without text and subject: to an address that anybody
    may have typed into the form, so that nobody sends words of theirs to others by way of us."""
    return _from_helpdesk(render(Mail.TICKET_RECEIVED.value, to=to, agency=agency, values={
        "number": number, "ticket_subject": subject, "text": text, "link": link, "project_code": project_code,
    }))


def reply(
    *, to: To, agency: AgencyFacts, number: int, subject: str, text: str, link: str, writer: str, pictures: int = 0
) -> Message:
    """The answer as it was written; pictures are on the ticket's page."""
    return _from_helpdesk(render(Mail.TICKET_REPLY.value, to=to, agency=agency, values={
        "number": number, "ticket_subject": subject, "text": text, "link": link, "writer": writer,
        "pictures": pictures,
    }))


def not_taken(
    *, to: To, agency: AgencyFacts, subject: str, cause: Cause, size: str, received_at: datetime, help_url: str
) -> Message:
    """Why a mail did not become a ticket by itself, and how to do better."""
    return _from_helpdesk(render(Mail.TICKET_NOT_TAKEN.value, to=to, agency=agency, values={
        "mail_subject": subject, "cause": cause.value, "size": size, "received_at": received_at, "help_url": help_url,
    }))


def _received(session: Session, claim: Claim, *, settings: Settings, to: To) -> Message:
    ticket, message, agency, to = _case(session, claim, settings=settings, to=to)
    is_typed = ticket.context.get("is_signed_in") is False
    made = received(
        to=replace(to, name="") if is_typed else to, agency=agency, number=ticket.number,
        subject="" if is_typed else ticket.subject, text="" if is_typed else message.text,
        link=follow_link(ticket.number, ticket.requester_email),
        project_code=ticket.project.code if ticket.project and not is_typed else "",
    )
    headers = {"Auto-Submitted": "auto-replied", **_threaded([message.message_id])}
    return replace(made, headers=headers)


def _reply(session: Session, claim: Claim, *, settings: Settings, to: To) -> Message:
    ticket, message, agency, to = _case(session, claim, settings=settings, to=to)
    if message.withdrawn_at is not None:
        raise Outdated("the reply was taken back")
    writer = session.get(User, message.author_id) if message.author_id else None
    made = reply(
        to=to, agency=agency, number=ticket.number, subject=ticket.subject, text=message.text,
        link=follow_link(ticket.number, ticket.requester_email), writer=writer.name if writer else "",
        pictures=len(message.attachments),
    )
    # A person wrote it: nobody's program is to take it for an automatic one.
    return replace(made, headers={"Auto-Submitted": "", **_threaded(_before(session, message, settings=settings))})


def _not_taken(session: Session, claim: Claim, *, settings: Settings, to: To) -> Message:
    row = session.get(LostMail, claim.params.get("lost_mail_id"))
    if row is None or row.settled_at is not None:
        raise Outdated("the mail was settled")
    agency = session.get(Agency, row.agency_id) if row.agency_id else None
    made = not_taken(
        to=To(email=to.email, language=to.language, name=to.name or row.sender_name),
        agency=facts.of_agency(session, agency, settings=settings, language=to.language), subject=row.subject or "—",
        cause=row.cause, size=f"{row.size / (1 << 20):.0f} MB",
        received_at=row.received_at.astimezone(ZoneInfo(agency.time_zone if agency else "Europe/Riga")),
        help_url=f"{settings.public_base_url}/help/new",
    )
    return replace(made, headers={"Auto-Submitted": "auto-replied", **_threaded([row.message_id])})


def _before(session: Session, message: TicketMessage, *, settings: Settings) -> list[str]:
    """The Message-IDs of the thread before a message, the oldest first: of what came by mail the sender's own, of what
    we sent (a receipt, a reply) the one made from its outbox row."""
    found = []
    for row in queries.thread(session, message.ticket):
        if row.id == message.id:
            break
        if row.withdrawn_at is not None or row.direction is Direction.INTERNAL:
            continue
        if row.message_id:
            found.append(row.message_id)
        if row.outbox_id is not None:
            found.append(message_id(row.outbox_id, settings=settings))
    return found


def _threaded(message_ids: list[str]) -> dict[str, str]:
    ids = [f"<{given.strip().strip('<>')}>" for given in message_ids if given.strip() and " " not in given.strip()]
    return {"In-Reply-To": ids[-1], "References": chain(ids)} if ids else {}


def _case(
    session: Session, claim: Claim, *, settings: Settings, to: To
) -> tuple[Ticket, TicketMessage, AgencyFacts, To]:
    ticket = session.get(Ticket, claim.params.get("ticket_id"))
    message = session.get(TicketMessage, claim.params.get("message_id"))
    if ticket is None or message is None or ticket.erased_at is not None:
        raise Outdated("the ticket is not there any longer")
    agency = session.get(Agency, ticket.agency_id) if ticket.agency_id else None
    named = To(email=to.email, language=to.language, name=ticket.requester_name or to.name)
    return ticket, message, facts.of_agency(session, agency, settings=settings, language=to.language), named


def _from_helpdesk(message: Message) -> Message:
    return replace(message, sender_email=message.reply_to)


Composer = Callable[..., Message]
COMPOSERS: Mapping[Mail, Composer] = MappingProxyType({
    Mail.TICKET_RECEIVED: _received, Mail.TICKET_REPLY: _reply, Mail.TICKET_NOT_TAKEN: _not_taken,
})
