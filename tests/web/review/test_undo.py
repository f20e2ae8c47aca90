"""The bar with "Undo": on the queue after the decision and on the review page, for who decided, as long as it works."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy.orm import Session

from backoffice.db import db
from backoffice.domain.projects import Status
from backoffice.models import Decision, Project
from backoffice.services.uow import unit_of_work
from tests.factories import reviews as make
from tests.factories.reviews import Scene
from tests.web.review.pages import Desk, errors, soup, told, values

pytestmark = pytest.mark.one_engine


def bar(page: BeautifulSoup) -> dict[str, str]:
    """What the button would send, and what stands beside it."""
    box = page.select_one("[data-undo]")
    if box is None:
        return {}
    form = box.select_one("form")
    assert form is not None
    return values(form) | {"says": " ".join(box.get_text(" ").split()), "url": str(form["action"])}


def approve(scene: Scene, desk: Desk) -> None:
    make.claim(scene)
    make.accept_all(scene)
    desk.post("approve", desk.form("approve"))


def test_who_decided_undoes_it_from_the_queue(scene: Scene, desk: Desk, colleague: Desk, session: Session) -> None:
    approve(scene, desk)
    found = bar(soup(desk.client.get("/admin/review/")))
    assert found["says"].startswith("You approved “")
    assert " s left Undo" in found["says"]
    assert bar(desk.get())["decision"] == found["decision"]
    assert bar(colleague.get()) == {}
    assert bar(soup(colleague.client.get("/admin/review/"))) == {}
    assert desk.get("undo", status=302) is not None
    answer = desk.client.post(found["url"], data={"decision": found["decision"]})
    assert (answer.status_code, answer.location) == (302, desk.base)
    page = desk.get()
    assert "Undone. Nobody was mailed" in page.main.get_text()
    assert bar(page) == {}
    assert "You hold this review until" in page.main.get_text()
    assert db.session.get_one(Project, scene.project_id).status is Status.UNDER_REVIEW


def test_too_late_is_said_on_the_review_page(scene: Scene, desk: Desk) -> None:
    approve(scene, desk)
    found = bar(desk.get())
    with unit_of_work() as uow:
        decision = uow.session.get_one(Decision, int(found["decision"]))
        decision.decided_at -= timedelta(seconds=61)
    assert bar(desk.get()) == {}
    answer = desk.post("undo", {"decision": found["decision"]})
    assert (answer.status_code, errors(answer)) == (409, {"too-late"})
    assert "The way back is to unlock" in told(answer)
    assert desk.post("undo", {"decision": "x"}).location == desk.base
    assert desk.post("undo", {"decision": "999"}).status_code == 404
