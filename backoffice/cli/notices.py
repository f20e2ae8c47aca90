"""`flask notices`: run the dated mails, let a held run go (CONTRACT, Commands)."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import cast

import click
from flask import Flask, current_app

from backoffice.cli import output
from backoffice.config import Settings
from backoffice.domain import clock
from backoffice.domain.notices import DATED, OutboxState
from backoffice.jobs import notices as runs
from backoffice.services.notices import Counts

STATES = (("queued", OutboxState.WAITING), ("suppressed", OutboxState.SUPPRESSED), ("held", OutboxState.HELD))
NONE = Counter[OutboxState]()

notices = output.group("notices", "Mails that a date brings about: run, release.")


def init_app(app: Flask) -> None:
    app.cli.add_command(notices)


@notices.command("run")
@click.option(
    "--on", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD",
    help="Reckon as on that day; a later one than today only in demo and test.",
)
@output.as_json
def run(on: datetime | None, as_json: bool) -> None:
    """Write the mails that are due, at once; running again writes nothing twice."""
    settings = cast(Settings, current_app.config["SETTINGS"])
    day = on.date() if on else None
    if day is not None and settings.env == "production" and day > clock.now().date():
        raise output.Failed("A later day than today can be given only in demo and test.")
    _answer(runs.run(on=day, is_now=True), as_json=as_json)


@notices.command("release")
@output.as_json
def release(as_json: bool) -> None:
    """Let the mails of every held run go."""
    _answer(runs.release(), as_json=as_json)


def _answer(counts: Counts, *, as_json: bool) -> None:
    kinds = [*DATED, *(kind for kind in counts if kind not in DATED)]
    found = {kind.value: {word: counts.get(kind, NONE)[state] for word, state in STATES} for kind in kinds}
    output.answer(found, lines=_lines(found), as_json=as_json)


def _lines(found: dict[str, dict[str, int]]) -> Iterator[str]:
    is_empty = True
    for kind, numbers in found.items():
        if any(numbers.values()):
            is_empty = False
            yield f"{kind}: " + ", ".join(f"{number} {word}" for word, number in numbers.items() if number) + "."
    if is_empty:
        yield "Nothing is due."
