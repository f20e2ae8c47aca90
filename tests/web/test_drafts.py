"""Typed text is safe (cases: sessions and text), with script and without: what a browser sends, and what it gets."""

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.db import db
from backoffice.domain.drafts import KEPT_FOR
from backoffice.jobs import retention
from backoffice.models import FormDraft, Project, Result
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews as make
from tests.factories.reviews import Scene
from tests.factories.users import Person
from tests.support.client import Client
from tests.web.coordinator.conftest import filled
from tests.web.review.pages import soup, told

pytestmark = pytest.mark.one_engine
TYPED = "Typed for an hour: ā, č\nand a second line."


@pytest.fixture
def scene(session: Session) -> Scene:
    return make.scene()


@pytest.fixture
def home(scene: Scene, session: Session) -> str:
    return f"/my/{session.get_one(Project, scene.project_id).code}/"


def enter(app: Flask, person: Person) -> Client:
    client = app.test_client()
    assert isinstance(client, Client)
    client.sign_in(person.email)
    return client


@pytest.fixture
def me(app: Flask, scene: Scene) -> Client:
    return enter(app, scene.coordinator)


def form_at(client: Client, url: str, selector: str) -> dict[str, Any]:
    form = soup(client.get(url)).select_one(selector)
    assert form is not None
    return filled(form, {})


def leave(client: Client) -> None:
    """The session ends: by time, or in another window."""
    with client.session_transaction() as kept:
        kept.clear()


def field(page: BeautifulSoup, name: str) -> str:
    tag = page.select_one(f"main [name='{name}']")
    assert tag is not None
    return tag.get_text().lstrip("\r\n").replace("\r\n", "\n") if tag.name == "textarea" else str(tag.get("value", ""))


def places(scene: Scene, home: str) -> list[tuple[str, str, str, str]]:
    """The page, its form, where it is sent, and the field that is typed in."""
    result = f"{home}results/{scene.result_ids[0]}"
    return [
        (result, "form#result", result, "description"),
        (f"{home}results/new", "form#result", f"{home}results/new", "title"),
        (home, "#summary form", f"{home}summary", "final_summary"),
        (f"{home}contacts/new", "main form:has([name=role])", f"{home}contacts/new", "role"),
    ]


def test_form_sent_after_the_session_ended_comes_back_after_signing_in(
    app: Flask, scene: Scene, home: str, me: Client
) -> None:
    for page, selector, url, name in places(scene, home):
        data = form_at(me, page, selector) | {name: TYPED.replace("\n", " ")}
        leave(me)
        answer = me.without_token.post(url, data=data)  # a plain form; the token was of the session, too
        assert answer.status_code == 303
        assert answer.location.startswith("/login?next=/my/")
        assert db.session.scalars(select(FormDraft.user_id)).all() == [scene.coordinator.user_id]
        me.sign_in(scene.coordinator.email)
        shown = soup(me.get(page))
        assert field(shown, name) == TYPED.replace("\n", " ")
        assert "did not save stands here again" in shown.main.get_text()
        assert "stands here again" not in told(enter(app, factories.coordinator(scene.project_id)).get(page))
        form = next(one for one in shown.select("main form") if one.select(f"[name='{name}']"))
        if name != "role":
            assert me.post(url, data=filled(form, {})).status_code in (302, 303)
            assert db.session.scalars(select(FormDraft)).all() == []
            assert "stands here again" not in told(me.get(page))
        else:
            assert me.post("/drafts/discard", data={"opened": filled(form, {})["opened"]}).status_code == 302
            assert field(soup(me.get(page)), name) == ""


def test_form_sent_with_the_token_of_an_earlier_sign_in_comes_back_at_once(
    scene: Scene, home: str, me: Client
) -> None:
    page, selector, url, name = places(scene, home)[0]
    data = form_at(me, page, selector) | {name: TYPED}
    leave(me)
    me.sign_in(scene.coordinator.email)
    answer = me.without_token.post(url, data=data)
    assert (answer.status_code, answer.location) == (303, page)
    assert field(soup(me.get(page)), name) == TYPED


def test_form_of_one_account_is_kept_under_no_other(app: Flask, scene: Scene, home: str, me: Client) -> None:
    page, selector, url, name = places(scene, home)[0]
    data = form_at(me, page, selector) | {name: TYPED}
    for other in (factories.coordinator(scene.project_id), factories.person()):
        browser = enter(app, other)
        answer = browser.post(url, data=data)
        assert answer.status_code == 409
        assert TYPED in soup(answer).select_one("textarea[readonly]#kept-description").get_text()
        assert browser.without_token.post(url, data=data).status_code == 409
        answer = browser.post("/drafts", data=data)
        assert (answer.status_code, answer.get_json()["error"]) == (403, "other-account")
    assert db.session.scalars(select(FormDraft)).all() == []
    forged = data | {"opened": data["opened"][:-3] + "abc"}
    leave(me)
    assert me.without_token.post(url, data=forged).status_code != 303
    assert me.post("/drafts", data=forged).status_code == 400
    assert db.session.scalars(select(FormDraft)).all() == []


