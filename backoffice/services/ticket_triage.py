"""Where a ticket goes: to whom, into which state, under which category and project, to which agency, into which other
ticket; and "Ask a specialist to unlock" (DOMAIN §6)."""

from collections.abc import Mapping
from types import MappingProxyType

from backoffice.domain.errors import N_, NotFound, Refused
from backoffice.domain.permissions import Actor
from backoffice.domain.tickets import RULES, TO_ANSWER, Act, Category, Channel, Direction, FoundBy, TicketState
from backoffice.models import Agency, Ticket, User
from backoffice.queries import projects as project_queries
from backoffice.queries import tickets as queries
from backoffice.services import tickets
from backoffice.services.ticket_replies import note_words
from backoffice.services.uow import UnitOfWork

NO_PROJECT = N_("There is no project %(code)s in your agency.")
STATE_ACTS: Mapping[TicketState, Act] = MappingProxyType({
    TicketState.WAITING: Act.WAIT,
    TicketState.SOLVED: Act.SOLVE,
    TicketState.CLOSED: Act.CLOSE,
    TicketState.OPEN: Act.REOPEN,
})


def take(uow: UnitOfWork, *, actor: Actor, ticket_id: int, seen_version: int | None = None) -> Ticket:
    """Mine from now on."""
    return assign(uow, actor=actor, ticket_id=ticket_id, user_id=actor.user_id, seen_version=seen_version)


def assign(
    uow: UnitOfWork, *, actor: Actor, ticket_id: int, user_id: int | None, seen_version: int | None = None
) -> Ticket:
    """Give a ticket to a colleague who may work on tickets; None gives it back to everybody. An unrouted one becomes
    the agency's by that."""
    ticket = tickets.locked(uow, actor=actor, ticket_id=ticket_id, act=Act.ASSIGN, seen_version=seen_version)
    check_helper(uow, actor=actor, user_id=user_id)
    if ticket.assignee_id == user_id:
        return ticket
    if ticket.agency_id is None and user_id is not None:
        ticket.agency_id = actor.agency_id
    before, ticket.assignee_id = ticket.assignee_id, user_id
    return _changed(uow, actor=actor, ticket=ticket, act=Act.ASSIGN, details={"before": before, "assignee": user_id})


def check_helper(uow: UnitOfWork, *, actor: Actor, user_id: int | None) -> None:
    if user_id is not None and uow.session.scalar(queries.helpers(actor).where(User.id == user_id)) is None:
        raise Refused(N_("Choose somebody of the agency who works on tickets."), field="assignee", code="assignee")


def move(
    uow: UnitOfWork, *, actor: Actor, ticket_id: int, state: TicketState, seen_version: int | None = None
) -> Ticket:
    """Waiting, solved, closed, or open again, without a word to the requester."""
    act = act_of(state)
    ticket = tickets.locked(uow, actor=actor, ticket_id=ticket_id, act=act, seen_version=seen_version)
    before = ticket.state
    if ticket.merged_into_id is not None:
        raise Refused(N_("This ticket was merged; it goes on in the other one."), code="merged")
    tickets.set_state(uow, ticket=ticket, state=state)
    if state is TicketState.OPEN:
        tickets.owe_answer(uow, ticket=ticket, agency=ticket.agency)
    return _changed(
        uow, actor=actor, ticket=ticket, act=act, details={"from": before.value, "to": state.value}
    )


def act_of(state: TicketState) -> Act:
    if state not in STATE_ACTS:
        raise Refused(N_("A ticket does not become new again."), field="state", code="state")
    return STATE_ACTS[state]


def set_category(
    uow: UnitOfWork, *, actor: Actor, ticket_id: int, category: Category | None, seen_version: int | None = None
) -> Ticket:
    ticket = tickets.locked(uow, actor=actor, ticket_id=ticket_id, act=Act.SORT, seen_version=seen_version)
    if ticket.category is category:
        return ticket
    before, ticket.category = ticket.category, category
    return _changed(uow, actor=actor, ticket=ticket, act=Act.SORT, details={
        "category_before": before.value if before else None, "category": category.value if category else None,
    })


def set_project(
    uow: UnitOfWork, *, actor: Actor, ticket_id: int, code: str, seen_version: int | None = None
) -> Ticket:
    """Tie the ticket to a project of the agency, by its code; an empty code loosens it. An unrouted one becomes the
    agency's by that."""
    ticket = tickets.locked(uow, actor=actor, ticket_id=ticket_id, act=Act.SORT, seen_version=seen_version)
    project = uow.session.scalar(project_queries.one(actor, code=code)) if code.strip() else None
    if code.strip() and project is None:
        raise Refused(NO_PROJECT, field="project", code="project", values={"code": code.strip()})
    new_id = project.id if project else None
    if ticket.project_id == new_id:
        return ticket
    before = ticket.project_id
    ticket.project_id, ticket.project_found_by = new_id, FoundBy.STAFF if project else None
    if ticket.agency_id is None and project is not None:
        ticket.agency_id = project.agency_id
    tickets.fill_search(uow, ticket=ticket)
    return _changed(
        uow, actor=actor, ticket=ticket, act=Act.SORT, details={"project_before": before, "project": new_id}
    )


