"""`flask projects`: import and export a list, show one project (CONTRACT, Commands)."""

import json
import signal
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import cast

import click
from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.cli import output
from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.imports import Outcome, RefusedRow
from backoffice.domain.results import item_key
from backoffice.domain.visibility import Subject
from backoffice.jobs import imports as runs
from backoffice.jobs.imports import Report
from backoffice.models import Project
from backoffice.queries import contacts, exports, keyset, published, reviews, submissions
from backoffice.queries import projects as queries
from backoffice.storage import sheets
from backoffice.storage.sheets import Format

SHOWN = 20  # refused rows that a person is shown; `--json` gives all

projects = output.group("projects", "Projects: import and export a list, show one.")


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


@projects.command("show")
@click.argument("code")
@output.as_json
def show(code: str, as_json: bool) -> None:
    """Everything about one project, as it stands now."""
    shown = _shown(db.session(), code=code.strip().upper(), now=clock.now())
    results = cast("list[dict[str, object]]", shown["results"])
    output.answer(shown, as_json=as_json, lines=[
        f"{shown['code']}: {shown['status']}, grant {shown['grant_state']}, "
        f"{shown['start_date'] or '?'} to {shown['end_date'] or '?'}",
        *(f"Result {one['id']}: {one['title']}" + (", public" if one["public"] else "") for one in results),
    ])


@projects.command("export")
@click.option("--agency", metavar="CODE", help="Only the projects of this agency.")
@click.option("--format", "kind", type=click.Choice([kind.value for kind in Format]), default="csv")
def export(agency: str | None, kind: str) -> None:
    """Every project in the Commission's columns, on standard output; an import of it changes nothing."""
    session, now = db.session(), clock.now()
    query = select(Project)
    if agency:
        query = query.where(Project.agency_id == output.agency(session, agency.strip().upper()).id)
    at, partners = published.moment(session, now=now), exports.most_partners(session, query)
    base = str(current_app.config["SETTINGS"].public_base_url)
    rows = (
        row
        for batch in keyset.batches(session, query, keys=queries.LIST_ORDER)
        for row in exports.rows(session, batch, at=at, base=base, partners=partners)
    )
    header = exports.header(partners=partners)
    for piece in sheets.write(Format(kind), header, rows, time_zone="UTC", has_mark=False):
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


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


def _shown(session: Session, *, code: str, now: datetime) -> dict[str, object]:
    project = session.scalar(select(Project).where(Project.code == code))
    if project is None:
        raise output.Failed(f"There is no project {code}.")
    today = queries.today(project.agency, now=now)
    public = published.one(session, published.moment(session, now=now), code=code)
    public_results = {found.id for found in public.results} if public else set()
    public_contacts = {found.id for found in public.contacts} if public else set()
    overrides = session.scalars(contacts.active_overrides(project.id)).all()
    hidden = {row.subject_id for row in overrides if row.subject is Subject.RESULT}
    return {
        "code": project.code, "status": project.status, "grant_state": project.grant_state,
        "start_date": project.start_date, "end_date": project.end_date,
        "submittable": queries.is_submittable(project, today=today),
        "results_required": queries.results_required(project),
        "report_handed_in_on": project.report_handed_in_on, "report_approved_on": project.report_approved_on,
        "responsible": project.responsible.email if project.responsible else None,
        "results": _results(session, project, public=public_results, hidden=hidden),
        "submissions": [{"number": s.number, "at": s.submitted_at, "digest": s.digest} for s in project.submissions],
        "published": next((s.number for s in project.submissions if s.id == project.published_submission_id), None),
        "contacts": [{"email": found.email, "public": found.id in public_contacts} for found in project.contacts],
        "access": [
            {"email": found.user.email, "origin": found.origin, "granted_at": found.granted_at}
            for found in session.scalars(contacts.active_accesses(project.id))
        ],
        "overrides": [
            {"subject": row.subject, "id": row.subject_id, "kind": row.kind, "reason": row.reason,
             "at": row.created_at, "by": row.created_by.email if row.created_by else None}
            for row in overrides
        ],
    }


def _results(
    session: Session, project: Project, *, public: set[int], hidden: set[int]
) -> list[dict[str, object]]:
    latest = session.scalar(submissions.latest(project.id))
    verdicts = {view.item.key: view.verdict for view in reviews.items(session, latest)} if latest else {}
    return [
        {
            "id": result.id, "title": result.title, "type": result.type, "do_not_publish": result.do_not_publish,
            "hidden": result.id in hidden, "public": result.id in public, "verdict": verdicts.get(item_key(result.id)),
            "files": [
                {"id": file.id, "name": file.name, "size": file.size, "sha256": file.sha256, "check": file.check_state}
                for file in result.files
            ],
        }
        for result in project.results
    ]


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
