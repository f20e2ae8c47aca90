"""Help, sign-in and gate from end to end (S2, S3, S16): a screenshot with a black place, an answer by mail, the reply
in the same thread, access for a new address, EU Login, and the agency's own system that asks the gate."""

import io
import json
import re
from collections.abc import Callable
from email.message import EmailMessage
from http.client import HTTPConnection

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain.permissions import Role
from backoffice.jobs import outbox
from backoffice.models import Agency, StoredFile, TicketAttachment, User
from backoffice.services import tokens
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.e2e.pages.help import TicketForm, colors
from tests.e2e.pages.provider import sign_in_there
from tests.e2e.pages.site import Site
from tests.factories import reviews as make
from tests.factories.reviews import Scene
from tests.integration.test_delivery import through
from tests.support import smtp

pytestmark = pytest.mark.one_engine
CODE = "2023-1-LV01-KA220-SCH-000000778"
BLACK = (0, 0, 0)


@pytest.fixture
def scene(session: Session) -> Scene:
    """Anna was invited; the provider knows her by this address."""
    scene = make.scene(code=CODE)
    with unit_of_work() as uow:
        uow.session.get_one(User, scene.coordinator.user_id).email = "anna@school.example"
        uow.session.get_one(Agency, scene.agency_id).helpdesk_address = "help@agency.example"
    return scene


@pytest.fixture
def send(eu_app: Flask, postbox: smtp.Postbox) -> Callable[[], None]:
    """What the worker does, over real SMTP."""

    def sweep() -> None:
        with through(eu_app, postbox.url), eu_app.app_context():
            outbox.sweep()

    return sweep


def to(postbox: smtp.Postbox, address: str) -> list[EmailMessage]:
    return [message for message in postbox.messages if address in str(message["To"])]


def ingest(app: Flask, mail: EmailMessage) -> dict[str, object]:
    done = app.test_cli_runner().invoke(args=["tickets", "ingest", "--json"], input=mail.as_bytes())
    assert done.exit_code == 0, done.output
    value: dict[str, object] = json.loads(done.output.strip().splitlines()[-1])
    return value


def ask(site: Site, token: str) -> tuple[int, dict[str, object]]:
    """The agency's own system, with its token and nothing else."""
    line = HTTPConnection(site.base_url.removeprefix("http://"), timeout=10)
    line.request(
        "GET", f"/api/v1/projects/{CODE}/final-report-gate", headers={"Authorization": f"Bearer {token}"}
    )
    answer = line.getresponse()
    value: dict[str, object] = json.load(answer)
    line.close()
    return answer.status, value


