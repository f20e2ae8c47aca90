"""A ticket in a browser: pasted, blacked out by mouse and by keys, sent; a draft that stays; no script; axe, phones."""

import io
import re
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.models import Project, StoredFile, Ticket, TicketAttachment
from tests.e2e.pages.help import PASTE, Editor, TicketForm, colors
from tests.e2e.pages.site import Site
from tests.factories import pictures, tickets
from tests.factories.tickets import Desk
from tests.support.barriers import SIGHTS, Sight, barriers, see

SECRET, PAPER, BLACK = (200, 30, 40), (255, 255, 255), (0, 0, 0)
pytestmark = pytest.mark.one_engine


@pytest.fixture
def desk(session: Session) -> Desk:
    return tickets.desk()


@pytest.fixture
def form(site: Site, desk: Desk) -> TicketForm:
    site.sign_in(desk.requester.email)
    return TicketForm(site)


def screen(width: int = 800, height: int = 500) -> bytes:
    """A white screen with something secret at the top left and at the bottom right."""
    image = Image.new("RGB", (width, height), PAPER)
    pen = ImageDraw.Draw(image)
    pen.rectangle((80, 50, 239, 99), fill=SECRET)
    pen.rectangle((width - 240, height - 100, width - 81, height - 51), fill=SECRET)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def stored(app: Flask, session: Session) -> list[bytes]:
    """The bytes of what hangs on messages, in the order of the message."""
    session.rollback()
    query = select(StoredFile.storage_key).join(TicketAttachment, TicketAttachment.file_id == StoredFile.id)
    keys = session.scalars(query.order_by(TicketAttachment.position)).all()
    session.rollback()
    found = []
    for key in keys:
        with app.extensions["store"].open(key) as file:
            found.append(file.read())
    return found


def test_pasted_screenshot_is_blacked_out_by_mouse_and_by_keys_and_its_pixels_are_gone(
    app: Flask, form: TicketForm, session: Session
) -> None:
    page = form.page
    form.open()
    form.fill(tried="To open the page.", happened="It shows the names of pupils.")
    form.paste(screen())
    form.editor.drag((0.09, 0.09), (0.31, 0.21))
    expect(form.editor.marks).to_have_count(1)
    expect(page.locator("[data-caption]")).to_contain_text("Places blacked out: 1")
    expect(page.locator("[data-window]")).to_contain_text("1280 × 720")
    # the second place by keys alone: into the middle, then step by step to the bottom right and a little larger
    add = page.get_by_role("button", name="Add in the middle", exact=True)
    add.focus()
    page.keyboard.press("Enter")
    mark = form.editor.marks.nth(1).get_by_role("button").first
    expect(mark).to_be_focused()
    for key, times in (("ArrowRight", 30), ("ArrowDown", 20), ("Shift+ArrowDown", 3)):
        for _ in range(times):
            page.keyboard.press(key)
    expect(page.locator("#screenshots-part [data-live]")).to_contain_text("Blacked out: ")
    expect(mark).to_contain_text("2. Blacked out: 65 % from the left")
    # a third that is deleted again, and a fourth that is undone
    form.editor.press("Frame")
    form.editor.drag((0.4, 0.4), (0.6, 0.6))
    form.editor.marks.nth(2).get_by_role("button", name="Delete mark 3").click()
    form.editor.drag((0.4, 0.4), (0.6, 0.6))
    form.editor.press("Undo the last mark")
    expect(form.editor.marks).to_have_count(2)
    form.editor.press("Done")
    expect(form.pictures).to_have_count(1)
    expect(page.get_by_role("button", name="Mark picture 1")).to_be_focused()
    form.site.press("Send")
    form.expect_sent()
    (picture,) = stored(app, session)
    corners = ((80, 50), (560, 400))
    secret = [(x, y) for left, top in corners for x in range(left, left + 160) for y in range(top, top + 50)]
    assert set(colors(picture, secret)) == {BLACK}
    assert set(colors(picture, [(10, 10), (400, 250), (790, 490)])) == {PAPER}
    assert session.scalars(select(TicketAttachment.is_blacked_out)).all() == [True]
    assert session.scalars(select(Ticket.context)).one()["window"] == "1280 × 720"


