"""Refusals and failures are pages in words, in the frame and the language of the reader."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask, abort, request
from flask.testing import FlaskClient

from backoffice import factory
from backoffice.db import db
from backoffice.domain.errors import Forbidden, Refused
from tests.conftest import settings


@pytest.fixture(scope="module")
def broken(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application with a few addresses that go wrong in each way."""
    app = factory.create_app(settings(database_url=database_url, var=tmp_path_factory.mktemp("broken")))
    app.testing = False  # as in real life: a fault becomes a page

    @app.get("/gone-wrong/<int:status>")
    def gone_wrong(status: int) -> str:
        abort(status)

    @app.get("/gone-wrong/refused")
    def refused() -> str:
        raise Refused("The project was cancelled.", code="cancelled")

    @app.get("/gone-wrong/forbidden")
    def forbidden() -> str:
        raise Forbidden("Nobody decides on a project of their own.", code="own-project")

    @app.get("/gone-wrong/bug")
    def bug() -> str:
        raise KeyError("a secret of the code")

    @app.post("/gone-wrong/form")
    def form() -> str:
        return "written"

    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def visitor(broken: Flask, app: Flask) -> FlaskClient:
    """`app` is asked for because it has migrated the database."""
    return broken.test_client()


def soup_of(visitor: FlaskClient, path: str, *, status: int) -> BeautifulSoup:
    answer = visitor.get(path)
    assert answer.status_code == status
    return BeautifulSoup(answer.get_data(as_text=True), "html.parser")


@pytest.mark.parametrize(("status", "code"), [
    (400, "http-400"), (403, "http-403"), (404, "http-404"), (405, "http-405"), (409, "http-409"),
    (413, "file-too-big"), (418, "http-418"), (429, "http-429"), (503, "http-503"),
])
def test_visitor_reads_what_to_do_in_both_languages(visitor: FlaskClient, status: int, code: str) -> None:
    titles = set()
    for language in ("en", "lv"):
        soup = soup_of(visitor, f"/gone-wrong/{status}?lang={language}", status=status)
        assert soup.html["lang"] == language
        assert soup.select_one(f"main [data-error='{code}']")
        assert soup.select_one("main a[href='/projects/']")
        assert soup.select_one("main p:not(.faint)").get_text(strip=True)
        titles.add(soup.h1.get_text(strip=True))
    assert titles


def test_visitor_reads_the_sentence_of_the_rule(visitor: FlaskClient) -> None:
    soup = soup_of(visitor, "/gone-wrong/refused?lang=en", status=409)
    assert soup.select_one("[data-error=cancelled]")
    assert "The project was cancelled." in soup.main.get_text()
    soup = soup_of(visitor, "/gone-wrong/forbidden?lang=en", status=403)
    assert soup.select_one("[data-error=own-project]")
    assert "Nobody decides on a project of their own." in soup.main.get_text()


def test_visitor_gets_a_number_and_no_inside_of_a_fault(
    visitor: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    soup = soup_of(visitor, "/gone-wrong/bug?lang=en", status=500)
    text = soup.get_text()
    assert "secret of the code" not in text
    assert "KeyError" not in text
    assert soup.select_one("main .code").get_text() in caplog.text


def test_a_number_larger_than_the_database_holds_is_of_nothing(visitor: FlaskClient) -> None:
    for number in (2**31, 2**70):
        soup_of(visitor, f"/projects/2023-1-LV01-KA220-SCH-000000001/results/{number}/download", status=404)


def test_visitor_still_gets_a_page_when_the_database_is_away(tmp_path: Path) -> None:
    empty = factory.create_app(settings(database_url=f"sqlite:///{tmp_path}/empty.db", var=tmp_path))
    empty.testing = False
    for headers in ({}, {"Accept-Language": "en"}):
        answer = empty.test_client().get("/nowhere", headers=headers)
        assert answer.status_code == 500
        assert 'data-error="http-500"' in answer.get_data(as_text=True)
    with empty.app_context():
        db.engine.dispose()


def test_visitor_goes_back_to_where_they_were_and_never_to_another_site(visitor: FlaskClient) -> None:
    for referrer, expected in (("http://localhost/guide?x=1", "/guide?x=1"), ("https://evil.example/x", None)):
        answer = visitor.get("/gone-wrong/404?lang=en", headers={"Referer": referrer})
        links = [link["href"] for link in BeautifulSoup(answer.data, "html.parser").select("main a")]
        assert (expected in links) if expected else not any("evil" in link for link in links)


def test_member_whose_form_expired_learns_that_nothing_is_lost(visitor: FlaskClient) -> None:
    answer = visitor.post("/gone-wrong/form?lang=en", data={"title": "A long text"})
    assert answer.status_code == 400
    soup = BeautifulSoup(answer.get_data(as_text=True), "html.parser")
    assert soup.select_one("[data-error=form-expired]")
    assert "what you typed is not lost" in soup.main.get_text()


def test_visitor_who_opens_what_only_a_button_sends_is_told_so(visitor: FlaskClient) -> None:
    soup_of(visitor, "/gone-wrong/form?lang=en", status=405)
    assert "POST" in visitor.get("/gone-wrong/form").headers["Allow"]


def test_an_upload_that_is_cut_off_keeps_no_file_open(app: Flask) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n' + b"a" * 600_000
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": "900000"}
    with app.test_request_context("/", method="POST", input_stream=io.BytesIO(part), headers=headers):
        assert not request.files  # the form could not be read to its end
        (left,) = request.__dict__["uploads"]
        assert not left.closed
    assert left.closed
