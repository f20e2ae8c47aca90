"""Tickets in every state, made by the services themselves."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from backoffice.domain.permissions import Actor, Role
from backoffice.domain.tickets import Category, Channel, TicketState
from backoffice.models import CannedReply, Ticket
from backoffice.services import ticket_replies, ticket_triage, tickets
from backoffice.services.tickets import Attached, Incoming, NewTicket
from backoffice.services.uow import unit_of_work
from tests.factories.agencies import agency
from tests.factories.projects import project
from tests.factories.users import Person, coordinator, staff

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """An agency with its helpdesk, a project and the person who writes about it."""

    agency_id: int
    project_id: int
    helpdesk: Person
    specialist: Person
    requester: Person


def desk() -> Desk:
    agency_id = agency()
    project_id = project(agency_id=agency_id)
    return Desk(
        agency_id=agency_id, project_id=project_id, helpdesk=staff(Role.HELPDESK, agency_id=agency_id),
        specialist=staff(Role.SPECIALIST, agency_id=agency_id), requester=coordinator(project_id),
    )


def ticket(
    *,
    email: str = "",
    subject: str = "",
    text: str = "I signed in and the page says: Access forbidden.",
    agency_id: int | None = None,
    project_id: int | None = None,
    requester_id: int | None = None,
    category: Category | None = None,
    channel: Channel = Channel.FORM,
    files: Sequence[int | Attached] = (),
    language: str = "en",
    message_id: str = "",
    is_quiet: bool = True,
    state: TicketState = TicketState.NEW,
    by: Actor | None = None,
) -> Ticket:
    """A ticket by the form; its confirmation is not sent unless asked for. `state` other than new wants `by`, the
    member of the helpdesk who brings it there."""
    number = next(_numbers)
    with unit_of_work() as uow:
        row = tickets.open_ticket(uow, actor=None, new=NewTicket(
            subject=subject or f"Question {number}", text=text, email=email or f"requester{number}@test.example",
            name=f"Requester {number}", requester_id=requester_id, language=language, agency_id=agency_id,
            project_id=project_id, category=category, channel=channel, files=files, message_id=message_id,
            is_quiet=is_quiet,
        ))
        ticket_id = row.id
    if state is not TicketState.NEW:
        assert by is not None, "who brings it into this state?"
        with unit_of_work() as uow:
            if state is TicketState.OPEN:  # open is what a new one is as soon as its requester was answered once
                ticket_triage.move(uow, actor=by, ticket_id=ticket_id, state=TicketState.WAITING)
            ticket_triage.move(uow, actor=by, ticket_id=ticket_id, state=state)
    return _plain(ticket_id)


def message(ticket_id: int, *, text: str = "It still does not work.", channel: Channel = Channel.MAIL,
            message_id: str = "") -> int:
    """A further message of the requester."""
    with unit_of_work() as uow:
        incoming = Incoming(text=text, channel=channel, message_id=message_id)
        return tickets.receive(uow, ticket_id=ticket_id, incoming=incoming).id


def reply(ticket_id: int, *, by: Actor, text: str = "Please try again now.",
          then: TicketState = TicketState.WAITING) -> int:
    """An answer of the helpdesk, which waits for its 15 seconds."""
    with unit_of_work() as uow:
        version = uow.session.get_one(Ticket, ticket_id).version
        return ticket_replies.reply(
            uow, actor=by, ticket_id=ticket_id, text=text, then=then, seen_version=version
        ).id


def canned_reply(
    *, agency_id: int, name: str = "", text_lv: str = "Labdien, {name}!", text_en: str = "Dear {name},",
    then: TicketState = TicketState.WAITING,
) -> int:
    """A reply that the agency has ready."""
    with unit_of_work() as uow:
        number = next(_numbers)
        row = CannedReply(
            agency_id=agency_id, name=name or f"Reply {number}", text_lv=text_lv, text_en=text_en, then=then,
            position=number,
        )
        uow.session.add(row)
        uow.session.flush()
        return row.id


def _plain(ticket_id: int) -> Ticket:
    """The row as it was written, of no session: it can be read after every commit."""
    with unit_of_work() as uow:
        row = uow.session.get_one(Ticket, ticket_id)
        uow.session.refresh(row)
        uow.session.expunge(row)
        return row
