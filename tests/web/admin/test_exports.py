"""Every list as a file: its very rows on all pages, in its order, within its scope, with no formula (CONTRACT)."""

import re

from bs4 import BeautifulSoup
from flask import Flask

from backoffice.domain.permissions import Role
from backoffice.views.admin.base import RecordView
from tests import factories
from tests.factories import reviews as make
from tests.factories import tickets
from tests.factories.reviews import Scene
from tests.support import sheets
from tests.support.client import Client


def test_a_filtered_list_is_taken_away_whole_in_its_order(client: Client, scene: Scene) -> None:
    for title in ["Čaka iela", "Cēsis", "Ķekava", "Kuldīga", "Zaļā", "=HYPERLINK(1)"] + ["Same title"] * 55:
        factories.project(agency_id=scene.agency_id, title=title)
    factories.project(agency_id=scene.agency_id, title="Same title", is_running=True)  # in another saved view
    stranger = factories.agency()
    factories.project(agency_id=stranger, title="Same title")
    client.sign_in(scene.specialist.email)
    path, seen = "/admin/projects/?view=ended", []
    while path:
        page = BeautifulSoup(client.get(path).text, "html.parser")
        seen += [cell.text for cell in page.select("tbody .code")]
        link = page.find("a", rel="next")
        path = str(link["href"]) if link else ""
    answer = client.get("/admin/projects/?view=ended&format=csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert re.search(r'filename="projects-\d{4}-\d\d-\d\d.csv"', answer.headers["Content-Disposition"])
    assert answer.headers["Cache-Control"] == "private, no-store"
    rows = sheets.of_csv(answer.data)
    assert [row["Project Identifier"] for row in rows] == seen
    assert len(seen) == 62
    titles = [row["Project Title"] for row in rows]
    assert titles[:3] == ["Cēsis", "Čaka iela", "'=HYPERLINK(1)"]
    same = sheets.of_xlsx(client.get("/admin/projects/?view=ended&format=xlsx&at=rubbish").data)
    assert [row["Project Identifier"] for row in same] == seen
    some = sheets.of_csv(client.get("/admin/projects/?view=all&q=kekava&format=csv").data)
    assert [row["Project Title"] for row in some] == ["Ķekava"]
    assert client.get("/admin/projects/?format=pdf").status_code == 404


def test_every_list_can_be_taken_away_by_whom_it_is_open_to(app: Flask, client: Client, scene: Scene) -> None:
    make.submit(scene)
    factories.contact(project_id=scene.project_id, email="who@school.example")
    tickets.ticket(email=scene.coordinator.email, project_id=scene.project_id)
    views = [view for site in app.extensions["admin"] for view in site._views if isinstance(view, RecordView)]
    assert len(views) >= 9
    for role in (Role.AGENCY_ADMIN, Role.HELPDESK):
        client.sign_in(factories.staff(role, agency_id=scene.agency_id).email)
        for view in views:
            page = client.get(view.url + "/")
            for kind in ("csv", "xlsx"):
                answer = client.get(f"{view.url}/?format={kind}")
                assert answer.status_code == page.status_code, (view.url, role)
                if answer.status_code == 200:
                    read = sheets.of_csv if kind == "csv" else sheets.of_xlsx
                    assert isinstance(read(answer.data), list)
    client.sign_in(scene.stranger.email)
    for view in views:
        answer = client.get(f"{view.url}/?format=csv&view=all")
        assert "who@school.example" not in answer.text
        assert scene.coordinator.email not in answer.text


def test_the_queue_and_the_contacts_say_what_their_pages_say(client: Client, scene: Scene) -> None:
    make.submit(scene)
    make.claim(scene)
    factories.contact(project_id=scene.project_id, email="who@school.example", is_public=True)
    client.sign_in(scene.colleague.email)
    (row,) = sheets.of_csv(client.get("/admin/review/?format=csv").data)
    assert (row["Status"], row["Results"], row["Submission"]) == ("Under review", "2", "1")
    assert row["Claimed by"].startswith("Person")
    (person,) = sheets.of_csv(client.get("/admin/contacts/?q=who&format=csv").data)
    assert (person["Email"], person["Public now"], person["Phone"]) == ("who@school.example", "yes", "'+371 67000000")
    assert "format=csv" in client.get("/admin/contacts/?q=who").text


def test_latvian_staff_get_the_columns_in_latvian(client: Client, scene: Scene) -> None:
    client.sign_in(scene.specialist.email)
    head = client.get("/admin/results/?lang=lv&q=zzz&format=csv").data.decode("utf-8-sig").splitlines()[0]
    assert "Apraksts angļu valodā" in head
