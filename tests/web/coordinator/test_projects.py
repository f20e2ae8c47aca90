"""`/my/` and the page of a project in its five states: whose turn it is, what comes next, why, and whom to ask."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy.orm import Session

from backoffice.domain import clock
from backoffice.domain.permissions import Role
from backoffice.domain.projects import GrantState, PublicationRule
from backoffice.models import Agency, Project, User
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import Person, reviews
from tests.factories.reviews import Scene
from tests.web.coordinator.conftest import Reader, words

Enter = Callable[[Person], Reader]


def code_of(session: Session, project_id: int) -> str:
    code = session.get_one(Project, project_id).code
    session.rollback()
    return code


def status(page: BeautifulSoup) -> tuple[str, str]:
    """Stable key and words of the status panel."""
    tag = page.select_one("#standing [data-status]")
    assert tag is not None
    return str(tag["data-status"]), words(tag)


def checks(page: BeautifulSoup) -> set[str]:
    return {str(tag["data-check"]) for tag in page.select("#aside [data-check]")}


def test_coordinator_of_five_projects_reads_status_and_next_step_of_each(session: Session, enter: Enter) -> None:
    agency_id = factories.agency()
    running = factories.project(agency_id=agency_id, title="Running", is_running=True)
    ended = factories.project(agency_id=agency_id, title="Ended")
    sent, returned, approved = reviews.scene(), reviews.scene(), reviews.scene()
    me = factories.coordinator(running, ended, sent.project_id, returned.project_id, approved.project_id)
    for scene in (sent, returned, approved):
        reviews.submit(scene)
    reviews.give_back(returned)
    reviews.approve(approved)
    page = enter(me).get("/my/")
    rows = {
        words(card.select_one("h3")): (
            str(card.select_one("[data-status]")["data-status"]), words(card.select_one("[data-status]")),
            words(card.select_one("a.btn")),
        )
        for card in page.select("main article")
    }
    assert rows["Running"] == ("open", "Open for uploading results", "Add result")
    assert rows["Ended"] == ("open", "Available for submission", "Add result")
    assert sorted(row for name, row in rows.items() if name not in {"Running", "Ended"}) == [
        ("approved", "Results approved", "See the public page"),
        ("returned", "Additions requested", "Answer the comment"),
        ("under_review", "Under review", "See what was sent"),
    ]
    assert "5 projects. 2 of them wait for you." in words(page.main)
    waiting = page.find(id="h-you").find_parent("section")
    assert len(waiting.select("article")) == 2


def test_person_without_project_reads_address_who_can_help_and_no_bare_list(session: Session, enter: Enter) -> None:
    agency_id = factories.agency()
    help_address = session.get_one(Agency, agency_id).helpdesk_address
    session.rollback()
    somebody = factories.person()
    page = enter(somebody).get("/my/")
    text = words(page.main)
    assert page.select_one('[data-error="no-project"]')
    assert f"You are signed in as {somebody.email}" in text
    assert "Whoever has access can give it to you" in text
    assert help_address in text


@pytest.mark.parametrize("role", [Role.SPECIALIST, Role.AGENCY_ADMIN])
def test_staff_without_access_find_no_project_of_theirs(scene: Scene, home: str, enter: Enter, role: Role) -> None:
    enter(factories.staff(role, agency_id=scene.agency_id)).get(home, status=404)


def test_coordinator_of_another_project_finds_nothing_of_this_one(
    scene: Scene, home: str, session: Session, enter: Enter
) -> None:
    other = enter(factories.coordinator(factories.project(agency_id=scene.agency_id)))
    file_id = factories.file(project_id=scene.project_id, result_id=scene.result_ids[0])
    for path in (
        "", "results/new", f"results/{scene.result_ids[0]}", "submit", "access", "contacts/new",
        f"results/{scene.result_ids[0]}/files/{file_id}",
    ):
        other.get(home + path, status=404)


def test_code_in_lower_case_opens_the_same_project(home: str, me: Reader) -> None:
    me.get(home.lower())


def test_running_project_says_from_when_and_may_take_results(session: Session, enter: Enter) -> None:
    project_id = factories.project(agency_id=factories.agency(), is_running=True)
    project = session.get_one(Project, project_id)
    assert project.end_date is not None
    first, url = project.end_date + timedelta(days=1), f"/my/{project.code}/"
    session.rollback()
    page = enter(factories.coordinator(project_id)).get(url)
    assert status(page) == ("open", "Open for uploading results")
    assert f"You can submit from {first.day} {first:%B %Y} on." in words(page.main)
    assert page.select_one('main a[href$="/results/new"]')
    assert page.select_one("#aside button[aria-disabled]")
    assert {"not-submittable", "no-result"} <= checks(page)


def test_ended_project_says_why_by_clause_and_report(scene: Scene, home: str, me: Reader) -> None:
    with unit_of_work() as uow:
        uow.session.get_one(Agency, scene.agency_id).legal_clause = "II.7.1"
    text = words(me.get(home).main)
    assert "under clause II.7.1 of the grant agreement" in text
    assert "The final report cannot be approved before." in text
    assert "it can be approved only after the results" in text


def test_project_that_need_not_have_results_says_so(session: Session, enter: Enter) -> None:
    project_id = factories.project(agency_id=factories.agency(), action="KA122-VET")
    page = enter(factories.coordinator(project_id)).get(f"/my/{code_of(session, project_id)}/")
    assert "this project need not have any" in words(page.main)
    assert "no-result" in checks(page)
    assert words(page.select_one("#standing a.btn")) == "Submit for review"


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (GrantState.TERMINATED, "The project was terminated, so you can submit at once."),
        (GrantState.CANCELLED, "The project was cancelled"),
    ],
)
def test_terminated_and_cancelled_projects_say_what_follows(
    session: Session, enter: Enter, state: GrantState, says: str
) -> None:
    project_id = factories.project(agency_id=factories.agency(), is_running=True, grant_state=state)
    page = enter(factories.coordinator(project_id)).get(f"/my/{code_of(session, project_id)}/")
    assert says in words(page.main)
    assert bool(page.select_one("#standing a.btn")) is (state is GrantState.TERMINATED)


def test_every_page_names_specialist_and_helpdesk(scene: Scene, home: str, me: Reader) -> None:
    with unit_of_work() as uow:
        uow.session.get_one(Project, scene.project_id).responsible_id = scene.specialist.user_id
        user = uow.session.get_one(User, scene.specialist.user_id)
        agency = uow.session.get_one(Agency, scene.agency_id)
        wanted = [user.name, user.email, user.phone, agency.helpdesk_address, "attach screenshots"]
    contact_id = factories.contact(project_id=scene.project_id)
    paths = ["", "results/new", f"results/{scene.result_ids[0]}", "submit", "access", "contacts/new",
             f"contacts/{contact_id}"]
    pages = {path: words(me.get(home + path).main) for path in paths}
    reviews.submit(scene)
    for path in ("", "receipts/1", f"results/{scene.result_ids[0]}", "submit"):
        pages[f"sent: {path}"] = words(me.get(home + path).main)
    missing = [(path, text) for path, shown in pages.items() for text in wanted if text not in shown]
    assert missing == []
    assert all(text in words(me.get("/my/").main) for text in wanted)


def test_without_specialist_the_agency_stands_there(scene: Scene, home: str, me: Reader) -> None:
    with unit_of_work() as uow:
        agency = uow.session.get_one(Agency, scene.agency_id)
        agency.phone = "+371 67123456"
        wanted = (agency.name, agency.review_address, agency.phone)
    text = words(me.get(home).main)
    assert all(part in text for part in wanted)


def test_checklist_is_the_one_that_guards_the_submission(scene: Scene, home: str, me: Reader) -> None:
    assert {"no-summary", "no-logo", "no-website", "no-public-contact"} == checks(me.get(home))
    me.send(f"{home}results/{scene.result_ids[0]}", "Save", title="")
    page = me.get(home)
    assert "no-title" in checks(page)
    line = page.select_one('[data-check="no-title"] a')
    assert line is not None
    assert str(line["href"]).endswith(f"/results/{scene.result_ids[0]}#title")
    assert words(page.select_one("#standing a.btn")) == "Finish result 1"


def test_returned_project_shows_comment_scope_and_reason_of_the_rest(scene: Scene, home: str, me: Reader) -> None:
    reviews.submit(scene)
    reviews.give_back(scene, comment="Page 3 lacks the emblem.")
    page = me.get(home)
    assert status(page) == ("returned", "Additions requested")
    assert "Result 1 is open for you; the rest stays as it is." in words(page.main)
    first, second = (page.find(id=f"result-{result_id}") for result_id in scene.result_ids)
    assert "Page 3 lacks the emblem." in words(first)
    assert first.find("textarea", attrs={"name": "answer"})
    assert "Not reopened: it stays as it is" in words(second)
    assert not second.find("textarea")
    assert "request-open" in checks(page)


def test_unlocked_project_shows_the_reason_and_opens_what_was_chosen(scene: Scene, home: str, me: Reader) -> None:
    reviews.submit(scene)
    reviews.unlock(scene, reason="You asked for it on the phone.")
    text = words(me.get(home).main)
    assert "The agency has opened the results again" in text
    assert "You asked for it on the phone." in text
    assert "Everything is open for you." in text


def test_under_review_only_private_and_reading_stay(scene: Scene, home: str, me: Reader) -> None:
    factories.contact(project_id=scene.project_id, is_public=True)
    reviews.submit(scene)
    page = me.get(home)
    assert status(page) == ("under_review", "Under review")
    buttons = [words(tag) for tag in page.select("main button")]
    assert [text for text in buttons if not text.startswith("Make private")] == ["Ask to reopen"]
    assert len(buttons) == 2
    assert not page.select("main input:not([type=hidden]), main form:not(#reopen) textarea")
    assert "Receipt of submission 1" in words(page.main)


def test_approved_project_shows_what_was_approved_and_leaves_live_facts_open(
    scene: Scene, home: str, me: Reader
) -> None:
    factories.result(project_id=scene.project_id, do_not_publish=True)
    reviews.submit(scene)
    reviews.approve(scene)
    page = me.get(home)
    assert status(page) == ("approved", "Results approved")
    assert "2 results are public." in words(page.find(id="standing"))
    assert page.find("input", attrs={"name": "website"})
    assert not page.select('main a[href$="/results/new"]')
    link = page.select_one("#standing a.btn")
    assert link is not None
    assert str(link["href"]).startswith("/projects/")


def test_approved_project_says_when_its_results_become_public(scene: Scene, home: str, me: Reader) -> None:
    reviews.submit(scene)
    reviews.approve(scene)
    with unit_of_work() as uow:
        uow.session.get_one(Agency, scene.agency_id).publication_rule = PublicationRule.ON_REPORT_APPROVAL
    text = words(me.get(home).find(id="standing"))
    assert "The results become public when the final report is approved." in text


def test_nothing_leads_to_a_public_page_that_is_not_there(scene: Scene, home: str, me: Reader) -> None:
    reviews.submit(scene)
    reviews.approve(scene)
    with unit_of_work() as uow:
        project = uow.session.get_one(Project, scene.project_id)
        project.start_date = clock.day_of(uow.now, time_zone="UTC") + timedelta(days=3)
        project.end_date = project.start_date
    assert not me.get(home).select("#standing a.btn")


def test_latvian_reader_reads_latvian(scene: Scene, home: str, enter: Enter) -> None:
    latvian = factories.coordinator(scene.project_id, language="lv")
    page = enter(latvian).get(home)
    assert page.html is not None
    assert page.html["lang"] == "lv"
