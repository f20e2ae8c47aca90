"""The final-report gate (S2, DOMAIN §9) by its API."""

import base64
import json
from typing import Any
from unittest.mock import ANY

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain import clock
from backoffice.domain.projects import GrantState
from backoffice.models import Agency, ApiToken, AuditEvent, Decision, Project
from backoffice.services import tokens
from backoffice.services import undo as services
from backoffice.services.tokens import Scope
from backoffice.services.uow import unit_of_work
from backoffice.views.api_document import document
from tests import factories
from tests.factories import reviews as make
from tests.factories.reviews import Scene
from tests.support.client import Client

pytestmark = [pytest.mark.both_engines, pytest.mark.slow]

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
    for unknown in ("2018-1-LV01-KA201-046961", "nonsense", "%00", "%FF"):
        refused = client.get(f"/api/v1/projects/{unknown}/final-report-gate", headers=headers)
        assert (refused.status_code, refused.mimetype) == (404, "application/problem+json")
    for refused in (client.post(path, headers=headers), client.get("/api/v1/nowhere", headers=headers)):
        assert (refused.status_code, refused.mimetype) == (405 if refused.allow else 404, "application/problem+json")
        assert refused.headers["Cache-Control"] == "no-store"
    session.rollback()
    row = session.scalars(select(ApiToken).order_by(ApiToken.id.desc())).first()
    assert row is not None
    assert row.last_used_at is not None
    with unit_of_work() as uow:
        tokens.revoke(uow, actor=None, token_id=row.id)
    assert client.get(path, headers=headers).status_code == 401


def walk(client: Client, headers: dict[str, str], *, query: str = "") -> list[str]:
    """The projects of the list, page by page."""
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = client.get(f"/api/v1/final-report-gate?{query}&cursor={cursor}", headers=headers).json
        seen += [item["project"] for item in page["items"]]
        cursor = page["next"]
    return seen


def test_the_list_gives_projects_of_one_instant_once_each(
    client: Client, session: Session, scene: Scene
) -> None:
    for _number in range(210):
        factories.project(agency_id=scene.agency_id)
    with unit_of_work() as uow:
        for project in uow.session.scalars(select(Project)):
            project.status_since_at = uow.now
    seen = walk(client, token(scene.agency_id))
    assert len(seen) == len(set(seen)) == 211


