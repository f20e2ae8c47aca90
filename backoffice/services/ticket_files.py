"""Pictures and other files of tickets (S16; DOMAIN §4): their rows, and black put over what nobody should have sent.

The bytes are stored and looked into before the transaction opens (`storage.ticket_intake`).
"""

from collections.abc import Sequence

from backoffice.domain.errors import NotFound
from backoffice.domain.files import FileCheck, FilePurpose
from backoffice.domain.permissions import Actor
from backoffice.domain.tickets import RULES, Act
from backoffice.models import StoredFile
from backoffice.queries import ticket_files as queries
from backoffice.queries import tickets as ticket_queries
from backoffice.services import tickets
from backoffice.services.files import NO_FILE
from backoffice.services.uow import UnitOfWork
from backoffice.storage.intake import Upload


def store_pictures(
    uow: UnitOfWork, *, uploads: Sequence[Upload], user_id: int | None = None, is_held: bool = False
) -> list[StoredFile]:
    """Rows of pictures that we wrote anew, so none waits for the scanner. `is_held`: the form came back to be mended;
    what no ticket takes within thirty days is forgotten like any removed file."""
    rows = [
        _row(uow, upload=upload, purpose=FilePurpose.SCREENSHOT, position=place, user_id=user_id)
        for place, upload in enumerate(uploads, start=1)
    ]
    for row in rows:
        row.removed_at = uow.now if is_held else None
    return _added(uow, rows)


def store_files(
    uow: UnitOfWork, *, uploads: Sequence[Upload], has_scanner: bool, user_id: int | None = None
) -> list[StoredFile]:
    """Rows of files that are no pictures; they wait for the scanner where there is one, and are only downloaded."""
    rows = [
        _row(uow, upload=upload, purpose=FilePurpose.ATTACHMENT, position=place, user_id=user_id)
        for place, upload in enumerate(uploads, start=1)
    ]
    for row in rows:
        row.check_state = FileCheck.WAITING if has_scanner else FileCheck.NOT_SCANNED
    _added(uow, rows)
    if has_scanner:
        uow.uploaded.extend(row.id for row in rows)
    return rows


def take_held(uow: UnitOfWork, *, file_ids: Sequence[int]) -> list[StoredFile]:
    """Pictures that were kept while their form was mended, for the message that goes now; in their order. What was
    forgotten meanwhile, or went with another message, is left out."""
    rows = list(uow.session.scalars(queries.held(file_ids).with_for_update(of=StoredFile)))
    for row in rows:
        row.removed_at = None
    return rows


def forget_unattached(uow: UnitOfWork, *, rows: Sequence[StoredFile]) -> None:
    """After a message: a second press of the same button stored its pictures again, and no message has them."""
    uow.session.flush()
    attached = set(uow.session.scalars(queries.attached([row.id for row in rows])))
    for row in rows:
        if row.id not in attached:
            row.removed_at = uow.now


def black_out(uow: UnitOfWork, *, actor: Actor, ticket_id: int, file_id: int, upload: Upload, places: int) -> str:
    """The picture with black in it takes the place of the one before, wherever that hangs in the thread. Gives the
    key under which the former bytes lie: whoever opened the transaction deletes them after it."""
    ticket = tickets.locked(uow, actor=actor, ticket_id=ticket_id, act=Act.BLACK_OUT)
    family = ticket_queries.family(uow.session, ticket)
    hangings = list(uow.session.scalars(queries.hangings(file_id, ticket_ids=family)))
    if not hangings:
        raise NotFound(NO_FILE)
    old = hangings[0].file
    new = store_pictures(uow, uploads=[upload], user_id=old.uploaded_by_id)[0]
    new.check_state, new.checked_at, new.uploaded_at = old.check_state, old.checked_at, old.uploaded_at
    for hanging in hangings:
        hanging.file, hanging.is_blacked_out = new, True
    uow.session.flush()
    key = old.storage_key
    uow.session.delete(old)
    tickets.record(
        uow, actor=actor, ticket=ticket, action=RULES[Act.BLACK_OUT].audit,
        details={"file_id": new.id, "former_id": file_id, "places": places, "sha256": new.sha256},
    )
    return key


def _row(
    uow: UnitOfWork, *, upload: Upload, purpose: FilePurpose, position: int, user_id: int | None
) -> StoredFile:
    return StoredFile(
        purpose=purpose, name=upload.name, storage_key=upload.key, size=upload.size, sha256=upload.sha256,
        media_type=upload.media_type, kind=upload.kind.value, position=position,
        check_state=FileCheck.NOT_SCANNED, due_at=uow.now, uploaded_at=uow.now, uploaded_by_id=user_id,
    )


def _added(uow: UnitOfWork, rows: list[StoredFile]) -> list[StoredFile]:
    uow.session.add_all(rows)
    uow.session.flush()
    return rows
