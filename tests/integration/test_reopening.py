"""Ask to reopen (DOMAIN §3): who, when, one at a time, what answers it, and whom it is told."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.errors import Forbidden, NotFound, Refused
from backoffice.domain.notices import Mail
from backoffice.domain.reviews import ReopenOutcome
from backoffice.domain.tickets import Category, TicketState
from backoffice.models import AuditEvent, Decision, OutboxRow, Project, ReopenRequest, Ticket
from backoffice.queries import questions
from backoffice.services import reopening
from backoffice.services.undo import undo
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews as make
from tests.factories.reviews import Scene
from tests.factories.users import Person

REASON = "The wrong file is in result 1."


@pytest.fixture
def scene(session: Session) -> Scene:
    scene = make.scene()
    make.submit(scene)
    return scene


def ask(scene: Scene, *, who: Person | None = None, reason: str = REASON, act_key: str = "") -> int:
    with unit_of_work() as uow:
        return reopening.ask(
            uow, actor=(who or scene.coordinator).actor, project_id=scene.project_id, reason=reason,
            subject="Asked to reopen", act_key=act_key,
        ).id


def decline(scene: Scene, request_id: int, *, who: Person | None = None, answer: str = "Not now.") -> None:
    with unit_of_work() as uow:
        reopening.decline(
            uow, actor=(who or scene.specialist).actor, project_id=scene.project_id, request_id=request_id,
            answer=answer,
        )


def outcome(request_id: int) -> ReopenOutcome | None:
    db.session.rollback()
    return db.session.get_one(ReopenRequest, request_id).outcome


def said() -> tuple[TicketState, list[str]]:
    """The state of the ticket, and what its requester reads there."""
    ticket = db.session.scalars(select(Ticket)).one()
    return ticket.state, [message.text for message in questions.said(ticket)]


def mails(kind: Mail) -> list[str]:
    return list(db.session.scalars(select(OutboxRow.to).where(OutboxRow.kind == kind)))


@pytest.mark.parametrize("is_approved", [False, True], ids=["under review", "approved"])
def test_coordinator_asks_once_and_the_agency_is_told(scene: Scene, is_approved: bool) -> None:
    if is_approved:
        make.approve(scene)
    with unit_of_work() as uow:
        uow.session.get_one(Project, scene.project_id).responsible_id = scene.specialist.user_id
    assert ask(scene, act_key="one press") == ask(scene, act_key="one press")
    assert mails(Mail.REOPEN_REQUESTED) == [scene.specialist.email]
    assert mails(Mail.TICKET_RECEIVED) == []
    ticket = db.session.scalars(select(Ticket)).one()
    assert (ticket.project_id, ticket.submission_id is not None, ticket.state, ticket.category) == (
        scene.project_id, True, TicketState.NEW, Category.UNLOCK
    )
    assert [message.text for message in ticket.messages] == [REASON]
    assert db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id.desc())).first() == "reopening:asked"
    with pytest.raises(Refused) as caught:
        ask(scene)
    assert caught.value.code == "already-asked"


def test_only_what_is_closed_can_be_asked_for_and_only_with_a_reason(scene: Scene) -> None:
    with pytest.raises(Refused) as caught:
        ask(scene, reason=" ")
    assert caught.value.field == "reason"
    for person in (scene.stranger, make.scene().coordinator):
        with pytest.raises(NotFound):
            ask(scene, who=person)
    with pytest.raises(Forbidden):
        ask(scene, who=scene.specialist)
    make.give_back(scene)
    with pytest.raises(Refused) as caught:
        ask(scene)
    assert caught.value.code == "wrong-state"


def test_specialist_declines_in_words_once(scene: Scene) -> None:
    request_id = ask(scene)
    with pytest.raises(Refused) as caught:
        decline(scene, request_id, answer="")
    assert caught.value.field == "answer"
    with pytest.raises(NotFound):
        decline(scene, request_id, who=scene.stranger)
    for _press in range(2):
        decline(scene, request_id)
    assert outcome(request_id) is ReopenOutcome.DECLINED
    assert mails(Mail.REOPEN_DECLINED) == [scene.coordinator.email]
    assert said() == (TicketState.SOLVED, [REASON, "Not now."])
    with pytest.raises(Refused) as caught:
        decline(scene, request_id, who=scene.colleague)
    assert caught.value.code == "already-answered"
    assert ask(scene) != request_id


def test_nobody_answers_for_a_project_of_their_own(scene: Scene) -> None:
    request_id = ask(scene)
    factories.access(user_id=scene.specialist.user_id, project_id=scene.project_id)
    with pytest.raises(Refused) as caught:
        decline(scene, request_id)
    assert caught.value.code == "own-project"


def test_a_decision_that_opens_the_results_answers_the_request_and_its_undo_lets_it_wait_again(scene: Scene) -> None:
    request_id = ask(scene)
    make.unlock(scene)
    assert outcome(request_id) is ReopenOutcome.UNLOCKED
    assert mails(Mail.REOPEN_DECLINED) == []
    decision_id = db.session.scalars(select(Decision.id)).one()
    with unit_of_work(now=clock.now() + timedelta(seconds=5)) as uow:
        undo(uow, actor=scene.specialist.actor, project_id=scene.project_id, decision_id=decision_id)
    assert outcome(request_id) is None
    assert said() == (TicketState.OPEN, [REASON])
    make.give_back(scene)
    assert outcome(request_id) is ReopenOutcome.RETURNED


def test_an_approval_leaves_the_request_waiting(scene: Scene) -> None:
    request_id = ask(scene)
    make.approve(scene)
    assert outcome(request_id) is None
