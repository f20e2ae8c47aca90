"""Website, logo and final summary (S5, S6)."""

import io
from collections.abc import Callable

import pytest
from PIL import Image
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from backoffice.models import Project
from tests import factories
from tests.factories import Person, reviews
from tests.factories.reviews import Scene
from tests.web.coordinator.conftest import Reader, filled, form_of, soup_of, text_of, words

Enter = Callable[[Person], Reader]


def project(session: Session, scene: Scene) -> Project:
    session.expire_all()
    return session.get_one(Project, scene.project_id)


def picture(kind: str = "PNG", size: tuple[int, int] = (300, 200)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "navy").save(out, kind)
    return out.getvalue()


def send_logo(me: Reader, home: str, name: str, content: bytes, **typed: object) -> TestResponse:
    form = form_of(me.get(home), "Save Logo and website")
    data = {**filled(form, typed), "logo": (io.BytesIO(content), name)}
    return me.upload(str(form["action"]), data)


def test_website_is_saved_and_the_page_says_so(scene: Scene, home: str, me: Reader, session: Session) -> None:
    response = me.send(home, "Save Logo and website", website="https://never-too-late.example")
    assert response.location == home + "#live"
    assert project(session, scene).website == "https://never-too-late.example"
    page = me.get(home)
    assert "All changes saved" in words(page.find(id="live"))
    assert not page.select('#aside [data-check="no-website"]')
    assert "All changes saved" not in words(me.get(home).find(id="live"))


def test_website_of_another_person_stays_unless_mine_is_chosen(
    scene: Scene, home: str, me: Reader, session: Session, enter: Enter
) -> None:
    """A page that was open before brings no former address back, and two addresses stand side by side."""
    old, first = me.get(home), "https://first.example"
    enter(factories.coordinator(scene.project_id)).send(home, "Save Logo and website", website=first)
    assert me.press(old, "Save Logo and website").status_code == 302
    assert project(session, scene).website == first
    answer = me.press(old, "Save Logo and website", website="https://mine.example")
    assert answer.status_code == 409
    page = soup_of(answer)
    assert first in words(page.select_one("#live .compare"))
    assert project(session, scene).website == first
    me.press(page, "Save Logo and website", pick_website="yours")
    assert project(session, scene).website == "https://mine.example"


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "//x.example", "x"])
def test_website_that_is_no_address_is_refused_beside_it(
    scene: Scene, home: str, me: Reader, session: Session, address: str
) -> None:
    response = me.send(home, "Save Logo and website", website=address)
    page = soup_of(response)
    assert response.status_code == 422
    assert page.select_one('#website-error [data-error="address"]')
    assert "Begin with https://" in words(page.find(id="website-error"))
    assert page.find(id="website")["value"] == address
    assert page.title.get_text().startswith("Error:")
    assert project(session, scene).website == ""


def test_logo_is_written_anew_shown_and_taken_away(scene: Scene, home: str, me: Reader, session: Session) -> None:
    sent = picture()
    assert send_logo(me, home, "our logo.png", sent).status_code == 302
    logo = project(session, scene).logo
    assert logo is not None
    url = f"{home}logo/{logo.id}"
    session.rollback()
    page = me.get(home)
    assert page.find("img", attrs={"src": url})["alt"]
    response = me.client.get(url, buffered=True)
    assert response.mimetype == "image/png"
    assert "inline" in response.headers["Content-Disposition"]
    assert Image.open(io.BytesIO(response.data)).size == (300, 200)
    me.press(page, "Save Logo and website", no_logo="y")
    assert project(session, scene).logo is None
    session.rollback()
    me.get(url, status=404)


@pytest.mark.parametrize(
    ("name", "content"),
    [("logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"), ("logo.png", b"no picture"),
     ("logo.png", b"")],
)
def test_logo_that_is_no_picture_is_refused_and_the_website_stays_typed(
    scene: Scene, home: str, me: Reader, session: Session, name: str, content: bytes
) -> None:
    response = send_logo(me, home, name, content, website="https://typed.example")
    page = soup_of(response)
    assert response.status_code == 422, text_of(response)[:300]
    assert page.select_one("#logo-error [data-error]")
    assert page.find(id="website")["value"] == "https://typed.example"
    assert (project(session, scene).logo, project(session, scene).website) == (None, "")


def test_approved_project_still_takes_website_and_logo(scene: Scene, home: str, me: Reader, session: Session) -> None:
    reviews.submit(scene)
    reviews.approve(scene)
    me.send(home, "Save Logo and website", website="https://later.example")
    assert project(session, scene).website == "https://later.example"


def test_summary_is_saved_and_counts_for_the_checklist(scene: Scene, home: str, me: Reader, session: Session) -> None:
    response = me.send(home, "Save Summary of the project", final_summary="What we achieved.\r\nFor whom.")
    assert response.location == home + "#summary"
    assert project(session, scene).final_summary == "What we achieved.\nFor whom."
    assert not me.get(home).select('#aside [data-check="no-summary"]')


def test_summary_of_too_many_characters_says_how_many(scene: Scene, home: str, me: Reader, session: Session) -> None:
    response = me.send(home, "Save Summary of the project", final_summary="ē" * 5007)
    page = soup_of(response)
    assert response.status_code == 422
    assert "7 too many" in words(page.find(id="final_summary-error"))
    assert "ē" * 5007 in page.find(id="final_summary").get_text()


def test_result_saved_in_between_is_no_conflict_for_the_summary(
    scene: Scene, home: str, me: Reader, session: Session
) -> None:
    old = me.get(home)
    me.send(f"{home}results/{scene.result_ids[0]}", "Save", title="Another title")
    assert me.press(old, "Save Summary of the project", final_summary="Not lost").status_code == 302
    assert project(session, scene).final_summary == "Not lost"


def test_summary_of_two_tabs_shows_both(scene: Scene, home: str, me: Reader, session: Session) -> None:
    old = me.get(home)
    me.send(home, "Save Summary of the project", final_summary="Theirs")
    response = me.press(old, "Save Summary of the project", final_summary="Mine")
    page = soup_of(response)
    assert response.status_code == 409
    assert "Theirs" in words(page.select_one(".compare"))
    me.press(page, "Save Summary of the project", pick_final_summary="theirs")
    assert project(session, scene).final_summary == "Theirs"
    me.press(page, "Save Summary of the project", pick_final_summary="yours", final_summary="Mine, in the end")
    assert project(session, scene).final_summary == "Mine, in the end"


def test_summary_that_was_not_reopened_is_read_only(scene: Scene, home: str, me: Reader, session: Session) -> None:
    old = me.get(home)
    reviews.submit(scene)
    reviews.give_back(scene)
    assert not me.get(home).find(id="final_summary")
    assert me.press(old, "Save Summary of the project", final_summary="x").status_code == 409
    assert project(session, scene).final_summary == ""


def test_places_that_only_take_buttons_lead_to_the_page(scene: Scene, home: str, me: Reader) -> None:
    for path, anchor in (("website", "live"), ("summary", "summary")):
        assert me.client.get(home + path).location == f"{home}#{anchor}"
