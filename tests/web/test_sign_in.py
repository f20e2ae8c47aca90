"""Sign-in, the one-time link, the terms, sign-out (CONTRACT, Pages; DOMAIN §7)."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from argon2 import PasswordHasher
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from backoffice.domain import signin
from backoffice.domain.permissions import Role
from backoffice.models import (
    AgencyText,
    AuditEvent,
    OutboxRow,
    PasswordLink,
    SignInAttempt,
    TermsAcceptance,
    User,
)
from backoffice.services import signin as service
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.support.client import Client


def soup(response: TestResponse) -> BeautifulSoup:
    return BeautifulSoup(response.get_data(as_text=True), "html.parser")


def errors(response: TestResponse) -> list[str]:
    return [str(tag["data-error"]) for tag in soup(response).select("[data-error]")]


def post(client: Client, email: str, password: str = "demo", **more: str) -> TestResponse:
    return client.post("/login?lang=en", data={"email": email, "password": password, **more})


def issue(user_id: int) -> str:
    with unit_of_work() as uow:
        token = service.issue_link(uow, user_id=user_id)
    assert token is not None
    return token


@pytest.fixture
def coordinator(session: Session) -> factories.Person:
    return factories.coordinator(factories.project(agency_id=factories.agency()))


def test_coordinator_signs_in_and_comes_to_their_projects(client: Client, coordinator: factories.Person) -> None:
    response = post(client, coordinator.email.upper() + " ")
    assert (response.status_code, response.location) == (302, "/my/")


@pytest.mark.parametrize("target", ["/my/2023-1-LV01-KA220-SCH-000000001/?tab=a&b=č#files", "/admin/review/?q=x&q=y"])
def test_person_comes_back_to_the_very_place(client: Client, coordinator: factories.Person, target: str) -> None:
    page = client.get("/login", query_string={"next": target, "lang": "en"})
    carried = soup(page).select_one("input[name=next]")
    assert carried is not None
    assert carried["value"] == target
    response = post(client, coordinator.email, next=str(carried["value"]))
    assert urlsplit(response.location).path == urlsplit(target).path
    assert urlsplit(response.location).fragment == urlsplit(target).fragment


@pytest.mark.parametrize("target", [
    "https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "/%5Cevil.example",
    "/a\tb", "\\\\evil.example", "/logout", "/login?next=/x", "", "my/",
])
def test_nobody_is_sent_to_another_site(client: Client, coordinator: factories.Person, target: str) -> None:
    assert post(client, coordinator.email, next=target).location == "/my/"


def test_login_page_says_why_it_is_asked(client: Client) -> None:
    for path, words in {
        "/my/2023-1-LV01-KA220-SCH-000000001/": "2023-1-LV01-KA220-SCH-000000001",
        "/my/": "your projects",
        "/admin/projects/": "back-office",
    }.items():
        page = client.get("/login", query_string={"next": path, "lang": "en"})
        assert words in soup(page).main.get_text()  # type: ignore[union-attr]
    assert "/my/" in client.get("/login", query_string={"next": "/my/"}).get_data(as_text=True)


def test_wrong_password_and_unknown_address_read_the_same(client: Client, coordinator: factories.Person) -> None:
    pages = []
    for email in (coordinator.email, "nobody@test.example"):
        response = post(client, email, "wrong")
        assert response.status_code == 401
        assert errors(response) == ["sign-in-refused"]
        pages.append(re.sub(r'value="[^"]*"|<meta name="csrf[^>]*>', "", response.get_data(as_text=True)))
    assert pages[0] == pages[1]
    assert coordinator.email in post(client, coordinator.email, "wrong").get_data(as_text=True)


def test_unknown_address_costs_the_same_work_as_a_known_one(
    app: Flask, client: Client, coordinator: factories.Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []
    real = PasswordHasher.verify

    def count(self: PasswordHasher, hashed: str, password: str) -> bool:
        tried.append(hashed[: hashed.rindex("$", 0, hashed.rindex("$"))])
        return bool(real(self, hashed, password))

    monkeypatch.setattr(PasswordHasher, "verify", count)
    without = factories.person()
    with unit_of_work() as uow:
        uow.session.get_one(User, without.user_id).password_hash = None
    for email in (coordinator.email, "nobody@test.example", without.email):
        tried.clear()
        post(client, email, "wrong")
        assert len(tried) == 1
        assert tried[0] == "$argon2id$v=19$m=8,t=1,p=1"  # the costs are the same too


def test_deactivated_person_cannot_sign_in_and_their_session_ends(
    client: Client, coordinator: factories.Person
) -> None:
    assert post(client, coordinator.email).status_code == 302
    with unit_of_work() as uow:
        uow.session.get_one(User, coordinator.user_id).deactivated_at = uow.now
    assert client.get("/login").status_code == 200
    assert errors(post(client, coordinator.email)) == ["sign-in-refused"]


def test_sixth_try_from_one_place_waits_even_with_the_right_password(
    app: Flask, client: Client, coordinator: factories.Person, session: Session
) -> None:
    at = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
    with time_machine.travel(at, tick=False) as clock:
        for _ in range(5):
            assert post(client, coordinator.email, "wrong").status_code == 401
            clock.shift(timedelta(minutes=1))
        refused = post(client, coordinator.email)
        assert refused.status_code == 429
        assert errors(refused) == ["too-many-tries"]
        assert "Wait 10 min" in soup(refused).get_text()
        assert refused.headers["Retry-After"] == "600"
        # a stranger cannot lock the person out elsewhere, and a new session does not help the stranger
        elsewhere = app.test_client()
        answer = elsewhere.post(
            "/login", data={"email": coordinator.email, "password": "demo"}, environ_base={"REMOTE_ADDR": "10.1.2.3"}
        )
        assert answer.status_code == 302
        assert post(app.test_client(), coordinator.email).status_code == 429
        clock.shift(timedelta(minutes=10, seconds=1))
        assert post(client, coordinator.email).status_code == 302
    assert session.scalar(select(func.count()).select_from(SignInAttempt)) == 7


def test_unknown_address_is_limited_as_a_known_one(client: Client) -> None:
    answers = [post(client, "nobody@test.example", "wrong").status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]


def test_success_starts_the_count_anew(client: Client, app: Flask, coordinator: factories.Person) -> None:
    for _ in range(3):
        for _ in range(4):
            assert post(app.test_client(), coordinator.email, "wrong").status_code == 401
        assert post(app.test_client(), coordinator.email).status_code == 302


def test_one_network_cannot_try_many_accounts(client: Client) -> None:
    with unit_of_work() as uow:
        uow.session.add_all(
            SignInAttempt(email=f"n{n}@test.example", network="127.0.0.1", at=uow.now, outcome="refused")
            for n in range(signin.SAME_NETWORK.most)
        )
    assert post(client, "somebody.else@test.example").status_code == 429


def test_one_address_cannot_be_tried_from_everywhere(client: Client, coordinator: factories.Person) -> None:
    with unit_of_work() as uow:
        uow.session.add_all(
            SignInAttempt(email=coordinator.email, network=f"10.0.0.{n}", at=uow.now, outcome="refused")
            for n in range(signin.SAME_ADDRESS.most)
        )
    assert post(client, coordinator.email).status_code == 429


@pytest.mark.parametrize(("address", "network"), [
    ("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("::ffff:192.0.2.7", "192.0.2.7"),
    (None, "unknown"), ("not an address", "unknown"),
])
def test_network_is_what_one_place_has(address: str | None, network: str) -> None:
    assert signin.network_of(address) == network


def test_session_of_before_sign_in_is_not_kept_but_the_language_is(
    client: Client, coordinator: factories.Person
) -> None:
    with client.session_transaction() as kept:
        kept["planted"] = "by somebody else"
        kept["lang"] = "lv"
    token = client.token()
    client.post("/login", data={"email": coordinator.email, "password": "demo"})
    with client.session_transaction() as kept:
        assert "planted" not in kept
        assert kept["lang"] == "lv"
        assert kept["_user_id"] == f"{coordinator.user_id}.0"
    assert client.token() != token


def test_sign_out_is_a_button_and_forgets_the_session(client: Client, coordinator: factories.Person) -> None:
    post(client, coordinator.email)
    assert client.get("/logout").status_code == 405
    assert client.get("/login").status_code == 302
    assert client.post("/logout").location == "/"
    assert client.get("/login").status_code == 200
    post(client, coordinator.email)
    assert client.post("/logout", data={"next": "/my/X/"}).location == "/login?next=/my/X/"
    assert client.post("/logout", data={"next": "//evil.example"}).location == "/"


def test_person_whose_mail_went_elsewhere_is_offered_to_change(client: Client, session: Session) -> None:
    project_id = factories.project(agency_id=factories.agency(), code="2023-1-LV01-KA220-SCH-000000001")
    other = factories.coordinator(factories.project(agency_id=factories.agency()))
    factories.coordinator(project_id)
    post(client, other.email)
    answer = client.get("/my/2023-1-LV01-KA220-SCH-000000001/?lang=en")
    assert answer.status_code == 404
    page = soup(answer)
    assert other.email in page.main.get_text()  # type: ignore[union-attr]
    change = page.select_one("form[action='/logout'] input[name=next]")
    assert change is not None
    assert str(change["value"]).startswith("/my/2023-1-LV01-KA220-SCH-000000001/")


def test_forgot_answers_the_same_and_mails_the_known_alone(
    client: Client, session: Session, coordinator: factories.Person
) -> None:
    pages = []
    for email in (coordinator.email, "nobody@test.example"):
        response = client.post("/login/forgot?lang=en", data={"email": email})
        assert response.status_code == 200
        pages.append(re.sub(r'<meta name="csrf[^>]*>|value="[^"]*"', "", response.get_data(as_text=True)))
    assert pages[0] == pages[1]
    rows = session.scalars(select(OutboxRow)).all()
    assert [(row.kind.value, row.to) for row in rows] == [("password-link", coordinator.email)]
    assert session.scalar(select(func.count()).select_from(PasswordLink)) == 0  # made when the mail is written


def test_forgot_mails_one_address_three_times_an_hour(
    client: Client, session: Session, coordinator: factories.Person
) -> None:
    for _ in range(5):
        assert client.post("/login/forgot", data={"email": coordinator.email}).status_code == 200
    assert session.scalar(select(func.count()).select_from(OutboxRow)) == 3


def test_one_place_cannot_ask_for_links_of_everybody(client: Client, session: Session) -> None:
    answers = [
        client.post("/login/forgot", data={"email": f"n{n}@test.example"}).status_code
        for n in range(signin.LINKS_PER_NETWORK.most + 1)
    ]
    assert answers == [200] * signin.LINKS_PER_NETWORK.most + [429]


def test_opening_the_link_uses_up_nothing_and_the_button_does(
    app: Flask, client: Client, session: Session, coordinator: factories.Person
) -> None:
    token = issue(coordinator.user_id)
    for _ in range(3):
        scanner = app.test_client()
        assert scanner.get(f"/invite/{token}").status_code == 200
        assert scanner.head(f"/invite/{token}").status_code == 200
    response = client.post(f"/invite/{token}", data={"password": "three words together"})
    assert (response.status_code, response.location) == (302, "/my/")
    again = client.get(f"/invite/{token}?lang=en")
    assert again.status_code == 410
    assert errors(again) == ["link-over"]
    assert client.post(f"/invite/{token}", data={"password": "another three words"}).status_code == 410
    assert post(app.test_client(), coordinator.email, "three words together").status_code == 302
    assert post(app.test_client(), coordinator.email, "demo").status_code == 401
    assert session.scalar(select(func.count()).select_from(AuditEvent).filter_by(action="user:password-set")) == 1


def test_link_ends_the_other_sessions_and_the_other_links(
    app: Flask, client: Client, session: Session, coordinator: factories.Person
) -> None:
    first, second = issue(coordinator.user_id), issue(coordinator.user_id)
    elsewhere = app.test_client()
    post(elsewhere, coordinator.email)
    assert elsewhere.get("/login").status_code == 302
    client.post(f"/invite/{second}", data={"password": "three words together"})
    assert elsewhere.get("/login").status_code == 200
    assert client.get("/login").status_code == 302
    assert client.get(f"/invite/{first}").status_code == 410


def test_link_is_over_after_72_hours(client: Client, session: Session, coordinator: factories.Person) -> None:
    at = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
    with time_machine.travel(at, tick=False) as clock:
        token = issue(coordinator.user_id)
        clock.shift(timedelta(hours=71, minutes=59))
        assert client.get(f"/invite/{token}").status_code == 200
        clock.shift(timedelta(minutes=1))
        assert client.get(f"/invite/{token}").status_code == 410
        assert client.post(f"/invite/{token}", data={"password": "three words together"}).status_code == 410
    assert client.get("/invite/never-there").status_code == 404


@pytest.mark.parametrize(("password", "code"), [
    ("short", "password-short"), ("aaaaaaaaaaaa", "password-easy"), ("x" * 250, "too-long"), ("", "missing"),
])
def test_weak_password_is_refused_beside_its_field_and_the_link_stays(
    client: Client, coordinator: factories.Person, password: str, code: str
) -> None:
    token = issue(coordinator.user_id)
    response = client.post(f"/invite/{token}?lang=en", data={"password": password})
    assert response.status_code == 400
    assert code in errors(response)
    assert client.get(f"/invite/{token}").status_code == 200


def test_link_of_one_person_opened_by_another_says_so(client: Client, coordinator: factories.Person) -> None:
    other = factories.staff(Role.HELPDESK, agency_id=factories.agency())
    client.sign_in(other.email)
    page = client.get(f"/invite/{issue(coordinator.user_id)}?lang=en").get_data(as_text=True)
    assert other.email in page
    assert coordinator.email in page


def test_first_sign_in_asks_for_the_terms_and_records_their_version(
    app: Flask, client: Client, session: Session
) -> None:
    agency_id = factories.agency()
    person = factories.person()
    project_id = factories.project(agency_id=agency_id)
    factories.access(user_id=person.user_id, project_id=project_id)
    with unit_of_work() as uow:
        uow.session.query(TermsAcceptance).delete()
        for language in ("lv", "en"):
            uow.session.add(AgencyText(
                agency_id=agency_id, key="terms", language=language, version=1, body="Be kind.", created_at=uow.now
            ))
    response = post(client, person.email, next="/my/X/?a=b")
    assert response.location == "/login/terms"
    assert client.get("/login?next=/my/").status_code == 200  # not signed in yet
    page = client.get("/login/terms?lang=en")
    assert "accept" in page.get_data(as_text=True)
    assert client.post("/login/terms").status_code == 400
    assert session.scalar(select(func.count()).select_from(TermsAcceptance)) == 0
    assert client.post("/login/terms", data={"is_accepted": "y"}).location == "/my/X/?a=b"
    assert client.get("/login").status_code == 302
    row = session.scalars(select(TermsAcceptance)).one()
    assert (row.user_id, row.agency_id, row.version) == (person.user_id, agency_id, 1)
    assert post(app.test_client(), person.email).location == "/my/"  # asked once


def test_new_version_of_the_terms_is_asked_for_again_but_not_of_the_demo(
    app: Flask, client: Client, session: Session
) -> None:
    agency_id = factories.agency()
    person = factories.coordinator(factories.project(agency_id=agency_id))
    demo = factories.staff(Role.SPECIALIST, agency_id=agency_id)
    with unit_of_work() as uow:
        uow.session.get_one(User, demo.user_id).is_demo = True
        uow.session.add(AgencyText(
            agency_id=agency_id, key="terms", language="lv", version=2, body="Be kinder.", created_at=uow.now
        ))
    assert post(client, person.email).location == "/login/terms"
    assert "have changed" in client.get("/login/terms?lang=en").get_data(as_text=True)
    assert post(app.test_client(), demo.email).location == "/admin/"


def test_nobody_comes_to_the_terms_without_the_password(client: Client, coordinator: factories.Person) -> None:
    assert client.get("/login/terms").location == "/login"
    assert client.post("/login/terms", data={"is_accepted": "y"}).location == "/login"


def test_demo_accounts_are_listed_in_the_demo_alone(client: Client, session: Session) -> None:
    person = factories.staff(Role.SPECIALIST, agency_id=factories.agency())
    with unit_of_work() as uow:
        uow.session.get_one(User, person.user_id).is_demo = True
    assert person.email not in client.get("/login").get_data(as_text=True)


def test_pages_of_sign_in_are_whole_in_both_languages(client: Client, coordinator: factories.Person) -> None:
    token = issue(coordinator.user_id)
    for path in ("/login?", "/login?next=/my/", "/login/forgot?", f"/invite/{token}?", "/invite/gone?"):
        titles = {soup(client.get(f"{path}&lang={language}")).h1.get_text() for language in ("lv", "en")}  # type: ignore[union-attr]
        assert len(titles) == 2


@pytest.mark.both_engines
@pytest.mark.usefixtures("session")
@pytest.mark.parametrize("path", ["/login", "/login/forgot"])
def test_an_address_with_a_nul_or_a_body_of_json_is_no_fault_of_ours(client: Client, path: str) -> None:
    answer = client.post(path, data={"email": "a\x00b@example.org", "password": "x\x00y"})
    assert answer.status_code in (200, 401)
    assert client.post(path, json=[1, 2]).status_code in (200, 400)
