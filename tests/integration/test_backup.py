"""Backup and restore: one instant of database and files, on both engines, and nothing goes out twice after it."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.config import Settings
from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.notices import Mail, OutboxState
from backoffice.factory import create_app
from backoffice.models import Agency, OutboxRow, Project, StoredFile, User
from backoffice.queries import tickets
from backoffice.services import outbox
from backoffice.services.outbox import Recipient
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.conftest import settings
from tests.factories import reviews
from tests.integration.test_commands import refused, run, value
from tests.support import postgres

pytestmark = pytest.mark.slow


@pytest.fixture
def other(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An empty installation on the same engine."""
    if engine == "sqlite":
        yield create_app(settings(database_url=f"sqlite:///{tmp_path}/other.db", var=tmp_path / "other"))
        return
    with postgres.database(request.getfixturevalue("postgresql")) as url:
        yield create_app(settings(database_url=url, var=tmp_path / "other"))


@contextmanager
def inside(app: Flask) -> Iterator[Session]:
    with app.app_context():
        yield db.session()
        db.session.remove()
        db.engine.dispose()


def publish(*, key: str, agency_id: int, due_in: timedelta, attempts: int = 0) -> int:
    with unit_of_work() as uow:
        row = outbox.publish(
            uow, kind=Mail.QUESTION, key=key, to=Recipient(email="liga@school.example", language="lv"),
            agency_id=agency_id, due_at=uow.now + due_in,
        )
        assert row is not None
        row.attempts = attempts
        return row.id


def test_operator_restores_what_was_backed_up_and_nothing_goes_out_twice(
    app: Flask, other: Flask, session: Session, tmp_path: Path
) -> None:
    scene = reviews.scene()
    project = session.get_one(Project, scene.project_id)
    code, agency_id = project.code, project.agency_id
    due = publish(key="due", agency_id=agency_id, due_in=timedelta(0))
    tried = publish(key="tried", agency_id=agency_id, due_in=timedelta(hours=2), attempts=1)
    later = publish(key="later", agency_id=agency_id, due_in=timedelta(days=9))
    folder = tmp_path / "backups"
    first = value(run(app, "backup", str(folder), "--json"))
    assert (first["files"], first["new"]) == (first["counts"]["stored_file"], first["files"])
    assert first["missing"] == []
    factories.file(project_id=scene.project_id, result_id=scene.result_ids[0], content=b"One more.")
    second = value(run(app, "backup", str(folder), "--json"))
    assert (second["files"], second["new"]) == (first["files"] + 1, 1)
    assert not list(folder.glob(".*.unfinished"))
    numbers = session.scalar(select(func.max(User.id))), session.scalar(tickets.last_number())
    kept = {row.id: (row.name, row.sha256) for row in session.scalars(select(StoredFile))}

    with inside(other) as restored:
        done = value(run(other, "restore", str(folder), "--json"))
        assert done["folder"] == second["folder"]
        assert done["held"] == 2
        held = select(func.count()).select_from(OutboxRow).where(OutboxRow.state == OutboxState.HELD)
        assert restored.scalar(held) == done["held"] + done["notices"]
        assert {row.id: (row.name, row.sha256) for row in restored.scalars(select(StoredFile))} == kept
        assert restored.scalars(select(Project.code)).all() == [code]
        states = {row.id: (row.state, row.failure) for row in restored.scalars(select(OutboxRow))}
        assert states[later] == (OutboxState.WAITING, "")
        assert states[due][0] is states[tried][0] is OutboxState.HELD
        assert "may have been sent" in states[due][1]
        assert value(run(other, "outbox", "sweep", "--json")) == []
        dated = list(restored.scalars(select(OutboxRow).where(OutboxRow.kind != Mail.QUESTION)))
        assert all(row.state is not OutboxState.WAITING or row.due_at > clock.now() for row in dated)
        assert value(run(other, "files", "verify", "--json"))["checked"] == len(kept)
        assert value(run(other, "audit", "verify", "--json"))["broken"] == []
        # What was given out after the backup is given out to nobody else.
        assert factories.person().user_id > (numbers[0] or 0) + 1_000
        assert publish(key="new", agency_id=agency_id, due_in=timedelta(0)) > later + 1_000
        assert min(restored.scalars(select(User.session_epoch).where(User.id <= (numbers[0] or 0)))) >= 1_000
        restored.rollback()
        value(run(other, "notices", "release", "--json"))
        assert restored.get_one(OutboxRow, due, populate_existing=True).state is OutboxState.WAITING

        restored.rollback()
        assert "not empty" in refused(run(other, "restore", str(folder)))
        older = value(run(other, "restore", first["folder"], "--force", "--json"))
        assert (older["copied"], older["removed"]) == (0, 1)
        assert value(run(other, "files", "verify", "--json"))["checked"] == first["files"]


def _cut_database(folder: Path) -> None:
    database = next(folder.glob("database.*"))
    database.write_bytes(database.read_bytes()[:-100])


def _flip_file(folder: Path) -> None:
    path = next((folder.parent / "files").glob("*/*"))
    path.write_bytes(b"x" * path.stat().st_size)


def _change_manifest(folder: Path, **changes: Any) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


DAMAGES = {
    "database is missing or damaged": _cut_database,
    "file is missing or damaged": _flip_file,
    "manifest is damaged": lambda folder: _change_manifest(folder, revision="9999"),
    "manifest cannot be read": lambda folder: (folder / "manifest.json").write_text("{"),
    "There is no backup": lambda folder: shutil.rmtree(folder),
}


@pytest.mark.one_engine
def test_damaged_or_missing_backup_is_refused_in_one_line_and_nothing_is_touched(
    app: Flask, other: Flask, session: Session, tmp_path: Path
) -> None:
    scene = reviews.scene()
    taken = Path(value(run(app, "backup", str(tmp_path / "whole"), "--json"))["folder"])
    with inside(other):
        upgrade()
        factories.agency()
    there: Settings = other.config["SETTINGS"]
    for words, damage in DAMAGES.items():
        copy = tmp_path / f"copy{len(words)}"
        shutil.copytree(tmp_path / "whole", copy)
        damage(copy / taken.name)
        with inside(other) as untouched:
            assert words in refused(run(other, "restore", str(copy), "--force"))
            assert untouched.scalar(select(func.count()).select_from(Agency)) == 1, words
        assert list((there.var / "files").glob("[0-9a-f]*")) == [], words
    assert scene.project_id


@pytest.mark.one_engine
def test_backup_tells_what_is_missing_and_keeps_the_rest(app: Flask, session: Session, tmp_path: Path) -> None:
    scene = reviews.scene()
    key = session.scalars(select(StoredFile.storage_key)).first()
    there: Settings = app.config["SETTINGS"]
    (there.var / "files" / str(key)).unlink()
    result = run(app, "backup", str(tmp_path), "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout.splitlines()[-1])["missing"] == [key]
    assert scene.project_id
