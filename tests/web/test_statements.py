"""A page asks the database as often for many rows as for few: every list of staff, tried as it is registered, and the
public search, a project and a review."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event, select, update

from backoffice.db import db
from backoffice.domain.permissions import Role
from backoffice.domain.projects import Status
from backoffice.models import Project
from backoffice.services import demo_scale
from backoffice.services.uow import unit_of_work
from backoffice.views.admin.base import RecordView
from tests import factories
from tests.factories import reviews, tickets
from tests.support.client import Client

pytestmark = [pytest.mark.one_engine, pytest.mark.slow]
FEW, MANY = 2, 20
OVER = 30  # the made projects from this place on have ended, and most are approved
PUBLIC = ("/projects/?view=projects", "/projects/?view=results")
FILLED = ("/admin/projects/?view=all", "/admin/results/", "/admin/review/?view=waiting", "/admin/contacts/",
          "/admin/tickets/?view=all", "/admin/users/")


@contextmanager
def statements() -> Iterator[list[str]]:
    """The questions that the engine is asked within the block."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(("SELECT", "WITH")):
            found.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def _asked(client: Client, paths: list[str]) -> tuple[dict[str, list[str]], dict[str, int]]:
    """What each page asks, and how many rows of a table it shows."""
    asked, rows = {}, {}
    for path in paths:
        with statements() as found:
            answer = client.get(path)
        assert answer.status_code == 200, path
        asked[path], rows[path] = found, answer.text.count("<tr")
    return asked, rows


def _shape(statement: str) -> str:
    """The statement whatever the number of its values."""
    return re.sub(r"\?(, \?)+", "?", statement)


def _fill(agency_id: int, *, first: int, many: int) -> None:
    """So many more of everything, one half with the agency, the other published."""
    with unit_of_work() as uow:
        demo_scale.add(uow, first=OVER + first, many=many)
    with unit_of_work() as uow:
        ids = list(uow.session.scalars(select(Project.id).order_by(Project.id).offset(first)))
        waiting = ids[: many // 2]  # the others stay published
        uow.session.execute(update(Project).where(Project.id.in_(waiting)).values(status=Status.UNDER_REVIEW))
    for project_id in waiting:
        factories.contact(project_id=project_id)
        tickets.ticket(agency_id=agency_id)
        factories.staff(agency_id=agency_id)


def test_lists_ask_no_more_for_many_rows_than_for_few(app: Flask, client: Client) -> None:
    agency_id = factories.agency()
    views = [view for site in app.extensions["admin"] for view in site._views if isinstance(view, RecordView)]
    paths = [*PUBLIC, *FILLED, *(f"{view.url.rstrip('/')}/" for view in views)]
    assert len(views) > 5
    people = [
        factories.staff(role, agency_id=agency_id) for role in (Role.SPECIALIST, Role.AGENCY_ADMIN, Role.HELPDESK)
    ]
    _fill(agency_id, first=0, many=FEW * 2)
    seen = {}
    for number in (FEW, MANY):
        for person in people:
            client.sign_in(person.email)
            open_ = [path for path in paths if client.get(path).status_code == 200]
            seen[number, person.email] = _asked(client, open_)
        if number == FEW:
            _fill(agency_id, first=FEW * 2, many=MANY * 2)
    grown = set()
    for person in people:
        (few, few_rows), (many, many_rows) = seen[FEW, person.email], seen[MANY, person.email]
        for path, asked in few.items():
            more = [Counter(map(_shape, statements)) for statements in (many[path], asked)]
            assert len(many[path]) == len(asked), f"{path} asks more: {more[0] - more[1]}"
        grown |= {path for path in few if many_rows[path] > few_rows[path]}
    assert set(FILLED) <= grown, "a list without more rows proves nothing"


@pytest.mark.parametrize("page", ["/admin/review/{code}/", "/admin/projects/{code}/"])
def test_pages_of_a_project_ask_no_more_for_many_results(client: Client, page: str) -> None:
    asked = []
    for results in (2, 8):
        scene = reviews.scene(results=results)
        reviews.submit(scene)
        code = db.session.scalars(select(Project.code).where(Project.id == scene.project_id)).one()
        client.sign_in(scene.specialist.email)
        found, _rows = _asked(client, [page.format(code=code)])
        asked.append(next(iter(found.values())))
    assert len(asked[0]) == len(asked[1]), asked[1]
