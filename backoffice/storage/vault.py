"""The folder of backups: one folder with database and manifest for each, and beside them every file once, by its hash.

    DIR/files/ab/ab12…            the bytes of all backups, named by their SHA-256
    DIR/2026-11-25T174000Z/       manifest.json and the database, whole or not there at all
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from backoffice.storage.store import READ, Damaged, Source, sync_folder, write

FORMAT = 1
MANIFEST = "manifest.json"
_UNFINISHED = ".unfinished"


class Unusable(Exception):
    """Why a backup cannot be made or used, in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A file of the store and what its bytes are."""

    key: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup holds."""

    format: int = FORMAT
    version: str  # of the application
    engine: str
    revision: str  # of the schema
    taken_at: str
    database: str
    database_size: int
    database_sha256: str
    counts: Mapping[str, int]  # rows of each table
    files: list[Kept]
    missing: list[str] = field(default_factory=list)  # keys whose bytes were gone or damaged when it was taken


class Vault:
    """The folder that `flask backup` is given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def begun(self, *, at: datetime) -> Iterator[Path]:
        """A folder to write one backup into; it gets its name when the block ends well, else it goes again."""
        os.umask(0o077)  # persons' data
        (self.folder / "files").mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Unusable(f"Another backup is being written into {self.folder}.") from None
            for left in self.folder.glob(f".*{_UNFINISHED}"):  # of one that was killed
                shutil.rmtree(left)
            target = self._free(f"{at:%Y-%m-%dT%H%M%SZ}")
            work = self.folder / f".{target.name}{_UNFINISHED}"
            work.mkdir()
            try:
                yield work
                sync_folder(work)
                work.rename(target)
                sync_folder(self.folder)
            finally:
                shutil.rmtree(work, ignore_errors=True)

    def has(self, file: Kept) -> bool:
        path = self.path(file.sha256)
        return path.is_file() and path.stat().st_size == file.size

    def keep(self, source: Source, file: Kept) -> None:
        """Copy the bytes of a file; Damaged when they are not what its row says."""
        path = self.path(file.sha256)
        path.parent.mkdir(exist_ok=True)
        unfinished = path.with_name(f"{path.name}{_UNFINISHED}")
        unfinished.unlink(missing_ok=True)
        try:
            if write(source, unfinished) != (file.size, file.sha256):
                raise Damaged(file.key)
            unfinished.rename(path)
        finally:
            unfinished.unlink(missing_ok=True)
        sync_folder(path.parent)

    def path(self, sha256: str) -> Path:
        return self.folder / "files" / sha256[:2] / sha256

    def backups(self) -> list[Path]:
        """The whole ones, oldest first."""
        return sorted(path.parent for path in self.folder.glob(f"[0-9]*/{MANIFEST}"))

    def prune(self, *, keep: int) -> int:
        """Delete all but the newest, and the files that none of those names; gives the number of backups."""
        old = self.backups()[:-keep]
        for folder in old:
            shutil.rmtree(folder)
        named = {file.sha256 for folder in self.backups() for file in read(folder).files}
        for path in (self.folder / "files").glob("*/*"):
            if path.name not in named:
                path.unlink()
        return len(old)

    def _free(self, name: str) -> Path:
        number, target = 1, self.folder / name
        while target.exists():
            number += 1
            target = self.folder / f"{name}-{number}"
        return target


def seal(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, with the digest of its own words."""
    values = asdict(manifest)
    text = json.dumps({**values, "digest": _digest(values)}, ensure_ascii=False, indent=1)
    with (folder / MANIFEST).open("x", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def find(folder: Path) -> Path:
    """The backup that is meant: this folder, or the newest in it."""
    if (folder / MANIFEST).is_file():
        return folder
    found = Vault(folder).backups()
    if not found:
        raise Unusable(f"There is no backup in {folder}.")
    return found[-1]


def read(folder: Path) -> Manifest:
    """The manifest of a backup; Unusable when it is not what was written."""
    try:
        values = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        digest = values.pop("digest")
        if values["format"] != FORMAT:
            raise Unusable(f"{folder}: format {values['format']} of a backup is not known to this version.")
        if digest != _digest(values):
            raise Unusable(f"{folder}: the manifest is damaged.")
        return Manifest(**{**values, "files": [Kept(**file) for file in values["files"]]})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unusable(f"{folder}: the manifest cannot be read.") from error


def check(folder: Path, manifest: Manifest) -> None:
    """Read every byte: the database and each file are what the manifest says; Unusable names the first that is not."""
    vault = Vault(folder.parent)
    if _sha256(folder / manifest.database) != manifest.database_sha256:
        raise Unusable(f"{folder}: the database is missing or damaged. Nothing was touched.")
    for sha256 in sorted({file.sha256 for file in manifest.files}):
        if _sha256(vault.path(sha256)) != sha256:
            raise Unusable(f"{vault.path(sha256)}: the file is missing or damaged. Nothing was touched.")


def measured(path: Path) -> tuple[int, str]:
    """Size and SHA-256 of a file that is there, after it was brought to the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return path.stat().st_size, _sha256(path)


def _digest(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(READ):
                digest.update(piece)
    except FileNotFoundError:
        return ""
    return digest.hexdigest()
