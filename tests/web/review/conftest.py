"""A project under review, and its people signed in, each in a browser of their own."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from backoffice.domain.permissions import Role
from backoffice.models import Project
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews as make
from tests.factories.reviews import Scene
from tests.factories.users import Person
from tests.support.client import Client
from tests.web.review.acts import ACTS, Act
from tests.web.review.pages import Desk


@pytest.fixture
def scene(session: Session) -> Scene:
    """Submitted, claimed by nobody."""
    scene = make.scene()
    make.submit(scene)
    return scene


@pytest.fixture
def code(scene: Scene, session: Session) -> str:
    return session.get_one(Project, scene.project_id).code


@pytest.fixture
def desk(app: Flask, scene: Scene, code: str) -> Desk:
    """The specialist's browser."""
    return open_desk(app, scene.specialist, code)


@pytest.fixture
def colleague(app: Flask, scene: Scene, code: str) -> Desk:
    return open_desk(app, scene.colleague, code)


def open_desk(app: Flask, person: Person, code: str) -> Desk:
    client = app.test_client()
    assert isinstance(client, Client)
    client.sign_in(person.email)
    return Desk(client, code)


@pytest.fixture
def helpdesk(app: Flask, scene: Scene, code: str) -> Desk:
    """May read the review, never decides."""
    return open_desk(app, factories.staff(Role.HELPDESK, agency_id=scene.agency_id), code)


def assign(scene: Scene, person: Person) -> None:
    with unit_of_work() as uow:
        uow.session.get_one(Project, scene.project_id).responsible_id = person.user_id


@pytest.fixture(params=ACTS, ids=lambda act: act.name.value)
def act(request: pytest.FixtureRequest) -> Act:
    return request.param  # type: ignore[no-any-return]
