"""Cause and cure on the page of a ticket (S16): likely cause, one act, the line in the thread, the drafted answer."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask_babel import force_locale, gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain.causes import DRAFTS, Cure
from backoffice.domain.notices import Mail
from backoffice.domain.permissions import Role
from backoffice.domain.visibility import BasisKind
from backoffice.models import (
    Access,
    AuditEvent,
    Contact,
    OutboxRow,
    Override,
    Project,
    SignInAttempt,
    Ticket,
    TicketDraft,
    User,
)
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import Person, tickets
from tests.factories import reviews as make
from tests.factories.reviews import Scene
from tests.support.client import Client

pytestmark = pytest.mark.one_engine
NEW = "ilze.p@new-school.example"


@pytest.fixture
def helpdesk(client: Client, scene: Scene) -> Person:
    person = factories.staff(Role.HELPDESK, agency_id=scene.agency_id)
    client.sign_in(person.email)
    return person


def ticket(scene: Scene, *, email: str = NEW, language: str = "en", project: bool = True) -> int:
    return tickets.ticket(
        email=email, project_id=scene.project_id if project else None, agency_id=scene.agency_id, language=language
    ).number


def page(client: Client, number: int) -> BeautifulSoup:
    return BeautifulSoup(client.get(f"/admin/tickets/{number}/").text, "html.parser")


def code_of(session: Session, scene: Scene) -> str:
    return session.get_one(Project, scene.project_id).code


def draft(session: Session) -> str:
    session.rollback()
    return session.scalars(select(TicketDraft.text)).one()


@pytest.mark.usefixtures("helpdesk")
def test_wrong_address_is_named_and_access_is_given_in_one_act(
    app: Flask, client: Client, session: Session, scene: Scene
) -> None:
    number = ticket(scene, language="lv")
    with unit_of_work() as uow:
        at = uow.now - timedelta(minutes=5)
        uow.session.add(SignInAttempt(email=NEW, network="192.0.2.1", at=at, outcome="not-invited"))
    shown = page(client, number)
    cure = shown.select_one('[data-cause="wrong-address"]')
    assert cure is not None
    assert scene.coordinator.email in cure.get_text()
    assert "by EU Login, with an address that has no access" in shown.get_text()
    there = str(cure.select_one("a.go")["href"])  # type: ignore[index]
    assert "The answer that stands ready then" in client.get(there).text

    key = {"email": NEW, "name": "Ilze", "act_key": "one-press"}
    for _ in range(2):  # a double click is one act
        assert client.post(there, data=key).location.endswith(f"/admin/tickets/{number}/#write")
    session.rollback()
    user = session.scalars(select(User).where(User.email == NEW)).one()
    assert session.scalars(select(Access).where(Access.user_id == user.id)).one().ended_at is None
    assert session.scalars(select(OutboxRow.to).where(OutboxRow.kind == Mail.ACCESS)).all() == [NEW]
    events = {
        event.action: event.details.get("ticket")
        for event in session.scalars(
            select(AuditEvent).where(AuditEvent.action.in_(["access:granted", "ticket:cured"]))
        )
    }
    assert events["access:granted"] == number
    assert "ticket:cured" in events
    with app.test_request_context(), force_locale("lv"):  # the requester reads Latvian
        expected = gettext(DRAFTS[Cure.GIVE_ACCESS], email=NEW, code=code_of(session, scene))
    assert draft(session).endswith(expected)
    after = page(client, number)
    assert any("gave access" in line.get_text() for line in after.select("p.event"))
    assert after.select_one('[data-cause="not-signed-in"]')  # cured: the mail is on its way


@pytest.mark.usefixtures("helpdesk")
def test_access_moves_and_is_sent_again(client: Client, session: Session, scene: Scene) -> None:
    number = ticket(scene)
    access_id = session.scalars(select(Access.id)).one()
    session.rollback()
    sent = client.post(f"/admin/tickets/{number}/cure/send-access", data={"access": access_id})
    assert sent.status_code == 302
    moved = client.post(
        f"/admin/tickets/{number}/cure/move-access", data={"access": access_id, "email": NEW, "reason": "New school."}
    )
    assert moved.status_code == 302
    session.rollback()
    rows = session.scalars(select(Access).order_by(Access.id)).all()
    assert [row.user.email for row in rows if row.ended_at is None] == [NEW]
    told = session.execute(select(OutboxRow.kind, OutboxRow.to).order_by(OutboxRow.id)).all()
    assert (Mail.ACCESS, scene.coordinator.email) in [tuple(row) for row in told]
    assert (Mail.ACCESS_REVOKED, scene.coordinator.email) in [tuple(row) for row in told]
    text = draft(session)  # the second answer stands below the first
    assert "again" in text
    assert f"from {scene.coordinator.email} to {NEW}" in text


@pytest.mark.usefixtures("helpdesk")
def test_contact_is_shown_on_the_basis_of_the_ticket(client: Client, session: Session, scene: Scene) -> None:
    contact_id = factories.contact(project_id=scene.project_id, email=NEW)
    number = ticket(scene)
    there = f"/admin/tickets/{number}/cure/show-contact"
    assert client.post(there, data={"contact": contact_id, "reason": "Asked for."}).status_code == 302
    session.rollback()
    row = session.scalars(select(Override)).one()
    assert (row.basis_kind, row.basis, row.subject_id) == (BasisKind.TICKET, str(number), contact_id)
    assert session.scalars(select(OutboxRow.to).where(OutboxRow.kind == Mail.CONTACT_PUBLIC)).one() == NEW
    other = factories.contact(project_id=factories.project(agency_id=scene.agency_id))
    assert client.post(there, data={"contact": other, "reason": "No."}).status_code in (302, 422)
    session.rollback()
    assert len(session.scalars(select(Override)).all()) == 1
    assert session.get_one(Contact, other).coordinator_public is False


def test_helpdesk_asks_to_unlock_and_never_decides(
    client: Client, session: Session, scene: Scene, helpdesk: Person
) -> None:
    make.submit(scene)
    number = ticket(scene, email=scene.coordinator.email)
    there = f"/admin/tickets/{number}/cure/ask-unlock"
    assert client.post(there, data={"reason": ""}).status_code == 422
    assert client.post(there, data={"reason": "A wrong file went along."}).status_code == 302
    session.rollback()
    row = session.scalars(select(Ticket)).one()
    assert row.unlock_asked_at is not None
    mail = session.scalars(select(OutboxRow).where(OutboxRow.kind == Mail.REOPEN_REQUESTED)).one()
    assert mail.to.startswith("review")
    assert mail.params["asked_by_id"] == helpdesk.user_id
    assert row.project is not None
    assert row.project.status.value == "under_review"
    code = row.project.code
    session.rollback()
    client.sign_in(scene.specialist.email)
    for url in (f"/admin/review/{code}/", "/admin/review/", f"/admin/projects/{code}/"):
        text = client.get(url).text
        assert f"/admin/tickets/{number}/" in text, url
    assert client.get(there).status_code == 403


@pytest.mark.usefixtures("helpdesk")
def test_mail_is_sent_again_and_an_explanation_is_drafted(client: Client, session: Session, scene: Scene) -> None:
    make.submit(scene)
    number = ticket(scene, email=scene.coordinator.email)
    receipt_id = session.scalars(select(OutboxRow.id).where(OutboxRow.kind == Mail.RECEIPT)).one()
    session.rollback()
    with unit_of_work() as uow:
        uow.session.get_one(OutboxRow, receipt_id).state = "sent"  # type: ignore[assignment]
    assert client.post(f"/admin/tickets/{number}/cure/resend-mail", data={"mail": receipt_id}).status_code == 302
    session.rollback()
    again = session.scalars(select(OutboxRow).where(OutboxRow.kind == Mail.RECEIPT).order_by(OutboxRow.id)).all()
    assert [row.to for row in again] == [scene.coordinator.email] * 2
    assert again[0].params == again[1].params
    session.rollback()
    client.post(f"/admin/tickets/{number}/explain", data={"cause": "under-review"})
    assert "are under review now" in draft(session)


@pytest.mark.usefixtures("helpdesk")
def test_project_is_found_by_name_and_not_this_one_lets_it_go(client: Client, session: Session, scene: Scene) -> None:
    factories.contact(project_id=scene.project_id, email="zane@new-school.example")
    number = ticket(scene, project=False)
    suggested = page(client, number).select_one("#perhaps")
    assert suggested is not None
    code = str(suggested.select_one('input[name="code"]')["value"])  # type: ignore[index]
    client.post(f"/admin/tickets/{number}/project", data={"code": code})
    session.rollback()
    assert session.scalars(select(Ticket.project_id)).one() == scene.project_id
    client.post(f"/admin/tickets/{number}/project", data={"code": ""})
    session.rollback()
    assert session.scalars(select(Ticket.project_id)).one() is None
