"""`flask files migrate`: into a bucket and back, whole, as often as one likes (CONTRACT)."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.config import Settings
from backoffice.models import StoredFile
from backoffice.storage.store import digest
from backoffice.storage.stores import open_store
from tests.factories import reviews
from tests.integration.test_commands import refused, run, value

pytestmark = [pytest.mark.slow, pytest.mark.one_engine]


def test_operator_moves_all_files_into_a_bucket_and_back(
    app: Flask, session: Session, s3_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviews.scene()
    files = {row.storage_key: (row.size, row.sha256) for row in session.scalars(select(StoredFile))}
    bucket = open_store(s3_url)
    first = value(run(app, "files", "migrate", "--to", s3_url, "--json"))
    assert first == {"checked": len(files), "copied": len(files), "missing": [], "orphans": [], "damaged": []}
    assert {key: digest(bucket, key) for key in files} == files
    gone, torn = list(files)[:2]
    bucket.delete(gone)
    bucket.client.put_object(Bucket=bucket.bucket, Key=bucket.prefix + torn, Body=b"x" * files[torn][0])  # type: ignore[attr-defined]
    assert value(run(app, "files", "migrate", "--to", s3_url, "--json"))["copied"] == 2
    assert value(run(app, "files", "migrate", "--to", s3_url, "--json"))["copied"] == 0
    monkeypatch.setitem(app.extensions, "store", bucket)
    assert value(run(app, "files", "verify", "--json"))["checked"] == len(files)
    taken = value(run(app, "backup", str(tmp_path / "backups"), "--json"))
    assert taken["files"] == len(files)
    assert value(run(app, "files", "migrate", "--to", f"file://{tmp_path}/back", "--json"))["copied"] == len(files)
    assert "--to" in refused(run(app, "files", "migrate", "--to", "ftp://x"))


def test_migrate_names_what_is_wrong_at_home(app: Flask, session: Session, tmp_path: Path) -> None:
    reviews.scene()
    one, two = session.scalars(select(StoredFile).order_by(StoredFile.id).limit(2))
    settings: Settings = app.config["SETTINGS"]
    (settings.var / "files" / one.storage_key).unlink()
    (settings.var / "files" / two.storage_key).write_bytes(b"other")
    ids = one.id, two.id
    result = run(app, "files", "migrate", "--to", f"file://{tmp_path}/there")
    assert result.exit_code == 1
    assert f"File {ids[0]}: the bytes are missing." in result.stdout
    assert f"File {ids[1]}: size or checksum differ." in result.stdout
