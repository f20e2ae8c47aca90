"""Every act on a ticket: allowed, wrong state, wrong role, other agency, stale, audit row, outbox row, and nothing on
failure."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.domain.errors import Forbidden, NotFound, Refused, Stale
from backoffice.domain.notices import Mail
from backoffice.domain.permissions import GRANTS, Actor, Permission, Role
from backoffice.domain.tickets import (
    RULES,
    Act,
    Category,
    TicketState,
)
from backoffice.models import AuditEvent, OutboxRow, Ticket, TicketMessage
from backoffice.services import ticket_replies, ticket_triage
from backoffice.services.uow import UnitOfWork, unit_of_work
from tests.factories import tickets as make
from tests.factories.tickets import Desk

pytestmark = pytest.mark.usefixtures("session")
S = TicketState


@dataclass(frozen=True, kw_only=True)
class _Act:
    """One act with its arguments filled in; `target`: the state it leaves behind, None: as before."""

    act: Act
    run: Callable[[UnitOfWork, Actor, int, int], object]
    target: TicketState | None = None
    mail: Mail | None = None


def _move(state: TicketState) -> Callable[[UnitOfWork, Actor, int, int], object]:
    return lambda uow, actor, ticket_id, version: ticket_triage.move(
        uow, actor=actor, ticket_id=ticket_id, state=state, seen_version=version
    )


def _reply(then: TicketState) -> Callable[[UnitOfWork, Actor, int, int], object]:
    return lambda uow, actor, ticket_id, version: ticket_replies.reply(
        uow, actor=actor, ticket_id=ticket_id, text="Try again.", then=then, seen_version=version
    )


ACTS = {
    "reply": _Act(act=Act.REPLY, run=_reply(S.WAITING), target=S.WAITING, mail=Mail.TICKET_REPLY),
    "reply and solve": _Act(act=Act.REPLY, run=_reply(S.SOLVED), target=S.SOLVED, mail=Mail.TICKET_REPLY),
    "take": _Act(act=Act.ASSIGN, run=lambda uow, actor, ticket_id, version: ticket_triage.take(
        uow, actor=actor, ticket_id=ticket_id, seen_version=version)),
    "sort": _Act(act=Act.SORT, run=lambda uow, actor, ticket_id, version: ticket_triage.set_category(
        uow, actor=actor, ticket_id=ticket_id, category=Category.UPLOAD, seen_version=version)),
    "wait": _Act(act=Act.WAIT, run=_move(S.WAITING), target=S.WAITING),
    "solve": _Act(act=Act.SOLVE, run=_move(S.SOLVED), target=S.SOLVED),
    "close": _Act(act=Act.CLOSE, run=_move(S.CLOSED), target=S.CLOSED),
    "reopen": _Act(act=Act.REOPEN, run=_move(S.OPEN), target=S.OPEN),
    "ask to unlock": _Act(act=Act.ASK_UNLOCK, run=lambda uow, actor, ticket_id, version: ticket_triage.ask_unlock(
        uow, actor=actor, ticket_id=ticket_id, text="They found an error.", seen_version=version)),
}
names = pytest.mark.parametrize("name", ACTS)


@pytest.fixture
def desk(session: Session) -> Desk:
    return make.desk()


def _ticket(desk: Desk, state: TicketState = S.NEW) -> Ticket:
    return make.ticket(
        email=desk.requester.email, project_id=desk.project_id, state=state, by=desk.helpdesk.actor
    )


def _source(act: Act) -> TicketState:
    return next(state for state in S if state in RULES[act].sources)


def _do(name: str, *, actor: Actor, ticket_id: int, version: int) -> None:
    with unit_of_work() as uow:
        ACTS[name].run(uow, actor, ticket_id, version)


def _counts(session: Session) -> list[int | None]:
    session.rollback()
    return [session.scalar(select(func.count()).select_from(kind)) for kind in (AuditEvent, OutboxRow, TicketMessage)]


@names
def test_helpdesk_acts_and_state_audit_and_mail_follow(session: Session, desk: Desk, name: str) -> None:
    """From each state that the table names."""
    case = ACTS[name]
    for state in sorted(RULES[case.act].sources):
        ticket = _ticket(desk, state)
        _do(name, actor=desk.helpdesk.actor, ticket_id=ticket.id, version=ticket.version)
        session.rollback()
        after = session.get_one(Ticket, ticket.id)
        assert after.state is (case.target or state), state
        assert after.version == ticket.version + 1
        event = session.scalars(
            select(AuditEvent).where(AuditEvent.subject == f"ticket:{ticket.number}").order_by(AuditEvent.id.desc())
        ).first()
        assert event is not None
        assert (event.action, event.actor_id, event.project_id) == (
            RULES[case.act].audit, desk.helpdesk.user_id, desk.project_id
        )
        mails = session.scalars(select(OutboxRow.kind).where(OutboxRow.params["ticket_id"].as_integer() == ticket.id))
        assert list(mails) == ([case.mail] if case.mail else [])


@names
def test_helpdesk_is_refused_in_a_state_that_the_table_does_not_name(session: Session, desk: Desk, name: str) -> None:
    case = ACTS[name]
    for state in sorted(set(S) - RULES[case.act].sources):
        ticket = _ticket(desk, state)
        before = _counts(session)
        with pytest.raises(Refused) as refusal:
            _do(name, actor=desk.helpdesk.actor, ticket_id=ticket.id, version=ticket.version)
        assert refusal.value.code == "wrong-state", state
        assert _counts(session) == before


@names
def test_others_may_not_act_and_nothing_is_written(session: Session, desk: Desk, name: str) -> None:
    """A role without the permission, another agency, the requester, and who looks at an old page."""
    ticket = _ticket(desk, _source(ACTS[name].act))
    other = make.desk()
    before = _counts(session)
    for actor, error in (
        (desk.specialist.actor, Forbidden), (other.helpdesk.actor, NotFound), (desk.requester.actor, Forbidden),
        (other.requester.actor, NotFound),
    ):
        with pytest.raises(error):
            _do(name, actor=actor, ticket_id=ticket.id, version=ticket.version)
    with pytest.raises(Stale):
        _do(name, actor=desk.helpdesk.actor, ticket_id=ticket.id, version=ticket.version - 1)
    assert _counts(session) == before


def test_every_act_of_the_table_has_a_permission_that_a_role_holds() -> None:
    for act, rule in RULES.items():
        assert rule.permission is None or any(rule.permission in granted for granted in GRANTS.values()), act
    assert Permission.TICKET_WORK not in GRANTS[Role.SPECIALIST]
    assert Permission.TICKET_NOTE in GRANTS[Role.SPECIALIST]
    assert Permission.TICKET_READ not in GRANTS[Role.PLATFORM_ADMIN]
