"""The final-report gate (S2, DOMAIN §9) by its API."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain import clock
from backoffice.models import Agency, ApiToken, AuditEvent, Project
from backoffice.services import tokens
from backoffice.services.tokens import Scope
from backoffice.services.uow import unit_of_work
from backoffice.views.api_document import document
from tests import factories
from tests.factories import reviews as make
from tests.factories.reviews import Scene
from tests.support.client import Client

BOTH = (Scope.GATE_READ, Scope.REPORT_WRITE)


@pytest.fixture
def scene(session: Session) -> Scene:
    return make.scene()


def token(agency_id: int, *scopes: Scope) -> dict[str, str]:
    with unit_of_work() as uow:
        agency = uow.session.get_one(Agency, agency_id)
        made = tokens.create(uow, actor=None, agency=agency, name="Grants", scopes=scopes or BOTH)
    return {"Authorization": f"Bearer {made}"}


def code(session: Session, scene: Scene) -> str:
    session.rollback()
    found = session.get_one(Project, scene.project_id).code
    session.rollback()
    return found


def gate(client: Client, session: Session, scene: Scene) -> Any:
    answer = client.get(
        f"/api/v1/projects/{code(session, scene)}/final-report-gate", headers=token(scene.agency_id)
    )
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.json


def test_the_gate_follows_the_project_through_its_states(client: Client, session: Session, scene: Scene) -> None:
    found = gate(client, session, scene)
    assert (found["state"], found["may_approve"], found["by"], found["submission"]) == (
        "not_submitted", False, "coordinator", None,
    )
    make.submit(scene)
    found = gate(client, session, scene)
    assert (found["state"], found["may_approve"], found["by"], found["submission"]) == (
        "under_review", False, "coordinator", 1,
    )
    make.approve(scene)
    found = gate(client, session, scene)
    assert (found["state"], found["may_approve"], found["by"]) == ("approved", True, "agency")
    assert found["digest"]
    make.unlock(scene)
    found = gate(client, session, scene)
    assert (found["state"], found["may_approve"]) == ("reopened", False)
    assert set(found) == set(document(base_url="")["components"]["schemas"]["Gate"]["required"])


def test_a_returned_project_is_returned(client: Client, session: Session, scene: Scene) -> None:
    make.submit(scene)
    make.give_back(scene)
    assert gate(client, session, scene)["state"] == "returned"


@pytest.mark.parametrize("fact", ["waived", "report"])
def test_what_needs_no_results_or_is_approved_already_may_be_approved(
    client: Client, session: Session, scene: Scene, fact: str
) -> None:
    with unit_of_work() as uow:
        project = uow.session.get_one(Project, scene.project_id)
        if fact == "waived":
            project.results_required_override = False
        else:
            project.report_approved_on = uow.now.date()
    assert gate(client, session, scene)["may_approve"] is True


def test_who_has_no_token_no_scope_or_another_agency_is_refused(
    client: Client, session: Session, scene: Scene
) -> None:
    path = f"/api/v1/projects/{code(session, scene)}/final-report-gate"
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic x"}):
        refused = client.get(path, headers=headers)
        assert refused.status_code == 401
        assert refused.mimetype == "application/problem+json"
    assert client.get(path, headers=token(scene.agency_id, Scope.REPORT_WRITE)).status_code == 403
    assert client.get(path, headers=token(make.scene().agency_id)).status_code == 404
    headers = token(scene.agency_id)
    assert client.get("/api/v1/projects/2018-1-LV01-KA201-046961/final-report-gate", headers=headers).status_code == 404
    session.rollback()
    row = session.scalars(select(ApiToken).order_by(ApiToken.id.desc())).first()
    assert row is not None
    assert row.last_used_at is not None
    with unit_of_work() as uow:
        tokens.revoke(uow, actor=None, token_id=row.id)
    assert client.get(path, headers=headers).status_code == 401


def test_the_list_gives_projects_of_one_instant_once_each(
    client: Client, session: Session, scene: Scene
) -> None:
    for _number in range(210):
        factories.project(agency_id=scene.agency_id)
    with unit_of_work() as uow:
        for project in uow.session.scalars(select(Project)):
            project.status_since_at = uow.now
    headers, seen, cursor = token(scene.agency_id), [], ""
    while True:
        page = client.get(f"/api/v1/final-report-gate?cursor={cursor}" if cursor else "/api/v1/final-report-gate",
                          headers=headers).json
        seen += [item["project"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 211
    for broken in ("cursor=rubbish", "cursor=W10", "since=yesterday", "since=2026-01-01T00:00:00"):
        assert client.get(f"/api/v1/final-report-gate?{broken}", headers=headers).status_code == 400


def put(client: Client, session: Session, scene: Scene, body: object) -> Any:
    return client.put(
        f"/api/v1/projects/{code(session, scene)}/final-report", json=body, headers=token(scene.agency_id)
    )


def test_the_report_dates_are_written_kept_and_cleared_with_a_reason(
    client: Client, session: Session, scene: Scene
) -> None:
    today = clock.day_of(clock.now(), time_zone="Europe/Riga")
    assert put(client, session, scene, {"handed_in_on": str(today)}).status_code == 200
    approved = put(client, session, scene, {"approved_on": str(today)})
    assert approved.json["may_approve"] is True
    session.rollback()
    project = session.get_one(Project, scene.project_id)
    assert (project.report_handed_in_on, project.report_approved_on) == (today, today)
    session.rollback()
    assert put(client, session, scene, {"approved_on": None}).json["field"] == "reason"
    cleared = put(client, session, scene, {"approved_on": None, "reason": "Entered by mistake."})
    assert cleared.json["report_approved_on"] is None
    session.rollback()
    actions = session.scalars(select(AuditEvent.action)).all()
    assert actions.count("report:marked") == 3


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"handed_in_on": "2999-01-01"}, 422),
        ({"handed_in_on": "yesterday"}, 422),
        ({"handed_in_on": 5}, 422),
        ({"reason": 5}, 422),
        ({"nothing": 1}, 422),
        ([], 400),
    ],
)
def test_a_broken_report_is_refused_by_its_field(
    client: Client, session: Session, scene: Scene, body: object, status: int
) -> None:
    answer = put(client, session, scene, body)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    session.rollback()
    assert session.get_one(Project, scene.project_id).report_handed_in_on is None


def test_the_document_names_every_route_of_the_gate(app: Flask, client: Client) -> None:
    described = set(client.get("/api/v1/openapi.json").json["paths"])
    routes = {
        str(rule).replace("<", "{").replace(">", "}") for rule in app.url_map.iter_rules()
        if str(rule.endpoint).startswith("api.")
    }
    assert described == routes
