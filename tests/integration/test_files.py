"""Files of results from the stream to the check: rows, bytes, quota, states (S5, S7, S11; DOMAIN §3, §4)."""

import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from rq import Queue
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.errors import NotFound, Refused
from backoffice.domain.files import MAX_RESULT_BYTES, FileCheck, FileKind, clean_name
from backoffice.domain.permissions import Role
from backoffice.domain.projects import Status
from backoffice.domain.results import item_key
from backoffice.jobs import files as jobs
from backoffice.jobs.worker import AppWorker
from backoffice.models import AuditEvent, OutboxRow, Project, Result, StoredFile, SubmissionFile
from backoffice.queries import files as queries
from backoffice.services import files
from backoffice.services.uow import unit_of_work
from backoffice.storage import intake
from backoffice.storage.intake import Upload
from backoffice.storage.scanner import open_scanner
from backoffice.storage.store import LocalStore
from tests import factories
from tests.factories import Person
from tests.factories import reviews as make
from tests.support import clamd, samples

pytestmark = pytest.mark.slow


@dataclass(frozen=True, kw_only=True)
class Scene:
    project_id: int
    result_id: int
    coordinator: Person
    specialist: Person
    stranger: Person
    store: LocalStore


@pytest.fixture(autouse=True)
def empty_store(app: Flask) -> None:
    """What tests of other files left has no row any more."""
    store = app.extensions["store"]
    for entry in list(store.entries()):
        store.delete(entry.key)


@pytest.fixture
def scene(app: Flask, session: Session) -> Scene:
    agency_id = factories.agency()
    project_id = factories.project(agency_id=agency_id)
    return Scene(
        project_id=project_id, result_id=factories.result(project_id=project_id, has_file=False),
        coordinator=factories.coordinator(project_id), specialist=factories.staff(agency_id=agency_id),
        stranger=factories.coordinator(factories.project(agency_id=factories.agency())),
        store=app.extensions["store"],
    )


def row(file_id: int) -> StoredFile:
    db.session.rollback()
    return db.session.get_one(StoredFile, file_id)


def names(scene: Scene) -> list[str]:
    db.session.rollback()
    return [file.name for file in db.session.scalars(queries.of_result(scene.result_id))]


def keys(scene: Scene) -> set[str]:
    return {entry.key for entry in scene.store.entries()}


def add(scene: Scene, name: str, content: bytes, *, has_scanner: bool = False, act_key: str = "") -> int:
    """A text whose content was looked into: what `take_in` does, without the process that does it."""
    stored = scene.store.put(io.BytesIO(content), name=name)
    upload = Upload(
        name=clean_name(name), key=stored.key, size=stored.size, sha256=stored.sha256, media_type="text/plain",
        kind=FileKind.TXT,
    )
    with unit_of_work() as uow:
        return files.add_file(
            uow, actor=scene.coordinator.actor, result_id=scene.result_id, upload=upload, has_scanner=has_scanner,
            act_key=act_key,
        ).id


def take_in(scene: Scene, name: str, content: bytes, *, who: Person | None = None) -> int:
    """The whole way, from the stream on."""
    actor = (who or scene.coordinator).actor
    with intake.taken_in(scene.store, io.BytesIO(content), name=name) as upload, unit_of_work() as uow:
        return files.add_file(uow, actor=actor, result_id=scene.result_id, upload=upload, has_scanner=False).id


def pretend(scene: Scene, *, size: int, name: str = "large.txt") -> int:
    """A row that says so many bytes, without them."""
    upload = Upload(name=name, key=f"ab/{os.urandom(15).hex()}", size=size, sha256="0" * 64, media_type="text/plain",
                    kind=FileKind.TXT)
    with unit_of_work() as uow:
        return files.add_file(
            uow, actor=scene.coordinator.actor, result_id=scene.result_id, upload=upload, has_scanner=False
        ).id


def set_status(scene: Scene, status: Status, *, is_open: bool = True) -> None:
    with unit_of_work() as uow:
        uow.session.get_one(Project, scene.project_id).status = status
        uow.session.get_one(Result, scene.result_id).is_open = is_open


# --- adding, replacing, removing -------------------------------------------------------------------------------


def test_coordinator_adds_a_file_that_is_stored_and_written_down(scene: Scene, session: Session) -> None:
    before = session.get_one(Result, scene.result_id).version, session.get_one(Project, scene.project_id).version
    file_id = take_in(scene, "Atskaite ģ.pdf", samples.GOOD["report.pdf"])
    file = row(file_id)
    assert (file.name, file.media_type, file.kind) == ("Atskaite ģ.pdf", "application/pdf", "pdf")
    assert (file.check_state, file.uploaded_by_id) == (FileCheck.NOT_SCANNED, scene.coordinator.user_id)
    assert b"".join(scene.store.stream(file.storage_key)) == samples.GOOD["report.pdf"]
    assert file.size == len(samples.GOOD["report.pdf"])
    after = session.get_one(Result, scene.result_id).version, session.get_one(Project, scene.project_id).version
    assert after == (before[0] + 1, before[1] + 1)
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "file:added")).one()
    assert (event.subject, event.details["sha256"]) == (item_key(scene.result_id), file.sha256)


