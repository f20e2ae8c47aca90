"""The lists of the back-office: own agency only, search and filters, hide, show and clear through their pages."""

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain.notices import Mail, OutboxState
from backoffice.domain.permissions import Role
from backoffice.models import Access, AddressState, AuditEvent, OutboxRow, Override, Project
from backoffice.services import outbox
from backoffice.services.outbox import Recipient
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews as make
from tests.factories.reviews import Scene
from tests.support.client import Client

pytestmark = pytest.mark.both_engines


def code_of(session: Session, scene: Scene) -> str:
    session.rollback()
    code = session.get_one(Project, scene.project_id).code
    session.rollback()
    return code


LISTS = ("/admin/projects/?view=all", "/admin/results/", "/admin/contacts/", "/admin/audit/", "/admin/outbox/")


@pytest.mark.parametrize("path", [*LISTS, "/admin/users/"])
@pytest.mark.parametrize("lang", ["en", "lv"])
def test_staff_read_the_rows_of_their_agency_only(client: Client, scene: Scene, path: str, lang: str) -> None:
    factories.contact(project_id=scene.project_id, email="shown@test.example")
    make.submit(scene)
    other = make.scene()
    factories.contact(project_id=other.project_id, email="other@test.example")
    make.submit(other)
    client.sign_in(scene.specialist.email)
    page = client.get(path, query_string={"lang": lang} if "?" not in path else None)
    assert page.status_code == 200
    assert "other@test.example" not in page.text
    assert other.coordinator.email not in page.text
    assert other.specialist.email not in page.text


