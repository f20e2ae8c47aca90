"""The queue: age first, saved views, filters in the address bar, and no review dealt twice (DOMAIN §3, look §4)."""

import threading
from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.files import FileCheck
from backoffice.domain.permissions import Role
from backoffice.domain.projects import Status
from backoffice.models import Agency, AuditEvent, Project, ReviewClaim, StoredFile, Submission
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories.reviews import Scene
from tests.factories.users import Person
from tests.support.client import Client
from tests.web.review.conftest import open_desk
from tests.web.review.pages import Desk, soup, told

pytestmark = pytest.mark.both_engines

QUEUE = "/admin/review/"


def rows(page: BeautifulSoup) -> list[str]:
    return [link.get_text() for link in page.select("table.list a.ttl")]


def queue(client: Client, query: str = "") -> BeautifulSoup:
    answer = client.get(QUEUE + query)
    assert answer.status_code == 200
    return soup(answer)


def waiting(agency_id: int, title: str, *, days: int = 0, code: str | None = None, action: str = "KA220-SCH") -> int:
    """A project under review since so many days, with a submission that names nothing."""
    project_id = factories.project(agency_id=agency_id, title=title, code=code, action=action)
    with unit_of_work() as uow:
        project = uow.session.get_one(Project, project_id)
        project.status, project.waiting_since_at = Status.UNDER_REVIEW, uow.now - timedelta(days=days)
        uow.session.add(Submission(
            project_id=project_id, number=1, digest="0" * 64, submitted_at=project.waiting_since_at, confirmed=[]
        ))
    return project_id


def change(
    project_id: int, *, end: int | None = None, responsible: Person | None = None, due: int | None = None
) -> None:
    with unit_of_work() as uow:
        project = uow.session.get_one(Project, project_id)
        if end is not None:
            project.end_date = _day(end)
        if responsible is not None:
            project.responsible_id = responsible.user_id
        if due is not None:
            project.status, project.due_on = Status.RETURNED, _day(due)


def _day(days: int) -> date:
    return clock.day_of(clock.now(), time_zone="Europe/Riga") + timedelta(days=days)


@pytest.fixture
def agency_id(session: Session) -> int:
    return factories.agency()


@pytest.fixture
def specialist(agency_id: int) -> Person:
    return factories.staff(Role.SPECIALIST, agency_id=agency_id)


@pytest.fixture
def client(app: Flask, specialist: Person) -> Client:
    client = app.test_client()
    assert isinstance(client, Client)
    client.sign_in(specialist.email)
    return client


def test_the_longest_waiting_stands_first_with_its_age_in_working_days(client: Client, agency_id: int) -> None:
    for title, days in (("New", 0), ("Old", 60), ("Middle", 20)):
        waiting(agency_id, title, days=days)
    waiting(factories.agency(), "Of another agency", days=90)
    page = queue(client)
    assert rows(page) == ["Old", "Middle", "New"]
    ages = page.select("table .age")
    assert [tag["class"] for tag in ages] == [["age", "late"], ["age", "warn"], ["age"]]
    assert all(" working day" in tag.get_text() for tag in ages)
    assert "3 submissions wait for the agency. The oldest has waited" in page.main.get_text()


