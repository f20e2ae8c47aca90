"""Undo (DOMAIN §3): allowed, too late, mail gone, another person, another agency, followed by an edit, a submission or
a decision, own project; the audit keeps both, the mails are withdrawn, public page and gate are as before."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.errors import DomainError, Forbidden, NotFound, Refused
from backoffice.domain.notices import OutboxState
from backoffice.domain.permissions import Role
from backoffice.domain.projects import Status
from backoffice.domain.results import ResultType
from backoffice.models import AuditEvent, ChangeRequest, Decision, OutboxRow, Project, Result, ReviewClaim
from backoffice.queries import gate, published
from backoffice.queries import outbox as outbox_queries
from backoffice.services import decisions, outbox, results
from backoffice.services.results import ResultValues
from backoffice.services.undo import undo
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews as make
from tests.factories.reviews import Scene
from tests.factories.users import Person
from tests.support.rows import facts

pytestmark = pytest.mark.usefixtures("session")


def _returned(scene: Scene) -> None:
    make.submit(scene)
    make.claim(scene)
    make.judge(scene, key=f"result:{scene.result_ids[0]}", comment="For whom is it?")


def _approved(scene: Scene) -> None:
    make.submit(scene)
    make.claim(scene)
    make.accept_all(scene)


def _unlocked(scene: Scene) -> None:
    make.submit(scene)
    make.approve(scene)


def _give_back(scene: Scene) -> int:
    return _decide(scene, decisions.give_back)


def _approve(scene: Scene) -> int:
    return _decide(scene, decisions.approve)


def _unlock(scene: Scene) -> int:
    return _decide(scene, decisions.unlock, reason="An error was found.")


def _decide(scene: Scene, run: Callable[..., Decision], **more: Any) -> int:
    with unit_of_work() as uow:
        seen = make.seen_in(uow.session, scene.project_id)
        return run(uow, actor=scene.specialist.actor, project_id=scene.project_id, seen=seen, **more).id


CASES = [(_returned, _give_back), (_approved, _approve), (_unlocked, _unlock)]


@pytest.fixture
def scene(session: Session) -> Scene:
    return make.scene()


def take_back(scene: Scene, decision_id: int, *, who: Person | None = None, after: int = 0) -> None:
    with unit_of_work(now=clock.now() + timedelta(seconds=after)) as uow:
        undo(
            uow, actor=(who or scene.specialist).actor, project_id=scene.project_id, decision_id=decision_id
        )


def refused(scene: Scene, decision_id: int, error: type[DomainError], **how: Any) -> str:
    before = facts()
    with pytest.raises(error) as caught:
        take_back(scene, decision_id, **how)
    assert facts() == before
    return caught.value.code


def state(scene: Scene) -> dict[str, Any]:
    """All that a decision may change and that others read: row, items, requests, claim, public page, gate."""
    db.session.rollback()
    project = db.session.get_one(Project, scene.project_id)
    names = (
        "status", "status_since_at", "waiting_since_at", "due_on", "published_submission_id", "first_approved_at",
        "is_summary_open", "queue_place",
    )
    moment = published.moment(db.session(), now=clock.now())
    answer = gate.one(db.session(), project)
    claim = db.session.get(ReviewClaim, project.id)
    return {name: getattr(project, name) for name in names} | {
        "open": [result.is_open for result in project.results],
        "requests": list(db.session.scalars(select(ChangeRequest.key).where(ChangeRequest.is_current))),
        "claim": claim.user_id if claim else None,
        "public": [item.id for item in db.session.scalars(published.items(moment))],
        "gate": (answer.state, answer.may_approve, answer.by, answer.submission),
    }


@pytest.mark.parametrize(("prepare", "decide"), CASES, ids=["return", "approve", "unlock"])
def test_who_decided_takes_it_back_within_the_minute_and_nobody_is_mailed(
    scene: Scene, prepare: Callable[[Scene], None], decide: Callable[[Scene], int]
) -> None:
    prepare(scene)
    before = state(scene)
    decision_id = decide(scene)
    changed_at = db.session.get_one(Project, scene.project_id).gate_changed_at
    assert state(scene) != before
    take_back(scene, decision_id, after=50)
    assert state(scene) == before
    # Who follows the list of the gate reads the undo after the decision.
    assert db.session.get_one(Project, scene.project_id).gate_changed_at > changed_at
    mails = db.session.scalars(select(OutboxRow).where(OutboxRow.decision_id == decision_id)).all()
    assert [mail.state for mail in mails] == [OutboxState.WITHDRAWN]
    late = clock.now() + timedelta(hours=1)
    assert mails[0].id not in db.session.scalars(outbox_queries.due(now=late)).all()
    told = db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id.desc()).limit(2)).all()
    assert told[0] == "project:undone"
    assert told[1] in {"project:returned", "project:approved", "project:unlocked"}
    written = facts()
    take_back(scene, decision_id)  # the second press
    assert facts() == written


def test_after_an_undo_the_same_decision_mails_again(scene: Scene) -> None:
    _approved(scene)
    take_back(scene, _approve(scene))
    second = _approve(scene)
    mails = db.session.scalars(select(OutboxRow).where(OutboxRow.decision_id == second)).all()
    assert [mail.state for mail in mails] == [OutboxState.WAITING]


def test_it_is_too_late_after_a_minute_and_once_the_mail_is_on_its_way(scene: Scene) -> None:
    _approved(scene)
    decision_id = _approve(scene)
    assert refused(scene, decision_id, Refused, after=61) == "too-late"
    with unit_of_work(now=clock.now() + timedelta(seconds=61)) as uow:
        row = uow.session.scalars(select(OutboxRow).where(OutboxRow.decision_id == decision_id)).one()
        assert outbox.claim(uow, row_id=row.id) is not None
    assert refused(scene, decision_id, Refused, after=30) == "too-late"


def test_nobody_else_takes_it_back(scene: Scene) -> None:
    _approved(scene)
    decision_id = _approve(scene)
    assert refused(scene, decision_id, Refused, who=scene.colleague) == "other-person"
    refused(scene, decision_id, Forbidden, who=factories.staff(Role.HELPDESK, agency_id=scene.agency_id))
    refused(scene, decision_id, Forbidden, who=scene.coordinator)
    refused(scene, decision_id, NotFound, who=scene.stranger)
    other = make.scene()
    _approved(other)
    with pytest.raises(NotFound):
        take_back(other, decision_id)  # a decision of another project
    factories.access(user_id=scene.specialist.user_id, project_id=scene.project_id)
    assert refused(scene, decision_id, Refused) == "own-project"


def _edit(scene: Scene) -> None:
    with unit_of_work() as uow:
        result = uow.session.get_one(Result, scene.result_ids[0])
        results.edit(
            uow, actor=scene.coordinator.actor, result_id=result.id, seen_version=result.version,
            values=ResultValues(
                title="Another title", description=result.description, type=ResultType.HANDBOOK,
                languages=result.languages, link="", do_not_publish=False, do_not_publish_reason="",
            ),
        )


def _edit_and_submit(scene: Scene) -> None:
    _edit(scene)
    make.submit(scene)


@pytest.mark.parametrize("follow", [_edit, _edit_and_submit], ids=["edit", "submission"])
def test_what_the_coordinator_did_since_is_never_undone(scene: Scene, follow: Callable[[Scene], None]) -> None:
    _returned(scene)
    decision_id = _give_back(scene)
    follow(scene)
    assert refused(scene, decision_id, Refused) == "followed"


def test_a_further_decision_stands_before_it(scene: Scene) -> None:
    _approved(scene)
    first = _approve(scene)
    second = _unlock(scene)
    assert refused(scene, first, Refused) == "followed"
    take_back(scene, second)
    db.session.rollback()
    assert db.session.get_one(Project, scene.project_id).status is Status.APPROVED
