"""The import by the page: preview with effects, then the very same written by a worker (DOMAIN §2)."""

import io

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.domain.import_runs import RunState
from backoffice.domain.permissions import Role
from backoffice.jobs import import_runs as jobs
from backoffice.models import AuditEvent, ImportRun, OutboxRow, Project
from tests import factories
from tests.support import lists, sheets
from tests.support.client import Client

OLD = "2023-1-LV01-KA220-SCH-000000101"
LIST = [
    {"Project Identifier": OLD, "Project Title": "Bogs", "End date": "31/12/2099",
     "Contact e-mail": "new@school.example"},
    {"Project Identifier": "2023-1-LV01-KA220-SCH-000000102", "Project Title": "=New", "Start date": "2099-01-01",
     "End date": "2099-12-31", "Contact e-mail": "anna@school.example"},
    {"Project Identifier": "2023-1-LV01-KA220-SCH-000000103", "Project Title": "Bad", "End date": "31.06.2026"},
    {"Project Identifier": "2023-1-LI01-KA220-SCH-000000104", "Project Title": "Not ours"},
]


@pytest.fixture
def agency_id(session: Session) -> int:
    factories.agency(code="LI01")
    agency_id = factories.agency(code="LV01")
    factories.project(agency_id=agency_id, code=OLD, title="Bogs")
    return agency_id


def upload(client: Client, rows: list[dict[str, str]], *, name: str = "list.csv") -> str:
    answer = client.post(
        "/admin/import/", data={"file": (io.BytesIO(lists.as_csv(rows)), name), "act_key": name},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 302, answer.text
    return str(answer.headers["Location"])


def status(client: Client, path: str) -> str:
    return str(BeautifulSoup(client.get(path).text, "html.parser").select_one("#run")["data-status"])  # type: ignore[index]


def test_admin_sees_what_would_come_of_a_list_and_then_imports_the_same(
    client: Client, session: Session, agency_id: int
) -> None:
    client.sign_in(factories.staff(Role.AGENCY_ADMIN, agency_id=agency_id).email)
    path = upload(client, LIST)
    assert upload(client, LIST) == path  # the second press
    assert status(client, path) == RunState.READING
    assert client.post(f"{path}write").status_code == 409
    assert len(jobs.sweep()) == 1
    page = client.get(path)
    assert status(client, path) == RunState.READ
    assert "Import: 1 row is refused, the rest can go in" in page.text
    for words in (
        "There is no such day as 31.06.2026.", "1 row of another agency is left out.", "new@school.example",
        "The end date moves", "Nothing has been written yet.", "End date",
    ):
        assert words in page.text, words
    session.rollback()
    assert session.scalars(select(Project.title)).all() == ["Bogs"]
    assert session.scalar(select(func.count()).select_from(OutboxRow)) == 0
    preview = session.scalars(select(ImportRun)).one().outcome
    session.rollback()

    assert client.post(f"{path}write").status_code == 302
    assert client.post(f"{path}write").status_code == 302
    jobs.sweep()
    jobs.sweep()
    assert status(client, path) == RunState.DONE
    session.rollback()
    run = session.scalars(select(ImportRun)).one()
    assert run.outcome == preview
    assert [run.outcome[name] for name in ("added", "changed", "skipped", "refused")] == [1, 1, 1, 1]
    assert run.outcome["mails"]
    assert set(session.scalars(select(Project.title))) == {"Bogs", "=New"}
    assert session.scalars(select(AuditEvent.action).where(AuditEvent.action == "import:finished")).all()
    session.rollback()
    rows = sheets.of_csv(client.get(f"{path}rows?format=csv").data)
    assert {row["Outcome"] for row in rows} == {"Refused", "Changed", "Added"}
    (refused,) = sheets.of_xlsx(client.get(f"{path}rows?format=xlsx&only=refused").data)
    assert (refused["Record"], refused["Line"], refused["Column"]) == (3, 4, "End date")
    assert refused["Reason"] == "There is no such day as 31.06.2026."
    assert client.get("/admin/import/").status_code == 200


def test_what_is_no_list_is_refused_as_a_whole(client: Client, agency_id: int) -> None:
    client.sign_in(factories.staff(Role.AGENCY_ADMIN, agency_id=agency_id).email)
    path = upload(client, [{"Title": "No code"}])
    jobs.sweep()
    page = client.get(path)
    assert 'data-error="import-refused"' in page.text
    assert "Project Identifier" in page.text
    nothing = client.post("/admin/import/", data={"file": (io.BytesIO(b""), "")}, content_type="multipart/form-data")
    assert nothing.status_code == 422


def test_an_import_belongs_to_the_admins_of_its_agency(client: Client, session: Session, agency_id: int) -> None:
    client.sign_in(factories.staff(Role.AGENCY_ADMIN, agency_id=agency_id).email)
    path = upload(client, LIST)
    for who in (
        factories.staff(Role.AGENCY_ADMIN, agency_id=factories.agency()), factories.staff(agency_id=agency_id),
    ):
        client.sign_in(who.email)
        assert client.get(path).status_code == 404
        assert client.post(f"{path}write").status_code == 404


def test_an_admin_who_left_writes_nothing_any_more(client: Client, session: Session, agency_id: int) -> None:
    admin = factories.staff(Role.AGENCY_ADMIN, agency_id=agency_id)
    client.sign_in(admin.email)
    path = upload(client, LIST)
    with jobs.unit_of_work() as uow:
        uow.session.get_one(factories.users.User, admin.user_id).deactivated_at = uow.now
    jobs.sweep()
    session.rollback()
    assert session.scalars(select(ImportRun.state)).one() is RunState.FAILED
    session.rollback()
    client.sign_in(factories.staff(Role.AGENCY_ADMIN, agency_id=agency_id).email)
    assert "may import no more" in client.get(path).text
