"""The same act on many tickets in one transaction; tried first, so that a page can say which it will do and which it
will not, and why (DESIGN §4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from backoffice.domain.errors import DomainError
from backoffice.domain.permissions import Actor
from backoffice.domain.tickets import Act, Category, TicketState
from backoffice.models import Ticket
from backoffice.queries import tickets as queries
from backoffice.services import acts, ticket_triage, tickets
from backoffice.services.uow import UnitOfWork

MOST = 200  # tickets at once; a page of the queue has fewer


class Bulk(StrEnum):
    ASSIGN = "assign"
    CATEGORY = "category"
    MERGE = "merge"
    SOLVE = "solve"


ACTS = {Bulk.ASSIGN: Act.ASSIGN, Bulk.CATEGORY: Act.SORT, Bulk.MERGE: Act.MERGE, Bulk.SOLVE: Act.SOLVE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """A ticket as it was on the screen when it was marked."""

    ticket_id: int
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be done to each of them."""

    act: Bulk
    user_id: int | None = None  # to whom; None: to nobody
    category: Category | None = None
    into_number: int = 0  # the ticket that goes on


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One ticket of the list, and why the act cannot be done to it."""

    ticket: Ticket
    refusal: DomainError | None


def would(session: Session, *, actor: Actor, picks: Sequence[Pick], order: Order) -> list[Line]:
    """What would become of each; nothing is written. A ticket out of the actor's sight is not in the list."""
    query = queries.visible(actor).where(Ticket.id.in_(_versions(picks))).order_by(Ticket.id)
    target = _target(session, actor, order)
    return _lines(session.scalars(query).all(), actor=actor, picks=picks, order=order, target=target)


def run(
    uow: UnitOfWork, *, actor: Actor, picks: Sequence[Pick], order: Order, act_key: str = ""
) -> list[Line]:
    """Do it to all to which it can be done; the others come back with their refusal, untouched. A second press does
    nothing more."""
    if acts.outcome(uow, actor=actor, key=act_key) is not None:
        return []
    rows = uow.session.scalars(queries.locked_many(actor, list(_versions(picks)))).all()
    lines = _lines(rows, actor=actor, picks=picks, order=order, target=_target(uow.session, actor, order))
    if order.act is Bulk.ASSIGN:
        ticket_triage.check_helper(uow, actor=actor, user_id=order.user_id)
    done = [line.ticket for line in lines if line.refusal is None]
    for ticket in done:
        _do(uow, actor=actor, ticket=ticket, order=order)
    acts.remember(uow, actor=actor, key=act_key, outcome=str(len(done)))
    return lines


def _lines(
    rows: Sequence[Ticket], *, actor: Actor, picks: Sequence[Pick], order: Order, target: Ticket | None
) -> list[Line]:
    versions = _versions(picks)
    return [
        Line(ticket=row, refusal=_refusal(row, actor=actor, version=versions[row.id], order=order, target=target))
        for row in rows
        if not (order.act is Bulk.MERGE and target is not None and row.id == target.id)
    ]


def _refusal(
    ticket: Ticket, *, actor: Actor, version: int, order: Order, target: Ticket | None
) -> DomainError | None:
    try:
        tickets.check(actor=actor, ticket=ticket, act=ACTS[order.act], seen_version=version)
        if order.act is Bulk.MERGE:
            ticket_triage.check_merge(ticket, target, number=order.into_number)
    except DomainError as error:
        return error
    return None


def _do(uow: UnitOfWork, *, actor: Actor, ticket: Ticket, order: Order) -> None:
    if order.act is Bulk.ASSIGN:
        ticket_triage.assign(uow, actor=actor, ticket_id=ticket.id, user_id=order.user_id)
    elif order.act is Bulk.CATEGORY:
        ticket_triage.set_category(uow, actor=actor, ticket_id=ticket.id, category=order.category)
    elif order.act is Bulk.SOLVE:
        ticket_triage.move(uow, actor=actor, ticket_id=ticket.id, state=TicketState.SOLVED)
    else:
        ticket_triage.merge(uow, actor=actor, ticket_id=ticket.id, into_number=order.into_number)


def _target(session: Session, actor: Actor, order: Order) -> Ticket | None:
    if order.act is not Bulk.MERGE:
        return None
    return session.scalar(queries.visible(actor).where(Ticket.number == order.into_number))


def _versions(picks: Sequence[Pick]) -> dict[int, int]:
    return {pick.ticket_id: pick.version for pick in picks[:MOST]}
