"""The line between person, address and EU Login account, and the acts that mend it (issue: EU Login; DOMAIN §7)."""

import json
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain.errors import Forbidden, NotFound, Refused
from backoffice.domain.permissions import Role
from backoffice.domain.signin import Attempt, masked
from backoffice.models import Access, AuditEvent, AuditPersonal, EndedAddress, Identity, OutboxRow, User
from backoffice.services import access, identities
from backoffice.services.identities import Arrival
from backoffice.services.uow import unit_of_work
from tests import factories

ISSUER = "https://login.example/oauth2"


class Scene:
    """A project, its coordinator, and the helpdesk of the agency."""

    def __init__(self) -> None:
        self.agency_id = factories.agency()
        self.project_id = factories.project(agency_id=self.agency_id)
        self.anna = factories.person()
        self.access_id = factories.access(user_id=self.anna.user_id, project_id=self.project_id)
        self.helpdesk = factories.staff(Role.HELPDESK, agency_id=self.agency_id)

    def move(self, email: str, *, access_id: int | None = None, reason: str = "She wrote to us.", key: str = "") -> int:
        with unit_of_work() as uow:
            return access.move(
                uow, actor=self.helpdesk.actor, access_id=access_id or self.access_id, email=email, reason=reason,
                act_key=key,
            ).id


def arrive(subject: str, email: str) -> tuple[int | None, Attempt]:
    with unit_of_work() as uow:
        user, outcome = identities.enter(uow, arrival=Arrival(
            issuer=ISSUER, subject=subject, email=email, name="Anna Ozola", is_email_unverified=False,
            network="127.0.0.1",
        ))
        return (user.id if user else None), outcome


@pytest.fixture
def scene(session: Session) -> Scene:
    return Scene()


def test_person_is_known_by_issuer_and_subject_whatever_the_address_becomes(scene: Scene, session: Session) -> None:
    assert arrive("s1", scene.anna.email.upper()) == (scene.anna.user_id, Attempt.GRANTED)
    assert arrive("s1", "anna@new-school.example") == (scene.anna.user_id, Attempt.ADDRESS_CHANGED)
    assert arrive("s1", "") == (scene.anna.user_id, Attempt.GRANTED)
    assert session.get_one(User, scene.anna.user_id).email == scene.anna.email  # nothing follows by itself


def test_same_person_with_a_new_account_waits_for_an_act_of_staff(scene: Scene, session: Session) -> None:
    arrive("s1", scene.anna.email)
    assert arrive("s2", scene.anna.email) == (None, Attempt.OTHER_ACCOUNT)
    epoch = session.get_one(User, scene.anna.user_id).session_epoch
    session.rollback()
    assert scene.move(scene.anna.email, key="k1") == scene.access_id
    assert scene.move(scene.anna.email, key="k1") == scene.access_id  # the second press of the button
    assert session.get_one(User, scene.anna.user_id).session_epoch == epoch + 1
    assert arrive("s2", scene.anna.email) == (scene.anna.user_id, Attempt.GRANTED)
    assert arrive("s1", scene.anna.email) == (None, Attempt.OTHER_ACCOUNT)
    session.rollback()
    events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [event.action for event in events] == [
        "identity:linked", "identity:released", "access:moved", "identity:linked"
    ]
    assert events[2].details["reason"] == "She wrote to us."
    about = session.scalars(select(AuditPersonal.user_id).where(AuditPersonal.event_id == events[2].id)).all()
    assert set(about) == {scene.anna.user_id}
    assert session.scalars(select(OutboxRow)).all() == []  # the address is the same: nobody is mailed


def test_new_address_on_the_old_account_comes_in_after_the_access_was_moved(scene: Scene, session: Session) -> None:
    arrive("s1", scene.anna.email)
    moved_id = scene.move("Anna@New-School.example")
    moved = session.get_one(Access, moved_id)
    assert (moved.user.email, moved.ended_at, moved.origin) == ("anna@new-school.example", None, "staff")
    assert session.get_one(Access, scene.access_id).ended_at is not None
    assert session.scalars(select(EndedAddress.project_id)).all() == [scene.project_id]
    mails = session.execute(select(OutboxRow.kind, OutboxRow.to).order_by(OutboxRow.id)).all()
    assert [(kind.value, to) for kind, to in mails] == [
        ("access", "anna@new-school.example"), ("access-revoked", scene.anna.email)
    ]
    assert arrive("s1", "anna@new-school.example") == (moved.user_id, Attempt.GRANTED)


