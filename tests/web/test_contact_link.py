"""`/contact/<token>`: without sign-in, by the button alone; the person's word holds against the coordinator's."""

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.db import db
from backoffice.domain.errors import Refused
from backoffice.domain.notices import Mail
from backoffice.domain.visibility import BasisKind, Subject
from backoffice.models import AuditEvent, Contact, OutboxRow, Ticket
from backoffice.queries import contacts as queries
from backoffice.services import contact_links, contacts, overrides
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews as make
from tests.factories.reviews import Scene
from tests.support.client import Client


@pytest.fixture
def scene(session: Session) -> Scene:
    return make.scene()


def link_of(contact_id: int) -> str:
    with unit_of_work() as uow:
        return f"/contact/{contact_links.issue(uow, contact_id=contact_id)}"


def is_public(contact_id: int) -> bool:
    db.session.rollback()
    row = db.session.get_one(Contact, contact_id)
    return queries.is_public(row, db.session.scalar(queries.active_override(Subject.CONTACT, contact_id)))


def told(kind: Mail) -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(OutboxRow.to).where(OutboxRow.kind == kind).order_by(OutboxRow.id)))


def switch(scene: Scene, contact_id: int, *, on: bool) -> None:
    with unit_of_work() as uow:
        contacts.set_public(uow, actor=scene.coordinator.actor, contact_id=contact_id, is_public=on)


def test_person_withdraws_and_agrees_again_by_the_button_and_not_by_opening(scene: Scene, client: Client) -> None:
    contact_id = factories.contact(project_id=scene.project_id, email="anna@school.example")
    switch(scene, contact_id, on=True)
    assert told(Mail.CONTACT_PUBLIC) == ["anna@school.example"]
    url = link_of(contact_id)
    for _ in range(3):  # as a mail scanner does
        assert "anna@school.example" in client.get(url).text
    assert is_public(contact_id)

    assert client.post(url, data={"act": "withdraw"}).status_code == 303
    assert not is_public(contact_id)
    assert "You are off the public page" in client.get(url + "?done=withdraw").text
    switch(scene, contact_id, on=False)
    with pytest.raises(Refused) as caught:
        switch(scene, contact_id, on=True)
    assert caught.value.code == "withdrawn"

    client.post(url, data={"act": "agree"})
    switch(scene, contact_id, on=True)
    assert is_public(contact_id)
    events = db.session.scalars(select(AuditEvent).where(AuditEvent.subject == f"contact:{contact_id}"))
    assert [event.action.removeprefix("contact:") for event in events] == [
        "made-public", "withdrew", "made-private", "agreed", "made-public",
    ]


def test_whoever_becomes_public_by_any_way_is_told_once_and_not_if_taken_back(scene: Scene) -> None:
    contact_id = factories.contact(project_id=scene.project_id)
    actor = scene.specialist.actor
    with unit_of_work() as uow:
        overrides.show_contact(
            uow, actor=actor, contact_id=contact_id, reason="Agreed.", basis_kind=BasisKind.TICKET, basis="17"
        )
    switch(scene, contact_id, on=True)  # public already
    assert len(told(Mail.CONTACT_PUBLIC)) == 1
    with unit_of_work() as uow:
        hidden = overrides.hide(uow, actor=actor, subject=Subject.CONTACT, subject_id=contact_id, reason="Asked.").id
    with unit_of_work() as uow:
        overrides.clear(uow, actor=actor, override_id=hidden)
    assert len(told(Mail.CONTACT_PUBLIC)) == 2


def test_who_was_hidden_reads_the_reason_and_what_they_can_do(scene: Scene, client: Client) -> None:
    contact_id = factories.contact(project_id=scene.project_id, is_public=True)
    with unit_of_work() as uow:
        overrides.hide(
            uow, actor=scene.specialist.actor, subject=Subject.CONTACT, subject_id=contact_id, reason="Left school."
        )
    page = client.get(link_of(contact_id)).text
    assert "Left school." in page
    assert re.search(r'data-status="not-public"', page)


def test_a_link_of_nobody_and_of_a_former_contact_read_the_same(scene: Scene, client: Client) -> None:
    contact_id = factories.contact(project_id=scene.project_id)
    url = link_of(contact_id)
    with unit_of_work() as uow:
        contacts.remove(uow, actor=scene.coordinator.actor, contact_id=contact_id)
    former, unknown = client.get(url), client.get("/contact/none")
    assert (former.status_code, unknown.status_code) == (404, 404)
    assert "This link belongs to nobody" in former.text
    assert client.post(url, data={"act": "agree"}).status_code == 404


def test_who_was_hidden_objects_without_signing_in_and_a_ticket_comes_of_it(scene: Scene, client: Client) -> None:
    contact_id = factories.contact(project_id=scene.project_id, is_public=True, email="anna@school.example")
    with unit_of_work() as uow:
        overrides.hide(
            uow, actor=scene.specialist.actor, subject=Subject.CONTACT, subject_id=contact_id, reason="Left school."
        )
    url = link_of(contact_id)
    assert client.post(url, data={"act": "object", "text": " "}).status_code == 422
    assert client.post(url, data={"act": "object", "text": "I am still there."}).status_code == 303
    again = client.post(url, data={"act": "object", "text": "Once more."})
    assert 'data-error="already"' in again.text
    db.session.rollback()
    row = db.session.scalars(select(Ticket)).one()
    assert (row.requester_email, row.project_id) == ("anna@school.example", scene.project_id)
    client.sign_in(scene.specialist.email)
    assert "Left school." in client.get(f"/admin/contacts/{contact_id}/").text
