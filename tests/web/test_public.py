"""What a stranger sees: the catalogue, a project, its files, and nothing else (DOMAIN §5; seed S4 to S7, S10, S12)."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from xml.etree import ElementTree as Xml

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from backoffice.domain.projects import GrantState, PublicationRule
from backoffice.domain.visibility import Subject
from backoffice.models import Agency, Contact, Project, Result, StoredFile
from backoffice.services import overrides
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews
from tests.factories.reviews import Scene
from tests.support.client import Client

pytestmark = [pytest.mark.both_engines, pytest.mark.slow]

CODE = "2023-1-LV01-KA220-SCH-000000005"
SECRET = "Kept away from everybody"
NOTHING = "No results published yet"


def soup_of(client: Client, path: str, *, status: int = 200) -> BeautifulSoup:
    answer = fetch(client, path)
    assert answer.status_code == status, path
    return BeautifulSoup(answer.get_data(as_text=True), "html.parser")


def fetch(client: Client, path: str, *, headers: dict[str, str] | None = None) -> TestResponse:
    """Read to the end, so that the file behind it is closed."""
    return client.get(path, headers=headers or {}, buffered=True)


def scene_with_titles(*titles: str, hidden: str = "") -> Scene:
    """Approved; the title in `hidden` is marked "do not publish"."""
    scene = reviews.scene(code=CODE, results=0)
    ids = []
    for title in titles:
        result_id = factories.result(project_id=scene.project_id, title=title, do_not_publish=title == hidden)
        ids.append(result_id)
    scene = Scene(
        agency_id=scene.agency_id, project_id=scene.project_id, result_ids=tuple(ids), coordinator=scene.coordinator,
        specialist=scene.specialist, colleague=scene.colleague, stranger=scene.stranger,
    )
    reviews.submit(scene)
    reviews.approve(scene)
    return scene


def everything(client: Client, *, code: str = CODE) -> Iterator[tuple[str, str]]:
    """Every public output that could name a result."""
    for path in (
        "/", "/projects/", "/projects/?view=projects", "/projects/?view=results", "/projects/?q=kept",
        f"/projects/{code}", "/projects/feed.xml", "/sitemap.xml", "/api/v1/public/projects",
        f"/api/v1/public/projects/{code}", "/projects/?type=handbook&lang=lv",
    ):
        answer = fetch(client, path)
        assert answer.status_code in (200, 404), path
        yield path, answer.get_data(as_text=True)


def file_of(session: Session, result_id: int) -> StoredFile:
    file = session.scalars(select(StoredFile).where(StoredFile.result_id == result_id)).first()
    assert file is not None
    return file


def test_visitor_reads_what_is_published_and_downloads_it(client: Client, session: Session) -> None:
    scene = scene_with_titles("Šķūņa rokasgrāmata")
    soup = soup_of(client, f"/projects/{CODE}?lang=en")
    assert soup.select_one("h3[lang]").get_text(strip=True) == "Šķūņa rokasgrāmata"
    link = soup.select_one(f"#result-{scene.result_ids[0]} a.btn")
    answer = fetch(client, link["href"])
    assert answer.status_code == 200
    assert answer.data.startswith(b"Text number")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "no-cache" in answer.headers["Cache-Control"]
    assert client.get(f"/projects/{CODE.lower()}").status_code == 200


def test_do_not_publish_shows_no_title_no_count_and_no_file_anywhere(client: Client, session: Session) -> None:
    scene = scene_with_titles("For everybody", SECRET, hidden=SECRET)
    closed = scene.result_ids[1]
    for path, text in everything(client):
        assert SECRET not in text, path
        assert file_of(session, closed).name not in text, path
        assert f"result-{closed}" not in text, path
        assert f"results/{closed}/" not in text, path
    assert soup_of(client, "/projects/?lang=en").select_one("h2 [role=status]").get_text() == "1 result in 1 project"
    assert len(json.loads(client.get("/api/v1/public/projects").data)["items"][0]["results"]) == 1
    base = f"/projects/{CODE}/results/{closed}"
    for path in (f"{base}/download", f"{base}/files/{file_of(session, closed).id}"):
        assert fetch(client, path).status_code == 404


@pytest.mark.parametrize("what", ["result", "project"])
def test_hiding_wins_at_once_over_caches_and_pieces(client: Client, session: Session, what: str) -> None:
    scene = scene_with_titles(SECRET, "For everybody")
    result_id, file = scene.result_ids[0], file_of(session, scene.result_ids[0])
    address = f"/projects/{CODE}/results/{result_id}/files/{file.id}"
    tag = fetch(client, address).headers["ETag"]
    page_tag = client.get(f"/projects/{CODE}").headers["ETag"]
    assert fetch(client, address, headers={"If-None-Match": tag}).status_code == 304
    assert fetch(client, address, headers={"Range": "bytes=0-3"}).data == b"Text"
    assert client.get(f"/projects/{CODE}", headers={"If-None-Match": page_tag}).status_code == 304
    subject, subject_id = (Subject.RESULT, result_id) if what == "result" else (Subject.PROJECT, scene.project_id)
    with unit_of_work() as uow:
        row = overrides.hide(
            uow, actor=scene.specialist.actor, subject=subject, subject_id=subject_id, reason="A complaint"
        )
        override_id = row.id
    for headers in ({}, {"If-None-Match": tag}, {"Range": "bytes=0-3"}, {"If-None-Match": tag, "If-Range": tag}):
        assert fetch(client, address, headers=headers).status_code == 404
    assert fetch(client, f"{address.rsplit('/', 2)[0]}/download", headers={"If-None-Match": tag}).status_code == 404
    page = client.get(f"/projects/{CODE}", headers={"If-None-Match": page_tag})
    assert page.status_code == (404 if what == "project" else 200)
    for path, text in everything(client):
        assert SECRET not in text, path
        assert what == "result" or "For everybody" not in text, path
    with unit_of_work() as uow:
        overrides.clear(uow, actor=scene.specialist.actor, override_id=override_id)
    assert fetch(client, address).status_code == 200
    assert SECRET in client.get(f"/projects/{CODE}").get_data(as_text=True)


def test_page_of_a_project_without_published_results_is_the_same_whatever_the_review_says(
    client: Client, session: Session
) -> None:
    scene = reviews.scene(code=CODE)

    def page() -> str:
        text = client.get(f"/projects/{CODE}?lang=en").get_data(as_text=True)
        assert NOTHING in text
        return text

    states = [page()]
    reviews.submit(scene)
    states.append(page())
    reviews.give_back(scene)
    states.append(page())
    assert len(set(states)) == 1
    with unit_of_work() as uow:
        for result_id in scene.result_ids:
            row = uow.session.get_one(Result, result_id)
            row.do_not_publish, row.do_not_publish_reason = True, "Rights"
    reviews.submit(scene)
    reviews.approve(scene)
    assert page() == states[0]


def test_public_sees_nothing_before_the_start_nor_of_a_cancelled_project(client: Client, session: Session) -> None:
    scene = scene_with_titles("For everybody")
    for changes in ({"grant_state": GrantState.CANCELLED}, {"start_date": "later"}):
        with unit_of_work() as uow:
            row = uow.session.get_one(Project, scene.project_id)
            before = {name: getattr(row, name) for name in changes}
            if "start_date" in changes:
                row.start_date = row.end_date = uow.now.date() + timedelta(days=3)
            else:
                row.grant_state = GrantState.CANCELLED
        assert client.get(f"/projects/{CODE}").status_code == 404
        assert all("For everybody" not in text for _path, text in everything(client))
        with unit_of_work() as uow:
            for name, value in before.items():
                setattr(uow.session.get_one(Project, scene.project_id), name, value)
    assert client.get(f"/projects/{CODE}").status_code == 200


def test_agency_may_publish_only_with_the_approval_of_the_report(client: Client, session: Session) -> None:
    scene = scene_with_titles("For everybody")
    with unit_of_work() as uow:
        uow.session.get_one(Agency, scene.agency_id).publication_rule = PublicationRule.ON_REPORT_APPROVAL
    assert NOTHING in client.get(f"/projects/{CODE}?lang=en").get_data(as_text=True)
    with unit_of_work() as uow:
        uow.session.get_one(Project, scene.project_id).report_approved_on = uow.now.date()
    assert "For everybody" in client.get(f"/projects/{CODE}").get_data(as_text=True)


def test_final_summary_takes_the_place_of_the_description_after_approval(client: Client, session: Session) -> None:
    scene = reviews.scene(code=CODE)
    with unit_of_work() as uow:
        project = uow.session.get_one(Project, scene.project_id)
        project.summary, project.final_summary = "What we set out to do.", "What we have reached."
    assert "What we set out to do." in client.get(f"/projects/{CODE}").get_data(as_text=True)
    reviews.submit(scene)
    assert "What we have reached." not in client.get(f"/projects/{CODE}").get_data(as_text=True)
    reviews.approve(scene)
    text = client.get(f"/projects/{CODE}").get_data(as_text=True)
    assert "What we have reached." in text
    assert "What we set out to do." not in text


def test_public_contact_is_shown_without_telephone_and_the_others_not_at_all(client: Client) -> None:
    scene = reviews.scene(code=CODE)
    factories.contact(project_id=scene.project_id, email="shown@school.example", is_public=True)
    factories.contact(project_id=scene.project_id, email="private@school.example")
    text = client.get(f"/projects/{CODE}").get_data(as_text=True)
    assert "shown@school.example" in text
    assert "private@school.example" not in text
    assert "6700" not in text
    assert "shown@school.example" in client.get("/api/v1/public/projects").get_data(as_text=True)
    headings = soup_of(client, f"/projects/{CODE}?lang=en").select("h2, dt")
    assert any("ontact" in heading.get_text() for heading in headings)
    with unit_of_work() as uow:
        for contact in uow.session.scalars(select(Contact)):
            contact.coordinator_public = False
    headings = soup_of(client, f"/projects/{CODE}?lang=en").select("h2, dt")
    assert not any("ontact" in heading.get_text() for heading in headings)
    for path, output in everything(client):
        assert "shown@school.example" not in output, path
    for path, output in everything(client):
        assert "private@school.example" not in output, path
        assert "+371" not in output, path


def test_several_files_come_as_one_zip_with_names_of_their_own(client: Client, session: Session) -> None:
    scene = reviews.scene(code=CODE, results=1)
    for content in (b"one", b"two", "trīs".encode()):
        factories.file(
            project_id=scene.project_id, result_id=scene.result_ids[0], name="Žurnāls.txt", content=content
        )
    reviews.submit(scene)
    reviews.approve(scene)
    answer = client.get(f"/projects/{CODE}/results/{scene.result_ids[0]}/download", buffered=True)
    assert answer.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as bundle:
        assert bundle.testzip() is None
        assert sorted(bundle.namelist())[-3:] == ["Žurnāls (2).txt", "Žurnāls (3).txt", "Žurnāls.txt"]
        assert bundle.read("Žurnāls (3).txt") == "trīs".encode()
    tag = answer.headers["ETag"]
    again = client.get(
        f"/projects/{CODE}/results/{scene.result_ids[0]}/download", headers={"If-None-Match": tag}, buffered=True
    )
    assert again.status_code == 304
    assert "All as one ZIP" in client.get(f"/projects/{CODE}?lang=en").get_data(as_text=True)


def test_stranger_cannot_guess_files_of_others(client: Client, session: Session) -> None:
    scene = scene_with_titles("One", "Two")
    first, second = scene.result_ids
    foreign = file_of(session, second).id
    for path in (
        f"/projects/{CODE}/results/{first}/files/{foreign}", f"/projects/{CODE}/results/999999/files/{foreign}",
        f"/projects/2023-1-LV01-KA220-SCH-000000001/results/{second}/files/{foreign}", "/projects/%00", "/projects/x",
        f"/projects/{CODE}/results/{first}/files/99999999999999999999", f"/projects/{CODE}/logo",
    ):
        assert fetch(client, path).status_code == 404, path


def test_feed_sitemap_and_json_name_what_is_published(client: Client, session: Session) -> None:
    scene = scene_with_titles("For <everybody> & all")
    feed = Xml.fromstring(client.get("/projects/feed.xml").data)  # noqa: S314  # our own answer
    assert [entry.text for entry in feed.iterfind("{*}entry/{*}title")] == ["For <everybody> & all"]
    places = Xml.fromstring(client.get("/sitemap.xml").data)  # noqa: S314
    assert f"http://localhost/projects/{CODE}" in [place.text for place in places.iterfind("{*}url/{*}loc")]
    answer = client.get("/api/v1/public/projects")
    item = json.loads(answer.data)["items"][0]
    assert (item["code"], item["results"][0]["id"]) == (CODE, scene.result_ids[0])
    file = item["results"][0]["files"][0]
    assert fetch(client, file["url"].removeprefix("http://localhost")).status_code == 200
    assert "no-cache" in answer.headers["Cache-Control"]
    assert client.get("/api/v1/public/projects?at=nonsense").status_code == 400
    assert "Sitemap: http://localhost/sitemap.xml" in client.get("/robots.txt").get_data(as_text=True)


def test_json_pages_lead_to_the_next_one(client: Client, app: Flask) -> None:
    agency_id = factories.agency()
    for _number in range(51):
        factories.project(agency_id=agency_id)
    first = json.loads(client.get("/api/v1/public/projects?action=KA220-SCH").data)
    second = json.loads(client.get(first["next"].removeprefix("http://localhost")).data)
    assert (len(first["items"]), len(second["items"]), second["next"]) == (50, 1, None)


def test_other_programs_read_meta_tags_in_both_languages(client: Client) -> None:
    scene_with_titles("For everybody")
    soup = soup_of(client, f"/projects/{CODE}?lang=en")
    assert soup.find("link", rel="canonical")["href"] == f"http://localhost/projects/{CODE}"
    assert {link["hreflang"] for link in soup.find_all("link", hreflang=True)} == {"lv", "en", "x-default"}
    assert soup.find("meta", attrs={"property": "og:title"})["content"] == soup.h1.get_text(strip=True)
    assert soup.find("meta", attrs={"name": "description"})["content"]
    assert soup_of(client, "/projects/?q=x").find("meta", attrs={"name": "robots"})["content"].startswith("noindex")


def test_signed_in_persons_pages_are_kept_nowhere(client: Client) -> None:
    scene = scene_with_titles("For everybody")
    client.sign_in(scene.coordinator.email)
    assert client.get(f"/projects/{CODE}").headers["Cache-Control"] == "no-store"
