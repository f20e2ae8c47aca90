"""Every transition (DOMAIN §3): allowed, wrong state, wrong role, other agency, own project, stale, audit row,
outbox row, and nothing on failure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.errors import DomainError, Forbidden, NotFound, Refused, Stale
from backoffice.domain.files import FileCheck
from backoffice.domain.notices import Mail
from backoffice.domain.permissions import Actor, Role
from backoffice.domain.projects import GrantState, Status
from backoffice.domain.reviews import Reopens
from backoffice.domain.transitions import TRANSITIONS, Name
from backoffice.models import (
    AuditEvent,
    ChangeRequest,
    Decision,
    OutboxRow,
    Project,
    Result,
    ReviewClaim,
    StoredFile,
    Submission,
)
from backoffice.queries import reviews
from backoffice.queries import submissions as submission_queries
from backoffice.services import decisions, results, submissions
from backoffice.services.decisions import Seen
from backoffice.services.results import ResultValues
from backoffice.services.uow import UnitOfWork, unit_of_work
from tests import factories
from tests.factories import reviews as make
from tests.factories.reviews import Scene
from tests.support.rows import facts

pytestmark = pytest.mark.usefixtures("session")


def _submit(uow: UnitOfWork, actor: Actor, scene: Scene, seen: Seen) -> object:
    return submissions.submit(
        uow, actor=actor, project_id=scene.project_id, seen_version=seen.version, is_confirmed=True,
        act_key=seen.act_key,
    )


def _return(uow: UnitOfWork, actor: Actor, scene: Scene, seen: Seen) -> object:
    return decisions.give_back(
        uow, actor=actor, project_id=scene.project_id, seen=seen, reason="The logo of the programme is missing."
    )


def _approve(uow: UnitOfWork, actor: Actor, scene: Scene, seen: Seen) -> object:
    return decisions.approve(uow, actor=actor, project_id=scene.project_id, seen=seen)


def _unlock(uow: UnitOfWork, actor: Actor, scene: Scene, seen: Seen) -> object:
    return decisions.unlock(uow, actor=actor, project_id=scene.project_id, seen=seen, reason="An error was found.")


def _ready_open(scene: Scene) -> None:
    """Open and submittable, as the factory makes it."""


def _ready_review(scene: Scene) -> None:
    make.submit(scene)
    make.claim(scene)
    make.accept_all(scene)


def _ready_approved(scene: Scene) -> None:
    make.submit(scene)
    make.approve(scene)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One transition, how to get to its door, and who goes through it."""

    name: Name
    prepare: Callable[[Scene], None]
    run: Callable[[UnitOfWork, Actor, Scene, Seen], object]

    def actor(self, scene: Scene) -> Actor:
        return (scene.coordinator if self.name is Name.SUBMIT else scene.specialist).actor


ACTS = [
    Act(name=Name.SUBMIT, prepare=_ready_open, run=_submit),
    Act(name=Name.RETURN, prepare=_ready_review, run=_return),
    Act(name=Name.APPROVE, prepare=_ready_review, run=_approve),
    Act(name=Name.UNLOCK, prepare=_ready_approved, run=_unlock),
]


@pytest.fixture(params=ACTS, ids=lambda act: act.name.value)
def act(request: pytest.FixtureRequest) -> Act:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def scene(session: Session) -> Scene:
    return make.scene()


def refused(act: Act, scene: Scene, actor: Actor, seen: Seen, error: type[DomainError]) -> DomainError:
    """The transition is refused in this way, and nothing is written."""
    before = facts()
    with pytest.raises(error) as caught, unit_of_work() as uow:
        act.run(uow, actor, scene, seen)
    assert facts() == before
    return caught.value


def status(scene: Scene) -> Status:
    db.session.rollback()
    return db.session.get_one(Project, scene.project_id).status


def test_the_right_person_in_the_right_state_changes_it_with_audit_and_mail(act: Act, scene: Scene) -> None:
    act.prepare(scene)
    seen = make.seen(scene.project_id)
    with unit_of_work() as uow:
        act.run(uow, act.actor(scene), scene, seen)
    row = TRANSITIONS[act.name]
    assert status(scene) is row.target
    event = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event is not None
    assert (event.action, event.actor_id, event.project_id) == (
        row.audit, act.actor(scene).user_id, scene.project_id
    )
    mails = db.session.scalars(select(OutboxRow).where(OutboxRow.kind == Mail(row.mail))).all()
    assert [mail.to for mail in mails] == [scene.coordinator.email]
    waits = timedelta(0) if act.name is Name.SUBMIT else timedelta(seconds=60)
    assert mails[0].due_at - mails[0].created_at == waits
    assert db.session.get(ReviewClaim, scene.project_id) is None


