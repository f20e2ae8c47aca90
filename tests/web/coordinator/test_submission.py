"""Submit for review (S9, S14): what is sent, the one tick, once only, and the receipt."""

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.domain.notices import Mail
from backoffice.domain.projects import Status
from backoffice.models import OutboxRow, Project, Submission
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import Person, reviews
from tests.factories.reviews import Scene
from tests.web.coordinator.conftest import Reader, filled, form_of, soup_of, text_of, words

Enter = Callable[[Person], Reader]


def status(session: Session, scene: Scene) -> Status:
    session.expire_all()
    found = session.get_one(Project, scene.project_id).status
    session.rollback()
    return found


def submissions(session: Session) -> int:
    session.expire_all()
    return session.scalar(select(func.count()).select_from(Submission)) or 0


def test_confirm_page_says_what_is_sent_closes_and_who_is_mailed(
    scene: Scene, home: str, me: Reader, enter: Enter
) -> None:
    factories.result(project_id=scene.project_id, title="Interviews", do_not_publish=True)
    second = factories.coordinator(scene.project_id)
    text = words(me.get(home + "submit").main)
    for part in (
        "3. Interviews", "Do not publish The authors keep their rights.", "3 results, 3 files",
        "Editing closes: results, website, logo and contacts stay as they are until the agency answers.",
        "A contact can still be made private.", "There is no final summary.", "Submit all the same",
        "After approval 2 results become public, and the final report can be approved",
    ):
        assert part in text, part
    names = text.partition("A receipt goes to:")[2].partition("The agency is told:")[0]
    assert "Person" in names
    assert names.count("Person") == 2, second


def test_warnings_stop_until_the_one_tick(scene: Scene, home: str, me: Reader, session: Session) -> None:
    response = me.send(home + "submit", "Submit for review")
    page = soup_of(response)
    assert response.status_code == 422
    assert page.select_one('#is_confirmed-error [data-error="warnings"]')
    assert page.title.get_text().startswith("Error:")
    assert status(session, scene) is Status.OPEN
    response = me.press(page, "Submit for review", is_confirmed="y")
    assert response.location == home + "receipts/1"
    assert status(session, scene) is Status.UNDER_REVIEW


def test_receipt_page_tells_once_that_it_was_sent(scene: Scene, home: str, me: Reader) -> None:
    response = me.send(home + "submit", "Submit for review", is_confirmed="y")
    page = me.get(response.location)
    assert "The results are sent." in words(page.find(id="sent"))
    text = words(page.main)
    for part in ("Receipt of submission 1", "2 results, 2 files", "No final summary", "Fingerprint", "SHA-256"):
        assert part in text, part
    assert not me.get(response.location).find(id="sent")
    me.get(home + "receipts/2", status=404)


def test_double_click_sends_once_and_shows_the_same_success(
    scene: Scene, home: str, me: Reader, session: Session
) -> None:
    form = form_of(me.get(home + "submit"), "Submit for review")
    data = filled(form, {"is_confirmed": "y"})
    first, second = (me.client.post(home + "submit", data=data) for _ in range(2))
    assert first.location == second.location == home + "receipts/1"
    assert submissions(session) == 1
    receipts = session.scalar(select(func.count()).select_from(OutboxRow).where(OutboxRow.kind == Mail.RECEIPT))
    assert receipts == 1


def test_back_button_and_another_press_are_told_that_it_was_sent(
    scene: Scene, home: str, me: Reader, session: Session
) -> None:
    old = me.get(home + "submit")
    me.send(home + "submit", "Submit for review", is_confirmed="y")
    me.url = home + "submit"
    response = me.press(old, "Submit for review", is_confirmed="y")
    page = soup_of(response)
    assert response.status_code == 409
    assert "This was already sent" in text_of(response)
    assert page.select_one('main a[href$="/receipts/1"]')
    assert submissions(session) == 1
    assert "already sent" in words(me.get(home + "submit").main)


