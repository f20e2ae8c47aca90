"""Old Office files (DOC, XLS, PPT), and what is embedded in new ones: no macros, programs, passwords."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import olefile

from backoffice.domain import files as domain
from backoffice.domain.files import FileKind
from backoffice.storage import heads
from backoffice.storage.look import ENCRYPTED, NOT_WHAT_IT_SAYS, Look, damaged

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_VBA = frozenset({"vba", "macros", "_vba_project_cur", "_vba_project"})
_PACKAGE = "\x01ole10native"
# Word: the flags of the file information block. Excel: records of the workbook. PowerPoint: records of
# the document.
_WORD_ENCRYPTED, _WORD_FLAGS_AT = 0x0100, 0x0A
_FILEPASS, _BOUNDSHEET, _MACRO_SHEET, _END = 0x2F, 0x85, 1, 0x0A
_VBA_INFO, _DOCUMENT, _DOC_INFO, _VBA_ATOM = 0x03FF, 0x03E8, 0x07D0, 0x0400
_PPT_ENCRYPTED = 0xF3D1C4DF


def check(look: Look) -> FileKind:
    """Which of the three it is; refused with macros, a password or a program in it."""
    with _opened(look, look.path) as ole:
        names = _check_common(look, ole, part="")
        if "worddocument" in names:
            _check_word(look, ole)
            return FileKind.DOC
        for name in ("workbook", "book"):
            if name in names:
                _check_workbook(look, _read(ole, name))
                return FileKind.XLS
        if "powerpoint document" in names:
            _check_slides(look, ole)
            return FileKind.PPT
    raise look.refuse(domain.NOT_TAKEN if not look.ending else NOT_WHAT_IT_SAYS, "file-mismatch")


def check_part(look: Look, path: Path, *, part: str) -> None:
    """Something embedded: an OLE object may carry a package with any file in it."""
    with path.open("rb") as file:
        head = file.read(4096)
    _check_inner(look, name=part, head=head, is_own=True)
    if head.startswith(MAGIC):
        with _opened(look, path) as ole:
            _check_common(look, ole, part=part)


@contextmanager
def _opened(look: Look, path: Path) -> Iterator[olefile.OleFileIO]:
    try:
        with olefile.OleFileIO(path) as ole:
            yield ole
    except (OSError, ValueError, IndexError, KeyError, TypeError, struct.error) as error:
        raise damaged(look) from error


def _check_common(look: Look, ole: olefile.OleFileIO, *, part: str) -> frozenset[str]:
    """Names of the top level; what no kind may have, at any depth."""
    paths: list[list[str]] = ole.listdir(streams=True, storages=True)
    for path in paths:
        lower = [name.lower() for name in path]
        if _VBA & set(lower):
            raise look.refuse(domain.NO_MACRO, "file-macro", part=part)
        if lower[-1] in {"encryptedpackage", "encryptedsummary"}:
            raise look.refuse(ENCRYPTED, "file-encrypted", part=part)
        if lower[-1] == _PACKAGE:
            with ole.openstream(path) as stream:
                _check_package(look, stream.read())
    return frozenset(path[0].lower() for path in paths if len(path) == 1)


def _check_package(look: Look, package: bytes) -> None:
    """Size, flags, then the label, the path, and after a second path the bytes of the packed file."""
    label, _, rest = package[6:].partition(b"\0")
    origin, _, rest = rest.partition(b"\0")
    length = struct.unpack_from("<I", rest, 4)[0] if len(rest) > 8 else 0
    content = rest[8 + length + 4 :] if length < len(rest) else b""
    for name in (label, origin):
        _check_inner(look, name=name.decode("latin-1"), head=content[:4096])


def _check_inner(look: Look, *, name: str, head: bytes, is_own: bool = False) -> None:
    """The container's own parts may end in .bin; else neither name nor head may be a program's."""
    ending = domain.extension(name)
    if ending in domain.MACROS:
        raise look.refuse(domain.NO_MACRO, "file-macro", part=name)
    named = ending in domain.PROGRAMS | domain.PAGES and not (is_own and ending == ".bin")
    if named or heads.is_program(head) or heads.is_page(head):
        raise look.refuse(domain.NO_PROGRAM, "file-executable", part=name)


def _read(ole: olefile.OleFileIO, name: str) -> bytes:
    """A stream, whole: the library gives what is left of one that was cut off."""
    with ole.openstream(name) as stream:
        content: bytes = stream.read()
    if len(content) < ole.get_size(name):
        raise ValueError("a stream was cut off")
    return content


def _check_word(look: Look, ole: olefile.OleFileIO) -> None:
    head = _read(ole, "worddocument")[:32]
    if len(head) < 32:
        raise damaged(look)
    if struct.unpack_from("<H", head, _WORD_FLAGS_AT)[0] & _WORD_ENCRYPTED:
        raise look.refuse(ENCRYPTED, "file-encrypted")


def _check_workbook(look: Look, book: bytes) -> None:
    """The first substream lists the sheets; a macro sheet is code without a VBA project."""
    place = 0
    while place + 4 <= len(book):
        record, length = struct.unpack_from("<HH", book, place)
        body = book[place + 4 : place + 4 + length]
        if record == _FILEPASS:
            raise look.refuse(ENCRYPTED, "file-encrypted")
        if record == _BOUNDSHEET and len(body) >= 6 and body[5] == _MACRO_SHEET:
            raise look.refuse(domain.NO_MACRO, "file-macro")
        if record == _END:
            return
        place += 4 + length


def _check_slides(look: Look, ole: olefile.OleFileIO) -> None:
    user = _read(ole, "current user") if ole.exists("current user") else b""
    if len(user) >= 16 and struct.unpack_from("<I", user, 12)[0] == _PPT_ENCRYPTED:
        raise look.refuse(ENCRYPTED, "file-encrypted")
    document = _read(ole, "powerpoint document")
    if _has_slide_macros(document, 0, len(document)):
        raise look.refuse(domain.NO_MACRO, "file-macro")


def _has_slide_macros(document: bytes, start: int, end: int) -> bool:
    """Document, its information, in it the VBA information whose atom says whether there are macros."""
    place = start
    while place + 8 <= end:
        _, record, length = struct.unpack_from("<HHI", document, place)
        body, place = place + 8, place + 8 + length
        if record in {_DOCUMENT, _DOC_INFO, _VBA_INFO} and _has_slide_macros(document, body, min(place, end)):
            return True
        if record == _VBA_ATOM and body + 12 <= end:
            reference, has_macros = struct.unpack_from("<II", document, body)
            return bool(reference and has_macros)
    return False
