"""Lists at size: our pages against stock Flask-Admin, Django admin and the bare SQL, on the same rows of PostgreSQL.

`make bench ARGS='lists'` makes 200,000 projects; `SCALE=20000` is quicker. All in one run and one process, one request
after the other in turn, so that a noisy machine hits all of them alike; read the ratios.
"""

import contextlib
import contextvars
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select

from backoffice.db import db
from backoffice.domain.permissions import Role
from backoffice.factory import create_app
from backoffice.models import Project
from backoffice.queries import keyset, projects
from backoffice.services import demo_scale
from backoffice.services.uow import unit_of_work
from benchmarks.imports import settings
from tests import factories
from tests.support import postgres
from tests.support.client import Client

SCALE = int(os.environ.get("SCALE", "200000"))
ROUNDS = 15
ROWS = 25  # of a page on every side: as many as our lists show
WORD, STATUS = "harbour", "returned"
Ask = Callable[[], object]


class Quick(Client):
    """As in the tests, without the look at every answer's markup."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        return contextvars.Context().run(self._open, *args, **kwargs)


SQL = {
    "page 1": "SELECT {columns} FROM project WHERE agency_id = {agency} ORDER BY sort_key, id LIMIT 26",
    "deep page": "SELECT {columns} FROM project WHERE agency_id = {agency} AND (sort_key, id) > ({key!r}, {id}) "
                 "ORDER BY sort_key, id LIMIT 26",
    "search": "SELECT {columns} FROM project WHERE agency_id = {agency} AND search_key LIKE '%{word}%' "
              "ORDER BY sort_key, id LIMIT 26",
    "filter": "SELECT {columns} FROM project WHERE agency_id = {agency} AND status = '{status}' "
              "ORDER BY sort_key, id LIMIT 26",
}
COLUMNS = ("id", "code", "title", "organisation", "status", "end_date", "grant_state", "created_at")


def main() -> None:
    folder = postgres.binaries()
    if folder is None:
        print(f"Lists: left out: {postgres.WHY_NOT}")
        return
    with postgres.server(folder) as url, tempfile.TemporaryDirectory() as var:
        app = create_app(settings(url=url, var=Path(var)))
        app.test_client_class = Quick
        app.testing = False  # as in real life: the number beside "Needs data" is kept for a minute
        with app.app_context():
            upgrade()
            agency_id = _fill()
            person = factories.staff(Role.SPECIALIST, agency_id=agency_id)
            edge = _deep(agency_id)
            key, row_id, cursor = edge.sort_key, edge.id, keyset.cursor_of(edge, projects.LIST_ORDER)
            db.session.remove()
        ours = _ours(app, person.email, cursor=cursor)
        peers = {
            "ours": {name: ours[name] for name in SQL},
            "Flask-Admin 2.2": _stock(url),
            "Django admin 5.2": _django(url),
            "bare SQL": _bare(url, agency_id=agency_id, key=key, row_id=row_id),
        }
        print(f"List of projects: {SCALE:,} projects, {SCALE * 3:,} results, {SCALE * 10:,} audit events; ms p50 / p95")
        _shown(peers)
        _table(_measure(peers))
        more = {"ours": {name: ask for name, ask in ours.items() if name not in SQL}}
        print("Other lists of ours; ms p50 / p95")
        _table(_measure(more))


def _fill() -> int:
    """Made rows of one agency; gives its id."""
    agency_id = factories.agency(code="LV01")
    done = 0
    while done < SCALE:
        step = min(demo_scale.BATCH, SCALE - done)
        with unit_of_work() as uow:
            demo_scale.add(uow, first=done, many=step)
        done += step
        print(f"\r  {done:,} projects", end="", flush=True)
    with unit_of_work() as uow:
        demo_scale.settle(uow)
    print()
    return agency_id


def _deep(agency_id: int) -> Project:
    """The row after which a deep page begins: three fifths down the list."""
    query = select(Project).where(Project.agency_id == agency_id).order_by(*projects.LIST_ORDER)
    return db.session.scalars(query.offset(SCALE * 3 // 5).limit(1)).one()


def _ours(app: Flask, email: str, *, cursor: str) -> dict[str, Ask]:
    client = app.test_client()
    assert isinstance(client, Quick)
    client.sign_in(email)

    def page(path: str) -> Ask:
        def ask() -> object:
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.status_code)
            return answer

        return ask

    return {
        "page 1": page("/admin/projects/?view=all"),
        "deep page": page(f"/admin/projects/?view=all&at={cursor}"),
        "search": page(f"/admin/projects/?view=all&q={WORD}"),
        "filter": page(f"/admin/projects/?view=all&status={STATUS}"),
        "review queue": page("/admin/review/?view=waiting"),
        "queue, search": page(f"/admin/review/?q={WORD}"),
        "results": page("/admin/results/"),
        "results, search": page(f"/admin/results/?q={WORD}"),
        "audit trail": page("/admin/audit/"),
        "public, page 1": page("/projects/"),
        "public, search": page(f"/projects/?q={WORD}"),
        "public, filter": page("/projects/?type=handbook"),
    }


def _stock(url: str) -> dict[str, Ask]:
    """Flask-Admin as its documentation shows it."""
    from flask_admin import Admin
    from flask_admin.contrib.sqla import ModelView
    from flask_babel import Babel
    from flask_sqlalchemy import SQLAlchemy

    app = Flask("stock")
    app.config.update(SQLALCHEMY_DATABASE_URI=url, SECRET_KEY="of the benchmark alone")
    Babel(app)  # Flask-Admin asks it for words as soon as it is installed
    other = SQLAlchemy(app)

    class View(ModelView):
        column_list = COLUMNS
        column_searchable_list = ("code", "title", "organisation")
        column_filters = ("status",)
        column_default_sort = "sort_key"
        page_size = ROWS
        can_create = can_edit = can_delete = False

    with app.app_context():
        Admin(app).add_view(View(Project, other.session, endpoint="project"))
    client = app.test_client()
    paths = {
        "page 1": "/admin/project/", "deep page": f"/admin/project/?page={SCALE * 3 // 5 // ROWS}",
        "search": f"/admin/project/?search={WORD}", "filter": f"/admin/project/?flt0_0={STATUS.upper()}",
    }
    return {name: _asking(client.get, path) for name, path in paths.items()}


def _django(url: str) -> dict[str, Ask]:
    """Django's admin on the very table, with its own tables for sign-in beside."""
    import django
    from django.conf import settings as django_settings

    found = psycopg.conninfo.conninfo_to_dict(url.replace("+psycopg", ""))
    django_settings.configure(
        SECRET_KEY="of the benchmark alone", DEBUG=False, ALLOWED_HOSTS=["*"], ROOT_URLCONF="benchmarks.django_site",
        DATABASES={"default": {
            "ENGINE": "django.db.backends.postgresql", "NAME": found["dbname"], "USER": found["user"],
            "HOST": found["host"], "CONN_MAX_AGE": 600,
        }},
        INSTALLED_APPS=[
            "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
            "django.contrib.messages",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        TEMPLATES=[{
            "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
            "OPTIONS": {"context_processors": [
                "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]},
        }],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField", USE_TZ=True, STATIC_URL="/static/",
    )
    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.test import Client as DjangoClient

    call_command("migrate", verbosity=0)
    client = DjangoClient()
    client.force_login(get_user_model().objects.create_superuser("bench", password="bench"))
    paths = {
        "page 1": "/admin/auth/project/", "deep page": f"/admin/auth/project/?p={SCALE * 3 // 5 // ROWS}",
        "search": f"/admin/auth/project/?q={WORD}", "filter": f"/admin/auth/project/?status__exact={STATUS}",
    }
    return {name: _asking(client.get, path) for name, path in paths.items()}


def _asking(get: Callable[[str], Any], path: str) -> Ask:
    def ask() -> object:
        answer = get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer

    return ask


def _bare(url: str, *, agency_id: int, key: str, row_id: int) -> dict[str, Ask]:
    connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
    values = {
        "columns": ", ".join(COLUMNS), "agency": agency_id, "key": key, "id": row_id, "word": WORD,
        "status": STATUS,
    }

    def asking(query: str) -> Ask:
        return lambda: connection.execute(query.encode()).fetchall()

    return {name: asking(query.format(**values)) for name, query in SQL.items()}


def _shown(sides: dict[str, dict[str, Ask]]) -> None:
    """How many rows each side answers with: an empty page would be quick and prove nothing."""
    for side, asks in sides.items():
        found = {name: ask() for name, ask in asks.items()}
        rows = {
            name: len(answer) if isinstance(answer, list) else _text(answer).count("<tr") - 1  # without the head
            for name, answer in found.items()
        }
        print(f"  rows of {side}: {rows}")


def _text(answer: Any) -> str:
    return str(answer.get_data(as_text=True) if hasattr(answer, "get_data") else answer.content.decode())


def _measure(sides: dict[str, dict[str, Ask]]) -> dict[str, dict[str, tuple[float, float]]]:
    """p50 and p95 in milliseconds; the sides take turns."""
    taken: dict[str, dict[str, list[float]]] = {side: {name: [] for name in asks} for side, asks in sides.items()}
    for number in range(ROUNDS + 2):
        for side, asks in sides.items():
            for name, ask in asks.items():
                with _timed() as seconds:
                    ask()
                if number >= 2:  # the first two rounds warm caches and compile templates
                    taken[side][name].append(seconds[0] * 1000)
    return {
        side: {name: (statistics.median(all_), statistics.quantiles(all_, n=20)[-1]) for name, all_ in found.items()}
        for side, found in taken.items()
    }


def _table(found: dict[str, dict[str, tuple[float, float]]]) -> None:
    mine = found["ours"]
    for name, (p50, p95) in mine.items():
        line = f"  {name:<16} ours {p50:7.1f} / {p95:7.1f}"
        for side in found:
            if side != "ours":
                other = found[side][name]
                line += f"   {side} {other[0]:7.1f} / {other[1]:7.1f} = {other[0] / p50:6.2f} × ours"
        print(line, f"  {p50 / mine['page 1'][0]:.2f} × our page 1" if "page 1" in mine else "")


@contextlib.contextmanager
def _timed() -> Iterator[list[float]]:
    taken: list[float] = []
    start = time.perf_counter()
    yield taken
    taken.append(time.perf_counter() - start)
