"""Every route with every role, by real requests (DOMAIN §6, CONTRACT Pages).

Each rule of the address map stands in `tests/web/access.py` with what every role is answered; a new route fails here
until it is named there. A GET changes no row, a refused POST changes no row, a POST without its token is refused.
"""

import re

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests import factories
from tests.support.client import Client
from tests.support.watch import watch
from tests.web import access
from tests.web.access import Scene, Who

WRITES = ("POST", "PUT", "PATCH", "DELETE")


@pytest.fixture
def scene(session: Session) -> Scene:
    return access.scene()


def enter(app: Flask, scene: Scene, who: Who) -> Client:
    client = app.test_client()
    assert isinstance(client, Client)
    email = scene.emails.get(who)
    if email:
        client.sign_in(email)
    return client


def ask(client: Client, url: str, *, method: str = "GET") -> str:
    """The answer as the table says it; a page that fails is told like a wrong answer and hides no other."""
    try:
        return access.word(client.open(url, method=method, data=None if method == "GET" else {}, buffered=True))
    except Exception as error:
        return f"{type(error).__name__} {error}"


def test_every_route_is_named_and_every_name_is_a_route(app: Flask) -> None:
    there = {(rule.endpoint, method) for rule, method in access.rules(app)}
    named = set(access.TABLE)
    assert sorted(there - named) == [], "routes without an expectation: add them to tests/web/access.py"
    assert sorted(named - there) == [], "expectations without a route"


@pytest.mark.slow
@pytest.mark.parametrize("who", [who for who in Who if who is not Who.ADMIN])
def test_each_role_reads_what_it_may_and_reading_changes_nothing(app: Flask, scene: Scene, who: Who) -> None:
    assert faults_of_reads(app, scene, who) == []


@pytest.mark.slow
@pytest.mark.both_engines
def test_admin_reads_what_is_open_on_every_engine_and_reading_changes_nothing(app: Flask, scene: Scene) -> None:
    """Most is open to this role: pages of all tables."""
    assert faults_of_reads(app, scene, Who.ADMIN) == []


def faults_of_reads(app: Flask, scene: Scene, who: Who) -> list[str]:
    client = enter(app, scene, who)
    wrong = []
    with watch(apart=access.WRITTEN_BY_READS) as database:
        for rule, method in access.rules(app):
            if method == "GET":
                url = access.url(app, rule, scene)
                expected = access.TABLE[rule.endpoint, method][who]
                answer = ask(client, url)
                if answer != expected:
                    wrong.append(f"{url} ({rule.endpoint}): {answer}, not {expected}")
                wrong += [f"{url} ({rule.endpoint}) changed {rows}" for rows in database.changes()]
    return wrong


@pytest.mark.slow
@pytest.mark.parametrize("who", Who)
def test_each_role_writes_only_where_it_may(app: Flask, scene: Scene, who: Who) -> None:
    wrong = []
    with watch() as database:
        for rule, method in access.rules(app):
            if method not in WRITES:
                continue
            expected = access.TABLE[rule.endpoint, method][who]
            url = access.url(app, rule, scene)
            answer = ask(enter(app, scene, who), url, method=method)
            if answer != expected:  # an act before may have used up its row: once more on new ones
                scene = access.scene()
                database.changes()
                url = access.url(app, rule, scene)
                answer = ask(enter(app, scene, who), url, method=method)
            if answer != expected:
                wrong.append(f"{method} {url} ({rule.endpoint}): {answer}, not {expected}")
            if (rows := database.changes()) and expected != "ok":
                wrong.append(f"{method} {url} was refused and changed {rows}")
    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("who", [Who.ANON, Who.OTHER, Who.PLAT, Who.FOREIGN])
def test_a_stranger_reads_no_word_of_the_project(app: Flask, scene: Scene, who: Who) -> None:
    """Row scope holds for list, search, details, edit, choice and export alike."""
    client = enter(app, scene, who)
    wrong = []
    for rule, method in access.rules(app):
        if method != "GET":
            continue
        url = access.url(app, rule, scene)
        # The public pages tell of every project, and of nothing that was not approved.
        known = () if rule.rule.startswith(("/admin/", "/my/")) else (scene.arguments["code"],)
        queries = ("", "view=all", f"q={scene.arguments['code']}", "format=csv", "view=all&format=xlsx")
        for query in queries if not rule.arguments else queries[:1]:
            asked = f"{url}?{query}"
            try:
                text = client.get(asked, buffered=True).data.decode(errors="replace")
            except Exception as error:
                text = ""
                wrong.append(f"{asked} ({rule.endpoint}) fails: {error!r}")
            # A page may repeat what was asked for.
            told = [word for word in scene.words if word in text and word not in asked and word not in known]
            wrong += [f"{asked} ({rule.endpoint}) tells {told}"] if told else []
    assert wrong == []


def test_every_write_without_its_token_is_refused(app: Flask, scene: Scene) -> None:
    wrong = []
    for who in (Who.OWN, Who.ADMIN):
        client = enter(app, scene, who).without_token
        with watch() as database:
            for rule, method in access.rules(app):
                if method not in WRITES or rule.endpoint in access.NO_TOKEN:
                    continue
                answer = client.open(access.url(app, rule, scene), method=method, data={}, buffered=True)
                if answer.status_code != 400 or database.changes():
                    wrong.append(f"{method} {rule.rule} ({rule.endpoint}): {answer.status_code}")
    assert wrong == []


def test_the_watch_sees_what_another_connection_writes(session: Session) -> None:
    with watch() as database:
        assert database.changes() == []
        factories.agency()
        assert [change.partition(":")[0] for change in database.changes()] == ["agency"]
        assert database.changes() == []


def test_no_read_rule_has_the_name_of_an_act(app: Flask) -> None:
    """What a link can open may not act: mail scanners and browsers open links ahead."""
    acts = re.compile(r"/(claim|release|delete|logout|hide|show|undo)(/|$)")
    readable = [rule.rule for rule, method in access.rules(app) if method == "GET" and acts.search(rule.rule)]
    assert [rule for rule in readable if not access.CONFIRM_PAGES.search(rule)] == []
