"""The theme in a real browser under the policy of the site: axe, narrow screens, and the small scripts."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import make_server

from tests.support import browser as browser_here
from tests.support.barriers import SIGHTS, Sight, barriers
from tests.support.theme_site import FRAMES, make_site

pytestmark = pytest.mark.slow
MB = 1024 * 1024


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    executable = browser_here.executable()
    if executable is None:
        pytest.skip(browser_here.WHY_NOT)
    return {"executable_path": executable, "args": list(browser_here.ARGS)}


@pytest.fixture(scope="module")
def site() -> Flask:
    return make_site()


@pytest.fixture(scope="module")
def address(site: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, site, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def opened(browser: Browser) -> Iterator[Any]:
    """Opens a page in a context of its own and tells at the end what the console said."""
    contexts: list[BrowserContext] = []
    said: list[str] = []

    def open_page(url: str, **options: Any) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(url)
        return page

    open_page.said = said  # type: ignore[attr-defined]
    yield open_page
    for context in contexts:
        context.close()
    assert said == []


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("frame", FRAMES)
def test_axe_finds_nothing_in_any_part(opened: Any, address: str, frame: str, sight: Sight) -> None:
    # From the start: a change of the scheme fades, and colours half-way have no contrast.
    page = opened(f"{address}/{frame}", color_scheme=sight.scheme, viewport={"width": sight.width, "height": 900})
    page.set_viewport_size({"width": sight.width, "height": page.evaluate("document.documentElement.scrollHeight")})
    assert barriers(page) == []
    drawn = page.evaluate("[...document.querySelectorAll('svg.i use')].filter(u => u.getBBox().width > 0).length")
    assert drawn > 50, "the sprite is not drawn under the policy"


def test_summary_of_errors_takes_the_focus_and_leads_to_the_field(opened: Any, address: str) -> None:
    page = opened(f"{address}/staff")
    expect(page.locator(".errsum")).to_be_focused()
    page.locator(".errsum a").first.click()
    expect(page.locator("#title")).to_be_focused()


def test_message_takes_the_focus_after_a_sent_form(opened: Any, address: str) -> None:
    page = opened(f"{address}/upload")
    page.locator("#note").fill("x")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#flash")).to_be_focused()
    expect(page.locator("#flash")).to_contain_text("The file has arrived")


def test_counter_counts_as_a_person_does(opened: Any, address: str) -> None:
    page = opened(f"{address}/upload")
    page.locator("#note").fill("a\nāa\u0304")
    expect(page.locator("#note-count")).to_have_text("4 of 10 characters")
    page.locator("#note").fill("12345678901")
    expect(page.locator("#note-count")).to_have_text("1 too many of at most 10 characters")


def test_guard_asks_before_leaving_and_not_when_saving(opened: Any, address: str) -> None:
    page = opened(f"{address}/upload")
    asked: list[str] = []

    def answer(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    page.locator("#note").press_sequentially("kept")
    expect(page.locator("[data-unsaved]")).to_have_text("Unsaved changes")
    page.locator(".lang a[hreflang=lv]:visible").click()  # the text goes along, and nobody is asked
    expect(page.locator("html")).to_have_attribute("lang", "lv")
    expect(page.locator("#note")).to_have_value("kept")
    page.locator(".lang a[hreflang=en]:visible").click()
    expect(page.locator("#note")).to_have_value("kept")
    expect(page.locator("[data-unsaved]")).to_have_text("Unsaved changes")
    assert asked == []
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url("**/list")
    assert asked == ["beforeunload"]
    page.goto(f"{address}/upload")
    page.locator("#note").press_sequentially("saved")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#flash")).to_contain_text("The file has arrived")
    assert asked == ["beforeunload"]


def test_upload_shows_progress_and_the_answer_becomes_the_page(
    opened: Any, address: str, site: Flask, tmp_path: Path
) -> None:
    site.config["RECEIVED"].clear()
    big = tmp_path / "big.bin"
    big.write_bytes(b"x" * 20 * MB)
    page = opened(f"{address}/upload")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.locator("#note").fill("slow")
    page.locator("#file").set_input_files(big)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("progressbar", name="Sending")).to_be_visible()
    expect(page.locator("[data-words]")).to_have_text(re.compile("MB/s|Everything has arrived"))
    expect(page.locator("#flash")).to_contain_text("The file has arrived", timeout=15_000)
    assert asked == []
    expect(page.get_by_text(f"slow: {20 * MB} bytes")).to_be_visible()
    assert page.evaluate("document.readyState") == "complete"
    page.locator("#note").fill("works")  # the scripts of the new page run
    expect(page.locator("#note-count")).to_have_text("5 of 10 characters")


# Werkzeug leaves the half-read file of a client that went away to the garbage collector.
@pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile")
def test_upload_can_be_cancelled_and_sent_again_at_once(
    opened: Any, address: str, site: Flask, tmp_path: Path
) -> None:
    site.config["RECEIVED"].clear()
    big = tmp_path / "big.bin"
    big.write_bytes(b"x" * 20 * MB)
    small = tmp_path / "small.bin"
    small.write_bytes(b"x" * 1000)
    page = opened(f"{address}/upload")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 1 * MB}
    network = page.context.new_cdp_session(page)
    network.send("Network.emulateNetworkConditions", slow)
    page.locator("#note").fill("big")
    page.locator("#file").set_input_files(big)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[data-words]")).to_have_text(re.compile("MB/s"))
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("[data-error=upload-cancelled]")).to_be_focused()
    assert page.locator("#note").input_value() == "big"
    network.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    page.locator("#note").fill("again")
    page.locator("#file").set_input_files(small)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("again: 1000 bytes")).to_be_visible()
    assert site.config["RECEIVED"] == [("again", 1000)]


def test_upload_that_is_refused_keeps_what_was_typed(opened: Any, address: str, tmp_path: Path) -> None:
    small = tmp_path / "small.bin"
    small.write_bytes(b"x")
    big = tmp_path / "big.bin"
    big.write_bytes(b"x" * 31 * MB)
    page = opened(f"{address}/upload")
    page.locator("#note").fill("break")
    page.locator("#file").set_input_files(big)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[data-error=file-too-big]")).to_contain_text("31.0 MB; at most 30.0 MB")
    page.locator("#file").set_input_files(small)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[data-error=upload-refused]")).to_contain_text("503")
    assert page.locator("#note").input_value() == "break"
    opened.said.clear()  # the browser itself logs the 503


def test_upload_that_comes_back_with_errors_shows_them_in_place(opened: Any, address: str, tmp_path: Path) -> None:
    small = tmp_path / "small.bin"
    small.write_bytes(b"x")
    page = opened(f"{address}/upload")
    page.locator("#note").fill("wrong")
    page.locator("#file").set_input_files(small)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".errsum")).to_be_focused()
    expect(page.locator(".errsum")).to_contain_text("this is no picture")
    page.locator("#note").fill("12345678901")
    expect(page.locator("#note-count")).to_have_text("1 too many of at most 10 characters")
    opened.said.clear()  # the browser itself logs the 422


def test_upload_of_who_was_signed_out_keeps_what_was_typed(opened: Any, address: str, tmp_path: Path) -> None:
    small = tmp_path / "small.bin"
    small.write_bytes(b"x")
    page = opened(f"{address}/upload")
    page.locator("#note").fill("stranger")
    page.locator("#file").set_input_files(small)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[data-error=signed-out]")).to_be_focused()
    assert page.locator("#note").input_value() == "stranger"


def test_reader_without_script_uploads_all_the_same(opened: Any, address: str, tmp_path: Path) -> None:
    small = tmp_path / "small.bin"
    small.write_bytes(b"x" * 7)
    page = opened(f"{address}/upload", java_script_enabled=False)
    page.locator("#note").fill("plain")
    page.locator("#file").set_input_files(small)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("plain: 7 bytes")).to_be_visible()


def test_double_click_sends_once(opened: Any, address: str, site: Flask) -> None:
    site.config["RECEIVED"].clear()
    page = opened(f"{address}/upload")
    page.locator("#note").fill("twice")
    page.get_by_role("button", name="Save").dblclick()
    expect(page.locator("#flash")).to_contain_text("The file has arrived")
    assert site.config["RECEIVED"] == [("twice", 0)]


def test_keys_move_mark_and_open_rows_but_not_inside_fields(opened: Any, address: str) -> None:
    page = opened(f"{address}/list")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("#row-2 a.ttl")).to_be_focused()
    page.keyboard.press("x")
    expect(page.locator("#row-2 .pick")).to_be_checked()
    expect(page.locator("[data-marked]")).to_have_text("1")
    page.keyboard.press("k")
    expect(page.locator("#row-1")).to_have_attribute("aria-current", "true")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("jx?")
    assert page.locator("#q").input_value() == "jx?"
    page.locator("#row-3 a.ttl").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/list?open=3")


def test_mark_all_marks_the_page_and_the_bar_counts(opened: Any, address: str) -> None:
    page = opened(f"{address}/list")
    expect(page.locator(".bulk")).to_be_hidden()
    page.locator("[data-all]").check()
    expect(page.locator("[data-marked]")).to_have_text("3")
    page.locator("#row-1 .pick").uncheck()
    assert page.locator("[data-all]").evaluate("box => box.indeterminate")


def test_what_runs_out_counts_down_and_hides(opened: Any, address: str) -> None:
    page = opened(f"{address}/list")
    expect(page.locator("[data-left]")).to_have_text(re.compile("[12] s left"))
    expect(page.locator(".note")).to_be_hidden(timeout=6000)


def test_side_menu_is_a_popover_on_a_narrow_screen(opened: Any, address: str) -> None:
    page = opened(f"{address}/list", viewport={"width": 360, "height": 900})
    expect(page.get_by_role("link", name="Projects")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("link", name="Projects")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Projects")).to_be_hidden()
