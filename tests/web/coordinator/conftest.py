"""A coordinator who is signed in, and the pages as a person reads them."""

import re
from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from backoffice.models import Project
from tests import factories
from tests.factories import Person, reviews
from tests.factories.reviews import Scene
from tests.support.client import Client


class Reader:
    """A browser of a signed-in person that finds forms and fields by their words."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.url = ""

    def get(self, url: str, *, status: int = 200) -> BeautifulSoup:
        response = self.client.get(url)
        assert response.status_code == status, (response.status_code, text_of(response)[:2000])
        self.url = url
        return soup_of(response)

    def send(self, url: str, button: str, **typed: object) -> TestResponse:
        """Open the page, fill fields by name, press the button."""
        return self.press(self.get(url), button, **typed)

    def press(self, page: BeautifulSoup, button: str, **typed: object) -> TestResponse:
        """Send the form of the first button whose words begin so."""
        form = form_of(page, button)
        return self.client.post(str(form.get("action") or self.url), data=filled(form, typed))


    def upload(self, url: str, data: dict[str, object]) -> TestResponse:
        """A form with files as a browser encodes it; the test client would leave the file of a large body open."""
        fields = {
            name: [_file(part) for part in value] if isinstance(value, list) else _file(value)
            for name, value in data.items()
        }
        boundary, body = encode_multipart(fields)
        return self.client.post(url, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def _file(value: object) -> object:
    """A pair of stream and name is a chosen file."""
    return FileStorage(stream=value[0], filename=value[1]) if isinstance(value, tuple) else value


def form_of(page: BeautifulSoup, button: str) -> Tag:
    buttons = [tag for tag in page.select("main button") if not tag.has_attr("aria-disabled")]
    control = next((tag for tag in buttons if said(page, tag).startswith(button)), None)
    assert control is not None, f"no button {button}: {[said(page, tag) for tag in buttons]}"
    form = page.find(id=str(control["form"])) if control.has_attr("form") else control.find_parent("form")
    assert isinstance(form, Tag)
    return form


def filled(form: Tag, typed: dict[str, object]) -> dict[str, object]:
    """What a browser would send: every field as it stands, with what the person typed."""
    data: dict[str, object] = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        name, kind = str(field["name"]), str(field.get("type", ""))
        if kind in {"file", "submit"}:
            continue
        if field.name == "textarea":
            data[name] = field.get_text().removeprefix("\n")
        elif field.name == "select":
            chosen = [str(option["value"]) for option in field.select("option[selected]")]
            data[name] = chosen if field.has_attr("multiple") else (chosen or [""])[0]
        elif kind in {"checkbox", "radio"}:
            if field.has_attr("checked"):
                data[name] = str(field.get("value", "y"))
        else:
            data[name] = str(field.get("value", ""))
    unknown = [name for name in typed if not form.select(f'[name="{name}"]')]
    assert not unknown, f"no such field: {unknown}"
    data.update(typed)
    return {name: value for name, value in data.items() if value is not None}


def said(page: BeautifulSoup, tag: Tag) -> str:
    """The name of a control, and after it what describes it."""
    about = page.find(id=str(tag.get("aria-describedby", "")))
    return f"{words(tag)} {words(about) if about else ''}".strip()


def words(tag: Tag) -> str:
    return re.sub(r"\s+", " ", tag.get_text(" ")).strip()


def text_of(response: TestResponse) -> str:
    return words(soup_of(response))


def soup_of(response: TestResponse) -> BeautifulSoup:
    return BeautifulSoup(response.get_data(as_text=True), "html.parser")


@pytest.fixture
def enter(app: Flask, session: Session) -> Callable[[Person], Reader]:
    """A browser in which the person is signed in."""

    def open_browser(person: Person) -> Reader:
        client = app.test_client()
        assert isinstance(client, Client)
        with client.session_transaction() as kept:
            kept["_user_id"], kept["_fresh"] = f"{person.user_id}.0", True
        return Reader(client)

    return open_browser


@pytest.fixture
def scene(session: Session) -> Scene:
    """An open, submittable project with two complete results."""
    return reviews.scene()


@pytest.fixture
def me(scene: Scene, enter: Callable[[Person], Reader]) -> Reader:
    """The coordinator of the scene."""
    return enter(scene.coordinator)


@pytest.fixture
def home(scene: Scene, session: Session) -> str:
    """The address of the project."""
    return f"/my/{session.get_one(Project, scene.project_id).code}/"


__all__ = ["Reader", "factories"]
