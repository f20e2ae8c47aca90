"""On paper stands all that was submitted: folded parts are opened, menus and buttons are gone."""

import pytest
from playwright.sync_api import expect
from sqlalchemy.orm import Session

from backoffice.models import Project, Result, StoredFile
from tests import factories
from tests.e2e.pages.site import Site
from tests.factories import reviews

pytestmark = pytest.mark.one_engine


def test_receipt_review_and_project_are_whole_on_paper(site: Site, session: Session) -> None:
    scene = reviews.scene()
    file_id = factories.file(project_id=scene.project_id, result_id=scene.result_ids[0])
    reviews.submit(scene)
    code = session.get_one(Project, scene.project_id).code
    result = session.get_one(Result, scene.result_ids[0])
    title, text = result.title, result.description
    name = session.get_one(StoredFile, file_id).name
    session.rollback()
    page = site.page
    page.emulate_media(media="print")
    for email, path, words in (
        (scene.coordinator.email, f"/my/{code}/receipts/1", (title, text, name)),
        (scene.specialist.email, f"/admin/review/{code}/", (title, text, name)),
        (scene.specialist.email, f"/admin/projects/{code}/", (title, name)),
    ):
        page.emulate_media(media="screen")
        site.sign_in(email)
        site.open(path)
        page.emulate_media(media="print")
        for one in words:
            expect(page.get_by_text(one).first).to_be_visible()
        for gone in ("nav[aria-label=Main]", "details.menu", ".btn", ".tools"):
            assert not any(found.is_visible() for found in page.locator(gone).all()), (path, gone)
