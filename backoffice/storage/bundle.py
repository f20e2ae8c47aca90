"""Several files as one ZIP, written while it is sent: no copy on the disk, no whole file in memory."""

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from backoffice.storage.pipe import Pipe
from backoffice.storage.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file of the store under the name that people know."""

    name: str
    key: str
    size: int
    at: datetime


def stream(store: Store, entries: Iterable[Entry]) -> Iterator[bytes]:
    """The bytes of the ZIP. Files are stored as they are: most are packed already."""
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as bundle:
        for name, entry in named(entries):
            info = zipfile.ZipInfo(name, date_time=entry.at.timetuple()[:6])
            info.file_size = entry.size
            with bundle.open(info, "w") as target:
                for piece in store.stream(entry.key):
                    target.write(piece)
                    yield pipe.taken()
            yield pipe.taken()
    yield pipe.taken()


def named(entries: Iterable[Entry]) -> Iterator[tuple[str, Entry]]:
    """Each entry with a name that no other has: the second "a.pdf" becomes "a (2).pdf"."""
    seen: set[str] = set()
    for entry in entries:
        plain = entry.name.replace("/", "_").replace("\\", "_").lstrip(".") or "file"
        path, name, number = PurePosixPath(plain), plain, 1
        while name.casefold() in seen:
            number += 1
            name = f"{path.stem} ({number}){path.suffix}"
        seen.add(name.casefold())
        yield name, entry
