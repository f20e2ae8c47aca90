"""The confirm pages of a decision: what is typed there, and what they say beforehand (DOMAIN §3)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from backoffice.db import db
from backoffice.domain.notices import Mail
from backoffice.domain.transitions import TRANSITIONS
from backoffice.models import Agency, OutboxRow, Project, User
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews as make
from tests.factories.reviews import Scene
from tests.support.rows import facts
from tests.web.review.acts import ACTS, REASON, Act, refused, reviewed, today, told_of
from tests.web.review.pages import Desk, soup

# What is typed -----------------------------------------------------------------------------------------------------


def test_a_return_without_any_comment_wants_a_reason(scene: Scene, desk: Desk) -> None:
    reviewed(scene)
    data = desk.form("return")
    assert data["reopens"] == "additions"
    refused(ACTS[0], desk, data | {"reason": " "}, status=422, code="reason-missing")
    page = soup(desk.post("return", data | {"reason": " ", "reopens": "all"}))
    assert page.select_one("[name=reopens][value=all]").has_attr("checked")
    assert page.title.get_text().startswith("Error:")


def test_a_return_with_a_comment_needs_no_reason_and_reopens_that_result_only(scene: Scene, desk: Desk) -> None:
    desk.claim()
    desk.judge("r1", "changes_requested", "Say for which age it is.")
    page = desk.get("return")
    text = page.main.get_text(" ", strip=True)
    assert "Say for which age it is." in text
    assert "2 parts stay closed" in text
    assert page.select_one("[name=reopens]") is None
    assert desk.post("return", desk.form("return")).status_code == 302
    db.session.rollback()
    project = db.session.get_one(Project, scene.project_id)
    assert [result.is_open for result in project.results] == [True, False]


@pytest.mark.parametrize("path", ["return", "unlock"])
@pytest.mark.parametrize(("days", "error"), [(0, "due-date"), (91, "due-date"), (None, "not-valid")])
def test_a_due_date_out_of_reach_stands_beside_its_field(
    scene: Scene, desk: Desk, path: str, days: int | None, error: str
) -> None:
    reviewed(scene)
    act = next(act for act in ACTS if act.path == path)
    day = "soon" if days is None else (today() + timedelta(days=days)).isoformat()
    data = desk.form(path) | act.typed | {"due_on": day}
    refused(act, desk, data, status=422, code=error)
    page = soup(desk.post(path, data))
    assert page.find(id="due_on")["aria-invalid"] == "true"
    assert REASON in page.find(id="reason").get_text()


def test_the_agencys_days_are_proposed_and_another_day_is_kept(scene: Scene, desk: Desk) -> None:
    reviewed(scene)
    assert desk.form("return")["due_on"] == (today() + timedelta(days=14)).isoformat()
    with unit_of_work() as uow:
        uow.session.get_one(Agency, scene.agency_id).due_days = 21
    data = desk.form("unlock")
    assert data["due_on"] == (today() + timedelta(days=21)).isoformat()
    desk.post("unlock", data | {"reason": REASON, "due_on": (today() + timedelta(days=90)).isoformat()})
    db.session.rollback()
    assert db.session.get_one(Project, scene.project_id).due_on == today() + timedelta(days=90)


def test_unlock_reopens_what_is_ticked_and_everything_by_default(scene: Scene, desk: Desk) -> None:
    make.approve(scene)
    data = desk.form("unlock") | {"reason": REASON}
    keys = [*(f"result:{number}" for number in scene.result_ids), "summary"]
    assert data["reopens"] == keys
    desk.post("unlock", data | {"reopens": keys[1:2]})
    db.session.rollback()
    project = db.session.get_one(Project, scene.project_id)
    assert [result.is_open for result in project.results] == [False, True]
    assert not project.is_summary_open
    assert project.published_submission_id is not None


def test_unlock_with_nothing_ticked_allows_only_additions(scene: Scene, desk: Desk) -> None:
    make.approve(scene)
    data = desk.form("unlock") | {"reason": REASON}
    del data["reopens"]
    assert desk.post("unlock", data).status_code == 302
    db.session.rollback()
    assert not any(result.is_open for result in db.session.get_one(Project, scene.project_id).results)


@pytest.mark.parametrize("path", ["return", "unlock"])
def test_a_reason_that_is_too_long_is_kept_and_counted(scene: Scene, desk: Desk, path: str) -> None:
    reviewed(scene)
    act = next(act for act in ACTS if act.path == path)
    long = "ā" * 2001
    refused(act, desk, desk.form(path) | {"reason": long}, status=422, code="too-long")
    assert long in soup(desk.post(path, desk.form(path) | {"reason": long})).find(id="reason").get_text()


# What the page says beforehand -------------------------------------------------------------------------------------


def test_the_confirm_page_says_what_becomes_public_and_what_does_not(scene: Scene, desk: Desk) -> None:
    reviewed(scene)
    factories.contact(project_id=scene.project_id)
    text = told_of(desk, "approve")
    assert "2 of 2 results" in text
    assert "2 results appear in the catalogue at once" in text
    assert "Not switched to public" in text
    assert "The final report may be approved" in text


def test_the_very_mail_and_its_receivers_stand_on_the_page_and_follow_what_is_typed(
    act: Act, scene: Scene, desk: Desk
) -> None:
    act.prepare(scene)
    second = factories.coordinator(scene.project_id, language="lv")
    page = desk.get(act.path)
    mails = page.select("#mail article.mail")
    assert [mail["lang"] for mail in mails] == ["en", "lv"]
    receivers = {tag.get_text().split()[0] for tag in page.select("#mail ul.plain li")}
    assert receivers == {scene.coordinator.email, second.email}
    if "reason" not in act.typed:
        return
    before = facts()
    answer = desk.post(act.path, desk.form(act.path) | act.typed | {"preview": "1"})
    assert answer.status_code == 200
    assert facts() == before
    mails = soup(answer).select("#mail article.mail")
    assert all(REASON in mail.get_text() for mail in mails)
    desk.post(act.path, desk.form(act.path) | act.typed)
    db.session.rollback()
    kind = Mail(TRANSITIONS[act.name].mail)
    assert {row.to for row in db.session.scalars(select(OutboxRow).where(OutboxRow.kind == kind))} == receivers


def test_a_project_that_nobody_works_on_says_that_nobody_is_mailed(act: Act, scene: Scene, desk: Desk) -> None:
    act.prepare(scene)
    with unit_of_work() as uow:
        uow.session.get_one(User, scene.coordinator.user_id).deactivated_at = uow.now
    assert "Nobody has access to the project" in told_of(desk, act.path)
    assert desk.post(act.path, desk.form(act.path) | act.typed).status_code == 302
