"""The files of a result's form: those that came with it, and those that came before it in pieces (views/uploads.py)."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from flask import request

from backoffice.db import db
from backoffice.domain.errors import DomainError, Refused
from backoffice.models import PendingUpload, Project, Result
from backoffice.queries import uploads as queries
from backoffice.services import files, uploads
from backoffice.services.uow import UnitOfWork
from backoffice.storage.intake import Upload
from backoffice.views import serving
from backoffice.views.coordinator import base, rows

FIELD = "upload"  # the keys of those that came before


@dataclass(slots=True)
class Uploads:
    """What arrived and may be kept, and what was refused, each with its reason."""

    taken: list[Upload]
    refusals: list[DomainError]
    keys: list[str] = field(default_factory=list)  # of uploads in pieces that are settled with this form
    bytes: list[str] = field(default_factory=list)  # where their pieces lie


def received(stack: ExitStack, project: Project, found: Result | None) -> Uploads:
    """Each file is stored and looked into by itself: one that is refused does not take the others with it."""
    uploads_ = Uploads(taken=[], refusals=[])
    if found is not None and not rows.is_open(project, found):
        return uploads_
    try:
        chosen = serving.sent("files")
    except Refused as error:
        uploads_.refusals.append(error)
        return uploads_
    for upload in before(project):
        name, size, keys = upload.name, upload.size, [piece.storage_key for piece in upload.pieces]
        uploads_.keys.append(upload.key)
        try:
            uploads_.taken.append(stack.enter_context(serving.joined(keys, name=name, size=size)))
        except Refused as error:
            uploads_.refusals.append(error)
    for file in chosen:
        try:
            uploads_.taken.append(stack.enter_context(serving.received(file)))
        except Refused as error:
            uploads_.refusals.append(error)
    return uploads_


def attach(uow: UnitOfWork, result: Result, arrived: Uploads) -> None:
    """Those that fit (S11); what would be too much in sum is refused by name, the others are kept."""
    for upload in arrived.taken:
        try:
            files.add_file(
                uow, actor=base.actor(), result_id=result.id, upload=upload, has_scanner=serving.has_scanner()
            )
        except Refused as error:
            if error.field != "files":
                raise
            arrived.refusals.append(error)
    if arrived.keys:
        arrived.bytes = uploads.close(uow, actor=base.actor(), project_id=result.project_id, keys=arrived.keys)


def settled(arrived: Uploads) -> None:
    """After the commit the pieces are needed no more."""
    serving.forget(arrived.bytes)
    arrived.bytes = []


def before(project: Project) -> Sequence[PendingUpload]:
    """Whole files that came in pieces for this form and wait for it to be saved."""
    named = request.form.getlist(FIELD) if request.method == "POST" else []
    if not named:
        return []
    found = db.session.scalars(queries.named(base.actor(), project_id=project.id, keys=named)).all()
    return [upload for upload in found if upload.is_whole]
