"""An import from an open file to its report: batches in units of work of their own, so that locks are short and a run
that was stopped is completed by the next one."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, BinaryIO

from backoffice.db import db
from backoffice.domain import imports as rules
from backoffice.domain.import_runs import Touched
from backoffice.domain.imports import Outcome, RefusedRow
from backoffice.domain.permissions import Actor
from backoffice.queries import imports as queries
from backoffice.services import imports
from backoffice.services.uow import unit_of_work
from backoffice.storage import tables
from backoffice.storage.seen import Seen

BATCH = 200  # rows; about a third of a second of the write lock

# Bytes read, of how many, and what came of the rows so far.
Progress = Callable[[int, int, Outcome], None]


class _NothingWritten(Exception):
    """Leaves the unit of work of a dry run."""


class Refusals:
    """Refused rows on disk: a list in which every row is refused needs no more memory than one in which none is."""

    def __init__(self) -> None:
        self._file: IO[str] = TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed with the report
        self._count = 0

    def add(self, row: RefusedRow) -> None:
        cells = [row.record, row.line, row.column, row.reason, dict(row.values), row.others]
        self._file.write(json.dumps(cells, ensure_ascii=False, default=str) + "\n")
        self._count += 1

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[RefusedRow]:
        self._file.seek(0)
        for line in self._file:
            record, at, column, reason, values, others = json.loads(line)
            yield RefusedRow(
                record=record, line=at, column=column, reason=reason, values=values,
                others=tuple(tuple(other) for other in others),
            )

    def close(self) -> None:
        self._file.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of a run. Closing it lets the refused rows go."""

    kind: str
    ignored: tuple[str, ...]
    outcome: Outcome = field(default_factory=Outcome)
    refused: Refusals = field(default_factory=Refusals)
    absent: dict[str, int] = field(default_factory=dict)  # by agency: projects that the file does not name

    def __enter__(self) -> "Report":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.refused.close()


def run(
    file: BinaryIO,
    *,
    name: str,
    actor: Actor | None,
    only: str | None = None,
    is_dry_run: bool = False,
    progress: Progress | None = None,
    each: Callable[[Touched], None] | None = None,
) -> Report:
    """Import a list, or find out what would come of it. Raises Refused when it is refused as a whole.

    `each` is given every row that adds or changes a project.

    `only` limits it to one agency, by its code; an admin imports for the own agency alone.
    A stop half-way (an interrupt, a lost database) leaves whole batches, and an event that says so.
    """
    imports.check_permission(actor)
    if actor is not None:
        only = queries.agency_code(db.session(), actor.agency_id)
    before = _before(only)
    with Seen() as seen, tables.opened(file, column=rules.column, required=rules.CODE) as table:
        report = Report(kind=table.kind, ignored=table.unknown)
        try:
            while rows := list(islice(table.rows, BATCH)):
                batch = _batch(rows, table=table, actor=actor, seen=seen, only=only, is_dry_run=is_dry_run,
                               is_listed=each is not None)
                report.outcome.add(batch)
                if each is not None:
                    for touched in batch.touched:
                        each(touched)
                for row in batch.refused:
                    report.refused.add(row)
                if progress is not None:
                    progress(table.position(), table.size, report.outcome)
        except BaseException:
            report.refused.close()
            if not is_dry_run and report.outcome.added + report.outcome.changed:
                with suppress(Exception):  # the cause of the stop matters more than its event
                    _finish(report, actor=actor, name=name, only=only, is_complete=False)
            raise
    if not is_dry_run:
        _finish(report, actor=actor, name=name, only=only, is_complete=True)
    named = report.outcome.known
    report.absent.update({code: before[code] - named[code] for code in before if code == only or code in named})
    return report


def _before(only: str | None) -> dict[str, int]:
    """How many projects each agency has; Refused when the one wanted is not there."""
    counts = queries.projects_by_agency(db.session())
    if only is not None and only not in counts:
        raise imports.no_agency(only)
    return counts


def _batch(
    rows: Sequence[tables.Row],
    *,
    table: tables.Table,
    actor: Actor | None,
    seen: Seen,
    only: str | None,
    is_dry_run: bool,
    is_listed: bool,
) -> Outcome:
    """One batch, written; or rolled back when nothing may be."""
    with suppress(_NothingWritten), unit_of_work() as uow:
        outcome = imports.apply(uow, actor=actor, rows=rows, header=table.header, seen=seen, only=only,
                                is_listed=is_listed)
        if is_dry_run:
            raise _NothingWritten
    return outcome


def _finish(report: Report, *, actor: Actor | None, name: str, only: str | None, is_complete: bool) -> None:
    with unit_of_work() as uow:
        imports.finish(uow, actor=actor, outcome=report.outcome, name=name, only=only, is_complete=is_complete)
