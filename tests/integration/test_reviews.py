"""Claims, verdicts and "let pass" (DOMAIN §3, §4)."""

import contextvars
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.errors import DomainError, Forbidden, NotFound, Refused, Stale
from backoffice.domain.permissions import Actor, Role
from backoffice.domain.reviews import Verdict
from backoffice.models import AuditEvent, ItemVerdict, Project, ReviewClaim, StoredFile
from backoffice.services import decisions, reviews
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews as make
from tests.factories.reviews import Scene


@pytest.fixture
def scene(session: Session) -> Scene:
    scene = make.scene()
    make.submit(scene)
    return scene


def holder(scene: Scene) -> int | None:
    db.session.rollback()
    row = db.session.get(ReviewClaim, scene.project_id)
    return row.user_id if row else None


def actions() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


def test_a_claim_has_one_winner_until_it_ends(scene: Scene) -> None:
    make.claim(scene)
    with pytest.raises(Refused) as caught:
        make.claim(scene, who=scene.colleague)
    assert caught.value.code == "claimed"
    assert holder(scene) == scene.specialist.user_id
    with unit_of_work(now=clock.now() + timedelta(minutes=21)) as uow:
        reviews.claim(uow, actor=scene.colleague.actor, project_id=scene.project_id)
    assert holder(scene) == scene.colleague.user_id


def test_release_gives_it_back_and_only_the_holder_can(scene: Scene) -> None:
    make.claim(scene)
    for person, expected in ((scene.colleague, scene.specialist.user_id), (scene.specialist, None)):
        with unit_of_work() as uow:
            reviews.release(uow, actor=person.actor, project_id=scene.project_id)
        assert holder(scene) == expected


def test_takeover_leaves_an_audit_event_and_names_who_lost_it(scene: Scene) -> None:
    make.claim(scene)
    with unit_of_work() as uow:
        reviews.take_over(uow, actor=scene.colleague.actor, project_id=scene.project_id)
    assert holder(scene) == scene.colleague.user_id
    assert db.session.get_one(ReviewClaim, scene.project_id).lost_by_id == scene.specialist.user_id
    assert "review:taken-over" in actions()
    with pytest.raises(Refused) as caught, unit_of_work() as uow:
        reviews.keep(uow, actor=scene.specialist.actor, project_id=scene.project_id)
    assert caught.value.code == "claim-lost"


def test_work_renews_the_lease(scene: Scene) -> None:
    make.claim(scene)
    later = clock.now() + timedelta(minutes=15)
    with unit_of_work(now=later) as uow:
        reviews.keep(uow, actor=scene.specialist.actor, project_id=scene.project_id)
    db.session.rollback()
    assert db.session.get_one(ReviewClaim, scene.project_id).until_at == later + timedelta(minutes=20)


@pytest.mark.parametrize("who", ["helpdesk", "stranger", "own"])
def test_who_may_not_decide_cannot_claim(scene: Scene, who: str) -> None:
    actor, error = scene.stranger.actor, NotFound
    if who == "helpdesk":
        actor, error = factories.staff(Role.HELPDESK, agency_id=scene.agency_id).actor, Forbidden
    if who == "own":
        factories.access(user_id=scene.specialist.user_id, project_id=scene.project_id)
        actor, error = scene.specialist.actor, Refused
    with pytest.raises(error), unit_of_work() as uow:
        reviews.claim(uow, actor=actor, project_id=scene.project_id)
    assert holder(scene) is None


def test_claim_next_deals_the_oldest_first_and_never_an_own_project(scene: Scene) -> None:
    with unit_of_work() as uow:
        uow.session.get_one(Project, scene.project_id).waiting_since_at = clock.now() - timedelta(days=3)
    factories.access(user_id=scene.colleague.user_id, project_id=scene.project_id)
    with unit_of_work() as uow:
        assert reviews.claim_next(uow, actor=scene.colleague.actor) is None
    with unit_of_work() as uow:
        dealt = reviews.claim_next(uow, actor=scene.specialist.actor)
        assert dealt is not None
        assert dealt.id == scene.project_id


