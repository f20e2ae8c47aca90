"""The coordinator's pages in a browser: uploads that can be seen and stopped, parts that change alone, axe, phones."""

import hashlib
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.domain.files import MAX_RESULT_BYTES
from backoffice.models import Contact, Project, Result, StoredFile
from tests import factories
from tests.e2e.pages.coordinator import ProjectPage, ResultPage
from tests.e2e.pages.site import Site
from tests.factories import reviews
from tests.factories.reviews import Scene
from tests.support.barriers import SIGHTS, Sight, barriers, see

pytestmark = pytest.mark.one_engine


@pytest.fixture
def scene(session: Session) -> Scene:
    return reviews.scene()


@pytest.fixture
def home(scene: Scene, session: Session) -> str:
    code = session.get_one(Project, scene.project_id).code
    session.rollback()
    return f"/my/{code}/"


@pytest.fixture
def project(site: Site, scene: Scene, home: str) -> ProjectPage:
    site.sign_in(scene.coordinator.email)
    return ProjectPage(site, home)


@pytest.fixture
def result(site: Site, scene: Scene, home: str) -> ResultPage:
    site.sign_in(scene.coordinator.email)
    return ResultPage(site, f"{home}results/{scene.result_ids[0]}")


def files(session: Session) -> int:
    session.expire_all()
    found = session.scalar(select(func.count()).select_from(StoredFile)) or 0
    session.rollback()
    return found


# The server's parser drops its temporary file when the browser hangs up; it is closed when it is collected.
@pytest.mark.filterwarnings("ignore:Exception ignored in.*SpooledTemporaryFile")
def test_upload_shows_progress_and_can_be_cancelled_and_sent_again(
    result: ResultPage, session: Session, tmp_path: Path
) -> None:
    page, before = result.page, files(session)
    big = tmp_path / "measurements.csv"
    big.write_bytes(b"2026-11-25;12,5\n" * 200_000)  # 3.2 MB
    result.open()
    page.get_by_label("Title", exact=True).fill("Typed before the upload")
    result.choose(big)
    with result.slow_line(400_000):
        result.save()
        bar = page.get_by_role("progressbar", name="Sending")
        expect(bar).to_be_visible()
        expect(page.get_by_text("MB/s")).to_be_visible()
        expect(bar).to_have_attribute("value", re.compile("[1-9]"))
        result.site.press("Cancel")
        expect(page.locator('[data-error="upload-cancelled"]')).to_be_focused()
    expect(bar).to_have_count(0)
    expect(page.get_by_label("Title", exact=True)).to_have_value("Typed before the upload")
    assert files(session) == before
    result.save()
    expect(page.locator("#flash")).to_contain_text("Result 1 is saved.")
    expect(page.get_by_text("Typed before the upload")).to_be_visible()
    assert files(session) == before + 1


