"""What a file may be, what it is called, and where its check stands (DOMAIN §4; seed S11)."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from backoffice.domain import text
from backoffice.domain.errors import N_, Refused

MAX_RESULT_BYTES = 104_857_600  # S11: all files of one result together, shown as "100 MB"
MAX_FILE_BYTES = MAX_RESULT_BYTES  # a result may be one single file
MAX_SHOWN = "100 MB"  # the same in both languages, with a no-break space where a page shows it
MAX_FILES_OF_RESULT = 100  # more belong into one ZIP: a page lists them all
MAX_NAME = 200  # characters as a person counts; 120 Cyrillic letters are 240 bytes and fit well


class FileCheck(StrEnum):
    """Where the virus check of a file stands."""

    WAITING = "waiting"
    CLEAN = "clean"
    NOT_SCANNED = "not_scanned"
    UNSCANNABLE = "unscannable"
    INFECTED = "infected"


class FilePurpose(StrEnum):
    """What a stored file belongs to."""

    RESULT = "result"
    LOGO = "logo"
    SCREENSHOT = "screenshot"  # a picture of a ticket, written anew by us
    ATTACHMENT = "attachment"  # any other file of a ticket; came by mail
    MAIL = "mail"  # a mail as it arrived, kept whole
    IMPORT = "import"  # a list that an admin imports, and what came of its rows; served to nobody as it is


CHECK_WORDS: Mapping[FileCheck, str] = MappingProxyType({
    FileCheck.WAITING: N_("waiting for the check"),
    FileCheck.CLEAN: N_("clean"),
    FileCheck.NOT_SCANNED: N_("not scanned"),
    FileCheck.UNSCANNABLE: N_("could not be checked"),
    FileCheck.INFECTED: N_("infected"),
})

# Bytes in these states are served to nobody.
NEVER_SERVED = frozenset({FileCheck.WAITING, FileCheck.INFECTED})


def blocks_approve(check: FileCheck, *, is_passed: bool) -> bool:
    """Waiting and infected block `approve`; unscannable until a specialist lets the file pass."""
    if check is FileCheck.UNSCANNABLE:
        return not is_passed
    return check in NEVER_SERVED


class FileGroup(StrEnum):
    """What a person would call it; decides the way out of a refusal and what a page may show inline."""

    DOCUMENT = "document"
    PICTURE = "picture"
    SOUND = "sound"
    VIDEO = "video"
    TEXT = "text"
    ARCHIVE = "archive"


class FileKind(StrEnum):
    """The kinds that are taken, by content."""

    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    PPTX = "pptx"
    ODT = "odt"
    ODS = "ods"
    ODP = "odp"
    DOC = "doc"
    XLS = "xls"
    PPT = "ppt"
    EPUB = "epub"
    JPEG = "jpeg"
    PNG = "png"
    GIF = "gif"
    WEBP = "webp"
    MP4 = "mp4"
    MP3 = "mp3"
    WAV = "wav"
    TXT = "txt"
    CSV = "csv"
    ZIP = "zip"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileType:
    """One kind that is taken: its name for people, what it is served as, how its names may end."""

    kind: FileKind
    label: str
    media_type: str
    extensions: tuple[str, ...]  # the first one is added to a name that has none
    group: FileGroup


_OOXML = "application/vnd.openxmlformats-officedocument"
_ODF = "application/vnd.oasis.opendocument"
_DOCUMENT, _PICTURE = FileGroup.DOCUMENT, FileGroup.PICTURE


def _type(
    kind: FileKind, label: str, media_type: str, *extensions: str, group: FileGroup = _DOCUMENT
) -> FileType:
    return FileType(kind=kind, label=label, media_type=media_type, extensions=extensions, group=group)


TYPES: Mapping[FileKind, FileType] = MappingProxyType({
    type_.kind: type_
    for type_ in (
        _type(FileKind.PDF, N_("PDF document"), "application/pdf", ".pdf"),
        _type(FileKind.DOCX, N_("Word document"), f"{_OOXML}.wordprocessingml.document", ".docx"),
        _type(FileKind.XLSX, N_("Excel workbook"), f"{_OOXML}.spreadsheetml.sheet", ".xlsx"),
        _type(FileKind.PPTX, N_("PowerPoint presentation"),
              f"{_OOXML}.presentationml.presentation", ".pptx"),
        _type(FileKind.ODT, N_("OpenDocument text"), f"{_ODF}.text", ".odt"),
        _type(FileKind.ODS, N_("OpenDocument spreadsheet"), f"{_ODF}.spreadsheet", ".ods"),
        _type(FileKind.ODP, N_("OpenDocument presentation"), f"{_ODF}.presentation", ".odp"),
        _type(FileKind.DOC, N_("Word document, old format"), "application/msword", ".doc"),
        _type(FileKind.XLS, N_("Excel workbook, old format"), "application/vnd.ms-excel", ".xls"),
        _type(FileKind.PPT, N_("PowerPoint presentation, old format"),
              "application/vnd.ms-powerpoint", ".ppt"),
        _type(FileKind.EPUB, N_("EPUB book"), "application/epub+zip", ".epub"),
        _type(FileKind.JPEG, N_("JPEG picture"), "image/jpeg", ".jpg", ".jpeg", ".jpe", ".jfif",
              group=_PICTURE),
        _type(FileKind.PNG, N_("PNG picture"), "image/png", ".png", group=_PICTURE),
        _type(FileKind.GIF, N_("GIF picture"), "image/gif", ".gif", group=_PICTURE),
        _type(FileKind.WEBP, N_("WebP picture"), "image/webp", ".webp", group=_PICTURE),
        _type(FileKind.MP4, N_("MP4 video"), "video/mp4", ".mp4", ".m4v", group=FileGroup.VIDEO),
        _type(FileKind.MP3, N_("MP3 sound"), "audio/mpeg", ".mp3", group=FileGroup.SOUND),
        _type(FileKind.WAV, N_("WAV sound"), "audio/wav", ".wav", group=FileGroup.SOUND),
        _type(FileKind.TXT, N_("text file"), "text/plain", ".txt", ".text", group=FileGroup.TEXT),
        _type(FileKind.CSV, N_("CSV table"), "text/csv", ".csv", group=FileGroup.TEXT),
        _type(FileKind.ZIP, N_("ZIP archive"), "application/zip", ".zip", group=FileGroup.ARCHIVE),
    )
})
BY_EXTENSION: Mapping[str, FileType] = MappingProxyType({
    extension: type_ for type_ in TYPES.values() for extension in type_.extensions
})
# Logo and screenshot: what Pillow re-encodes; never SVG.
PICTURE_KINDS = (FileKind.PNG, FileKind.JPEG, FileKind.WEBP, FileKind.GIF)

HINT = N_(
    "PDF, Word, Excel, PowerPoint, OpenDocument, JPEG, PNG, GIF, WebP, MP4, MP3, WAV, EPUB, TXT, CSV, "
    "or a ZIP of these."
)
PICTURE_HINT = N_("PNG, JPEG, WebP or GIF.")


def accept(kinds: Collection[FileKind] = tuple(FileKind)) -> str:
    """The `accept` of a file field: extensions, since a browser's own media types differ by machine."""
    return ",".join(extension for kind in kinds for extension in TYPES[kind].extensions)


