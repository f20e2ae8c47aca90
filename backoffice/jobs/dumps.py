"""The whole database into one file and back: SQLite by its online backup, PostgreSQL by its own tools."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, inspect, text
from sqlalchemy.engine import make_url

from backoffice.db import WRITING
from backoffice.storage.vault import Unusable

VERSIONS = "alembic_version"
LOCK_S = 15  # a process that still works on the tables is told, not waited for


def name(engine: Engine) -> str:
    """What the file is called."""
    return "database.sqlite3" if _is_sqlite(engine) else "database.dump"


@contextmanager
def dumped(engine: Engine, target: Path) -> Iterator[Connection]:
    """Write the database as it is at one instant; the connection reads exactly what was written."""
    if _is_sqlite(engine):
        with engine.connect() as connection, closing(sqlite3.connect(target)) as copy:
            connection.connection.driver_connection.backup(copy)  # type: ignore[union-attr]
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
        copied = create_engine(f"sqlite:///{target}")
        try:
            with copied.connect() as connection:
                yield connection
        finally:
            copied.dispose()
        return
    tool = _tool("pg_dump")
    with engine.connect() as connection:
        connection.execution_options(isolation_level="REPEATABLE READ")
        snapshot = str(connection.scalar(text("SELECT pg_export_snapshot()")))
        _call(engine, [
            tool, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={target}",
        ])
        yield connection


def revision(connection: Connection) -> str:
    """Of the schema; Unusable for a database that was never migrated."""
    if not inspect(connection).has_table(VERSIONS):
        raise Unusable("The database has no tables yet: flask db upgrade makes them.")
    return str(connection.scalar(text("SELECT version_num FROM alembic_version")))


def has_rows(engine: Engine) -> bool:
    """Whether anything stands in any table but the revision's."""
    with engine.connect() as connection:
        tables = set(inspect(connection).get_table_names()) - {VERSIONS}
        quote = engine.dialect.identifier_preparer.quote
        return any(
            connection.scalar(text(f"SELECT 1 FROM {quote(table)} LIMIT 1")) is not None  # noqa: S608
            for table in sorted(tables)
        )


def others(engine: Engine) -> int:
    """How many other connections work on a PostgreSQL database; SQLite does not tell."""
    if _is_sqlite(engine):
        return 0
    with engine.connect() as connection:
        return int(connection.scalar(text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND backend_type = 'client backend'"
        )) or 0)


def check(engine: Engine, source: Path) -> None:
    """Whether the file is a database that can be loaded; changes nothing."""
    if not _is_sqlite(engine):
        _call(None, [_tool("pg_restore"), "--list", str(source)])
        return
    try:
        with closing(sqlite3.connect(f"file:{source}?mode=ro&immutable=1", uri=True)) as copy:
            found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise Unusable(f"{source}: {error}") from error
    if found != "ok":
        raise Unusable(f"{source}: {found}")


def load(engine: Engine, source: Path, *, tables: Collection[str]) -> None:
    """Put the file in the place of the database: all of it, or nothing is changed. `tables` are those that it holds."""
    engine.dispose()
    if _is_sqlite(engine):
        with (
            closing(sqlite3.connect(source)) as copy,
            closing(sqlite3.connect(str(engine.url.database), timeout=LOCK_S)) as target,
        ):
            try:
                copy.backup(target)
            except sqlite3.Error as error:
                raise Unusable(f"The database could not be written: {error}") from error
        return
    _drop_strangers(engine, known={*tables, VERSIONS})
    _call(engine, [
        _tool("pg_restore"), "--single-transaction", "--exit-on-error", "--clean", "--if-exists", "--no-owner",
        "--no-privileges", str(source),
    ])


def _drop_strangers(engine: Engine, *, known: Collection[str]) -> None:
    """Tables that the backup's version did not have yet hang on those that are to be replaced."""
    with engine.connect().execution_options(**WRITING) as connection:
        for table in inspect(connection).get_table_names():
            if table not in known:
                quoted = engine.dialect.identifier_preparer.quote(table)
                connection.execute(text(f"DROP TABLE {quoted} CASCADE"))
        connection.commit()


def _is_sqlite(engine: Engine) -> bool:
    return engine.dialect.name == "sqlite"


def _tool(tool: str) -> str:
    """A program of PostgreSQL: in PG_BINDIR, on the path, or where Debian keeps the newest."""
    named = os.environ.get("PG_BINDIR")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    places = [named] if named else [os.environ.get("PATH", ""), *map(str, debian)]
    found = shutil.which(tool, path=os.pathsep.join(places))
    if found is None:
        raise Unusable(
            f"{tool} is not on this machine: install PostgreSQL's client programs, or name their folder in PG_BINDIR."
        )
    return found


def _call(engine: Engine | None, command: Sequence[str]) -> None:
    """The password goes by the environment: everybody on the machine reads the arguments of a process."""
    environment = dict(os.environ)
    arguments = list(command)
    if engine is not None:
        url = make_url(engine.url).set(drivername="postgresql")
        if url.password:
            environment["PGPASSWORD"] = str(url.password)
        environment["PGOPTIONS"] = f"-c lock_timeout={LOCK_S}s"
        shown = url._replace(password=None).render_as_string(hide_password=False)
        arguments.insert(1, f"--dbname={shown}")
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = next((line for line in done.stderr.splitlines() if line.strip()), f"status {done.returncode}")
        raise Unusable(said if said.startswith(Path(command[0]).name) else f"{Path(command[0]).name}: {said}")
