"""Uploads in and downloads out (DOMAIN §4 "Serving"): one place for both, whoever asks."""

import unicodedata
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import cast
from urllib.parse import quote

from flask import Response, abort, current_app, request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wsgi import FileWrapper

from backoffice.domain.errors import N_, Refused
from backoffice.domain.files import NEVER_SERVED, TYPES, FileGroup, FileKind, FilePurpose
from backoffice.models import StoredFile
from backoffice.storage import intake
from backoffice.storage.intake import Upload
from backoffice.storage.pieces import Joined
from backoffice.storage.scanner import Scanner
from backoffice.storage.store import READ, Store

SANDBOX = "sandbox; default-src 'none'"
# A browser shows no PDF under `sandbox`; its own viewer runs no script of the page.
PDF_POLICY = "default-src 'none'"
CUT_OFF = N_("The upload broke off before the end, so nothing of it was kept. Choose the file again.")
_MEDIA = frozenset({FileGroup.SOUND, FileGroup.VIDEO})


def store() -> Store:
    return cast(Store, current_app.extensions["store"])


def scanner() -> Scanner | None:
    return cast("Scanner | None", current_app.extensions["scanner"])


def has_scanner() -> bool:
    return scanner() is not None


def sent(field: str = "files") -> list[FileStorage]:
    """The chosen files of a form. A body that was cut off ends like a complete one and lacks the field."""
    if request.method == "POST" and request.mimetype == "multipart/form-data" and field not in request.files:
        raise Refused(CUT_OFF, field=field, code="upload-incomplete")
    return [file for file in request.files.getlist(field) if file.filename]


def received(file: FileStorage) -> AbstractContextManager[Upload]:
    """A file of a result, stored and looked into; open the unit of work inside the block."""
    return intake.taken_in(store(), file.stream, name=file.filename or "")


def joined(keys: Sequence[str], *, name: str, size: int) -> AbstractContextManager[Upload]:
    """The same of a file that came in pieces."""
    return intake.taken_in(store(), Joined(store(), keys), name=name, size=size)


def forget(keys: Sequence[str]) -> None:
    """Bytes that no row names any more."""
    for key in keys:
        store().delete(key)


def received_picture(file: FileStorage, *, field: str) -> AbstractContextManager[Upload]:
    """A logo or screenshot, written anew; open the unit of work inside the block."""
    return intake.picture_taken_in(store(), file.stream, name=file.filename or "", field=field)


def serve(file: StoredFile, *, is_inline: bool = False, name: str = "", visibility: str = "private") -> Response:
    """The bytes of a file that the caller may read; the caller has checked that.

    `is_inline` asks to show it in the browser: heeded for pictures that we re-encoded, sound, video and PDF, else
    it is a download. `name` is what a submission called it. `visibility` is part of the ETag: "public" on public
    pages, so that hiding wins over every cache. Waiting and infected bytes answer 404 to everyone.
    """
    if file.check_state in NEVER_SERVED:
        abort(404)
    try:
        source = store().open(file.storage_key)
    except FileNotFoundError:
        current_app.logger.error("the bytes of file %s are missing", file.id)
        abort(404)
    response = Response(_Reading(source, READ), content_type=file.media_type, direct_passthrough=True)
    response.content_length = file.size
    may_show = is_inline and _may_show(file)
    response.headers["Content-Disposition"] = disposition(name or file.name, is_inline=may_show)
    response.headers["X-Content-Type-Options"] = "nosniff"
    is_pdf = file.kind == FileKind.PDF and may_show
    response.headers["Content-Security-Policy"] = PDF_POLICY if is_pdf else SANDBOX
    response.headers["Cache-Control"] = "no-cache" if visibility == "public" else "private, no-cache"
    response.set_etag(f"{file.sha256}-{visibility}-{'inline' if may_show else 'attachment'}")
    response.call_on_close(source.close)
    try:
        response.make_conditional(request, accept_ranges=True, complete_length=file.size)
    except RequestedRangeNotSatisfiable:
        response.close()
        raise
    return response


def disposition(name: str, *, is_inline: bool) -> str:
    """RFC 6266: the full name in UTF-8, and one in plain letters for programs that know no other."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    plain = "".join("_" if letter in '\\"%;' else letter for letter in plain).strip(" .") or "file"
    how = "inline" if is_inline else "attachment"
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


class _Reading(FileWrapper):
    """Lets the file go with its last byte, not only when the connection ends."""

    def __next__(self) -> bytes:
        try:
            return super().__next__()
        except StopIteration:
            self.close()
            raise


def _may_show(file: StoredFile) -> bool:
    kind = FileKind(file.kind)
    if TYPES[kind].group is FileGroup.PICTURE:
        return file.purpose is not FilePurpose.RESULT  # of a result they are the coordinator's own bytes
    return kind is FileKind.PDF or TYPES[kind].group in _MEDIA
