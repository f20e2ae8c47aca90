"""Sign-in in a real browser: no barrier on its pages, and the way from a mail's link to the very place."""


import pyotp
import pytest
from playwright.sync_api import expect

from backoffice.domain.permissions import Role
from backoffice.models import TermsAcceptance
from backoffice.services import signin
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.e2e.pages.site import Site
from tests.support.barriers import SIGHTS, Sight, barriers, see


@pytest.mark.one_engine
@pytest.mark.parametrize("sight", SIGHTS)
def test_person_meets_no_barrier_on_the_pages_of_sign_in(
    site: Site, session: object, sight: Sight
) -> None:
    for status in ("401", "400", "404"):
        site.expect_complaint(status)
    page = site.page
    see(page, sight)
    staff = factories.staff(Role.SPECIALIST, agency_id=factories.agency())
    with unit_of_work() as uow:
        token = signin.issue_link(uow, user_id=staff.user_id)
        uow.session.query(TermsAcceptance).delete()
    wrong: list[str] = []
    for path in ("/login?", "/login?next=/my/2023-1-LV01-KA220-SCH-000000001/&", "/login/forgot?", f"/invite/{token}?",
                 "/invite/gone?"):
        site.open(f"{path}lang={sight.language}")
        wrong += barriers(page)
    site.open(f"/login?lang={sight.language}")
    page.locator("#email").fill(staff.email)
    page.locator("#password").fill("not the one")
    page.locator("main form button").click()
    expect(page.locator("[data-error=sign-in-refused]")).to_be_focused()
    wrong += barriers(page)
    page.locator("#password").fill("demo")
    page.locator("main form button").click()
    page.wait_for_url("**/login/second-factor")
    wrong += barriers(page)
    page.locator("main details summary").click()
    secret = page.locator("[data-secret]").inner_text().replace(" ", "")
    page.locator("#code").fill("000000")
    page.locator("main form button").click()
    wrong += barriers(page)
    page.locator("#code").fill(pyotp.TOTP(secret).now())
    page.locator("main form button").click()
    expect(page.locator("main li.code")).to_have_count(10)
    wrong += barriers(page)
    page.locator("main form button").click()
    page.wait_for_url("**/login/terms")
    wrong += barriers(page)
    page.locator("main form button").click()
    wrong += barriers(page)
    page.context.clear_cookies()  # once more: now the code is asked for
    site.open(f"/login?lang={sight.language}")
    page.locator("#email").fill(staff.email)
    page.locator("#password").fill("demo")
    page.locator("main form button").click()
    page.wait_for_url("**/login/code")
    wrong += barriers(page)
    assert wrong == []


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
