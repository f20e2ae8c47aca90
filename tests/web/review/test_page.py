"""The review page: everything on one page, a verdict per item, the claim, and the files (DOMAIN §3, §4)."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select

from backoffice.db import db
from backoffice.domain.files import FileCheck
from backoffice.domain.permissions import Role
from backoffice.domain.reviews import Verdict
from backoffice.models import AuditEvent, ItemVerdict, Project, Result, ReviewClaim, StoredFile
from backoffice.services import audit, results
from backoffice.services.results import ResultValues
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews as make
from tests.factories.reviews import Scene
from tests.support.rows import facts
from tests.web.review.conftest import open_desk
from tests.web.review.pages import Desk, errors, soup, told, values


def verdicts() -> dict[str, tuple[Verdict, str]]:
    db.session.rollback()
    return {row.key: (row.verdict, row.comment) for row in db.session.scalars(select(ItemVerdict))}


def words(page: BeautifulSoup, selector: str = "main") -> str:
    found = page.select_one(selector)
    assert found is not None
    return " ".join(found.get_text(" ").split())


def second_round(scene: Scene) -> None:
    """Returned with a comment on the first result; text changed, a file replaced, one taken out, one result new."""
    first = scene.result_ids[0]
    old = factories.file(project_id=scene.project_id, result_id=first, name="plan.txt", content=b"old")
    gone = factories.file(project_id=scene.project_id, result_id=first, name="draft.csv", content=b"a,b")
    make.submit(scene)
    make.give_back(scene, comment="Please say for whom it is.")
    with unit_of_work() as uow:
        for file_id in (old, gone):
            uow.session.get_one(StoredFile, file_id).removed_at = uow.now
    factories.file(project_id=scene.project_id, result_id=first, name="plan-v2.txt", content=b"new")
    with unit_of_work() as uow:
        result = uow.session.get_one(Result, first)
        results.edit(
            uow, actor=scene.coordinator.actor, result_id=first, seen_version=result.version,
            values=ResultValues(
                title=result.title, description=result.description.replace("five schools", "seven small schools"),
                type=result.type, languages=result.languages, link="https://example.org/plan", do_not_publish=True,
                do_not_publish_reason="A publisher comes first.", answer="It is for teachers.",
            ),
        )
    factories.result(project_id=scene.project_id, title="A film")
    make.submit(scene)


@pytest.fixture
def again(session: object) -> Scene:
    scene = make.scene()
    second_round(scene)
    return scene


@pytest.fixture
def desk_again(app: Flask, again: Scene) -> Desk:
    return open_desk(app, again.specialist, db.session.get_one(Project, again.project_id).code)


def test_reviewer_sees_request_answer_and_difference_together(again: Scene, desk_again: Desk) -> None:
    page = desk_again.get()
    item = words(page, "#r1")
    for text in (
        "You asked on", "Please say for whom it is.", "The coordinator answers", "It is for teachers.",
        "Text, compared with submission 1", "Newly marked: do not publish", "A publisher comes first.", "English",
    ):
        assert text in item
    assert [tag.get_text() for tag in page.select("#r1 .diff del")] == ["five"]
    assert [tag.get_text() for tag in page.select("#r1 .diff ins")] == ["seven small"]
    assert page.select_one("#r1 dd a[href='https://example.org/plan']")["rel"] == ["noopener", "noreferrer", "nofollow"]
    files = {
        words(row, "a, del").removesuffix(" (opens in a new tab)"): words(row, ".tag")
        for row in page.select("#r1 .files li")
    }
    assert {"plan-v2.txt": "Replaced", "draft.csv": "Removed"}.items() <= files.items()
    assert "Unchanged" in files.values()
    assert "1 changed, 1 new, 1 unchanged" in words(page)
    assert "Unchanged" in words(page, "#r2 summary")
    assert "New" in words(page, "#r3 summary")


def test_only_what_changed_is_an_address(again: Scene, desk_again: Desk) -> None:
    assert [tag["id"] for tag in desk_again.get("?only=changed").select("details.panel[id]")] == ["r1", "r3"]
    opened = desk_again.get("?open=all").select("details.panel[id]")
    assert all(tag.has_attr("open") for tag in opened)


def test_project_facts_contacts_history_and_confirmed_warnings_stand_beside(scene: Scene, desk: Desk) -> None:
    factories.contact(project_id=scene.project_id, is_public=True, email="ilze@school.example")
    with unit_of_work() as uow:
        project = uow.session.get_one(Project, scene.project_id)
        project.website = "https://project.example"
        audit.record(
            uow, actor=None, action="project:import-changed", agency_id=project.agency_id, project_id=project.id,
            details={"fields": ["end_date"]},
        )
    text = words(desk.get())
    for part in (
        "ilze@school.example", "Public today", "Project page", "Website", "No logo", "No results published yet",
        "History", "Submitted", "due ", "Changed by an import since the submission", "end date",
        "Confirmed by the coordinator", "The project has no logo.",
    ):
        assert part in text


# The claim ---------------------------------------------------------------------------------------------------------


def test_without_the_claim_there_is_no_verdict_to_give(scene: Scene, desk: Desk) -> None:
    page = desk.get()
    assert page.select("form[data-judge]") == []
    assert "Nobody holds this review" in words(page, "#lease")
    desk.claim()
    page = desk.get()
    assert len(page.select("form[data-judge]")) == 3
    beat = page.select_one("[data-beat]")
    assert (beat["data-beat"], beat["data-every"]) == (f"{desk.base}keep?beat=1", "300")


def test_keep_renews_and_release_gives_back(scene: Scene, desk: Desk) -> None:
    desk.claim()
    with unit_of_work() as uow:
        uow.session.get_one(ReviewClaim, scene.project_id).until_at = uow.now - timedelta(minutes=3)
    assert "ran out" in words(desk.get(), "#lease")
    assert len(desk.get().select("form[data-judge]")) == 3  # nobody took it, so it counts
    assert desk.post("keep?beat=1").status_code == 204
    assert "You hold this review until" in words(desk.get(), "#lease")
    assert desk.post("keep").location == desk.base
    assert desk.post("release").location == "/admin/review/"
    assert "Your verdicts are kept" in told(desk.client.get("/admin/review/"))
    assert "Nobody holds this review" in words(desk.get(), "#lease")
    assert desk.post("keep?beat=1").status_code == 409


def test_a_colleague_takes_over_leaves_a_trace_and_the_other_is_told(
    scene: Scene, desk: Desk, colleague: Desk
) -> None:
    desk.claim()
    desk.judge("r1", "accepted")
    assert "holds this review" in words(colleague.get(), "#lease")
    assert colleague.post("take-over").status_code == 302
    assert "You hold this review" in words(colleague.get(), "#lease")
    assert desk.post("keep?beat=1").status_code == 409
    page = desk.get()
    alert = page.select_one("#lease [role=alert]")
    assert alert["data-error"] == "claim-lost"
    assert "took this review over" in alert.get_text()
    assert page.select("form[data-judge]") == []
    assert "Accepted" in words(page, "#state-r1")
    assert "taken-over" in " ".join(db.session.scalars(select(AuditEvent.action)))


def test_a_verdict_that_comes_too_late_keeps_what_was_typed(scene: Scene, desk: Desk, colleague: Desk) -> None:
    desk.claim()
    form = values(desk.get().select_one("#judge-r1"))
    colleague.post("take-over")
    before = facts()
    answer = desk.post("judge", form | {"verdict": "changes_requested", "comment": "Typed for minutes."})
    assert answer.status_code == 409
    assert facts() == before
    page = soup(answer)
    assert {"claim-lost"} <= errors(answer)
    assert "Typed for minutes." in told(answer)
    assert page.select_one("#r1").has_attr("open")


def test_on_an_own_project_nothing_can_be_claimed(scene: Scene, desk: Desk) -> None:
    factories.access(user_id=scene.specialist.user_id, project_id=scene.project_id)
    page = desk.get()
    assert "a colleague decides on it" in words(page, "#lease")
    assert page.select_one("main form[action$='/claim']") is None
    desk.claim()
    assert "a colleague decides on it" in words(desk.get(), "#flash")
    db.session.rollback()
    assert db.session.scalars(select(ReviewClaim)).all() == []


# Verdicts ----------------------------------------------------------------------------------------------------------


def test_verdicts_are_saved_by_plain_forms(scene: Scene, desk: Desk) -> None:
    desk.claim()
    first, second = (f"result:{number}" for number in scene.result_ids)
    assert desk.judge("r1", "accepted").status_code == 302
    assert desk.judge("r2", "changes_requested", "Say for which age.").status_code == 302
    assert verdicts() == {
        first: (Verdict.ACCEPTED, ""), second: (Verdict.CHANGES_REQUESTED, "Say for which age.")
    }
    page = desk.get()
    assert "1 accepted, 1 to change" in words(page, "#decide")
    assert "A return reopens only: result 2." in words(page, "#why")
    assert words(page, "#state-summary") == "Accepted unless you ask"
    assert "Saved" in words(page, "#saved-r1")
    assert page.find(id="c-r2").get_text().strip() == "Say for which age."
    assert page.select_one("#v-r2 [value=changes_requested]").has_attr("checked")
    assert not page.select_one("#r1").has_attr("open")


def test_the_final_summary_can_be_asked_about_too(scene: Scene, desk: Desk) -> None:
    desk.claim()
    desk.accept_all()
    desk.judge("summary", "changes_requested", "Two sentences are missing.")
    page = desk.get()
    assert words(page, "#state-summary") == "Changes asked"
    assert "A return reopens only: the final summary." in words(page, "#why")
    assert next(tag for tag in page.select("#decide button") if "Approve" in tag.get_text())["aria-disabled"] == "true"


def test_a_wish_without_a_comment_is_refused_beside_it(scene: Scene, desk: Desk) -> None:
    desk.claim()
    before = facts()
    answer = desk.judge("r1", "changes_requested", "  ")
    assert (answer.status_code, errors(answer)) == (422, {"comment-missing"})
    page = soup(answer)
    assert page.title.get_text().startswith("Error:")
    assert page.select_one("#v-r1 [value=changes_requested]").has_attr("checked")
    assert page.find(id="c-r1")["aria-invalid"] == "true"
    assert (facts(), verdicts()) == (before, {})
    long = desk.judge("r1", "changes_requested", "ā" * 2001)
    assert (long.status_code, errors(long)) == (422, {"too-long"})
    assert "ā" * 2001 in soup(long).find(id="c-r1").get_text()
    neither = desk.post("judge", values(desk.get().select_one("#judge-r1")))
    assert (neither.status_code, verdicts()) == (422, {})


def test_by_itself_a_page_saves_the_same_and_shows_the_parts_that_say_so(scene: Scene, desk: Desk) -> None:
    """With script: what comes back holds the parts that are exchanged, and no message waits for the next page."""
    desk.claim()
    form = desk.get().select_one("#judge-r1")
    for part in [form["data-hx-select"], *form["data-hx-select-oob"].split(",")]:
        assert desk.get().select_one(part) is not None
    answer = desk.judge("r1", "accepted", htmx=True)
    assert answer.status_code == 302
    page = soup(desk.client.get(answer.location))
    assert words(page, "#state-r1") == "Accepted"
    assert page.select("#flash .note") == []


def test_by_itself_choosing_to_ask_takes_the_accept_back_until_there_is_a_comment(scene: Scene, desk: Desk) -> None:
    desk.claim()
    desk.judge("r1", "accepted", htmx=True)
    answer = desk.judge("r1", "changes_requested", htmx=True)
    assert answer.status_code == 200
    assert "say what the coordinator should change" in words(soup(answer), "#saved-r1")
    assert words(soup(answer), "#state-r1") == "Not decided"
    assert verdicts() == {}


def test_a_verdict_on_an_item_that_was_sent_again_is_refused_and_kept(scene: Scene, desk: Desk) -> None:
    desk.claim()
    form = values(desk.get().select_one("#judge-r1"))
    before = facts()
    answer = desk.post("judge", form | {"digest": "0" * 64, "verdict": "changes_requested", "comment": "Kept."})
    assert (answer.status_code, errors(answer)) == (409, {"stale"})
    assert facts() == before
    page = soup(answer)
    assert "Nothing was saved" in page.select_one("main [role=alert]").get_text()
    assert page.find(id="c-r1").get_text().strip() == "Kept."
    assert page.select_one("#judge-r1 [name=digest]")["value"] != "0" * 64


@pytest.mark.parametrize("key", ["result:999", "nonsense", "", "summary; drop"])
def test_a_verdict_on_nothing_is_not_found(scene: Scene, desk: Desk, key: str) -> None:
    desk.claim()
    answer = desk.post("judge", {"key": key, "digest": "x", "verdict": "accepted"})
    assert answer.status_code == (404 if key else 422)
    assert verdicts() == {}


def test_helpdesk_reads_and_gives_no_verdict(scene: Scene, desk: Desk, helpdesk: Desk) -> None:
    desk.claim()
    desk.judge("r1", "changes_requested", "Say for which age.")
    page = helpdesk.get()
    assert "Say for which age." in words(page)
    assert page.select("main form[method=post]") == []
    assert page.select("#decide") == []
    assert helpdesk.post("judge", {"key": "summary", "verdict": "accepted"}).status_code == 403


# Files -------------------------------------------------------------------------------------------------------------


def test_staff_open_the_files_of_a_submission_and_nobody_else_does(
    app: Flask, scene: Scene, desk: Desk, helpdesk: Desk, code: str
) -> None:
    links = [str(tag["href"]) for tag in desk.get().select(".files a")]
    assert len(links) == 2
    for client in (desk.client, helpdesk.client):
        answer = client.get(links[0])
        assert answer.status_code == 200
        assert answer.get_data(as_text=True).startswith("Text number")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for person in (scene.stranger, scene.coordinator):
        assert open_desk(app, person, code).client.get(links[0]).status_code == 404
    assert app.test_client().get(links[0]).status_code == 302


def test_a_file_that_no_submission_names_is_not_served_here(scene: Scene, desk: Desk) -> None:
    other = make.scene()
    file_id = db.session.scalar(select(StoredFile.id).where(StoredFile.project_id == other.project_id))
    unsent = factories.file(project_id=scene.project_id, result_id=scene.result_ids[0])
    for number in (file_id, unsent, 999_999):
        assert desk.client.get(f"{desk.base}files/{number}").status_code == 404


@pytest.mark.parametrize("check", [FileCheck.WAITING, FileCheck.INFECTED])
def test_waiting_and_infected_bytes_are_served_to_nobody(scene: Scene, desk: Desk, check: FileCheck) -> None:
    link = str(desk.get().select_one(".files a")["href"])
    with unit_of_work() as uow:
        uow.session.get_one(StoredFile, int(link.rsplit("/", 1)[1])).check_state = check
    assert desk.client.get(link).status_code == 404
    page = desk.get()
    assert link not in [tag["href"] for tag in page.select(".files a")]
    assert page.select_one(f".files [data-status={check.value}]")


def test_specialist_lets_a_file_pass_with_a_reason(scene: Scene, desk: Desk, helpdesk: Desk) -> None:
    with unit_of_work() as uow:
        file = uow.session.scalars(select(StoredFile).order_by(StoredFile.id).limit(1)).one()
        file.check_state, file.check_cause, file_id = FileCheck.UNSCANNABLE, "Limits.Exceeded", file.id
    desk.claim()
    desk.accept_all()
    page = desk.get()
    assert "The scanner says: Limits.Exceeded" in words(page)
    path = f"files/{file_id}/pass"
    assert helpdesk.post(path, {"reason": "It is fine."}).status_code == 403
    before = facts()
    answer = desk.post(path, {"reason": " "})
    assert (answer.status_code, errors(answer)) == (422, {"reason-missing"})
    assert facts() == before
    assert desk.post(path, {"reason": "Opened by hand, it is a spreadsheet."}).status_code == 302
    assert "Let pass on" in words(desk.get())
    page = desk.get("approve")
    assert "Opened by hand, it is a spreadsheet." in words(page)
    assert desk.post("approve", desk.form("approve")).status_code == 302
    assert "file:passed" in set(db.session.scalars(select(AuditEvent.action)))


def test_nobody_lets_a_file_of_an_own_project_pass(scene: Scene, desk: Desk) -> None:
    with unit_of_work() as uow:
        file = uow.session.scalars(select(StoredFile).order_by(StoredFile.id).limit(1)).one()
        file.check_state, file_id = FileCheck.UNSCANNABLE, file.id
    factories.access(user_id=scene.specialist.user_id, project_id=scene.project_id)
    answer = desk.post(f"files/{file_id}/pass", {"reason": "It is fine."})
    assert answer.status_code == 422
    db.session.rollback()
    assert db.session.get_one(StoredFile, file_id).passed_at is None


# States that are no review -----------------------------------------------------------------------------------------


def test_a_project_of_another_agency_or_none_at_all_is_not_found(app: Flask, scene: Scene, desk: Desk) -> None:
    assert desk.client.get("/admin/review/2099-1-LV01-KA220-SCH-000000001/").status_code == 404
    assert desk.client.get("/admin/review/nonsense/").status_code == 404
    assert desk.client.get(desk.base.lower()).status_code == 200  # codes are typed in lower case too
    stranger = open_desk(app, scene.stranger, desk.code)
    assert stranger.client.get(desk.base).status_code == 404


def test_returned_and_approved_are_read_only_with_the_way_on(scene: Scene, desk: Desk) -> None:
    make.approve(scene)
    page = desk.get()
    assert page.select("form[data-judge]") == []
    assert [tag.get_text(strip=True) for tag in page.select("#decide a")] == ["Unlock"]
    assert "2 results" in words(page)
    make.unlock(scene)
    page = desk.get()
    assert "The results are with the coordinator" in words(page)
    assert page.select_one("#decide button[aria-disabled=true]")


def test_every_state_reads_well_in_latvian(app: Flask, again: Scene) -> None:
    code = db.session.get_one(Project, again.project_id).code
    person = factories.staff(Role.SPECIALIST, agency_id=again.agency_id, language="lv")
    desk = open_desk(app, person, code)
    for _state in ("free", "claimed"):
        for path in ("", "approve", "return", "unlock", "?only=changed"):
            assert desk.get(path).html["lang"] == "lv"
        desk.claim()
    assert desk.client.get("/admin/review/").status_code == 200
    assert desk.client.get("/admin/").status_code == 200