def test_change_after_the_page_was_opened_is_not_sent_unseen(
    scene: Scene, home: str, me: Reader, session: Session
) -> None:
    page = me.get(home + "submit")
    me.send(f"{home}results/{scene.result_ids[0]}", "Save", title="Changed meanwhile")
    me.url = home + "submit"
    response = me.press(page, "Submit for review", is_confirmed="y")
    again = soup_of(response)
    assert response.status_code == 409
    assert again.select_one('[data-error="stale"]')
    assert "Changed meanwhile" in words(again.main)
    assert status(session, scene) is Status.OPEN
    assert me.press(again, "Submit for review", is_confirmed="y").status_code == 302


def test_errors_of_the_checklist_leave_no_button_that_works(
    scene: Scene, home: str, me: Reader, session: Session
) -> None:
    old = me.get(home + "submit")
    me.send(f"{home}results/{scene.result_ids[0]}", "Save", type="")
    page = me.get(home + "submit")
    button = next(tag for tag in page.select("main button") if words(tag) == "Submit for review")
    assert button["aria-disabled"] == "true"
    assert page.select_one('[data-check="no-type"] a')
    data = filled(form_of(old, "Submit for review"), {"is_confirmed": "y"})
    version = page.find("input", attrs={"name": "version"})["value"]
    response = me.client.post(home + "submit", data={**data, "version": version})
    assert response.status_code == 422
    assert soup_of(response).select_one('[data-error="checklist"]')
    assert status(session, scene) is Status.OPEN


@pytest.mark.parametrize("end", [date(2026, 7, 14), date(2026, 12, 14), date(2026, 10, 24)])
def test_submission_opens_at_midnight_in_riga(session: Session, enter: Enter, end: date) -> None:
    """In summer time, in winter time, and over the change of the clocks."""
    riga = ZoneInfo("Europe/Riga")
    project_id = factories.project(
        agency_id=factories.agency(), start_date=date(2024, 1, 1), end_date=end, final_summary="What we did."
    )
    factories.result(project_id=project_id)
    person = factories.coordinator(project_id)
    url = f"/my/{session.get_one(Project, project_id).code}/"
    session.rollback()
    midnight = datetime(end.year, end.month, end.day, 23, 59, 59, tzinfo=riga)
    with time_machine.travel(midnight, tick=False):
        me = enter(person)
        page = me.get(url + "submit")
        assert page.select_one('[data-check="not-submittable"]')
        data = {"version": page.find("input", attrs={"name": "version"})["value"], "is_confirmed": "y"}
        assert me.client.post(url + "submit", data=data).status_code == 422
    with time_machine.travel(datetime.fromtimestamp(midnight.timestamp() + 1, riga), tick=False):
        assert "Available for submission" in words(me.get(url).main)
        assert me.send(url + "submit", "Submit for review", is_confirmed="y").location == url + "receipts/1"


def test_returned_results_are_sent_again_as_the_next_submission(
    scene: Scene, home: str, me: Reader, session: Session
) -> None:
    reviews.submit(scene)
    reviews.give_back(scene)
    page = me.get(home + "submit")
    assert page.select_one('[data-check="request-open"]')
    me.press(me.get(home), "Save 1. ", answer="It is on page 2.")
    page = me.get(home + "submit")
    assert "It is on page 2." in words(page.main)
    response = me.press(page, "Submit for review", is_confirmed="y")
    assert response.location == home + "receipts/2"
    assert "It is on page 2." in words(me.get(response.location).main)
    me.get(home + "receipts/1")


def test_results_that_need_not_be_there_can_be_submitted_without(session: Session, enter: Enter) -> None:
    project_id = factories.project(agency_id=factories.agency(), action="KA122-VET")
    me = enter(factories.coordinator(project_id))
    url = f"/my/{session.get_one(Project, project_id).code}/"
    session.rollback()
    assert me.send(url + "submit", "Submit for review", is_confirmed="y").status_code == 302
    assert submissions(session) == 1


def test_summary_in_receipt_stays_as_it_was_sent(scene: Scene, home: str, me: Reader, session: Session) -> None:
    me.send(home, "Save Summary of the project", final_summary="As it was sent.")
    me.send(home + "submit", "Submit for review", is_confirmed="y")
    with unit_of_work() as uow:
        uow.session.get_one(Project, scene.project_id).final_summary = "As it is now."
    text = words(me.get(home + "receipts/1").main)
    assert "As it was sent." in text
    assert "As it is now." not in text
