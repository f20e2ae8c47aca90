"""The head of a mail, as broken as it comes: subjects, addresses and Message-IDs.

The newer parser of the standard library raises on headers that real programs write; here the raw values are read.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Iterator
from email.message import Message
from email.utils import getaddresses
from typing import Any

from backoffice.domain.text import clean_line, fold_email
from backoffice.mail.inbound import charsets

MOST = 20_000  # characters of one header; References of a long thread have some thousand
MAX_ID = 240
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]{0,4000})\?=")
_BRACKETED = re.compile(r"<\s*([^<>]{1,1000}?)\s*>")
_BARE = re.compile(r"[^\s<>()\[\],;:\"']{1,500}@[^\s<>()\[\],;:\"']{1,500}")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"'@]{1,64}@[^\s<>()\[\],;:\"'@]{1,190}")


def values(mail: Message, name: str) -> list[str]:
    """All headers of a name, unfolded, 8-bit letters read as text, encoded words left as they are."""
    return [_raw(value) for key, value in mail.raw_items() if key.lower() == name.lower()]


def value(mail: Message, name: str) -> str:
    """The first of them."""
    return next(iter(values(mail, name)), "")


def decoded(raw: str) -> str:
    """Encoded words and plain letters side by side; neighbours of one kind are joined before they are read, since
    programs cut them within a letter."""
    pieces: list[str] = []
    waiting, charset, end = b"", "", 0
    for found in _WORD.finditer(raw):
        between = raw[end : found.start()]
        content = _content(found[2], found[3])
        if waiting and not between.strip() and found[1].lower() == charset:
            waiting += content
        else:
            pieces.append(charsets.text_of(waiting, charset) if waiting else "")
            pieces.append(between if between.strip() or not end else "")
            waiting, charset = content, found[1].lower().partition("*")[0]
        end = found.end()
    pieces.append(charsets.text_of(waiting, charset) if waiting else "")
    return charsets.fit("".join(pieces) + raw[end:])


def subject(mail: Message) -> str:
    return clean_line(decoded(value(mail, "Subject")))


def people(mail: Message, *names: str) -> list[tuple[str, str]]:
    """(name, folded address) of each person in these headers. Cut into addresses before it is decoded, so that no
    encoded comma makes one person into two."""
    return [person for name in names for raw in values(mail, name) for person in _people(raw)]


def ids(raw: str) -> list[str]:
    """The Message-IDs in a header, whatever phrase stands around them, with or without angle brackets."""
    found = [clean_id(one) for one in _BRACKETED.findall(raw)]
    rest = _BRACKETED.sub(" ", raw)
    found += [clean_id(one) for one in _BARE.findall(rest)]
    return list(dict.fromkeys(one for one in found if one))


def clean_id(raw: str) -> str:
    """Without brackets (Outlook writes square ones within) and blanks; a very long one by its digest."""
    one = "".join(charsets.fit(raw).split()).strip("<>").removeprefix("[").removesuffix("]")
    return one if len(one) <= MAX_ID else f"{hashlib.sha256(one.encode()).hexdigest()}@long.invalid"


def parameter(mail: Message, name: str, header: str = "content-type") -> str:
    """A parameter such as `filename`, in each of the ways in which it is written."""
    try:
        found: Any = mail.get_param(name, "", header)
    except (ValueError, LookupError, TypeError, IndexError, AttributeError):
        return ""
    if isinstance(found, tuple):  # RFC 2231: character set, language, value
        return charsets.text_of(found[2].encode("latin-1", "replace"), str(found[0] or "utf-8"))
    return decoded(_raw(found))


def _people(raw: str) -> Iterator[tuple[str, str]]:
    try:
        found = getaddresses([raw])
    except (ValueError, IndexError, TypeError):
        found = []
    is_any = False
    for name, address in found[:200]:
        if match := _ADDRESS.fullmatch(address.strip()):
            is_any = True
            yield clean_line(decoded(name))[:200], fold_email(charsets.fit(match[0]))[:254]
    if not is_any:
        for address in _ADDRESS.findall(raw)[:200]:
            yield "", fold_email(charsets.fit(address))[:254]


def _raw(found: object) -> str:
    """Unfolded; what is not ASCII came as bytes and is read as text."""
    text = str(found)[:MOST]
    content = _bytes(text)
    return " ".join(charsets.guessed(content).split())


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _content(how: str, encoded: str) -> bytes:
    if how in "qQ":
        return binascii.a2b_qp(_bytes(encoded.replace(" ", "_")), header=True)
    return decode_base64(_bytes(encoded))


def decode_base64(encoded: bytes) -> bytes:
    """Without complaint about foreign letters or missing padding."""
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", encoded)
    letters = letters[: len(letters) - 1] if len(letters) % 4 == 1 else letters
    return base64.b64decode(letters + b"=" * (-len(letters) % 4))


def first(found: Iterable[str]) -> str:
    return next((one for one in found if one), "")