def test_pictures_are_dropped_chosen_marked_removed_and_too_many_are_refused(
    app: Flask, form: TicketForm, session: Session, tmp_path: Path
) -> None:
    page = form.page
    files = [tmp_path / f"screen {number}.png" for number in range(8)]
    for number, file in enumerate(files):
        file.write_bytes(pictures.png(color=f"rgb({number * 20},200,10)"))
    form.open()
    form.drop(screen())
    form.editor.press("Arrow")
    form.editor.drag((0.5, 0.8), (0.5, 0.5))
    form.editor.press("Done")
    page.get_by_label("Screenshots", exact=True).set_input_files([str(file) for file in files])
    expect(form.pictures).to_have_count(9)
    page.get_by_label("Screenshots", exact=True).set_input_files([str(file) for file in files[:2]])
    expect(form.pictures).to_have_count(10)
    expect(page.locator('[data-error="too-many-pictures"]')).to_be_visible()
    page.get_by_role("button", name="Remove picture 3").click()
    expect(form.pictures).to_have_count(9)
    form.fill(happened="See the arrow.")
    form.site.press("Send")
    form.expect_sent()
    found = stored(app, session)
    assert len(found) == 9
    assert colors(found[0], [(400, 300)]) == [(176, 35, 24)]
    assert [colors(one, [(5, 5)])[0][0] for one in found[1:4]] == [0, 40, 60]


def test_refused_form_keeps_text_and_marked_pictures(app: Flask, form: TicketForm, session: Session) -> None:
    form.site.expect_complaint("422")
    page = form.page
    form.open()
    form.fill(tried="Only this")
    form.paste(screen())
    form.editor.drag((0.09, 0.09), (0.31, 0.21))
    form.site.press("Send")
    expect(page.locator("#errors")).to_be_focused()
    expect(page.locator('[data-error="missing"]')).to_be_visible()
    expect(page.get_by_label("What I tried", exact=True)).to_have_value("Only this")
    expect(form.pictures).to_have_count(1)
    form.fill(happened="Now it is complete.")
    form.site.press("Send")
    form.expect_sent()
    (picture,) = stored(app, session)
    assert set(colors(picture, [(x, y) for x in range(80, 240) for y in range(50, 100)])) == {BLACK}


class Full:
    def __getattr__(self, name: str) -> object:
        raise OSError(28, "No space left on device")


def test_failure_of_ours_keeps_text_and_pictures_and_offers_a_mail(
    app: Flask, form: TicketForm, session: Session
) -> None:
    form.site.expect_complaint("503")
    page, store = form.page, app.extensions["store"]
    form.open()
    form.fill(happened="The disk is full.")
    form.paste(pictures.png())
    app.extensions["store"] = Full()
    try:
        form.site.press("Send")
        expect(page.locator('[data-error="not-stored"]')).to_be_visible()
    finally:
        app.extensions["store"] = store
    expect(page.get_by_label("What happened", exact=True)).to_have_value("The disk is full.")
    expect(page.get_by_role("link", name=re.compile("Send it by mail"))).to_have_attribute(
        "href", re.compile(r"^mailto:help.*The%20disk%20is%20full")
    )
    form.site.press("Send")
    form.expect_sent()
    assert len(stored(app, session)) == 1


def test_draft_stays_in_this_browser_until_it_is_sent_or_forgotten(form: TicketForm) -> None:
    page = form.page
    form.open()
    form.fill(tried="Typed on the train", happened="The battery is empty")
    expect(page.get_by_text("Draft kept in this browser")).to_be_visible()
    form.open()
    expect(page.get_by_label("What I tried", exact=True)).to_have_value("Typed on the train")
    expect(page.get_by_text("is back")).to_be_visible()
    form.site.press("Forget the draft")
    expect(page.get_by_label("What I tried", exact=True)).to_have_value("")
    form.open()
    expect(page.get_by_label("What I tried", exact=True)).to_have_value("")
    form.fill(happened="Sent this time")
    form.site.press("Send")
    form.expect_sent()
    form.open()
    expect(page.get_by_label("What happened", exact=True)).to_have_value("")


def test_draft_of_a_further_message_goes_with_its_sending(site: Site, desk: Desk) -> None:
    page = site.page
    ticket = tickets.ticket(
        agency_id=desk.agency_id, email=desk.requester.email, requester_id=desk.requester.user_id
    )
    site.sign_in(desk.requester.email)
    site.open(f"/help/tickets/{ticket.number}")
    text = page.get_by_label("Your message", exact=True)
    text.fill("One thing more")
    expect(page.get_by_text("Draft kept in this browser")).to_be_visible()
    site.open(f"/help/tickets/{ticket.number}")
    expect(text).to_have_value("One thing more")
    site.press("Reply")
    expect(page.locator("#flash")).to_contain_text("Your message has arrived.")
    expect(page.locator("#thread")).to_contain_text("One thing more")
    expect(text).to_have_value("")


