"""What of a mail its writer wrote, and what is quoted or a signature: folded in the view, never deleted.

Free of languages: marks and the shape of lines count, no words. Each line stands in exactly one segment, in its order;
in doubt it is what the writer wrote. Linear in the length of the text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    SAID = "said"
    QUOTED = "quoted"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    kind: Kind
    text: str


MAX_INTRODUCTION = 300  # letters of a line of “On …, … wrote:” before a quote
MAX_SIGNATURE = 12  # lines; a longer one is shown
_MARKED = re.compile(r"\s{0,3}>")
_RULE = re.compile(r"\s*(?:_{10,}|-{3,}[^-\n]{3,60}-{3,})\s*")  # Outlook's line; “-----Original Message-----”
_FIELD = re.compile(r"\s*\*?\w[\w .()/-]{0,30}\*?\s?:\*?(?:\s|$)")
_SIGNATURE = "-- "  # RFC 3676; a line of two bare dashes is as often the edge of a warning box


def segments(text: str, *, known: str = "") -> list[Segment]:
    """The parts of a text. `known`: the text that was answered, if we have it: what is not in it is never folded
    with a quote that carries no marks."""
    lines = text.split("\n")
    kinds = [Kind.QUOTED if _MARKED.match(line) else Kind.SAID for line in lines]
    _introductions(lines, kinds)
    _unmarked_quote(lines, kinds, known=_squeezed(known))
    _signature(lines, kinds)
    return list(_joined(lines, kinds))


def split(text: str, *, known: str = "") -> tuple[str, str]:
    """What is read at once, and the quote or signature at the end. When nothing would be left, all is read."""
    found = segments(text, known=known)
    end = len(found)
    while end and (found[end - 1].kind is not Kind.SAID or not found[end - 1].text.strip()):
        end -= 1
    if not end:
        return text.strip("\n"), ""
    said = "\n".join(segment.text for segment in found[:end]).strip("\n")
    return said, "\n".join(segment.text for segment in found[end:]).strip("\n")


def _introductions(lines: list[str], kinds: list[Kind]) -> None:
    """“On …, … wrote:” above a marked quote belongs to it: it ends with a colon and names a day or an address. It may
    go over two lines; then the day stands in the first."""
    for start in range(1, len(lines)):
        if kinds[start] is not Kind.QUOTED or kinds[start - 1] is Kind.QUOTED:
            continue
        last = start - 1
        while last > 0 and not lines[last].strip() and start - last < 3:
            last -= 1
        if not lines[last].rstrip().endswith(":") or len(lines[last]) > MAX_INTRODUCTION:
            continue
        above = lines[last - 1] if last else ""
        if _names_a_day(lines[last]):
            first = last
        elif last and kinds[last - 1] is Kind.SAID and _names_a_day(above) and len(above) <= MAX_INTRODUCTION:
            first = last - 1
        elif "@" in lines[last]:
            first = last
        else:
            continue
        kinds[first:start] = [Kind.QUOTED] * (start - first)


def _names_a_day(line: str) -> bool:
    return re.search(r"\d", re.sub(r"\S{1,100}@\S{1,200}", "", line[:MAX_INTRODUCTION])) is not None


def _unmarked_quote(lines: list[str], kinds: list[Kind], *, known: str) -> None:
    """Outlook's way: fields of the answered mail, then its text without marks, to the end. A warning that a mail
    server put above has no such fields; and with nothing said above, the answer may stand below."""
    is_said = False
    for start, line in enumerate(lines):
        if is_said and _is_head(lines, start):
            kinds[start:] = [Kind.QUOTED] * (len(lines) - start)
            if known:
                _unfold_strangers(lines, kinds, start=_after_head(lines, start), known=known)
            return
        is_said = is_said or (any(letter.isalnum() for letter in line) and not _RULE.fullmatch(line))


def _is_head(lines: list[str], start: int) -> bool:
    """A rule or nothing before it, then three fields or more, one of them with an address or a year."""
    position = start
    if _RULE.fullmatch(lines[position]):
        position += 1
        while position < len(lines) and not lines[position].strip() and position - start < 3:
            position += 1
    elif lines[start - 1].strip() and not _RULE.fullmatch(lines[start - 1]):
        return False
    end = position
    while end < len(lines) and end - position < 8 and _FIELD.match(lines[end]):
        end += 1
    return end - position >= 3 and any(_dated(line) for line in lines[position:end])


def _after_head(lines: list[str], start: int) -> int:
    position = start
    while position < len(lines) and (
        _RULE.fullmatch(lines[position]) or _FIELD.match(lines[position]) or position - start < 2
    ):
        position += 1
    return position


def _unfold_strangers(lines: list[str], kinds: list[Kind], *, start: int, known: str) -> None:
    """Somebody answered within the unmarked quote: paragraphs that the answered mail does not hold are theirs."""
    paragraph: list[int] = []
    for number in [*range(start, len(lines)), None]:
        if number is not None and lines[number].strip():
            paragraph.append(number)
            continue
        for part in _strangers(lines, paragraph, known):
            kinds[part] = Kind.SAID
        paragraph = []


def _strangers(lines: list[str], paragraph: list[int], known: str) -> Iterable[int]:
    if _squeezed("".join(lines[number] for number in paragraph)) in known:
        return []
    return [number for number in paragraph if _squeezed(lines[number]) not in known]


def _signature(lines: list[str], kinds: list[Kind]) -> None:
    """“-- ” to the end or to the quote, when it is the only such line, short, and something stands above it."""
    marks = [number for number, line in enumerate(lines) if line == _SIGNATURE and kinds[number] is Kind.SAID]
    if len(marks) != 1:
        return
    start = end = marks[0]
    while end < len(lines) and kinds[end] is Kind.SAID:
        end += 1
    filled = [line for line in lines[start + 1 : end] if line.strip()]
    above = [line for line in lines[:start] if line.strip()]
    if len(filled) <= MAX_SIGNATURE and len(above) >= 1:
        kinds[start:end] = [Kind.SIGNATURE] * (end - start)


def _joined(lines: list[str], kinds: list[Kind]) -> Iterable[Segment]:
    start = 0
    for end in range(1, len(lines) + 1):
        if end == len(lines) or kinds[end] is not kinds[start]:
            yield Segment(kind=kinds[start], text="\n".join(lines[start:end]))
            start = end


def _dated(line: str) -> bool:
    return "@" in line or re.search(r"\d", line) is not None


def _squeezed(text: str) -> str:
    return re.sub(r"[\s>]+", "", text).casefold()
