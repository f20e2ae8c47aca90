"""Backup and restore of database and files together (docs/operations.md).

Bytes of a stored file never change and their keys come once, so the database is written first, as it is at one instant,
and then the files that it names: together they are that instant, however long the copying takes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import cast

from alembic.script import ScriptDirectory
from alembic.util import CommandError
from flask import current_app
from flask_migrate import upgrade
from sqlalchemy import Connection, func, inspect, select

from backoffice.config import VERSION
from backoffice.db import Base, db
from backoffice.domain import clock
from backoffice.domain.notices import OutboxState
from backoffice.jobs import dumps, notices, pulse
from backoffice.models import StoredFile
from backoffice.queries import files as queries
from backoffice.services import restoring
from backoffice.services.restoring import Settled
from backoffice.services.uow import unit_of_work
from backoffice.storage import vault
from backoffice.storage.store import Damaged, Store, digest
from backoffice.storage.vault import Kept, Manifest, Unusable, Vault

TRIES = 3  # while files of the snapshot are being deleted by the clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What `take` wrote."""

    folder: str
    taken_at: str
    engine: str
    revision: str
    counts: dict[str, int]
    files: int
    bytes: int
    new: int  # files that no backup of the folder had yet
    missing: list[str]
    pruned: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What `restore` did."""

    folder: str
    taken_at: str
    revision: str
    files: int
    copied: int
    removed: int  # files of the target that the backup does not name
    missing: list[str]
    held: int
    withdrawn: int
    notices: int


class _Gone(Exception):
    """A file was deleted since the snapshot, and its row with it."""


def take(folder: Path, *, keep: int | None = None) -> Taken:
    """Write one more backup into the folder, while everything runs. `keep`: delete all older than so many."""
    place = Vault(folder.absolute())
    for attempt in range(1, TRIES + 1):
        try:
            taken = _take(place)
        except _Gone:
            if attempt == TRIES:
                raise Unusable("Files were deleted while they were copied. Try again.") from None
        else:
            break
    pulse.note("backup")
    pruned = place.prune(keep=keep) if keep else 0
    return Taken(**{**asdict(taken), "pruned": pruned})


def restore(folder: Path, *, is_forced: bool) -> Restored:
    """Put the newest backup of the folder, or the one that it is, in the place of database and files."""
    found = vault.find(folder.absolute())
    manifest = vault.read(found)
    _refuse_wrong(manifest)
    vault.check(found, manifest)
    dumps.check(db.engine, found / manifest.database)
    db.session.remove()
    db.engine.dispose()
    _refuse_full(is_forced=is_forced)
    copied = _place_files(found, manifest)
    dumps.load(db.engine, found / manifest.database, tables=manifest.counts)
    _bring_up_to_date()
    settled = _settle(manifest)
    removed = _remove_others({file.key for file in manifest.files} | set(manifest.missing))
    return Restored(
        folder=str(found), taken_at=manifest.taken_at, revision=manifest.revision, files=len(manifest.files),
        copied=copied, removed=removed, missing=manifest.missing, held=settled.held, withdrawn=settled.withdrawn,
        notices=_hold_notices(),
    )


def _take(place: Vault) -> Taken:
    engine, taken_at, new = db.engine, clock.now(), 0
    with place.begun(at=taken_at) as work:
        target = work / dumps.name(engine)
        files: list[Kept] = []
        missing: list[str] = []
        with _fresh(target) as connection:
            revision = dumps.revision(connection)
            counts = _counts(connection)
            for file in _files(connection):
                if not place.has(file):
                    try:
                        with _store().open(file.key) as source:
                            place.keep(source, file)
                        new += 1
                    except (FileNotFoundError, Damaged):
                        if not _is_known(file.key):
                            raise _Gone from None
                        missing.append(file.key)
                        continue
                files.append(file)
        size, sha256 = vault.measured(target)
        manifest = Manifest(
            version=VERSION, engine=engine.dialect.name, revision=revision, taken_at=taken_at.isoformat(),
            database=target.name, database_size=size, database_sha256=sha256, counts=counts, files=files,
            missing=missing,
        )
        vault.seal(work, manifest)
    return Taken(
        folder=str(place.backups()[-1]), taken_at=manifest.taken_at, engine=manifest.engine, revision=revision,
        counts=counts, files=len(files), bytes=sum(file.size for file in files), new=new, missing=missing, pruned=0,
    )


@contextmanager
def _fresh(target: Path) -> Iterator[Connection]:
    db.session.rollback()
    with dumps.dumped(db.engine, target) as connection:
        yield connection


def _files(connection: Connection) -> Iterator[Kept]:
    rows = connection.execute(
        select(StoredFile.storage_key, StoredFile.size, StoredFile.sha256).order_by(StoredFile.id)
    )
    for key, size, sha256 in rows:
        yield Kept(key=key, size=size, sha256=sha256)


def _counts(connection: Connection) -> dict[str, int]:
    there = set(inspect(connection).get_table_names())
    return {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0
        for table in Base.metadata.sorted_tables if table.name in there
    }


def _is_known(key: str) -> bool:
    known = db.session.scalar(queries.known_keys([key])) is not None
    db.session.rollback()
    return known


def _refuse_wrong(manifest: Manifest) -> None:
    engine = db.engine.dialect.name
    if manifest.engine != engine:
        raise Unusable(f"This backup is of {manifest.engine}, DATABASE_URL is {engine}. Nothing was touched.")
    try:
        scripts().get_revision(manifest.revision)
    except CommandError:
        raise Unusable(
            f"This backup is of schema {manifest.revision}, which this version does not know: restore it with the "
            "version that made it, or a newer one. Nothing was touched."
        ) from None


def scripts() -> ScriptDirectory:
    """The migrations of this version."""
    return ScriptDirectory.from_config(current_app.extensions["migrate"].migrate.get_config())


def _refuse_full(*, is_forced: bool) -> None:
    busy = dumps.others(db.engine)
    if busy:
        raise Unusable(f"{busy} other connections use the database: stop web, worker and scheduler first.")
    if is_forced:
        return
    if dumps.has_rows(db.engine):
        raise Unusable("The database is not empty. With --force all of it is replaced. Nothing was touched.")
    if next(iter(_store().entries()), None) is not None:
        raise Unusable("STORAGE_URL holds files already. With --force they are replaced. Nothing was touched.")


def _place_files(found: Path, manifest: Manifest) -> int:
    """Before the database: what it names is there when it comes. A file that is there in full is left."""
    place, store, copied = Vault(found.parent), _store(), 0
    there = {entry.key: entry.size for entry in store.entries()}
    for file in manifest.files:
        if there.get(file.key) == file.size and digest(store, file.key) == (file.size, file.sha256):
            continue
        with place.path(file.sha256).open("rb") as source:
            store.place(source, key=file.key, sha256=file.sha256)
        copied += 1
    return copied


def _bring_up_to_date() -> None:
    upgrade()
    db.session.remove()
    db.engine.dispose()


def _settle(manifest: Manifest) -> Settled:
    with unit_of_work() as uow:
        return restoring.settle(uow, taken_at=datetime.fromisoformat(manifest.taken_at))


def _hold_notices() -> int:
    """What a date brought about since the backup may have gone out: it is written as held."""
    counts = notices.run(is_now=True, held_because=restoring.WHY_HELD)
    return sum(found[OutboxState.HELD] for found in counts.values())


def _remove_others(named: set[str]) -> int:
    others = [entry.key for entry in _store().entries() if entry.key not in named]
    for key in others:
        _store().delete(key)
    return len(others)


def _store() -> Store:
    return cast(Store, current_app.extensions["store"])
