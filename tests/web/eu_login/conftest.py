"""The application with EU Login set, its provider, and a person who was invited."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from backoffice.config import Oidc
from backoffice.factory import create_app
from backoffice.models import (
    User,
)
from backoffice.oidc import Provider as OurSide
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.conftest import settings
from tests.support import lying_provider
from tests.support.client import Client
from tests.support.lying_provider import CLIENT, SECRET, Provider


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