def test_who_has_more_projects_keeps_the_account_for_them(scene: Scene, session: Session) -> None:
    factories.access(user_id=scene.anna.user_id, project_id=factories.project(agency_id=scene.agency_id))
    arrive("s1", scene.anna.email)
    scene.move("berta@new-school.example")
    assert arrive("s1", scene.anna.email) == (scene.anna.user_id, Attempt.GRANTED)
    assert arrive("s2", "berta@new-school.example")[1] is Attempt.GRANTED


def test_move_wants_a_reason_a_permission_and_something_to_move(scene: Scene, session: Session) -> None:
    with pytest.raises(Refused) as refused:
        scene.move("b@new.example", reason=" ")
    assert refused.value.field == "reason"
    with pytest.raises(Refused) as refused:
        scene.move(scene.anna.email)
    assert refused.value.code == "nothing-to-move"
    for role, agency_id, error in (
        (Role.SPECIALIST, scene.agency_id, Forbidden), (Role.HELPDESK, factories.agency(), NotFound)
    ):
        other = factories.staff(role, agency_id=agency_id)
        with pytest.raises(error), unit_of_work() as uow:
            access.move(uow, actor=other.actor, access_id=scene.access_id, email="b@new.example", reason="x")
    both = factories.staff(Role.SPECIALIST, agency_id=scene.agency_id)
    own = factories.access(user_id=both.user_id, project_id=scene.project_id)
    with pytest.raises(Refused) as refused:  # the helpdesk lets no account of staff go
        scene.move(both.email, access_id=own)
    assert refused.value.code == "staff"


def run(app: Flask, *args: str) -> tuple[int, dict[str, object], str]:
    result = app.test_cli_runner().invoke(args=["users", "rebind", "--issuer", ISSUER, "--reason", "Moved", *args])
    lines = result.stdout.strip().splitlines()
    return result.exit_code, json.loads(lines[-1]) if lines and "--json" in args else {}, result.stderr


def test_provider_that_reissues_all_subjects_is_followed_by_its_list(
    app: Flask, scene: Scene, session: Session, tmp_path: Path
) -> None:
    berta = factories.coordinator(scene.project_id)
    carla = factories.coordinator(scene.project_id)
    for subject, person in (("s1", scene.anna), ("s2", berta), ("s3", carla)):
        arrive(subject, person.email)
    file = tmp_path / "subjects.csv"
    file.write_text("old subject,new subject\ns1,s2\ns2,n2\ns9,n9\n", encoding="utf-8")
    said = {"issuer": ISSUER, "rebound": 2, "released": 0, "unknown": ["s9"], "missing": [carla.email]}
    assert run(app, "--mapping", str(file), "--dry-run", "--json") == (0, {**said, "dry_run": True}, "")
    session.rollback()
    assert session.scalars(select(Identity.subject).order_by(Identity.id)).all() == ["s1", "s2", "s3"]
    assert run(app, "--mapping", str(file), "--json") == (0, {**said, "dry_run": False}, "")
    assert arrive("s2", scene.anna.email) == (scene.anna.user_id, Attempt.GRANTED)
    assert arrive("n2", berta.email) == (berta.user_id, Attempt.GRANTED)
    session.rollback()
    assert "identity:rebound" in session.scalars(select(AuditEvent.action)).all()
    file.write_text("s1,n1\ns2,n1\n", encoding="utf-8")
    status, _value, words = run(app, "--mapping", str(file))
    assert (status, words.count("\n")) == (1, 1)
    assert run(app)[0] == 2


def test_without_a_list_each_next_sign_in_is_matched_by_its_address_once(
    app: Flask, scene: Scene, session: Session
) -> None:
    arrive("s1", scene.anna.email)
    assert arrive("n1", scene.anna.email)[1] is Attempt.OTHER_ACCOUNT
    assert run(app, "--by-address", "--json")[1]["released"] == 1
    assert arrive("n1", scene.anna.email) == (scene.anna.user_id, Attempt.GRANTED)
    assert arrive("n2", scene.anna.email)[1] is Attempt.OTHER_ACCOUNT


def test_masked_address_tells_the_own_one_and_no_more() -> None:
    assert masked("ilze@paraugu-skola.example") == "i…@p….example"
    assert masked("x@host") == "x…@h…"
