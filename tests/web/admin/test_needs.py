""""Needs data": each cause is a row, each row's cure takes it away, and who may not cure is not offered it."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain import clock
from backoffice.domain.files import FileCheck
from backoffice.domain.needs import Need
from backoffice.domain.notices import Mail, OutboxState
from backoffice.domain.permissions import Role
from backoffice.models import Access, AddressState, ImportDifference, OutboxRow, Project, StoredFile
from backoffice.queries import needs
from backoffice.services import facts
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import Person
from tests.factories import reviews as make
from tests.factories.reviews import Scene
from tests.support import sheets
from tests.support.client import Client


def project(scene: Scene, *, people: int = 1, action: str = "KA220-SCH", is_running: bool = False) -> tuple[int, str]:
    made = factories.project(agency_id=scene.agency_id, action=action, is_running=is_running)
    for _ in range(people):
        factories.coordinator(made)
    with unit_of_work() as uow:
        return made, uow.session.get_one(Project, made).code


def kinds(session: Session, who: Person) -> list[str]:
    session.rollback()
    today = clock.day_of(clock.now(), time_zone="Europe/Riga")
    found = needs.page(session, who.actor, today=today, need=None, search="", size=50, cursor=None)
    counted = needs.counts(session, who.actor, today=today)
    assert sum(counted.values()) == len(found.rows)
    return [row.need.value for row in found.rows]


def press(client: Client, path: str, **data: str) -> None:
    answer = client.post(f"/admin/needs-data/{path}", data=data)
    assert (answer.status_code, answer.location) == (302, "/admin/needs-data/")


def test_a_project_without_end_access_or_rule_is_cured_by_one_act_each(
    client: Client, session: Session, scene: Scene, admin: Person
) -> None:
    endless, endless_code = project(scene)
    _, lonely_code = project(scene, people=0)
    _, strange_code = project(scene, action="KA310")
    with unit_of_work() as uow:
        uow.session.get_one(Project, endless).end_date = None
        start = uow.session.get_one(Project, endless).start_date
    assert kinds(session, admin) == ["no-end-date", "no-access", "undecided"]
    page = client.get("/admin/needs-data/").text
    assert [code in page for code in (endless_code, lonely_code, strange_code)] == [True] * 3
    rows = sheets.of_csv(client.get("/admin/needs-data/?format=csv").data)
    assert [row["Project code"] for row in rows] == [endless_code, lonely_code, strange_code]
    assert [row["What is missing"] for row in rows] == ["No end date", "No access", "Unknown action type"]
    refused = client.post(f"/admin/needs-data/{lonely_code}/give?view=no-access", data={"email": "nobody"})
    assert (refused.status_code, 'value="nobody"' in refused.text) == (422, True)
    refused = client.post(f"/admin/needs-data/{endless_code}/end-date", data={"end_date": "soon", "seen": f"{start}/"})
    assert (refused.status_code, 'data-error="date"' in refused.text) == (422, True)
    press(client, f"{endless_code}/end-date", end_date="2030-01-31", seen=f"{start}/")
    press(client, f"{lonely_code}/give", email="new@school.example")
    press(client, f"{strange_code}/required", required="no")
    assert kinds(session, admin) == []
    assert session.get_one(Project, endless).end_date == date(2030, 1, 31)
    assert session.scalars(select(OutboxRow.to).where(OutboxRow.kind == Mail.ACCESS)).all() == ["new@school.example"]


def test_mail_that_comes_back_is_tried_again_or_the_access_moves(
    client: Client, session: Session, scene: Scene, admin: Person
) -> None:
    made, _ = project(scene, people=2)
    session.rollback()
    first, second = session.scalars(select(Access).where(Access.project_id == made).order_by(Access.id)).all()
    ids, emails = (first.id, second.id), (first.user.email, second.user.email)
    session.rollback()
    with unit_of_work() as uow:
        for email in emails:
            uow.session.add(AddressState(email=email, bounced_at=uow.now, cause="no such address"))
    assert kinds(session, admin) == ["unreachable"] * 2
    assert "no such address" in client.get("/admin/needs-data/").text
    press(client, f"access/{ids[0]}/again")
    press(client, f"access/{ids[1]}/address", email="new@school.example")
    assert kinds(session, admin) == []
    told = session.execute(select(OutboxRow.kind, OutboxRow.to).order_by(OutboxRow.id)).all()
    assert (Mail.ACCESS, emails[0]) in told
    assert (Mail.ACCESS, "new@school.example") in told


def test_who_was_never_told_of_a_running_project_is_sent_the_access(
    client: Client, session: Session, scene: Scene, admin: Person
) -> None:
    made, code = project(scene, is_running=True)
    session.rollback()
    access = session.scalars(select(Access).where(Access.project_id == made)).one()
    access_id, user = access.id, access.user
    row = OutboxRow(
        key="access:x", kind=Mail.ACCESS, agency_id=scene.agency_id, project_id=made, user_id=user.id, to=user.email,
        language="en", params={"access_id": access_id}, state=OutboxState.SUPPRESSED, created_at=clock.now(),
        due_at=clock.now() - timedelta(days=1),
    )
    session.rollback()
    with unit_of_work() as uow:
        uow.session.add(row)
    assert kinds(session, admin) == ["untold"]
    assert code in client.get("/admin/needs-data/?view=untold").text
    press(client, f"access/{access_id}/again")
    assert kinds(session, admin) == []


def test_an_import_that_differs_is_settled_either_way(
    client: Client, session: Session, scene: Scene, admin: Person
) -> None:
    ids = []
    for _ in range(2):
        made, code = project(scene)
        with unit_of_work() as uow:
            row = uow.session.get_one(Project, made)
            facts.set_dates(
                uow, actor=admin.actor, project_id=made, seen=facts.dates_seen(row), start_date=row.start_date,
                end_date=date(2030, 1, 31),
            )
            uow.session.add(difference := ImportDifference(
                project_id=made, field="end_date", ours="2030-01-31", theirs="2030-02-28", seen_at=uow.now
            ))
            uow.session.flush()
            ids.append((difference.id, made))
    page = client.get("/admin/needs-data/?view=difference").text
    assert "28 February 2030" in page
    assert "31 January 2030" in page
    press(client, f"differences/{ids[0][0]}/keep")
    press(client, f"differences/{ids[1][0]}/take")
    assert kinds(session, admin) == []
    ends = [session.get_one(Project, made).end_date for _, made in ids]
    assert ends == [date(2030, 1, 31), date(2030, 2, 28)]
    assert "2030" in client.get(f"/admin/projects/{code}/").text


def test_a_published_file_that_is_infected_is_a_row(client: Client, session: Session, scene: Scene) -> None:
    make.submit(scene)
    make.approve(scene)
    with unit_of_work() as uow:
        file = uow.session.scalars(select(StoredFile).where(StoredFile.project_id == scene.project_id)).first()
        assert file is not None
        file.check_state, file.check_cause, name = FileCheck.INFECTED, "Eicar-Test", file.name
    assert kinds(session, scene.specialist) == [Need.FILE.value]
    client.sign_in(scene.specialist.email)
    page = client.get("/admin/needs-data/").text
    assert (name in page, "Eicar-Test" in page) == (True, True)


def test_each_page_of_the_list_goes_on_where_the_last_one_ended(session: Session, scene: Scene, admin: Person) -> None:
    for _ in range(7):
        project(scene, people=0, action="KA310")
    session.rollback()
    seen: list[str] = []
    cursor = None
    while True:
        found = needs.page(
            session, admin.actor, today=date(2026, 1, 1), need=None, search="", size=4, cursor=cursor
        )
        seen += [row.key for row in found.rows]
        cursor = found.next
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 14


def test_who_may_not_cure_is_told_who_can(client: Client, session: Session, scene: Scene) -> None:
    project(scene, people=0, action="KA310")
    for role, said, offered in (
        (Role.SPECIALIST, "the helpdesk can", "Not required"), (Role.HELPDESK, "a specialist can", "Give access"),
    ):
        client.sign_in(factories.staff(role, agency_id=scene.agency_id).email)
        page = client.get("/admin/needs-data/").text
        assert (said in page, offered in page) == (True, True)
    client.sign_in(scene.stranger.email)
    assert "KA310" not in client.get("/admin/needs-data/").text
