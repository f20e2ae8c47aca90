"""`/account/`: language, sessions, own data; and the pages of the platform and of erasing (DOMAIN §6, §10)."""

import io
import json
import zipfile

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain.permissions import Role
from backoffice.models import Agency, AuditEvent, User
from backoffice.services import ticket_replies
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews as make
from tests.factories import tickets
from tests.factories.reviews import Scene
from tests.support.client import Client

pytestmark = pytest.mark.one_engine


@pytest.fixture
def scene(session: Session) -> Scene:
    return make.scene()


def test_person_chooses_a_language_and_signs_out_everywhere(client: Client, session: Session, scene: Scene) -> None:
    email = scene.coordinator.email
    other = client.application.test_client()
    assert isinstance(other, Client)
    for browser in (client, other):
        browser.sign_in(email)
    assert client.post("/account/", data={"language": "lv"}).status_code == 302
    assert 'lang="lv"' in client.get("/account/").text
    assert client.post("/account/", data={"language": "de"}).status_code == 422
    assert client.post("/account/sessions/end").location == "/login"
    for browser in (client, other):
        assert browser.get("/my/").location.startswith("/login")


def test_person_takes_the_own_data_along_without_notes_of_staff(client: Client, scene: Scene) -> None:
    helpdesk = factories.staff(Role.HELPDESK, agency_id=scene.agency_id)
    ticket = tickets.ticket(
        email=scene.coordinator.email, requester_id=scene.coordinator.user_id, project_id=scene.project_id,
        text="My own words.", files=[factories.screenshot(name="mine.png")],
    )
    tickets.reply(ticket.id, by=helpdesk.actor, text="An answer.")
    with unit_of_work() as uow:
        ticket_replies.note(uow, actor=helpdesk.actor, ticket_id=ticket.id, text="Between colleagues.")
    client.sign_in(scene.coordinator.email)
    data = json.loads(client.get("/account/data.json").data)
    assert data["account"]["email"] == scene.coordinator.email
    assert len(data["access"]) == 1
    texts = [message["text"] for message in data["tickets"][0]["messages"]]
    assert texts == ["My own words.", "An answer."]
    assert "Between colleagues." not in json.dumps(data)
    with zipfile.ZipFile(io.BytesIO(client.get("/account/data.zip", buffered=True).data)) as bundle:
        names = bundle.namelist()
        assert bundle.testzip() is None
    assert names[0] == "own-data.json"
    assert names[1].endswith("-mine.png")
    client.sign_in(helpdesk.email)
    assert json.loads(client.get("/account/data.json").data)["tickets"] == []


def test_admin_sees_what_goes_and_writes_the_address_once_more(client: Client, session: Session, scene: Scene) -> None:
    admin = factories.staff(Role.AGENCY_ADMIN, agency_id=scene.agency_id)
    email = scene.coordinator.email
    client.sign_in(admin.email)
    assert 'data-error="nothing"' in client.post("/admin/persons/erase", data={"email": "no@one.example"}).text
    shown = client.post("/admin/persons/erase", data={"email": email.upper()}).text
    assert "Then nobody has access to:" in shown
    wrong = client.post("/admin/persons/erase", data={"email": email, "again": "other@school.example"})
    assert wrong.status_code == 422
    assert 'data-error="other-address"' in wrong.text
    session.rollback()
    assert session.scalars(select(User.id).where(User.email == email)).one()
    staff = client.post("/admin/persons/erase", data={"email": scene.specialist.email}).text
    assert 'data-error="staff"' in staff
    assert client.post("/admin/persons/erase", data={"email": email, "again": email}).status_code == 302
    session.rollback()
    assert session.scalars(select(User.id).where(User.email == email)).all() == []


def test_platform_admin_adds_an_agency_and_its_admin(client: Client, session: Session, scene: Scene) -> None:
    platform = factories.staff(Role.PLATFORM_ADMIN, agency_id=None)
    client.sign_in(platform.email)
    data = {"code": "lv77", "name": "New agency", "time_zone": "Europe/Riga", "language": "lv"}
    assert client.post("/admin/agencies/new", data=data).status_code == 302
    assert 'data-error="duplicate"' in client.post("/admin/agencies/new", data=data).text
    assert client.post("/admin/agencies/LV77/admin", data={"email": "boss@lv77.example"}).status_code == 302
    session.rollback()
    agency = session.scalars(select(Agency).where(Agency.code == "LV77")).one()
    boss = session.scalars(select(User).where(User.email == "boss@lv77.example")).one()
    assert (boss.agency_id, boss.role) == (agency.id, "agency_admin")
    assert "boss@lv77.example" in client.get("/admin/agencies/").text
    page = client.get("/admin/permissions/").text
    assert "review:decide" in page
    assert {"agency:created", "user:created"} <= set(session.scalars(select(AuditEvent.action)))
