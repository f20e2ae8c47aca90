"""One application for each engine, real commits, and a clean database after each test."""

import secrets
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from jinja2 import FileSystemBytecodeCache, StrictUndefined
from rq import Queue
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from backoffice.config import Settings
from backoffice.db import db
from backoffice.factory import create_app
from backoffice.jobs import queue
from backoffice.services.uow import unit_of_work
from tests.support import postgres, s3, smtp, valkey
from tests.support.client import Client

pytest_plugins = ("tests.support.skips",)
ENGINES = ("sqlite", "postgresql")
# Compiled templates are shared by all applications of a run and by the next run: they are checked by their source.
COMPILED = Path(__file__).parents[1] / ".pytest_cache" / "templates"
COMPILED.mkdir(parents=True, exist_ok=True)
Flask.jinja_options = {"bytecode_cache": FileSystemBytecodeCache(str(COMPILED))}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", action="append", choices=ENGINES, help="only with this database (repeatable)")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine" in metafunc.fixturenames:
        engines = metafunc.config.getoption("--engine") or ENGINES
        if is_for_one_engine(metafunc.definition):
            engines = engines[:1]
        metafunc.parametrize("engine", engines, scope="session")


def is_for_one_engine(test: pytest.Item) -> bool:
    """What pages say does not hang on the database: they are read on one, unless a test is marked `both_engines`."""
    if test.get_closest_marker("one_engine"):
        return True
    return "web" in test.path.parts and not test.get_closest_marker("both_engines")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser and the many pages of one area are left out of the fast tests; the matrix goes to every page."""
    for item in items:
        if "e2e" in item.path.parts or ("web" in item.path.parts and item.path.parent.name != "web"):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a private PostgreSQL; `postgres.database(…)` makes more databases there."""
    folder = postgres.binaries()
    if folder is None:
        pytest.skip(postgres.WHY_NOT)
    with postgres.server(folder) as url:
        yield url


@pytest.fixture(scope="session")
def database_url(engine: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An empty database of the engine."""
    if engine == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('database')}/test.db"
    return str(request.getfixturevalue("postgresql"))


def settings(*, database_url: str, var: Path) -> Settings:
    """Everything under `var`, no queue, mail into files."""
    return Settings(
        env="test",
        var=var,
        secret_key="a secret of the tests alone, long enough",
        database_url=database_url,
        storage_url=f"file://{var}/files",
        mail_url=f"file://{var}/mail",
        mail_from="results@agency.example",
        public_base_url="http://localhost",
    )


@pytest.fixture(scope="session")
def app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application on a migrated database."""
    app = create_app(settings(database_url=database_url, var=tmp_path_factory.mktemp("var")))
    app.jinja_env.undefined = StrictUndefined
    app.test_client_class = Client
    with app.app_context():
        upgrade()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """pytest-flask's own shares one request, and with it the sign-in, among all clients of a test."""


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """Reads what was committed; whatever a test wrote is deleted after it."""
    with app.app_context():
        yield db.session()
        db.session.rollback()
        with unit_of_work() as uow:
            empty(uow.session)


def empty(session: Session) -> None:
    """Delete every row; what points round in a circle lets go first."""
    tables = db.metadata.sorted_tables
    filled = set(session.scalars(_filled()))
    for table in tables:
        circular = [key.parent.name for key in table.foreign_keys if key.constraint and key.constraint.use_alter]
        if circular and table.name in filled:
            session.execute(table.update().values(dict.fromkeys(circular)))
    for table in reversed(tables):
        if table.name in filled:
            session.execute(table.delete())


@cache
def _filled() -> TextClause:
    """Names of the tables with rows, in one question: most tests write to a few of them."""
    names = [table.name for table in db.metadata.sorted_tables]
    return text(" UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in names))  # noqa: S608


@pytest.fixture
def client(app: Flask, session: Session) -> Client:
    """A browser of its own; `app.test_client()` makes more of them."""
    client = app.test_client()
    assert isinstance(client, Client)
    return client


@pytest.fixture
def var(app: Flask) -> Path:
    """The folder where files and mails of the test application lie."""
    settings: Settings = app.config["SETTINGS"]
    return settings.var


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A real queue server."""
    with valkey.server() as url:
        yield url


@pytest.fixture
def rq(app: Flask, redis_url: str) -> Iterator[Queue]:
    """The queue of the application, empty and really there for this test."""
    queue.init_app(app, redis_url=redis_url)
    rq: Queue = app.extensions["rq"]
    yield rq
    del app.extensions["rq"]
    rq.connection.flushall()
    rq.connection.close()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[dict[str, str]]:
    """A real S3 server with an empty bucket; the variables by which it is found."""
    with s3.server() as variables:
        yield variables


@pytest.fixture
def s3_url(s3_server: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """A STORAGE_URL of an empty place there."""
    for name, value in s3_server.items():
        monkeypatch.setenv(name, value)
    return f"s3://{s3.BUCKET}/{secrets.token_hex(4)}"


@pytest.fixture
def postbox() -> Iterator[smtp.Postbox]:
    """A real SMTP server that keeps what it is given."""
    with smtp.server() as postbox:
        yield postbox
