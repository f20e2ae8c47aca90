"""Every route with every role, by real requests (DOMAIN §6, CONTRACT Pages).

Each rule of the address map stands in `tests/web/access.py` with what every role is answered; a new route fails here
until it is named there. A GET changes no row, a refused POST changes no row, a POST without its token is refused.
"""

import re

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.db import db
from tests.support.client import Client
from tests.web import access
from tests.web.access import Scene, Who

WRITES = ("POST", "PUT", "PATCH", "DELETE")


@pytest.fixture
def scene(session: Session) -> Scene:
    return access.scene()


def snapshot(session: Session) -> dict[str, frozenset[tuple[object, ...]]]:
    """Every row of every table."""
    session.rollback()
    return {
        table.name: frozenset(tuple(map(repr, row)) for row in session.execute(select(table)))
        for table in db.metadata.sorted_tables
        if table.name not in access.WRITTEN_BY_READS
    }


def changed(before: dict[str, frozenset[tuple[object, ...]]], session: Session) -> list[str]:
    after = snapshot(session)
    return [f"{table}: {rows ^ after[table]}" for table, rows in before.items() if rows != after[table]]


def enter(app: Flask, scene: Scene, who: Who) -> Client:
    client = app.test_client()
    assert isinstance(client, Client)
    email = scene.emails.get(who)
    if email:
        client.sign_in(email)
    return client


def test_every_route_is_named_and_every_name_is_a_route(app: Flask) -> None:
    there = {(rule.endpoint, method) for rule, method in access.rules(app)}
    named = set(access.TABLE)
    assert sorted(there - named) == [], "routes without an expectation: add them to tests/web/access.py"
    assert sorted(named - there) == [], "expectations without a route"


@pytest.mark.parametrize("who", Who)
def test_each_role_reads_what_it_may_and_reading_changes_nothing(
    app: Flask, session: Session, scene: Scene, who: Who
) -> None:
    client = enter(app, scene, who)
    before = snapshot(session)
    wrong = []
    for rule, method in access.rules(app):
        if method == "GET":
            url = access.url(app, rule, scene)
            answer = access.word(client.get(url, buffered=True))
            if answer != access.TABLE[rule.endpoint, method][who]:
                wrong.append(f"{url} ({rule.endpoint}): {answer}, not {access.TABLE[rule.endpoint, method][who]}")
    assert wrong == []
    assert changed(before, session) == []


@pytest.mark.parametrize("who", Who)
def test_each_role_writes_only_where_it_may(app: Flask, session: Session, scene: Scene, who: Who) -> None:
    wrong = []
    for rule, method in access.rules(app):
        expected = access.TABLE.get((rule.endpoint, method), {}).get(who)
        if method not in WRITES or expected is None:
            continue
        client = enter(app, scene, who)
        before = {} if expected == "ok" else snapshot(session)
        url = access.url(app, rule, scene)
        answer = access.word(client.open(url, method=method, data={}, buffered=True))
        if answer != expected:
            wrong.append(f"{method} {url} ({rule.endpoint}): {answer}, not {expected}")
        if rows := changed(before, session) if before else []:
            wrong.append(f"{method} {url} was refused and changed {rows}")
    assert wrong == []


def test_every_write_without_its_token_is_refused(app: Flask, session: Session, scene: Scene) -> None:
    wrong = []
    for who in (Who.OWN, Who.ADMIN):
        client = enter(app, scene, who).without_token
        before = snapshot(session)
        for rule, method in access.rules(app):
            if method not in WRITES or rule.endpoint in access.NO_TOKEN:
                continue
            answer = client.open(access.url(app, rule, scene), method=method, data={}, buffered=True)
            if answer.status_code != 400:
                wrong.append(f"{method} {rule.rule} ({rule.endpoint}): {answer.status_code}")
        assert changed(before, session) == []
    assert wrong == []


def test_no_read_rule_has_the_name_of_an_act(app: Flask) -> None:
    """What a link can open may not act: mail scanners and browsers open links ahead."""
    acts = re.compile(r"/(claim|release|delete|logout|hide|show|undo)(/|$)")
    readable = [rule.rule for rule, method in access.rules(app) if method == "GET" and acts.search(rule.rule)]
    assert [rule for rule in readable if not access.CONFIRM_PAGES.search(rule)] == []
