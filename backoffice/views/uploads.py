"""tus 1.0 at `/uploads/` (CONTRACT): a file in as many pieces as the line allows, by who has access to the project.

Creation takes the project's code as `project` and the result's number as `result` in Upload-Metadata, beside
`filename`. The file joins that result with its last byte; the form of a result (`form`) takes it when it is saved.
"""

import base64
import binascii
from collections.abc import Callable
from email.utils import format_datetime
from functools import wraps
from typing import Any

from flask import Blueprint, Response, abort, current_app, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import ClientDisconnected

from backoffice import auth
from backoffice.db import db
from backoffice.domain.errors import DomainError, NotFound, Refused, Stale
from backoffice.domain.files import MAX_FILE_BYTES
from backoffice.domain.permissions import Actor, Permission
from backoffice.models import PendingUpload
from backoffice.queries import projects
from backoffice.queries import uploads as queries
from backoffice.services import files, uploads
from backoffice.services.uow import unit_of_work
from backoffice.services.uploads import NewUpload
from backoffice.storage import intake
from backoffice.storage.pieces import Joined, Kept
from backoffice.views import serving
from backoffice.views.messages import words

bp = Blueprint("uploads", __name__, url_prefix="/uploads")
VERSION = "1.0.0"
EXTENSIONS = "creation,termination,expiration"
BYTES = "application/offset+octet-stream"
TOO_LARGE = frozenset({"file-too-big"})


def _tus(view: Callable[..., Response]) -> Callable[..., Response]:
    """The version is named by both sides; a refusal is one plain sentence with its code."""

    @wraps(view)
    def inner(*args: Any, **kwargs: Any) -> Response:
        if request.headers.get("Tus-Resumable") != VERSION:
            return _answer(412, {"Tus-Version": VERSION}, "Tus-Resumable: 1.0.0 is needed.")
        try:
            return view(*args, **kwargs)
        except NotFound:
            abort(404)
        except Stale as error:
            return _answer(409, {}, words(error))
        except Refused as error:
            status = 413 if error.code in TOO_LARGE else 409 if error.code == "closed" else 422
            return _answer(status, {"X-Error": error.code}, words(error))

    return inner


@bp.route("/", methods=["OPTIONS"], provide_automatic_options=False)
def options() -> ResponseReturnValue:
    return _answer(204, {"Tus-Version": VERSION, "Tus-Extension": EXTENSIONS, "Tus-Max-Size": str(MAX_FILE_BYTES)})


@bp.post("/", provide_automatic_options=False)
@auth.own(Permission.OWN_EDIT)
@_tus
def create() -> Response:
    size, said = request.headers.get("Upload-Length", ""), _metadata()
    if not size.isdecimal() or len(size) > 15 or said is None:
        return _answer(400, {}, "Upload-Length and Upload-Metadata are needed.")
    project = db.session.scalar(projects.one(_actor(), code=said.get("project", "").upper())) or abort(404)
    result = said.get("result", "")
    new = NewUpload(
        project_id=project.id, result_id=int(result) if result.isdecimal() and len(result) < 10 else None,
        name=said.get("filename", ""), size=int(size), mark=said.get("mark", ""), waits_for_form="form" in said,
    )
    if new.result_id is None and not new.waits_for_form:
        return _answer(400, {}, "Upload-Metadata names no result.")
    with unit_of_work() as uow:
        upload = uploads.begin(uow, actor=_actor(), new=new)
        headers = {**_state(upload), "Location": url_for(".piece", upload_key=upload.key)}
    return _answer(201, headers)


@bp.route("/<upload_key>", methods=["HEAD", "PATCH", "DELETE", "POST"], provide_automatic_options=False)
@auth.own(Permission.OWN_EDIT)
@_tus
def piece(upload_key: str) -> Response:
    """Where it stands, more of it, or its end. POST stands for a method that something on the way lets not through."""
    method = request.headers.get("X-HTTP-Method-Override", request.method).upper()
    acts = {"HEAD": _head, "PATCH": _patch, "DELETE": _delete}
    if request.method == "POST" and method not in {"PATCH", "DELETE"}:
        return _answer(400, {}, "X-HTTP-Method-Override is needed.")
    return acts[method if request.method == "POST" else request.method](upload_key)