def test_file_waits_for_the_check_where_there_is_a_scanner(scene: Scene) -> None:
    assert row(add(scene, "a.txt", b"x", has_scanner=True)).check_state is FileCheck.WAITING


def test_refused_content_leaves_neither_row_nor_bytes(scene: Scene) -> None:
    for name, content in (("a.pdf", samples.EXE), ("a.pdf", b""), ("a.exe", b"x"), ("a.zip", samples.svg())):
        with pytest.raises(Refused):
            take_in(scene, name, content)
    assert (names(scene), keys(scene)) == ([], set())


def test_refusal_by_a_rule_takes_the_bytes_away_again(scene: Scene) -> None:
    set_status(scene, Status.UNDER_REVIEW)
    with pytest.raises(Refused) as refused:
        take_in(scene, "a.txt", b"x")
    assert refused.value.code == "closed"
    set_status(scene, Status.RETURNED, is_open=False)
    with pytest.raises(Refused):
        take_in(scene, "a.txt", b"x")
    assert (names(scene), keys(scene)) == ([], set())


def test_stranger_and_staff_add_nothing(scene: Scene) -> None:
    with pytest.raises(NotFound):
        take_in(scene, "a.txt", b"x", who=scene.stranger)
    with pytest.raises(Exception, match="role"):
        take_in(scene, "a.txt", b"x", who=scene.specialist)
    assert (names(scene), keys(scene)) == ([], set())


def test_result_takes_100_mb_in_sum_and_not_one_byte_more(scene: Scene) -> None:
    pretend(scene, size=MAX_RESULT_BYTES - 5)
    with pytest.raises(Refused) as refused:
        add(scene, "a.txt", b"123456")
    assert (refused.value.code, refused.value.field) == ("file-too-big", "files")
    assert "together" in refused.value.message
    add(scene, "a.txt", b"12345")
    assert len(names(scene)) == 2


def test_removed_file_makes_room_and_comes_back_only_if_it_fits(scene: Scene) -> None:
    first = pretend(scene, size=60_000_000)
    with unit_of_work() as uow:
        files.remove_file(uow, actor=scene.coordinator.actor, file_id=first)
    second = pretend(scene, size=60_000_000)
    with pytest.raises(Refused), unit_of_work() as uow:
        files.restore_file(uow, actor=scene.coordinator.actor, file_id=first)
    with unit_of_work() as uow:
        files.remove_file(uow, actor=scene.coordinator.actor, file_id=second)
    with unit_of_work() as uow:
        files.restore_file(uow, actor=scene.coordinator.actor, file_id=first)
    assert row(first).removed_at is None
    assert row(second).removed_at is not None


def test_case_11_second_of_one_name_is_numbered_and_both_can_be_removed(scene: Scene) -> None:
    ids = [add(scene, name, name.encode()) for name in ("ģimene.txt", "g\u0327imene.txt", "ĢIMENE.TXT")]
    assert names(scene) == ["ģimene.txt", "ģimene (2).txt", "ĢIMENE (3).TXT"]
    for file_id in ids[:2]:
        with unit_of_work() as uow:
            files.remove_file(uow, actor=scene.coordinator.actor, file_id=file_id)
    assert names(scene) == ["ĢIMENE (3).TXT"]
    with pytest.raises(NotFound), unit_of_work() as uow:
        files.remove_file(uow, actor=scene.coordinator.actor, file_id=ids[0])


def test_second_press_of_the_button_adds_nothing(scene: Scene) -> None:
    first = add(scene, "a.txt", b"x", act_key="k")
    assert add(scene, "a.txt", b"x", act_key="k") == first
    assert names(scene) == ["a.txt"]


def test_logo_is_written_anew_and_public_at_once(scene: Scene, session: Session) -> None:
    content = samples.picture("PNG") + b"hidden"
    with (
        intake.picture_taken_in(scene.store, io.BytesIO(content), name="logo.gif", field="logo") as upload,
        unit_of_work() as uow,
    ):
        files.set_logo(uow, actor=scene.coordinator.actor, project_id=scene.project_id, upload=upload)
    logo = session.get_one(Project, scene.project_id).logo
    assert logo is not None
    assert (logo.name, logo.media_type, logo.check_state) == ("logo.png", "image/png", FileCheck.NOT_SCANNED)
    assert b"hidden" not in b"".join(scene.store.stream(logo.storage_key))


