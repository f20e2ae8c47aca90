"""What stands around each page: menu, areas, agency, foot, counts; only what exists and is open to the person."""

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy.orm import Session

from backoffice.domain.permissions import GRANTS, Role
from backoffice.models import Agency, Project
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews
from tests.support.client import Client

LEGAL = ("/terms", "/privacy", "/accessibility")


def soup_of(client: Client, path: str) -> BeautifulSoup:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return BeautifulSoup(answer.get_data(as_text=True), "html.parser")


def name_agency(agency_id: int, *, name: str, name_lv: str = "") -> None:
    with unit_of_work() as uow:
        row = uow.session.get_one(Agency, agency_id)
        row.name, row.name_lv = name, name_lv


def menu(soup: BeautifulSoup) -> dict[str, str]:
    """Address → words of each entry of the side menu."""
    return {link["href"]: link.get_text(" ", strip=True) for link in soup.select(".rail nav a")}


def test_visitor_reads_whose_site_it_is_in_their_language(client: Client) -> None:
    name_agency(factories.agency(), name="The Agency", name_lv="Aģentūra Rīgā")
    assert "The Agency" in soup_of(client, "/?lang=en").select_one(".brand").get_text()
    assert "Aģentūra Rīgā" in soup_of(client, "/?lang=lv").select_one(".brand").get_text()


def test_page_of_a_project_bears_the_name_of_its_agency_and_leads_to_its_texts(
    client: Client, session: Session
) -> None:
    name_agency(factories.agency(code="LV01"), name="The first")
    other = factories.agency(code="LI01")
    name_agency(other, name="The other")
    code = session.get_one(Project, factories.project(agency_id=other)).code
    soup = soup_of(client, f"/projects/{code}?lang=en")
    assert "The other" in soup.select_one(".brand").get_text()
    links = [link["href"] for link in soup.select("footer a")]
    assert [f"{path}?agency=LI01" for path in LEGAL] == [link for link in links if "?agency" in link]
    assert "The first" in soup_of(client, "/").select_one(".brand").get_text()


@pytest.mark.parametrize("role", [Role.SPECIALIST, Role.HELPDESK, Role.AGENCY_ADMIN])
def test_staff_find_in_the_menu_exactly_what_is_open_to_them(app: Flask, client: Client, role: Role) -> None:
    person = factories.staff(role, agency_id=factories.agency())
    client.sign_in(person.email)
    entries = menu(soup_of(client, "/admin/"))
    assert "/admin/" in entries
    closed = [path for path in entries if client.get(path, follow_redirects=True).status_code != 200]
    assert closed == []
    open_views = {
        view.url.rstrip("/")
        for view in app.extensions["admin"][0]._views
        if view.is_visible() and view.permissions.get(view._default_view) in GRANTS[role]
    }
    assert len(entries) == len(open_views)


def test_specialist_sees_how_many_reviews_wait(client: Client) -> None:
    scene = reviews.scene()
    client.sign_in(scene.specialist.email)
    assert menu(soup_of(client, "/admin/"))["/admin/review/"] == "Review"
    reviews.submit(scene)
    assert menu(soup_of(client, "/admin/"))["/admin/review/"] == "Review 1"
    current = soup_of(client, "/admin/review/").select(".rail nav a[aria-current=page]")
    assert [link["href"] for link in current] == ["/admin/review/"]


def test_stranger_of_another_agency_counts_only_their_own(client: Client) -> None:
    scene = reviews.scene()
    reviews.submit(scene)
    client.sign_in(scene.stranger.email)
    assert menu(soup_of(client, "/admin/"))["/admin/review/"] == "Review"


def test_person_with_both_areas_sees_which_is_in_use(client: Client) -> None:
    agency_id = factories.agency()
    person = factories.staff(Role.SPECIALIST, agency_id=agency_id)
    factories.access(user_id=person.user_id, project_id=factories.project(agency_id=agency_id))
    client.sign_in(person.email)
    for path, current in (("/admin/", "/admin/"), ("/my/", "/my/")):
        soup = soup_of(client, path)
        in_use = [link["href"] for link in soup.select(".menu .pop a[aria-current=true]")]
        assert in_use == [current], path
        assert {"/my/", "/admin/"} <= {link["href"] for link in soup.select(".menu .pop a")}


def test_coordinator_has_no_door_to_the_back_office(client: Client) -> None:
    person = factories.coordinator(factories.project(agency_id=factories.agency()))
    client.sign_in(person.email)
    for path in ("/", "/my/", "/guide"):
        links = {link["href"] for link in soup_of(client, path).find_all("a", href=True)}
        assert "/my/" in links
        assert not any(link.startswith("/admin") for link in links)


def test_every_page_for_guests_leads_to_the_texts_that_the_law_asks_for(client: Client) -> None:
    factories.agency()
    for path in ("/", "/projects/", "/guide", "/terms", "/login"):
        links = {link["href"] for link in soup_of(client, path).select("footer a")}
        assert set(LEGAL) <= links, path


def test_every_page_of_staff_leads_to_the_texts_that_the_law_asks_for(client: Client) -> None:
    client.sign_in(factories.staff(Role.HELPDESK, agency_id=factories.agency()).email)
    for path in ("/admin/", "/admin/projects/", "/admin/outbox/"):
        links = {link["href"].split("?")[0] for link in soup_of(client, path).select("footer a")}
        assert set(LEGAL) <= links, path
