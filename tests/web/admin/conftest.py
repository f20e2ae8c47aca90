"""The scene of the back-office pages, and its agency admin, signed in."""

import pytest
from sqlalchemy.orm import Session

from backoffice.domain.permissions import Role
from tests import factories
from tests.factories import Person
from tests.factories import reviews as make
from tests.factories.reviews import Scene
from tests.support.client import Client


@pytest.fixture
def scene(session: Session) -> Scene:
    return make.scene()


@pytest.fixture
def admin(client: Client, scene: Scene) -> Person:
    person = factories.staff(Role.AGENCY_ADMIN, agency_id=scene.agency_id)
    client.sign_in(person.email)
    return person
