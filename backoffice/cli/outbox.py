"""`flask outbox`: send what is due, list mails with their state (CONTRACT, Commands)."""

from collections.abc import Iterable, Iterator

import click
from flask import Flask, current_app

from backoffice.cli import output
from backoffice.config import Settings
from backoffice.db import db
from backoffice.domain.notices import OutboxState
from backoffice.jobs import outbox as jobs
from backoffice.mail import sender
from backoffice.models import OutboxRow
from backoffice.queries import outbox as queries

outbox = output.group("outbox", "Mails: send what is due, list them.")


def init_app(app: Flask) -> None:
    app.cli.add_command(outbox)


@outbox.command("sweep")
@output.as_json
def sweep(as_json: bool) -> None:
    """Send what is due now, and show what became of it."""
    tried = jobs.sweep()
    _answer(db.session.scalars(queries.by_ids(tried)), as_json=as_json)


@outbox.command("list")
@click.option("--state", type=click.Choice([state.value for state in OutboxState]))
@output.as_json
def list_(state: str | None, as_json: bool) -> None:
    """Every mail, or those of one state, oldest first."""
    _answer(db.session.scalars(queries.all_rows(state=OutboxState(state) if state else None)), as_json=as_json)


def _answer(rows: Iterable[OutboxRow], *, as_json: bool) -> None:
    values = [_value(row) for row in rows]
    output.answer(values, lines=_lines(values), as_json=as_json)


def _lines(values: list[dict[str, object]]) -> Iterator[str]:
    for value in values:
        yield f"{value['id']:>6}  {value['state']:10}  {value['kind']:20}  {value['to']}"
    if not values:
        yield "No mails."


def _value(row: OutboxRow) -> dict[str, object]:
    settings: Settings = current_app.config["SETTINGS"]
    return {
        "id": row.id, "kind": row.kind.value, "to": row.to, "language": row.language, "state": row.state.value,
        "message_id": sender.message_id(row.id, settings=settings), "attempts": row.attempts, "due_at": row.due_at,
        "sent_at": row.sent_at, "project_id": row.project_id, "failure": row.failure,
    }