@pytest.mark.filterwarnings("ignore:Exception ignored in.*SpooledTemporaryFile")
def test_upload_goes_on_by_itself_after_the_line_was_lost(result: ResultPage, session: Session, tmp_path: Path) -> None:
    page = result.page
    big = tmp_path / "measurements.csv"
    big.write_bytes(b"".join(b"2026-11-25;%07d\n" % number for number in range(400_000)))  # 7.2 MB: two pieces
    result.open()
    result.choose(big)
    offsets: list[str] = []

    def line(route: Route) -> None:
        offsets.append(route.request.headers["upload-offset"] if route.request.method == "PATCH" else "")
        if len(offsets) == 3:  # the second piece is torn off
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/uploads/*", line)
    result.site.expect_complaint("ERR_CONNECTION_RESET")
    result.save()
    expect(page.get_by_text("Trying again").first).to_be_visible()
    expect(page.locator("#flash")).to_contain_text("Result 1 is saved.")
    assert offsets == ["", "0", "5242880", "", "5242880"]  # begun; two pieces; how far did it come; the second again
    session.expire_all()
    kept = session.scalars(select(StoredFile).where(StoredFile.name == "measurements.csv")).one()
    assert kept.sha256 == hashlib.sha256(big.read_bytes()).hexdigest()


def test_more_than_is_left_is_refused_before_a_byte_is_sent(result: ResultPage, tmp_path: Path) -> None:
    page = result.page
    huge = tmp_path / "huge.zip"
    with huge.open("wb") as file:
        file.truncate(MAX_RESULT_BYTES + 1)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    result.open()
    sent.clear()
    page.get_by_label("Description in English", exact=True).fill("Still here")
    result.choose(huge)
    result.save()
    expect(page.locator('[data-error="file-too-big"]')).to_be_focused()
    expect(page.get_by_label("Description in English", exact=True)).to_have_value("Still here")
    assert sent == []


def test_refused_file_comes_back_in_place_with_focus_on_the_reason(
    result: ResultPage, session: Session, tmp_path: Path
) -> None:
    result.site.expect_complaint("422")
    wrong, good = tmp_path / "film.mov", tmp_path / "good.txt"
    wrong.write_bytes(bytes(100))
    good.write_text("good")
    result.open()
    result.choose(wrong, good)
    result.save()
    page = result.page
    expect(page.locator("#errors")).to_be_focused()
    expect(page.locator('#files-error [data-error="file-type"]')).to_contain_text("film.mov")
    expect(page.get_by_role("link", name="good.txt")).to_be_visible()
    expect(page).to_have_title("Error: Result 1 · Project results")


def test_switch_changes_contacts_and_checklist_and_leaves_what_is_typed_elsewhere(
    project: ProjectPage, scene: Scene, session: Session
) -> None:
    contact_id = factories.contact(project_id=scene.project_id)
    page = project.page
    project.open()
    expect(project.checklist.locator('[data-check="no-public-contact"]')).to_be_visible()
    page.get_by_label("Final summary", exact=True).fill("Typed and not yet saved")
    project.switch("Contact").check()
    expect(page.locator("#contacts")).to_contain_text("All changes saved")
    expect(project.checklist.locator('[data-check="no-public-contact"]')).to_have_count(0)
    expect(page.get_by_label("Final summary", exact=True)).to_have_value("Typed and not yet saved")
    expect(project.switch("Contact")).to_be_focused()
    session.expire_all()
    assert session.get_one(Contact, contact_id).coordinator_public
    session.rollback()
    project.save_of("summary").click()
    expect(page.locator("#summary")).to_contain_text("All changes saved")
    expect(project.checklist.locator('[data-check="no-summary"]')).to_have_count(0)
    page.reload()
    expect(page.get_by_label("Final summary", exact=True)).to_have_value("Typed and not yet saved")


def test_refused_website_is_told_in_its_part_and_focus_goes_to_the_reason(project: ProjectPage) -> None:
    project.site.expect_complaint("422")
    page = project.page
    project.open()
    page.get_by_label("Final summary", exact=True).fill("Not to be lost")
    page.get_by_label("Website", exact=True).fill("javascript:alert(1)")
    project.save_of("live").click()
    expect(page.locator("#live .errsum")).to_be_focused()
    expect(page.locator('#website-error [data-error="address"]')).to_be_visible()
    expect(page.get_by_label("Final summary", exact=True)).to_have_value("Not to be lost")
    page.locator("#live .errsum a").click()
    expect(page.get_by_label("Website", exact=True)).to_be_focused()


def test_part_saved_after_the_session_ended_keeps_what_was_typed(project: ProjectPage) -> None:
    page = project.page
    project.open()
    page.get_by_label("Final summary", exact=True).fill("Typed for an hour")
    page.context.clear_cookies()
    project.site.expect_complaint("400")
    project.save_of("summary").click()
    expect(page.locator('[data-error="signed-out"]')).to_be_visible()
    expect(page.get_by_label("Final summary", exact=True)).to_have_value("Typed for an hour")


def test_second_tab_after_submit_sees_its_text_to_copy(project: ProjectPage, scene: Scene) -> None:
    page = project.page
    project.open()
    page.get_by_label("Final summary", exact=True).fill("Typed for an hour")
    reviews.submit(scene)
    project.site.expect_complaint("409")
    project.save_of("summary").click()
    expect(page.locator('[data-error="closed"]')).to_be_visible()
    expect(page.get_by_label("Final summary", exact=True)).to_have_value("Typed for an hour")


def test_order_changes_by_keyboard_and_focus_stays(project: ProjectPage, scene: Scene, session: Session) -> None:
    page = project.page
    project.open()
    project.site.follow("Change order")
    first = page.locator(f"#move-down-{scene.result_ids[0]}")
    first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#results article").first).to_have_attribute("id", f"result-{scene.result_ids[1]}")
    expect(page.locator(f"#move-up-{scene.result_ids[0]}")).to_be_focused()
    session.expire_all()
    order = [result.id for result in session.get_one(Project, scene.project_id).results]
    session.rollback()
    assert order == [*reversed(scene.result_ids)]


def test_languages_are_chosen_by_plain_clicks(result: ResultPage, scene: Scene, session: Session) -> None:
    page = result.page
    result.open()
    field = page.get_by_label("Languages", exact=True)
    expect(field).to_have_values(["en", "lv"])
    field.locator("option", has_text="German").click()
    field.locator("option", has_text="Latvian").click()
    result.save()
    expect(page.locator("#flash")).to_be_visible()
    session.expire_all()
    assert session.get_one(Result, scene.result_ids[0]).languages == ("en", "de")


def test_everything_works_without_script(
    browser: Browser, base_url: str, scene: Scene, home: str, session: Session, tmp_path: Path
) -> None:
    plain = tmp_path / "plain.txt"
    plain.write_text("A plain file.")
    contact_id = factories.contact(project_id=scene.project_id)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    site = Site(page, base_url)
    site.sign_in(scene.coordinator.email)
    site.open(home)
    site.follow("Add result")
    page.get_by_label("Title", exact=True).fill("By hand")
    page.get_by_label("Files", exact=True).set_input_files(str(plain))
    site.press("Save")
    expect(page.locator("#flash")).to_contain_text("Result 3 is saved.")
    page.locator("#contacts").get_by_role("switch").check()
    page.locator("#contacts").get_by_role("button", name="Save").click()
    session.expire_all()
    assert session.get_one(Contact, contact_id).coordinator_public
    session.rollback()
    page.get_by_label("Website", exact=True).fill("https://by-hand.example")
    page.locator("#live").get_by_role("button", name="Save").click()
    expect(page.locator("#live")).to_contain_text("All changes saved")
    context.close()


@pytest.mark.parametrize("sight", SIGHTS)
def test_coordinator_meets_no_barrier_on_any_page(
    site: Site, scene: Scene, home: str, session: Session, sight: Sight
) -> None:
    site.expect_complaint("422")
    page = site.page
    contact_id = factories.contact(project_id=scene.project_id, is_public=True)
    factories.result(project_id=scene.project_id, do_not_publish=True, link="https://x.example/" + "long" * 60)
    site.sign_in(scene.coordinator.email)
    see(page, sight)
    site.open(f"/my/?lang={sight.language}")
    wrong: list[str] = []

    def look(*urls: str) -> None:
        for url in urls:
            site.open(url)
            wrong.extend(barriers(page))

    first = f"results/{scene.result_ids[0]}"
    look("/my/", home, f"{home}?order=1", home + "results/new", home + first, home + f"contacts/{contact_id}",
         home + "contacts/new", home + "access", home + "submit")
    site.open(home + first)
    page.locator("#title").fill("x" * 300)
    page.locator("#link").fill("javascript:1")
    page.locator("form#result button.go").click()
    expect(page.locator("#errors")).to_be_visible()
    wrong.extend(barriers(page))
    reviews.submit(scene)
    look(home, home + "receipts/1", home + first, home + "submit", home + "reopen")
    reviews.give_back(scene)
    look("/my/", home, home + first, home + f"results/{scene.result_ids[1]}", home + "submit")
    assert wrong == []