def test_form_offers_the_last_error_that_the_person_read(form: TicketForm, desk: Desk, session: Session) -> None:
    code = session.get_one(Project, desk.project_id).code
    session.rollback()
    form.site.expect_complaint("404")
    form.site.open(f"/my/{code}/results/999")
    expect(form.page.locator('[data-error="http-404"]')).to_be_visible()
    form.page.get_by_role("link", name="Ask the helpdesk").click()
    expect(form.page.get_by_role("checkbox", name="Last error")).to_be_checked()
    expect(form.page.locator("[data-trouble]")).to_contain_text("http-404")
    expect(form.page.get_by_text(f"/my/{code}/results/999").first).to_be_visible()


def test_everything_but_marking_works_without_script(
    app: Flask, browser: Browser, base_url: str, desk: Desk, session: Session, tmp_path: Path
) -> None:
    file = tmp_path / "screen.png"
    file.write_bytes(pictures.png())
    context = browser.new_context(java_script_enabled=False)
    form = TicketForm(Site(context.new_page(), base_url))
    form.open("?lang=en")
    form.page.get_by_label("Screenshots", exact=True).set_input_files(str(file))
    form.fill(tried="Without script", email="new@school.example")
    form.site.press("Send")
    expect(form.page.locator('[data-error="missing"]')).to_be_visible()
    expect(form.page.get_by_role("checkbox", name="screen.png")).to_be_checked()
    form.fill(happened="It works")
    form.site.press("Send")
    form.expect_sent()
    assert form.number() > 1000
    assert len(stored(app, session)) == 1
    context.close()


@pytest.mark.parametrize("sight", SIGHTS)
def test_requester_meets_no_barrier_with_pictures_on_the_form(form: TicketForm, desk: Desk, sight: Sight) -> None:
    page = form.page
    see(page, sight)
    ticket = tickets.ticket(
        agency_id=desk.agency_id, email=desk.requester.email, requester_id=desk.requester.user_id,
        files=[pictures.screenshot(content=screen())],
    )
    form.open(f"?lang={sight.language}&page=/my/{'x' * 60}&error=Broken")
    wrong = []
    for url in ("/help/", f"/help/tickets/{ticket.number}", "/help/new?page=/my/&error=x"):
        form.site.open(url)
        if "/new" in url:
            form.paste(screen())
            form.paste(screen())
            form.editor.drag((0.1, 0.1), (0.3, 0.3))
        high = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": sight.width, "height": high})
        wrong += barriers(page)
    assert wrong == []


def test_helpdesk_blacks_out_by_keys_and_pastes_a_picture_into_the_reply(
    app: Flask, site: Site, desk: Desk, session: Session
) -> None:
    page, editor = site.page, Editor(site.page)
    ticket = tickets.ticket(agency_id=desk.agency_id, files=[pictures.screenshot(content=screen())])
    site.sign_in(desk.helpdesk.email)
    site.open(f"/admin/tickets/{ticket.number}/")
    page.get_by_role("link", name=re.compile("Black out a part")).click()
    page.get_by_role("button", name="Add in the middle", exact=True).focus()
    page.keyboard.press("Enter")
    mark = editor.marks.get_by_role("button").first
    expect(mark).to_be_focused()
    for key, times in (("ArrowLeft", 35), ("ArrowUp", 25), ("Shift+ArrowDown", 8)):
        for _ in range(times):
            page.keyboard.press(key)
    assert barriers(page) == []
    page.locator("#decision aside").get_by_role("button", name="Black out", exact=True).click()
    expect(page.locator("#flash")).to_contain_text("destroyed")
    (picture,) = stored(app, session)
    assert set(colors(picture, [(x, y) for x in range(80, 240) for y in range(50, 100)])) == {BLACK}
    assert colors(picture, [(640, 420)]) == [SECRET]
    page.get_by_label(re.compile("^Message")).fill("Please look at the arrow.")
    page.evaluate(PASTE, {"bytes": list(screen()), "type": "image/png"})
    editor.press("Arrow")
    editor.drag((0.5, 0.8), (0.5, 0.5))
    editor.press("Done")
    page.locator("#write").get_by_role("button", name="Reply", exact=True).click()
    expect(page.locator("article.msg.out img")).to_be_visible()
    assert len(stored(app, session)) == 2