@pytest.mark.parametrize("path", LISTS)
def test_a_coordinator_finds_no_back_office(client: Client, scene: Scene, path: str) -> None:
    client.sign_in(scene.coordinator.email)
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", LISTS)
def test_nobody_is_sent_to_sign_in(client: Client, scene: Scene, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login?next=")


def test_a_project_is_found_by_number_dashes_and_without_diacritics(client: Client, scene: Scene) -> None:
    factories.project(agency_id=scene.agency_id, title="Čiekuru ceļš", code=None)
    client.sign_in(scene.specialist.email)
    for typed in ("ciekuru", "ČIEKURU CEĻŠ"):
        assert "Čiekuru ceļš" in client.get("/admin/projects/", query_string={"view": "all", "q": typed}).text
    assert "No project fits" in client.get("/admin/projects/?view=all&q=nothing").text


def test_the_project_page_shows_facts_people_and_history(client: Client, session: Session, scene: Scene) -> None:
    contact_id = factories.contact(project_id=scene.project_id, is_public=True)
    make.submit(scene)
    code = code_of(session, scene)
    client.sign_in(scene.specialist.email)
    page = client.get(f"/admin/projects/{code}/")
    assert page.status_code == 200
    for text in (scene.coordinator.email, "Submission 1", "Under review", "Submitted"):
        assert text in page.text
    assert f"/admin/contacts/{contact_id}/hide" in page.text
    client.sign_in(scene.stranger.email)
    assert client.get(f"/admin/projects/{code}/").status_code == 404


def test_specialist_hides_a_result_and_clears_it(client: Client, session: Session, scene: Scene) -> None:
    result_id = scene.result_ids[0]
    client.sign_in(scene.specialist.email)
    page = client.get(f"/admin/results/{result_id}/hide")
    assert page.status_code == 200
    empty = client.post(f"/admin/results/{result_id}/hide", data={"reason": " "})
    assert empty.status_code == 422
    assert 'data-error="reason-missing"' in empty.text
    assert client.post(f"/admin/results/{result_id}/hide", data={"reason": "Not ours."}).status_code == 302
    session.rollback()
    assert session.scalars(select(Override.reason)).one() == "Not ours."
    assert "Not ours." in client.get("/admin/results/?view=hidden").text
    assert client.post(f"/admin/results/{result_id}/clear").status_code == 302
    session.rollback()
    assert session.scalars(select(Override.cleared_at)).one() is not None


def test_a_contact_is_shown_on_a_basis_only(client: Client, session: Session, scene: Scene) -> None:
    contact_id = factories.contact(project_id=scene.project_id)
    client.sign_in(factories.staff(Role.HELPDESK, agency_id=scene.agency_id).email)
    path = f"/admin/contacts/{contact_id}/show"
    refused = client.post(path, data={"reason": "Agreed by phone.", "basis_kind": "ticket", "basis": ""})
    assert refused.status_code == 422
    assert "Agreed by phone." in refused.text
    sent = client.post(path, data={"reason": "Agreed by phone.", "basis_kind": "ticket", "basis": "1028"})
    assert sent.status_code == 302
    assert "ticket #1028" in client.get("/admin/contacts/?view=overridden").text


@pytest.mark.parametrize(
    ("path", "role", "status"),
    [
        ("/admin/results/{result}/hide", Role.HELPDESK, 403),
        ("/admin/projects/{code}/project/hide", Role.HELPDESK, 403),
        ("/admin/projects/{code}/access/give", Role.SPECIALIST, 403),
        ("/admin/projects/{code}/access/give", Role.HELPDESK, 200),
        ("/admin/contacts/{contact}/hide", Role.HELPDESK, 200),
    ],
)
def test_an_act_is_opened_by_its_permission_alone(
    client: Client, session: Session, scene: Scene, path: str, role: Role, status: int
) -> None:
    contact_id = factories.contact(project_id=scene.project_id)
    code = code_of(session, scene)
    here = path.format(result=scene.result_ids[0], code=code, contact=contact_id)
    client.sign_in(factories.staff(role, agency_id=scene.agency_id).email)
    assert client.get(here).status_code == status
    client.sign_in(scene.stranger.email)
    assert client.get(here).status_code in (403, 404)
    assert client.post(here, data={"reason": "x", "email": "a@b.example"}).status_code in (403, 404)


@pytest.mark.parametrize("subject", ["project", "website", "logo"])
def test_specialist_hides_what_the_public_sees_at_once(
    client: Client, session: Session, scene: Scene, subject: str
) -> None:
    code = code_of(session, scene)
    client.sign_in(scene.specialist.email)
    assert client.post(f"/admin/projects/{code}/{subject}/hide", data={"reason": "Why."}).status_code == 302
    assert "Hidden by the agency" in client.get(f"/admin/projects/{code}/").text
    assert client.post(f"/admin/projects/{code}/{subject}/clear").status_code == 302
    assert client.get(f"/admin/projects/{code}/nothing/hide").status_code == 404


def test_helpdesk_gives_and_ends_access(client: Client, session: Session, scene: Scene) -> None:
    code = code_of(session, scene)
    client.sign_in(factories.staff(Role.HELPDESK, agency_id=scene.agency_id).email)
    wrong = client.post(f"/admin/projects/{code}/access/give", data={"email": "john.doe.@school.example"})
    assert wrong.status_code == 422
    assert "john.doe.@school.example" in wrong.text
    assert client.post(f"/admin/projects/{code}/access/give", data={"email": "new@school.example"}).status_code == 302
    session.rollback()
    row = session.scalars(select(Access).order_by(Access.id.desc())).first()
    assert row is not None
    assert row.user.email == "new@school.example"
    row_id = row.id
    session.rollback()
    no_reason = client.post(f"/admin/projects/{code}/access/{row_id}/end", data={"reason": " "})
    assert 'data-error="reason-missing"' in no_reason.text
    ended = client.post(f"/admin/projects/{code}/access/{row_id}/end", data={"reason": "Left the school."})
    assert ended.status_code == 302
    session.rollback()
    assert session.get_one(Access, row_id).ended_at is not None
    assert "access:ended" in session.scalars(select(AuditEvent.action)).all()


def test_lists_page_by_keys_without_a_hole_or_a_double(client: Client, scene: Scene) -> None:
    for number in range(60):
        factories.project(agency_id=scene.agency_id, title=f"Same title {number % 3}")
    client.sign_in(scene.specialist.email)
    url, seen = "/admin/projects/?view=all", []
    while url:
        page = BeautifulSoup(client.get(url).text, "html.parser")
        seen += [cell.text for cell in page.select("tbody .code")]
        link = page.find("a", rel="next")
        url = str(link["href"]) if link else ""
    assert len(seen) == len(set(seen)) == 61
    assert client.get("/admin/projects/?view=all&at=rubbish").status_code == 404


def test_specialist_marks_the_report_and_takes_it_back_with_a_reason(
    client: Client, session: Session, scene: Scene
) -> None:
    path = f"/admin/projects/{code_of(session, scene)}/report"
    client.sign_in(scene.specialist.email)
    assert client.post(path, data={"handed_in_on": "2026-01-31", "approved_on": ""}).status_code == 302
    assert 'value="2026-01-31"' in client.get(path).text
    assert 'data-error="future"' in client.post(path, data={"handed_in_on": "2999-01-31"}).text
    refused = client.post(path, data={"handed_in_on": ""})
    assert refused.status_code == 422
    assert 'data-error="reason-missing"' in refused.text
    assert client.post(path, data={"handed_in_on": "", "reason": "Not ours."}).status_code == 302
    client.sign_in(factories.staff(Role.HELPDESK, agency_id=scene.agency_id).email)
    assert client.get(path).status_code == 403


def test_admin_releases_what_a_run_above_the_limit_held(client: Client, session: Session, scene: Scene) -> None:
    make.submit(scene)
    with unit_of_work() as uow:
        for mail in uow.session.scalars(select(OutboxRow)):
            mail.state = OutboxState.HELD
    client.sign_in(factories.staff(Role.AGENCY_ADMIN, agency_id=scene.agency_id).email)
    assert "/admin/outbox/held" in client.get("/admin/outbox/").text
    assert client.get("/admin/outbox/held").status_code == 200
    assert client.post("/admin/outbox/held").status_code == 302
    session.rollback()
    assert set(session.scalars(select(OutboxRow.state))) == {OutboxState.WAITING}
    assert client.get("/admin/outbox/held").status_code == 200
    client.sign_in(scene.specialist.email)
    assert client.get("/admin/outbox/held").status_code == 403


def test_a_mail_that_came_back_is_seen_and_goes_again_only_to_an_address_that_was_looked_at(
    client: Client, session: Session, scene: Scene
) -> None:
    with unit_of_work() as uow:
        row = outbox.publish(
            uow, kind=Mail.ENDING_SOON, key="test", to=Recipient(email=scene.coordinator.email, language="en"),
            agency_id=scene.agency_id, project_id=scene.project_id, due_at=uow.now, state=OutboxState.FAILED,
        )
        assert row is not None
        row.failure = "550 no such person"
        row_id, code = row.id, uow.session.get_one(Project, scene.project_id).code
        uow.session.add(AddressState(email=row.to, bounced_at=uow.now, cause="550 no such person"))
    client.sign_in(factories.staff(Role.HELPDESK, agency_id=scene.agency_id).email)
    for path in (f"/admin/projects/{code}/", "/admin/outbox/", f"/admin/outbox/{row_id}/"):
        assert "550 no such person" in client.get(path).text, path
    path = f"/admin/outbox/{row_id}/again"
    refused = client.post(path)
    assert refused.status_code == 422
    assert 'data-error="address-unchecked"' in refused.text
    assert client.post(path, data={"is_checked": "y"}).status_code == 302
    session.rollback()
    states = session.scalars(select(OutboxRow.state).where(OutboxRow.kind == Mail.ENDING_SOON).order_by(OutboxRow.id))
    assert list(states) == [OutboxState.FAILED, OutboxState.WAITING]
    assert session.get_one(AddressState, scene.coordinator.email).bounced_at is None
    session.rollback()
    assert "Project-Id-Version" not in client.get(f"/admin/outbox/{row_id + 1}/?lang=lv").text  # it has no cause
