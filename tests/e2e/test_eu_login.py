"""EU Login in a real browser, through a certified OpenID provider on loopback that signs PS512 as EU Login does."""


import pytest
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.models import Identity, SignInAttempt, TermsAcceptance, User
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.e2e.pages.provider import sign_in_there
from tests.e2e.pages.site import Site
from tests.support.barriers import barriers

pytestmark = pytest.mark.one_engine
CODE = "2023-1-LV01-KA220-SCH-000000001"


def test_coordinator_comes_by_eu_login_to_the_very_place_accepts_the_terms_and_signs_out_of_both(
    eu_site: Site, session: Session
) -> None:
    anna = factories.coordinator(factories.project(agency_id=factories.agency(), code=CODE))
    with unit_of_work() as uow:
        uow.session.get_one(User, anna.user_id).email = "anna@school.example"
        uow.session.query(TermsAcceptance).delete()
    page = eu_site.page
    eu_site.open(f"/my/{CODE}/?lang=en")  # a mail's link, signed out
    expect(page.get_by_text(CODE)).to_be_visible()
    assert barriers(eu_site.page) == []
    eu_site.follow("Sign in with EU Login")
    sign_in_there(page, "anna")  # the provider says anna@School.Example
    page.get_by_label("I have read the terms of use and accept them").check()
    eu_site.press("Continue")
    page.wait_for_url(f"**/my/{CODE}/**")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    row = session.scalars(select(Identity)).one()
    assert (row.user_id, row.subject) == (anna.user_id, "anna")

    page.locator("details.menu > summary").last.click()
    page.get_by_role("button", name="Sign out").last.click()
    page.get_by_role("button", name="Yes, sign me out").click()
    expect(page.locator("[data-status=eu-ended]")).to_be_visible()
    eu_site.open(f"/my/{CODE}/")
    expect(page.get_by_role("link", name="Sign in with EU Login")).to_be_visible()
    eu_site.follow("Sign in with EU Login")
    expect(page.get_by_placeholder("Enter any login")).to_be_visible()  # it asks again: its session is over


def test_wrong_address_reads_who_can_give_access_and_may_take_another_account(
    eu_site: Site, session: Session
) -> None:
    anna = factories.coordinator(factories.project(agency_id=factories.agency(), code=CODE))
    with unit_of_work() as uow:
        uow.session.get_one(User, anna.user_id).email = "anna@school.example"
    page = eu_site.page
    eu_site.open(f"/login/eu?next=/my/{CODE}/&lang=en")
    sign_in_there(page, "berta")
    expect(page.locator("[data-error=not-invited]")).to_contain_text("berta@School.Example")
    for width in (320, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        for language in ("lv", "en"):
            eu_site.open(f"/login/eu/refused?lang={language}")
            assert barriers(eu_site.page) == []
    session.rollback()
    assert [(row.email, row.outcome) for row in session.scalars(select(SignInAttempt))] == [
        ("berta@school.example", "not-invited")
    ]
    eu_site.follow("Sign in with another address")
    sign_in_there(page, "anna")
    page.wait_for_url(f"**/my/{CODE}/**")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
