"""Settings and texts of an agency, changed by its admin alone."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain.notices import Mail
from backoffice.domain.permissions import Role
from backoffice.domain.projects import PublicationRule
from backoffice.jobs import outbox as jobs
from backoffice.models import Agency, AgencyText, AuditEvent
from backoffice.services import outbox
from backoffice.services.outbox import Recipient
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import Person
from tests.support import mails
from tests.support.client import Client

VALUES = {
    "name": "Example Agency", "name_lv": "Parauga aģentūra", "helpdesk_address": "help@agency.example",
    "review_address": "", "phone": "+371 67000000", "sender_name": "Agency", "legal_clause": "I.10.1",
    "publication_rule": "on_report_approval", "due_days": "21", "notices_from": "2026-09-01", "run_limit": "800",
    "keep_sign_ins": "90", "keep_mails": "365", "keep_lost_mails": "90", "keep_tickets": "730", "keep_people": "1826",
    "days_access": "0", "days_ending_soon": "-30", "days_invitation": "0", "days_reminder": "20",
    "days_last_reminder": "53", "days_overdue": "61", "days_additions_reminder": "-3", "days_additions_overdue": "1",
    "extra_holidays": "2026-12-28\r\n\r\n2026-12-24\r\n",
}


@pytest.fixture
def admin(client: Client, session: Session) -> Person:
    person = factories.staff(Role.AGENCY_ADMIN, agency_id=factories.agency())
    client.sign_in(person.email)
    return person


def test_admin_changes_the_settings_of_the_own_agency(client: Client, session: Session, admin: Person) -> None:
    other = factories.agency()
    assert client.get("/admin/settings/").status_code == 200
    assert client.post("/admin/settings/", data=VALUES).status_code == 302
    session.rollback()
    agency = session.get_one(Agency, admin.actor.agency_id)
    assert (agency.legal_clause, agency.due_days, agency.notices_from) == ("I.10.1", 21, date(2026, 9, 1))
    assert agency.notice_days == {"reminder": 20}  # the rest follows the application
    assert agency.extra_holidays == ["2026-12-24", "2026-12-28"]
    assert agency.publication_rule is PublicationRule.ON_REPORT_APPROVAL
    assert session.get_one(Agency, other).legal_clause == "I.9.2"
    event = session.scalars(select(AuditEvent)).one()
    assert event.action == "settings:changed"
    assert "legal_clause" in event.details["fields"]


@pytest.mark.usefixtures("admin")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("due_days", "0"), ("due_days", "91"), ("due_days", "x"), ("run_limit", "0"), ("notices_from", "soon"),
        ("helpdesk_address", "nobody"), ("name", " "), ("legal_clause", ""), ("publication_rule", "never"),
        ("days_reminder", "366"), ("days_overdue", ""), ("extra_holidays", "24. decembris"),
    ],
)
def test_a_wrong_setting_is_refused_beside_its_field(client: Client, session: Session, field: str, value: str) -> None:
    page = client.post("/admin/settings/", data={**VALUES, field: value})
    assert page.status_code == 422
    assert f'href="#{field}' in page.text
    assert "I.10.1" in page.text or field == "legal_clause"
    session.rollback()
    assert session.scalars(select(AuditEvent)).all() == []


@pytest.mark.usefixtures("admin")
def test_all_that_is_wrong_is_summed_up_in_the_order_of_the_page(client: Client) -> None:
    """The order itself is looked at in every answer (tests/support/validity.py)."""
    page = BeautifulSoup(client.post("/admin/settings/", data={}).text, "html.parser")
    assert len(page.select("#errors a")) > 10
    for field in page.select(".field.bad input:not([type=radio]), .field.bad textarea"):
        assert field["aria-invalid"] == "true"
        assert f"{field['id']}-error" in str(field["aria-describedby"])


@pytest.mark.usefixtures("admin")
def test_saving_without_a_change_writes_nothing(client: Client, session: Session) -> None:
    for _twice in range(2):
        client.post("/admin/settings/", data=VALUES)
    session.rollback()
    assert len(session.scalars(select(AuditEvent)).all()) == 1


def test_admin_words_the_terms_and_the_version_counts_up(client: Client, session: Session, admin: Person) -> None:
    page = client.get("/admin/texts/terms/")
    assert page.status_code == 200
    data: dict[str, Any] = {
        "version": "0", "subject_lv": "Noteikumi", "body_lv": "# Viens\n\nTeksts.", "subject_en": "Terms",
        "body_en": "# One\n\nText of the agency itself.",
    }
    assert client.post("/admin/texts/terms/", data={**data, "body_en": ""}).status_code == 422
    assert client.post("/admin/texts/terms/", data=data).status_code == 302
    assert client.post("/admin/texts/terms/", data=data).status_code == 422  # a colleague was quicker
    session.rollback()
    assert {row.version for row in session.scalars(select(AgencyText))} == {1}
    code = session.get_one(Agency, admin.actor.agency_id).code
    session.rollback()
    assert "Text of the agency itself." in client.get(f"/terms?lang=en&agency={code}").text
    assert client.get("/admin/texts/nothing/").status_code == 404


@pytest.mark.parametrize("path", ["/admin/settings/", "/admin/texts/", "/admin/texts/terms/"])
def test_others_of_the_staff_find_nothing_there(client: Client, session: Session, path: str) -> None:
    client.sign_in(factories.staff(Role.SPECIALIST, agency_id=factories.agency()).email)
    assert client.get(path).status_code == 404
    assert client.post(path, data=VALUES).status_code in (404, 405)


def test_admin_words_a_mail_sees_it_first_and_goes_back(
    client: Client, session: Session, admin: Person, var: Path
) -> None:
    path = "/admin/texts/mails/password-link/"
    form = BeautifulSoup(client.get(path).text, "html.parser").select_one("form#wording")
    assert form is not None
    data = {name: form.select_one(f"[name={name}]").text.strip("\r\n") for name in ("body_lv", "body_en")}
    data |= {name: form.select_one(f"[name={name}]")["value"] for name in ("subject_lv", "subject_en", "version")}
    assert "{way_in}" in data["body_en"]
    missing = client.post(path, data={**data, "body_en": "Hello {email}"})
    assert missing.status_code == 422
    assert 'data-error="place-missing"' in missing.text
    assert "Hello {email}" in missing.text
    own = {**data, "subject_en": "Key of {agency}", "body_en": "Our very own words for {email}.\n\n{way_in}"}
    seen = client.post(path, data={**own, "preview": "1"})
    assert "Our very own words for anna.ozola@school.example." in seen.text
    session.rollback()
    assert session.scalars(select(AgencyText)).all() == []
    assert client.post(path, data=own).status_code == 302
    assert client.post(path, data=own).status_code == 422  # a colleague was quicker
    session.rollback()
    assert [(row.key, row.language) for row in session.scalars(select(AgencyText))] == [("mail-password-link", "en")]
    assert session.scalars(select(AuditEvent.action)).all() == ["text:changed"]

    with unit_of_work() as uow:
        outbox.publish(
            uow, kind=Mail.PASSWORD_LINK, key="own", agency_id=admin.actor.agency_id,
            to=Recipient(email=admin.email, language="en", user_id=admin.user_id),
        )
    jobs.sweep()
    mail = mails.folder(var)[-1]
    assert str(mail["Subject"]).startswith("Key of Agency")
    for part in (mails.text(mail), mails.html(mail)):
        assert "Our very own words for" in part
        assert "/invite/" in part

    back = client.post(path, data={**own, "version": "1", "standard": "en"})
    assert "asked for a link to set the password" in back.text
    assert client.post(path, data={**data, "version": "1"}).status_code == 302
    session.rollback()
    assert session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first().details["standard"] == ["en"]
    assert "own: en" not in client.get("/admin/texts/").text
