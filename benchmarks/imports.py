"""An import against the raw limit: the same rows put into the same tables with nothing looked up, checked or told."""

import csv
import io
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from flask_migrate import upgrade
from sqlalchemy import select

from backoffice.config import Settings
from backoffice.db import db
from backoffice.domain import imports as rules
from backoffice.factory import create_app
from backoffice.jobs import imports
from backoffice.models import Agency
from backoffice.services.uow import unit_of_work
from backoffice.storage import tables
from tests.support import postgres

ROWS = 2_000
LIST = Path(__file__).resolve().parent.parent / "demo" / "made-projects.csv"
AGENCY = "LV01"


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds of one round."""

    first: float
    again: float
    reading: float
    bare: float
    rows: int  # in all tables together


def main() -> None:
    content = listing(ROWS)
    print(f"Import of {ROWS:,} projects of an agency's list, {len(content) / 1e6:.1f} MB")
    for engine, server in servers():
        with server as url, tempfile.TemporaryDirectory() as var:
            taken = measure(content, url=url or f"sqlite:///{var}/database.db", var=Path(var))
        print(
            f"  {engine:<11} first {taken.first:6.2f} s ({ROWS / taken.first:5.0f} rows/s)   again {taken.again:6.2f} s"
            f"   reading alone {taken.reading:5.2f} s   bare insert of its {taken.rows:,} rows {taken.bare:5.2f} s"
            f"   = {taken.first / taken.bare:.1f} × bare"
        )


def servers() -> Iterator[tuple[str, Any]]:
    yield "SQLite", nullcontext("")
    folder = postgres.binaries()
    if folder is None:
        print(f"  left out: {postgres.WHY_NOT}")
    else:
        yield "PostgreSQL", postgres.server(folder)


def listing(count: int) -> bytes:
    """The demo's made list, again and again under new codes and addresses."""
    with LIST.open(encoding="utf-8-sig", newline="") as file:
        source = [row for row in csv.DictReader(file) if row["Project Identifier"].split("-")[2] == AGENCY]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, fieldnames=list(source[0]))
    writer.writeheader()
    for number in range(count):
        row = dict(source[number % len(source)])
        head = row["Project Identifier"].rpartition("-")[0]
        row["Project Identifier"] = f"{head}-{500_000_000 + number}"
        for name in row:
            if "e-mail" in name.lower() and row[name]:
                row[name] = f"person{number}.{row[name]}"
        writer.writerow(row)
    return out.getvalue().encode()


def measure(content: bytes, *, url: str, var: Path) -> Taken:
    app = create_app(settings(url=url, var=var))
    with app.app_context():
        upgrade()
        with unit_of_work() as uow:
            uow.session.add(
                Agency(code=AGENCY, name=AGENCY, created_at=uow.now, notices_from=date(2000, 1, 1), run_limit=10**6)
            )
        with timed() as first:
            run(content)
        with timed() as again:
            run(content)
        with timed() as reading:
            for row in read(content):
                rules.read_row(row.cells, code=rules.read_code(row.cells))
        rows = {table: [dict(row) for row in db.session.execute(select(table)).mappings()] for table in written()}
        db.session.remove()
        with unit_of_work() as uow:
            for table in reversed(written()):
                uow.session.execute(table.delete())
        with timed() as bare, unit_of_work() as uow:
            for table, found in rows.items():
                if found:
                    uow.session.connection().execute(table.insert(), found)
        db.session.remove()
        db.engine.dispose()
    return Taken(first[0], again[0], reading[0], bare[0], sum(map(len, rows.values())))


def written() -> list[Any]:
    """The tables that an import fills, in the order of their keys."""
    names = {"user_account", "project", "partner", "contact", "access", "audit_event", "audit_personal", "outbox"}
    return [table for table in db.metadata.sorted_tables if table.name in names]


def run(content: bytes) -> None:
    with imports.run(io.BytesIO(content), name="list.csv", actor=None) as report:
        if report.outcome.refused_count:
            raise SystemExit(f"{report.outcome.refused_count} rows were refused: the figures would say nothing")


def read(content: bytes) -> Iterator[tables.Row]:
    with tables.opened(io.BytesIO(content), column=rules.column, required=rules.CODE) as table:
        yield from table.rows


@contextmanager
def timed() -> Iterator[list[float]]:
    taken: list[float] = []
    start = time.perf_counter()
    yield taken
    taken.append(time.perf_counter() - start)


def settings(*, url: str, var: Path) -> Settings:
    return Settings(
        env="test",
        var=var,
        secret_key="not for production, only for the benchmark",
        database_url=url,
        storage_url=f"file://{var}/files",
        mail_url=f"file://{var}/mail",
        mail_from="results@agency.example",
        public_base_url="http://localhost",
    )
