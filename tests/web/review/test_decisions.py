"""Return, approve and unlock through their pages (DOMAIN §3): allowed, wrong state, wrong role, other agency, own
project, stale, twice, two at once, and nothing on failure."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.db import db
from backoffice.domain.files import FileCheck
from backoffice.domain.notices import Mail
from backoffice.domain.permissions import Role
from backoffice.domain.transitions import TRANSITIONS
from backoffice.models import AuditEvent, Decision, OutboxRow, Project, StoredFile
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews as make
from tests.factories.reviews import Scene
from tests.support.rows import facts
from tests.web.review.acts import ACTS, REASON, Act, refused, reviewed, send_again, status, today, told_of
from tests.web.review.conftest import open_desk
from tests.web.review.pages import Desk, errors, soup, told

# Allowed -----------------------------------------------------------------------------------------------------------


def test_specialist_decides_and_reads_what_happened(act: Act, scene: Scene, desk: Desk) -> None:
    act.prepare(scene)
    answer = desk.post(act.path, desk.form(act.path) | act.typed)
    assert (answer.status_code, answer.location) == (302, "/admin/review/")
    assert act.says in told(desk.client.get("/admin/review/"))
    row = TRANSITIONS[act.name]
    assert status(scene) is row.target
    event = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event is not None
    assert (event.action, event.actor_id) == (row.audit, scene.specialist.user_id)
    mail = db.session.scalars(select(OutboxRow).where(OutboxRow.kind == Mail(row.mail))).one()
    assert (mail.to, mail.due_at - mail.created_at) == (scene.coordinator.email, timedelta(seconds=60))


def test_a_get_of_the_confirm_page_changes_nothing(act: Act, scene: Scene, desk: Desk) -> None:
    act.prepare(scene)
    before = facts()
    desk.get(act.path)
    assert facts() == before


# Not allowed -------------------------------------------------------------------------------------------------------


def test_in_the_wrong_state_the_page_says_who_decided_and_when(
    act: Act, app: Flask, scene: Scene, desk: Desk, code: str
) -> None:
    act.prepare(scene)
    data = desk.form(act.path) | act.typed
    make.unlock(scene)
    for text in (refused(act, desk, data, status=409, code="wrong-state"), told_of(desk, act.path)):
        assert "already decided: unlocked by you" in text
    other = open_desk(app, scene.colleague, code)
    assert "already decided: unlocked by Person" in told_of(other, act.path)
    if "reason" in act.typed:
        page = desk.post(act.path, data)
        assert REASON in soup(page).select_one("#reason").get_text()


def test_before_anything_was_submitted_there_is_nothing_to_decide(app: Flask, session: Session) -> None:
    scene = make.scene()
    desk = open_desk(app, scene.specialist, session.get_one(Project, scene.project_id).code)
    assert "Nothing was submitted yet" in told_of(desk, "")
    for path in ("approve", "return", "unlock"):
        page = desk.get(path)
        assert page.select_one("#decision button[aria-disabled=true]")
        answer = desk.post(path, {"reason": REASON, "version": "1", "digest": ""})
        assert (answer.status_code, "wrong-state" in errors(answer)) == (409, True)


def test_another_role_is_refused_with_a_way_out(act: Act, scene: Scene, helpdesk: Desk, desk: Desk) -> None:
    act.prepare(scene)
    data = desk.form(act.path) | act.typed
    before = facts()
    for answer in (helpdesk.client.get(helpdesk.base + act.path), helpdesk.post(act.path, data)):
        assert answer.status_code == 403
        assert soup(answer).select_one("main a[href]")
    assert facts() == before


def test_a_stranger_and_a_coordinator_learn_nothing(act: Act, app: Flask, scene: Scene, code: str, desk: Desk) -> None:
    act.prepare(scene)
    data = desk.form(act.path) | act.typed
    before = facts()
    platform = factories.staff(Role.PLATFORM_ADMIN, agency_id=None)
    for person in (scene.stranger, scene.coordinator, platform):
        other = open_desk(app, person, code)
        assert other.client.get(other.base + act.path).status_code == 404
        assert other.post(act.path, data).status_code == 404
    assert facts() == before


def test_nobody_signed_in_is_sent_to_the_login_page(act: Act, app: Flask, scene: Scene, code: str) -> None:
    act.prepare(scene)
    before = facts()
    visitor = app.test_client()
    for answer in (
        visitor.get(f"/admin/review/{code}/{act.path}"), visitor.post(f"/admin/review/{code}/{act.path}")
    ):
        assert (answer.status_code, "/login?next=" in answer.location) == (302, True)
    assert facts() == before


def test_a_post_without_its_token_is_refused(act: Act, scene: Scene, desk: Desk) -> None:
    act.prepare(scene)
    data = desk.form(act.path) | act.typed
    before = facts()
    answer = desk.client.without_token.post(desk.base + act.path, data=data)
    assert (answer.status_code, act.path in answer.location) == (303, True)  # back to the form, with what was typed
    assert facts() == before


def test_on_an_own_project_the_page_says_that_a_colleague_decides(act: Act, scene: Scene, desk: Desk) -> None:
    act.prepare(scene)
    data = desk.form(act.path) | act.typed
    factories.access(user_id=scene.specialist.user_id, project_id=scene.project_id)
    text = refused(act, desk, data, status=409, code="own-project")
    assert "a colleague decides on it" in text
    page = desk.get(act.path)
    button = page.select_one("#decision aside button[aria-disabled=true]")
    assert button is not None
    assert "a colleague decides" in page.find(id=button["aria-describedby"]).get_text()
    assert "a colleague decides" in told_of(desk, "")


def test_a_decision_without_the_claim_is_refused(scene: Scene, desk: Desk, colleague: Desk) -> None:
    reviewed(scene)
    for act in ACTS[:2]:
        data = colleague.form(act.path) | act.typed
        text = refused(act, colleague, data, status=409, code="claim-lost")
        assert "Nothing was decided." in text
        assert "holds this review until" in told_of(colleague, act.path)
    assert desk.post("release").status_code == 302
    for act in ACTS[:2]:
        refused(act, desk, desk.form(act.path) | act.typed, status=409, code="no-claim")
        assert desk.get(act.path).select_one("form[action$='/claim'] button")


def test_unlock_waits_while_a_colleague_holds_the_review(scene: Scene, desk: Desk) -> None:
    make.claim(scene, who=scene.colleague)
    refused(ACTS[2], desk, desk.form("unlock") | ACTS[2].typed, status=409, code="claimed")


def test_approve_says_what_is_not_accepted_yet(scene: Scene, desk: Desk) -> None:
    desk.claim()
    desk.judge("r1", "accepted")
    page = desk.get()
    button = next(tag for tag in page.select("#decide button") if "Approve" in tag.get_text())
    assert (button["aria-disabled"], button["aria-describedby"]) == ("true", "why")
    assert "Approve opens when every result is accepted." in page.find(id="why").get_text()
    refused(ACTS[1], desk, desk.form("approve"), status=409, code="not-accepted")


@pytest.mark.parametrize("check", [FileCheck.WAITING, FileCheck.INFECTED, FileCheck.UNSCANNABLE])
def test_approve_names_the_file_that_was_not_checked(scene: Scene, desk: Desk, check: FileCheck) -> None:
    reviewed(scene)
    with unit_of_work() as uow:
        file = uow.session.scalars(select(StoredFile).order_by(StoredFile.id).limit(1)).one()
        file.check_state, name = check, file.name
    text = refused(ACTS[1], desk, desk.form("approve"), status=409, code="file-unchecked")
    assert name in text


# Stale -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", [ACTS[0], ACTS[2]], ids=lambda act: act.name.value)
def test_a_stale_decision_keeps_what_was_typed_shows_the_difference_and_wants_a_look(
    act: Act, scene: Scene, desk: Desk
) -> None:
    reviewed(scene)
    data = desk.form(act.path) | act.typed | {"due_on": (today() + timedelta(days=30)).isoformat()}
    send_again(scene, title="A title that nobody has seen")
    for _press in range(2):  # pressing again without a look is refused again
        before = facts()
        answer = desk.post(act.path, data)
        page = soup(answer)
        assert (answer.status_code, errors(answer)) == (409, {"stale"})
        assert facts() == before
        alert = page.select_one("[role=alert]")
        assert alert is not None
        assert "Nothing was decided: the submission changed" in alert.get_text()
        assert REASON in page.find(id="reason").get_text()
        assert page.find(id="due_on")["value"] == data["due_on"]
        differences = page.find(attrs={"aria-labelledby": "differences"})
        assert [tag.get_text() for tag in differences.select("ins")] == ["A title that nobody has seen"]
        assert len(differences.select("del")) == 1
    tick = page.select_one("[name=looked]")
    assert tick is not None
    assert desk.post(act.path, data | {"looked": str(tick["value"])}).status_code == 302
    assert status(scene) is TRANSITIONS[act.name].target
    decision = db.session.scalars(select(Decision).order_by(Decision.id.desc())).first()
    assert decision is not None
    assert (decision.reason, decision.submission.number) == (REASON, 2)


def test_a_stale_approval_is_refused_and_what_changed_must_be_accepted_anew(scene: Scene, desk: Desk) -> None:
    reviewed(scene)
    data = desk.form("approve")
    send_again(scene, title="Another title")
    answer = desk.post("approve", data)
    assert (answer.status_code, errors(answer)) == (409, {"stale"})
    looked = str(soup(answer).select_one("[name=looked]")["value"])
    refused(ACTS[1], desk, data | {"looked": looked}, status=409, code="not-accepted")


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name.value)
def test_the_same_texts_sent_again_want_a_look_too(act: Act, scene: Scene, desk: Desk) -> None:
    reviewed(scene)
    data = desk.form(act.path) | act.typed
    send_again(scene)
    text = refused(act, desk, data, status=409, code="stale")
    assert "No text and no file differs" in text


def test_a_version_that_was_never_there_is_stale(act: Act, scene: Scene, desk: Desk) -> None:
    act.prepare(scene)
    for version in ("0", "99", "x", ""):
        data = desk.form(act.path) | act.typed | {"version": version}
        refused(act, desk, data, status=409, code="stale")


def test_the_page_of_a_review_that_was_opened_before_leads_to_a_look(scene: Scene, desk: Desk) -> None:
    reviewed(scene)
    link = next(tag for tag in desk.get().select("#decide a") if tag.get_text().strip() == "Return for additions")
    send_again(scene, title="Another title")
    answer = desk.client.get(str(link["href"]))
    assert (answer.status_code, errors(answer)) == (200, {"stale"})
    assert "Another title" in told(answer)


# Twice, and two at once --------------------------------------------------------------------------------------------


def test_a_double_click_decides_once_and_says_so_once(act: Act, scene: Scene, desk: Desk) -> None:
    act.prepare(scene)
    data = desk.form(act.path) | act.typed
    assert desk.post(act.path, data).status_code == 302
    after = facts()
    assert desk.post(act.path, data).status_code == 302
    assert facts() == after
    notes = soup(desk.client.get("/admin/review/")).select("#flash .note")
    assert [act.says in note.get_text() for note in notes] == [True]


def test_the_back_button_after_a_decision_says_that_it_is_decided(act: Act, scene: Scene, desk: Desk) -> None:
    act.prepare(scene)
    data = desk.form(act.path) | act.typed
    desk.post(act.path, data)
    desk.client.get("/admin/review/")  # the success was read
    after = facts()
    assert desk.post(act.path, data).status_code == 302
    assert "This was already decided" in told(desk.client.get("/admin/review/"))
    fresh = data | {"act_key": "another-tab"}
    assert "This was already decided" in refused(act, desk, fresh, status=409, code="wrong-state")
    assert facts() == after


def test_two_specialists_at_once_make_one_decision(app: Flask, scene: Scene, code: str) -> None:
    """An unlock needs no claim, so both may press."""
    act = ACTS[2]
    act.prepare(scene)
    desks = [open_desk(app, person, code) for person in (scene.specialist, scene.colleague)]
    forms = [desk.form(act.path) | act.typed for desk in desks]
    answers = at_once([lambda d=d, f=f: d.post(act.path, f).status_code for d, f in zip(desks, forms, strict=True)])
    assert sorted(answers) == [302, 409]
    db.session.rollback()
    assert len(db.session.scalars(select(Decision).where(Decision.project_id == scene.project_id)).all()) == 2


def test_approve_and_return_at_once_make_one_decision(app: Flask, scene: Scene, code: str) -> None:
    """One specialist in two windows."""
    reviewed(scene)
    desks = [open_desk(app, scene.specialist, code) for _window in range(2)]
    forms = [desk.form(act.path) | act.typed for desk, act in zip(desks, ACTS[:2], strict=True)]
    presses = [
        lambda d=d, f=f, a=a: d.post(a.path, f).status_code for d, f, a in zip(desks, forms, ACTS[:2], strict=True)
    ]
    assert sorted(at_once(presses)) == [302, 409]
    db.session.rollback()
    assert len(db.session.scalars(select(Decision)).all()) == 1


def at_once(acts: list[Callable[[], int]]) -> list[int]:
    """Each in a thread of its own; they start together."""
    gate, found = threading.Barrier(len(acts)), []

    def run(press: Callable[[], int]) -> None:
        gate.wait()
        found.append(press())

    threads = [threading.Thread(target=run, args=(press,)) for press in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
