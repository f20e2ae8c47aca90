"""Who may come in by EU Login, what others read, and how a session ends (issue: EU Login; DOMAIN §7)."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain.notices import Mail
from backoffice.domain.permissions import Role
from backoffice.jobs import outbox as jobs
from backoffice.models import (
    Access,
    AuditEvent,
    Identity,
    OutboxRow,
    PasswordLink,
    TermsAcceptance,
    User,
)
from backoffice.oidc import Provider as OurSide
from backoffice.services import access, signin, staff, users
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.support import mails
from tests.support.client import Client
from tests.support.lying_provider import CLIENT, Provider
from tests.web.eu_login.steps import attempts, begin, come_back, errors, is_signed_in, sign_in

pytestmark = pytest.mark.one_engine


def test_coordinator_comes_in_with_the_invited_address_in_other_letter_case(
    visitor: Client, provider: Provider, anna: factories.Person, session: Session
) -> None:
    asked = begin(visitor, provider, path="/login/eu?next=/my/2023-1-LV01-KA220-SCH-000000001/&lang=lv")
    assert {name: asked[name] for name in ("response_type", "client_id", "scope", "code_challenge_method")} == {
        "response_type": "code", "client_id": CLIENT, "scope": "openid email profile", "code_challenge_method": "S256",
    }
    assert asked["redirect_uri"] == "http://localhost/login/eu/back"
    assert asked["ui_locales"] == "lv"
    assert "prompt" not in asked
    response = come_back(visitor, state=asked["state"], iss=provider.issuer)
    assert response.location == "/my/2023-1-LV01-KA220-SCH-000000001/"
    assert is_signed_in(visitor)
    token = provider.asked[0]
    assert (token["grant_type"], token["code"]) == ("authorization_code", "a code")
    assert len(token["code_verifier"]) >= 43
    assert token["Authorization"].startswith("Basic ")
    row = session.scalars(select(Identity)).one()
    assert (row.user_id, row.issuer, row.subject) == (anna.user_id, provider.issuer, "anna")
    assert attempts(session) == [("anna@school.example", "granted")]
    actions = session.scalars(select(AuditEvent.action)).all()
    assert "identity:linked" in actions
    with visitor.session_transaction() as kept:
        assert "eu-begun" not in kept or kept["eu-begun"] == []


def test_first_sign_in_shows_and_records_the_terms(
    visitor: Client, provider: Provider, anna: factories.Person, session: Session
) -> None:
    with unit_of_work() as uow:
        uow.session.query(TermsAcceptance).delete()
    assert sign_in(visitor, provider, path="/login/eu?next=/my/X/").location == "/login/terms"
    assert not is_signed_in(visitor)
    assert visitor.post("/login/terms", data={"is_accepted": "y"}).location == "/my/X/"
    assert session.scalars(select(TermsAcceptance.user_id)).all() == [anna.user_id]


def test_wrong_address_reads_the_same_whether_or_not_a_project_or_account_exists(
    eu_app: Flask, provider: Provider, anna: factories.Person, session: Session
) -> None:
    gone = factories.person()  # an account without any access
    left = factories.person()
    with unit_of_work() as uow:
        uow.session.get_one(User, left.user_id).deactivated_at = uow.now
        uow.session.add(Identity(user_id=anna.user_id, issuer=provider.issuer, subject="other", linked_at=uow.now))
    pages = []
    for email, project in (
        ("nobody@else.example", "2023-1-LV01-KA220-SCH-000000001"), ("nobody@else.example", "2023-1-LV01-KA220-SCH-1"),
        (gone.email, "2023-1-LV01-KA220-SCH-000000001"), (left.email, "2023-1-LV01-KA220-SCH-000000001"),
        ("anna@school.example", "2023-1-LV01-KA220-SCH-000000001"),  # by another EU Login account than before
    ):
        client = eu_app.test_client()
        assert isinstance(client, Client)
        provider.email, provider.subject = email, f"new {email}"
        assert sign_in(client, provider, path=f"/login/eu?next=/my/{project}/").location == "/login/eu/refused"
        page = client.get("/login/eu/refused?lang=en")
        assert page.status_code == 403
        assert errors(page) == ["not-invited"]
        assert not is_signed_in(client)
        text = page.get_data(as_text=True).replace(email, "E").replace(email.replace("@", "%40"), "E")
        pages.append(re.sub(r'value="[^"]*"', "", text).replace(project, "P"))
    assert len(set(pages)) == 1
    assert [outcome for _email, outcome in attempts(session)] == [
        "not-invited", "not-invited", "not-invited", "deactivated", "other-account"
    ]


def test_refused_person_finds_a_ticket_form_filled_in_and_may_take_another_account(
    visitor: Client, provider: Provider, anna: factories.Person
) -> None:
    provider.email, provider.subject = "wrong@else.example", "wrong"
    sign_in(visitor, provider, path="/login/eu?next=/my/2023-1-LV01-KA220-SCH-000000001/")
    page = BeautifulSoup(visitor.get("/login/eu/refused?lang=en").get_data(as_text=True), "html.parser")
    ticket = next(str(link["href"]) for link in page.select("main a") if str(link["href"]).startswith("/help/new"))
    form = BeautifulSoup(visitor.get(ticket).get_data(as_text=True), "html.parser")
    filled = {str(field["name"]): str(field.get("value", "")) for field in form.select("main [name]")}
    assert (filled["email"], filled["page"], filled["error"]) == (
        "wrong@else.example", "/my/2023-1-LV01-KA220-SCH-000000001/", "not-invited"
    )
    assert "wrong@else.example" in form.select_one("textarea[name=happened]").get_text()  # type: ignore[union-attr]
    assert "school.example" not in page.get_text()
    assert visitor.post("/logout").location.startswith(f"{provider.issuer}/end?")  # the session there is open
    sign_in(visitor, provider, path="/login/eu?next=/my/2023-1-LV01-KA220-SCH-000000001/")
    again = next(str(link["href"]) for link in page.select("main a") if "again=1" in str(link["href"]))
    asked = begin(visitor, provider, path=again)
    assert asked["prompt"] == "login"
    provider.email, provider.subject = "anna@school.example", "anna"
    assert come_back(visitor, state=asked["state"]).location == "/my/2023-1-LV01-KA220-SCH-000000001/"


def test_invited_address_is_shown_in_part_to_who_comes_by_the_link_of_its_invitation(
    eu_app: Flask, visitor: Client, provider: Provider, anna: factories.Person, session: Session
) -> None:
    with unit_of_work() as uow:
        token = signin.issue_link(uow, user_id=anna.user_id)  # a link of the time before EU Login
    page = visitor.get(f"/invite/{token}?lang=en")
    assert (page.status_code, errors(page)) == (410, ["link-over"])
    assert "/login/eu" in page.get_data(as_text=True)
    assert visitor.post(f"/invite/{token}", data={"password": "three words together"}).status_code == 410
    provider.email, provider.subject = "wrong@else.example", "wrong"
    sign_in(visitor, provider)
    text = BeautifulSoup(visitor.get("/login/eu/refused?lang=en").get_data(as_text=True), "html.parser").get_text()
    assert "a…@s….example" in text
    assert "anna@school.example" not in text


def test_access_mail_names_the_invited_address_and_leads_to_eu_login_by_a_link_that_never_wears_out(
    eu_app: Flask, visitor: Client, provider: Provider, anna: factories.Person, session: Session
) -> None:
    agency_id = factories.agency()
    helpdesk = factories.staff(Role.HELPDESK, agency_id=agency_id)
    project_id = factories.project(agency_id=agency_id, code="2023-1-LV01-KA220-SCH-000000002")
    with unit_of_work() as uow:
        row = access.grant(uow, actor=helpdesk.actor, project_id=project_id, email="Berta@School.example")
        row.user.language = "en"
        access_id = row.id
        users.send_link(uow, user=row.user, kind=Mail.PASSWORD_LINK)  # asked for before EU Login was set
    with eu_app.app_context():
        jobs.sweep()
    var = eu_app.config["SETTINGS"].var
    mail, = mails.folder(var)  # the other one is not sent any more
    text = mails.text(mail)
    assert "berta@school.example" in text
    assert "EU Login" in text
    assert "password" not in text
    assert session.scalars(select(PasswordLink)).all() == []
    link = re.search(r"http://localhost(/invite/[^\s>]+)", text)
    assert link is not None
    for _ in range(2):  # mail scanners open links
        assert visitor.get(link[1]).location == "/my/2023-1-LV01-KA220-SCH-000000002/"
    provider.email, provider.subject = "wrong@else.example", "wrong"
    sign_in(visitor, provider)
    assert "b…@s….example" in visitor.get("/login/eu/refused?lang=en").get_data(as_text=True)
    with unit_of_work() as uow:
        access.move(uow, actor=helpdesk.actor, access_id=access_id, email="c@school.example", reason="She left.")
    assert visitor.get(link[1]).status_code == 410
    mails.empty(var)


@pytest.mark.parametrize(("change", "code"), [
    (lambda claims: claims.pop("email"), "no-address"),
    (lambda claims: claims.update(email_verified=False), "address-unverified"),
])
def test_address_that_is_missing_or_not_confirmed_matches_nobody(
    visitor: Client, provider: Provider, anna: factories.Person, session: Session, change: Any, code: str
) -> None:
    provider.claims, provider.userinfo = change, {"sub": "anna"}
    assert sign_in(visitor, provider).location == "/login/eu/refused"
    assert errors(visitor.get("/login/eu/refused?lang=en")) == [code]
    assert attempts(session)[0][1] == code


def test_passwords_and_forgotten_ones_are_for_staff_alone(
    eu_app: Flask, visitor: Client, provider: Provider, anna: factories.Person, session: Session
) -> None:
    specialist = factories.staff(Role.SPECIALIST, agency_id=factories.agency())
    refused = visitor.post("/login?lang=en", data={"email": anna.email, "password": "demo"})
    assert (refused.status_code, errors(refused)) == (401, ["sign-in-refused"])
    assert visitor.post("/login", data={"email": specialist.email, "password": "demo"}).location.startswith("/login/")
    assert attempts(session)[0] == (anna.email, "password-closed")
    pages = []
    for email in (anna.email, specialist.email, "nobody@test.example"):
        page = visitor.post("/login/forgot?lang=en", data={"email": email}).get_data(as_text=True)
        assert "/login/eu" in page
        pages.append(re.sub(r'<meta name="csrf[^>]*>|value="[^"]*"', "", page))
    assert len(set(pages)) == 1
    assert session.scalars(select(OutboxRow.to)).all() == [specialist.email]
    assert "EU Login" in visitor.get("/login?lang=en").get_data(as_text=True)


def test_staff_come_by_eu_login_without_another_factor(
    visitor: Client, provider: Provider, session: Session
) -> None:
    specialist = factories.staff(Role.SPECIALIST, agency_id=factories.agency())
    provider.email, provider.subject = specialist.email, "specialist"
    assert sign_in(visitor, provider).location == "/admin/"


def test_session_ends_with_deactivation_revocation_and_another_role(
    eu_app: Flask, provider: Provider, anna: factories.Person, session: Session
) -> None:
    agency_id = factories.agency()
    admin = factories.staff(Role.AGENCY_ADMIN, agency_id=agency_id)
    helpdesk = factories.staff(Role.HELPDESK, agency_id=agency_id)
    project_id = factories.project(agency_id=agency_id)
    person = factories.person()
    access_id = factories.access(user_id=person.user_id, project_id=project_id)
    factories.coordinator(project_id)
    acts = {
        person.email: lambda uow: access.end(uow, actor=helpdesk.actor, access_id=access_id, reason="She left."),
        helpdesk.email: lambda uow: staff.set_role(
            uow, actor=admin.actor, user_id=helpdesk.user_id, role=Role.SPECIALIST  # type: ignore[arg-type]
        ),
    }
    for email, act in acts.items():
        client = eu_app.test_client()
        assert isinstance(client, Client)
        provider.email = provider.subject = email
        sign_in(client, provider)
        assert is_signed_in(client)
        with unit_of_work() as uow:
            act(uow)
        assert not is_signed_in(client)
    with unit_of_work() as uow:
        staff.deactivate(uow, actor=admin.actor, user_id=helpdesk.user_id, heir_id=None)
    assert sign_in(client, provider).location == "/login/eu/refused"


def test_signing_out_ends_the_session_there_or_says_that_it_stays_open(
    visitor: Client, provider: Provider, anna: factories.Person
) -> None:
    sign_in(visitor, provider)
    policy = visitor.get("/my/").headers["Content-Security-Policy"]
    assert f"form-action 'self' {provider.issuer};" in policy
    there = visitor.post("/logout", data={"next": "/my/X/"}).location
    assert there.startswith(f"{provider.issuer}/end?")
    asked = {name: value[0] for name, value in parse_qs(urlsplit(there).query).items()}
    assert asked["post_logout_redirect_uri"] == "http://localhost/login/signed-out"
    assert asked["client_id"] == CLIENT
    assert asked["id_token_hint"].count(".") == 2
    assert not is_signed_in(visitor)
    assert visitor.get(f"/login/signed-out?state={asked['state']}").location == "/login?next=/my/X/"
    assert "eu-open" not in visitor.get("/login/signed-out").get_data(as_text=True)  # nothing to say any more

    sign_in(visitor, provider)
    provider.metadata = lambda found: found.pop("end_session_endpoint")
    visitor.application.extensions["oidc"] = OurSide(visitor.application.config["SETTINGS"].oidc)
    assert visitor.post("/logout").location == "/login/signed-out"
    assert "eu-open" in visitor.get("/login/signed-out?lang=en").get_data(as_text=True)
    assert begin(visitor, provider)["prompt"] == "login"  # else whoever comes next would be let in as Anna


def test_signing_out_while_the_provider_is_away_still_signs_out_here(
    visitor: Client, provider: Provider, anna: factories.Person
) -> None:
    sign_in(visitor, provider)
    visitor.application.extensions["oidc"] = OurSide(visitor.application.config["SETTINGS"].oidc)
    provider.delay_s = 3
    assert visitor.post("/logout").location == "/login/signed-out"
    assert not is_signed_in(visitor)
    assert "eu-open" in visitor.get("/login/signed-out").get_data(as_text=True)


def test_helpdesk_moves_an_access_and_an_admin_changes_a_role_each_on_its_page(
    visitor: Client, anna: factories.Person, session: Session
) -> None:
    row = session.scalars(select(Access).where(Access.user_id == anna.user_id)).one()
    access_id, agency_id = row.id, row.project.agency_id
    session.rollback()
    helpdesk = factories.staff(Role.HELPDESK, agency_id=agency_id)
    visitor.sign_in(helpdesk.email)
    url = f"/admin/projects/2023-1-LV01-KA220-SCH-000000001/access/{access_id}/move"
    page = visitor.get(f"{url}?lang=en")
    assert "let go" in page.get_data(as_text=True)
    refused = visitor.post(url, data={"email": "anna@new.example", "reason": ""})
    assert (refused.status_code, errors(refused)) == (422, ["missing"])
    assert "anna@new.example" in refused.get_data(as_text=True)
    assert visitor.post(url, data={"email": "Anna@New.example", "reason": "She wrote."}).status_code == 302
    session.rollback()
    active = session.scalars(select(Access).where(Access.ended_at.is_(None))).all()
    assert [found.user.email for found in active] == ["anna@new.example"]
    session.rollback()
    visitor.sign_in(factories.staff(Role.AGENCY_ADMIN, agency_id=agency_id).email)
    answer = visitor.post(f"/admin/users/{helpdesk.user_id}/role", data={"role": "specialist"})
    assert answer.status_code == 302
    session.rollback()
    assert str(session.get_one(User, helpdesk.user_id).role) == "specialist"