def cursor_of(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize("query", [
    "cursor=rubbish", "cursor=W10", "cursor=%C4%81", "cursor=" + cursor_of(["2026-01-01T00:00:00", 1]),
    "cursor=" + cursor_of(["2026-01-01T00:00:00Z", 2**70]), "cursor=" + cursor_of(["2026-01-01T00:00:00Z", True]),
    "cursor=" + cursor_of(["0001-01-01T00:00:00+14:00", 1]), "cursor=" + cursor_of([1, 1]),
    "cursor=" + "[" * 3000, "since=yesterday", "since=2026-01-01T00:00:00", "since=0001-01-01T00:00:00%2B14:00",
])
def test_a_broken_cursor_or_instant_is_told_and_nothing_more(
    client: Client, session: Session, scene: Scene, query: str
) -> None:
    refused = client.get(f"/api/v1/final-report-gate?{query}", headers=token(scene.agency_id))
    assert (refused.status_code, refused.mimetype) == (400, "application/problem+json")
    assert refused.headers["Cache-Control"] == "no-store"


def test_an_instant_is_understood_whatever_its_offset_and_however_its_plus_came(
    client: Client, session: Session, scene: Scene
) -> None:
    headers = token(scene.agency_id)
    for since in ("2026-01-01T00:00:00Z", "2026-01-01T02:00:00+02:00", "2026-01-01T02:00:00%2B02:00"):
        assert walk(client, headers, query=f"since={since}") == [code(session, scene)]


class Cache:
    """A cache before the application, that keeps what it may and asks again with what it kept (RFC 9111)."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.kept: dict[str, tuple[dict[str, str], bytes]] = {}

    def get(self, path: str, *, headers: dict[str, str]) -> Any:
        asked = dict(headers)
        kept, body = self.kept.get(path, ({}, b""))
        if "ETag" in kept:
            asked["If-None-Match"] = kept["ETag"]
        answer = self.client.get(path, headers=asked)
        if answer.status_code == 304:
            return json.loads(body)
        if "no-store" not in answer.headers.get("Cache-Control", ""):
            self.kept[path] = (dict(answer.headers), answer.data)
        return answer.json


def undo(scene: Scene) -> None:
    with unit_of_work() as uow:
        last = uow.session.scalars(select(Decision).order_by(Decision.id.desc())).first()
        assert last is not None
        services.undo(uow, actor=scene.specialist.actor, project_id=scene.project_id, decision_id=last.id)


def test_an_undo_gives_back_the_state_and_its_instant_and_is_told_as_new(
    client: Client, session: Session, scene: Scene
) -> None:
    make.submit(scene)
    before, headers = gate(client, session, scene), token(scene.agency_id)
    make.approve(scene)
    asked_at = clock.now().isoformat().replace("+00:00", "Z")
    undo(scene)
    assert gate(client, session, scene) == before
    assert walk(client, headers, query=f"since={asked_at}") == [before["project"]]


def test_a_decision_is_in_the_very_next_call_also_through_a_cache(
    client: Client, session: Session, scene: Scene
) -> None:
    path, headers = f"/api/v1/projects/{code(session, scene)}/final-report-gate", token(scene.agency_id)
    cache = Cache(client)
    found = []
    for step in (make.submit, make.approve, undo, make.approve, make.unlock):
        cache.get(path, headers=headers)
        step(scene)
        before = {"If-None-Match": "*", "If-Modified-Since": "Thu, 31 Dec 2099 00:00:00 GMT"}
        told = client.get(path, headers=headers | before)
        assert (told.status_code, told.headers["Cache-Control"]) == (200, "no-store")
        assert cache.get(path, headers=headers) == told.json
        listed = cache.get("/api/v1/final-report-gate", headers=headers)
        assert listed["items"] == [told.json]
        found.append(told.json["state"])
    assert found == ["under_review", "approved", "under_review", "approved", "reopened"]
    assert cache.kept == {}


def test_a_project_that_was_reopened_is_so_since_then_until_the_next_approval(
    client: Client, session: Session, scene: Scene
) -> None:
    make.submit(scene)
    make.approve(scene)
    make.unlock(scene)
    first = gate(client, session, scene)
    make.submit(scene)
    assert gate(client, session, scene) == {**first, "submission": 2, "digest": ANY}
    assert first["by"] == "agency"
    make.give_back(scene)
    again = gate(client, session, scene)
    assert (again["state"], again["since"], again["by"]) == ("reopened", first["since"], "agency")


@pytest.mark.parametrize("fact", ["report", "waived", "cancelled"])
def test_whoever_asks_what_is_new_hears_of_a_fact_that_moves_the_answer_alone(
    client: Client, session: Session, scene: Scene, fact: str
) -> None:
    """The state and its instant stay; the list tells it all the same."""
    headers, before = token(scene.agency_id), gate(client, session, scene)
    asked_at = clock.now().isoformat().replace("+00:00", "Z")
    assert walk(client, headers, query=f"since={asked_at}") == []
    with unit_of_work() as uow:
        project = uow.session.get_one(Project, scene.project_id)
        if fact == "report":
            project.report_approved_on = uow.now.date()
        elif fact == "waived":
            project.results_required_override = False
        else:
            project.grant_state = GrantState.CANCELLED
    assert walk(client, headers, query=f"since={asked_at}") == [before["project"]]
    after = gate(client, session, scene)
    assert (after["since"], after["state"], after["may_approve"]) == (before["since"], before["state"], True)
    with unit_of_work() as uow:
        uow.session.get_one(Project, scene.project_id).title = "Another title"
    assert walk(client, headers, query=f"since={clock.now().isoformat().replace('+00:00', 'Z')}") == []


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
        ({"handed_in_on": "20250101"}, 422),
        ({"handed_in_on": ""}, 422),
        ({"reason": 5}, 422),
        ({"reason": 0}, 422),
        ({"approved_on": "2025-01-01", "reason": "x" * 2001}, 422),
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
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["status"] == status
    assert ("field" in answer.json) == (status == 422)
    session.rollback()
    assert session.get_one(Project, scene.project_id).report_handed_in_on is None


def test_the_document_names_every_route_of_the_gate(app: Flask, client: Client) -> None:
    described = set(client.get("/api/v1/openapi.json").json["paths"])
    routes = {
        str(rule).replace("<", "{").replace(">", "}") for rule in app.url_map.iter_rules()
        if str(rule.endpoint).startswith("api.")
    }
    assert described == routes


def test_a_code_that_no_database_takes_is_no_project(client: Client, scene: Scene) -> None:
    for method in ("GET", "PUT"):
        path = "final-report-gate" if method == "GET" else "final-report"
        answer = client.open(
            f"/api/v1/projects/2024%00/{path}", method=method, headers=token(scene.agency_id), json={}
        )
        assert answer.status_code == 404
