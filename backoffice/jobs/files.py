"""The virus check of uploaded files, and what lies in the store without anybody who could ask for it.

Claim, scan outside any transaction, record (DESIGN §3). The bytes of a waiting file are served to nobody.
"""

import logging
from datetime import timedelta
from typing import cast

from flask import current_app

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.files import FileCheck
from backoffice.jobs import pulse
from backoffice.queries import files as queries
from backoffice.services import files, uploads
from backoffice.services.files import Claim
from backoffice.services.uow import unit_of_work
from backoffice.storage.scanner import Scan, Scanner, ScannerUnavailable
from backoffice.storage.store import Store

BATCH = 200  # checks of one sweep; the next minute brings the next ones
CATCH_UP = 20  # of files from before there was a scanner: they must not hold up what people wait for
ORPHAN_AFTER = timedelta(days=1)  # an upload whose row is still to be written is younger
REMOVED_AFTER = timedelta(days=30)  # so long a removed file can be restored
KEYS = 500
log = logging.getLogger(__name__)


def check(file_id: int) -> bool:
    """Scan one file that is due; False when the scanner did not answer."""
    with unit_of_work() as uow:
        claim = files.claim_check(uow, file_id=file_id)
    if claim is None:
        return True
    try:
        scan = _scan(claim)
    except ScannerUnavailable as trouble:
        log.warning("file %s waits, the scanner does not answer: %s", file_id, trouble)
        with unit_of_work() as uow:
            files.postpone_check(uow, claim=claim, cause=str(trouble))
        return False
    if scan is not None:
        with unit_of_work() as uow:
            files.record_check(uow, claim=claim, scan=scan)
    return True


def sweep() -> int:
    """Every check that is due: a wake-up that was lost, a scanner that came back, files from before it was there.

    Stops at the first that finds no scanner; gives the number of files looked at.
    """
    now = clock.now()
    ids = list(db.session.scalars(queries.waiting(now=now, limit=BATCH)))
    if _scanner() is not None:
        ids += db.session.scalars(queries.never_scanned(now=now, limit=CATCH_UP))
    db.session.rollback()
    for number, file_id in enumerate(ids):
        if not check(file_id):
            return number
    return len(ids)


def tidy() -> dict[str, int]:
    """Delete what nobody can ask for: rows removed long ago, bytes without a row, halves of broken uploads."""
    counts = {
        "rows": _forget_removed(), "uploads": _forget_uploads(), "bytes": _forget_orphans(),
        "unfinished": _forget_unfinished(),
    }
    pulse.note("tidy")
    return counts


def _scan(claim: Claim) -> Scan | None:
    """The outcome; None when there is nothing to do for a file that is served already."""
    scanner = _scanner()
    if scanner is None:
        return Scan(check=FileCheck.NOT_SCANNED) if claim.is_waiting else None
    try:
        return scanner.scan(_store().stream(claim.key))
    except FileNotFoundError:
        log.exception("the bytes of file %s are missing", claim.file_id)
        return Scan(check=FileCheck.UNSCANNABLE, cause="the bytes are missing")
    except ScannerUnavailable as trouble:
        if trouble.is_about_file and claim.attempt >= files.TROUBLE_AFTER:
            return Scan(check=FileCheck.UNSCANNABLE, cause=str(trouble))
        raise


def _forget_removed() -> int:
    count = 0
    while True:
        with unit_of_work() as uow:
            rows = list(uow.session.scalars(queries.forgotten(before=uow.now - REMOVED_AFTER, limit=KEYS)))
            keys = [row.storage_key for row in rows]
            for row in rows:
                uow.session.delete(row)
        for key in keys:
            _store().delete(key)
        count += len(keys)
        if len(keys) < KEYS:
            return count


def _forget_uploads() -> int:
    """Uploads in pieces whose time is over."""
    count = 0
    while True:
        with unit_of_work() as uow:
            found, keys = uploads.sweep(uow, limit=KEYS)
        for key in keys:
            _store().delete(key)
        count += found
        if found < KEYS:
            return count


def _forget_orphans() -> int:
    """Bytes that no row names and that are too old for an upload that is just being written down."""
    before, count, batch = clock.machine_now() - ORPHAN_AFTER, 0, list[str]()
    for entry in _store().entries():
        if entry.modified_at < before:
            batch.append(entry.key)
        if len(batch) >= KEYS:
            count += _forget(batch)
            batch = []
    return count + _forget(batch)


def _forget(keys: list[str]) -> int:
    known = set(db.session.scalars(queries.known_keys(keys))) if keys else set()
    db.session.rollback()
    orphans = [key for key in keys if key not in known]
    for key in orphans:
        _store().delete(key)
    if orphans:
        log.warning("%s files without a row were deleted", len(orphans))
    return len(orphans)


def _forget_unfinished() -> int:
    return _store().forget_unfinished(before=clock.machine_now() - ORPHAN_AFTER)


def _store() -> Store:
    return cast(Store, current_app.extensions["store"])


def _scanner() -> Scanner | None:
    return cast("Scanner | None", current_app.extensions["scanner"])
