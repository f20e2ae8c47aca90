"""The everyday pages: the figures of a year, the first page, marks, and a website that died."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain import clock
from backoffice.domain.links import LinkState
from backoffice.domain.permissions import Role
from backoffice.models import Agency, Project, StaffFact
from backoffice.services import links
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews as make
from tests.factories import tickets
from tests.support import sheets
from tests.support.client import Client


@pytest.fixture
def scene(session: Session) -> make.Scene:
    scene = make.scene()
    make.submit(scene)
    make.approve(scene)
    return scene


def test_the_year_is_shown_and_taken_away(client: Client, scene: make.Scene) -> None:
    client.sign_in(scene.specialist.email)
    page = BeautifulSoup(client.get("/admin/figures/").text, "html.parser")
    assert page.select("svg.plot > title")
    assert all(title.text for title in page.select("svg.plot > title"))
    action, total = sheets.of_csv(client.get("/admin/figures/?format=csv").data)
    assert (action["Action type"], action["Ended"], action["Submitted in time"]) == ("KA220-SCH", "1", "1")
    assert total["Action type"] == "All"
    assert total["Results published"] == "2"
    months = sheets.of_xlsx(client.get("/admin/figures/?format=xlsx&part=months").data)
    assert sum(row["Approved"] for row in months) == 1
    assert client.get("/admin/figures/?lang=lv&year=1999").status_code == 200


def test_the_first_page_says_what_the_weeks_bring_and_what_waits(client: Client, scene: make.Scene) -> None:
    tickets.ticket(email=scene.coordinator.email, project_id=scene.project_id)
    with unit_of_work() as uow:
        agency = uow.session.get_one(Agency, scene.agency_id)
        today = clock.day_of(uow.now, time_zone=agency.time_zone)
    factories.project(agency_id=scene.agency_id, end_date=today + timedelta(days=20))
    factories.project(agency_id=scene.agency_id, end_date=today + timedelta(days=20), action="KA122-VET")
    client.sign_in(factories.staff(Role.HELPDESK, agency_id=scene.agency_id).email)
    page = BeautifulSoup(client.get("/admin/").text, "html.parser")
    assert "1 ticket needs an answer" in page.text
    numbers = [
        [int(cell.text) for cell in row.select("td.num")] for row in page.select("figure:has(#p-weeks) table tbody tr")
    ]
    assert len(numbers) == 12
    assert [sum(column) for column in zip(*numbers, strict=True)] == [1, 1]


def test_a_mark_is_public_at_once_and_kept_against_an_import(
    client: Client, session: Session, scene: make.Scene
) -> None:
    code = session.get_one(Project, scene.project_id).code
    session.rollback()
    path = f"/admin/projects/{code}/marks"
    client.sign_in(factories.staff(Role.HELPDESK, agency_id=scene.agency_id).email)
    assert client.get(path).status_code == 403
    client.sign_in(scene.specialist.email)
    assert client.post(path, data={"is_good_practice": "y", "seen": "False/False"}).status_code == 302
    visitor = client.application.test_client()
    assert code in visitor.get("/projects/?view=projects&good_practice=yes").text
    assert "Good practice" in visitor.get(f"/projects/{code}").text
    assert [row.field for row in session.scalars(select(StaffFact))] == ["is_good_practice"]
    session.rollback()
    assert client.post(path, data={"is_success_story": "y", "seen": "True/False"}).status_code == 302
    assert code not in visitor.get("/projects/?view=projects&good_practice=yes").text


@pytest.mark.parametrize(
    ("state", "leads_to", "said"),
    [
        (LinkState.DEAD, "", "has not answered since"),
        (LinkState.MOVED, "https://bets.example/", "leads to another site since"),
    ],
)
def test_a_dead_website_is_hidden_with_one_press(
    client: Client, session: Session, scene: make.Scene, state: LinkState, leads_to: str, said: str
) -> None:
    with unit_of_work() as uow:
        project = uow.session.get_one(Project, scene.project_id)
        code, project.website = project.code, "https://school.example/"
        links.want(uow, urls=["https://school.example/"])
        check_id = uow.links[0]
    with unit_of_work() as uow:
        links.record(uow, check_id=check_id, state=state, leads_to=leads_to, cause="no such name")
    client.sign_in(scene.coordinator.email)
    shown = client.get(f"/my/{code}/").text
    assert 'data-check="website-dead"' in shown
    assert said in shown
    client.sign_in(scene.specialist.email)
    for path in (f"/admin/projects/{code}/", "/admin/needs-data/"):
        page = BeautifulSoup(client.get(path).text, "html.parser")
        form = next(form for form in page.select("form") if "website/hide" in str(form.get("action")))
        reason = str(form.select_one("[name=reason]")["value"])  # type: ignore[index]
        assert said in reason
        assert leads_to in reason
    assert "school.example" in client.get("/admin/needs-data/?format=csv").text
    assert client.post(str(form["action"]), data={"reason": reason}).status_code == 302
    assert "school.example" not in client.application.test_client().get(f"/projects/{code}").text
    assert "school.example" not in client.get("/admin/needs-data/?view=link&format=csv").text
