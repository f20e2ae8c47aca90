"""Has anything been written? Every row of every table, looked at only when the engine says that a write was made."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, select, text

from backoffice.db import db

Rows = dict[str, frozenset[tuple[str, ...]]]
# Both count what others wrote: changes of the file, and numbers given to writing transactions.
MARKS = {
    "sqlite": text("PRAGMA data_version"),
    "postgresql": text("SELECT pg_snapshot_xmax(pg_current_snapshot())::text"),
}


class Watch:
    """Compares with what it saw last."""

    def __init__(self, connection: Connection, *, apart: frozenset[str]) -> None:
        self._connection, self._apart = connection, apart
        self._mark, self._rows = self._read_mark(), self._read_rows()

    def changes(self) -> list[str]:
        """What is different since the last look, by table."""
        mark = self._read_mark()
        if mark == self._mark:
            return []
        before, self._mark, self._rows = self._rows, mark, self._read_rows()
        return [f"{table}: {sorted(before[table] ^ now)}" for table, now in self._rows.items() if before[table] != now]

    def _read_mark(self) -> str:
        self._connection.rollback()
        return str(self._connection.scalar(MARKS[self._connection.dialect.name]))

    def _read_rows(self) -> Rows:
        tables = (table for table in db.metadata.sorted_tables if table.name not in self._apart)
        return {
            table.name: frozenset(tuple(map(repr, row)) for row in self._connection.execute(select(table)))
            for table in tables
        }


@contextmanager
def watch(*, apart: frozenset[str] = frozenset()) -> Iterator[Watch]:
    """Over all tables but those `apart`."""
    with db.engine.connect() as connection:
        yield Watch(connection, apart=apart)
