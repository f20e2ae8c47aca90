"""The public pages in a real browser: rules of accessibility, small and large, light and dark, both languages."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from backoffice.domain.results import ResultType
from backoffice.domain.visibility import Subject
from backoffice.models import Project
from backoffice.services import overrides
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.e2e.pages.site import Site
from tests.factories import reviews
from tests.factories.catalogue import published_project
from tests.support.barriers import SIGHTS, Sight, barriers, see

CODE = "2023-1-LV01-KA220-SCH-000000005"
EMPTY = "2023-1-LV01-KA220-ADU-000000006"
PAGES = (
    "/", "/projects/?q=rokasgramata&type=handbook&language=lv", "/projects/?view=projects", "/projects/?q=nowhere",
    f"/projects/{CODE}", f"/projects/{EMPTY}", "/guide", "/terms", "/privacy", "/accessibility", "/no-such-page",
)


@pytest.fixture
def scene(session: object) -> reviews.Scene:
    """A project with two results, one that has none, and enough others to fill the lists."""
    scene = reviews.scene(code=CODE)
    with unit_of_work() as uow:
        project = uow.session.get_one(Project, scene.project_id)
        project.website, project.topics = "https://project.example/start", "Bees; Climate change"
        project.organisation_region, project.countries = "Kurzeme", ("LV", "EE")
    factories.contact(project_id=scene.project_id, is_public=True)
    reviews.submit(scene)
    reviews.approve(scene)
    published_project(scene.agency_id, "Never Too Late", code=EMPTY, topics="Bees", summary="What we do.")
    for number in range(25):
        results = [(f"Rokasgrāmata {number}", ResultType.HANDBOOK, ("lv",)), (f"Film {number}", ResultType.VIDEO, ())]
        published_project(scene.agency_id, f"Šķūnis {number}", region="Vidzeme", results=results)
    return scene




@pytest.mark.one_engine
@pytest.mark.parametrize("sight", SIGHTS)
def test_visitor_meets_no_barrier_on_any_public_page(site: Site, scene: reviews.Scene, sight: Sight) -> None:
    site.expect_complaint("404")
    see(site.page, sight)
    wrong = []
    for path in PAGES:
        site.open(f"{path}{'&' if '?' in path else '?'}lang={sight.language}")
        wrong += barriers(site.page)
    assert wrong == []


@pytest.mark.one_engine
def test_visitor_searches_narrows_down_and_comes_to_a_result(site: Site, scene: reviews.Scene) -> None:
    page = site.page
    page.set_viewport_size({"width": 1440, "height": 1000})
    site.open("/?lang=en")
    page.get_by_label("Search results and projects").fill("ROKASGRAMATA 7")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("h2 [role=status]")).to_contain_text("results in")
    expect(page.locator("mark").first).to_have_text("Rokasgrāmata")
    page.get_by_role("checkbox", name="Handbook or guide").check()
    site.press("Show")
    assert "type=handbook" in page.url
    assert "q=ROKASGRAMATA" in page.url
    page.get_by_label("Remove filter: Handbook or guide").click()
    assert "type=" not in page.url
    page.go_back()
    expect(page.get_by_role("checkbox", name="Handbook or guide")).to_be_checked()


@pytest.mark.one_engine
def test_visitor_pages_through_the_results_and_back(site: Site, scene: reviews.Scene) -> None:
    page = site.page
    site.open("/projects/?lang=en&view=results&order=title")
    first = page.locator(".hits h3").first.inner_text()
    page.get_by_role("link", name="Show more").click()
    assert page.locator(".hits h3").first.inner_text() != first
    page.get_by_role("link", name="Back", exact=True).click()
    expect(page.locator(".hits h3").first).to_have_text(first)


@pytest.mark.one_engine
def test_visitor_downloads_until_staff_hide_it(site: Site, scene: reviews.Scene) -> None:
    page = site.page
    site.open(f"/projects/{CODE}?lang=en")
    with page.expect_download() as download:
        page.locator(f"#result-{scene.result_ids[0]} a.btn").first.click()
    assert Path(download.value.path()).read_bytes().startswith(b"Text number")
    with unit_of_work() as uow:
        overrides.hide(
            uow, actor=scene.specialist.actor, subject=Subject.RESULT, subject_id=scene.result_ids[0], reason="Rights"
        )
    page.reload()
    expect(page.locator(f"#result-{scene.result_ids[0]}")).to_have_count(0)
    answer = page.request.get(download.value.url)
    assert answer.status == 404


@pytest.mark.one_engine
def test_guide_can_be_printed(site: Site, scene: reviews.Scene) -> None:
    site.open("/guide?lang=en")
    expect(site.page.get_by_role("button", name="Print")).to_be_visible()
    site.page.emulate_media(media="print")
    expect(site.page.get_by_role("button", name="Print")).to_be_hidden()
    expect(site.page.get_by_role("heading", name="Upload")).to_be_visible()