def test_saved_views_hold_what_they_say_and_count_it(client: Client, agency_id: int, specialist: Person) -> None:
    late = waiting(agency_id, "Late", days=5)
    change(late, end=-70)
    mine = waiting(agency_id, "Mine", days=4)
    again = waiting(agency_id, "Again", days=3)
    silent = waiting(agency_id, "Silent", days=2)
    change(silent, due=-1)
    patient = waiting(agency_id, "With the coordinator")
    change(patient, due=1)
    with unit_of_work() as uow:
        uow.session.add(ReviewClaim(
            project_id=mine, user_id=specialist.user_id, since_at=uow.now, until_at=uow.now + timedelta(minutes=9)
        ))
        uow.session.add(Submission(
            project_id=again, number=2, digest="1" * 64, submitted_at=uow.now, confirmed=["no-logo"]
        ))
    expected = {
        "waiting": ["Late", "Mine", "Again"], "mine": ["Mine"], "late": ["Late"], "again": ["Again"],
        "silent": ["Silent"],
    }
    for view, titles in expected.items():
        page = queue(client, f"?view={view}")
        assert rows(page) == titles
        tab = page.select_one(".tabs a[aria-current=page]")
        assert tab is not None
        assert tab.select_one(".n").get_text() == str(len(titles))
    assert "9 minutes left" in queue(client, "?view=mine").main.get_text()
    assert "submission 2" in queue(client, "?view=again").main.get_text()
    assert "Overdue" in queue(client, "?view=late").main.get_text()


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("q=pelni", ["Pelņi un zeme"]),
        ("q=900000001", ["Old call"]),
        ("year=2021", ["Old call"]),
        ("year=2021&year=2023", ["Old call", "Pelņi un zeme", "Youth"]),
        ("action=KA220-YOU", ["Youth"]),
        ("claimed=yes", ["Youth"]),
        ("claimed=no", ["Old call", "Pelņi un zeme"]),
        ("ended_after={late}", ["Pelņi un zeme"]),
        ("responsible={responsible}", ["Youth"]),
        ("year=2023&action=KA220-YOU&claimed=no", []),
        ("view=nonsense&year=x&ended_after=soon&responsible=x&claimed=maybe", ["Old call", "Pelņi un zeme", "Youth"]),
    ],
)
def test_filters_stand_in_the_address_bar(
    client: Client, agency_id: int, specialist: Person, query: str, titles: list[str]
) -> None:
    agency = db.session.get_one(Agency, agency_id).code
    waiting(agency_id, "Old call", days=9, code=f"2021-1-{agency}-KA220-SCH-900000001")
    change(waiting(agency_id, "Pelņi un zeme", days=6), end=-5)
    youth = waiting(agency_id, "Youth", days=3, action="KA220-YOU")
    change(youth, responsible=specialist)
    with unit_of_work() as uow:
        uow.session.add(ReviewClaim(
            project_id=youth, user_id=specialist.user_id, since_at=uow.now, until_at=uow.now + timedelta(minutes=9)
        ))
    page = queue(client, "?" + query.format(late=_day(-10).isoformat(), responsible=specialist.user_id))
    assert rows(page) == titles
    if not titles:
        assert page.select_one(".empty a")


def test_a_filter_is_a_chip_that_can_be_taken_away(client: Client, agency_id: int) -> None:
    waiting(agency_id, "One")
    page = queue(client, "?view=waiting&year=2023&claimed=no")
    chips = page.select(".chip")
    assert [chip.get_text(strip=True) for chip in chips] == ["Call year 2023", "Claimed by nobody"]
    assert chips[0].a["href"] == "/admin/review/?view=waiting&claimed=no"
    assert page.find(id="year").select_one("[selected]")["value"] == "2023"


def test_a_long_queue_is_read_page_by_page(client: Client, agency_id: int) -> None:
    for number in range(30):
        waiting(agency_id, f"Project {number:02}", days=60 - number)
    first = queue(client)
    assert (len(rows(first)), rows(first)[0]) == (25, "Project 00")
    second = queue(client, str(first.select_one("a[rel=next]")["href"]).removeprefix(QUEUE))
    assert rows(second) == [f"Project {number:02}" for number in range(25, 30)]
    assert client.get(QUEUE + "?at=nonsense").status_code == 404


def test_an_empty_queue_says_so_in_each_view(client: Client) -> None:
    words = {
        "waiting": "Nothing waits for review", "mine": "You hold no review", "late": "No final report is overdue",
        "again": "Nothing was sent again", "silent": "Nobody owes an answer",
    }
    for view, text in words.items():
        assert text in queue(client, f"?view={view}").main.get_text()


def test_a_row_says_how_many_results_changed_and_which_files_wait(scene: Scene, desk: Desk) -> None:
    with unit_of_work() as uow:
        uow.session.scalars(select(StoredFile).order_by(StoredFile.id)).first().check_state = FileCheck.WAITING
    text = " ".join(queue(desk.client).select_one("tbody tr").get_text(" ").split())
    for words in ("1 file waits for the check", "4 warnings"):
        assert words in text


# Claims ------------------------------------------------------------------------------------------------------------


