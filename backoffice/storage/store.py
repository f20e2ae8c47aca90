"""Where bytes live: one small interface, and the local folder behind it (DESIGN §2 `storage/`).

Keys are random and mean nothing: no name of a person's file ever becomes part of a path, so no name can lead
out of the folder, overwrite another's file or be guessed.
"""

import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from backoffice.domain.errors import N_, Refused
from backoffice.domain.files import MAX_FILE_BYTES, too_big

READ = 1 << 20  # 64 KB reads cost two thirds of the speed that 1 MB reads give
KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{30}")
_INCOMING = ".incoming"  # unfinished bytes; no key can name it

CUT_OFF = N_(
    "The upload of “%(name)s” broke off before the end, so nothing of it was kept. Choose the file again."
)


class Source(Protocol):
    """Anything that gives bytes: a request's stream, an open file."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What was written, counted and hashed on the way."""

    key: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One stored file as the store itself knows it."""

    key: str
    size: int
    modified_at: datetime


class Damaged(Exception):
    """The bytes are not those whose digest was kept."""


class Store(Protocol):
    """What everything else sees; a key that does not come from `put` is a ValueError or not found."""

    def put(
        self, source: Source, *, name: str, size: int | None = None, limit: int = MAX_FILE_BYTES
    ) -> Stored:
        """Write all of `source` under a new key.

        Refused when more than `limit` bytes or other than the announced `size` arrive (a client that
        vanishes looks like the end of the body); whatever fails, nothing stays behind. `name` is for the
        refusal only.
        """

    def place(self, source: Source, *, key: str, sha256: str) -> None:
        """Write under a key that these bytes have already (a restore, a move between stores), over what is there.

        Damaged when the bytes are others than `sha256` says; nothing is changed then.
        """

    def open(self, key: str) -> BinaryIO:
        """A reader at the first byte, the caller's to close; FileNotFoundError when there is none."""

    def stream(self, key: str, *, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes, or a range of them, in pieces of 1 MB."""

    def as_path(self, key: str) -> AbstractContextManager[Path]:
        """A file on this machine with the bytes, to be read only and only inside the block."""

    def exists(self, key: str) -> bool: ...

    def size(self, key: str) -> int: ...

    def delete(self, key: str) -> bool:
        """False when it was gone already."""

    def entries(self) -> Iterator[Entry]:
        """Everything stored, in no order."""

    def forget_unfinished(self, *, before: datetime) -> int:
        """Delete what a killed process left half-written; gives the number."""


class LocalStore:
    """A folder. A file appears under its key whole and synced, or not at all."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / _INCOMING).mkdir(parents=True, exist_ok=True)

    def put(
        self, source: Source, *, name: str, size: int | None = None, limit: int = MAX_FILE_BYTES
    ) -> Stored:
        unfinished = self.root / _INCOMING / secrets.token_hex(16)
        try:
            written, digest = write(source, unfinished, name=name, limit=limit)
            if size is not None and written != size:
                raise Refused(CUT_OFF, field="files", code="upload-incomplete", values={"name": name})
            key = self._settle(unfinished)
        finally:
            unfinished.unlink(missing_ok=True)
        return Stored(key=key, size=written, sha256=digest)

    def place(self, source: Source, *, key: str, sha256: str) -> None:
        target, unfinished = self._path(key), self.root / _INCOMING / secrets.token_hex(16)
        try:
            if write(source, unfinished)[1] != sha256:
                raise Damaged(key)
            self._rename(unfinished, target)
        finally:
            unfinished.unlink(missing_ok=True)

    def open(self, key: str) -> BinaryIO:
        return self._path(key).open("rb")

    def stream(self, key: str, *, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        with self.open(key) as file:
            yield from pieces(file, start=start, length=length)

    @contextmanager
    def as_path(self, key: str) -> Iterator[Path]:
        path = self._path(key)
        if not path.is_file():
            raise FileNotFoundError(key)
        yield path

    def exists(self, key: str) -> bool:
        return self._path(key).is_file()

    def size(self, key: str) -> int:
        return self._path(key).stat().st_size

    def delete(self, key: str) -> bool:
        try:
            self._path(key).unlink()
        except FileNotFoundError:
            return False
        return True

    def entries(self) -> Iterator[Entry]:
        for folder in sorted(self.root.iterdir()):
            for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                key = f"{folder.name}/{path.name}"
                if not KEY.fullmatch(key):
                    continue
                with suppress(FileNotFoundError):  # deleted while we looked
                    found = path.stat()
                    modified_at = datetime.fromtimestamp(found.st_mtime, UTC)
                    yield Entry(key=key, size=found.st_size, modified_at=modified_at)

    def forget_unfinished(self, *, before: datetime) -> int:
        old = [
            path for path in (self.root / _INCOMING).iterdir() if path.stat().st_mtime < before.timestamp()
        ]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _path(self, key: str) -> Path:
        if not KEY.fullmatch(key):
            raise ValueError("not a key of this store")
        return self.root / key

    def _settle(self, unfinished: Path) -> str:
        """Rename to a key that nothing has yet; the rename itself is made durable, too."""
        key = new_key()
        while self.exists(key):
            key = new_key()
        self._rename(unfinished, self._path(key))
        return key

    def _rename(self, unfinished: Path, target: Path) -> None:
        is_new_folder = not target.parent.exists()
        target.parent.mkdir(exist_ok=True)
        unfinished.rename(target)
        sync_folder(target.parent)
        if is_new_folder:
            sync_folder(self.root)


def digest(store: Store, key: str) -> tuple[int, str]:
    """Size and SHA-256 of what lies under a key, read to its last byte."""
    size, found = 0, hashlib.sha256()
    for piece in store.stream(key):
        size += len(piece)
        found.update(piece)
    return size, found.hexdigest()


def new_key() -> str:
    """128 random bits, in folders of two letters so that none grows too long."""
    token = secrets.token_hex(16)
    return f"{token[:2]}/{token[2:]}"


def pieces(file: BinaryIO, *, start: int, length: int | None) -> Iterator[bytes]:
    """`length` bytes from `start` on, or all that follow; fewer where the file ends before."""
    left = length
    file.seek(start)
    while left is None or left > 0:
        piece = file.read(READ if left is None else min(READ, left))
        if not piece:
            return
        left = None if left is None else left - len(piece)
        yield piece


def write(source: Source, path: Path, *, name: str = "", limit: int | None = None) -> tuple[int, str]:
    """A new file with all of `source`, synced; its size and SHA-256."""
    written, digest = 0, hashlib.sha256()
    with path.open("xb") as file:
        while piece := source.read(READ):
            written += len(piece)
            if limit is not None and written > limit:
                raise too_big(name)
            digest.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return written, digest.hexdigest()


def sync_folder(folder: Path) -> None:
    """Makes the names in it durable, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
