"""Plain text as people write it, cut into headings, paragraphs and lists; what shows it escapes every piece."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST = "list"
    NUMBERED = "numbered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of text; with an address it is a link."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """`lines` are the lines of a paragraph, the items of a list, or the one line of a heading."""

    kind: Kind
    lines: tuple[tuple[Piece, ...], ...]
    level: int = 2
    id: str = ""


_HEADING = re.compile(r"(#{1,2})\s+(.+)")
_ITEM = re.compile(r"[-•*]\s+(.+)")
_NUMBERED = re.compile(r"\d{1,2}[.)]\s+(.+)")
_ADDRESS = re.compile(r"https?://[^\s<>\"“”„]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_AFTER = ".,;:!?)]}'’”"


def blocks(text: str) -> list[Block]:
    """`# Heading`, `## smaller heading`, `- item`, `1. item`; an empty line ends a paragraph."""
    found: list[tuple[Kind, list[str], int]] = []
    is_open = False
    for line in (raw.strip() for raw in text.splitlines()):
        kind, content, level = _read(line)
        if not line:
            is_open = False
        elif is_open and kind is found[-1][0] and kind is not Kind.HEADING:
            found[-1][1].append(content)
        else:
            found.append((kind, [content], level))
            is_open = kind is not Kind.HEADING
    return [
        Block(
            kind=kind, lines=tuple(pieces(line) for line in lines), level=level,
            id=f"part-{number}" if kind is Kind.HEADING else "",
        )
        for number, (kind, lines, level) in enumerate(found, start=1)
    ]


def paragraphs(text: str) -> list[tuple[tuple[Piece, ...], ...]]:
    """Only paragraphs and their lines: for texts in which no sign has a meaning of its own."""
    parts = [[line.strip() for line in part.splitlines() if line.strip()] for part in re.split(r"\n\s*\n", text)]
    return [tuple(pieces(line) for line in part) for part in parts if part]


def pieces(line: str) -> tuple[Piece, ...]:
    """A line with its web and mail addresses as links."""
    found: list[Piece] = []
    place = 0
    for match in _ADDRESS.finditer(line):
        address = match[0].rstrip(_AFTER)
        if match.start() > place:
            found.append(Piece(text=line[place:match.start()]))
        url = address if address.startswith("http") else f"mailto:{address}"
        found.append(Piece(text=address, url=url))
        place = match.start() + len(address)
    if place < len(line):
        found.append(Piece(text=line[place:]))
    return tuple(found)


def _read(line: str) -> tuple[Kind, str, int]:
    if match := _HEADING.fullmatch(line):
        return Kind.HEADING, match[2], len(match[1]) + 1
    if match := _ITEM.fullmatch(line):
        return Kind.LIST, match[1], 0
    if match := _NUMBERED.fullmatch(line):
        return Kind.NUMBERED, match[1], 0
    return Kind.PARAGRAPH, line, 0
