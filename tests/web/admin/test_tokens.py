"""Tokens of the agency's own systems: made, shown once, used, revoked."""

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain.permissions import Role
from backoffice.models import ApiToken, AuditEvent, Project
from tests import factories
from tests.factories.reviews import Scene
from tests.support.client import Client

pytestmark = pytest.mark.one_engine


def test_an_admin_makes_a_token_sees_it_once_and_revokes_it(
    client: Client, session: Session, scene: Scene
) -> None:
    client.sign_in(factories.staff(Role.AGENCY_ADMIN, agency_id=scene.agency_id).email)
    key = re.findall(r'name="act_key" value="([^"]+)"', client.get("/admin/tokens/new").text)[0]
    data = {"name": "Grants", "scope": ["gate:read"], "act_key": key}
    made = client.post("/admin/tokens/new", data=data)
    assert made.headers["Cache-Control"] == "no-store"
    token = re.findall(r'name="token" type="text" value="([^"]+)"', made.text)[0]
    again = client.post("/admin/tokens/new", data=data)
    assert again.status_code == 422
    assert token not in again.text
    row = session.scalars(select(ApiToken)).one()
    assert token not in (row.digest, row.name)
    code = session.scalars(select(Project.code).where(Project.agency_id == scene.agency_id)).one()
    asked = client.get(f"/api/v1/projects/{code}/final-report-gate", headers={"Authorization": f"Bearer {token}"})
    assert asked.status_code == 200
    listed = client.get("/admin/tokens/").text
    assert token not in listed
    assert "never" not in listed
    confirm = client.get(f"/admin/tokens/{row.id}/revoke")
    assert "opens nothing" in confirm.text
    client.post(f"/admin/tokens/{row.id}/revoke")
    asked = client.get(f"/api/v1/projects/{code}/final-report-gate", headers={"Authorization": f"Bearer {token}"})
    assert asked.status_code == 401
    assert "Grants" not in client.get("/admin/tokens/").text
    assert "Grants" in client.get("/admin/tokens/?view=revoked").text
    actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert actions[-2:] == ["token:created", "token:revoked"]


def test_a_token_without_name_or_scope_is_refused_beside_the_field(
    client: Client, session: Session, scene: Scene
) -> None:
    client.sign_in(factories.staff(Role.AGENCY_ADMIN, agency_id=scene.agency_id).email)
    assert 'data-error="required"' in client.post("/admin/tokens/new", data={"name": " ", "scope": ["gate:read"]}).text
    refused = client.post("/admin/tokens/new", data={"name": "Grants", "scope": ["everything"]})
    assert (refused.status_code, 'value="Grants"' in refused.text) == (422, True)
    assert session.scalars(select(ApiToken)).all() == []
