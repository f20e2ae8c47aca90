"""`flask files verify`: do the rows and the stored bytes agree? (CONTRACT)"""

from typing import cast

import click
from flask import Flask, current_app

from backoffice.cli import output
from backoffice.db import db
from backoffice.queries import files as queries
from backoffice.storage.store import Store, digest

PIECE = 200
files = output.group("files", "Stored files: verify.")


@files.command("verify")
@output.as_json
def verify(as_json: bool) -> None:
    """Read every stored file: none missing, none damaged, none without a row. Ends with 1 when anything is amiss."""
    store = cast(Store, current_app.extensions["store"])
    # First what is stored, then the rows: an upload that is written down meanwhile is in both.
    left = {entry.key for entry in store.entries()}
    checked, last_id = 0, 0
    missing: list[int] = []
    damaged: list[int] = []
    while rows := db.session.scalars(queries.everything(after_id=last_id, limit=PIECE)).all():
        for row in rows:
            checked, last_id = checked + 1, row.id
            left.discard(row.storage_key)
            if not store.exists(row.storage_key):
                missing.append(row.id)
            elif digest(store, row.storage_key) != (row.size, row.sha256):
                damaged.append(row.id)
        db.session.rollback()  # a long read holds nothing up
    orphans = sorted(left)
    found = {"checked": checked, "missing": missing, "orphans": orphans, "damaged": damaged}
    lines = [f"{checked} files checked."]
    lines += [f"File {file_id}: the bytes are missing." for file_id in missing]
    lines += [f"File {file_id}: size or checksum differ." for file_id in damaged]
    lines += [f"{key}: no row names it." for key in orphans]
    output.answer(found, lines=lines, as_json=as_json)
    if missing or orphans or damaged:
        click.get_current_context().exit(1)


def init_app(app: Flask) -> None:
    app.cli.add_command(files)