def test_from_a_screenshot_to_the_gate(
    eu_app: Flask, session: Session, eu_site: Site, scene: Scene, postbox: smtp.Postbox, send: Callable[[], None],
    screen: bytes,
) -> None:
    page = eu_site.page
    helpdesk = factories.staff(Role.HELPDESK, agency_id=scene.agency_id)

    # A colleague of the coordinator tries an address that nobody invited.
    eu_site.open(f"/login/eu?next=/my/{CODE}/&lang=en")
    sign_in_there(page, "berta")
    expect(page.locator("[data-error=not-invited]")).to_contain_text("berta@School.Example")

    # The coordinator writes to the helpdesk, with a screenshot in which a name is blacked out.
    eu_site.follow("Sign in with another address")
    sign_in_there(page, "anna")
    page.wait_for_url(f"**/my/{CODE}/**")
    form = TicketForm(eu_site)
    form.open("?lang=en")
    form.fill(tried="My colleague signed in with her address.", happened="The page says that it has no access.",
              expected="That she can add results, too.", subject="My colleague cannot get in")
    form.paste(screen)
    form.editor.drag((0.09, 0.09), (0.31, 0.21))
    form.editor.press("Done")
    eu_site.press("Send")
    form.expect_sent()
    number = form.number()
    send()
    assert f"#{number}" in str(to(postbox, "anna@school.example")[-1]["Subject"])

    # The helpdesk sees it without the name, and answers.
    session.rollback()
    key = session.scalars(
        select(StoredFile.storage_key).join(TicketAttachment, TicketAttachment.file_id == StoredFile.id)
    ).one()
    session.rollback()
    with eu_app.extensions["store"].open(key) as file:
        picture = file.read()
    assert set(colors(picture, [(x, y) for x in range(80, 240) for y in range(50, 100)])) == {BLACK}
    eu_site.sign_in(helpdesk.email)
    eu_site.open("/admin/tickets/")
    page.get_by_role("link", name=re.compile("My colleague cannot get in")).first.click()
    expect(page.locator("#thread img, .shots img").first).to_be_visible()
    page.get_by_label(re.compile("^Message to ")).fill("Which address does your colleague sign in with?")
    page.get_by_role("button", name="Reply", exact=True).click()
    expect(page.get_by_text("Your reply goes out").first).to_be_visible()
    eu_site.press("Send now")
    send()
    answer = to(postbox, "anna@school.example")[-1]
    assert "Which address" in answer.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "help@agency.example" in str(answer["From"]) + str(answer["Reply-To"])

    # The reply comes back by mail into the same thread.
    reply = EmailMessage()
    reply["From"], reply["To"] = "Anna Ozola <anna@School.example>", "help@agency.example"
    reply["Subject"], reply["Message-ID"] = f"Re: {answer['Subject']}", "<reply-1@school.example>"
    reply["In-Reply-To"] = str(answer["Message-ID"])
    reply.set_content("She signs in with berta@school.example.\n\n> Which address does your colleague sign in with?\n")
    done = ingest(eu_app, reply)
    assert (done["outcome"], done["ticket"]) == ("reply", number)
    assert ingest(eu_app, reply)["outcome"] == "duplicate"
    eu_site.open(f"/admin/tickets/{number}/")
    expect(page.get_by_text("She signs in with berta@school.example.")).to_be_visible()

    # The cure gives access to the new address, and that person comes in by EU Login.
    eu_site.open(f"/admin/tickets/{number}/cure/give-access")
    page.get_by_label("Email", exact=True).fill("berta@school.example")
    eu_site.press("Give access to the new address")
    expect(page).to_have_url(re.compile(rf"/admin/tickets/{number}/"))
    send()
    access = to(postbox, "berta@school.example")[-1].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert CODE in access
    page.context.clear_cookies()
    eu_site.open(f"/my/{CODE}/?lang=en")
    eu_site.follow("Sign in with EU Login")
    sign_in_there(page, "berta")
    if page.get_by_label("I have read the terms of use and accept them").count():
        page.get_by_label("I have read the terms of use and accept them").check()
        eu_site.press("Continue")
    page.wait_for_url(f"**/my/{CODE}/**")
    expect(page.get_by_text(CODE).first).to_be_visible()

    # The agency's own system asks the gate before and after the approval.
    with unit_of_work() as uow:
        agency = uow.session.get_one(Agency, scene.agency_id)
        tokens.create(uow, actor=None, agency=agency, name="Grants", scopes=(tokens.Scope.GATE_READ,), token="t" * 40)
    assert ask(eu_site, "wrong" * 8)[0] == 401
    status, before = ask(eu_site, "t" * 40)
    assert (status, before["state"], before["may_approve"]) == (200, "not_submitted", False)
    make.submit(scene)
    make.approve(scene)
    status, after = ask(eu_site, "t" * 40)
    assert (status, after["state"], after["may_approve"], after["submission"]) == (200, "approved", True, 1)


@pytest.fixture
def screen() -> bytes:
    """A white screen with a name at the top left."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (800, 500), (255, 255, 255))
    ImageDraw.Draw(image).rectangle((80, 50, 239, 99), fill=(200, 30, 40))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
