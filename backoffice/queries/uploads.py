"""Uploads that have not become files yet."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import selectinload

from backoffice.domain import clock
from backoffice.domain.permissions import Actor
from backoffice.models import PendingUpload, Project, UploadPiece
from backoffice.queries import projects


def _lives() -> ColumnElement[bool]:
    """One whose time is over is not there any more, whether the sweep came by or not."""
    return PendingUpload.expires_at > clock.now()


def one(actor: Actor, key: str) -> Select[PendingUpload]:
    """An upload that this very person began, to a project of theirs."""
    return select(PendingUpload).where(
        PendingUpload.key == key, _lives(), PendingUpload.user_id == actor.user_id,
        PendingUpload.project_id.in_(select(Project.id).where(projects.scope(actor))),
    )


def named(actor: Actor, *, project_id: int, keys: Sequence[str]) -> Select[PendingUpload]:
    """Those of a form, with their pieces."""
    return (
        select(PendingUpload)
        .where(
            PendingUpload.key.in_(keys), _lives(), PendingUpload.user_id == actor.user_id,
            PendingUpload.project_id == project_id,
        )
        .options(selectinload(PendingUpload.pieces))
        .order_by(PendingUpload.id)
    )


def again(actor: Actor, *, project_id: int, name: str, size: int, mark: str) -> Select[PendingUpload]:
    """The same file of the same person, begun before."""
    return select(PendingUpload).where(
        PendingUpload.user_id == actor.user_id, PendingUpload.project_id == project_id, PendingUpload.name == name,
        PendingUpload.size == size, PendingUpload.mark == mark, _lives(),
    ).order_by(PendingUpload.id).limit(1)


def of_project(project_id: int) -> Select[PendingUpload]:
    """All of them, whoever began them: they hold the submission up."""
    return (
        select(PendingUpload).where(PendingUpload.project_id == project_id, _lives()).order_by(PendingUpload.id)
    )


def count(user_id: int) -> Select[int]:
    return select(func.count()).select_from(PendingUpload).where(PendingUpload.user_id == user_id, _lives())


def expired(*, now: datetime, limit: int) -> Select[PendingUpload]:
    return (
        select(PendingUpload)
        .where(PendingUpload.expires_at < now)
        .order_by(PendingUpload.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )


def piece_keys() -> Select[str]:
    """Keys of the store that are no file yet."""
    return select(UploadPiece.storage_key).order_by(UploadPiece.id)
