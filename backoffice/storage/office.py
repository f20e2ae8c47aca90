"""Documents that are ZIP containers: Office Open XML, OpenDocument, EPUB (DOMAIN §4: no macros, scripts,
encryption).

Which one it is, the container says itself (the relationship of its main part, or its `mimetype`),
wherever in the file that part lies: workbooks from some programs have their list of types last, behind
all sheets.
"""

import posixpath
import re
import zipfile
from collections.abc import Mapping
from types import MappingProxyType

from backoffice.domain import files as domain
from backoffice.domain.errors import N_
from backoffice.domain.files import FileKind
from backoffice.storage import ole
from backoffice.storage.archives import Archive
from backoffice.storage.look import ENCRYPTED, Look, damaged

ACTS = N_(
    "“%(name)s” runs something or fetches something by itself when it is opened (an active control, a data "
    "link, a template from the web). Save it as PDF and upload that."
)
BOOK_SCRIPT = N_(
    "“%(name)s” is a book with scripts in it. Save it without scripts, or as PDF, and upload that."
)
OTHER_DOCUMENT = N_(
    "“%(name)s” is a template, a slide show or another kind of document that is not taken. Save it as "
    "DOCX, XLSX, PPTX or PDF and upload that."
)

TYPES_PART = "[Content_Types].xml"
_MAIN = ".main+xml"
_OOXML: Mapping[str, FileKind] = MappingProxyType({
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml": FileKind.DOCX,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": FileKind.XLSX,
    "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml": FileKind.PPTX,
})
_MIMETYPES: Mapping[bytes, FileKind] = MappingProxyType({
    domain.TYPES[kind].media_type.encode(): kind
    for kind in (FileKind.ODT, FileKind.ODS, FileKind.ODP, FileKind.EPUB)
})
# Fonts in books are commonly shuffled by these two; anything else keeps the text from the reader.
_FONT_SHUFFLES = frozenset({"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"})
_REMOTE = ("http:", "https:", "ftp:", "mhtml:", "\\\\", "file://///", "file:\\\\\\\\")
_FETCHED = frozenset({"attachedTemplate", "oleObject", "frame", "subDocument"})
_FIELD = re.compile(rb"<w:instrText[^>]*>([^<]*)<|w:instr=[\"']([^\"']*)[\"']")
_EMBEDDED_OFFICE = frozenset({".docx", ".xlsx", ".pptx"})
# Programs' names inside a container count, but for the endings that its own format uses.
_OWN_ENDINGS = frozenset({".bin"})


def kind_of(archive: Archive) -> FileKind | None:
    """What the container says it is; None: a ZIP of files. A folder before an ODT in it makes no ODT."""
    names = archive.names
    if "mimetype" in names and archive.zip.getinfo("mimetype").file_size < 200:
        kind = _MIMETYPES.get(archive.read("mimetype").strip())
        if kind:
            return kind
        if archive.read("mimetype").startswith(b"application/vnd.oasis.opendocument."):
            raise archive.look.refuse(OTHER_DOCUMENT, "file-type")
    return _ooxml_kind(archive) if TYPES_PART in names else None


def check(archive: Archive, *, kind: FileKind) -> None:
    """Everything in the container that could act, by the kind that it is."""
    if kind is FileKind.EPUB:
        _check_book(archive)
    elif kind in _MIMETYPES.values():
        _check_odf(archive)
    else:
        _check_ooxml(archive)


def _ooxml_kind(archive: Archive) -> FileKind:
    overrides, defaults = _content_types(archive)
    if any("macroEnabled" in type_ or "vbaProject" in type_ or "macrosheet" in type_
           for type_ in (*overrides.values(), *defaults.values())):
        raise archive.look.refuse(domain.NO_MACRO, "file-macro")
    part = _main_part(archive)
    type_ = overrides.get(part.lower()) or defaults.get(part.rpartition(".")[2].lower(), "")
    if part.lstrip("/") not in archive.names:
        raise damaged(archive.look)
    if type_ not in _OOXML:
        raise archive.look.refuse(OTHER_DOCUMENT, "file-type")
    return _OOXML[type_]


def _content_types(archive: Archive) -> tuple[dict[str, str], dict[str, str]]:
    """Types by part and types by ending."""
    overrides: dict[str, str] = {}
    defaults: dict[str, str] = {}
    for element in archive.xml(TYPES_PART):
        type_ = element.get("ContentType", "")
        if element.tag.endswith("}Override"):
            overrides[element.get("PartName", "").lower()] = type_
        elif element.tag.endswith("}Default"):
            defaults[element.get("Extension", "").lower()] = type_
    return overrides, defaults


def _main_part(archive: Archive) -> str:
    if "_rels/.rels" not in archive.names:
        raise damaged(archive.look)
    for element in archive.xml("_rels/.rels"):
        if element.get("Type", "").endswith("/officeDocument"):
            return posixpath.normpath("/" + element.get("Target", "").lstrip("/"))
    raise damaged(archive.look)


