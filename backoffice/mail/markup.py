"""One body, two parts: a mail is written once, in `body.txt`, and becomes its plain text and its HTML.

The templates call the functions of `Marks`; what they leave in the text are control characters, which no text of a
person holds (domain.text.clean), so nobody can write a button or a heading into a comment.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from markupsafe import Markup, escape

_STRONG, _STRONG_END = "\x02", "\x03"
_FIELD, _BREAK = "\x1f", "\x1e"
_ADDRESS = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_BLANK = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")


class Kind(StrEnum):
    PARAGRAPH = "paragraph"
    HEADING = "heading"
    BUTTON = "button"
    ASK = "ask"
    ITEMS = "items"
    FINE = "fine"  # from here on small print


_SIGNS = {Kind.HEADING: "\x11", Kind.BUTTON: "\x12", Kind.ASK: "\x13", Kind.ITEMS: "\x14", Kind.FINE: "\x15"}
_KINDS = {sign: kind for kind, sign in _SIGNS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A piece of a mail between two blank lines."""

    kind: Kind
    lines: tuple[str, ...] = ()
    title: str = ""
    url: str = ""

    @property
    def html_lines(self) -> list[Markup]:
        return [_html(line) for line in self.lines]

    @property
    def html_title(self) -> Markup:
        return _html(self.title)


class Marks:
    """What a template may mark."""

    def strong(self, text: object) -> str:
        """What the eye should find."""
        return f"{_STRONG}{text}{_STRONG_END}"

    def heading(self, text: str) -> str:
        """The title of the HTML part; in plain text the subject says it."""
        return self._block(Kind.HEADING, text)

    def button(self, label: str, url: str) -> str:
        """The one way on; in plain text the label and the address."""
        return self._block(Kind.BUTTON, label, url)

    def ask(self, title: str, text: str) -> str:
        """Words of the agency, as they were written: a comment, a reason."""
        return self._block(Kind.ASK, title, text.replace("\n", _BREAK))

    def items(self, texts: list[str]) -> str:
        """A list."""
        return self._block(Kind.ITEMS, *texts)

    def fine(self) -> str:
        """Small print begins."""
        return self._block(Kind.FINE)

    def _block(self, kind: Kind, *fields: str) -> str:
        return f"\n\n{_SIGNS[kind]}{_FIELD.join(fields)}\n\n"


def blocks(marked: str) -> list[Block]:
    """The pieces of a rendered body."""
    return [_block(piece.strip(" \t\n")) for piece in _BLANK.split(marked) if piece.strip(" \t\n")]


def _block(piece: str) -> Block:
    kind = _KINDS.get(piece[0], Kind.PARAGRAPH)
    if kind is Kind.PARAGRAPH:
        return Block(kind=kind, lines=tuple(line.strip() for line in piece.split("\n")))
    fields = piece[1:].split(_FIELD)
    if kind is Kind.ITEMS:
        return Block(kind=kind, lines=tuple(fields))
    if kind is Kind.ASK:
        return Block(kind=kind, title=fields[0], lines=tuple(fields[1].split(_BREAK)))
    return Block(kind=kind, title=fields[0], url=fields[1] if kind is Kind.BUTTON else "")


def as_text(found: list[Block]) -> str:
    """The plain-text part: everything that the HTML part says, with every address."""
    return "\n\n".join(filter(None, map(_text_of, found))) + "\n"


def _text_of(block: Block) -> str:
    lines = [_plain(line) for line in block.lines]
    if block.kind is Kind.BUTTON:
        return f"{block.title}:\n{block.url}"
    if block.kind is Kind.ASK:
        return "\n".join([_plain(block.title), *(f"> {line}".rstrip() for line in lines)])
    if block.kind is Kind.ITEMS:
        return "\n".join(f"- {line}" for line in lines)
    return {Kind.HEADING: "", Kind.FINE: "-- "}.get(block.kind, "\n".join(lines))


def _plain(text: str) -> str:
    return text.replace(_STRONG, "").replace(_STRONG_END, "")


def _html(text: str) -> Markup:
    """Escaped, addresses as links, marked words strong."""
    made, end = Markup(""), 0
    for found in _ADDRESS.finditer(text):
        made += escape(text[end:found.start()]) + _link(found[0])
        end = found.end()
    made += escape(text[end:])
    # A Markup would escape what it puts in place; everything else was escaped above.
    return Markup(str(made).replace(_STRONG, "<b>").replace(_STRONG_END, "</b>"))  # noqa: S704


def _link(address: str) -> Markup:
    target = address if address.startswith("http") else f"mailto:{address}"
    return Markup('<a href="{}">{}</a>').format(target, address)
