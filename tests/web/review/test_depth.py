"""Review in depth: notes, withholding, the next different item, whose job it is, reasons of the agency, and that what a
reviewer typed is safe (DOMAIN §3, §5; cases: sessions and text)."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.notices import Mail
from backoffice.domain.permissions import Role
from backoffice.models import FormDraft, ItemVerdict, OutboxRow, Project, ReviewClaim, ReviewNote, User
from backoffice.queries import published
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews as make
from tests.factories.reviews import Scene
from tests.support.client import Client
from tests.web.review.conftest import assign, open_desk
from tests.web.review.pages import Desk, errors, soup, told, values

pytestmark = pytest.mark.one_engine
TYPED = "Typed for a quarter of an hour."


def test_a_note_is_read_by_colleagues_and_by_nobody_else(
    app: Flask, scene: Scene, desk: Desk, colleague: Desk, helpdesk: Desk, code: str
) -> None:
    form = values(desk.get().select_one("#note-form"))
    answer = desk.post("note", form | {"note": " "})
    assert (answer.status_code, errors(answer)) == (422, {"missing"})
    for _press in range(2):
        assert desk.post("note", form | {"note": TYPED}).status_code == 302
    assert [row.text for row in db.session.scalars(select(ReviewNote))] == [TYPED]
    assert TYPED in colleague.get().select_one("#notes").get_text()
    assert TYPED in helpdesk.get().select_one("#notes").get_text()
    assert helpdesk.get().select_one("#note-form") is None
    make.give_back(scene)
    coordinator = app.test_client()
    assert isinstance(coordinator, Client)
    coordinator.sign_in(scene.coordinator.email)
    assert TYPED not in told(coordinator.get(f"/my/{code}/"))


def test_a_result_withheld_at_review_stays_private_after_the_approval_and_its_verdict_stands(
    scene: Scene, desk: Desk
) -> None:
    desk.claim()
    desk.accept_all()
    link = desk.get().select_one("#r1 a[href*='/hide']")
    page = soup(desk.client.get(str(link["href"])))
    form = page.select_one("#decision")
    answer = desk.client.post(str(link["href"]), data=values(form) | {"reason": "Children can be recognised."})
    assert answer.location.endswith(f"{desk.base}#r1")
    item = desk.get().select_one("#r1")
    assert "Hidden by the agency." in item.get_text()
    assert "Children can be recognised." in item.get_text()
    assert "Accepted" in item.select_one("#state-r1").get_text()
    assert desk.post("approve", desk.form("approve")).status_code == 302
    moment = published.moment(db.session(), now=clock.now())
    public = [item.result_id for item in db.session.scalars(published.items(moment))]
    assert public == [scene.result_ids[1]]


def test_the_next_one_is_a_different_one(scene: Scene, desk: Desk, session: Session) -> None:
    other = make.scene()
    make.submit(other)
    with unit_of_work() as uow:
        uow.session.get_one(Project, other.project_id).agency_id = scene.agency_id
    desk.claim()
    desk.post("release")  # free again, and the first of the queue
    form = desk.get().select_one("form[action$='claim-next']")
    answer = desk.client.post("/admin/review/claim-next", data=values(form))
    assert session.get_one(Project, other.project_id).code in answer.location


def test_who_is_in_charge_of_projects_begins_with_those_and_a_stand_in_with_both(
    scene: Scene, desk: Desk, colleague: Desk, session: Session
) -> None:
    def shown(someone: Desk, query: str = "") -> tuple[str, list[str]]:
        page = soup(someone.client.get(f"/admin/review/{query}"))
        tab = page.select_one(".tabs a[aria-current=page]")
        return tab.get_text(" ").split("  ")[0].strip(), [tag.get_text() for tag in page.select("table.list .code")]

    assert shown(desk)[0].startswith("Waiting")
    assign(scene, scene.specialist)
    code = session.get_one(Project, scene.project_id).code
    assert shown(desk)[0].startswith("My projects")
    assert shown(desk)[1] == [code]
    assert shown(desk, "?claimed=no")[0].startswith("Waiting")  # a filter looks at all
    assert shown(colleague)[0].startswith("Waiting")
    today = clock.day_of(clock.now(), time_zone="Europe/Riga")
    url = f"/admin/users/{scene.specialist.user_id}/absence"
    form = values(soup(desk.client.get(url)).select_one("#decision"))
    answer = desk.client.post(url, data=form | {"absent_until": str(today), "stand_in": "0"})
    assert (answer.status_code, errors(answer)) == (422, {"missing"})
    answer = desk.client.post(url, data=form | {
        "absent_until": str(today - timedelta(days=1)), "stand_in": str(scene.colleague.user_id)
    })
    assert (answer.status_code, errors(answer)) == (422, {"past"})
    form |= {"absent_until": str(today), "stand_in": str(scene.colleague.user_id)}
    assert colleague.client.post(url, data=form).status_code == 403
    assert desk.client.post(url, data=form).status_code == 302
    assert shown(colleague)[0].startswith("My projects")
    make.unlock(scene)
    make.submit(scene)
    mails = select(OutboxRow.to).where(OutboxRow.kind == Mail.SUBMISSION_RECEIVED).order_by(OutboxRow.id)
    assert db.session.scalars(mails).all()[-1] == scene.colleague.email
    with unit_of_work() as uow:
        uow.session.get_one(User, scene.specialist.user_id).absent_until = today - timedelta(days=1)
    assert shown(colleague)[0].startswith("Waiting")


def test_reasons_are_the_agencys_in_the_language_of_the_coordinator(app: Flask, scene: Scene, desk: Desk) -> None:
    admin = app.test_client()
    assert isinstance(admin, Client)
    admin.sign_in(factories.staff(Role.AGENCY_ADMIN, agency_id=scene.agency_id).email)
    url = "/admin/texts/phrases-return/"
    form = values(soup(admin.get(url)).select_one("main form[method=post]"))
    form |= {"body_en": "emblem: The emblem is missing.", "body_lv": "emblēma: Trūkst emblēmas."}
    assert admin.post(url, data=form).status_code == 302
    for language, sentence in (("en", "The emblem is missing."), ("lv", "Trūkst emblēmas.")):
        with unit_of_work() as uow:
            uow.session.get_one(User, scene.coordinator.user_id).language = language
        page = desk.get("return")
        assert [tag["data-text"] for tag in page.select("[data-insert='#reason']")] == [sentence]


@pytest.mark.parametrize("place", ["judge", "return", "note"])
def test_what_a_reviewer_typed_comes_back_after_the_session_ended(scene: Scene, desk: Desk, place: str) -> None:
    desk.claim()
    if place == "judge":
        data = values(desk.get().select_one("#judge-r1")) | {"verdict": "changes_requested", "comment": TYPED}
    elif place == "note":
        data = values(desk.get().select_one("#note-form")) | {"note": TYPED}
    else:
        data = desk.form("return") | {"reason": TYPED}
    with desk.client.session_transaction() as kept:
        kept.clear()
    answer = desk.client.without_token.post(desk.base + place, data=data)
    assert answer.status_code == 303
    assert answer.location.startswith("/login?next=")
    desk.client.sign_in(scene.specialist.email)
    page = desk.get("return" if place == "return" else "")
    typed = page.select_one({"judge": "#c-r1", "note": "#note-form textarea", "return": "#reason"}[place])
    assert typed.get_text().strip() == TYPED
    if place == "judge":
        assert "It is not saved yet." in page.select_one("#saved-r1").get_text()
        assert db.session.scalars(select(ItemVerdict)).all() == []
        assert desk.judge("r1", "changes_requested", TYPED).status_code == 302
        assert "It is not saved yet." not in desk.get().main.get_text()
    else:
        selector = "#note-form" if place == "note" else "#decision"
        assert desk.post(place, values(page.select_one(selector))).status_code == 302
    assert db.session.scalars(select(FormDraft)).all() == []


def test_what_was_typed_for_a_review_that_a_colleague_took_over_is_there_to_copy(
    app: Flask, scene: Scene, desk: Desk
) -> None:
    desk.claim()
    data = values(desk.get().select_one("#judge-r1")) | {"verdict": "changes_requested", "comment": TYPED}
    with desk.client.session_transaction() as kept:
        kept.clear()
    desk.client.without_token.post(desk.base + "judge", data=data)
    with unit_of_work() as uow:
        uow.session.get_one(ReviewClaim, scene.project_id).user_id = scene.colleague.user_id
    desk.client.sign_in(scene.specialist.email)
    assert TYPED in desk.get().select_one("#r1").get_text()
    assert TYPED not in open_desk(app, scene.colleague, desk.code).get().main.get_text()