def test_what_is_typed_is_kept_and_says_why_when_it_is_not(scene: Scene, home: str, me: Client) -> None:
    page, selector, _url, name = places(scene, home)[0]
    data = form_at(me, page, selector) | {name: TYPED}
    answer = me.without_token.post("/drafts", data=data)
    assert answer.status_code == 200
    assert answer.get_json()["at"]
    assert field(soup(me.get(page)), name) == TYPED
    assert db.session.get_one(Result, scene.result_ids[0]).description != TYPED
    assert me.post("/drafts", data=data | {name: "x" * 130_000}).status_code == 422
    leave(me)
    answer = me.post("/drafts", data=data)
    assert (answer.status_code, answer.get_json()["error"]) == (401, "signed-out")
    me.sign_in(scene.coordinator.email)
    make.submit(scene)
    answer = me.post("/drafts", data=data)
    assert (answer.status_code, answer.get_json()["error"]) == (409, "closed")
    assert "under review" in answer.get_json()["words"]


def test_what_somebody_else_saved_meanwhile_is_shown_beside_the_kept_text(
    app: Flask, scene: Scene, home: str, me: Client
) -> None:
    page, selector, url, name = places(scene, home)[0]
    me.post("/drafts", data=form_at(me, page, selector) | {name: TYPED})
    second = factories.coordinator(scene.project_id)
    browser = enter(app, second)
    other = form_at(browser, page, selector)
    assert browser.post(url, data=other | {"description": "The text of the second person."}).status_code == 302
    shown = soup(me.get(page))
    assert field(shown, name) == TYPED
    answer = me.post(url, data=filled(shown.select_one("form#result"), {}))
    assert answer.status_code == 409
    text = told(answer)
    assert "The text of the second person." in text
    assert "Person " in text  # who saved it
    assert " saved this on " in text
    assert TYPED.split("\n", maxsplit=1)[0] in text


def test_draft_that_is_saved_already_or_says_nothing_new_is_no_draft(scene: Scene, home: str, me: Client) -> None:
    page, selector, url, name = places(scene, home)[0]
    data = form_at(me, page, selector)
    me.post("/drafts", data=data)  # typed, and taken back
    assert "stands here again" not in told(me.get(page))
    assert me.post(url, data=data | {name: TYPED}).status_code == 302
    me.post("/drafts", data=data | {name: TYPED})  # on its way when the button was pressed
    assert "stands here again" not in told(me.get(page))
    page, selector, url, name = places(scene, home)[1]
    data = form_at(me, page, selector) | {name: "A new one"}
    assert me.post(url, data=data).status_code == 302
    me.post("/drafts", data=data)
    assert field(soup(me.get(page)), name) == ""


def test_drafts_end_with_their_time(scene: Scene, home: str, me: Client) -> None:
    page, selector, _url, name = places(scene, home)[0]
    me.post("/drafts", data=form_at(me, page, selector) | {name: TYPED})
    with unit_of_work() as uow:
        uow.session.scalars(select(FormDraft)).one().kept_at -= KEPT_FOR + timedelta(minutes=1)
    assert field(soup(me.get(page)), name) != TYPED
    retention.run()
    assert db.session.scalars(select(FormDraft)).all() == []


def test_session_ends_by_time_unless_somebody_works_or_stays(app: Flask, scene: Scene, home: str, me: Client) -> None:
    idle = int(app.config["SESSION_IDLE"].total_seconds())

    def pass_time(seconds: int) -> None:
        with me.session_transaction() as kept:
            kept["seen"] -= seconds

    def left() -> int:
        return int(me.get("/session").get_json()["seconds"])

    assert me.get(home).status_code == 200
    for _press in range(11):
        pass_time(idle - 30)
        assert 0 < left() <= 30
        assert me.get("/session").status_code == 200  # asking is no reason to stay
        assert left() <= 30
        assert me.post("/session").get_json()["seconds"] > idle - 5
    pass_time(idle - 30)
    assert me.get(home).status_code == 200
    assert left() > idle - 5
    pass_time(idle + 1)
    assert left() == 0
    assert me.post("/session").status_code == 302
    assert me.get(home).location.startswith("/login?next=")
