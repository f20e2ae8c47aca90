"""EU Login against a provider that lies, one lie at a time, and who may come in (issue: EU Login; DOMAIN §7)."""

import base64
import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from joserfc.jwk import OctKey
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from backoffice.config import Oidc
from backoffice.domain.notices import Mail
from backoffice.domain.permissions import Role
from backoffice.factory import create_app
from backoffice.jobs import outbox as jobs
from backoffice.models import (
    Access,
    AuditEvent,
    Identity,
    OutboxRow,
    PasswordLink,
    SignInAttempt,
    TermsAcceptance,
    User,
)
from backoffice.oidc import Provider as OurSide
from backoffice.services import access, signin, staff, users
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.conftest import settings
from tests.support import lying_provider, mails
from tests.support.client import Client
from tests.support.lying_provider import CLIENT, SECRET, Provider

pytestmark = [pytest.mark.one_engine, pytest.mark.slow]


@pytest.fixture(scope="module")
def provider_of_all() -> Iterator[Provider]:
    with lying_provider.serve() as provider:
        yield provider


@pytest.fixture(scope="module")
def eu_app(app: Flask, provider_of_all: Provider, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The same database, with EU Login set."""
    base = settings(
        database_url=app.config["SETTINGS"].database_url, var=tmp_path_factory.mktemp("eu")
    )
    oidc = Oidc(issuer=provider_of_all.issuer, client_id=CLIENT, client_secret=SECRET, timeout_s=1)
    made = create_app(replace(base, oidc=oidc))
    made.test_client_class = Client
    return made


@pytest.fixture
def provider(provider_of_all: Provider, eu_app: Flask) -> Provider:
    """Says the truth at first; nothing of it is known from the test before."""
    fresh = Provider(issuer=provider_of_all.issuer, key=provider_of_all.key)
    for name in ("nonce", "email", "subject", "claims", "token", "metadata", "userinfo", "header", "sign_with",
                 "raw_id_token", "delay_s", "asked", "paths"):
        setattr(provider_of_all, name, getattr(fresh, name))
    eu_app.extensions["oidc"] = OurSide(eu_app.config["SETTINGS"].oidc)
    return provider_of_all


@pytest.fixture
def visitor(eu_app: Flask, session: Session) -> Client:
    client = eu_app.test_client()
    assert isinstance(client, Client)
    return client


@pytest.fixture
def anna(session: Session) -> factories.Person:
    """Invited as anna@school.example."""
    person = factories.coordinator(
        factories.project(agency_id=factories.agency(), code="2023-1-LV01-KA220-SCH-000000001")
    )
    with unit_of_work() as uow:
        uow.session.get_one(User, person.user_id).email = "anna@school.example"
    return replace(person, email="anna@school.example")


def begin(client: Client, provider: Provider, *, path: str = "/login/eu") -> dict[str, str]:
    """Go there; what the provider is asked. It will answer with the nonce of this very sign-in."""
    response = client.get(path)
    assert response.status_code == 302, response.get_data(as_text=True)
    assert response.location.startswith(f"{provider.issuer}/authorize?")
    asked = {name: value[0] for name, value in parse_qs(urlsplit(response.location).query).items()}
    provider.nonce = asked["nonce"]
    return asked


def come_back(client: Client, *, state: str, **more: str) -> TestResponse:
    return client.get("/login/eu/back", query_string={"code": "a code", "state": state, "lang": "en", **more})


def sign_in(client: Client, provider: Provider, *, path: str = "/login/eu") -> TestResponse:
    return come_back(client, state=begin(client, provider, path=path)["state"])


def errors(response: TestResponse) -> list[str]:
    soup = BeautifulSoup(response.get_data(as_text=True), "html.parser")
    return [str(tag["data-error"]) for tag in soup.select("[data-error]")]


def attempts(session: Session) -> list[tuple[str, str]]:
    session.rollback()
    rows = session.scalars(select(SignInAttempt).order_by(SignInAttempt.id))
    return [(row.email, row.outcome) for row in rows]


def is_signed_in(client: Client) -> bool:
    return client.get("/login").status_code == 302


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


def _expired(claims: dict[str, Any]) -> None:
    claims.update(iat=int(time.time()) - 900, exp=int(time.time()) - 600)


def _userinfo_of_another(provider: Provider) -> None:
    provider.claims = lambda claims: claims.pop("email")
    provider.userinfo = {"sub": "somebody else", "email": "anna@school.example"}


def _unsigned(provider: Provider) -> None:
    claims = {"iss": provider.issuer, "sub": "anna", "aud": CLIENT, "iat": int(time.time()),
              "exp": int(time.time()) + 300, "nonce": provider.nonce, "email": "anna@school.example"}
    parts = ({"alg": "none"}, claims)
    provider.raw_id_token = ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts
    ) + "."


def _signed_with_the_secret(provider: Provider) -> None:
    provider.header, provider.sign_with = {"alg": "HS256", "kid": None}, OctKey.import_key(SECRET)


LIES = {
    "wrong nonce": ("claims", lambda p: setattr(p, "nonce", "another")),
    "no nonce": ("claims", lambda p: setattr(p, "claims", lambda claims: claims.pop("nonce"))),
    "wrong issuer": ("claims", lambda p: setattr(p, "claims", lambda claims: claims.update(iss="https://evil.example"))),
    "wrong audience": ("claims", lambda p: setattr(p, "claims", lambda claims: claims.update(aud="another client"))),
    "several audiences, for another": (
        "claims", lambda p: setattr(p, "claims", lambda claims: claims.update(aud=[CLIENT, "x"], azp="x"))
    ),
    "expired": ("claims", lambda p: setattr(p, "claims", _expired)),
    "no end": ("claims", lambda p: setattr(p, "claims", lambda claims: claims.pop("exp"))),
    "made in the future": (
        "claims", lambda p: setattr(p, "claims", lambda claims: claims.update(iat=int(time.time()) + 900))
    ),
    "no subject": ("claims", lambda p: setattr(p, "claims", lambda claims: claims.pop("sub"))),
    "subject of another kind": ("claims", lambda p: setattr(p, "claims", lambda claims: claims.update(sub=7))),
    "alg none": ("claims", _unsigned),
    "signed with the shared secret": ("claims", _signed_with_the_secret),
    "signed by another key": ("claims", lambda p: setattr(p, "sign_with", lying_provider.new_key())),
    "weaker algorithm than is taken": ("claims", lambda p: setattr(p, "header", {"alg": "RS384"})),
    "no id_token": ("no-id-token", lambda p: setattr(p, "token", lambda token: token.pop("id_token"))),
    "id_token is rubbish": ("claims", lambda p: setattr(p, "raw_id_token", "x.y.z")),
    "userinfo of another": ("userinfo-sub", _userinfo_of_another),
    "code refused": ("code-refused", lambda p: setattr(p, "token", lambda t: t.update(error="invalid_grant"))),
    "token without an end in sight": ("away", lambda p: setattr(p, "delay_s", 2)),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_signs_nobody_in(
    visitor: Client, provider: Provider, anna: factories.Person, session: Session, lie: str
) -> None:
    code, change = LIES[lie]
    state = begin(visitor, provider)["state"]
    change(provider)
    response = come_back(visitor, state=state)
    assert response.status_code in (400, 503)
    assert errors(response) == [f"eu-{code}"]
    assert not is_signed_in(visitor)
    assert session.scalar(select(func.count()).select_from(Identity)) == 0


@pytest.mark.parametrize(("more", "code"), [
    ({"iss": "https://evil.example"}, "eu-answer-iss"),
    ({"error": "access_denied"}, "eu-access-denied"),
    ({"error": "server_error"}, "eu-refused"),
    ({"code": ""}, "eu-no-code"),
    ({"state": "another"}, "eu-state"),
    ({"state": ""}, "eu-state"),
])
def test_an_answer_that_is_not_ours_asks_the_provider_nothing(
    visitor: Client, provider: Provider, anna: factories.Person, more: dict[str, str], code: str
) -> None:
    answer = {"code": "a code", "state": begin(visitor, provider)["state"], "lang": "en", **more}
    response = visitor.get("/login/eu/back", query_string=answer)
    assert errors(response) == [code]
    assert provider.asked == []
    assert not is_signed_in(visitor)


def test_provider_that_promises_its_name_in_the_answer_must_keep_the_promise(
    visitor: Client, provider: Provider, anna: factories.Person
) -> None:
    provider.metadata = lambda found: found.update(authorization_response_iss_parameter_supported=True)
    assert errors(sign_in(visitor, provider)) == ["eu-answer-iss"]
    state = begin(visitor, provider)["state"]
    assert come_back(visitor, state=state, iss=provider.issuer).location == "/my/"


def test_long_addresses_and_long_tokens_do_not_burst_the_cookie(
    visitor: Client, provider: Provider, anna: factories.Person
) -> None:
    long = "/my/2023-1-LV01-KA220-SCH-000000001/?q=" + "x" * 1_900
    provider.claims = lambda claims: claims.update(more="y" * 3_000)
    for _tab in range(4):
        asked = begin(visitor, provider, path=f"/login/eu?next={long}")
    response = come_back(visitor, state=asked["state"])
    assert response.location == "/my/2023-1-LV01-KA220-SCH-000000001/"
    cookie = visitor.get_cookie("session")
    assert cookie is not None
    assert len(cookie.value) < 3_900
    assert "id_token_hint" not in visitor.post("/logout").location


def test_state_opens_once_and_in_its_own_browser_alone(
    eu_app: Flask, visitor: Client, provider: Provider, anna: factories.Person
) -> None:
    state = begin(visitor, provider)["state"]
    stranger = eu_app.test_client()
    assert errors(come_back(stranger, state=state)) == ["eu-state"]  # a link that signs in as somebody else
    assert come_back(visitor, state=state).location == "/my/"
    assert come_back(visitor, state=state).location == "/my/"  # the back button: signed in, and nothing asked
    assert len(provider.asked) == 1
    visitor.post("/logout")
    assert errors(come_back(visitor, state=state)) == ["eu-state"]


def test_provider_that_calls_itself_otherwise_is_not_asked(visitor: Client, provider: Provider) -> None:
    provider.metadata = lambda found: found.update(issuer="https://evil.example")
    response = visitor.get("/login/eu?lang=en")
    assert (response.status_code, errors(response)) == (400, ["eu-issuer"])


def test_provider_that_is_away_costs_a_second_and_says_so(visitor: Client, provider: Provider) -> None:
    provider.delay_s = 3
    began = time.monotonic()
    response = visitor.get("/login/eu?lang=en")
    assert time.monotonic() - began < 2.5
    assert (response.status_code, errors(response)) == (503, ["eu-away"])


def test_keys_may_change_between_two_sign_ins(
    eu_app: Flask, visitor: Client, provider: Provider, anna: factories.Person
) -> None:
    assert sign_in(visitor, provider).location == "/my/"
    provider.key = lying_provider.new_key()
    assert sign_in(eu_app.test_client(), provider).location == "/my/"  # type: ignore[arg-type]
    assert provider.paths.count("/jwks") == 2
    assert provider.paths.count("/.well-known/openid-configuration") == 1


def test_clocks_may_differ_by_a_minute(visitor: Client, provider: Provider, anna: factories.Person) -> None:
    provider.claims = lambda claims: claims.update(iat=int(time.time()) + 40, exp=int(time.time()) - 40)
    assert sign_in(visitor, provider).location == "/my/"


def test_address_may_stand_in_userinfo_alone(visitor: Client, provider: Provider, anna: factories.Person) -> None:
    provider.claims = lambda claims: claims.pop("email")
    provider.userinfo = {"sub": "anna", "email": "ANNA@school.example"}
    assert sign_in(visitor, provider).location == "/my/"


@pytest.mark.parametrize("method", ["client_secret_post", "client_secret_jwt"])
def test_scopes_class_of_sign_in_and_client_authentication_are_settings(
    eu_app: Flask, visitor: Client, provider: Provider, anna: factories.Person, method: str
) -> None:
    eu_app.extensions["oidc"] = OurSide(replace(
        eu_app.config["SETTINGS"].oidc, scopes="openid email", acr_values=("high", "higher"), client_auth=method
    ))
    asked = begin(visitor, provider)
    assert (asked["scope"], asked["acr_values"]) == ("openid email", "high higher")
    assert errors(come_back(visitor, state=asked["state"])) == ["eu-acr"]
    provider.claims = lambda claims: claims.update(acr="higher")
    assert sign_in(visitor, provider).location == "/my/"
    sent = provider.asked[-1]
    assert sent["Authorization"] == ""
    assert ("client_secret" in sent, "client_assertion" in sent) == (
        method == "client_secret_post", method == "client_secret_jwt"
    )


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