# What people often have and we do not take, with the way out; anything else gets the general sentence.
TAKE_MP4 = N_("“%(name)s” is a kind of video that not every browser plays. Save it as MP4 and upload that.")
TAKE_MP3 = N_("“%(name)s” is a kind of sound file that is not taken. Save it as MP3 or WAV and upload that.")
TAKE_JPEG = N_("“%(name)s” is a kind of picture that is not taken. Save it as JPEG or PNG and upload that.")
TAKE_PDF = N_("“%(name)s” is a kind of document that is not taken. Save it as PDF and upload that.")
TAKE_ZIP = N_("“%(name)s” is a kind of archive that is not taken. Pack the files as ZIP without a password.")
EMPTY = N_("“%(name)s” is empty. Save it again in its own program and choose it anew.")
NO_MACRO = N_(
    "“%(name)s” holds macros, which could harm whoever opens it. Save it as PDF, or without macros "
    "(DOCX, XLSX, PPTX), and upload that."
)
NO_PAGES = N_(
    "“%(name)s” is a web page or drawing that can run scripts (HTML, SVG). Save it as PDF or PNG and "
    "upload that."
)
NO_PROGRAM = N_(
    "“%(name)s” is a program or script. Programs are not taken; save what it shows as PDF, or give a link."
)
NOT_TAKEN = N_(
    "“%(name)s” is of a kind that is not taken. Taken are: PDF, Word, Excel, PowerPoint, OpenDocument, JPEG, "
    "PNG, GIF, WebP, MP4, MP3, WAV, EPUB, TXT, CSV, or a ZIP of these. Save it as PDF, for instance."
)


def _ends(names: str) -> frozenset[str]:
    return frozenset(f".{name}" for name in names.split())