def _check_ooxml(archive: Archive) -> None:
    look = archive.look
    has_fields = False
    for info, found in archive.walk(words=_ooxml_words):
        name = info.filename.lower()
        if name.endswith(("vbaproject.bin", "vbadata.xml")) or "/macrosheets/" in name:
            raise look.refuse(domain.NO_MACRO, "file-macro")
        if found & _ACTIVE or "/activex/" in name:
            raise look.refuse(ACTS, "file-script")
        has_fields = has_fields or bool(found)
        _check_name(look, info.filename)
        if name.endswith(".rels"):
            _check_relations(archive, info.filename)
        if "/embeddings/" in name:
            _check_embedded(archive, info)
    if has_fields and "word/document.xml" in archive.names:
        _check_fields(archive)


_ACTIVE = frozenset({b"<ddelink", b"ppaction://program", b"ppaction://macro"})


def _ooxml_words(name: str) -> tuple[bytes, ...]:
    if name.startswith(("xl/externalLinks/", "ppt/")):
        return tuple(_ACTIVE)
    return (b"instr",) if name == "word/document.xml" else ()


def _check_fields(archive: Archive) -> None:
    """A field that fetches by DDE starts another program; the letters may be spread over several runs."""
    text = archive.read("word/document.xml", limit=archive.look.budget.unpacked)
    fields = b"".join(one or b" " + other + b" " for one, other in _FIELD.findall(text)).upper()
    if re.search(rb"\bDDE(?:AUTO)?\b", fields):
        raise archive.look.refuse(ACTS, "file-script")


def _check_relations(archive: Archive, name: str) -> None:
    """Links that a person follows are fine; what the program fetches by itself from elsewhere is not."""
    for element in archive.xml(name):
        fetched = element.get("Type", "").rpartition("/")[2] in _FETCHED
        target = element.get("Target", "").strip().lower()
        if fetched and element.get("TargetMode") == "External" and target.startswith(_REMOTE):
            raise archive.look.refuse(ACTS, "file-script")


def _check_embedded(archive: Archive, info: zipfile.ZipInfo) -> None:
    """A chart brings its workbook along; a package may bring anything."""
    if not info.file_size:
        return
    with archive.unpacked(info) as path:
        if domain.extension(info.filename) in _EMBEDDED_OFFICE:
            archive.look.inner(path, part=info.filename)
        else:
            ole.check_part(archive.look, path, part=info.filename)


def _check_odf(archive: Archive) -> None:
    look = archive.look
    if "content.xml" not in archive.names:
        raise damaged(look)
    if "META-INF/manifest.xml" in archive.names and any(
        element.tag.endswith("}encryption-data") for element in archive.xml("META-INF/manifest.xml").iter()
    ):
        raise look.refuse(ENCRYPTED, "file-encrypted")
    for info, found in archive.walk(words=_odf_words):
        folder, _, file = info.filename.rpartition("/")
        # An empty library is only its list; a module of any name is code.
        is_module = folder.startswith("Basic") and not file.startswith(("script-l", "dialog-l"))
        if is_module or folder.startswith("Scripts") or found - _ODF_LINKS:
            raise look.refuse(domain.NO_MACRO, "file-macro")
        if found:
            raise look.refuse(ACTS, "file-script")
        _check_name(look, info.filename)
        if folder == "" and file.startswith("Object ") and info.file_size:
            with archive.unpacked(info) as path:
                ole.check_part(look, path, part=info.filename)


_ODF_LINKS = frozenset({b"<office:dde-source", b"<text:dde-connection-decl"})
_ODF_WORDS = (b"<script:event-listener", b"vnd.sun.star.script:", b"<text:script", *_ODF_LINKS)


def _odf_words(name: str) -> tuple[bytes, ...]:
    return _ODF_WORDS if name.endswith(("content.xml", "styles.xml")) else ()


def _check_book(archive: Archive) -> None:
    look = archive.look
    if "META-INF/container.xml" not in archive.names:
        raise damaged(look)
    if "META-INF/encryption.xml" in archive.names:
        algorithms = {
            element.get("Algorithm", "")
            for element in archive.xml("META-INF/encryption.xml").iter()
            if element.tag.endswith("}EncryptionMethod")
        }
        if algorithms - _FONT_SHUFFLES:
            raise look.refuse(ENCRYPTED, "file-encrypted")
    for info, found in archive.walk(words=_book_words):
        if found or domain.extension(info.filename) in {".js", ".mjs"}:
            raise look.refuse(BOOK_SCRIPT, "file-script")
        _check_name(look, info.filename)


def _book_words(name: str) -> tuple[bytes, ...]:
    return (b"<script", b"javascript:") if domain.extension(name) in domain.PAGES else ()


def _check_name(look: Look, part: str) -> None:
    ending = domain.extension(part)
    if ending in domain.PROGRAMS - _OWN_ENDINGS:
        raise look.refuse(domain.NO_PROGRAM, "file-executable", part=part)
