"""The way to EU Login and back, and what it left behind."""

from urllib.parse import parse_qs, urlsplit

from bs4 import BeautifulSoup
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from backoffice.models import (
    SignInAttempt,
)
from tests.support.client import Client
from tests.support.lying_provider import Provider


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
