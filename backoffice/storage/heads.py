"""What the first bytes of a file say."""

import re
import struct
from enum import StrEnum


class Family(StrEnum):
    """The formats that a content can be told by; a zip or an OLE file says only inside what it is."""

    PDF = "pdf"
    ZIP = "zip"
    OLE = "ole"
    JPEG = "jpeg"
    PNG = "png"
    GIF = "gif"
    WEBP = "webp"
    WAV = "wav"
    MP3 = "mp3"
    ISO_MEDIA = "iso-media"
    PAGE = "page"


# An office scanner writes more text after the version; a byte-order mark or blanks before it do no harm.
_PDF = re.compile(rb"(?:\xef\xbb\xbf)?[\s\x00]{0,64}%PDF-\d")
_PLAIN: tuple[tuple[bytes, Family], ...] = (
    (b"PK\x03\x04", Family.ZIP),
    (b"PK\x05\x06", Family.ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Family.OLE),
    (b"\xff\xd8\xff", Family.JPEG),
    (b"\x89PNG\r\n\x1a\n", Family.PNG),
    (b"GIF87a", Family.GIF),
    (b"GIF89a", Family.GIF),
)
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"Rar!\x1a\x07", ".rar"),
    (b"7z\xbc\xaf\x27\x1c", ".7z"),
    (b"\x1f\x8b", ".gz"),
    (b"BZh", ".bz2"),
    (b"\xfd7zXZ\x00", ".xz"),
    (b"MSCF", ".cab"),
    (b"{\\rtf", ".rtf"),
    (b"II*\x00", ".tif"),
    (b"MM\x00*", ".tif"),
    (b"8BPS", ".psd"),
    (b"%!PS", ".eps"),
    (b"OggS", ".ogg"),
    (b"fLaC", ".flac"),
    (b"\x1a\x45\xdf\xa3", ".mkv"),
    (b"\x00\x00\x01\xba", ".mpg"),
    (b"\x00\x00\x01\xb3", ".mpg"),
    (b"0&\xb2u\x8ef\xcf\x11", ".wmv"),
    (b"FORM", ".aif"),
    (b"#!AMR", ".amr"),
)
_BMP_HEADERS = {bytes((size, 0, 0, 0)) for size in (12, 40, 108, 124)}
_PROGRAMS = (
    b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf", b"dex\n", b"\x00asm", b"!<arch>\n", b"#!/", b"#! /", b"<?php",
    b"L\x00\x00\x00\x01\x14\x02\x00",
)
_MARKS = re.compile(
    rb"^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*|<!doctype\s+(?!html)[^>]*>\s*)*", re.S | re.I
)
_PAGE = re.compile(rb"<(?:!doctype\s+html|html|svg|script|head|body|iframe|meta|[a-z]+:svg)[\s>/:]", re.I)


def family(head: bytes) -> Family | None:
    """The format that the first bytes announce; whether it is one, the check of that format says."""
    if _PDF.match(head):
        return Family.PDF
    for mark, found in _PLAIN:
        if head.startswith(mark):
            return found
    if head[:4] == b"RIFF":
        return {b"WEBP": Family.WEBP, b"WAVE": Family.WAV}.get(head[8:12])
    if head[4:8] in {b"ftyp", b"moov", b"mdat", b"wide", b"pnot"}:
        return Family.ISO_MEDIA
    if is_tagged(head) or frame_length(head):
        return Family.MP3
    return Family.PAGE if is_page(head) else None


def other(head: bytes) -> str:
    """The usual ending of a known format that is not taken, or nothing."""
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return ".avi"
    if head[:2] == b"BM" and head[14:18] in _BMP_HEADERS:
        return ".bmp"
    return next((ending for mark, ending in _OTHERS if head.startswith(mark)), "")


def is_program(head: bytes) -> bool:
    """Programs for Windows, Linux, macOS, Android, Java, browsers; shortcuts; scripts that name a shell."""
    if head[:2] == b"MZ":
        # A text may begin with these letters; a program has its second header where this number points.
        place = struct.unpack_from("<I", head, 60)[0] if len(head) >= 64 else 0
        return b"\0" in head[:64] or head[place : place + 2] in {b"PE", b"NE", b"LE"}
    return head.startswith(_PROGRAMS)


def is_page(head: bytes) -> bool:
    """HTML or SVG, behind marks, declarations and comments."""
    start = _MARKS.match(head)
    return bool(_PAGE.match(head, start.end() if start else 0))


def is_tagged(head: bytes) -> bool:
    """An ID3 version 2 tag, in front of the sound of an MP3."""
    return head[:3] == b"ID3" and len(head) >= 10 and 2 <= head[3] <= 4 and max(head[6:10]) < 0x80


_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_BITS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_BITS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)


def frame_length(head: bytes) -> int:
    """The length of the layer-III sound frame that begins here, or 0 (FF FE alone opens UTF-16, too)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0 or head[1] & 0x06 != 0x02:
        return 0
    version, bits, rate = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or bits in {0, 15} or rate == 3:
        return 0
    kilobits = (_BITS_1 if version == 3 else _BITS_2)[bits]
    return (144 if version == 3 else 72) * kilobits * 1000 // _RATES[version][rate] + (head[2] >> 1 & 1)