@pytest.mark.slow
def test_many_reviewers_at_once_are_never_dealt_the_same(app: Flask, scene: Scene) -> None:
    for _number in range(5):
        project_id = factories.project(agency_id=scene.agency_id)
        factories.result(project_id=project_id)
        person = factories.coordinator(project_id)
        other = make.Scene(
            agency_id=scene.agency_id, project_id=project_id, result_ids=(), coordinator=person,
            specialist=scene.specialist, colleague=scene.colleague, stranger=scene.stranger,
        )
        make.submit(other)
    people = [factories.staff(Role.SPECIALIST, agency_id=scene.agency_id).actor for _ in range(8)]
    db.session.rollback()

    def deal(actor: Actor) -> int | None:
        def run() -> int | None:
            with app.app_context(), unit_of_work() as uow:
                project = reviews.claim_next(uow, actor=actor)
                return project.id if project else None

        return contextvars.Context().run(run)

    with ThreadPoolExecutor(8) as pool:
        dealt = [project_id for project_id in pool.map(deal, people) if project_id is not None]
    assert len(dealt) == len(set(dealt)) == 6


@pytest.mark.slow
def test_of_two_who_decide_at_once_one_wins(app: Flask, scene: Scene) -> None:
    make.claim(scene)
    make.accept_all(scene)
    seen = make.seen(scene.project_id)

    def decide(act: str) -> str:
        def run() -> str:
            try:
                with app.app_context(), unit_of_work() as uow:
                    actor, project_id = scene.specialist.actor, scene.project_id
                    if act == "approve":
                        decisions.approve(uow, actor=actor, project_id=project_id, seen=make.replace(seen, act_key="a"))
                    else:
                        decisions.give_back(
                            uow, actor=actor, project_id=project_id, seen=make.replace(seen, act_key="b"), reason="No."
                        )
            except DomainError as error:
                return error.code
            return "done"

        return contextvars.Context().run(run)

    db.session.rollback()
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(decide, ["approve", "return"])) == ["done", "stale"]


def test_a_verdict_needs_the_claim_and_the_digest_seen(scene: Scene) -> None:
    key = f"result:{scene.result_ids[0]}"
    with pytest.raises(Refused):
        make.judge(scene, key=key)
    make.claim(scene)
    with pytest.raises(Stale), unit_of_work() as uow:
        reviews.judge(
            uow, actor=scene.specialist.actor, project_id=scene.project_id, key=key, seen_digest="0" * 64,
            verdict=Verdict.ACCEPTED,
        )
    make.judge(scene, key=key)
    db.session.rollback()
    assert db.session.scalars(select(ItemVerdict.verdict)).one() is Verdict.ACCEPTED


def test_asking_for_changes_needs_a_comment_and_a_word_can_be_taken_back(scene: Scene) -> None:
    make.claim(scene)
    key = "summary"
    digest = make.digests(scene)[key]
    with pytest.raises(Refused) as caught, unit_of_work() as uow:
        reviews.judge(
            uow, actor=scene.specialist.actor, project_id=scene.project_id, key=key, seen_digest=digest,
            verdict=Verdict.CHANGES_REQUESTED, comment=" \n",
        )
    assert caught.value.field == "comment"
    make.judge(scene, key=key, comment="Too short.")
    with unit_of_work() as uow:
        reviews.judge(
            uow, actor=scene.specialist.actor, project_id=scene.project_id, key=key, seen_digest=digest, verdict=None
        )
    db.session.rollback()
    assert db.session.scalars(select(ItemVerdict)).all() == []


def test_specialist_lets_an_unscannable_file_pass_with_a_reason(scene: Scene) -> None:
    db.session.rollback()
    file_id = db.session.scalars(select(StoredFile.id).order_by(StoredFile.id)).first()
    assert file_id is not None
    with pytest.raises(Refused), unit_of_work() as uow:
        reviews.let_pass(
            uow, actor=scene.specialist.actor, project_id=scene.project_id, file_id=file_id, reason=""
        )
    with unit_of_work() as uow:
        reviews.let_pass(
            uow, actor=scene.specialist.actor, project_id=scene.project_id, file_id=file_id, reason="Opened by hand."
        )
    assert "file:passed" in actions()
