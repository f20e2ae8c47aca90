"""Return, approve and unlock through their pages (DOMAIN §3): allowed, wrong state, wrong role, other agency, own
project, stale, twice, two at once, and nothing on failure."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.errors import DomainError
from backoffice.domain.files import FileCheck
from backoffice.domain.notices import Mail
from backoffice.domain.permissions import Role
from backoffice.domain.projects import Status
from backoffice.domain.results import ResultType
from backoffice.domain.transitions import TRANSITIONS, Name
from backoffice.models import Agency, AuditEvent, Decision, OutboxRow, Project, Result, ReviewClaim, StoredFile, User
from backoffice.queries.standing import obstacle, standing
from backoffice.services import decisions, results
from backoffice.services.results import ResultValues
from backoffice.services.uow import UnitOfWork, unit_of_work
from tests import factories
from tests.factories import reviews as make
from tests.factories.reviews import Scene
from tests.factories.users import Person
from tests.support.rows import facts
from tests.web.review.conftest import open_desk
from tests.web.review.pages import Desk, errors, soup, told

REASON = "The logo of the programme is missing on page 3."


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One decision: how to get to its page, and what is typed there."""

    name: Name
    prepare: Callable[[Scene], None]
    typed: dict[str, str]
    says: str

    @property
    def path(self) -> str:
        return self.name.value


def _reviewed(scene: Scene) -> None:
    """Claimed and accepted by the specialist."""
    make.claim(scene)
    make.accept_all(scene)


ACTS = [
    Act(name=Name.RETURN, prepare=_reviewed, typed={"reason": REASON}, says="is returned for additions"),
    Act(name=Name.APPROVE, prepare=_reviewed, typed={}, says="2 results are public now"),
    Act(name=Name.UNLOCK, prepare=make.approve, typed={"reason": REASON}, says="is unlocked"),
]


@pytest.fixture(params=ACTS, ids=lambda act: act.name.value)
def act(request: pytest.FixtureRequest) -> Act:
    return request.param  # type: ignore[no-any-return]


def status(scene: Scene) -> Status:
    db.session.rollback()
    return db.session.get_one(Project, scene.project_id).status


def edit(scene: Scene, *, title: str = "", description: str = "") -> None:
    """The coordinator changes the first result."""
    with unit_of_work() as uow:
        result = uow.session.get_one(Result, scene.result_ids[0])
        values = ResultValues(
            title=title or result.title, description=description or result.description, type=ResultType.HANDBOOK,
            languages=result.languages, link="", do_not_publish=False, do_not_publish_reason="",
        )
        results.edit(
            uow, actor=scene.coordinator.actor, result_id=result.id, seen_version=result.version, values=values
        )


def send_again(scene: Scene, *, title: str = "") -> None:
    """A colleague unlocks it for a moment, and the coordinator submits it anew, changed or as it was."""
    with unit_of_work() as uow:
        claim = uow.session.get(ReviewClaim, scene.project_id)
        if claim is not None:
            uow.session.delete(claim)
        decisions.unlock(
            uow, actor=scene.colleague.actor, project_id=scene.project_id,
            seen=make.seen_in(uow.session, scene.project_id), reason="One moment.",
        )
    if title:
        edit(scene, title=title)
    make.submit(scene)
    make.claim(scene)


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


def refused(act: Act, desk: Desk, data: dict[str, str], *, status: int, code: str) -> str:
    """The POST is refused in words, with this code, and nothing is written."""
    before = facts()
    answer = desk.post(act.path, data)
    assert answer.status_code == status, told(answer)
    assert code in errors(answer), (errors(answer), told(answer))
    assert facts() == before
    return told(answer)


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


def told_of(desk: Desk, path: str) -> str:
    return " ".join(desk.get(path).main.get_text(" ").split())


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
    _reviewed(scene)
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
    _reviewed(scene)
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
    _reviewed(scene)
    data = desk.form(act.path) | act.typed | {"due_on": (_today() + timedelta(days=30)).isoformat()}
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
    _reviewed(scene)
    data = desk.form("approve")
    send_again(scene, title="Another title")
    answer = desk.post("approve", data)
    assert (answer.status_code, errors(answer)) == (409, {"stale"})
    looked = str(soup(answer).select_one("[name=looked]")["value"])
    refused(ACTS[1], desk, data | {"looked": looked}, status=409, code="not-accepted")


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name.value)
def test_the_same_texts_sent_again_want_a_look_too(act: Act, scene: Scene, desk: Desk) -> None:
    _reviewed(scene)
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
    _reviewed(scene)
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
    _reviewed(scene)
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


