"""A question and its answer on the pages of both sides."""

import pytest
from flask import Flask
from sqlalchemy import select

from backoffice.db import db
from backoffice.models import Ticket
from tests.factories.reviews import Scene
from tests.support.client import Client
from tests.web.review.pages import Desk, errors, soup, told, values

pytestmark = pytest.mark.one_engine
QUESTION, ANSWER = "Kurš partneris veidoja video?", "Partneris Tallinā."


def test_question_and_answer_go_to_and_fro(app: Flask, scene: Scene, desk: Desk, colleague: Desk, code: str) -> None:
    coordinator = app.test_client()
    assert isinstance(coordinator, Client)
    coordinator.sign_in(scene.coordinator.email)
    page = desk.get()
    assert any(link.get_text().strip() == "Ask the coordinator" for link in page.select("main a"))
    form = desk.form("ask")
    answer = desk.post("ask", form | {"question": ""})
    assert (answer.status_code, errors(answer)) == (422, {"missing"})
    assert told(desk.post("ask", form | {"question": QUESTION, "preview": "1"})).count(QUESTION) == 2
    for _press in range(2):
        assert desk.post("ask", form | {"question": QUESTION}).status_code == 302
    number = db.session.scalars(select(Ticket.number)).one()
    note = desk.get().select_one(f"[data-question='{number}']")
    assert "You asked" in note.get_text()
    assert "Waiting for an answer since" in note.get_text()
    queue = soup(colleague.client.get("/admin/review/?view=question"))
    assert [tag.get_text() for tag in queue.select("table.list .code")] == [code]
    assert "Waiting for an answer since" in queue.main.get_text()
    answer = colleague.post("ask", colleague.form("ask") | {"question": "And who wrote the text?"})
    assert (answer.status_code, errors(answer)) == (409, {"already-asked"})
    assert "And who wrote the text?" in told(answer)

    page = soup(coordinator.get(f"/my/{code}/"))
    assert page.select_one("#standing h2").get_text() == "The agency has a question for you"
    assert page.select_one("#standing a.btn").get_text().strip() == "Answer the question"
    box = page.select_one(f"#question [data-question='{number}']")
    assert QUESTION in box.get_text()
    form_there = box.select_one("form")
    action = str(form_there["action"])
    answer = coordinator.post(action, data=values(form_there) | {"answer": ""})
    assert (answer.status_code, errors(answer)) == (422, {"missing"})
    assert coordinator.post(action, data=values(form_there) | {"answer": ANSWER}).status_code == 302
    assert ANSWER in soup(coordinator.get(f"/my/{code}/")).select_one("#question").get_text()

    assert "Answered on" in soup(desk.client.get("/admin/review/")).main.get_text()
    note = desk.get().select_one(f"[data-question='{number}']")
    assert ANSWER in note.get_text()
    assert "answered" in note.get_text()
    assert desk.post("settle").status_code == 302
    assert "Answered on" not in soup(desk.client.get("/admin/review/")).main.get_text()
