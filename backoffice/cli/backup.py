"""`flask backup DIR` and `flask restore DIR` (CONTRACT; docs/operations.md)."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from backoffice.cli import output
from backoffice.config import Settings
from backoffice.jobs import backup as jobs
from backoffice.storage.vault import Unusable

FOLDER = click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))


@click.command("backup", cls=output.Command)
@FOLDER
@click.option("--keep", type=click.IntRange(1), help="Delete all backups in DIR but the newest so many.")
@output.as_json
@with_appcontext
def backup(folder: Path, keep: int | None, as_json: bool) -> None:
    """Write database and files as they are now into DIR, while everything runs; files that DIR has are not copied."""
    with _plainly():
        taken = jobs.take(folder, keep=keep)
    lines = [
        f"{taken.folder}: {sum(taken.counts.values()):,} rows, {taken.files:,} files ({taken.new:,} of them new).",
        *(f"{key}: the bytes are missing or damaged, so they are not in the backup." for key in taken.missing),
    ]
    output.answer(asdict(taken), lines=lines, as_json=as_json)
    if taken.missing:
        raise output.Failed(f"{len(taken.missing)} files could not be backed up: flask files verify shows them.")


@click.command("restore", cls=output.Command)
@FOLDER
@click.option("--force", "is_forced", is_flag=True, help="Replace a database and files that are not empty.")
@output.as_json
@with_appcontext
def restore(folder: Path, is_forced: bool, as_json: bool) -> None:
    """Put the newest backup of DIR in the place of database and files. Stop web, worker and scheduler first."""
    with _plainly(), _stopped():
        done = jobs.restore(folder, is_forced=is_forced)
    lines = [
        f"Restored from {done.folder}: {done.files:,} files, {done.copied:,} of them copied.",
        f"{done.held + done.notices:,} mails may have been sent since. They are held: an admin releases them (Outbox).",
    ]
    output.answer(asdict(done), lines=lines, as_json=as_json)


def init_app(app: Flask) -> None:
    for command in (backup, restore):
        app.cli.add_command(command)


@contextmanager
def _plainly() -> Iterator[None]:
    try:
        yield
    except Unusable as reason:
        raise output.Failed(str(reason)) from None


@contextmanager
def _stopped() -> Iterator[None]:
    """`flask up` holds this lock while it runs (cli/up.py)."""
    settings: Settings = current_app.config["SETTINGS"]
    settings.var.mkdir(parents=True, exist_ok=True)
    with (settings.var / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise output.Failed(f"Everything runs on {settings.var}: stop it first. Nothing was touched.") from None
        yield