def _head(key: str) -> Response:
    upload = _load(key)
    return _answer(200, {**_state(upload), "Upload-Length": str(upload.size), "Cache-Control": "no-store"})


def _delete(key: str) -> Response:
    with unit_of_work() as uow:
        keys = uploads.cancel(uow, actor=_actor(), key=key)
    serving.forget(keys)
    return _answer(204)


def _patch(key: str) -> Response:
    if request.mimetype != BYTES:
        return _answer(415, {}, f"Content-Type: {BYTES} is needed.")
    said = request.headers.get("Upload-Offset", "")
    if not said.isdecimal() or len(said) > 15:
        return _answer(400, {}, "Upload-Offset is needed.")
    upload, offset = _load(key), int(said)
    if offset != upload.received:
        return _answer(409, _state(upload), words(Stale(uploads.MOVED_ON)))
    if (request.content_length or 0) > upload.size - offset:
        return _answer(413, _state(upload), "More than Upload-Length.")
    name, most = upload.name, upload.size - offset
    db.session.rollback()  # a slow line holds nothing up
    body = Kept(request.stream, trouble=ClientDisconnected)
    stored = serving.store().put(body, name=name, limit=most)
    try:
        if not stored.size:
            serving.forget([stored.key])
            return _answer(204, _state(_load(key)))
        with unit_of_work() as uow:
            upload = uploads.append(uow, actor=_actor(), key=key, seen_offset=offset, piece=stored)
            headers, is_done = _state(upload), upload.is_whole and not upload.waits_for_form
    except BaseException:
        serving.forget([stored.key])
        raise
    if is_done:
        _attach(key)
    return _answer(204, headers)


def _attach(key: str) -> None:
    """The last byte came: looked into as any other file, then a file of its result; or refused and gone."""
    upload = _load(key)
    result_id, project_id, name, size = upload.result_id, upload.project_id, upload.name, upload.size
    source = Joined(serving.store(), [piece.storage_key for piece in upload.pieces])
    keys: list[str] = []
    try:
        with intake.taken_in(serving.store(), source, name=name, size=size) as whole, unit_of_work() as uow:
            files.add_file(
                uow, actor=_actor(), result_id=result_id or 0, upload=whole, has_scanner=serving.has_scanner()
            )
            keys = uploads.close(uow, actor=_actor(), project_id=project_id, keys=[key])
    except DomainError as error:
        with unit_of_work() as uow:
            keys = uploads.close(uow, actor=_actor(), project_id=project_id, keys=[key])
            files.note_refused(uow, actor=_actor(), project_id=project_id, refusals=[error])
        raise
    finally:
        source.close()
        serving.forget(keys)


def _load(key: str) -> PendingUpload:
    return db.session.scalar(queries.one(_actor(), key)) or abort(404)


def _actor() -> Actor:
    return auth.coordinator() or abort(404)


def _state(upload: PendingUpload) -> dict[str, str]:
    return {"Upload-Offset": str(upload.received), "Upload-Expires": format_datetime(upload.expires_at, usegmt=True)}


def _metadata() -> dict[str, str] | None:
    """Pairs of a name and a text in base64, parted by commas; None when they are not."""
    found = {}
    try:
        for pair in request.headers.get("Upload-Metadata", "").split(","):
            name, _blank, value = pair.strip().partition(" ")
            found[name] = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return found


def _answer(status: int, headers: dict[str, str] | None = None, text: str = "") -> Response:
    response = current_app.response_class(f"{text}\n" if text else "", status=status, content_type="text/plain")
    response.headers.update({"Tus-Resumable": VERSION, **(headers or {})})
    return response
