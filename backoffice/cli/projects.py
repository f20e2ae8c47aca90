"""`flask projects`: import a list, show one project (CONTRACT, Commands)."""

import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from flask import Flask

from backoffice.cli import output
from backoffice.domain.imports import Outcome, RefusedRow
from backoffice.jobs import imports as runs
from backoffice.jobs.imports import Report

SHOWN = 20  # refused rows that a person is shown; `--json` gives all

projects = output.group("projects", "Projects: import a list, show one.")


def init_app(app: Flask) -> None:
    app.cli.add_command(projects)


@projects.command("import")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--dry-run", "is_dry_run", is_flag=True, help="Write nothing; tell what would come of it.")
@click.option("--agency", metavar="CODE", help="Only the rows of this agency; others are left out and counted.")
@output.as_json
def import_(file: Path, is_dry_run: bool, agency: str | None, as_json: bool) -> None:
    """Import projects from a CSV or XLSX list; running it again changes nothing twice."""
    # Stopped by a supervisor or by Ctrl-C: the batch at hand is rolled back, and a person is told where it stands.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with sys.stdin.buffer if str(file) == "-" else file.open("rb") as source, _Bar(is_shown=not as_json) as bar:
        try:
            report = runs.run(
                source, name=file.name, actor=None, only=agency.strip().upper() if agency else None,
                is_dry_run=is_dry_run, progress=bar.move,
            )
        except KeyboardInterrupt:
            raise output.Failed(bar.stopped(is_dry_run=is_dry_run)) from None
    with report:
        if as_json:
            _print_json(report)
        else:
            output.answer(None, lines=_lines(report, is_dry_run=is_dry_run), as_json=False)


class _Bar:
    """A progress bar on standard error, for a person at a terminal."""

    def __init__(self, *, is_shown: bool) -> None:
        self._is_shown = is_shown and sys.stderr.isatty()
        self._bar = click.progressbar(
            length=1_000, label="Importing", file=sys.stderr, show_pos=False,
            item_show_func=lambda words: words, update_min_steps=1, hidden=not self._is_shown,
        )
        self._outcome = Outcome()

    def __enter__(self) -> "_Bar":
        self._bar.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.__exit__(None, None, None)

    def move(self, position: int, size: int, outcome: Outcome) -> None:
        self._outcome = outcome
        self._bar.update(position * 1_000 // max(size, 1) - self._bar.pos, f"{_rows(outcome)} rows")

    def stopped(self, *, is_dry_run: bool) -> str:
        rows = _rows(self._outcome)
        if is_dry_run:
            return f"Stopped after {rows} rows. Nothing was written."
        return f"Stopped after {rows} rows, each written whole. The same command again completes the import."


def _rows(outcome: Outcome) -> int:
    return outcome.added + outcome.changed + outcome.unchanged + outcome.skipped + outcome.refused_count


def _print_json(report: Report) -> None:
    """One line, written as it is read from the disk: a list of refused rows may be long."""
    outcome = report.outcome
    head = {
        "added": outcome.added, "changed": outcome.changed, "unchanged": outcome.unchanged,
        "skipped": outcome.skipped, "absent": sum(report.absent.values()), "needs_data": outcome.differences,
        "mails": dict(sorted(outcome.mails.items())), "read_as": report.kind, "ignored_columns": list(report.ignored),
    }
    click.echo(json.dumps(head, ensure_ascii=False)[:-1] + ', "refused": [', nl=False)
    for number, row in enumerate(report.refused):
        click.echo((", " if number else "") + json.dumps(_refused(row), ensure_ascii=False), nl=False)
    click.echo("]}")


def _refused(row: RefusedRow) -> dict[str, object]:
    found: dict[str, object] = {
        "record": row.record, "line": row.line, "column": row.column, "reason": row.reason % dict(row.values),
    }
    if row.others:
        found["more"] = [{"column": column, "reason": reason % dict(values)} for column, reason, values in row.others]
    return found


def _lines(report: Report, *, is_dry_run: bool) -> Iterator[str]:
    outcome = report.outcome
    yield f"Read as {report.kind}." + (f" Columns left out: {', '.join(report.ignored)}." if report.ignored else "")
    if is_dry_run:
        yield "Nothing was written; this is what would come of it:"
    yield (
        f"{outcome.added} added, {outcome.changed} changed, {outcome.unchanged} unchanged, "
        f"{outcome.skipped} of other agencies left out, {len(report.refused)} refused."
    )
    if absent := sum(report.absent.values()):
        yield f"{absent} projects are not in the file; they are left alone."
    if outcome.differences:
        yield f"{outcome.differences} facts differ from what was set here and stay; see “Needs data”."
    for kind, number in sorted(outcome.mails.items()):
        yield f"Mail {kind}: {number}."
    for number, row in enumerate(report.refused):
        if number == SHOWN:
            yield f"… and {len(report.refused) - SHOWN} more; --json lists all."
            break
        yield f"Record {row.record}, line {row.line}, {row.column or 'whole row'}: {row.reason % dict(row.values)}"
