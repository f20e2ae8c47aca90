"""Which keys a long list has named already, and where first: on disk, so that its memory does not grow."""

import sqlite3
from types import TracebackType


class Seen:
    """Keys with the number of the record that named each first. A private temporary file, gone at the end."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("")
        self._database.execute("PRAGMA journal_mode=OFF")
        self._database.execute("PRAGMA synchronous=OFF")
        self._database.execute("CREATE TABLE seen (key TEXT PRIMARY KEY, record INTEGER NOT NULL) WITHOUT ROWID")

    def __enter__(self) -> "Seen":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def first(self, key: str, *, record: int) -> int | None:
        """The record that named this key before; None, and remembered, when this is the first one."""
        row = self._database.execute("SELECT record FROM seen WHERE key = ?", (key,)).fetchone()
        if row is not None:
            return int(row[0])
        self._database.execute("INSERT INTO seen VALUES (?, ?)", (key, record))
        return None
