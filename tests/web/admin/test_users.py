"""Staff: create, a new link, deactivation with an heir, the last admin stays (DOMAIN §6)."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain.notices import Mail
from backoffice.domain.permissions import Role
from backoffice.models import OutboxRow, Project, ReviewClaim, User
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import Person
from tests.factories import reviews as make
from tests.factories.reviews import Scene
from tests.support.client import Client


@pytest.mark.usefixtures("admin")
def test_admin_adds_a_user_who_gets_the_mail(client: Client, session: Session, scene: Scene) -> None:
    data = {"email": "New@Agency.example", "name": "Nora Jauna", "role": "helpdesk"}
    assert client.post("/admin/users/new", data=data).status_code == 302
    session.rollback()
    user = session.scalars(select(User).where(User.email == "new@agency.example")).one()
    assert (user.agency_id, user.role) == (scene.agency_id, "helpdesk")
    assert session.scalars(select(OutboxRow.kind)).one() is Mail.STAFF_ACCESS
    again = client.post("/admin/users/new", data=data)
    assert again.status_code == 422
    assert 'data-error="duplicate"' in again.text
    assert client.post("/admin/users/new", data={**data, "role": "platform_admin"}).status_code == 422


@pytest.mark.usefixtures("admin")
def test_deactivation_asks_for_an_heir_and_hands_everything_over(
    client: Client, session: Session, scene: Scene
) -> None:
    make.submit(scene)
    make.claim(scene)
    with unit_of_work() as uow:
        uow.session.get_one(Project, scene.project_id).responsible_id = scene.specialist.user_id
    path = f"/admin/users/{scene.specialist.user_id}/deactivate"
    assert client.get(path).status_code == 200
    refused = client.post(path, data={"heir": "0"})
    assert refused.status_code == 422
    assert 'data-error="heir-missing"' in refused.text
    stranger = client.post(path, data={"heir": str(scene.stranger.user_id)})
    assert stranger.status_code == 422
    assert client.post(path, data={"heir": str(scene.colleague.user_id)}).status_code == 302
    session.rollback()
    assert session.get_one(Project, scene.project_id).responsible_id == scene.colleague.user_id
    assert session.get(ReviewClaim, scene.project_id) is None
    session.rollback()
    other = client.application.test_client()
    assert isinstance(other, Client)
    other.sign_in(scene.specialist.email)
    assert other.get("/admin/users/").status_code == 302


def test_the_last_admin_stays(client: Client, session: Session, admin: Person) -> None:
    path = f"/admin/users/{admin.user_id}/deactivate"
    assert client.post(path, data={"heir": "0"}).status_code == 302
    session.rollback()
    assert session.get_one(User, admin.user_id).deactivated_at is None


@pytest.mark.usefixtures("admin")
def test_a_new_link_ends_every_session(client: Client, session: Session, scene: Scene) -> None:
    other = client.application.test_client()
    assert isinstance(other, Client)
    other.sign_in(scene.specialist.email)
    assert client.post(f"/admin/users/{scene.specialist.user_id}/reset").status_code == 302
    assert other.get("/admin/users/").status_code == 302
    session.rollback()
    assert session.scalars(select(OutboxRow.kind)).one() is Mail.PASSWORD_LINK


@pytest.mark.parametrize("path", ["/admin/users/new", "/admin/users/{id}/reset", "/admin/users/{id}/deactivate"])
def test_a_specialist_and_another_agency_cannot(client: Client, scene: Scene, path: str) -> None:
    here = path.format(id=scene.colleague.user_id)
    client.sign_in(scene.specialist.email)
    assert client.get(here).status_code == 403
    client.sign_in(factories.staff(Role.AGENCY_ADMIN, agency_id=factories.agency()).email)
    assert client.get(here).status_code == (200 if path.endswith("new") else 404)