# What is typed -----------------------------------------------------------------------------------------------------


def test_a_return_without_any_comment_wants_a_reason(scene: Scene, desk: Desk) -> None:
    _reviewed(scene)
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
    _reviewed(scene)
    act = next(act for act in ACTS if act.path == path)
    day = "soon" if days is None else (_today() + timedelta(days=days)).isoformat()
    data = desk.form(path) | act.typed | {"due_on": day}
    refused(act, desk, data, status=422, code=error)
    page = soup(desk.post(path, data))
    assert page.find(id="due_on")["aria-invalid"] == "true"
    assert REASON in page.find(id="reason").get_text()


def _today() -> date:
    return clock.day_of(clock.now(), time_zone="Europe/Riga")


def test_the_agencys_days_are_proposed_and_another_day_is_kept(scene: Scene, desk: Desk) -> None:
    _reviewed(scene)
    assert desk.form("return")["due_on"] == (_today() + timedelta(days=14)).isoformat()
    with unit_of_work() as uow:
        uow.session.get_one(Agency, scene.agency_id).due_days = 21
    data = desk.form("unlock")
    assert data["due_on"] == (_today() + timedelta(days=21)).isoformat()
    desk.post("unlock", data | {"reason": REASON, "due_on": (_today() + timedelta(days=90)).isoformat()})
    db.session.rollback()
    assert db.session.get_one(Project, scene.project_id).due_on == _today() + timedelta(days=90)


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
    _reviewed(scene)
    act = next(act for act in ACTS if act.path == path)
    long = "ā" * 2001
    refused(act, desk, desk.form(path) | {"reason": long}, status=422, code="too-long")
    assert long in soup(desk.post(path, desk.form(path) | {"reason": long})).find(id="reason").get_text()


# What the page says beforehand -------------------------------------------------------------------------------------


def test_the_confirm_page_says_what_becomes_public_and_what_does_not(scene: Scene, desk: Desk) -> None:
    _reviewed(scene)
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


# The page and the services say the same ----------------------------------------------------------------------------


def _run(uow: UnitOfWork, name: Name, *, scene: Scene, who: Person) -> None:
    seen = make.seen_in(uow.session, scene.project_id)
    if name is Name.APPROVE:
        decisions.approve(uow, actor=who.actor, project_id=scene.project_id, seen=seen)
    elif name is Name.RETURN:
        decisions.give_back(uow, actor=who.actor, project_id=scene.project_id, seen=seen, reason=REASON)
    else:
        decisions.unlock(uow, actor=who.actor, project_id=scene.project_id, seen=seen, reason=REASON)


def _asked(scene: Scene) -> None:
    make.claim(scene)
    make.judge(scene, key=f"result:{scene.result_ids[0]}", comment="More.")


def _infected(scene: Scene) -> None:
    _reviewed(scene)
    with unit_of_work() as uow:
        for file in uow.session.scalars(select(StoredFile)):
            file.check_state = FileCheck.INFECTED


def _expired(scene: Scene) -> None:
    make.claim(scene, who=scene.colleague)
    with unit_of_work() as uow:
        uow.session.get_one(ReviewClaim, scene.project_id).until_at = uow.now - timedelta(minutes=1)


def _own(scene: Scene) -> None:
    _reviewed(scene)
    factories.access(user_id=scene.specialist.user_id, project_id=scene.project_id)


@pytest.mark.parametrize("prepare", [
    lambda scene: None, _reviewed, _asked, _infected, _expired, _own, make.claim, make.approve, make.give_back,
    lambda scene: make.claim(scene, who=scene.colleague),
], ids=["free", "accepted", "asked", "infected", "expired", "own", "claimed", "approved", "returned", "held"])
@pytest.mark.parametrize("name", [Name.APPROVE, Name.RETURN, Name.UNLOCK])
def test_the_buttons_promise_what_the_services_keep(scene: Scene, name: Name, prepare: Callable[[Scene], None]) -> None:
    prepare(scene)
    db.session.rollback()
    project = db.session.get_one(Project, scene.project_id)
    case = standing(db.session(), actor=scene.specialist.actor, project=project, now=clock.now())
    promised = obstacle(case, name)
    db.session.rollback()
    try:
        with unit_of_work() as uow:
            _run(uow, name, scene=scene, who=scene.specialist)
            kept = None
            raise ZeroDivisionError
    except DomainError as error:
        kept = error.code
    except ZeroDivisionError:
        pass
    assert (promised.code if promised else None) == kept
