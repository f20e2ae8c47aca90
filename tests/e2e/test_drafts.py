"""Typed text is safe, in a real browser (cases: sessions and text): kept by itself, said when not, back in the other
language; and a session that is about to end is kept by one press."""

import json
import re

import pytest
from playwright.sync_api import Route, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.db import db
from backoffice.models import FormDraft, Project
from tests.e2e.pages.coordinator import ResultPage
from tests.e2e.pages.site import Site
from tests.factories import reviews as make
from tests.factories.reviews import Scene

pytestmark = pytest.mark.one_engine
TYPED = "Typed for an hour."


@pytest.fixture
def scene(session: Session) -> Scene:
    return make.scene()


@pytest.fixture
def home(scene: Scene) -> str:
    return f"/my/{db.session.get_one(Project, scene.project_id).code}/"


@pytest.fixture
def result(site: Site, scene: Scene, home: str) -> ResultPage:
    site.sign_in(scene.coordinator.email)
    return ResultPage(site, f"{home}results/{scene.result_ids[0]}")


def kept() -> list[str]:
    db.session.rollback()
    return ["".join(row.fields.get("description", ())) for row in db.session.scalars(select(FormDraft))]


def test_text_is_kept_by_itself_and_back_after_the_tab_was_closed(result: ResultPage) -> None:
    page = result.page
    result.open()
    page.get_by_label("Description in English").fill(TYPED)
    expect(page.get_by_role("status").filter(has_text="Kept at")).to_be_visible(timeout=8_000)
    assert kept() == [TYPED]
    page.get_by_label("Description in English").press_sequentially(" More")
    result.open()  # left within the two seconds, and not asked: what was kept is safe, the rest goes out on the way
    expect(page.get_by_label("Description in English")).to_have_value(re.compile(re.escape(TYPED)))
    expect(page.locator("[data-status=kept]")).to_be_visible()
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_label("Description in English")).not_to_have_value(re.compile(re.escape(TYPED)))
    assert kept() == []


def test_what_cannot_be_kept_is_said_and_goes_out_by_itself(result: ResultPage) -> None:
    page, box = result.page, result.page.get_by_role("alert")
    result.site.expect_complaint("401")
    result.site.expect_complaint("ERR_")
    result.open()
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.get_by_label("Description in English").fill(TYPED)
    expect(box).to_contain_text("Not kept since", timeout=8_000)
    expect(box).to_contain_text("You are signed out.")
    assert kept() == []
    page.context.add_cookies(cookies)  # signed in again in another window
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.get_by_role("status").filter(has_text="It works again")).to_be_visible()
    expect(box).to_have_count(0)
    assert kept() == [TYPED]
    page.context.set_offline(True)
    page.get_by_label("Description in English").fill(TYPED + " And more.")
    expect(box).to_contain_text("there is no connection", timeout=8_000)
    page.context.set_offline(False)
    expect(box).to_have_count(0, timeout=15_000)
    assert kept() == [TYPED + " And more."]


def test_text_that_reached_no_server_is_back_from_the_device(result: ResultPage) -> None:
    page = result.page
    result.site.expect_complaint("ERR_")
    result.open()
    page.route("**/drafts", lambda route: route.abort())
    page.get_by_label("Description in English").fill(TYPED)
    expect(page.get_by_role("alert")).to_contain_text("Not kept since", timeout=8_000)
    page.unroute("**/drafts")
    page.on("dialog", lambda dialog: dialog.accept())
    page.evaluate("document.dispatchEvent(new Event('leaving'))")
    page.route("**/drafts", lambda route: route.abort() if route.request.resource_type == "ping" else route.continue_())
    result.open()
    expect(page.get_by_label("Description in English")).to_have_value(TYPED)
    expect(page.get_by_role("status").filter(has_text="Kept at")).to_be_visible(timeout=8_000)
    assert kept() == [TYPED]


def test_the_other_language_shows_the_same_page_with_the_text(result: ResultPage) -> None:
    page = result.page
    result.open()
    page.get_by_label("Description in English").fill(TYPED)
    page.locator(".lang a[hreflang=lv]").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "lv")
    expect(page.get_by_label("Apraksts angļu valodā")).to_have_value(TYPED)


def test_no_script_the_form_comes_back_after_signing_in(site: Site, result: ResultPage, scene: Scene) -> None:
    browser = site.page.context.browser
    assert browser is not None
    page = browser.new_context(java_script_enabled=False).new_page()
    plain = Site(page, site.base_url)
    plain.sign_in(scene.coordinator.email)
    plain.open(result.url)
    page.get_by_label("Description in English").fill(TYPED)
    page.context.clear_cookies()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_label("Password", exact=True)).to_be_visible()
    page.get_by_label("Email", exact=True).fill(scene.coordinator.email)
    page.get_by_label("Password", exact=True).fill("demo")
    page.locator("main form button[type=submit]").first.click()
    expect(page).to_have_url(f"{site.base_url}{result.url}")
    expect(page.locator("textarea[name=description]")).to_have_value(TYPED)
    page.context.close()


def test_a_session_about_to_end_is_kept_by_one_press_again_and_again(result: ResultPage) -> None:
    page = result.page
    page.clock.install()
    result.open()
    field = page.get_by_label("Description in English")
    field.fill(TYPED)
    left = [290]

    def answer(route: Route) -> None:
        """The server's clock does not run with the page's: it says that five minutes are left."""
        if route.request.method == "GET":
            route.fulfill(status=200, content_type="application/json", body=json.dumps({"seconds": left[0]}))
        else:
            route.continue_()

    page.route("**/session", answer)
    dialog = page.get_by_role("dialog", name="You will be signed out soon")
    for _press in range(10):
        field.focus()
        page.clock.fast_forward(2 * 60 * 60 * 1000 - 280_000)
        expect(dialog).to_be_visible()
        expect(dialog).to_contain_text("5 minutes")
        page.keyboard.press("Enter")  # the button has the focus
        expect(dialog).to_be_hidden()
        expect(field).to_be_focused()
    expect(field).to_have_value(TYPED)
    left[0] = 0
    page.clock.fast_forward(2 * 60 * 60 * 1000)
    over = page.get_by_role("dialog").filter(has_text="You are signed out")
    expect(over.get_by_role("link", name="Sign in")).to_be_visible()
