"""Bytes to text: never an error, never a character that a database refuses."""

import codecs
import re
from collections.abc import Mapping
from types import MappingProxyType

# Names that programs write and Python does not know, or that mean more than they say: browsers read ISO 8859-1 and
# ASCII as Windows-1252 too, and Chinese mail that calls itself GB2312 is GB18030.
_ALIASES: Mapping[str, str] = MappingProxyType({
    "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030",
    "ks_c_5601-1987": "cp949", "euc-kr": "cp949", "x-sjis": "cp932", "shift_jis": "cp932", "x-mac-roman": "mac-roman",
    "unicode-1-1-utf-7": "utf-7", "utf8mb4": "utf-8", "utf8": "utf-8", "cp-850": "cp850", "iso-8859-8-i": "iso-8859-8",
    "windows-874": "cp874", "x-user-defined": "cp1252", "ansi": "cp1257", "iso-ir-6": "ascii",
})
# Codecs that are no letters of anybody, slow, or a way to write what was never sent.
_NEVER = frozenset({
    "idna", "punycode", "unicode-escape", "unicode_escape", "raw-unicode-escape", "raw_unicode_escape", "undefined",
    "mbcs", "oem",
})
_SAYS_NOTHING = frozenset({"", "ascii", "us-ascii", "unknown-8bit", "x-unknown", "default", "8bit", "binary"})
_WIDE = frozenset({"utf-16", "utf16", "ucs-2", "iso-10646-ucs-2", "unicode"})
_SURROGATES = re.compile("[\ud800-\udfff]")
_UNFIT = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
SHOWN = "\ufffd"


def text_of(content: bytes, charset: str) -> str:
    """In the character set that the mail names; where it names none, or one that nobody knows, by what fits."""
    name = charset.strip().strip("\"'").lower()
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return fit(content.decode("utf-16", "replace"))
    if name in _WIDE or (_looks_wide(content) and not name.startswith("utf-32")):
        return fit(_wide(content))
    name = _ALIASES.get(name, name)
    if name not in _SAYS_NOTHING and name not in _NEVER:
        try:
            return fit(content.decode(name, "replace"))
        except (LookupError, UnicodeError, ValueError):
            pass
    return fit(guessed(content))


def guessed(content: bytes) -> str:
    """UTF-8, else the Windows page of the Baltic states, where the agency's people write."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1257", "replace")


def fit(text: str) -> str:
    """A NUL or half of a surrogate pair breaks PostgreSQL, and later the answer: it shows as a replacement sign."""
    return _UNFIT.sub(SHOWN, _SURROGATES.sub(SHOWN, text)).removeprefix("\ufeff")


def _looks_wide(content: bytes) -> bool:
    """Two bytes a letter, whatever the mail says: every other byte of a text in our letters is 0 or 1."""
    sample = content[:2_000]
    if len(sample) < 4 or 0 not in sample:
        return False
    half = len(sample) // 2
    return max(sum(byte < 2 for byte in sample[start::2]) for start in (0, 1)) > half * 0.6


def _wide(content: bytes) -> str:
    """Without a byte order mark both orders are tried: the one with more letters that people here write is right."""
    even = content[: len(content) & ~1]
    readings = [even.decode(order, "replace") for order in ("utf-16-le", "utf-16-be")]
    return max(readings, key=_familiar)


def _familiar(text: str) -> int:
    return sum(letter < "\u0500" and (letter.isprintable() or letter in "\r\n\t") for letter in text[:2_000])
