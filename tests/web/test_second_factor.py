"""Local accounts of staff: the password and a code of the phone (issue: EU Login; DOMAIN §6, §7)."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import time_machine
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from backoffice.domain import second_factor, signin
from backoffice.domain.permissions import Role
from backoffice.models import AuditEvent, RecoveryCode, SignInAttempt, User
from backoffice.services import staff
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.support.client import Client
from tests.web.test_sign_in import issue

pytestmark = pytest.mark.one_engine
AT = datetime(2026, 11, 25, 9, 0, 5, tzinfo=UTC)


@pytest.fixture
def specialist(session: Session) -> factories.Person:
    return factories.staff(Role.SPECIALIST, agency_id=factories.agency())


def soup(response: TestResponse) -> BeautifulSoup:
    return BeautifulSoup(response.get_data(as_text=True), "html.parser")


def errors(response: TestResponse) -> list[str]:
    return [str(tag["data-error"]) for tag in soup(response).select("[data-error]")]


def password(client: Client, email: str, **more: str) -> str:
    return client.post("/login", data={"email": email, "password": "demo", **more}).location


def enrolled(client: Client, email: str) -> tuple[str, list[str]]:
    """Set the second factor up; the secret, and the recovery codes."""
    assert password(client, email) == "/login/second-factor"
    secret = shown_secret(client)
    page = client.post("/login/second-factor", data={"code": pyotp.TOTP(secret).now()})
    return secret, [tag.get_text() for tag in soup(page).select("main li.code")]


def shown_secret(client: Client) -> str:
    page = soup(client.get("/login/second-factor?lang=en"))
    found = page.select_one("[data-secret]")
    picture = page.select_one("main img")
    assert found is not None
    assert picture is not None
    assert str(picture["src"]).startswith("data:image/svg+xml")  # drawn here: no other service sees the secret
    return found.get_text().replace(" ", "")


def is_signed_in(client: Client) -> bool:
    return client.get("/login").status_code == 302


def test_staff_sets_the_second_factor_up_at_the_first_sign_in_and_is_asked_for_it_from_then_on(
    app: Flask, client: Client, specialist: factories.Person, session: Session
) -> None:
    with time_machine.travel(AT, tick=False) as clock:
        assert password(client, specialist.email, next="/admin/review/?q=x") == "/login/second-factor"
        secret = shown_secret(client)
        assert shown_secret(client) == secret  # loading the page anew does not change it
        assert not is_signed_in(client)
        assert errors(client.post("/login/second-factor", data={"code": "000000"})) == ["code-wrong"]
        page = client.post("/login/second-factor", data={"code": pyotp.TOTP(secret).now()})
        codes = [tag.get_text() for tag in soup(page).select("main li.code")]
        assert len(set(codes)) == second_factor.RECOVERY_CODES
        assert page.headers["Cache-Control"] == "no-store"
        assert client.post("/login/second-factor/done").location == "/admin/review/?q=x"
        assert is_signed_in(client)
        assert session.get_one(User, specialist.user_id).totp_secret == secret
        assert session.scalars(select(AuditEvent.action)).all() == ["user:second-factor-set"]

        clock.shift(timedelta(minutes=1))
        again = app.test_client()
        assert isinstance(again, Client)
        assert password(again, specialist.email) == "/login/code"
        assert not is_signed_in(again)
        assert again.get("/login/terms").location == "/login"
        code = pyotp.TOTP(secret).now()
        assert again.post("/login/code", data={"code": f"{code[:3]} {code[3:]}"}).location == "/admin/"
        assert is_signed_in(again)


def test_a_code_opens_once_and_within_a_minute_of_its_time(
    app: Flask, client: Client, specialist: factories.Person
) -> None:
    with time_machine.travel(AT, tick=False) as clock:
        secret, _codes = enrolled(client, specialist.email)
        clock.shift(timedelta(minutes=5))
        code = pyotp.TOTP(secret).at(clock_now())
        clock.shift(timedelta(seconds=30))
        for expected in (302, 401):  # whoever saw it typed comes too late
            other = app.test_client()
            password(other, specialist.email)  # type: ignore[arg-type]
            assert other.post("/login/code", data={"code": code}).status_code == expected
        clock.shift(timedelta(minutes=1))
        old = pyotp.TOTP(secret).at(clock_now() - timedelta(seconds=60))
        late = app.test_client()
        password(late, specialist.email)  # type: ignore[arg-type]
        assert errors(late.post("/login/code?lang=en", data={"code": old})) == ["code-wrong"]


def clock_now() -> datetime:
    return datetime.now(UTC)


def test_recovery_code_opens_once_and_the_last_ones_are_told(
    app: Flask, client: Client, specialist: factories.Person, session: Session
) -> None:
    _secret, codes = enrolled(client, specialist.email)
    with unit_of_work() as uow:  # as after the first six
        for row in uow.session.scalars(select(RecoveryCode).limit(6)):
            row.used_at = uow.now
    left = [
        code for code in codes
        if session.scalars(select(RecoveryCode.used_at).where(
            RecoveryCode.digest == second_factor.recovery_digest(code, user_id=specialist.user_id)
        )).one() is None
    ]
    other = app.test_client()
    password(other, specialist.email)  # type: ignore[arg-type]
    assert other.post("/login/code", data={"code": left[0].lower().replace("-", " ")}).location == "/admin/"
    assert "3 recovery codes are left" in other.get("/admin/?lang=en").get_data(as_text=True)
    again = app.test_client()
    password(again, specialist.email)  # type: ignore[arg-type]
    assert again.post("/login/code", data={"code": left[0]}).status_code == 401


def test_codes_are_not_guessed_even_with_the_right_password(
    app: Flask, client: Client, specialist: factories.Person, session: Session
) -> None:
    with time_machine.travel(AT, tick=False) as clock:
        secret, codes = enrolled(client, specialist.email)
        for _try in range(signin.SAME_PLACE.most):
            other = app.test_client()
            password(other, specialist.email)  # type: ignore[arg-type]
            assert other.post("/login/code?lang=en", data={"code": "123456"}).status_code == 401
        assert other.post("/login/code?lang=en", data={"code": pyotp.TOTP(secret).now()}).status_code == 429
        # The right password starts no new count.
        assert app.test_client().post("/login", data={"email": specialist.email, "password": "demo"}).status_code == 429
        clock.shift(timedelta(minutes=16))
        other = app.test_client()
        password(other, specialist.email)  # type: ignore[arg-type]
        assert other.post("/login/code", data={"code": pyotp.TOTP(secret).now()}).location == "/admin/"
    outcomes = session.scalars(select(SignInAttempt.outcome).order_by(SignInAttempt.id)).all()
    assert "halfway" in outcomes
    assert outcomes[-1] == "granted"
    assert codes


def test_password_set_by_a_link_does_not_go_round_the_second_factor(
    app: Flask, client: Client, specialist: factories.Person
) -> None:
    enrolled(client, specialist.email)
    thief = app.test_client()
    answer = thief.post(f"/invite/{issue(specialist.user_id)}", data={"password": "three words together"})
    assert answer.location == "/login/code"
    assert thief.get("/login").status_code == 200


def test_admin_resets_the_second_factor_and_ends_the_sessions(
    app: Flask, client: Client, specialist: factories.Person, session: Session
) -> None:
    agency_id = session.get_one(User, specialist.user_id).agency_id
    admin = factories.staff(Role.AGENCY_ADMIN, agency_id=agency_id)
    enrolled(client, specialist.email)
    client.post("/login/second-factor/done")
    assert is_signed_in(client)
    with unit_of_work() as uow:
        staff.reset(uow, actor=admin.actor, user_id=specialist.user_id)
    assert not is_signed_in(client)
    assert session.scalars(select(RecoveryCode)).all() == []
    assert password(client, specialist.email) == "/login/second-factor"


def test_neither_coordinators_nor_the_demo_are_asked(client: Client, specialist: factories.Person) -> None:
    coordinator = factories.coordinator(factories.project(agency_id=factories.agency()))
    assert password(client, coordinator.email) == "/my/"
    with unit_of_work() as uow:
        uow.session.get_one(User, specialist.user_id).is_demo = True
    client.post("/logout")
    assert password(client, specialist.email) == "/admin/"


def test_nobody_comes_to_the_second_factor_without_the_password(client: Client, specialist: factories.Person) -> None:
    for path in ("/login/code", "/login/second-factor"):
        assert client.get(path).location == "/login"
        assert client.post(path, data={"code": "123456"}).location == "/login"
    assert client.post("/login/second-factor/done").location == "/login"
    password(client, specialist.email)
    assert client.post("/login/second-factor/done").location == "/login"  # not before the code
    with unit_of_work() as uow:
        uow.session.get_one(User, specialist.user_id).session_epoch += 1
    assert client.get("/login/second-factor").location == "/login"