def test_refused_logo_says_so_beside_its_field_and_keeps_no_bytes(scene: Scene) -> None:
    for content, code in ((samples.svg(), "file-script"), (b"x" * 16_000_000, "file-too-big"), (b"", "file-empty")):
        with (
            pytest.raises(Refused) as refused,
            intake.picture_taken_in(scene.store, io.BytesIO(content), name="logo.png", field="logo"),
        ):
            pass
        assert (refused.value.code, refused.value.field) == (code, "logo")
    assert keys(scene) == set()


# --- who may read ----------------------------------------------------------------------------------------------


def test_only_people_of_the_project_and_its_agency_find_a_file(scene: Scene, session: Session) -> None:
    file_id = add(scene, "a.txt", b"x")
    other = factories.staff(agency_id=factories.agency())
    platform = factories.staff(Role.PLATFORM_ADMIN, agency_id=None)
    for person, sees in (
        (scene.coordinator, True), (scene.specialist, True), (scene.stranger, False), (other, False), (platform, False),
    ):
        found = session.scalar(queries.one(person.actor, file_id))
        assert (found is not None) == sees


def test_removed_file_is_read_by_staff_only_and_only_while_a_submission_names_it(session: Session) -> None:
    scene = make.scene()
    make.submit(scene)
    file_id = session.scalars(select(SubmissionFile.file_id)).first()
    assert file_id is not None
    with unit_of_work() as uow:
        uow.session.get_one(StoredFile, file_id).removed_at = uow.now
    assert session.scalar(queries.one(scene.specialist.actor, file_id)) is not None
    assert session.scalar(queries.one(scene.coordinator.actor, file_id)) is None


# --- the check -------------------------------------------------------------------------------------------------


@pytest.fixture
def scanner(app: Flask) -> Iterator[None]:
    program = clamd.binary()
    if program is None:
        pytest.skip(clamd.WHY_NOT)
    with clamd.server(program) as url:
        app.extensions["scanner"] = open_scanner(url)
        yield
        app.extensions["scanner"] = None


@pytest.fixture
def dead_scanner(app: Flask) -> Iterator[None]:
    app.extensions["scanner"] = open_scanner("unix:///nonexistent/clamd")
    yield
    app.extensions["scanner"] = None


def later(by: timedelta = timedelta(0)) -> None:
    """Make every check due."""
    with unit_of_work() as uow:
        for file in uow.session.scalars(select(StoredFile)):
            file.due_at = uow.now - timedelta(seconds=1) + by


@pytest.mark.slow
@pytest.mark.usefixtures("scanner")
def test_job_finds_each_of_the_three_outcomes(scene: Scene, session: Session) -> None:
    clean = add(scene, "clean.txt", b"x", has_scanner=True)
    infected = add(scene, "infected.txt", samples.EICAR, has_scanner=True)
    large = add(scene, "large.csv", b"1;2\r\n" * (clamd.FILE_MB << 18), has_scanner=True)
    for file_id in (clean, infected, large):
        assert jobs.check(file_id)
    assert [row(file_id).check_state for file_id in (clean, infected, large)] == [
        FileCheck.CLEAN, FileCheck.INFECTED, FileCheck.UNSCANNABLE,
    ]
    assert "Limits.Exceeded" in row(large).check_cause
    told = {(mail.kind.value, mail.to) for mail in session.scalars(select(OutboxRow))}
    assert ("file-infected", scene.coordinator.email) in told
    assert len(told) == 2  # and the agency's review address
    assert len(list(session.scalars(select(AuditEvent).where(AuditEvent.action == "file:checked")))) == 3


@pytest.mark.slow
@pytest.mark.usefixtures("scanner")
def test_check_is_done_once_however_often_the_worker_is_woken(scene: Scene, session: Session) -> None:
    infected = add(scene, "infected.txt", samples.EICAR, has_scanner=True)
    for _ in range(3):
        jobs.check(infected)
    jobs.sweep()
    assert len(list(session.scalars(select(AuditEvent).where(AuditEvent.action == "file:checked")))) == 1


@pytest.mark.slow
@pytest.mark.usefixtures("scanner")
def test_sweep_finds_lost_wake_ups_and_files_from_before_the_scanner(scene: Scene) -> None:
    waiting = add(scene, "a.txt", b"x", has_scanner=True)
    before = add(scene, "b.txt", samples.EICAR, has_scanner=False)
    assert jobs.sweep() == 2
    assert (row(waiting).check_state, row(before).check_state) == (FileCheck.CLEAN, FileCheck.INFECTED)
    assert jobs.sweep() == 0


