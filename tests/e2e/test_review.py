"""The specialist's path in a real browser: accessibility, verdicts that save themselves, claims that get lost."""


import pytest
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.db import db
from backoffice.domain.files import FileCheck
from backoffice.models import ItemVerdict, Project, StoredFile
from backoffice.services import questions, reopening, reviews
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.e2e.pages.review import ReviewPage
from tests.e2e.pages.site import Site
from tests.factories import reviews as make
from tests.factories.reviews import Scene
from tests.support.barriers import SIGHTS, Sight, barriers, see
from tests.web.review.test_page import second_round

# The innermost parts that reach over the edge: what to mend.
pytestmark = pytest.mark.one_engine


@pytest.fixture
def scene(session: Session) -> Scene:
    scene = make.scene()
    factories.contact(project_id=scene.project_id)
    second_round(scene)
    return scene


@pytest.fixture
def review(site: Site, scene: Scene) -> ReviewPage:
    site.sign_in(scene.specialist.email)
    return ReviewPage(site.page, site.base_url, code(scene))


def code(scene: Scene) -> str:
    db.session.rollback()
    return db.session.get_one(Project, scene.project_id).code


def verdicts() -> dict[str, str]:
    db.session.rollback()
    return {row.key: row.comment or row.verdict.value for row in db.session.scalars(select(ItemVerdict))}


@pytest.mark.parametrize("sight", SIGHTS)
def test_specialist_meets_no_barrier_on_the_way(site: Site, scene: Scene, review: ReviewPage, sight: Sight) -> None:
    """Every page of the path, free, claimed by a colleague, claimed by me, with errors."""
    for status in ("409", "422"):
        site.expect_complaint(status)
    page, base = site.page, review.address.removeprefix(site.base_url)
    see(page, sight)
    with unit_of_work() as uow:
        uow.session.scalars(select(StoredFile).order_by(StoredFile.id.desc())).first().check_state = (
            FileCheck.UNSCANNABLE
        )
    wrong: list[str] = []

    def look(path: str) -> None:
        site.open(f"{path}{'&' if '?' in path else '?'}lang={sight.language}")
        wrong.extend(barriers(page))

    with unit_of_work() as uow:
        reopening.ask(
            uow, actor=scene.coordinator.actor, project_id=scene.project_id, reason="A wrong file.", subject="Reopen"
        )
        questions.ask(
            uow, actor=scene.specialist.actor, project_id=scene.project_id, question="Who made it?", subject="Question"
        )
    make.claim(scene, who=scene.colleague)
    look(base)
    with unit_of_work() as uow:
        reviews.take_over(uow, actor=scene.specialist.actor, project_id=scene.project_id)
    for path in ("/admin/", "/admin/review/", "/admin/review/?view=silent", "/admin/review/?year=2023&claimed=no",
                 f"{base}?open=all", f"{base}return", f"{base}approve", f"{base}unlock", f"{base}ask",
                 f"{base}decline"):
        look(path)
    site.open(f"{base}unlock?lang=en")
    site.press("Unlock")
    expect(page.locator("[data-error=reason-missing]")).to_be_visible()
    assert [*wrong, *barriers(page)] == []


def test_a_verdict_saves_itself_and_nobody_is_disturbed_while_typing(
    site: Site, scene: Scene, review: ReviewPage
) -> None:
    page, keys = site.page, [f"result:{number}" for number in scene.result_ids]
    review.open()
    review.claim()
    review.choose("r1", "Accept")
    expect(review.state("r1")).to_have_text("Accepted")
    expect(review.item("r1").get_by_role("radio", name="Accept")).to_be_focused()
    review.choose("r1", "Ask for changes")
    expect(review.state("r1")).to_have_text("Not decided")
    expect(page.locator("#saved-r1")).to_contain_text("say what the coordinator should change")
    review.comment("r1").press_sequentially("Say for which age")
    at = page.evaluate("scrollY")
    expect(review.state("r1")).to_have_text("Changes asked", timeout=10_000)
    expect(review.comment("r1")).to_be_focused()
    assert page.evaluate("scrollY") == at
    review.comment("r1").press_sequentially(" it is.")
    expect(page.locator("#decide")).to_contain_text("1 to change")
    expect(review.comment("r1")).to_have_value("Say for which age it is.")
    assert verdicts()[keys[0]].startswith("Say for which age")


