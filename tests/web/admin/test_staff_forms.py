"""Forms of the back-office from the list and back: nothing typed, seen or filtered is lost on the way."""

from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.models import AuditEvent, Project, User
from tests import factories
from tests.factories.reviews import Scene
from tests.support.client import Client
from tests.web.coordinator.conftest import filled


@pytest.fixture
def code(session: Session, scene: Scene) -> str:
    return session.get_one(Project, scene.project_id).code


def page(client: Client, url: str) -> BeautifulSoup:
    answer = client.get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return BeautifulSoup(answer.text, "html.parser")


def href(tag: Tag | None) -> str:
    assert tag is not None
    return str(tag["href"])


def test_staff_come_back_to_the_filters_and_the_page_from_which_they_opened_a_row(
    client: Client, scene: Scene
) -> None:
    for number in range(30):
        factories.project(agency_id=scene.agency_id, title=f"Kurss {number:02}")
    client.sign_in(scene.specialist.email)
    first = "/admin/projects/?view=all&q=kurss"
    second = href(page(client, first).select_one("a[rel=next]"))
    row = href(page(client, second).select_one("tbody a.ttl"))
    form = href(page(client, row).select_one('a[href*="/report"]'))

    def leads_back(url: str) -> bool:
        back = href(page(client, url).select_one("nav.crumbs a, .crumbs a"))
        return page(client, back).select("tbody .code") == page(client, second).select("tbody .code")

    cancelled = href(page(client, form).select_one("#decision aside a"))
    assert cancelled == row
    assert leads_back(cancelled)
    refused = client.post(form, data={"handed_in_on": "2999-01-31"})
    assert refused.status_code == 422
    assert href(BeautifulSoup(refused.text, "html.parser").select_one("#decision aside a")) == row
    with client.session_transaction() as gone:
        gone.clear()
    assert parse_qs(urlsplit(client.post(form).headers["Location"]).query)["next"] == [form]
    client.sign_in(scene.specialist.email)
    saved = client.post(form, data={"handed_in_on": "2026-01-31"})
    assert saved.headers["Location"] == row
    assert leads_back(row)


def test_a_stale_fact_names_who_changed_it_and_the_browser_fills_nothing_in(
    client: Client, app: Flask, session: Session, scene: Scene, code: str
) -> None:
    url = f"/admin/projects/{code}/responsible"
    client.sign_in(scene.specialist.email)
    old = values(form_of(page(client, url)))
    other = app.test_client()
    assert isinstance(other, Client)
    other.sign_in(scene.colleague.email)
    newer = values(form_of(page(other, url)))
    assert other.post(url, data=newer | {"responsible": str(scene.colleague.user_id)}).status_code == 302
    refused = client.post(url, data=old | {"responsible": str(scene.specialist.user_id)})
    assert refused.status_code == 422
    told = BeautifulSoup(refused.text, "html.parser")
    name = session.get_one(User, scene.colleague.user_id).name
    assert told.select_one('[data-error="stale"]')
    hint = told.select_one("#responsible-hint")
    assert hint is not None
    assert hint.text.count(name) == 2, "what stands there now, and who set it when"
    assert client.post(url, data=values(form_of(told))).status_code == 302
    session.rollback()
    assert session.get_one(Project, scene.project_id).responsible_id == scene.specialist.user_id
    count = session.scalar(select(func.count()).select_from(AuditEvent))
    for path in ("responsible", "dates", "marks", "grant"):  # saved as it stands: nothing changes
        form = form_of(page(client, f"/admin/projects/{code}/{path}"))
        fields = form.select("input[type=text], input[type=date], textarea, select")
        assert [field["name"] for field in fields if field.get("autocomplete") != "off"] == []
        assert client.post(f"/admin/projects/{code}/{path}", data=values(form)).status_code == 302
    assert session.scalar(select(func.count()).select_from(AuditEvent)) == count


def form_of(page: BeautifulSoup) -> Tag:
    form = page.select_one("#decision")
    assert form is not None
    return form


def values(form: Tag) -> dict[str, object]:
    """The fields of a form as a browser sends them."""
    return filled(form, {})
