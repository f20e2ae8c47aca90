"""Sign-in in a real browser: no barrier on its pages, and the way from a mail's link to the very place."""

from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import expect

from backoffice.domain.permissions import Role
from backoffice.models import TermsAcceptance
from backoffice.services import signin
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.e2e.pages.site import Site

AXE = Path(__file__).parents[1] / "support" / "vendor" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = "rules => axe.run({runOnly: {type: 'tag', values: rules}}).then(r => r.violations.map(v => v.id + ': ' + v.help))"


def barriers(site: Site) -> list[str]:
    site.page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = site.page.evaluate(RUN, RULES)
    is_wide = site.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return [*found, *(["scrolls sideways"] if is_wide else [])]


@pytest.mark.one_engine
@pytest.mark.parametrize("width", [320, 1440])
@pytest.mark.parametrize("language", ["en", "lv"])
def test_person_meets_no_barrier_on_the_pages_of_sign_in(
    site: Site, session: object, width: int, language: str
) -> None:
    for status in ("401", "400", "404"):
        site.expect_complaint(status)
    page = site.page
    page.set_viewport_size({"width": width, "height": 900})
    staff = factories.staff(Role.SPECIALIST, agency_id=factories.agency())
    with unit_of_work() as uow:
        token = signin.issue_link(uow, user_id=staff.user_id)
        uow.session.query(TermsAcceptance).delete()
    wrong = {}
    for path in ("/login?", "/login?next=/my/2023-1-LV01-KA220-SCH-000000001/&", "/login/forgot?", f"/invite/{token}?",
                 "/invite/gone?"):
        site.open(f"{path}lang={language}")
        wrong[path] = barriers(site)
    site.open(f"/login?lang={language}")
    page.locator("#email").fill(staff.email)
    page.locator("#password").fill("not the one")
    page.locator("main form button").click()
    expect(page.locator("[data-error=sign-in-refused]")).to_be_focused()
    wrong["refused"] = barriers(site)
    page.locator("#password").fill("demo")
    page.locator("main form button").click()
    page.wait_for_url("**/login/second-factor")
    wrong["second factor"] = barriers(site)
    page.locator("main details summary").click()
    secret = page.locator("[data-secret]").inner_text().replace(" ", "")
    page.locator("#code").fill("000000")
    page.locator("main form button").click()
    wrong["second factor refused"] = barriers(site)
    page.locator("#code").fill(pyotp.TOTP(secret).now())
    page.locator("main form button").click()
    expect(page.locator("main li.code")).to_have_count(10)
    wrong["recovery codes"] = barriers(site)
    page.locator("main form button").click()
    page.wait_for_url("**/login/terms")
    wrong["terms"] = barriers(site)
    page.locator("main form button").click()
    wrong["terms refused"] = barriers(site)
    page.context.clear_cookies()  # once more: now the code is asked for
    site.open(f"/login?lang={language}")
    page.locator("#email").fill(staff.email)
    page.locator("#password").fill("demo")
    page.locator("main form button").click()
    page.wait_for_url("**/login/code")
    wrong["code"] = barriers(site)
    assert {path: found for path, found in wrong.items() if found} == {}


@pytest.mark.one_engine
def test_coordinator_comes_from_the_mail_to_the_project_by_way_of_the_one_time_link(
    site: Site, session: object
) -> None:
    project_id = factories.project(agency_id=factories.agency(), code="2023-1-LV01-KA220-SCH-000000001")
    coordinator = factories.coordinator(project_id)
    with unit_of_work() as uow:
        token = signin.issue_link(uow, user_id=coordinator.user_id)
    page = site.page
    site.open(f"/invite/{token}?lang=en")
    page.get_by_label("Password").fill("three words together")
    site.press("Save")
    page.wait_for_url("**/my/**")
    site.open("/my/2023-1-LV01-KA220-SCH-000000001/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.context.clear_cookies()
    site.open("/my/2023-1-LV01-KA220-SCH-000000001/")
    page.get_by_label("Email").fill(coordinator.email)
    page.get_by_label("Password").fill("three words together")
    page.locator("main form button").first.click()
    page.wait_for_url("**/my/2023-1-LV01-KA220-SCH-000000001/**")