def test_wrong_state_is_refused(act: Act, scene: Scene) -> None:
    act.prepare(scene)
    with unit_of_work() as uow:
        project = uow.session.get_one(Project, scene.project_id)
        project.status = next(s for s in Status if s not in TRANSITIONS[act.name].sources)
    assert refused(act, scene, act.actor(scene), make.seen(scene.project_id), Refused).code == "wrong-state"


def test_wrong_role_is_refused(act: Act, scene: Scene) -> None:
    act.prepare(scene)
    helpdesk = factories.staff(Role.HELPDESK, agency_id=scene.agency_id)
    other_side = scene.specialist if act.name is Name.SUBMIT else scene.coordinator
    for person in (helpdesk, other_side):
        refused(act, scene, person.actor, make.seen(scene.project_id), Forbidden)


def test_another_agency_and_another_coordinator_learn_nothing(act: Act, scene: Scene) -> None:
    act.prepare(scene)
    other = make.scene()
    for person in (scene.stranger, other.coordinator):
        refused(act, scene, person.actor, make.seen(scene.project_id), NotFound)


def test_a_stale_version_is_refused(act: Act, scene: Scene) -> None:
    act.prepare(scene)
    seen = make.seen(scene.project_id)
    refused(act, scene, act.actor(scene), replace(seen, version=seen.version - 1), Stale)


@pytest.mark.parametrize("act", ACTS[1:], indirect=True, ids=lambda act: act.name.value)
def test_a_decision_on_another_digest_is_refused(act: Act, scene: Scene) -> None:
    act.prepare(scene)
    refused(act, scene, scene.specialist.actor, replace(make.seen(scene.project_id), digest="0" * 64), Stale)


@pytest.mark.parametrize("act", ACTS[1:], indirect=True, ids=lambda act: act.name.value)
def test_nobody_decides_on_a_project_to_which_they_have_access(act: Act, scene: Scene) -> None:
    act.prepare(scene)
    factories.access(user_id=scene.specialist.user_id, project_id=scene.project_id)
    error = refused(act, scene, scene.specialist.actor, make.seen(scene.project_id), Refused)
    assert error.code == "own-project"


def test_the_second_press_answers_with_the_first_outcome_and_writes_nothing(act: Act, scene: Scene) -> None:
    act.prepare(scene)
    seen = make.seen(scene.project_id)
    with unit_of_work() as uow:
        first = act.run(uow, act.actor(scene), scene, seen).id  # type: ignore[attr-defined]
    before = facts()
    with unit_of_work() as uow:
        assert act.run(uow, act.actor(scene), scene, seen).id == first  # type: ignore[attr-defined]
    assert facts() == before


def test_an_error_after_the_change_leaves_nothing(act: Act, scene: Scene) -> None:
    act.prepare(scene)
    before = facts()

    def fail_late() -> None:
        with unit_of_work() as uow:
            act.run(uow, act.actor(scene), scene, make.seen_in(uow.session, scene.project_id))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_late()
    assert facts() == before


# Submit (S9, S14) ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "before", "after"),
    [
        ("2026-06-30", "2026-06-30T20:59:59", "2026-06-30T21:00:00"),  # summer time in Riga, UTC+3
        ("2026-01-31", "2026-01-31T21:59:59", "2026-01-31T22:00:00"),  # winter time, UTC+2
        ("2026-03-29", "2026-03-29T20:59:59", "2026-03-29T21:00:00"),  # the day on which the clock changes
    ],
)
def test_coordinator_submits_from_midnight_in_riga_on(scene: Scene, end: str, before: str, after: str) -> None:
    with unit_of_work() as uow:
        project = uow.session.get_one(Project, scene.project_id)
        project.start_date, project.end_date = None, datetime.fromisoformat(end).date()
    seen = make.seen(scene.project_id)
    with (
        pytest.raises(Refused) as caught,
        unit_of_work(now=datetime.fromisoformat(before).replace(tzinfo=UTC)) as uow,
    ):
        _submit(uow, scene.coordinator.actor, scene, seen)
    assert caught.value.code == "not-submittable"
    with unit_of_work(now=datetime.fromisoformat(after).replace(tzinfo=UTC)) as uow:
        _submit(uow, scene.coordinator.actor, scene, seen)
    assert status(scene) is Status.UNDER_REVIEW


