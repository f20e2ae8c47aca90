"""Files that hide in other forms: uuencode within a text, and Outlook's winmail.dat (MS-OXTNEF)."""

import binascii
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from backoffice.mail.inbound import charsets

MAX_UNPACKED = 60 << 20  # in sum; a mail within its limit holds less
_BEGIN = re.compile(r"begin(?:-base64)? [0-7]{3,4} (\S.{0,199})")
_TNEF = 0x223E9F78
_NAME, _LONG_NAME, _DATA, _START, _PROPERTIES = 0x8010, 0x3707, 0x800F, 0x9002, 0x9005
_FIXED = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 10: 4, 11: 4, 20: 8, 64: 8, 72: 16}  # MAPI types of one size


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    name: str
    content: bytes


def uuencoded(text: str) -> tuple[str, list[File]]:
    """The text with the name of each file in its place, and the files. What is not whole stays as it stands."""
    if "begin" not in text:
        return text, []
    lines, kept, files, position = text.split("\n"), [], [], 0
    while position < len(lines):
        found = _BEGIN.fullmatch(lines[position].strip())
        read = _uu(lines, position + 1) if found else None
        if found is None or read is None:
            kept.append(lines[position])
            position += 1
            continue
        content, position = read
        files.append(File(name=found[1].strip(), content=content))
        kept.append(f"[{found[1].strip()}]")
    return "\n".join(kept), files


def tnef(content: bytes) -> list[File]:
    """The files of a winmail.dat; none when it is not one. Stops where it breaks off."""
    if len(content) < 6 or struct.unpack_from("<I", content)[0] != _TNEF:
        return []
    files: list[File] = []
    name, long_name, body, left = "", "", b"", MAX_UNPACKED
    for kind, value in _attributes(content):
        if kind == _START:
            files += _file(name, long_name, body)
            name, long_name, body = "", "", b""
        elif kind == _NAME:
            name = charsets.guessed(value.rstrip(b"\0"))
        elif kind == _DATA and len(value) <= left:
            body, left = value, left - len(value)
        elif kind == _PROPERTIES:
            long_name = _long_name(value) or long_name
    return [*files, *_file(name, long_name, body)]


def _file(name: str, long_name: str, body: bytes) -> list[File]:
    return [File(name=charsets.fit(long_name or name or "file"), content=body)] if body else []


def _attributes(content: bytes) -> Iterator[tuple[int, bytes]]:
    position = 6
    while position + 9 <= len(content):
        _, number, size = struct.unpack_from("<BII", content, position)
        position += 9
        if size > len(content) - position:
            return
        yield number & 0xFFFF, content[position : position + size]
        position += size + 2  # a checksum follows


def _long_name(content: bytes) -> str:
    """PR_ATTACH_LONG_FILENAME among the MAPI properties of an attachment; stops at what it does not know."""
    try:
        (count,), position = struct.unpack_from("<I", content), 4
        for _ in range(min(count, 500)):
            kind, number = struct.unpack_from("<HH", content, position)
            position += 4
            if number >= 0x8000:  # a named property: GUID, then a number or a name
                (named,) = struct.unpack_from("<I", content, position + 16)
                (size,) = struct.unpack_from("<I", content, position + 20)
                position += 24 + ((size + 3 & ~3) if named else 0)
            is_many, kind = bool(kind & 0x1000), kind & 0x0FFF
            rounds = 1
            if is_many or kind not in _FIXED:
                (rounds,) = struct.unpack_from("<I", content, position)
                position += 4
            for _ in range(min(rounds, 500)):
                size = _FIXED.get(kind, 0)
                if not size:
                    (size,) = struct.unpack_from("<I", content, position)
                    position += 4
                value = content[position : position + size]
                position += size + 3 & ~3
                if number == _LONG_NAME:
                    return value.decode("utf-16-le" if kind == 0x1F else "cp1252", "replace").rstrip("\0")
    except struct.error:
        pass
    return ""


def _uu(lines: list[str], position: int) -> tuple[bytes, int] | None:
    """The decoded lines up to `end`, and where the text goes on."""
    content = bytearray()
    for number in range(position, len(lines)):
        line = lines[number].rstrip("\r ")
        if line == "end":
            return bytes(content), number + 1
        if line in ("", "`"):
            continue
        try:
            content += binascii.a2b_uu(line)
        except (binascii.Error, ValueError):
            return None
        if len(content) > MAX_UNPACKED:
            return None
    return None
