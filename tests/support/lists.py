"""Lists to import: rows by column, as the bytes of a CSV, and what comes of importing them."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from backoffice.domain.imports import RefusedRow
from backoffice.domain.permissions import Actor
from backoffice.jobs import imports

Rows = Sequence[dict[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The counts of a run, and its refused rows."""

    counts: tuple[int, int, int, int]  # added, changed, unchanged, skipped
    refused: list[RefusedRow]
    mails: dict[str, int]
    absent: dict[str, int]
    differences: int

    @property
    def columns(self) -> list[tuple[int, str]]:
        return [(row.record, row.column) for row in self.refused]


def as_csv(rows: Rows, *, encoding: str = "utf-8") -> bytes:
    """The rows under a header of every column that one of them fills."""
    header = list(dict.fromkeys(name for row in rows for name in row))
    target = io.StringIO(newline="")
    writer = csv.DictWriter(target, header, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return target.getvalue().encode(encoding)


def run(
    rows: Rows | bytes, *, actor: Actor | None = None, only: str | None = None, is_dry_run: bool = False
) -> Result:
    """Import the rows."""
    data = rows if isinstance(rows, bytes) else as_csv(rows)
    report = imports.run(io.BytesIO(data), name="list.csv", actor=actor, only=only, is_dry_run=is_dry_run)
    with report:
        outcome = report.outcome
        return Result(
            counts=(outcome.added, outcome.changed, outcome.unchanged, outcome.skipped), refused=list(report.refused),
            mails=dict(outcome.mails), absent=report.absent, differences=outcome.differences,
        )