@pytest.mark.parametrize(
    ("field", "value", "is_open"),
    [
        ("report_handed_in_on", 0, True),
        ("report_handed_in_on", 1, False),
        ("grant_state", GrantState.TERMINATED, True),
        ("grant_state", GrantState.CANCELLED, False),
        ("grant_state", GrantState.FINALISED, False),
    ],
)
def test_a_running_project_is_submittable_by_its_facts(
    scene: Scene, field: str, value: int | GrantState, is_open: bool
) -> None:
    with unit_of_work() as uow:
        project = uow.session.get_one(Project, scene.project_id)
        today = clock.day_of(uow.now, time_zone="Europe/Riga")
        project.end_date = today + timedelta(days=100)
        setattr(project, field, today + timedelta(days=value) if isinstance(value, int) else value)
    act = ACTS[0]
    if is_open:
        make.submit(scene)
        assert status(scene) is Status.UNDER_REVIEW
    else:
        refused(act, scene, scene.coordinator.actor, make.seen(scene.project_id), Refused)


def test_submit_without_end_date_and_report_is_refused(scene: Scene) -> None:
    with unit_of_work() as uow:
        uow.session.get_one(Project, scene.project_id).end_date = None
    refused(ACTS[0], scene, scene.coordinator.actor, make.seen(scene.project_id), Refused)


def test_submit_with_an_error_of_the_checklist_is_refused(scene: Scene) -> None:
    with unit_of_work() as uow:
        uow.session.get_one(Result, scene.result_ids[0]).description = ""
    error = refused(ACTS[0], scene, scene.coordinator.actor, make.seen(scene.project_id), Refused)
    assert error.code == "checklist"


def test_warnings_are_confirmed_once(scene: Scene) -> None:
    seen = make.seen(scene.project_id)
    with pytest.raises(Refused) as caught, unit_of_work() as uow:
        submissions.submit(uow, actor=scene.coordinator.actor, project_id=scene.project_id, seen_version=seen.version)
    assert (caught.value.code, caught.value.field) == ("warnings", "is_confirmed")
    make.submit(scene)
    db.session.rollback()
    submission = db.session.scalars(select(Submission)).one()
    assert {"no-public-contact", "no-logo", "no-website", "no-summary"} <= set(submission.confirmed)


def test_a_submission_fixes_what_was_sent(scene: Scene) -> None:
    make.submit(scene)
    db.session.rollback()
    submission = db.session.scalars(select(Submission)).one()
    assert [item.key for item in submission.items] == [*(f"result:{i}" for i in scene.result_ids), "summary"]
    assert submission.items[0].files[0].sha256
    assert not any(result.is_open for result in submission.project.results)
    receivers = {(mail.kind, mail.to) for mail in db.session.scalars(select(OutboxRow))}
    address = submission.project.agency.review_address
    assert receivers == {(Mail.RECEIPT, scene.coordinator.email), (Mail.SUBMISSION_RECEIVED, address)}


# Return, approve, unlock -----------------------------------------------------------------------------------------


def test_a_return_reopens_what_changes_are_asked_for_and_nothing_else(scene: Scene) -> None:
    make.submit(scene)
    make.give_back(scene, comment="Say for which age it is.")
    db.session.rollback()
    project = db.session.get_one(Project, scene.project_id)
    assert [result.is_open for result in project.results] == [True, False]
    assert not project.is_summary_open
    request = db.session.scalars(select(ChangeRequest)).one()
    assert (request.key, request.comment, request.is_current) == (
        f"result:{scene.result_ids[0]}", "Say for which age it is.", True
    )
    assert project.due_on == clock.day_of(clock.now(), time_zone="Europe/Riga") + timedelta(days=14)
    values = ResultValues(
        title="New", description="", type=None, languages=(), link="", do_not_publish=False, do_not_publish_reason=""
    )
    with pytest.raises(Refused), unit_of_work() as uow:
        results.edit(
            uow, actor=scene.coordinator.actor, result_id=scene.result_ids[1], seen_version=1, values=values
        )
    with pytest.raises(Refused), unit_of_work() as uow:
        results.delete(uow, actor=scene.coordinator.actor, result_id=scene.result_ids[1])
    with unit_of_work() as uow:
        results.add(uow, actor=scene.coordinator.actor, project_id=scene.project_id, values=values)


