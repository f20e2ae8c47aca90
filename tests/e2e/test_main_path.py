"""The main job from end to end in a real browser: from the import of a list to the public page, and back."""

import re
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from backoffice.domain import clock
from backoffice.domain.permissions import Role
from backoffice.jobs import outbox
from tests import factories
from tests.e2e.pages.site import Site

CODE = "2023-1-LV01-KA220-SCH-000000777"
HEADER = (
    "Project Identifier,Project Title,Project Summary,Start date,End date,Coordinating organisation name,"
    "Contact person,Contact e-mail"
)
DESCRIPTION = (
    "A handbook that shows teachers, step by step, how pupils of grades five to nine plan, run and evaluate a class "
    "council. It holds twelve lesson scripts and a short self-assessment for each of them."
)


@pytest.fixture
def letters(app: Flask) -> Path:
    """Where the mails of the test application end up."""
    return Path(app.config["SETTINGS"].mail_url.removeprefix("file://"))


def texts_to(letters: Path, address: str) -> list[str]:
    """Subject and text of every mail to an address, as they lie there."""
    found = []
    for file in sorted(letters.rglob("*.eml")):
        message = message_from_bytes(file.read_bytes(), policy=policy.default)
        body = message.get_body(("plain",))
        if address in str(message["To"]) and body is not None:
            found.append(f"{message['Subject']}\n{body.get_content()}")
    return found


def import_list(app: Flask, folder: Path) -> None:
    today = clock.day_of(clock.now(), time_zone="Europe/Riga")
    file = folder / "list.csv"
    row = (
        f"{CODE},Class councils that decide,What pupils decide together,{today - timedelta(days=700)},"
        f"{today - timedelta(days=20)},Example school,Anna Paraugs,anna@school.example"
    )
    file.write_text(f"{HEADER}\n{row}\n", encoding="utf-8")
    done = app.test_cli_runner().invoke(args=["projects", "import", str(file), "--json"])
    assert done.exit_code == 0, done.output
    assert '"added": 1' in done.output


def send_mails(app: Flask) -> None:
    """What the scheduler does each day and each minute."""
    done = app.test_cli_runner().invoke(args=["notices", "run", "--json"])
    assert done.exit_code == 0, done.output
    outbox.sweep()


def save_verdict(page: Page) -> None:
    """Press Save below a verdict and wait until the server has it."""
    with page.expect_response(lambda answer: answer.url.endswith("/judge") and answer.request.method == "POST"):
        page.get_by_role("button", name="Save").first.click()
    page.wait_for_load_state("networkidle")


