"""What happened to a person lately, and the facts behind the likely cause."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from backoffice.db import db
from backoffice.domain import causes, clock
from backoffice.domain.causes import Cause, Cure
from backoffice.domain.errors import Refused
from backoffice.domain.happenings import Kind
from backoffice.domain.notices import Mail, OutboxState
from backoffice.domain.permissions import Actor, Role
from backoffice.models import Project, SignInAttempt, User
from backoffice.queries import happenings
from backoffice.services import access, files, outbox
from backoffice.services.outbox import Recipient
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews as make
from tests.factories.reviews import Scene

NEW = "ilze.p@new-school.example"


@pytest.fixture
def scene(session: Session) -> Scene:
    return make.scene()


def attempt(email: str, outcome: str, *, minutes: int) -> None:
    with unit_of_work() as uow:
        at = uow.now - timedelta(minutes=minutes)
        uow.session.add(SignInAttempt(email=email, network="192.0.2.1", at=at, outcome=outcome))


def lately(scene: Scene, email: str, *, agency_id: int | None = None) -> list[tuple[Kind, int]]:
    db.session.rollback()
    project = db.session.get_one(Project, scene.project_id)
    found = happenings.lately(
        db.session(), agency_id=agency_id or scene.agency_id, email=email,
        project=None if agency_id else project, now=clock.now(),
    )
    return [(one.kind, one.count) for one in found]


def likely(scene: Scene, email: str) -> causes.Finding:
    db.session.rollback()
    project = db.session.get_one(Project, scene.project_id)
    facts = happenings.facts(
        db.session(), agency_id=scene.agency_id, email=email, project=project, now=clock.now()
    )
    return causes.likely(facts)[0]


def test_refused_sign_ins_in_a_row_are_one_line_and_name_the_wrong_address(scene: Scene) -> None:
    attempt(NEW, "refused", minutes=9)
    attempt(NEW, "refused", minutes=5)
    assert lately(scene, NEW) == [(Kind.SIGN_IN_REFUSED, 2)]
    finding = likely(scene, NEW)
    assert finding.cause is Cause.WRONG_ADDRESS
    assert finding.values == {"invited": scene.coordinator.email, "email": NEW}
    assert finding.cures[0] is Cure.GIVE_ACCESS


def test_a_sign_in_that_went_well_settles_the_refusals_before_it(scene: Scene) -> None:
    email = scene.coordinator.email
    attempt(email, "refused", minutes=9)
    assert likely(scene, email).cause is Cause.NEVER_TOLD  # no mail about the access ever left
    with unit_of_work() as uow:
        outbox.publish(
            uow, kind=Mail.ACCESS, key="x", to=Recipient(email=email, language="en"), agency_id=scene.agency_id,
            project_id=scene.project_id, params={},
        )
    with unit_of_work() as uow:
        uow.session.get_one(User, scene.coordinator.user_id).last_sign_in_at = uow.now
    assert likely(scene, email).cause is Cause.WRONG_PASSWORD
    attempt(email, "granted", minutes=5)
    assert likely(scene, email).cause is Cause.NOTHING
    assert lately(scene, email)[1:] == [(Kind.SIGNED_IN, 1), (Kind.SIGN_IN_REFUSED, 1)]


def test_access_mails_files_and_decisions_are_told_in_the_order_of_time(scene: Scene) -> None:
    boss = admin(scene)
    with unit_of_work() as uow:
        row = access.grant(uow, actor=boss, project_id=scene.project_id, email=NEW)
        row_id = row.id
    with unit_of_work() as uow:
        outbox.publish(
            uow, kind=Mail.REMINDER, key="late", to=Recipient(email=NEW, language="en"), agency_id=scene.agency_id,
            project_id=scene.project_id, state=OutboxState.SUPPRESSED,
        )
    with unit_of_work() as uow:
        files.note_refused(
            uow, actor=scene.coordinator.actor, project_id=scene.project_id,
            refusals=[Refused("“%(name)s” is too big.", field="files", code="file-too-big", values={"name": "a.mp4"})],
        )
    make.submit(scene)
    make.give_back(scene)
    with unit_of_work() as uow:
        access.end(uow, actor=boss, access_id=row_id, reason="Left the school.")
    assert [kind for kind, _ in lately(scene, NEW)] == [
        Kind.ACCESS_ENDED, Kind.RETURNED, Kind.SUBMITTED, Kind.MAIL_SUPPRESSED, Kind.ACCESS_GIVEN,
    ]
    assert likely(scene, NEW).cause is Cause.ACCESS_ENDED
    assert Kind.FILE_REFUSED in {kind for kind, _ in lately(scene, scene.coordinator.email)}
    facts = happenings.facts(
        db.session(), agency_id=scene.agency_id, email=scene.coordinator.email,
        project=db.session.get_one(Project, scene.project_id), now=clock.now(),
    )
    assert facts.file_refused == ("“%(name)s” is too big.", {"name": "a.mp4"})


def test_another_agency_sees_nothing_of_its_mails_and_access(scene: Scene) -> None:
    boss = admin(scene)
    with unit_of_work() as uow:
        access.grant(uow, actor=boss, project_id=scene.project_id, email=NEW)
    assert lately(scene, NEW)
    assert lately(scene, NEW, agency_id=factories.agency()) == []


def admin(scene: Scene) -> Actor:
    return factories.staff(Role.AGENCY_ADMIN, agency_id=scene.agency_id).actor
