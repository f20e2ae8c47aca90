"""`flask files`: do the rows and the stored bytes agree, and the way into another store (CONTRACT)."""

from collections.abc import Iterator
from typing import NamedTuple, cast

import click
from flask import Flask, current_app

from backoffice.cli import output
from backoffice.db import db
from backoffice.queries import files as queries
from backoffice.queries import uploads
from backoffice.storage.store import Damaged, Store, digest
from backoffice.storage.stores import open_store

PIECE = 200


class _Row(NamedTuple):
    id: int
    key: str
    size: int
    sha256: str


files = output.group("files", "Stored files: verify, migrate.")


@files.command("verify")
@output.as_json
def verify(as_json: bool) -> None:
    """Read every stored file: none missing, none damaged, none without a row. Ends with 1 when anything is amiss."""
    store = _store()
    # First what is stored, then the rows: an upload that is written down meanwhile is in both.
    left = {entry.key for entry in store.entries()}
    left -= set(db.session.scalars(uploads.piece_keys()))
    checked = 0
    missing: list[int] = []
    damaged: list[int] = []
    for row in _rows():
        checked += 1
        left.discard(row.key)
        if not store.exists(row.key):
            missing.append(row.id)
        elif digest(store, row.key) != (row.size, row.sha256):
            damaged.append(row.id)
    _answer(as_json=as_json, checked=checked, missing=missing, orphans=sorted(left), damaged=damaged)


@files.command("migrate")
@click.option("--to", "url", required=True, metavar="URL", help="file:///folder or s3://bucket/prefix")
@output.as_json
def migrate(url: str, as_json: bool) -> None:
    """Copy every stored file to another store and read it back there. Run it again to go on where it ended; then set
    STORAGE_URL. What was copied stays where it was, too."""
    source = _store()
    try:
        target = open_store(url)
    except ValueError as error:
        raise output.Failed(str(error).replace("STORAGE_URL", "--to", 1)) from None
    left = {entry.key: entry.size for entry in target.entries()}
    checked = copied = 0
    missing: list[int] = []
    damaged: list[int] = []
    for row in _rows():
        checked += 1
        there = left.pop(row.key, None)
        if there == row.size and digest(target, row.key) == (row.size, row.sha256):
            continue
        try:
            _copy(source, target, row)
            copied += 1
        except FileNotFoundError:
            missing.append(row.id)
        except Damaged:
            damaged.append(row.id)
    _answer(
        as_json=as_json, checked=checked, missing=missing, orphans=sorted(left), damaged=damaged, copied=copied,
    )


def init_app(app: Flask) -> None:
    app.cli.add_command(files)


def _copy(source: Store, target: Store, row: _Row) -> None:
    """Damaged when the bytes are wrong here, or there after the copy."""
    with source.open(row.key) as file:
        target.place(file, key=row.key, sha256=row.sha256)
    if digest(target, row.key) != (row.size, row.sha256):
        raise Damaged(row.key)


def _rows() -> Iterator[_Row]:
    last_id = 0
    while rows := db.session.scalars(queries.everything(after_id=last_id, limit=PIECE)).all():
        last_id = rows[-1].id
        piece = [_Row(row.id, row.storage_key, row.size, row.sha256) for row in rows]
        db.session.rollback()  # a long read holds nothing up
        yield from piece


def _answer(
    *,
    as_json: bool,
    checked: int,
    missing: list[int],
    orphans: list[str],
    damaged: list[int],
    copied: int | None = None,
) -> None:
    """Ends with 1 when anything is amiss."""
    found: dict[str, object] = {"checked": checked, "missing": missing, "orphans": orphans, "damaged": damaged}
    lines = [f"{checked} files checked."]
    if copied is not None:
        found["copied"] = copied
        lines.append(f"{copied} of them copied, the others were there.")
    lines += [f"File {file_id}: the bytes are missing." for file_id in missing]
    lines += [f"File {file_id}: size or checksum differ." for file_id in damaged]
    lines += [f"{key}: no row names it." for key in orphans]
    output.answer(found, lines=lines, as_json=as_json)
    if missing or orphans or damaged:
        click.get_current_context().exit(1)


def _store() -> Store:
    return cast(Store, current_app.extensions["store"])
