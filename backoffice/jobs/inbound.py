"""A mail on its way in: kept whole, scanned, taken apart in a process of its own, and written in one transaction.

The bytes are stored first. Whatever fails after that ends in “Lost and found”, or, when the database itself is away,
in an error: the mail server keeps the mail then and brings it again, and a second copy is known as one.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from email.utils import parseaddr
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from backoffice.config import Settings
from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.errors import N_, NotFound, Refused
from backoffice.domain.files import FileCheck
from backoffice.domain.inbound import MAX_KEPT_BYTES, Letter
from backoffice.domain.permissions import Actor
from backoffice.domain.text import fold_email
from backoffice.mail import sender
from backoffice.mail.inbound import apart
from backoffice.models import Ticket
from backoffice.queries import inbound as queries
from backoffice.services import arrivals, inbound, lost_mails
from backoffice.services.arrivals import Arrival, Raw
from backoffice.services.inbound import Done
from backoffice.services.uow import unit_of_work
from backoffice.storage.scanner import Scanner, ScannerUnavailable
from backoffice.storage.store import READ, Source, Store
from backoffice.storage.ticket_intake import Piece, Taken, anything_taken_in

log = logging.getLogger(__name__)


def ingest(source: Source, *, recipients: Sequence[str] = ()) -> Done:
    """What becomes of the mail that `source` gives. `recipients`: of the envelope, if the mail server says them."""
    head = _Head(source, most=MAX_KEPT_BYTES)
    stored = _store().put(head, name="mail.eml", limit=MAX_KEPT_BYTES)
    if not stored.size:
        _store().delete(stored.key)
        raise Refused(N_("Nothing came: the mail is expected on standard input."), code="empty")
    check, cause = _scanned(stored.key)
    raw = Raw(key=stored.key, size=stored.size, sha256=stored.sha256, check=check, check_cause=cause)
    addresses = [fold_email(address) for address in recipients]
    arrival = Arrival(letter=Letter(size=stored.size, digest=stored.sha256, fault="parser"), raw=raw)
    try:
        with _taken_apart(stored.key) as (letter, folder):
            arrival = _arrival(letter, raw=raw, recipients=addresses)
            return _take(arrival, folder=folder)
    except (SQLAlchemyError, OSError):
        raise
    except Exception as error:
        log.exception("a mail could not be handled; it waits in “Lost and found”")
        with unit_of_work() as uow:
            return inbound.keep_unreadable(uow, arrival=arrival, fault=f"{type(error).__name__}: {error}")


def accept(lost_id: int, *, actor: Actor, number: int | None) -> Ticket:
    """“Accept anyway”: a new ticket, or a message in ticket `number`."""
    row = db.session.scalar(queries.one(actor, lost_id))
    if row is None:
        raise NotFound(lost_mails.NO_MAIL)
    key = row.raw_file.storage_key if row.raw_file and row.raw_file.check_state is not FileCheck.INFECTED else ""
    with ExitStack() as stack:
        letter, taken = lost_mails.letter_of(row), Taken()
        if key:
            db.session.rollback()
            letter, folder = stack.enter_context(_taken_apart(key))
            taken = stack.enter_context(_files(letter, folder=folder))
        arrival = _arrival(letter, raw=None, recipients=())
        with unit_of_work() as uow:
            return lost_mails.accept(
                uow, actor=actor, lost_id=lost_id, letter=letter, taken=taken, number=number, ours=arrival.ours,
                has_scanner=_scanner() is not None,
            )


def tidy() -> None:
    """Let go of the addresses by which loops were counted."""
    with unit_of_work() as uow:
        inbound.forget_senders(uow)


def _take(arrival: Arrival, *, folder: Path) -> Done:
    """Its files are taken in only when it is to be a ticket: what waits is kept whole anyway."""
    verdict = arrivals.judge(db.session(), arrival=arrival, now=clock.now())
    db.session.rollback()
    if verdict.cause is not None:
        with unit_of_work() as uow:
            done = inbound.take(uow, arrival=arrival)
        if done is not None:
            return done
    with _files(arrival.letter, folder=folder) as taken, unit_of_work() as uow:
        written = inbound.take(uow, arrival=arrival, taken=taken)
    if written is None:
        raise RuntimeError("a mail with its files is always written")
    return written


def _arrival(letter: Letter, *, raw: Raw | None, recipients: Sequence[str]) -> Arrival:
    settings: Settings = current_app.config["SETTINGS"]
    named = [letter.message_id, *letter.named_ids, *(letter.bounce.original_ids if letter.bounce else ())]
    rows = {one: sender.row_of(one, settings=settings) for one in named}
    own = {fold_email(parseaddr(address)[1]) for address in (settings.mail_from, settings.helpdesk_address)}
    return Arrival(
        letter=letter, raw=raw, recipients=recipients, own_addresses=frozenset(own - {""}),
        ours={one: row for one, row in rows.items() if row is not None},
    )


@contextmanager
def _taken_apart(key: str) -> Iterator[tuple[Letter, Path]]:
    """The letter, and the folder with its files."""
    with TemporaryDirectory(prefix="mail-") as name, _store().as_path(key) as path:
        folder = Path(name)
        yield apart.parse(path, folder=folder), folder


@contextmanager
def _files(letter: Letter, *, folder: Path) -> Iterator[Taken]:
    with ExitStack() as stack:
        pieces = [
            Piece(name=part.name, source=stack.enter_context((folder / part.file).open("rb"))) for part in letter.parts
        ]
        yield stack.enter_context(anything_taken_in(_store(), pieces))


def _scanned(key: str) -> tuple[FileCheck, str]:
    """The whole mail at once, since scanners read mails; what does not answer now is asked again like for any file."""
    scanner = _scanner()
    if scanner is None:
        return FileCheck.NOT_SCANNED, ""
    try:
        scan = scanner.scan(_store().stream(key))
    except ScannerUnavailable as trouble:
        log.warning("a mail came while the scanner did not answer: %s", trouble)
        return FileCheck.WAITING, ""
    return scan.check, scan.cause


class _Head:
    """The first bytes of a source; the rest is read and let go, so that the mail server sees the end."""

    def __init__(self, source: Source, *, most: int) -> None:
        self._source, self._left = source, most

    def read(self, size: int, /) -> bytes:
        piece = self._source.read(size)[: self._left]
        self._left -= len(piece)
        while not self._left and self._source.read(READ):
            pass
        return piece


def _store() -> Store:
    return cast(Store, current_app.extensions["store"])


def _scanner() -> Scanner | None:
    return cast("Scanner | None", current_app.extensions["scanner"])