def route(
    uow: UnitOfWork, *, actor: Actor, ticket_id: int, agency_id: int, seen_version: int | None = None
) -> Ticket:
    """To another agency, or an unrouted one to one's own. It leaves the own queue; assignee and project stay behind,
    since they are of the agency that it leaves."""
    ticket = tickets.locked(uow, actor=actor, ticket_id=ticket_id, act=Act.ROUTE, seen_version=seen_version)
    agency = uow.session.get(Agency, agency_id)
    if agency is None:
        raise Refused(N_("There is no such agency."), field="agency", code="agency")
    if ticket.agency_id == agency.id:
        return ticket
    before = ticket.agency_id
    tickets.record(uow, actor=actor, ticket=ticket, action=RULES[Act.ROUTE].audit, details={
        "agency_before": before, "agency": agency.id,
    })
    ticket.agency_id = agency.id
    if before is not None:
        ticket.assignee_id, ticket.project_id, ticket.project_found_by, ticket.submission_id = None, None, None, None
    if ticket.answer_due_at is not None:
        tickets.owe_answer(uow, ticket=ticket, agency=agency)
    uow.session.flush()
    tickets.fill_search(uow, ticket=ticket)
    return _changed(uow, actor=actor, ticket=ticket, act=Act.ROUTE, details={
        "agency_before": before, "agency": agency.id,
    })


def merge(
    uow: UnitOfWork,
    *,
    actor: Actor,
    ticket_id: int,
    into_number: int,
    seen_version: int | None = None,
    is_other_requester_seen: bool = False,
) -> Ticket:
    """Close a ticket in favour of another, where the thread goes on; gives that one. No message moves, both stay
    readable. Of two people only the other one's requester is answered from then on: that wants a yes of its own."""
    by_number = queries.visible(actor).where(Ticket.number == into_number)
    target_id = uow.session.scalar(by_number.with_only_columns(Ticket.id))
    found = {row.id: row for row in uow.session.scalars(queries.locked_many(actor, [ticket_id, target_id or 0]))}
    ticket, target = found.get(ticket_id), found.get(target_id or 0)
    if ticket is None:
        raise NotFound(tickets.NO_TICKET)
    tickets.check(actor=actor, ticket=ticket, act=Act.MERGE, seen_version=seen_version)
    target = check_merge(ticket, target, number=into_number, is_other_requester_seen=is_other_requester_seen)
    tickets.set_state(uow, ticket=ticket, state=TicketState.CLOSED)
    ticket.merged_into_id = target.id
    _changed(uow, actor=actor, ticket=ticket, act=Act.MERGE, details={"into": target.number})
    if target.state is not TicketState.NEW and ticket.first_answered_at is None:
        tickets.set_state(uow, ticket=target, state=TicketState.OPEN)
    if target.answer_due_at is None and target.state in TO_ANSWER:
        tickets.owe_answer(uow, ticket=target, agency=target.agency)
    target.project_id, target.project_found_by = _project_of(target, ticket)
    target.assignee_id = target.assignee_id or ticket.assignee_id
    _changed(uow, actor=actor, ticket=target, act=Act.MERGE, details={"taken_in": ticket.number})
    return target


def check_merge(
    ticket: Ticket, target: Ticket | None, *, number: int, is_other_requester_seen: bool = False
) -> Ticket:
    """The ticket that goes on, or why it cannot be this one."""
    if target is None:
        raise Refused(
            N_("There is no ticket #%(number)s."), field="into", code="no-ticket", values={"number": str(number)}
        )
    if target.id == ticket.id:
        raise Refused(N_("A ticket cannot be merged with itself."), field="into", code="itself")
    if target.state is TicketState.CLOSED:
        raise Refused(
            N_("Ticket #%(number)s is closed. Reopen it first."), field="into", code="closed",
            values={"number": str(number)},
        )
    if ticket.agency_id not in (None, target.agency_id):
        raise Refused(N_("The other ticket is not your agency's yet."), field="into", code="unrouted")
    if ticket.requester_email != target.requester_email and not is_other_requester_seen:
        raise Refused(
            N_("Another person wrote #%(number)s: only they would be answered."), field="into",
            code="other-requester", values={"number": str(number)},
        )
    return target


def ask_unlock(
    uow: UnitOfWork, *, actor: Actor, ticket_id: int, text: str, seen_version: int | None = None
) -> Ticket:
    """Helpdesk never decides: a note asks the specialist of the project to unlock it, and the ticket says since when.
    The mail to the specialist is the caller's."""
    ticket = tickets.locked(uow, actor=actor, ticket_id=ticket_id, act=Act.ASK_UNLOCK, seen_version=seen_version)
    if ticket.project_id is None:
        raise Refused(N_("Say first which project it is about."), field="project", code="no-project")
    if ticket.unlock_asked_at is not None:
        raise Refused(N_("A specialist was asked already."), code="asked")
    message = tickets.add_message(
        uow, ticket=ticket, direction=Direction.INTERNAL, channel=Channel.STAFF, author_id=actor.user_id,
        words=note_words(text),
    )
    ticket.unlock_asked_at = uow.now
    return _changed(uow, actor=actor, ticket=ticket, act=Act.ASK_UNLOCK, details={"message": message.id})


def _project_of(target: Ticket, merged: Ticket) -> tuple[int | None, FoundBy | None]:
    if target.project_id is not None or merged.agency_id != target.agency_id:
        return target.project_id, target.project_found_by
    return merged.project_id, merged.project_found_by


def _changed(
    uow: UnitOfWork, *, actor: Actor, ticket: Ticket, act: Act, details: Mapping[str, object]
) -> Ticket:
    tickets.touch(uow, ticket=ticket)
    tickets.record(uow, actor=actor, ticket=ticket, action=RULES[act].audit, details=details)
    return ticket