@pytest.mark.parametrize(("reopens", "are_open"), [(Reopens.ADDITIONS, False), (Reopens.ALL, True)])
def test_a_return_without_comments_needs_a_reason_and_says_what_reopens(
    scene: Scene, reopens: Reopens, are_open: bool
) -> None:
    make.submit(scene)
    make.claim(scene)
    seen = make.seen(scene.project_id)
    with pytest.raises(Refused) as caught, unit_of_work() as uow:
        decisions.give_back(uow, actor=scene.specialist.actor, project_id=scene.project_id, seen=seen, reason=" ")
    assert caught.value.field == "reason"
    with unit_of_work() as uow:
        decisions.give_back(
            uow, actor=scene.specialist.actor, project_id=scene.project_id, seen=seen, reason="More.", reopens=reopens
        )
    db.session.rollback()
    project = db.session.get_one(Project, scene.project_id)
    assert {result.is_open for result in project.results} == {are_open}
    assert project.is_summary_open is are_open


@pytest.mark.parametrize("days", [0, 91])
def test_a_due_date_lies_one_to_ninety_days_ahead(scene: Scene, days: int) -> None:
    make.submit(scene)
    make.claim(scene)
    day = clock.day_of(clock.now(), time_zone="Europe/Riga") + timedelta(days=days)
    with pytest.raises(Refused) as caught, unit_of_work() as uow:
        decisions.give_back(
            uow, actor=scene.specialist.actor, project_id=scene.project_id,
            seen=make.seen_in(uow.session, scene.project_id), reason="More.", due_on=day,
        )
    assert caught.value.field == "due_on"


@pytest.mark.parametrize("act", ACTS[1:3], indirect=True, ids=lambda act: act.name.value)
def test_a_decision_needs_the_claim(act: Act, scene: Scene) -> None:
    act.prepare(scene)
    error = refused(act, scene, scene.colleague.actor, make.seen(scene.project_id), Refused)
    assert error.code == "claim-lost"
    with unit_of_work() as uow:
        uow.session.delete(uow.session.get_one(ReviewClaim, scene.project_id))
    assert refused(act, scene, scene.specialist.actor, make.seen(scene.project_id), Refused).code == "no-claim"


@pytest.mark.parametrize("act", ACTS[1:3], indirect=True, ids=lambda act: act.name.value)
def test_a_claim_that_ran_out_and_that_nobody_took_counts(act: Act, scene: Scene) -> None:
    act.prepare(scene)
    seen = make.seen(scene.project_id)
    with unit_of_work(now=clock.now() + timedelta(minutes=45)) as uow:
        act.run(uow, scene.specialist.actor, scene, seen)
    assert status(scene) is TRANSITIONS[act.name].target


def test_approve_wants_every_item_accepted(scene: Scene) -> None:
    make.submit(scene)
    make.claim(scene)
    make.judge(scene, key=f"result:{scene.result_ids[0]}")
    error = refused(ACTS[2], scene, scene.specialist.actor, make.seen(scene.project_id), Refused)
    assert error.code == "not-accepted"
    make.judge(scene, key=f"result:{scene.result_ids[1]}")
    make.judge(scene, key="summary", comment="Two sentences are missing.")
    refused(ACTS[2], scene, scene.specialist.actor, make.seen(scene.project_id), Refused)


@pytest.mark.parametrize("check", [FileCheck.WAITING, FileCheck.INFECTED, FileCheck.UNSCANNABLE])
def test_approve_is_refused_while_a_file_is_not_clean(scene: Scene, check: FileCheck) -> None:
    _ready_review(scene)
    with unit_of_work() as uow:
        file = uow.session.scalars(select(StoredFile).limit(1)).one()
        file.check_state = check
    error = refused(ACTS[2], scene, scene.specialist.actor, make.seen(scene.project_id), Refused)
    assert error.code == "file-unchecked"


