"""Stored files: as each actor may read them, and what waits for the check or is kept for nobody."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, CompoundSelect, Select, exists, or_, select, union_all

from backoffice.domain.files import FileCheck, FilePurpose
from backoffice.domain.permissions import Actor, Permission
from backoffice.models import ImportRun, Project, StoredFile, SubmissionFile, TicketAttachment, UploadPiece
from backoffice.queries import projects


def scope(actor: Actor) -> ColumnElement[bool]:
    """Files of results and logos of the projects within the actor's scope; what came with a ticket belongs to it."""
    return StoredFile.purpose.in_((FilePurpose.RESULT, FilePurpose.LOGO)) & StoredFile.project_id.in_(
        select(Project.id).where(projects.scope(actor))
    )


def one(actor: Actor, file_id: int) -> Select[StoredFile]:
    """A file that the actor may read.

    A coordinator sees what is there now. Staff also see a removed file as long as a submission names it: they
    compare what was submitted before.
    """
    query = select(StoredFile).where(StoredFile.id == file_id, scope(actor))
    if actor.can(Permission.FILE_READ):
        return query.where(or_(StoredFile.removed_at.is_(None), _is_submitted()))
    return query.where(StoredFile.removed_at.is_(None))


def of_result(result_id: int) -> Select[StoredFile]:
    """The files of a result as they stand, in their order."""
    return (
        select(StoredFile)
        .where(StoredFile.result_id == result_id, StoredFile.removed_at.is_(None))
        .order_by(StoredFile.position, StoredFile.id)
    )


def due(file_id: int, *, now: datetime) -> Select[StoredFile]:
    """The row of a check that is due, for its claim; one that another worker holds is passed over."""
    return (
        select(StoredFile)
        .where(
            StoredFile.id == file_id, StoredFile.due_at <= now,
            StoredFile.check_state.in_((FileCheck.WAITING, FileCheck.NOT_SCANNED)),
        )
        .with_for_update(skip_locked=True)
    )


def waiting(*, now: datetime, limit: int) -> Select[int]:
    """Ids whose check is due, the oldest first."""
    return (
        select(StoredFile.id)
        .where(StoredFile.check_state == FileCheck.WAITING, StoredFile.due_at <= now)
        .order_by(StoredFile.due_at, StoredFile.id)
        .limit(limit)
    )


def never_scanned(*, now: datetime, limit: int) -> Select[int]:
    """Ids of files from before there was a scanner; they are served meanwhile as they were."""
    return (
        select(StoredFile.id)
        .where(
            StoredFile.check_state == FileCheck.NOT_SCANNED, StoredFile.due_at <= now,
            or_(StoredFile.removed_at.is_(None), _is_submitted()),
        )
        .order_by(StoredFile.due_at, StoredFile.id)
        .limit(limit)
    )


def known_keys(keys: Sequence[str]) -> CompoundSelect[str]:
    """Which of the keys a row names: a file, or a piece of an upload."""
    return union_all(
        select(StoredFile.storage_key).where(StoredFile.storage_key.in_(keys)),
        select(UploadPiece.storage_key).where(UploadPiece.storage_key.in_(keys)),
    )


def forgotten(*, before: datetime, limit: int) -> Select[StoredFile]:
    """Removed before then, and named by no submission, project or ticket: nobody can ask for them any more."""
    return (
        select(StoredFile)
        .where(
            StoredFile.removed_at < before,
            ~_is_submitted(),
            ~exists().where(Project.logo_file_id == StoredFile.id),
            ~exists().where(TicketAttachment.file_id == StoredFile.id),
            ~exists().where(ImportRun.list_file_id == StoredFile.id),
            ~exists().where(ImportRun.rows_file_id == StoredFile.id),
        )
        .order_by(StoredFile.id)
        .limit(limit)
    )


def everything(*, after_id: int, limit: int) -> Select[StoredFile]:
    """All rows in the order of their ids, a piece at a time."""
    return select(StoredFile).where(StoredFile.id > after_id).order_by(StoredFile.id).limit(limit)


def _is_submitted() -> ColumnElement[bool]:
    return exists().where(SubmissionFile.file_id == StoredFile.id)
