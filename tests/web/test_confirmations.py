"""The confirmation of approved results: who prints it, and what anybody learns by its code (S2)."""

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain import clock, confirmations
from backoffice.domain.permissions import Role
from backoffice.models import Decision, Project
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews as make
from tests.factories.reviews import Scene
from tests.support.client import Client


@pytest.fixture
def scene(session: Session) -> Scene:
    made = make.scene()
    make.submit(made)
    return made


def code_of(client: Client, path: str) -> str:
    found = re.findall(r'href="/verify/(\w+)"', client.get(path).text)
    assert len(set(found)) == 1
    return str(found[0])


def status_of(client: Client, code: str) -> str:
    answer = client.get(f"/verify/{code}")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    return re.findall(r'data-status="(\w+)"', answer.text)[0]


def test_who_may_read_the_project_prints_it_once_it_is_approved(client: Client, session: Session, scene: Scene) -> None:
    project = session.get_one(Project, scene.project_id)
    staff, own = f"/admin/projects/{project.code}/confirmation", f"/my/{project.code}/confirmation"
    title = project.title
    session.rollback()
    client.sign_in(scene.coordinator.email)
    assert client.get(own).status_code == 404
    assert own not in client.get(f"/my/{project.code}/").text
    make.approve(scene)
    page = client.get(own)
    assert (page.status_code, title in page.text) == (200, True)
    assert own in client.get(f"/my/{project.code}/").text
    code = code_of(client, own)
    for role in (Role.HELPDESK, Role.SPECIALIST):
        client.sign_in(factories.staff(role, agency_id=scene.agency_id).email)
        assert code_of(client, staff) == code
        assert staff in client.get(f"/admin/projects/{project.code}/").text
    client.sign_in(scene.stranger.email)
    assert client.get(staff).status_code == 404
    client.sign_in(factories.coordinator(factories.project(agency_id=scene.agency_id)).email)
    assert client.get(own).status_code == 404


def test_anybody_learns_by_the_code_what_became_of_the_approval(
    client: Client, session: Session, scene: Scene
) -> None:
    make.approve(scene)
    session.rollback()
    decision = session.scalars(select(Decision)).one()
    code, digest = decision.confirmation_code or "", decision.digest
    session.rollback()
    assert status_of(client, code) == "standing"
    page = client.get(f"/verify/{code}").text
    assert digest in page.replace(" ", "")
    project = session.get_one(Project, scene.project_id)
    private = (project.title, project.organisation, scene.specialist.email, scene.coordinator.email, "Person")
    assert [word for word in private if word in page] == []
    make.unlock(scene)
    assert status_of(client, code) == "reopened"
    make.submit(scene)
    assert status_of(client, code) == "reopened"
    make.approve(scene)
    assert status_of(client, code) == "replaced"
    session.rollback()
    newer = session.scalars(select(Decision.confirmation_code).order_by(Decision.id.desc())).first() or ""
    assert status_of(client, newer) == "standing"
    assert newer not in client.get(f"/verify/{code}").text
    with unit_of_work() as uow:
        uow.session.scalars(select(Decision).where(Decision.confirmation_code == newer)).one().undone_at = clock.now()
    assert status_of(client, newer) == "undone"
    assert status_of(client, code) == "reopened"


def test_a_code_is_understood_as_people_type_it_and_an_unknown_one_is_told(client: Client, scene: Scene) -> None:
    make.approve(scene)
    with unit_of_work() as uow:
        uow.session.scalars(select(Decision)).one().confirmation_code = "0123456789ABCDEF"
    for typed in ("0123-4567-89ab-cdef", " O123 4567-89AB–CDEF ", "oi23456789abcdef", "0l23456789abcdef"):
        answer = client.get("/verify/", query_string={"code": typed})
        assert answer.location == "/verify/0123456789ABCDEF"
        assert client.get(f"/verify/{typed}").status_code == 200
    for unknown in ("0123456789ABCDEG", "none", "%00", "ā" * 16, "x" * 500):
        refused = client.get(f"/verify/{unknown}")
        assert refused.status_code == 404
        assert 'data-error="code-unknown"' in refused.text
        assert 'name="code"' in refused.text
    assert client.get("/verify/").status_code == 200


def test_a_code_is_shown_in_groups_and_nobody_takes_a_letter_for_a_figure() -> None:
    assert confirmations.shown("0123456789ABCDEF") == "0123-4567-89AB-CDEF"
    assert not set("OILU") & set(confirmations.ALPHABET)
    assert len(confirmations.ALPHABET) == 32
