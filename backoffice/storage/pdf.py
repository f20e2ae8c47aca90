"""PDF: no scripts, no programs, nothing that acts when it is opened; attachments as data only (DOMAIN §4)."""

import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile

import pikepdf

from backoffice.domain import files as domain
from backoffice.domain.errors import N_
from backoffice.storage import heads
from backoffice.storage.look import ENCRYPTED, Look, bomb, damaged

# A thousand tagged pages have some 300,000; each costs some 15 µs and 2 KB.
MAX_OBJECTS = 500_000
MAX_NESTING = 60  # of direct values within one object
_END_WITHIN = 1 << 16  # some programs write more behind the end
MAX_ATTACHED = domain.MAX_FILE_BYTES

PDF_SCRIPT = N_(
    "“%(name)s” holds a script. Print it to a new PDF (“Save as PDF” in the print window) and upload that."
)
PDF_ACTS = N_(
    "“%(name)s” starts a program, opens an address or does something else by itself when it is opened. "
    "Print it to a new PDF (“Save as PDF” in the print window) and upload that."
)
PDF_ATTACHED = N_(
    "“%(name)s” is attached to the PDF and is a program or script. Delete that attachment, or print the "
    "document to a new PDF, and upload that."
)

# An object that has none of these words needs no closer look; written out by the library, so spelt plainly.
_WORDS = re.compile(rb"/(?:JavaScript|JS|Launch|EF|OpenAction|AA|XFA|RichMedia|ImportData)(?![A-Za-z])")
# What may happen by itself: going to a page of this very document, turning to another page, a layer shown.
_HARMLESS = frozenset({"/GoTo", "/Named", "/SetOCGState", "/Trans", "/GoTo3DView"})


def check(look: Look) -> int:
    """The number of pages; refused when it acts, is locked, or cannot be read."""
    if not _has_end(look):
        raise damaged(look)
    try:
        with pikepdf.open(look.path, suppress_warnings=True) as pdf:
            pages = len(pdf.pages)
            if not pages:
                raise damaged(look)
            for found in _suspects(look, pdf):
                _check_object(look, found, depth=0)
            return pages
    except pikepdf.PasswordError as error:
        raise look.refuse(ENCRYPTED, "file-encrypted") from error
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, RuntimeError, OSError) as error:
        raise damaged(look) from error


def _has_end(look: Look) -> bool:
    """The library mends a file that was cut off, and its reader would miss the last pages."""
    with look.path.open("rb") as file:
        file.seek(max(0, look.size - _END_WITHIN))
        return b"%%EOF" in file.read()


def _suspects(look: Look, pdf: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Every object of the file, reachable or not, that has one of the words."""
    for number, found in enumerate(pdf.objects):
        if number > MAX_OBJECTS:
            raise bomb(look)
        plain = found.stream_dict if isinstance(found, pikepdf.Stream) else found
        if _WORDS.search(plain.unparse(resolved=True)):
            yield plain


def _check_object(look: Look, found: object, *, depth: int) -> None:
    """The direct values of one object; what it refers to comes by itself."""
    if depth > MAX_NESTING:
        raise bomb(look)
    if isinstance(found, pikepdf.Array):
        values: list[object] = list(found)
    elif isinstance(found, pikepdf.Dictionary):
        _check_dictionary(look, found)
        values = [value for _, value in found.items()]
    else:
        return
    for value in values:
        if isinstance(value, pikepdf.Array | pikepdf.Dictionary) and not value.is_indirect:
            _check_object(look, value, depth=depth + 1)


def _check_dictionary(look: Look, found: pikepdf.Dictionary) -> None:
    action = str(found.get("/S", ""))
    if action == "/JavaScript" or "/JS" in found or "/JavaScript" in found:
        raise look.refuse(PDF_SCRIPT, "file-script")
    if action in {"/Launch", "/ImportData"} or str(found.get("/Subtype", "")) == "/RichMedia":
        raise look.refuse(PDF_ACTS, "file-script")
    if "/XFA" in found and b"<script" in _form(found["/XFA"]).lower():
        raise look.refuse(PDF_SCRIPT, "file-script")
    if "/OpenAction" in found:
        _check_start(look, found["/OpenAction"])
    if "/AA" in found and isinstance(triggers := found["/AA"], pikepdf.Dictionary):
        for _, trigger in triggers.items():
            _check_start(look, trigger)
    if "/EF" in found:
        _check_attached(look, found)


def _check_start(look: Look, action: object) -> None:
    """An array is a place in the document; an action must be harmless, and so must those that follow it."""
    for _ in range(MAX_NESTING):
        if not isinstance(action, pikepdf.Dictionary):
            return
        if "/S" in action and str(action["/S"]) not in _HARMLESS:
            code = PDF_SCRIPT if str(action["/S"]) == "/JavaScript" else PDF_ACTS
            raise look.refuse(code, "file-script")
        following = action.get("/Next")
        if isinstance(following, pikepdf.Array):
            for one in following:
                _check_start(look, one)
            return
        action = following
    raise bomb(look)


def _check_attached(look: Look, specification: pikepdf.Dictionary) -> None:
    """Tables and texts are welcome beside a report; documents are looked into, programs refused by name."""
    name = str(specification.get("/UF", specification.get("/F", "")))
    shown = domain.clean_name(name)
    streams = specification["/EF"]
    if not isinstance(streams, pikepdf.Dictionary):
        raise damaged(look)
    for _, stream in streams.items():
        if not isinstance(stream, pikepdf.Stream):
            raise damaged(look)
        content = stream.read_bytes()
        look.budget.unpacked -= len(content)
        if len(content) > MAX_ATTACHED or look.budget.unpacked < 0:
            raise bomb(look)
        ending = domain.extension(shown)
        if ending in domain.PROGRAMS | domain.PAGES | domain.MACROS or heads.is_program(content[:4096]):
            raise look.refuse(PDF_ATTACHED, "file-executable", part=name)
        if ending in domain.BY_EXTENSION and content:
            with NamedTemporaryFile(dir=look.folder) as file:
                file.write(content)
                file.flush()
                look.inner(Path(file.name), part=name)


def _form(xfa: object) -> bytes:
    parts = list(xfa) if isinstance(xfa, pikepdf.Array) else [xfa]
    return b"".join(part.read_bytes() for part in parts if isinstance(part, pikepdf.Stream))
