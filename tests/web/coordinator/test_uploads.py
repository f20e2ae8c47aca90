"""Files in pieces by tus 1.0 (CONTRACT `/uploads/…`), and what the form makes of them (S7, S11; DOMAIN §4)."""

import base64
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from backoffice.domain.errors import Refused
from backoffice.jobs import files as jobs
from backoffice.models import PendingUpload, Project, Result, StoredFile, UploadPiece
from backoffice.services.uow import unit_of_work
from backoffice.views import serving
from tests.factories import Person, reviews
from tests.factories.reviews import Scene
from tests.support import samples
from tests.web.coordinator.conftest import Reader, filled, soup_of

TUS = {"Tus-Resumable": "1.0.0"}
BODY = samples.GOOD["report.pdf"]


class Tus:
    """A client of one project."""

    def __init__(self, reader: Reader, scene: Scene, session: Session) -> None:
        self.client, self.scene = reader.client, scene
        self.code = session.get_one(Project, scene.project_id).code
        session.rollback()

    def create(self, name: str = "Plāns.pdf", size: int = len(BODY), **more: str) -> TestResponse:
        said = {"filename": name, "project": self.code, "result": str(self.scene.result_ids[0]), **more}
        metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in said.items())
        return self.client.post("/uploads/", headers={**TUS, "Upload-Length": str(size), "Upload-Metadata": metadata})

    def patch(self, place: str, body: bytes, *, offset: int, **headers: str) -> TestResponse:
        return self.client.patch(
            place, data=body, content_type="application/offset+octet-stream",
            headers={**TUS, "Upload-Offset": str(offset), **headers},
        )

    def offset(self, place: str) -> int:
        return int(self.client.head(place, headers=TUS).headers["Upload-Offset"])


@pytest.fixture
def tus(me: Reader, scene: Scene, session: Session) -> Tus:
    return Tus(me, scene, session)


def names(session: Session, result_id: int) -> list[str]:
    session.expire_all()
    return [file.name for file in session.get_one(Result, result_id).files]


def keys(app: Flask) -> set[str]:
    return {entry.key for entry in serving.store().entries()}


@pytest.mark.both_engines
def test_file_goes_on_where_the_line_was_lost_and_joins_its_result(
    app: Flask, tus: Tus, scene: Scene, session: Session
) -> None:
    before = keys(app)
    made = tus.create()
    assert made.status_code == 201
    place = made.location
    assert (tus.offset(place), made.headers["Tus-Resumable"]) == (0, "1.0.0")
    assert "GMT" in made.headers["Upload-Expires"]
    assert tus.patch(place, BODY[:100], offset=0).headers["Upload-Offset"] == "100"
    assert tus.patch(place, BODY[:100], offset=0).status_code == 409
    assert tus.patch(place, BODY, offset=100).status_code == 413
    # The line is lost in the middle: less comes than was announced, and what came is kept.
    tus.client.open(
        place, method="PATCH", input_stream=io.BytesIO(BODY[100:150]), content_type="application/offset+octet-stream",
        headers={**TUS, "Upload-Offset": "100", "Content-Length": "400"},
    )
    assert tus.offset(place) == 150
    assert names(session, scene.result_ids[0])[1:] == []
    assert tus.patch(place, BODY[150:], offset=150).status_code == 204
    assert names(session, scene.result_ids[0])[1:] == ["Plāns.pdf"]
    file = session.scalars(select(StoredFile).where(StoredFile.name == "Plāns.pdf")).one()
    assert b"".join(serving.store().stream(file.storage_key)) == BODY
    assert keys(app) - before == {file.storage_key}
    assert tus.client.head(place, headers=TUS).status_code == 404