def test_going_on_before_the_comment_is_saved_takes_it_along(site: Site, scene: Scene, review: ReviewPage) -> None:
    review.open()
    review.claim()
    review.choose("r1", "Ask for changes")
    expect(site.page.locator("#saved-r1")).to_contain_text("say what")
    review.comment("r1").fill("The very last word.")
    site.page.locator("#decide").get_by_role("link", name="Return for additions").click()
    expect(site.page.get_by_role("heading", level=1)).to_have_text("Return for additions")
    expect(site.page.locator("main")).to_contain_text("The very last word.")


def test_a_phrase_is_put_in_and_saved(site: Site, scene: Scene, review: ReviewPage) -> None:
    review.open()
    review.claim()
    review.choose("r2", "Ask for changes")
    review.item("r2").get_by_role("button", name="EU emblem missing").click()
    expect(review.comment("r2")).to_have_value("Please add the EU emblem with “Co-funded by the European Union”.")
    expect(review.state("r2")).to_have_text("Changes asked", timeout=10_000)


def test_whoever_lost_the_claim_is_told_at_the_next_beat(site: Site, scene: Scene, review: ReviewPage) -> None:
    site.expect_complaint("409")
    review.open()
    review.claim()
    with unit_of_work() as uow:
        reviews.take_over(uow, actor=scene.colleague.actor, project_id=scene.project_id)
    page = site.page
    page.evaluate(
        "async () => { const box = document.querySelector('[data-beat]');"
        "const token = document.querySelector('meta[name=csrf-token]').content;"
        "const answer = await fetch(box.dataset.beat, {method: 'POST', headers: {'X-CSRFToken': token}});"
        "box.dispatchEvent(new CustomEvent('beat', {bubbles: true, detail: {ok: answer.ok}})); }"
    )
    expect(page.locator("#lease [role=alert]")).to_contain_text("took this review over")
    expect(page.locator("#decide").get_by_role("button", name="Approve")).to_have_attribute("aria-disabled", "true")


def test_without_a_connection_the_page_says_so_and_keeps_what_was_typed(
    site: Site, scene: Scene, review: ReviewPage
) -> None:
    site.expect_complaint("")
    review.open()
    review.claim()
    review.choose("r1", "Ask for changes")
    expect(site.page.locator("#saved-r1")).to_contain_text("say what")
    site.page.route("**/judge", lambda route: route.abort())
    review.comment("r1").press_sequentially("Kept here.")
    expect(site.page.locator("[data-part-error]")).to_contain_text("connection was lost", timeout=10_000)
    expect(review.comment("r1")).to_be_focused()
    expect(review.comment("r1")).to_have_value("Kept here.")
    site.page.unroute("**/judge")
    review.comment("r1").press_sequentially(" Sent now.")
    expect(review.state("r1")).to_have_text("Changes asked", timeout=10_000)
    expect(site.page.locator("[data-part-error]")).to_have_count(0)


def test_the_mail_on_the_confirm_page_follows_what_is_typed(site: Site, scene: Scene, review: ReviewPage) -> None:
    make.claim(scene)
    site.page.goto(review.address + "return")
    reason = site.page.get_by_label("Reason")
    reason.fill("The emblem is missing on page 3.")
    expect(site.page.locator("#mail article.mail")).to_contain_text("The emblem is missing on page 3.", timeout=10_000)
    expect(reason).to_be_focused()
    site.press("Return for additions")
    expect(site.page.locator("#flash")).to_contain_text("is returned for additions")
    site.page.go_back()
    expect(site.page.locator("main")).to_contain_text("This was already decided")


def test_without_script_every_step_works(site: Site, scene: Scene, review: ReviewPage) -> None:
    browser = site.page.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False, base_url=site.base_url)
    plain = site.beside(context.new_page())
    plain.sign_in(scene.specialist.email)
    plain.open("/admin/review/")
    plain.press("Claim the next one")
    for place in ("r1", "r2", "r3"):
        form = plain.page.locator(f"#judge-{place}")
        if not form.is_visible():
            plain.page.locator(f"#{place} > summary").click()
        form.get_by_role("radio", name="Accept").check()
        form.get_by_role("button", name="Save").click()
        expect(plain.page.locator(f"#state-{place}")).to_have_text("Accepted")
    plain.follow("Approve")
    plain.press("Approve")
    expect(plain.page.locator("#flash")).to_contain_text("is approved")
    context.close()
