"""What the requester does on the ticket's own page: write on, say that it is solved (S16)."""

from backoffice.domain import tickets as domain
from backoffice.domain.errors import NotFound, Refused
from backoffice.domain.permissions import Actor
from backoffice.domain.tickets import TicketState
from backoffice.models import Ticket
from backoffice.queries import tickets as queries
from backoffice.services import acts, signin, tickets
from backoffice.services.tickets import Incoming, NewTicket
from backoffice.services.uow import UnitOfWork


def count_try(uow: UnitOfWork, *, network: str, email: str = "") -> None:
    """Raises Paused when too much came from one network, or in the name of one address, whether it is known or not.
    Without an address: before pictures are read."""
    signin.note_message(uow, email=email, network=network)


def write_on(
    uow: UnitOfWork, *, actor: Actor | None, ticket_id: int, network: str, incoming: Incoming, act_key: str = ""
) -> Ticket:
    """A further message; gives the ticket in which it stands: this one, the one into which it was merged, or, where it
    was closed for too long, a new one that follows it. Who may write is checked by the caller."""
    old = uow.session.get(Ticket, ticket_id)
    if old is None:
        raise NotFound(tickets.NO_TICKET)
    count_try(uow, email=old.requester_email, network=network)
    known = acts.outcome(uow, actor=actor, key=act_key)  # two presses at once queue up in the line above
    if known is not None:
        return uow.session.get_one(Ticket, int(known))
    try:
        message = tickets.receive(uow, ticket_id=ticket_id, incoming=incoming, actor=actor)
        into = uow.session.get_one(Ticket, message.ticket_id)
    except Refused as refused:
        if refused.code != "ticket-closed":
            raise
        into = _follow(uow, actor=actor, old=old, incoming=incoming)
    acts.remember(uow, actor=actor, key=act_key, outcome=str(into.id))
    return into


def settle(uow: UnitOfWork, *, actor: Actor | None, ticket_id: int) -> None:
    """ "It is solved", said by the requester; a second press changes nothing."""
    ticket = uow.session.scalar(queries.locked_any(ticket_id))
    if ticket is None:
        raise NotFound(tickets.NO_TICKET)
    if ticket.state not in domain.LIVE or ticket.state is TicketState.SOLVED:
        return
    before = ticket.state
    tickets.set_state(uow, ticket=ticket, state=TicketState.SOLVED)
    tickets.touch(uow, ticket=ticket)
    tickets.record(
        uow, actor=actor, ticket=ticket, action="ticket:solved-by-requester", details={"from": before.value}
    )


def _follow(uow: UnitOfWork, *, actor: Actor | None, old: Ticket, incoming: Incoming) -> Ticket:
    return tickets.open_ticket(uow, actor=actor, new=NewTicket(
        subject=old.subject, text=incoming.text, email=old.requester_email, name=old.requester_name,
        requester_id=old.requester_id, language=old.language, agency_id=old.agency_id, project_id=old.project_id,
        category=old.category, channel=incoming.channel, context=incoming.context, files=incoming.files,
        follows_id=old.id,
    ))
