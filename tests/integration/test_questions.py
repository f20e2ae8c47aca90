"""The question that is not a return (DOMAIN §3): asked, answered, its place in the queue, and what it never moves."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.errors import Forbidden, NotFound, Refused
from backoffice.domain.notices import Mail
from backoffice.domain.permissions import Role
from backoffice.domain.projects import Status
from backoffice.domain.reviews import QueuePlace
from backoffice.domain.tickets import Channel, TicketState
from backoffice.models import AuditEvent, Decision, OutboxRow, Project, Ticket
from backoffice.queries import reviews as review_queries
from backoffice.services import questions, reviews, tickets
from backoffice.services.tickets import Incoming
from backoffice.services.undo import undo
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews as make
from tests.factories.reviews import Scene
from tests.factories.users import Person

QUESTION = "Which partner made the videos?"


@pytest.fixture
def scene(session: Session) -> Scene:
    scene = make.scene()
    make.submit(scene)
    return scene


def ask(scene: Scene, *, who: Person | None = None, question: str = QUESTION, act_key: str = "") -> int:
    with unit_of_work() as uow:
        return questions.ask(
            uow, actor=(who or scene.specialist).actor, project_id=scene.project_id, question=question,
            subject="Question about the results", act_key=act_key,
        ).id


def answer(scene: Scene, ticket_id: int, *, who: Person | None = None, words: str = "The one in Tallinn.") -> None:
    with unit_of_work() as uow:
        questions.answer(
            uow, actor=(who or scene.coordinator).actor, project_id=scene.project_id, ticket_id=ticket_id, words=words
        )


def project(scene: Scene) -> Project:
    db.session.rollback()
    return db.session.get_one(Project, scene.project_id)


def test_specialist_asks_all_with_access_and_the_status_does_not_move(scene: Scene) -> None:
    second = factories.person()
    factories.access(user_id=second.user_id, project_id=scene.project_id)
    version = project(scene).version
    assert ask(scene, act_key="one press") == ask(scene, act_key="one press")
    ticket = db.session.scalars(select(Ticket)).one()
    assert (ticket.state, ticket.requester_id, ticket.assignee_id, ticket.answer_due_at) == (
        TicketState.WAITING, scene.coordinator.user_id, scene.specialist.user_id, None
    )
    assert ticket.submission_id is not None
    found = project(scene)
    assert (found.status, found.version, found.queue_place) == (Status.UNDER_REVIEW, version, QueuePlace.ASKED)
    rows = db.session.scalars(select(OutboxRow).where(OutboxRow.kind.in_((Mail.QUESTION, Mail.TICKET_RECEIVED)))).all()
    assert sorted(row.to for row in rows) == sorted((scene.coordinator.email, second.email))
    assert "review:asked" in db.session.scalars(select(AuditEvent.action)).all()
    with pytest.raises(Refused) as caught:
        ask(scene, who=scene.colleague)
    assert caught.value.code == "already-asked"


def test_who_may_ask_and_when(scene: Scene) -> None:
    for person, error in (
        (scene.stranger, NotFound), (scene.coordinator, Forbidden),
        (factories.staff(Role.HELPDESK, agency_id=scene.agency_id), Forbidden),
    ):
        with pytest.raises(error):
            ask(scene, who=person)
    with pytest.raises(Refused) as caught:
        ask(scene, question="  ")
    assert caught.value.field == "question"
    make.approve(scene)
    with pytest.raises(Refused) as caught:
        ask(scene)
    assert caught.value.code == "wrong-state"


def _older(scene: Scene) -> int:
    """Another review of the agency, which waits longer."""
    project_id = factories.project(agency_id=scene.agency_id)
    with unit_of_work() as uow:
        row = uow.session.get_one(Project, project_id)
        row.status, row.waiting_since_at = Status.UNDER_REVIEW, uow.now - timedelta(days=90)
    return project_id


def _queue(scene: Scene) -> list[int]:
    db.session.rollback()
    now = clock.now()
    query = review_queries.queue(scene.specialist.actor, now=now, today=now.date())
    return [row.id for row in db.session.scalars(query.order_by(*review_queries.QUEUE_ORDER))]


def test_while_it_waits_the_review_stands_last_and_the_answer_brings_it_to_the_front(scene: Scene) -> None:
    older, younger = _older(scene), factories.project(agency_id=scene.agency_id)
    with unit_of_work() as uow:
        row = uow.session.get_one(Project, younger)
        row.status, row.waiting_since_at = Status.UNDER_REVIEW, uow.now + timedelta(days=1)
    assert _queue(scene) == [older, scene.project_id, younger]
    ticket_id = ask(scene)
    assert _queue(scene) == [older, younger, scene.project_id]
    with unit_of_work() as uow:
        dealt = reviews.claim_next(uow, actor=scene.colleague.actor)
        assert dealt is not None
        assert dealt.id == older  # a review that waits for an answer is not dealt before the others
    answer(scene, ticket_id)
    assert _queue(scene) == [scene.project_id, older, younger]
    ticket = db.session.get_one(Ticket, ticket_id)
    assert ticket.state is TicketState.OPEN
    assert [message.text for message in ticket.messages] == [QUESTION, "The one in Tallinn."]
    with unit_of_work() as uow:
        questions.settle(uow, actor=scene.specialist.actor, project_id=scene.project_id)
    assert _queue(scene) == [older, scene.project_id, younger]


def test_an_answer_by_mail_does_the_same(scene: Scene) -> None:
    ticket_id = ask(scene)
    with unit_of_work() as uow:
        tickets.receive(uow, ticket_id=ticket_id, incoming=Incoming(
            text="Tallinn.", requester_id=scene.coordinator.user_id, channel=Channel.MAIL
        ))
    assert project(scene).queue_place == QueuePlace.ANSWERED


def test_a_question_that_needs_no_answer_any_more_is_solved(scene: Scene) -> None:
    ticket_id = ask(scene)
    with unit_of_work() as uow:
        questions.settle(uow, actor=scene.specialist.actor, project_id=scene.project_id)
    assert project(scene).queue_place == QueuePlace.PLAIN
    assert db.session.get_one(Ticket, ticket_id).state is TicketState.SOLVED


def test_only_who_has_access_answers_and_only_what_was_asked_there(scene: Scene) -> None:
    ticket_id = ask(scene)
    other = make.scene()
    with pytest.raises(NotFound):
        answer(scene, ticket_id, who=other.coordinator)
    with pytest.raises(NotFound):
        answer(other, ticket_id, who=other.coordinator)
    with pytest.raises(Refused) as caught:
        answer(scene, ticket_id, words=" ")
    assert caught.value.field == "answer"


def test_a_decision_ends_the_wait_and_its_undo_lets_it_wait_again(scene: Scene) -> None:
    ask(scene)
    make.approve(scene)
    assert project(scene).queue_place == QueuePlace.PLAIN
    decision_id = db.session.scalars(select(Decision.id)).one()
    with unit_of_work() as uow:
        undo(uow, actor=scene.specialist.actor, project_id=scene.project_id, decision_id=decision_id)
    assert project(scene).queue_place == QueuePlace.ASKED
