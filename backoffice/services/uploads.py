"""Uploads in pieces that may be cut off and go on (DOMAIN §4; S7, S11). What becomes of them is `services.files`."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from backoffice.domain import files as rules
from backoffice.domain.errors import N_, NotFound, Refused, Stale
from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.projects import Status
from backoffice.models import PendingUpload, UploadPiece
from backoffice.queries import files as file_queries
from backoffice.queries import uploads as queries
from backoffice.services import projects, results
from backoffice.services.uow import UnitOfWork
from backoffice.storage.store import Stored

EXPIRES_AFTER = timedelta(days=1)  # since its last byte
MOST = 50  # at a time, of one person
NONE = N_("There is no such upload.")
MOVED_ON = N_("The upload has gone on meanwhile.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUpload:
    """What is said of a file before its first byte."""

    project_id: int
    result_id: int | None
    name: str
    size: int
    mark: str = ""
    waits_for_form: bool = False


def begin(uow: UnitOfWork, *, actor: Actor, new: NewUpload) -> PendingUpload:
    """Refused by name and size as a plain upload is, before a byte is sent. The same file again (known by `mark`) goes
    on where it ended."""
    project = projects.lock(uow, actor=actor, project_id=new.project_id, permission=Permission.OWN_EDIT)
    taken = 0
    if new.result_id is not None:
        project_of, _result = results.lock_files(uow, actor=actor, result_id=new.result_id)
        if project_of.id != project.id:
            raise NotFound(N_("There is no such result."))
        taken = sum(file.size for file in uow.session.scalars(file_queries.of_result(new.result_id)))
    elif project.status not in {Status.OPEN, Status.RETURNED}:
        raise Refused(projects.CLOSED[project.status], code="closed")
    name = rules.clean_name(new.name)
    rules.refuse_name(name)
    rules.refuse_size(name, new.size, left=rules.MAX_RESULT_BYTES - taken)
    mark = new.mark[:60]
    if mark:
        found = uow.session.scalar(
            queries.again(actor, project_id=project.id, name=name, size=new.size, mark=mark)
        )
        if found is not None:
            found.result_id, found.waits_for_form = new.result_id, new.waits_for_form
            found.expires_at = uow.now + EXPIRES_AFTER
            return found
    if (uow.session.scalar(queries.count(actor.user_id)) or 0) >= MOST:
        raise Refused(
            N_("%(most)s uploads are unfinished already. Finish or discard some of them first."), field="files",
            code="upload-count", values={"most": MOST},
        )
    upload = PendingUpload(
        key=secrets.token_urlsafe(32), project_id=project.id, result_id=new.result_id, user_id=actor.user_id,
        name=name, size=new.size, received=0, mark=mark, waits_for_form=new.waits_for_form, created_at=uow.now,
        expires_at=uow.now + EXPIRES_AFTER,
    )
    uow.session.add(upload)
    uow.session.flush()
    return upload


def append(uow: UnitOfWork, *, actor: Actor, key: str, seen_offset: int, piece: Stored) -> PendingUpload:
    """The next bytes, which lie in the store already; Stale when others came before them."""
    upload = uow.session.scalar(queries.one(actor, key).with_for_update())
    if upload is None:
        raise NotFound(NONE)
    if upload.received != seen_offset or seen_offset + piece.size > upload.size:
        raise Stale(MOVED_ON)
    uow.session.add(UploadPiece(upload_id=upload.id, start=seen_offset, size=piece.size, storage_key=piece.key))
    upload.received = seen_offset + piece.size
    upload.expires_at = uow.now + EXPIRES_AFTER
    return upload


def cancel(uow: UnitOfWork, *, actor: Actor, key: str) -> list[str]:
    """Give it up; whose bytes are to be deleted after the commit is answered."""
    upload = uow.session.scalar(queries.one(actor, key).with_for_update())
    if upload is None:
        raise NotFound(NONE)
    return _forget(uow, [upload])


def discard(uow: UnitOfWork, *, actor: Actor, project_id: int, key: str) -> list[str]:
    """As `cancel`, by whoever works on the project: what another began may not hold the submission up."""
    projects.lock(uow, actor=actor, project_id=project_id, permission=Permission.OWN_EDIT)
    found = [upload for upload in uow.session.scalars(queries.of_project(project_id)) if upload.key == key]
    return _forget(uow, found)


def close(uow: UnitOfWork, *, actor: Actor, project_id: int, keys: Sequence[str]) -> list[str]:
    """They became files, or were refused for what they hold: neither can be sent once more."""
    found = uow.session.scalars(queries.named(actor, project_id=project_id, keys=keys).with_for_update()).all()
    return _forget(uow, found)


def sweep(uow: UnitOfWork, *, limit: int) -> tuple[int, list[str]]:
    """Those whose time is over, and the keys of their bytes."""
    found = uow.session.scalars(queries.expired(now=uow.now, limit=limit)).all()
    return len(found), _forget(uow, found)


def _forget(uow: UnitOfWork, uploads: Sequence[PendingUpload]) -> list[str]:
    keys = [piece.storage_key for upload in uploads for piece in upload.pieces]
    for upload in uploads:
        uow.session.delete(upload)
    return keys
