"""Files of results (S11): the limit is said before choosing; what is refused says why and the rest is kept."""

import io
from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from backoffice.domain.files import MAX_RESULT_BYTES, FileCheck
from backoffice.models import Result, StoredFile
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import Person, reviews
from tests.factories.reviews import Scene
from tests.support import samples
from tests.web.coordinator.conftest import Reader, filled, soup_of, text_of, words

Enter = Callable[[Person], Reader]


@pytest.fixture
def url(scene: Scene, home: str) -> str:
    return f"{home}results/{scene.result_ids[0]}"


def upload(me: Reader, url: str, *files: tuple[str, bytes], **typed: object) -> TestResponse:
    """As a browser sends the form, with the chosen files."""
    form = me.get(url).select_one("form#result")
    assert form is not None
    data = {**filled(form, typed), "files": [(io.BytesIO(content), name) for name, content in files]}
    return me.upload(url, data)


def names(session: Session, result_id: int) -> list[str]:
    session.expire_all()
    return [file.name for file in session.get_one(Result, result_id).files]


def test_limit_rest_and_types_are_said_before_choosing(scene: Scene, url: str, me: Reader) -> None:
    page = me.get(url)
    hint = words(page.find(id="files-hint"))
    assert "at most 100 MB" in hint.replace("\u00a0", " ")
    assert "are left" in hint
    assert "PDF, Word, Excel" in hint
    field = page.find(id="files")
    assert "files-hint" in str(field["aria-describedby"])
    assert ".pdf" in str(field["accept"])
    form = page.select_one("form#result")
    assert form is not None
    assert int(str(form["data-max-bytes"])) < MAX_RESULT_BYTES


def test_several_files_are_kept_with_the_texts(scene: Scene, url: str, me: Reader, session: Session) -> None:
    response = upload(
        me, url, ("Plāns.pdf", samples.GOOD["report.pdf"]), ("data.csv", b"a;b\n1;2\n"), title="With files"
    )
    assert response.status_code == 302, text_of(response)[:600]
    assert names(session, scene.result_ids[0])[1:] == ["Plāns.pdf", "data.csv"]
    assert session.get_one(Result, scene.result_ids[0]).title == "With files"


def test_new_result_may_come_with_its_file(scene: Scene, home: str, me: Reader, session: Session) -> None:
    assert upload(me, home + "results/new", ("only.txt", b"only a file")).status_code == 302
    added = session.scalars(select(Result).order_by(Result.id.desc())).first()
    assert added is not None
    assert names(session, added.id) == ["only.txt"]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.txt", b"", "file-empty"),
        ("setup.exe", b"MZ" + bytes(100), "file-executable"),
        ("page.html", b"<script>alert(1)</script>", "file-script"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "file-script"),
        ("film.mov", bytes(100), "file-type"),
        ("report.pdf", b"just a text", "file-mismatch"),
    ],
)
def test_refused_file_says_why_beside_the_field_and_the_rest_is_saved(
    scene: Scene, url: str, me: Reader, session: Session, name: str, content: bytes, code: str
) -> None:
    response = upload(me, url, (name, content), ("good.txt", b"a good one"), title="Saved all the same")
    page = soup_of(response)
    assert response.status_code == 422
    assert page.select_one(f'#files-error [data-error="{code}"]')
    assert name in words(page.find(id="files-error"))
    assert page.select_one('.errsum a[href="#files"]')
    assert "The result is saved, but for 1 file" in words(page.select_one(".errsum"))
    assert names(session, scene.result_ids[0])[1:] == ["good.txt"]
    assert session.get_one(Result, scene.result_ids[0]).title == "Saved all the same"
    assert page.find(id="title")["value"] == "Saved all the same"


def test_refused_file_of_a_new_result_leads_on_to_that_result(
    scene: Scene, home: str, me: Reader, session: Session
) -> None:
    response = upload(me, home + "results/new", ("a.mov", bytes(9)), title="New one")
    page = soup_of(response)
    assert response.status_code == 422
    added = session.scalars(select(Result).order_by(Result.id.desc())).first()
    assert added is not None
    assert page.select_one("form#result")["action"].endswith(f"/results/{added.id}")


