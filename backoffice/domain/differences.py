"""What changed between two submissions, so that a reviewer sees request, answer and difference together (DOMAIN §3)."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import groupby
from typing import Literal

from backoffice.domain.files import extension, same_name
from backoffice.domain.results import FileFact

Op = Literal["=", "-", "+"]
Part = tuple[Op, str]

# A word with the blanks before it, one mark of punctuation, or a line break.
_TOKEN = re.compile(r"([^\S\n]*)(\n|\w+(?:[-'’]\w+)*|[^\w\s])")
_SENTENCE = re.compile(r"()([^.!?\n]*[.!?\n]*)")
# Comparing costs about as many steps as there are pairs of equal words: texts made to be slow are compared by
# sentence, and if even that is too much, as a whole.
_MOST_PAIRS = 400_000
_ALIKE = 0.8  # of 1: how much of two names is the same
_SMALL = 3  # an unchanged rest of so few letters between two changes only makes them hard to read


def compare(before: str, after: str) -> list[Part]:
    """The text word by word: kept, taken out, put in. No word of either text is lost on the way."""
    if before == after:
        return [("=", after)] if after else []
    for pattern in (_TOKEN, _SENTENCE):
        old, new = _tokens(before, pattern), _tokens(after, pattern)
        if _pairs(old, new) <= _MOST_PAIRS:
            return _tidy(_parts(old, new))
    return [part for part in (("-", before), ("+", after)) if part[1]]


def _tokens(text: str, pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    """Blanks and token; blanks at the very end count as a token, so that nothing is lost."""
    found: list[tuple[str, str]] = [(match[1], match[2]) for match in pattern.finditer(text) if match[0]]
    rest = text[sum(len(blank) + len(token) for blank, token in found):]
    return [*found, (rest, "")] if rest else found


def _pairs(old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]]) -> int:
    counts = Counter(token for _blank, token in old)
    return sum(counts[token] for _blank, token in new)


def _parts(old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]]) -> list[Part]:
    matcher = SequenceMatcher(
        None, [token for _blank, token in old], [token for _blank, token in new], autojunk=False
    )
    parts: list[Part] = []
    for what, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if what == "equal":
            parts.append(("=", _text(new[new_from:new_to])))
            continue
        if old_to > old_from:
            parts.append(("-", _text(old[old_from:old_to])))
        if new_to > new_from:
            parts.append(("+", _text(new[new_from:new_to])))
    return parts


def _text(tokens: Sequence[tuple[str, str]]) -> str:
    return "".join(blank + token for blank, token in tokens)


def _tidy(parts: Sequence[Part]) -> list[Part]:
    """Changes that stand close together as one: first all that went, then all that came."""
    tidied: list[Part] = []
    gone, come = "", ""
    for place, (op, text) in enumerate(parts):
        is_last = place == len(parts) - 1
        is_small = op == "=" and len(text.strip()) <= _SMALL and "\n" not in text
        if op == "=" and not (is_small and (gone or come) and not is_last):
            tidied += _changed(gone, come)
            gone, come = "", ""
            tidied.append(("=", text))
            continue
        gone += text if op in "=-" else ""
        come += text if op in "=+" else ""
    tidied += _changed(gone, come)
    return [
        (op, "".join(text for _op, text in group)) for op, group in groupby(tidied, key=lambda part: part[0])
    ]


def _changed(gone: str, come: str) -> list[Part]:
    """Blanks that stand before what went and before what came belong to neither: a mark begins with a word."""
    sides = [text for text in (gone, come) if text]
    if sides and all(text.startswith(" ") and text.strip(" ") for text in sides):
        blank = sides[-1][: len(sides[-1]) - len(sides[-1].lstrip(" "))]
    else:
        blank = ""
    parts: list[Part] = [
        ("=", blank), ("-", gone.lstrip(" ") if blank else gone), ("+", come.lstrip(" ") if blank else come)
    ]
    return [part for part in parts if part[1]]


class FileChange(StrEnum):
    """What became of a file since the submission before."""

    NEW = "new"
    REPLACED = "replaced"
    RENAMED = "renamed"
    UNCHANGED = "unchanged"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePair:
    """A file as it is and as it was; one of the two may be missing."""

    now: FileFact | None
    before: FileFact | None
    change: FileChange


def compare_files(before: Sequence[FileFact], after: Sequence[FileFact]) -> list[FilePair]:
    """The files as they are, in their order, then those that are gone.

    Pairs are found by content, then by name, then by a name that is much alike ("report-v2.pdf" for "report.pdf");
    at last a single new file of a kind takes the place of the single gone one of that kind.
    """
    pairs: dict[int, tuple[FileFact, FileChange]] = {}
    gone = list(before)
    for is_same, change in (
        (lambda old, new: old.sha256 == new.sha256 and old.name == new.name, FileChange.UNCHANGED),
        (lambda old, new: old.sha256 == new.sha256, FileChange.RENAMED),
        (lambda old, new: same_name(old.name, new.name), FileChange.REPLACED),
        (lambda old, new: _alike(old.name, new.name), FileChange.REPLACED),
    ):
        for place, new in enumerate(after):
            old = next((old for old in gone if place not in pairs and is_same(old, new)), None)
            if old is not None:
                pairs[place] = old, change
                gone.remove(old)
    for place, new in enumerate(after):
        rivals = [
            other for at, other in enumerate(after) if at not in pairs and extension(other.name) == extension(new.name)
        ]
        olds = [old for old in gone if extension(old.name) == extension(new.name)]
        if place not in pairs and len(rivals) == len(olds) == 1:
            pairs[place] = olds[0], FileChange.REPLACED
            gone.remove(olds[0])
    found = [
        FilePair(now=new, before=pairs[place][0], change=pairs[place][1])
        if place in pairs
        else FilePair(now=new, before=None, change=FileChange.NEW)
        for place, new in enumerate(after)
    ]
    return found + [FilePair(now=None, before=old, change=FileChange.REMOVED) for old in gone]


def _alike(one: str, other: str) -> bool:
    """Names with the same ending that differ in little."""
    if extension(one) != extension(other):
        return False
    return SequenceMatcher(None, one.casefold(), other.casefold()).ratio() >= _ALIKE
