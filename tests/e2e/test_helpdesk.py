"""The helpdesk in a browser: keys in the queue, a draft that keeps itself, a reply that is taken back or goes, what a
colleague does meanwhile, barriers, phones, without script."""

import re

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy.orm import Session

from backoffice.db import db
from backoffice.domain.permissions import Role
from backoffice.domain.tickets import Category, TicketState
from backoffice.jobs import outbox as jobs
from backoffice.models import Agency, Ticket
from backoffice.services import ticket_replies
from backoffice.services.tickets import Attached
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.e2e.pages.helpdesk import TicketPage
from tests.e2e.pages.site import Site
from tests.factories import tickets as make
from tests.factories.tickets import Desk
from tests.support import letters
from tests.support.barriers import SIGHTS, Sight, barriers, see

pytestmark = pytest.mark.one_engine


@pytest.fixture
def desk(session: Session) -> Desk:
    return make.desk()


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    """With a picture, a note, an answer and what came back."""
    row = make.ticket(
        email=desk.requester.email, project_id=desk.project_id, category=Category.ACCESS, language="lv",
        subject="Piekļuve liegta: cannot sign in after changing the e-mail address of the school",
        files=[Attached(file_id=factories.screenshot(), is_blacked_out=True)],
    )
    with unit_of_work() as uow:
        ticket_replies.note(uow, actor=desk.specialist.actor, ticket_id=row.id, text="Known at this school.")
    make.reply(row.id, by=desk.helpdesk.actor)
    make.message(row.id, text="It still says no.")
    return row


@pytest.fixture
def page_of(site: Site, desk: Desk, ticket: Ticket) -> TicketPage:
    site.sign_in(desk.helpdesk.email)
    return TicketPage(site.page, site.base_url, ticket.number)


def state_of(ticket: Ticket) -> TicketState:
    """As it was committed; the session keeps no older view of the database behind."""
    db.session.rollback()
    state = db.session.get_one(Ticket, ticket.id, populate_existing=True).state
    db.session.rollback()
    return state


def test_helpdesk_answers_and_takes_back_and_answers_again(
    page_of: TicketPage, ticket: Ticket, desk: Desk
) -> None:
    make.canned_reply(agency_id=desk.agency_id, name="Address", text_lv="Piekļuve piešķirta.", then=TicketState.SOLVED)
    page = page_of.page
    page_of.open()
    page_of.text.fill("Labdien!")
    expect(page.locator("#draft")).to_contain_text("Draft saved")
    page.get_by_text("Canned reply").click()
    page.get_by_role("link", name="Address lv").click()
    expect(page_of.text).to_have_value("Labdien!\n\nPiekļuve piešķirta.")
    expect(page.get_by_label("What becomes of the ticket")).to_have_value("solved")
    page_of.send("Labdien!")
    assert state_of(ticket) is TicketState.SOLVED
    coming = page.locator("#coming")
    expect(coming).to_contain_text("Your reply goes out")
    coming.get_by_role("button", name="Take it back").click()
    expect(page_of.text).to_have_value("Labdien!")
    expect(page_of.messages.last).to_contain_text("Taken back before it went")
    assert state_of(ticket) is TicketState.OPEN
    page_of.send("Labdien vēlreiz!")
    page.get_by_role("button", name="Send now").click()
    expect(page.locator("#coming")).to_contain_text("on its way")  # before, the mail says "Waiting" without being due
    expect(page_of.messages.last.locator("footer")).to_contain_text("Waiting")
    jobs.sweep()
    expect(page_of.messages.last.locator("footer")).to_contain_text("Sent", timeout=40_000)  # by itself


def test_note_is_tinted_and_goes_to_nobody(page_of: TicketPage, ticket: Ticket) -> None:
    page = page_of.page
    page_of.open()
    page.get_by_role("radio", name="Internal note").check()
    expect(page.get_by_label("What becomes of the ticket")).to_be_hidden()
    page_of.text.fill("Call them.")
    page.get_by_role("button", name="Save the note").click()
    expect(page_of.messages.last).to_contain_text("Call them.")
    expect(page_of.messages.last.locator("footer")).to_have_count(0)


def test_colleague_who_writes_and_what_came_are_told_on_the_open_page(
    site: Site, page_of: TicketPage, ticket: Ticket, desk: Desk
) -> None:
    site.expect_complaint("409")
    page = page_of.page
    page.clock.install()
    page_of.open()
    with unit_of_work() as uow:
        ticket_replies.save_draft(uow, actor=desk.specialist.actor, ticket_id=ticket.id, text="I know")
    make.message(ticket.id, text="Solved by itself, thank you!")
    page.locator("h1").click()
    page.clock.run_for(16_000)
    expect(page.locator("#presence")).to_contain_text("is writing an answer")
    expect(page.locator("#news")).to_contain_text("Something new was written here")
    page_of.text.fill("My answer to what was")
    page.get_by_role("button", name="Reply", exact=True).click()
    expect(page.locator("[data-error=stale]")).to_be_visible()
    expect(page_of.messages.last).to_contain_text("Solved by itself")
    expect(page_of.text).to_have_value("My answer to what was")
    page.get_by_role("button", name="Reply", exact=True).click()
    expect(page_of.messages.last).to_contain_text("My answer to what was")


