"""What a file is, by its content alone (DOMAIN §4 "File types"): never by what a browser said of it.

`examine` does the work in this process; `apart.inspect` runs it in another one with limits of time and
memory, which is what an upload uses.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from backoffice.domain import files as domain
from backoffice.domain.errors import N_
from backoffice.domain.files import TYPES, FileKind
from backoffice.storage import archives, heads, media, office, ole, pdf, texts
from backoffice.storage.heads import Family
from backoffice.storage.look import NOT_WHAT_IT_SAYS, Budget, Inspected, Look, bomb

MISMATCH = N_(
    "“%(name)s” ends in %(ending)s, but its content is %(found)s. Rename it so that it ends in %(right)s, "
    "or save it again as what its name says."
)


def examine(path: Path, *, name: str, budget: Budget | None = None) -> Inspected:
    """The kind of a file and the name to keep it under, or Refused with the reason and the way out."""
    shown = domain.clean_name(name)
    domain.refuse_size(shown, path.stat().st_size)
    with TemporaryDirectory(prefix="inspect-") as folder:
        return _examine(
            Look(path=path, name=shown, folder=Path(folder), examine=_examine, budget=budget or Budget())
        )


def _examine(look: Look) -> Inspected:
    domain.refuse_name(look.name)
    try:
        return _find(look)
    except (MemoryError, RecursionError) as error:
        raise bomb(look) from error


def _find(look: Look) -> Inspected:
    head = look.head()
    if heads.is_program(head):
        raise look.refuse(domain.NO_PROGRAM, "file-executable")
    family = heads.family(head)
    if family is Family.PAGE:
        raise look.refuse(domain.NO_PAGES, "file-script")
    if family is Family.PDF:
        return _as(look, FileKind.PDF, pages=pdf.check(look))
    if family is Family.ZIP:
        return _zip(look)
    if family is Family.OLE:
        return _as(look, ole.check(look))
    if family in media.PICTURES:
        return _as(look, media.check_picture(look, family))
    if family is Family.ISO_MEDIA:
        return _as(look, media.check_video(look))
    if family is Family.MP3:
        return _as(look, media.check_mp3(look))
    if family is Family.WAV:
        return _as(look, media.check_wav(look))
    return _other(look, head)


def _zip(look: Look) -> Inspected:
    with archives.opened(look) as archive:
        kind = office.kind_of(archive)
        if kind is None:
            named = domain.BY_EXTENSION.get(look.ending)
            if named and named.kind is not FileKind.ZIP:
                _as(look, FileKind.ZIP)  # refuses: a plain archive under the name of a document
            return _as(look, FileKind.ZIP, entries=archives.check_files(archive))
        office.check(archive, kind=kind)
        return _as(look, kind)


def _other(look: Look, head: bytes) -> Inspected:
    """No mark of a format that is taken: a known other one, a text, or nothing that we know."""
    if ending := heads.other(head):
        domain.refuse_name(f"{look.name}{ending}", shown=look.name)
    named = domain.BY_EXTENSION.get(look.ending)
    if texts.is_text(look):
        if named is None:
            return _as(look, FileKind.TXT)
        if named.kind in {FileKind.TXT, FileKind.CSV}:
            return _as(look, named.kind)
    if named:
        raise look.refuse(NOT_WHAT_IT_SAYS, "file-mismatch")
    raise look.refuse(domain.NOT_TAKEN, "file-type")


def _as(look: Look, kind: FileKind, *, pages: int | None = None, entries: int | None = None) -> Inspected:
    """The answer, unless the name says something else; a name without an ending gets the right one."""
    type_, ending = TYPES[kind], look.ending
    if ending and ending not in type_.extensions:
        raise look.refuse(
            MISMATCH, "file-mismatch",
            values={"ending": ending, "found": kind.value.upper(), "right": type_.extensions[0]},
        )
    return Inspected(
        kind=kind, media_type=type_.media_type, extension=type_.extensions[0],
        name=look.name if ending else f"{look.name}{type_.extensions[0]}", pages=pages, entries=entries,
    )