@pytest.mark.usefixtures("dead_scanner")
def test_file_stays_waiting_while_no_scanner_answers_and_is_tried_later_each_time(scene: Scene) -> None:
    first, second = (add(scene, name, b"x", has_scanner=True) for name in ("a.txt", "b.txt"))
    waits = []
    for _ in range(3):
        later()
        assert not jobs.check(first)
        waits.append(row(first).due_at - clock.now())
        assert row(first).check_state is FileCheck.WAITING
    assert timedelta(seconds=30) < waits[0] < waits[1] < waits[2] < timedelta(hours=1)
    later()
    assert jobs.sweep() == 0  # stops at the first
    assert row(second).attempts == 0


def test_scanner_that_was_taken_away_leaves_nothing_waiting_for_ever(scene: Scene) -> None:
    file_id = add(scene, "a.txt", b"x", has_scanner=True)
    assert jobs.sweep() == 1
    assert row(file_id).check_state is FileCheck.NOT_SCANNED


def test_check_that_a_killed_worker_held_comes_due_again(scene: Scene) -> None:
    file_id = add(scene, "a.txt", b"x", has_scanner=True)
    with unit_of_work() as uow:
        assert files.claim_check(uow, file_id=file_id) is not None
    with unit_of_work() as uow:
        assert files.claim_check(uow, file_id=file_id) is None
    with unit_of_work(now=clock.now() + files.LEASE + timedelta(seconds=1)) as uow:
        assert files.claim_check(uow, file_id=file_id) is not None


# --- tidying and verifying -------------------------------------------------------------------------------------


def age(store: LocalStore, key: str, *, days: int) -> None:
    then = (clock.machine_now() - timedelta(days=days)).timestamp()
    os.utime(store.root / key, (then, then))


def test_tidy_deletes_what_nobody_can_ask_for_and_nothing_else(scene: Scene) -> None:
    kept = row(add(scene, "a.txt", b"x")).storage_key
    young, old = (scene.store.put(io.BytesIO(b"x"), name="x").key for _ in range(2))
    removed = add(scene, "b.txt", b"x")
    removed_key = row(removed).storage_key
    for key in (kept, old, removed_key):
        age(scene.store, key, days=2)
    with unit_of_work(now=clock.now() - timedelta(days=29)) as uow:
        files.remove_file(uow, actor=scene.coordinator.actor, file_id=removed)
    assert jobs.tidy() == {"rows": 0, "uploads": 0, "bytes": 1, "unfinished": 0}
    assert keys(scene) == {kept, young, removed_key}
    with unit_of_work() as uow:
        uow.session.get_one(StoredFile, removed).removed_at = uow.now - timedelta(days=31)
    assert jobs.tidy() == {"rows": 1, "uploads": 0, "bytes": 0, "unfinished": 0}
    assert keys(scene) == {kept, young}


def test_tidy_keeps_a_removed_file_that_a_submission_names(session: Session) -> None:
    scene = make.scene()
    make.submit(scene)
    file_id = session.scalars(select(SubmissionFile.file_id)).first()
    with unit_of_work() as uow:
        uow.session.get_one(StoredFile, file_id).removed_at = uow.now - timedelta(days=400)
    assert jobs.tidy()["rows"] == 0


def test_verify_says_what_is_missing_damaged_and_without_a_row(app: Flask, scene: Scene) -> None:
    ids = [add(scene, f"{n}.txt", b"x%d" % n) for n in range(3)]
    runner = app.test_cli_runner()
    good = runner.invoke(args=["files", "verify", "--json"])
    assert (good.exit_code, json.loads(good.stdout.splitlines()[-1])) == (
        0, {"checked": 3, "missing": [], "orphans": [], "damaged": []}
    )
    scene.store.delete(row(ids[0]).storage_key)
    path: Path = scene.store.root / row(ids[1]).storage_key
    path.write_bytes(b"y1")
    orphan = scene.store.put(io.BytesIO(b"x"), name="x").key
    bad = runner.invoke(args=["files", "verify", "--json"])
    assert bad.exit_code == 1
    assert json.loads(bad.stdout.splitlines()[-1]) == {
        "checked": 3, "missing": [ids[0]], "orphans": [orphan], "damaged": [ids[1]],
    }
    assert "bytes are missing" in runner.invoke(args=["files", "verify"]).stdout


@pytest.mark.slow
@pytest.mark.usefixtures("scanner")
def test_worker_checks_a_file_as_soon_as_it_is_written_down(app: Flask, rq: Queue, scene: Scene) -> None:
    file_id = add(scene, "a.txt", samples.EICAR, has_scanner=True)
    AppWorker(app=app, connection=rq.connection).work(burst=True, logging_level="CRITICAL")
    assert row(file_id).check_state is FileCheck.INFECTED