def test_from_the_import_to_the_public_page_and_back(
    app: Flask, session: Session, site: Site, page: Page, letters: Path, tmp_path: Path
) -> None:
    agency_id = factories.agency(code="LV01")
    specialist = factories.staff(Role.SPECIALIST, agency_id=agency_id)
    import_list(app, tmp_path)
    send_mails(app)
    session.rollback()

    # The coordinator follows the link of the access mail, sets a password and accepts the terms.
    mails = texts_to(letters, "anna@school.example")
    links = [link for mail in mails for link in re.findall(r"/invite/[\w.~-]+", mail)]
    assert links, mails
    page.context.clear_cookies()
    site.open(f"{links[-1]}?lang=en")
    for field in page.locator("input[type=password]").all():
        field.fill("a long enough password 7")
    page.locator("main form button[type=submit]").first.click()
    if page.get_by_role("checkbox").count():
        page.get_by_role("checkbox").first.check()
        page.locator("main form button[type=submit]").first.click()
    site.open(f"/my/{CODE}/?lang=en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Class councils that decide")

    # A result with a file.
    site.open(f"/my/{CODE}/results/new")
    page.get_by_label("Title", exact=True).fill("Twelve lesson scripts")
    page.get_by_label("Description in English").fill(DESCRIPTION)
    page.get_by_label("Type", exact=True).select_option("handbook")
    page.get_by_label("Languages").select_option(["en"])
    page.get_by_label("Files").set_input_files(
        {"name": "scripts.txt", "mimeType": "text/plain", "buffer": b"Lesson one: what is a council?\n"}
    )
    site.press("Save")
    expect(page.get_by_text("1 file").first).to_be_visible()

    # Submit, with the warnings confirmed; then nothing can be edited.
    site.open(f"/my/{CODE}/submit")
    page.get_by_label("Submit all the same").check()
    site.press("Submit for review")
    expect(page).to_have_url(re.compile(rf"/my/{CODE}/receipts/1"))
    site.open(f"/my/{CODE}/")
    expect(page.locator("[data-status=under_review]").first).to_be_visible()
    expect(page.get_by_role("link", name="Add result")).to_have_count(0)
    site.open(f"/projects/{CODE}")
    expect(page.get_by_text("No results published yet")).to_be_visible()

    # The specialist asks for a change.
    site.sign_in(specialist.email)
    site.open("/admin/review/")
    site.press("Claim the next one")
    expect(page).to_have_url(re.compile(rf"/admin/review/{CODE}"))
    page.get_by_text("Ask for changes", exact=True).first.click()
    page.wait_for_load_state("networkidle")
    page.get_by_label("Comment").first.fill("Please say in the title for which grades they are.")
    save_verdict(page)
    site.open(f"/admin/review/{CODE}/return")
    expect(page.get_by_text("Please say in the title for which grades they are.").first).to_be_visible()
    site.press("Return for additions")
    page.wait_for_load_state("networkidle")

    # The coordinator reads the comment beside the result, changes it and submits again.
    site.sign_in("anna@school.example", "a long enough password 7")
    site.open(f"/my/{CODE}/")
    expect(page.locator("[data-status=returned]").first).to_be_visible()
    page.get_by_role("link", name="Edit").first.click()
    expect(page.get_by_text("Please say in the title for which grades they are.").first).to_be_visible()
    page.get_by_label("Title", exact=True).fill("Twelve lesson scripts for grades 5 to 9")
    page.get_by_label("Your answer").fill("Done, the title says it now.")
    site.press("Save")
    site.open(f"/my/{CODE}/submit")
    page.get_by_label("Submit all the same").check()
    site.press("Submit for review")
    expect(page).to_have_url(re.compile(rf"/my/{CODE}/receipts/2"))

    # The specialist accepts and approves.
    site.sign_in(specialist.email)
    site.open(f"/admin/review/{CODE}/")
    site.press("Claim")
    expect(page.get_by_text("Done, the title says it now.").first).to_be_visible()
    page.get_by_text("Accept", exact=True).first.click()
    page.wait_for_load_state("networkidle")
    save_verdict(page)
    site.open(f"/admin/review/{CODE}/approve")
    site.press("Approve")
    page.wait_for_load_state("networkidle")

    # Everybody finds it.
    page.context.clear_cookies()
    site.open("/projects/?q=lesson+scripts&lang=en")
    expect(page.get_by_text("Twelve lesson scripts for grades 5 to 9").first).to_be_visible()
    site.open(f"/projects/{CODE}")
    expect(page.get_by_text("Twelve lesson scripts for grades 5 to 9").first).to_be_visible()
    with page.expect_download() as download:
        page.locator("a[href*='/download'], a[href*='/files/']").first.click()
    assert download.value.suggested_filename == "scripts.txt"
    expect(page.get_by_text("anna@school.example")).to_have_count(0)  # S10: private by default

    # Unlocked, it stays public; the mails have gone out.
    site.sign_in(specialist.email)
    site.open(f"/admin/review/{CODE}/unlock")
    page.get_by_label("Reason").fill("A page is missing.")
    site.press("Unlock")
    page.wait_for_load_state("networkidle")
    page.context.clear_cookies()
    site.open(f"/projects/{CODE}?lang=en")
    expect(page.get_by_text("Twelve lesson scripts for grades 5 to 9").first).to_be_visible()