def test_claim_of_a_row_opens_its_review(scene: Scene, desk: Desk, colleague: Desk) -> None:
    form = queue(desk.client).select_one("td.act form")
    assert form is not None
    answer = desk.client.post(str(form["action"]))
    assert (answer.status_code, answer.location) == (302, desk.base)
    assert "You hold this review until" in told(desk.client.get(desk.base))
    assert "Person" in queue(colleague.client).select_one("td.act").get_text()
    assert queue(colleague.client).select_one("td.act form") is None
    colleague.post("claim")
    page = colleague.get()
    assert "holds this review until" in page.find(id="flash").get_text()


def test_helpdesk_reads_the_queue_and_claims_nothing(scene: Scene, helpdesk: Desk) -> None:
    page = queue(helpdesk.client)
    assert len(rows(page)) == 1
    assert page.select_one("main form[method=post]") is None
    for path in (QUEUE + "claim-next", helpdesk.base + "claim", helpdesk.base + "release", helpdesk.base + "keep"):
        assert helpdesk.client.post(path).status_code == 403
    db.session.rollback()
    assert db.session.scalars(select(ReviewClaim)).all() == []


def test_strangers_find_no_queue(app: Flask, scene: Scene, code: str) -> None:
    for person in (scene.coordinator, factories.staff(Role.PLATFORM_ADMIN, agency_id=None)):
        client = open_desk(app, person, code).client
        assert client.get(QUEUE).status_code == 404
        assert client.post(QUEUE + "claim-next").status_code == 404
    stranger = open_desk(app, scene.stranger, code)
    assert rows(queue(stranger.client)) == []
    for path in ("claim", "release", "keep", "take-over", "judge"):
        assert stranger.post(path).status_code == 404


def test_claim_the_next_one_deals_the_oldest_that_is_free_and_not_ones_own(
    client: Client, agency_id: int, specialist: Person
) -> None:
    own, free = waiting(agency_id, "Own", days=9), waiting(agency_id, "Free", days=5)
    factories.access(user_id=specialist.user_id, project_id=own)
    answer = client.post(QUEUE + "claim-next")
    db.session.rollback()
    assert answer.location == f"/admin/review/{db.session.get_one(Project, free).code}/"
    assert db.session.scalars(select(ReviewClaim.project_id)).all() == [free]
    answer = client.post(QUEUE + "claim-next")
    assert answer.location == QUEUE
    assert "Nothing is free to claim" in told(client.get(QUEUE))


def test_no_review_is_dealt_to_two(app: Flask, agency_id: int) -> None:
    for number in range(3):
        waiting(agency_id, f"Project {number}", days=number)
    people = [factories.staff(Role.SPECIALIST, agency_id=agency_id) for _person in range(5)]
    clients = []
    for person in people:
        client = app.test_client()
        client.sign_in(person.email)  # type: ignore[attr-defined]
        clients.append(client)
    gate, dealt = threading.Barrier(5), []

    def press(client: object) -> None:
        gate.wait()
        dealt.append(client.post(QUEUE + "claim-next").location)  # type: ignore[attr-defined]

    threads = [threading.Thread(target=press, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert sorted(dealt)[:2] == [QUEUE, QUEUE]
    assert len(set(dealt)) == 4
    held = db.session.scalars(select(ReviewClaim)).all()
    assert len({claim.user_id for claim in held}) == len(held) == 3
    claimed = select(AuditEvent).where(AuditEvent.action == "review:claimed")
    assert len(db.session.scalars(claimed).all()) == 3


# Today -------------------------------------------------------------------------------------------------------------


def test_the_first_page_says_what_waits_for_me(app: Flask, scene: Scene, desk: Desk, code: str) -> None:
    late = waiting(scene.agency_id, "Somebody owes an answer", days=30)
    change(late, due=-3)
    text = told(desk.client.get("/admin/"))
    for words in ("1 submission is free to claim", "1 coordinator owes an answer", "Somebody owes an answer",
                  "2 things wait for you."):
        assert words in text
    desk.claim()
    text = told(desk.client.get("/admin/"))
    assert "Finish your review" in text
    assert "free to claim" not in text
    helpdesk = open_desk(app, factories.staff(Role.HELPDESK, agency_id=scene.agency_id), code)
    page = soup(helpdesk.client.get("/admin/"))
    assert page.select_one("main form[action$='claim-next']") is None


def test_the_first_page_of_an_empty_agency_is_calm(client: Client) -> None:
    text = told(client.get("/admin/"))
    assert "Nothing waits for you" in text
    assert "0 wait for review" in text
