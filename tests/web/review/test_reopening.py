"""Ask to reopen, as the coordinator asks and staff answer: by unlock with the reason filled in, or in words."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.db import db
from backoffice.domain.notices import Mail
from backoffice.models import OutboxRow, ReopenRequest, User
from backoffice.services.uow import unit_of_work
from tests.factories.reviews import Scene
from tests.support.client import Client
from tests.web.review.pages import Desk, errors, soup, told, values

pytestmark = pytest.mark.one_engine
REASON = "Rezultātā nr. 1 ir nepareizs fails."


@pytest.fixture
def coordinator(app: Flask, scene: Scene, session: Session) -> Client:
    client = app.test_client()
    assert isinstance(client, Client)
    client.sign_in(scene.coordinator.email)
    return client


def ask(client: Client, code: str, **typed: Any) -> Any:
    form = soup(client.get(f"/my/{code}/")).select_one("#reopen")
    assert form is not None
    return client.post(str(form["action"]), data=values(form) | {"reason": REASON} | typed)


def test_coordinator_asks_on_the_page_of_the_project(coordinator: Client, code: str) -> None:
    answer = ask(coordinator, code, reason="")
    assert (answer.status_code, errors(answer)) == (422, {"reason-missing"})
    answer = ask(coordinator, code)
    assert answer.status_code == 302
    page = soup(coordinator.get(f"/my/{code}/"))
    assert page.select_one("#reopen") is None
    assert "You asked to reopen the results." in page.main.get_text()
    assert REASON in page.main.get_text()
    assert coordinator.get(f"/my/{code}/reopen").status_code == 302
    answer = coordinator.post(f"/my/{code}/reopen", data={"reason": "Another one"})
    assert (answer.status_code, errors(answer)) == (409, {"already-asked"})
    assert "Another one" in soup(answer).select_one("textarea[readonly]").get_text()  # what was typed stands there


def test_queue_and_review_page_show_it_and_unlock_has_the_reason_filled_in(
    coordinator: Client, desk: Desk, helpdesk: Desk, scene: Scene, code: str
) -> None:
    ask(coordinator, code)
    queue = soup(desk.client.get("/admin/review/?view=asked"))
    assert [link.get_text() for link in queue.select("table.list .code")] == [code]
    assert "Asked to reopen on" in queue.main.get_text()
    note = desk.get().select_one("[data-reopening]")
    assert REASON in note.get_text()
    assert helpdesk.get().select_one("[data-reopening] a") is None
    with unit_of_work() as uow:  # the coordinator reads Latvian: so does the reason that goes to them
        uow.session.get_one(User, scene.coordinator.user_id).language = "lv"
    unlock = next(link for link in note.select("a") if link.get_text().strip() == "Unlock")
    page = soup(desk.client.get(str(unlock["href"])))
    reason = page.select_one("#reason").get_text().strip()
    assert reason
    assert "Jūs lūdzāt atvērt rezultātus no jauna." in [tag["data-text"] for tag in page.select("[data-insert]")]
    assert desk.post("unlock", values(page.select_one("#decision"))).status_code == 302
    assert db.session.scalars(select(ReopenRequest.outcome)).one() == "unlocked"


def test_specialist_declines_in_words_and_sees_the_very_mail(
    coordinator: Client, desk: Desk, code: str, scene: Scene
) -> None:
    ask(coordinator, code)
    form = desk.form("decline")
    answer = desk.post("decline", form | {"answer": ""})
    assert (answer.status_code, errors(answer)) == (422, {"reason-missing"})
    shown = told(desk.post("decline", form | {"answer": "The report is in already.", "preview": "1"}))
    assert shown.count("The report is in already.") == 2  # in the field and in the mail
    assert desk.post("decline", form | {"answer": "The report is in already."}).status_code == 302
    row = db.session.scalars(select(OutboxRow).where(OutboxRow.kind == Mail.REOPEN_DECLINED)).one()
    assert row.to == scene.coordinator.email
    page = soup(coordinator.get(f"/my/{code}/"))
    assert "The agency did not reopen the results." in page.main.get_text()
    assert "The report is in already." in page.main.get_text()
    assert page.select_one("#reopen") is not None
    assert desk.get("decline", status=302) is not None