@pytest.mark.slow
def test_one_byte_over_the_limit_is_refused_and_the_limit_itself_fits(
    scene: Scene, home: str, me: Reader, session: Session
) -> None:
    new = home + "results/new"
    line = b"x" * 1023 + b"\n"
    full = line * (MAX_RESULT_BYTES // 1024)
    assert upload(me, new, ("full.txt", full), title="Full").status_code == 302
    result = session.scalars(select(Result).order_by(Result.id.desc())).first()
    assert result is not None
    assert result.files[0].size == MAX_RESULT_BYTES
    response = upload(me, new, ("over.txt", full + b"x"), title="Over", description="Kept")
    page = soup_of(response)
    assert response.status_code == 422
    assert page.select_one('#files-error [data-error="file-too-big"]')
    assert "Kept" in page.find(id="description").get_text()


def test_files_that_are_too_much_in_sum_are_refused_by_name(
    scene: Scene, url: str, me: Reader, session: Session
) -> None:
    with unit_of_work() as uow:
        file = uow.session.scalars(select(StoredFile).where(StoredFile.result_id == scene.result_ids[0])).one()
        file.size = MAX_RESULT_BYTES - 10
    page = me.get(url)
    form = page.select_one("form#result")
    assert form is not None
    assert form["data-max-bytes"] == "10"
    response = upload(me, url, ("small.txt", b"1234567"), ("more.txt", b"1234567"))
    assert response.status_code == 422
    assert "more.txt" in words(soup_of(response).find(id="files-error"))
    assert names(session, scene.result_ids[0])[1:] == ["small.txt"]


def test_file_that_arrives_with_a_stale_text_is_kept(scene: Scene, url: str, me: Reader, session: Session) -> None:
    form = me.get(url).select_one("form#result")
    me.send(url, "Save", title="Theirs")
    data = {**filled(form, {"title": "Mine"}), "files": [(io.BytesIO(b"not lost"), "kept.txt")]}
    response = me.upload(url, data)
    assert response.status_code == 409
    assert names(session, scene.result_ids[0])[1:] == ["kept.txt"]
    me.press(soup_of(response), "Save")
    session.expire_all()
    assert session.get_one(Result, scene.result_ids[0]).title == "Mine"


def test_no_file_is_stored_for_a_closed_result(scene: Scene, url: str, me: Reader, session: Session) -> None:
    form = me.get(url).select_one("form#result")
    reviews.submit(scene)
    before = session.scalar(select(func.count()).select_from(StoredFile))
    data = {**filled(form, {}), "files": [(io.BytesIO(b"too late"), "late.txt")]}
    assert me.upload(url, data).status_code == 409
    session.expire_all()
    assert session.scalar(select(func.count()).select_from(StoredFile)) == before


def test_removed_file_can_be_brought_back(scene: Scene, url: str, me: Reader, session: Session) -> None:
    (name,) = names(session, scene.result_ids[0])
    session.rollback()
    response = me.send(url, f"Remove {name}")
    assert names(session, scene.result_ids[0]) == []
    page = me.get(response.location.partition("#")[0])
    assert "The file is removed." in words(page.main)
    me.press(page, "Undo")
    assert names(session, scene.result_ids[0]) == [name]


@pytest.mark.parametrize("state", ["open", "under review", "approved"])
def test_coordinator_reads_own_files_in_every_state(
    scene: Scene, url: str, me: Reader, session: Session, state: str
) -> None:
    file_id = factories.file(project_id=scene.project_id, result_id=scene.result_ids[0], content=b"Bytes")
    if state != "open":
        reviews.submit(scene)
    if state == "approved":
        reviews.approve(scene)
    response = me.client.get(f"{url}/files/{file_id}", buffered=True)
    assert (response.status_code, response.data) == (200, b"Bytes")
    assert "attachment" in response.headers["Content-Disposition"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("check", [FileCheck.WAITING, FileCheck.INFECTED])
def test_waiting_and_infected_bytes_are_served_to_nobody(
    scene: Scene, url: str, me: Reader, session: Session, check: FileCheck
) -> None:
    file_id = factories.file(project_id=scene.project_id, result_id=scene.result_ids[0], check=check)
    page = me.get(url)
    assert page.select_one(f'main [data-status="{check.value}"]')
    assert not page.select(f'main a[href$="/files/{file_id}"]')
    me.get(f"{url}/files/{file_id}", status=404)


def test_file_is_found_only_under_its_own_result(scene: Scene, url: str, home: str, me: Reader) -> None:
    file_id = factories.file(project_id=scene.project_id, result_id=scene.result_ids[1])
    me.get(f"{url}/files/{file_id}", status=404)
    elsewhere = reviews.scene()
    foreign = factories.file(project_id=elsewhere.project_id, result_id=elsewhere.result_ids[0])
    me.get(f"{url}/files/{foreign}", status=404)
    assert me.client.post(f"{url}/files/{foreign}/remove", data={}).status_code == 302
    assert me.client.post(f"{url}/files/{foreign}/restore", data={}).status_code == 404