PROGRAMS = _ends(
    "exe dll com scr pif msi msp bat cmd ps1 psm1 vbs vbe js jse mjs wsf wsh hta cpl jar class apk app dmg "
    "pkg deb rpm sh bash command run bin elf so dylib py pyc pyw pl rb php phtml phar asp aspx "
    "jsp lnk url scf reg inf chm iso img vhd vhdx appimage xll msix appx ps"
)
MACROS = _ends("docm dotm xlsm xltm xlam xlsb pptm potm ppam ppsm sldm")
PAGES = _ends("svg svgz html htm xhtml shtml mht mhtml xht")
_WAYS_OUT: tuple[tuple[frozenset[str], str, str], ...] = (
    (PROGRAMS, NO_PROGRAM, "file-executable"),
    (MACROS, NO_MACRO, "file-macro"),
    (PAGES, NO_PAGES, "file-script"),
    (_ends("mov qt avi mkv webm wmv flv mpg mpeg 3gp 3g2 mts m2ts ogv vob"), TAKE_MP4, "file-type"),
    (_ends("m4a aac ogg oga opus flac wma aif aiff amr mid"), TAKE_MP3, "file-type"),
    (_ends("heic heif avif tif tiff bmp psd ai eps raw dng cr2 nef jp2 ico xcf"), TAKE_JPEG, "file-type"),
    (_ends("rtf pages numbers key odg odf pub vsd vsdx mobi azw azw3 djvu xps tex md dot dotx pps ppsx pot "
           "potx xlt xltx ott ots otp wps one wpd"), TAKE_PDF, "file-type"),
    (_ends("rar 7z tar gz tgz bz2 xz zst cab arj lzh"), TAKE_ZIP, "file-type"),
)

# An ending of letters and digits with at least one letter: "Report v1.2" has none.
_EXTENSION = re.compile(r"\.(?=[A-Za-z0-9]*[A-Za-z])[A-Za-z0-9]{1,10}$")
_SPLIT = re.compile(r"[/\\]")
# Invisible marks that can make two names look like one; the joiners that some scripts need stay.
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\u2061\u2062\u2063\u2064\u180e"))


def extension(name: str) -> str:
    """The ending of a name in lower case with its dot, or nothing."""
    found = _EXTENSION.search(name)
    return found.group().lower() if found else ""


def clean_name(name: str) -> str:
    """The name that is kept and shown in full: composed, no path, no control, bidi or invisible character.

    A name longer than any system takes is shortened before its ending; an empty one becomes "file".
    """
    name = text.clean_line(_SPLIT.split(text.clean(name))[-1].translate(_INVISIBLE)).strip(" .")
    ending = extension(name)
    stem = name.removesuffix(name[len(name) - len(ending):]) if ending else name
    stem = stem.rstrip(" .") or "file"
    letters = text.letters(stem)
    room = MAX_NAME - len(ending)
    if len(letters) > room:
        stem = "".join(letters[: room - 1]).rstrip() + "…"
    return stem + name[len(name) - len(ending):] if ending else stem


def with_ending(name: str, kind: FileKind) -> str:
    """The name with an ending of `kind`: what was re-encoded may be of another kind than its name said."""
    ending, right = extension(name), TYPES[kind].extensions
    return name if ending in right else f"{name[: len(name) - len(ending)]}{right[0]}"


def same_name(one: str, other: str) -> bool:
    """Whether two names are one for a person, a folder or a ZIP: composition and case do not count."""
    return _folded(one) == _folded(other)


def free_name(name: str, *, taken: Collection[str]) -> str:
    """`name`, or with the first free number: "Report (2).pdf" beside "Report.pdf"."""
    used = {_folded(other) for other in taken}
    if _folded(name) not in used:
        return name
    ending = name[len(name) - len(extension(name)):] if extension(name) else ""
    stem = name[: len(name) - len(ending)]
    number = 2
    while _folded(f"{stem} ({number}){ending}") in used:
        number += 1
    return f"{stem} ({number}){ending}"


def refuse_name(name: str, *, shown: str = "") -> None:
    """Refuse by the ending alone, before a byte is sent; a name without one is judged by its content.

    `shown` is what the refusal says where a content was found out to be what its name does not tell.
    """
    ending = extension(name)
    if not ending or ending in BY_EXTENSION:
        return
    for endings, message, code in _WAYS_OUT:
        if ending in endings:
            raise Refused(message, field="files", code=code, values={"name": shown or name})
    raise Refused(NOT_TAKEN, field="files", code="file-type", values={"name": shown or name})


def too_big(name: str) -> Refused:
    """The refusal of one file over the limit, however far it was read."""
    return Refused(
        N_("“%(name)s” is larger than %(limit)s. Make it smaller, split it, or give a link instead."),
        field="files", code="file-too-big", values={"name": name, "limit": MAX_SHOWN},
    )


def refuse_size(name: str, size: int, *, left: int = MAX_RESULT_BYTES) -> None:
    """S11: refused per file and in sum; `left` is what the result's other files leave."""
    if size <= 0:
        raise Refused(EMPTY, field="files", code="file-empty", values={"name": name})
    if size > MAX_FILE_BYTES:
        raise too_big(name)
    if size > left:
        raise Refused(
            N_("With “%(name)s” the files of this result would have more than %(limit)s together. Delete a "
               "file, make it smaller, or give a link instead."),
            field="files", code="file-too-big", values={"name": name, "limit": MAX_SHOWN},
        )


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
