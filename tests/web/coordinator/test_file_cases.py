"""Cases from public reports, through the real form and the real download (names, media types, films)."""

import io
from urllib.parse import unquote

import pytest
from bs4 import Tag
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse

from backoffice.models import Result, StoredFile
from tests.factories.reviews import Scene
from tests.support import samples
from tests.web.coordinator.conftest import Reader, filled, soup_of

TABLE = "nosaukums;skaits\r\nĢimene;2\r\n".encode()


@pytest.fixture
def url(scene: Scene, home: str) -> str:
    return f"{home}results/{scene.result_ids[0]}"


def send(me: Reader, url: str, name: str, content: bytes, *, media_type: str | None = None) -> TestResponse:
    form = me.get(url).select_one("form#result")
    assert isinstance(form, Tag)
    file = FileStorage(io.BytesIO(content), filename=name, content_type=media_type)
    return me.client.post(url, data={**filled(form, {}), "files": file}, content_type="multipart/form-data")


def kept(session: Session, scene: Scene) -> list[StoredFile]:
    session.expire_all()
    return list(session.get_one(Result, scene.result_ids[0]).files)


def test_case_7_name_of_120_cyrillic_letters_is_shown_and_downloads_whole(
    scene: Scene, url: str, me: Reader, session: Session
) -> None:
    name = "Отчёт" * 24 + ".pdf"
    assert send(me, url, name, samples.GOOD["report.pdf"]).status_code == 302
    assert name in me.get(url).get_text()
    file = kept(session, scene)[-1]
    answer = me.client.get(f"{url}/files/{file.id}")
    assert unquote(answer.headers["Content-Disposition"].partition("filename*=UTF-8''")[2]) == name
    assert answer.data == samples.GOOD["report.pdf"]


def test_case_8_what_the_browser_says_of_a_csv_is_never_the_ground(
    scene: Scene, url: str, me: Reader, session: Session
) -> None:
    for media_type in ("text/csv", "application/vnd.ms-excel", "application/octet-stream", "text/html", None):
        assert send(me, url, "table.csv", TABLE, media_type=media_type).status_code == 302
    files = [file for file in kept(session, scene) if file.name.startswith("table")]
    assert {(file.media_type, file.kind, file.sha256) for file in files} == {("text/csv", "csv", files[0].sha256)}
    assert len(files) == 5
    answer = me.client.get(f"{url}/files/{files[3].id}")
    assert (answer.headers["Content-Type"], answer.data) == ("text/csv", TABLE)


def test_case_10_film_of_a_phone_is_refused_in_words_that_name_mp4(
    scene: Scene, url: str, me: Reader, session: Session
) -> None:
    before = len(kept(session, scene))
    response = send(me, url, "IMG_0001.MOV", samples.mp4(b"qt  ", b"qt  "), media_type="video/quicktime")
    page = soup_of(response)
    error = page.select_one('[data-error="file-type"]')
    assert error is not None
    assert "MP4" in page.get_text()
    assert len(kept(session, scene)) == before


def test_case_11_two_spellings_of_one_name_are_two_files_to_load_and_remove(
    scene: Scene, url: str, me: Reader, session: Session
) -> None:
    for name in ("ģimene.csv", "g\u0327imene.csv"):
        assert send(me, url, name, TABLE + name.encode()).status_code == 302
    one, two = [file for file in kept(session, scene) if "imene" in file.name]
    assert (one.name, two.name) == ("ģimene.csv", "ģimene (2).csv")
    bodies = [me.client.get(f"{url}/files/{file_id}").data for file_id in (one.id, two.id)]
    assert bodies == [TABLE + "ģimene.csv".encode(), TABLE + "g\u0327imene.csv".encode()]
    one_id, two_id = one.id, two.id
    for file_id in (one_id, two_id):
        page = me.get(url)
        assert page.select_one(f'[formaction$="/files/{file_id}/remove"], [action$="/files/{file_id}/remove"]')
        assert me.client.post(f"{url}/files/{file_id}/remove").status_code == 302
    assert not [file for file in kept(session, scene) if "imene" in file.name]
