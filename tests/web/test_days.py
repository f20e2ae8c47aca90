"""Which day it is: the agency's, in every part alike, and dates that only pass through a form stay as they are."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from bs4 import BeautifulSoup
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain.permissions import Role
from backoffice.jobs import notices
from backoffice.models import Agency, AuditEvent, OutboxRow, Project, StaffFact
from backoffice.services import tokens
from backoffice.services.tokens import Scope
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.support.client import Client

pytestmark = pytest.mark.one_engine
END = date(2026, 7, 14)


@pytest.mark.parametrize("is_tomorrow", [False, True])
def test_every_part_agrees_on_the_day_while_it_is_another_one_in_utc(
    client: Client, session: Session, is_tomorrow: bool
) -> None:
    """23.30 and 0.30 in Riga, both on the 14th of July in UTC."""
    agency_id = factories.agency(time_zone="Europe/Riga")
    ended = factories.project(agency_id=agency_id, start_date=date(2024, 1, 1), end_date=END)
    begins = factories.project(agency_id=agency_id, start_date=date(2026, 7, 15), is_running=True)
    coordinator = factories.coordinator(ended)
    specialist = factories.staff(Role.SPECIALIST, agency_id=agency_id)
    with unit_of_work() as uow:
        agency = uow.session.get_one(Agency, agency_id)
        agency.notices_from = END
        token = tokens.create(uow, actor=None, agency=agency, name="Grants", scopes=(Scope.REPORT_WRITE,))
        code, next_code = (uow.session.get_one(Project, id).code for id in (ended, begins))
    with time_machine.travel(datetime(2026, 7, 14, 21 if is_tomorrow else 20, 30, tzinfo=UTC), tick=False):
        client.sign_in(coordinator.email)
        assert ("Available for submission" in client.get(f"/my/{code}/").text) is is_tomorrow
        assert ('data-check="not-submittable"' in client.get(f"/my/{code}/submit").text) is not is_tomorrow
        client.sign_in(specialist.email)
        assert ("can be submitted" in client.get(f"/admin/projects/{code}/").text) is is_tomorrow
        assert f"{15 if is_tomorrow else 14} July" in client.get("/admin/").text
        visitor = client.application.test_client()
        assert visitor.get(f"/projects/{next_code}").status_code == (200 if is_tomorrow else 404)
        answer = visitor.put(
            f"/api/v1/projects/{code}/final-report", json={"handed_in_on": "2026-07-15"},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code == (200 if is_tomorrow else 422)  # never in the future
    with time_machine.travel(datetime(2026, 7, 15 if is_tomorrow else 14, 9, tzinfo=UTC), tick=False):
        notices.run()
    session.rollback()
    invited = session.scalars(select(OutboxRow).where(OutboxRow.project_id == ended, OutboxRow.kind == "invitation"))
    assert bool(invited.all()) is is_tomorrow


@pytest.mark.parametrize("time_zone", ["Pacific/Auckland", "America/Los_Angeles"])
def test_dates_that_are_saved_as_they_were_shown_stay_and_nothing_is_recorded(
    client: Client, session: Session, time_zone: str
) -> None:
    agency_id = factories.agency(time_zone=time_zone)
    project_id = factories.project(agency_id=agency_id, start_date=date(2024, 1, 1), end_date=date(2026, 3, 29))
    with unit_of_work() as uow:
        row = uow.session.get_one(Project, project_id)
        row.report_handed_in_on, code = date(2026, 4, 1), row.code
    client.sign_in(factories.staff(Role.AGENCY_ADMIN, agency_id=agency_id).email)
    for path in (f"/admin/projects/{code}/dates", f"/admin/projects/{code}/report", "/admin/settings/"):
        form = BeautifulSoup(client.get(path).text, "html.parser").select_one("main form[method=post]")
        assert form is not None
        data = {str(field["name"]): str(field.get("value", "")) for field in form.select("input[name]")
                if field.get("type") != "radio" or field.has_attr("checked")}
        assert any(field.get("type") == "date" and field.get("value") for field in form.select("input")), path
        client.post(path, data=data)
    session.rollback()
    row = session.get_one(Project, project_id)
    assert (row.start_date, row.end_date) == (date(2024, 1, 1), date(2026, 3, 29))
    assert row.report_handed_in_on == date(2026, 4, 1)
    assert session.scalars(select(AuditEvent.action)).all() == []
    assert session.scalars(select(StaffFact)).all() == []
