"""Acts on many projects: the dry run says who will and why the others will not, and the act does just that."""

import re
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain import clock
from backoffice.domain.notices import Mail
from backoffice.domain.permissions import Role
from backoffice.domain.projects import GrantState
from backoffice.models import Access, AddressState, AuditEvent, OutboxRow, Override, Project, User
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import Person
from tests.factories import reviews as make
from tests.factories.reviews import Scene
from tests.support.client import Client

BULK = "/admin/projects/bulk"


def projects(scene: Scene, number: int) -> list[int]:
    made = [factories.project(agency_id=scene.agency_id) for _ in range(number)]
    for project_id in made:
        factories.coordinator(project_id)
    return made


def marks(session: Session, ids: list[int]) -> list[str]:
    session.rollback()
    return [f"{row_id}.{session.get_one(Project, row_id).version}" for row_id in ids]


def data(page: str, **more: object) -> dict[str, object]:
    """What the form of the dry run would send."""
    form = page[page.index('id="bulk"'):]
    key = re.findall(r'name="act_key" value="([^"]+)"', form)[0]
    rows = re.findall(r'name="row" value="([\d.]+)"', form)
    hidden = dict(re.findall(r'type="hidden" name="(responsible|handed_in_on|approved_on|view)" value="([^"]*)"', form))
    return {"act_key": key, "row": rows, **hidden, **more}


def reasons(page: str) -> list[str]:
    return sorted(re.findall(r'data-status="([a-z-]+)">[^<]', page[page.index('id="bulk"'):]))


def test_a_reminder_goes_to_whom_it_may_and_the_page_says_why_not_to_the_others(
    client: Client, session: Session, scene: Scene, admin: Person
) -> None:
    good, bounced, running, cancelled, lonely = (*projects(scene, 2), *(
        factories.project(agency_id=scene.agency_id, is_running=is_running) for is_running in (True, False, False)
    ))
    with unit_of_work() as uow:
        email = uow.session.scalars(
            select(User.email).join(Access, Access.user_id == User.id).where(Access.project_id == bounced)
        ).one()
        uow.session.add(AddressState(email=email, bounced_at=uow.now, cause="full"))
        uow.session.get_one(Project, cancelled).grant_state = GrantState.CANCELLED
    make.submit(scene)
    rows = marks(session, [good, bounced, running, cancelled, lonely, scene.project_id])
    page = client.get(f"{BULK}/remind", query_string={"row": rows}).text
    assert reasons(page) == ["cancelled", "no-access", "not-submittable", "under-review", "unreachable"]
    sent = client.post(f"{BULK}/remind", data=data(page, text="Please do it this week."))
    assert sent.status_code == 302
    session.rollback()
    mail = session.scalars(select(OutboxRow).where(OutboxRow.kind == Mail.REMINDER)).one()
    assert (mail.project_id, mail.params) == (good, {"note": "Please do it this week."})
    assert session.scalars(select(AuditEvent.action)).all().count("project:reminded") == 1
    again = client.post(f"{BULK}/remind", data=data(page))
    assert again.status_code == 302
    assert "nothing was done twice" in client.get("/admin/projects/").text
    page = client.get(f"{BULK}/remind", query_string={"row": marks(session, [good])}).text
    assert reasons(page) == ["reminded"]
    client.post(f"{BULK}/remind", data=data(page, again=marks(session, [good])))
    session.rollback()
    assert len(session.scalars(select(OutboxRow).where(OutboxRow.kind == Mail.REMINDER)).all()) == 2


def test_all_that_match_are_frozen_at_the_dry_run(
    client: Client, session: Session, scene: Scene, admin: Person
) -> None:
    ids = projects(scene, 30)
    page = client.get(f"{BULK}/assign?all=1&view=ended&responsible={scene.specialist.user_id}").text
    sending = data(page)
    assert len(sending["row"]) == 31  # type: ignore[arg-type]
    late = projects(scene, 1)[0]
    with unit_of_work() as uow:
        uow.session.get_one(Project, ids[0]).version += 1
    client.post(f"{BULK}/assign", data=sending)
    session.rollback()
    found = {row.id: row.responsible_id for row in session.scalars(select(Project))}
    assert (found[late], found[ids[0]], found[ids[1]]) == (None, None, scene.specialist.user_id)
    session.rollback()
    told = client.get("/admin/projects/?view=ended").text
    assert "Done for 30 projects" in told
    assert "Changed since you looked" in told


def test_all_without_a_filter_and_nothing_at_all_are_refused(client: Client, scene: Scene, admin: Person) -> None:
    assert client.get(f"{BULK}/hide?all=1").status_code == 400
    assert client.get(f"{BULK}/hide").location.startswith("/admin/projects/")
    assert client.post(f"{BULK}/hide", data={"row": ["x", "1", "999999.1.2"]}).location.startswith("/admin/projects/")


def test_report_dates_hiding_and_access_are_set_for_many(
    client: Client, session: Session, scene: Scene, admin: Person
) -> None:
    ids = projects(scene, 2)
    today = clock.day_of(clock.now(), time_zone="Europe/Riga")
    rows = marks(session, ids)
    asked = {"row": rows, "handed_in_on": str(today + timedelta(days=3))}
    refused = client.post(f"{BULK}/report", data=data(client.get(f"{BULK}/report", query_string=asked).text))
    assert refused.status_code == 422
    asked["handed_in_on"] = str(today)
    client.post(f"{BULK}/report", data=data(client.get(f"{BULK}/report", query_string=asked).text))
    assert reasons(client.get(f"{BULK}/report", query_string=asked).text) == ["same", "same"]
    page = client.get(f"{BULK}/hide", query_string={"row": rows}).text
    assert 'data-error="reason-missing"' in client.post(f"{BULK}/hide", data=data(page)).text
    client.post(f"{BULK}/hide", data=data(page, text="By mistake."))
    page = client.get(f"{BULK}/access", query_string={"row": rows}).text
    client.post(f"{BULK}/access", data=data(page))
    session.rollback()
    assert [session.get_one(Project, row_id).report_handed_in_on for row_id in ids] == [today, today]
    assert len(session.scalars(select(Override)).all()) == 2
    assert len(session.scalars(select(OutboxRow).where(OutboxRow.kind == Mail.ACCESS)).all()) == 2
    with unit_of_work() as uow:
        for user in uow.session.scalars(select(User).join(Access, Access.user_id == User.id)):
            user.last_sign_in_at = uow.now
    assert reasons(client.get(f"{BULK}/access", query_string={"row": rows}).text) == ["signed-in", "signed-in"]


def test_nobody_reaches_projects_of_another_agency_or_an_act_that_is_not_theirs(
    client: Client, session: Session, scene: Scene
) -> None:
    rows = marks(session, projects(scene, 1))
    client.sign_in(scene.stranger.email)
    assert client.get(f"{BULK}/hide", query_string={"row": rows}).status_code == 302
    client.post(f"{BULK}/hide", data={"row": rows, "text": "Mine now.", "act_key": "k"})
    session.rollback()
    assert session.scalars(select(Override)).all() == []
    session.rollback()
    client.sign_in(factories.staff(Role.HELPDESK, agency_id=scene.agency_id).email)
    assert client.get(f"{BULK}/hide", query_string={"row": rows}).status_code == 403
    page = client.get("/admin/projects/?view=ended").text
    assert (f"{BULK}/access" in page, f"{BULK}/hide" in page) == (True, False)