def test_helpdesk_goes_through_the_queue_by_keys(site: Site, page_of: TicketPage, desk: Desk) -> None:
    others = [make.ticket(agency_id=desk.agency_id) for _ in range(2)]
    site.open("/admin/tickets/?view=all&order=oldest")
    keys = site.page.keyboard
    for key in ("j", "x", "j", "x"):
        keys.press(key)
    bulk = site.page.get_by_role("group", name="Marked tickets")
    expect(bulk).to_contain_text("Marked: 2")
    bulk.get_by_role("button", name="Solve").click()
    expect(site.page.locator("h1")).to_have_text("Solve")
    site.page.get_by_role("button", name="Solve").click()
    expect(site.page.locator("#flash")).to_contain_text("Done for 2 tickets")
    site.open("/admin/tickets/?view=all&order=oldest")
    keys.press("j")
    keys.press("j")
    keys.press("k")
    keys.press("Enter")
    there = TicketPage(site.page, site.base_url, others[1].number).address
    expect(site.page).to_have_url(re.compile("^" + re.escape(there)))  # and the way back to the list
    assert state_of(others[1]) is TicketState.NEW


@pytest.mark.parametrize("sight", SIGHTS)
def test_helpdesk_meets_no_barrier(
    site: Site, page_of: TicketPage, ticket: Ticket, desk: Desk, sight: Sight
) -> None:
    site.expect_complaint("422")
    page = site.page
    see(page, sight)
    admin = factories.staff(Role.AGENCY_ADMIN, agency_id=desk.agency_id)
    reply_id = make.canned_reply(agency_id=desk.agency_id)
    with unit_of_work() as uow:
        ticket_replies.save_draft(uow, actor=admin.actor, ticket_id=ticket.id, text="Labd")
    make.reply(ticket.id, by=desk.helpdesk.actor)
    other = make.ticket(email="somebody.with.a.rather.long.address@university-of-applied-sciences.example",
                        agency_id=desk.agency_id, state=TicketState.WAITING, by=desk.helpdesk.actor)
    overdue = make.ticket(agency_id=desk.agency_id)
    with unit_of_work() as uow:
        late = uow.session.get_one(Ticket, overdue.id)
        late.answer_due_at = late.queue_at = late.created_at.replace(year=2025)
    letters.arrives(letters.mail(to=db.session.get_one(Agency, desk.agency_id).helpdesk_address, List_Id="<n.example>"))
    base = f"/admin/tickets/{ticket.number}/"
    wrong: list[str] = []

    def look(path: str = "") -> None:
        if path:
            site.open(f"{path}{'&' if '?' in path else '?'}lang={sight.language}")
        wrong.extend(barriers(page))

    picks = "&".join(f"t={row.id}.{row.version}" for row in (ticket, other, overdue))
    for path in (
        "/admin/tickets/", "/admin/tickets/?view=all&q=nothing-such&state=open", base, "/admin/tickets/new",
        f"{base}merge?into={other.number}", f"{base}route", f"/admin/tickets/bulk?act=merge&{picks}",
        f"/admin/tickets/bulk?act=assign&{picks}", "/admin/lost-and-found/",
    ):
        look(path)
    site.open(f"{base}?lang={sight.language}")
    page.locator("#write button[type=submit]").last.click()
    look()
    site.sign_in(admin.email)
    look("/admin/texts/")
    look(f"/admin/texts/replies/{reply_id}/")
    assert wrong == []


def test_helpdesk_works_without_script(browser: Browser, site: Site, page_of: TicketPage, desk: Desk) -> None:
    make.canned_reply(agency_id=desk.agency_id, name="Address", text_lv="Sveiki, {name}!")
    context = browser.new_context(java_script_enabled=False, storage_state=site.page.context.storage_state())
    plain = TicketPage(context.new_page(), site.base_url, int(page_of.address.strip("/").split("/")[-1]))
    plain.open()
    plain.page.get_by_text("Canned reply").click()
    plain.page.get_by_role("link", name="Address lv").click()
    expect(plain.text).to_have_value(re.compile("^Sveiki, "))
    plain.page.get_by_role("button", name="Reply", exact=True).click()
    expect(plain.messages.last).to_contain_text("Sveiki")
    plain.page.get_by_role("button", name="Take it back").click()
    expect(plain.messages.last).to_contain_text("Taken back before it went")
    context.close()
