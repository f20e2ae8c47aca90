"""EU Login against a provider that lies, one lie at a time, is slow, away or changes its keys (issue: EU Login)."""

import base64
import json
import time
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from joserfc.jwk import OctKey
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.models import (
    Identity,
)
from backoffice.oidc import Provider as OurSide
from tests import factories
from tests.support import lying_provider
from tests.support.client import Client
from tests.support.lying_provider import CLIENT, SECRET, Provider
from tests.web.eu_login.steps import begin, come_back, errors, is_signed_in, sign_in

pytestmark = pytest.mark.one_engine


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