def test_unlock_keeps_what_was_approved_public_and_reopens_the_scope(scene: Scene) -> None:
    _ready_approved(scene)
    with unit_of_work() as uow:
        decisions.unlock(
            uow, actor=scene.specialist.actor, project_id=scene.project_id,
            seen=make.seen_in(uow.session, scene.project_id), reason="An error.",
            scope=[f"result:{scene.result_ids[1]}"],
        )
    db.session.rollback()
    project = db.session.get_one(Project, scene.project_id)
    assert project.published_submission_id is not None
    assert [result.is_open for result in project.results] == [False, True]


def test_unlock_waits_for_the_colleague_who_holds_the_claim(scene: Scene) -> None:
    make.submit(scene)
    make.claim(scene, who=scene.colleague)
    assert refused(ACTS[3], scene, scene.specialist.actor, make.seen(scene.project_id), Refused).code == "claimed"


def test_unlock_without_a_reason_is_refused(scene: Scene) -> None:
    _ready_approved(scene)
    with pytest.raises(Refused) as caught, unit_of_work() as uow:
        decisions.unlock(
            uow, actor=scene.specialist.actor, project_id=scene.project_id,
            seen=make.seen_in(uow.session, scene.project_id), reason="",
        )
    assert caught.value.field == "reason"


def test_the_second_return_mails_again_with_its_own_number(scene: Scene) -> None:
    for _round in range(2):
        make.submit(scene)
        make.give_back(scene)
        with unit_of_work() as uow:
            result = uow.session.get_one(Result, scene.result_ids[0])
            results.edit(
                uow, actor=scene.coordinator.actor, result_id=result.id, seen_version=result.version,
                values=ResultValues(
                    title=result.title + "+", description=result.description, type=result.type,
                    languages=result.languages, link="", do_not_publish=False, do_not_publish_reason="",
                ),
            )
    db.session.rollback()
    mails = db.session.scalars(select(OutboxRow).where(OutboxRow.kind == Mail.ADDITIONS_REQUESTED)).all()
    assert len(mails) == 2
    told = db.session.scalars(select(OutboxRow).where(OutboxRow.kind == Mail.SUBMISSION_RECEIVED)).all()
    assert len(told) == 2  # the agency, of each submission
    assert [d.number for d in db.session.scalars(select(Decision).order_by(Decision.id))] == [1, 2]


def test_a_request_neither_acted_on_nor_answered_blocks_the_next_submission(scene: Scene) -> None:
    make.submit(scene)
    make.give_back(scene)
    seen = make.seen(scene.project_id)
    assert refused(ACTS[0], scene, scene.coordinator.actor, seen, Refused).code == "checklist"
    with unit_of_work() as uow:
        result = uow.session.get_one(Result, scene.result_ids[0])
        results.edit(
            uow, actor=scene.coordinator.actor, result_id=result.id, seen_version=result.version,
            values=ResultValues(
                title=result.title, description=result.description, type=result.type, languages=result.languages,
                link="", do_not_publish=False, do_not_publish_reason="", answer="It is for all ages.",
            ),
        )
    make.submit(scene)
    db.session.rollback()
    latest = db.session.scalars(select(Submission).order_by(Submission.id.desc())).first()
    assert latest is not None
    assert latest.items[0].answer == "It is for all ages."


def test_a_verdict_falls_only_when_that_result_changes(scene: Scene) -> None:
    make.submit(scene)
    make.claim(scene)
    make.judge(scene, key=f"result:{scene.result_ids[1]}")
    make.give_back(scene)
    with unit_of_work() as uow:
        result = uow.session.get_one(Result, scene.result_ids[0])
        results.edit(
            uow, actor=scene.coordinator.actor, result_id=result.id, seen_version=result.version,
            values=ResultValues(
                title="Another title", description=result.description, type=result.type, languages=result.languages,
                link="", do_not_publish=False, do_not_publish_reason="",
            ),
        )
    make.submit(scene)
    db.session.rollback()
    latest = db.session.scalar(submission_queries.latest(scene.project_id))
    assert latest is not None
    views = reviews.items(db.session(), latest)
    assert [(view.verdict, view.change.value) for view in views] == [
        (None, "changed"), ("accepted", "unchanged"), (None, "unchanged")
    ]
    assert views[0].request is not None
