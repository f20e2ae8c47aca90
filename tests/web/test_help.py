"""Where help is (S16, S17)."""

from sqlalchemy.orm import Session

from backoffice.models import Project
from backoffice.services.uow import unit_of_work
from tests.factories import reviews as make
from tests.support.client import Client


def test_everyone_reads_the_address_and_what_to_send(client: Client, session: Session) -> None:
    make.scene()
    for lang in ("en", "lv"):
        page = client.get(f"/help/?lang={lang}")
        assert page.status_code == 200
        assert "@agency.example" in page.text


def test_a_coordinator_reads_whom_to_ask_about_the_own_project_only(client: Client, session: Session) -> None:
    scene, other = make.scene(), make.scene()
    with unit_of_work() as uow:
        for one in (scene, other):
            uow.session.get_one(Project, one.project_id).responsible_id = one.specialist.user_id
    client.sign_in(scene.coordinator.email)
    page = client.get("/help/")
    assert scene.specialist.email in page.text
    assert other.specialist.email not in page.text
