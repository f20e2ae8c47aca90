"""Imports by the page: claim the run, read or write its list, record what came of it (DESIGN §3)."""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from tempfile import TemporaryFile
from time import monotonic
from typing import Any, BinaryIO, cast

from flask import current_app

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.errors import DomainError
from backoffice.domain.import_runs import SHOWN, Touched
from backoffice.domain.imports import Outcome, RefusedRow
from backoffice.jobs import imports
from backoffice.jobs.imports import Report
from backoffice.queries import import_runs as queries
from backoffice.services import import_runs
from backoffice.services.import_runs import Claim
from backoffice.services.uow import unit_of_work
from backoffice.storage.store import Store

EVERY_S = 1.0  # so often at most the page learns how far it is
log = logging.getLogger(__name__)


def work(run_id: int) -> None:
    """Read or write one list that is due."""
    with unit_of_work() as uow:
        claim = import_runs.claim(uow, run_id=run_id)
    if claim is None:
        return
    try:
        _run(claim)
    except DomainError as error:
        with unit_of_work() as uow:
            import_runs.refuse(uow, claim=claim, message=error.message, values=error.values)
    except Exception:
        log.exception("import %s stopped", run_id)
        with unit_of_work() as uow:
            import_runs.give_back(uow, claim=claim)


def sweep() -> list[int]:
    """Every run that is due: a wake-up that was lost, a worker that died."""
    ids = list(db.session.scalars(queries.due(now=clock.now())))
    db.session.rollback()
    for run_id in ids:
        work(run_id)
    return ids


def rows(file: BinaryIO) -> Iterator[dict[str, Any]]:
    """What came of each row, as it was kept."""
    for line in file:
        yield json.loads(line)


def _run(claim: Claim) -> None:
    store = cast(Store, current_app.extensions["store"])
    kept = _Rows()
    told = monotonic()

    def progress(position: int, _size: int, _outcome: Outcome) -> None:
        nonlocal told
        if monotonic() - told >= EVERY_S:
            told = monotonic()
            with unit_of_work() as uow:
                import_runs.move(uow, claim=claim, position=position)

    with kept, store.open(claim.key) as source:
        report = imports.run(
            source, name=claim.name, actor=claim.actor, is_dry_run=claim.is_dry_run, progress=progress,
            each=kept.touched,
        )
        with report:
            for refused in report.refused:
                kept.refused(refused)
            stored = store.put(kept.whole(), name=claim.name)
            with unit_of_work() as uow:
                import_runs.finish(uow, claim=claim, outcome=_numbers(report), shown=kept.shown, rows=stored)


class _Rows:
    """What came of each row: all of it on disk, the first of each kind for the page."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - closed with the block
        self.shown: dict[str, list[dict[str, Any]]] = {"refused": [], "changed": [], "added": []}

    def __enter__(self) -> "_Rows":
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def touched(self, row: Touched) -> None:
        self._add("added" if row.is_new else "changed", asdict(row))

    def refused(self, row: RefusedRow) -> None:
        self._add("refused", {
            "record": row.record, "line": row.line, "column": row.column, "reason": row.reason,
            "values": _plain(row.values),
            "others": [[column, reason, _plain(values)] for column, reason, values in row.others],
        })

    def whole(self) -> BinaryIO:
        """From its first byte; a run in which every row stays as it was has one line that says nothing."""
        if not self._file.tell():
            self._file.write(b"{}\n")
        self._file.seek(0)
        return self._file

    def _add(self, kind: str, row: dict[str, Any]) -> None:
        self._file.write(json.dumps({"kind": kind, **row}, ensure_ascii=False, default=str).encode() + b"\n")
        if len(self.shown[kind]) < SHOWN:
            self.shown[kind].append(json.loads(json.dumps(row, default=str)))


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    return {name: value if isinstance(value, int) else str(value) for name, value in values.items()}


def _numbers(report: Report) -> dict[str, object]:
    outcome = report.outcome
    return {
        "kind": report.kind, "ignored": list(report.ignored)[:50], "added": outcome.added, "changed": outcome.changed,
        "unchanged": outcome.unchanged, "skipped": outcome.skipped, "refused": outcome.refused_count,
        "mails": dict(outcome.mails), "suppressed": dict(outcome.suppressed), "differences": outcome.differences,
        "absent": sum(report.absent.values()),
    }
