"""A download, whoever asks: never run, whole or in parts, under its full name (DOMAIN §4 "Serving")."""

import io
from urllib.parse import unquote

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound, RequestedRangeNotSatisfiable
from werkzeug.test import TestResponse, run_wsgi_app

from backoffice.db import db
from backoffice.domain.files import FileCheck, FilePurpose
from backoffice.models import StoredFile
from backoffice.services.uow import unit_of_work
from backoffice.storage.stores import open_store
from backoffice.views import serving
from tests import factories

BODY = bytes(range(256)) * 20


@pytest.fixture
def file_id(session: Session) -> int:
    project_id = factories.project(agency_id=factories.agency())
    result_id = factories.result(project_id=project_id, has_file=False)
    return factories.file(project_id=project_id, result_id=result_id, name="a.pdf", content=BODY)


def change(file_id: int, **values: object) -> None:
    with unit_of_work() as uow:
        file = uow.session.get_one(StoredFile, file_id)
        for name, value in values.items():
            setattr(file, name, value)


def ask(
    app: Flask, file_id: int, *, is_inline: bool = False, visibility: str = "private", name: str = "", **headers: str
) -> TestResponse:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    with app.test_request_context("/", headers=named) as context:
        file = db.session.get_one(StoredFile, file_id)
        response = serving.serve(file, is_inline=is_inline, visibility=visibility, name=name)
        answer = TestResponse(*run_wsgi_app(response, context.request.environ, buffered=True), context.request)
    db.session.rollback()
    return answer


@pytest.mark.one_engine
@pytest.mark.slow
def test_download_from_a_bucket_comes_whole_and_in_parts(
    app: Flask, file_id: int, s3_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(s3_url)
    stored = store.put(io.BytesIO(BODY), name="a.pdf")
    change(file_id, storage_key=stored.key)
    monkeypatch.setitem(app.extensions, "store", store)
    assert ask(app, file_id).data == BODY
    part = ask(app, file_id, Range="bytes=300-399")
    assert (part.status_code, part.data) == (206, BODY[300:400])
    assert ask(app, file_id, Range="bytes=-5").data == BODY[-5:]
    store.delete(stored.key)
    with pytest.raises(NotFound):
        ask(app, file_id)


def test_download_comes_whole_and_can_run_nothing(app: Flask, file_id: int) -> None:
    change(file_id, media_type="application/pdf", kind="pdf")
    answer = ask(app, file_id)
    assert (answer.status_code, answer.data, answer.content_length) == (200, BODY, len(BODY))
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize("name", ["Ж" * 120 + ".pdf", "ģ \"'; x=%41\\.pdf", "a\u00adb💡.pdf", "日本.pdf"])
def test_case_7_full_name_arrives_whatever_its_letters(app: Flask, file_id: int, name: str) -> None:
    header = ask(app, file_id, name=name).headers["Content-Disposition"]
    assert header.isascii()
    plain, _, full = header.partition("; filename*=UTF-8''")
    assert unquote(full) == name
    assert plain.startswith('attachment; filename="')
    assert plain.count('"') == 2


@pytest.mark.parametrize(
    ("asked", "start", "stop"), [("bytes=0-0", 0, 1), ("bytes=100-4199", 100, 4200), ("bytes=5000-", 5000, 5120),
                                 ("bytes=-20", 5100, 5120)]
)
def test_part_of_a_film_can_be_asked_for(app: Flask, file_id: int, asked: str, start: int, stop: int) -> None:
    answer = ask(app, file_id, Range=asked)
    assert (answer.status_code, answer.data) == (206, BODY[start:stop])
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(BODY)}"
    assert answer.content_length == stop - start


def test_part_behind_the_end_is_refused(app: Flask, file_id: int) -> None:
    with pytest.raises(RequestedRangeNotSatisfiable):
        ask(app, file_id, Range="bytes=9000-")


def test_known_version_is_not_sent_again_but_hiding_makes_another(app: Flask, file_id: int) -> None:
    tag = ask(app, file_id, visibility="public").headers["ETag"]
    again = ask(app, file_id, visibility="public", If_None_Match=tag)
    assert (again.status_code, again.data) == (304, b"")
    assert ask(app, file_id, visibility="private", If_None_Match=tag).status_code == 200
    assert ask(app, file_id, visibility="public").headers["Cache-Control"] == "no-cache"
    assert ask(app, file_id).headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("check", [FileCheck.WAITING, FileCheck.INFECTED])
def test_waiting_and_infected_bytes_are_served_to_nobody(app: Flask, file_id: int, check: FileCheck) -> None:
    change(file_id, check_state=check)
    with pytest.raises(NotFound):
        ask(app, file_id)


def test_bytes_that_are_gone_are_not_found(app: Flask, file_id: int) -> None:
    with app.app_context():
        app.extensions["store"].delete(db.session.get_one(StoredFile, file_id).storage_key)
        db.session.rollback()
    with pytest.raises(NotFound):
        ask(app, file_id)


@pytest.mark.parametrize(
    ("kind", "purpose", "shown", "policy"),
    [
        ("pdf", FilePurpose.RESULT, True, "default-src 'none'"),
        ("mp4", FilePurpose.RESULT, True, "sandbox; default-src 'none'"),
        ("mp3", FilePurpose.RESULT, True, "sandbox; default-src 'none'"),
        ("png", FilePurpose.LOGO, True, "sandbox; default-src 'none'"),
        ("png", FilePurpose.RESULT, False, "sandbox; default-src 'none'"),
        ("docx", FilePurpose.RESULT, False, "sandbox; default-src 'none'"),
        ("zip", FilePurpose.RESULT, False, "sandbox; default-src 'none'"),
        ("txt", FilePurpose.RESULT, False, "sandbox; default-src 'none'"),
    ],
)
def test_only_our_own_pictures_media_and_pdf_are_shown_inline(
    app: Flask, file_id: int, kind: str, purpose: FilePurpose, shown: bool, policy: str
) -> None:
    change(file_id, kind=kind, **({} if purpose is FilePurpose.RESULT else {"purpose": purpose, "result_id": None}))
    answer = ask(app, file_id, is_inline=True)
    assert answer.headers["Content-Disposition"].startswith("inline;") == shown
    assert answer.headers["Content-Security-Policy"] == policy
    assert ask(app, file_id).headers["Content-Disposition"].startswith("attachment;")
