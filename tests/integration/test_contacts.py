"""Contacts, access and overrides (S10, DOMAIN §2, §3, §5)."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.errors import DomainError, Forbidden, NotFound, Refused
from backoffice.domain.notices import Mail
from backoffice.domain.permissions import Role
from backoffice.domain.visibility import BasisKind, Subject
from backoffice.models import Access, AuditEvent, AuditPersonal, Contact, EndedAddress, OutboxRow, Override, User
from backoffice.queries import contacts as queries
from backoffice.services import access, contacts, overrides
from backoffice.services.contacts import ContactValues
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews as make
from tests.factories.reviews import Scene


@pytest.fixture
def scene(session: Session) -> Scene:
    return make.scene()


def is_public(contact_id: int) -> bool:
    db.session.rollback()
    contact = db.session.get_one(Contact, contact_id)
    return queries.is_public(contact, db.session.scalar(queries.active_override(Subject.CONTACT, contact_id)))


def switch(scene: Scene, contact_id: int, *, on: bool) -> None:
    with unit_of_work() as uow:
        contacts.set_public(uow, actor=scene.coordinator.actor, contact_id=contact_id, is_public=on)


def test_a_new_contact_is_private_and_its_address_is_folded(scene: Scene) -> None:
    with unit_of_work() as uow:
        row = contacts.add(
            uow, actor=scene.coordinator.actor, project_id=scene.project_id,
            values=ContactValues(name="Anna Paraugs", email=" Anna@School.Example "),
        )
        contact_id = row.id
    assert not is_public(contact_id)
    assert db.session.get_one(Contact, contact_id).email == "anna@school.example"
    switch(scene, contact_id, on=True)
    assert is_public(contact_id)


def test_the_audit_keeps_a_digest_and_the_values_apart(scene: Scene) -> None:
    with unit_of_work() as uow:
        contacts.add(
            uow, actor=scene.coordinator.actor, project_id=scene.project_id,
            values=ContactValues(name="Anna Paraugs", email="anna@school.example"),
        )
    db.session.rollback()
    event = db.session.scalars(select(AuditEvent)).one()
    assert "anna" not in str(event.details).lower()
    assert {row.value for row in db.session.scalars(select(AuditPersonal))} == {"Anna Paraugs", "anna@school.example"}


@pytest.mark.parametrize("email", ["john.doe.@school.example", "nobody", "a b@school.example", ""])
def test_a_broken_address_is_refused_beside_its_field(scene: Scene, email: str) -> None:
    with pytest.raises(Refused) as caught, unit_of_work() as uow:
        contacts.add(
            uow, actor=scene.coordinator.actor, project_id=scene.project_id,
            values=ContactValues(name="John", email=email),
        )
    assert caught.value.field == "email"


def test_under_review_a_contact_can_only_be_made_private(scene: Scene) -> None:
    shown, hidden = (factories.contact(project_id=scene.project_id, is_public=on) for on in (True, False))
    make.submit(scene)
    switch(scene, shown, on=False)
    with pytest.raises(Refused):
        switch(scene, hidden, on=True)
    with pytest.raises(Refused), unit_of_work() as uow:
        contacts.remove(uow, actor=scene.coordinator.actor, contact_id=shown)
    assert not is_public(shown)


def test_staff_hide_wins_and_clearing_gives_back_the_choice(scene: Scene) -> None:
    contact_id = factories.contact(project_id=scene.project_id, is_public=True)
    with unit_of_work() as uow:
        override_id = overrides.hide(
            uow, actor=scene.specialist.actor, subject=Subject.CONTACT, subject_id=contact_id, reason="Asked by phone."
        ).id
    assert not is_public(contact_id)
    mail = db.session.scalars(select(OutboxRow).where(OutboxRow.kind == Mail.CONTACT_HIDDEN)).one()
    assert mail.to == db.session.get_one(Contact, contact_id).email
    with unit_of_work() as uow:
        overrides.clear(uow, actor=scene.specialist.actor, override_id=override_id)
    assert is_public(contact_id)


def test_staff_show_needs_a_basis_and_yields_to_a_later_no_of_the_coordinator(scene: Scene) -> None:
    contact_id = factories.contact(project_id=scene.project_id)
    actor = scene.specialist.actor
    bad: list[tuple[BasisKind | None, str]] = [
        (None, ""), (BasisKind.TICKET, "abc"), (BasisKind.CONSENT, "2999-01-01"), (BasisKind.CONSENT, "yesterday"),
    ]
    for kind, basis in bad:
        with pytest.raises(Refused) as caught, unit_of_work() as uow:
            overrides.show_contact(
                uow, actor=actor, contact_id=contact_id, reason="Agreed.", basis_kind=kind, basis=basis
            )
        assert caught.value.field == "basis"
    with unit_of_work() as uow:
        overrides.show_contact(
            uow, actor=actor, contact_id=contact_id, reason="Agreed.", basis_kind=BasisKind.TICKET, basis="#17"
        )
    assert is_public(contact_id)
    with unit_of_work() as uow:
        row = uow.session.get_one(Contact, contact_id)
        row.coordinator_public, row.coordinator_at = False, clock.now() + timedelta(seconds=1)
    assert not is_public(contact_id)


@pytest.mark.parametrize(
    ("role", "subject", "error"),
    [
        (Role.HELPDESK, Subject.RESULT, Forbidden),
        (Role.HELPDESK, Subject.PROJECT, Forbidden),
        (Role.HELPDESK, Subject.CONTACT, None),
        (Role.SPECIALIST, Subject.RESULT, None),
    ],
)
def test_who_may_hide_what(scene: Scene, role: Role, subject: Subject, error: type[DomainError] | None) -> None:
    subject_id = {
        Subject.RESULT: scene.result_ids[0],
        Subject.PROJECT: scene.project_id,
        Subject.CONTACT: factories.contact(project_id=scene.project_id),
    }[subject]
    actor = factories.staff(role, agency_id=scene.agency_id).actor
    if error is None:
        with unit_of_work() as uow:
            overrides.hide(uow, actor=actor, subject=subject, subject_id=subject_id, reason="Why.")
    else:
        with pytest.raises(error), unit_of_work() as uow:
            overrides.hide(uow, actor=actor, subject=subject, subject_id=subject_id, reason="Why.")
    with pytest.raises(NotFound), unit_of_work() as uow:
        overrides.hide(uow, actor=scene.stranger.actor, subject=subject, subject_id=subject_id, reason="Why.")
    db.session.rollback()
    assert len(db.session.scalars(select(Override)).all()) == (error is None)


def test_coordinator_gives_access_and_the_mail_goes_once(scene: Scene) -> None:
    for _twice in range(2):
        with unit_of_work() as uow:
            access.grant(
                uow, actor=scene.coordinator.actor, project_id=scene.project_id, email="Second@School.example"
            )
    db.session.rollback()
    mails = db.session.scalars(select(OutboxRow).where(OutboxRow.kind == Mail.ACCESS)).all()
    assert [mail.to for mail in mails] == ["second@school.example"]


def test_the_last_person_cannot_leave_without_naming_another(scene: Scene) -> None:
    db.session.rollback()
    own = db.session.scalars(select(Access.id)).one()
    with pytest.raises(Refused) as caught, unit_of_work() as uow:
        access.end(uow, actor=scene.coordinator.actor, access_id=own)
    assert caught.value.code == "last-person"
    with unit_of_work() as uow:
        access.grant(uow, actor=scene.coordinator.actor, project_id=scene.project_id, email="next@school.example")
    with unit_of_work() as uow:
        access.end(uow, actor=scene.coordinator.actor, access_id=own, reason="I leave the school.")
    db.session.rollback()
    user = db.session.get_one(User, scene.coordinator.user_id)
    assert user.session_epoch == 1
    assert db.session.scalars(select(EndedAddress)).one().digest
    assert db.session.scalars(select(OutboxRow.to).where(OutboxRow.kind == Mail.ACCESS_REVOKED)).one() == user.email


def test_a_coordinator_reaches_no_contact_of_another_project(scene: Scene) -> None:
    other = make.scene()
    contact_id = factories.contact(project_id=other.project_id)
    with pytest.raises(NotFound):
        switch(scene, contact_id, on=True)