def test_what_a_plain_upload_refuses_is_refused(tus: Tus, scene: Scene, session: Session) -> None:
    assert tus.create("setup.exe").status_code == 422
    assert tus.create("big.zip", size=104_857_601).status_code == 413
    assert tus.create("empty.txt", size=0).status_code == 422
    lie = tus.create("report.pdf", size=11)
    refused = tus.patch(lie.location, b"just a text", offset=0)
    assert (refused.status_code, refused.headers["X-Error"]) == (422, "file-mismatch")
    assert "report.pdf" in refused.text
    assert session.scalar(select(func.count()).select_from(PendingUpload)) == 0
    session.rollback()
    reviews.submit(scene)
    assert tus.create().status_code == 409


def test_protocol_is_held_and_a_stranger_finds_nothing(
    tus: Tus, scene: Scene, session: Session, enter: Callable[[Person], Reader]
) -> None:
    told = tus.client.options("/uploads/")
    assert set(told.headers["Tus-Extension"].split(",")) == {"creation", "termination", "expiration"}
    assert told.headers["Tus-Max-Size"] == "104857600"
    assert tus.client.post("/uploads/").status_code == 412
    place = tus.create().location
    assert tus.client.patch(place, data=b"x", headers={**TUS, "Upload-Offset": "0"}).status_code == 415
    stranger = Tus(enter(reviews.scene().coordinator), scene, session)
    assert stranger.create().status_code == 404
    assert stranger.client.head(place, headers=TUS).status_code == 404
    assert stranger.patch(place, b"x", offset=0).status_code == 404
    assert stranger.client.delete(place, headers=TUS).status_code == 404
    assert tus.client.post(place, headers={**TUS, "X-HTTP-Method-Override": "DELETE"}).status_code == 204
    assert tus.client.delete(place, headers=TUS).status_code == 404


def test_form_takes_what_came_before_it_and_the_same_file_goes_on(
    app: Flask, tus: Tus, me: Reader, home: str, scene: Scene, session: Session
) -> None:
    url = f"{home}results/{scene.result_ids[0]}"
    place = tus.create(form="1", mark="17").location
    assert tus.patch(place, BODY[:9], offset=0).status_code == 204
    again = tus.create(form="1", mark="17")
    assert (again.location, again.headers["Upload-Offset"]) == (place, "9")
    assert tus.patch(place, BODY[9:], offset=9).status_code == 204
    assert names(session, scene.result_ids[0])[1:] == []
    key = place.rpartition("/")[2]

    def send(**typed: str) -> TestResponse:
        form = me.get(url).select_one("form#result")
        assert form is not None
        return me.upload(url, {**filled(form, typed), "files": (io.BytesIO(), ""), "upload": key})

    refused = send(title="x" * 300)
    assert refused.status_code == 422
    assert soup_of(refused).select_one(f'form#result input[name="upload"][value="{key}"]')
    assert send(title="With it").status_code == 302
    assert names(session, scene.result_ids[0])[1:] == ["Plāns.pdf"]
    assert session.scalar(select(func.count()).select_from(UploadPiece)) == 0


def test_unfinished_upload_holds_the_submission_until_it_is_discarded_or_over(
    app: Flask, tus: Tus, me: Reader, home: str, session: Session
) -> None:
    place = tus.create(form="1").location
    tus.patch(place, BODY[:9], offset=0)
    page = me.get(home)
    assert page.select_one('[data-check="upload-unfinished"]')
    assert page.select_one("#uploads")
    me.press(page, "Discard")
    page = me.get(home)
    assert page.select_one("#uploads") is None
    assert page.select_one('[data-check="upload-unfinished"]') is None
    place = tus.create("other.pdf", form="1").location
    tus.patch(place, BODY[:9], offset=0)
    with unit_of_work() as uow:
        uow.session.scalars(select(PendingUpload)).one().expires_at = uow.now - timedelta(seconds=1)
    assert tus.client.head(place, headers=TUS).status_code == 404
    assert me.get(home).select_one("#uploads") is None
    before = keys(app)
    assert jobs.tidy()["uploads"] == 1
    assert len(before - keys(app)) == 1


def test_submission_with_an_unfinished_upload_is_refused(tus: Tus, session: Session) -> None:
    tus.create(form="1")
    with pytest.raises(Refused) as refused:
        reviews.submit(tus.scene)
    assert refused.value.code == "checklist"
