"""Plain text and CSV: letters all the way through, and no page or script in disguise."""

import codecs

from backoffice.storage.heads import is_page, is_program
from backoffice.storage.look import Look

PIECE = 1 << 20
_MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark begins alike
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Tab, line feed, vertical tab, form feed, carriage return; Ctrl-Z ends texts from very old programs.
_ALLOWED = {0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x1A}
_CONTROLS = bytes(code for code in range(0x20) if code not in _ALLOWED) + b"\x7f"
_CONTROL_LETTERS = {ord(letter) for letter in _CONTROLS.decode("ascii")}


def is_text(look: Look) -> bool:
    """UTF-8, UTF-16 or UTF-32 with a mark, or an old one-byte encoding without control characters."""
    head = look.head()
    if is_page(head) or is_program(head):
        return False
    encoding = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    if encoding:
        return _decodes(look, encoding)
    return not _has_controls(look)


def _decodes(look: Look, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with look.path.open("rb") as file:
        try:
            while piece := file.read(PIECE):
                if not _CONTROL_LETTERS.isdisjoint(map(ord, set(decoder.decode(piece)))):
                    return False
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _has_controls(look: Look) -> bool:
    with look.path.open("rb") as file:
        while piece := file.read(PIECE):
            if len(piece.translate(None, _CONTROLS)) != len(piece):
                return True
    return False
