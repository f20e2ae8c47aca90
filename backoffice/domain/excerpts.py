"""Texts of others in a list of hits: the part that fits the search, its words marked, and its language."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from backoffice.domain.text import search_key

MOST = 220  # characters of a text in a list
_LATVIAN = frozenset("āčēģīķļņšūž")
# Words that no Latvian sentence has: a title with a Latvian name in it is still English.
_ENGLISH = frozenset(("the", "of", "and", "for", "in", "with", "on", "from", "at", "a", "an", "how", "our", "as"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    text: str
    is_marked: bool = False


def marked(text: str, words: Sequence[str]) -> list[Part]:
    """The text cut into parts; those that the folded words name are marked, whatever their spelling."""
    folded, places = _folded(text)
    hits = [False] * len(text)
    for word in (search_key(word) for word in words):
        start = folded.find(word) if word else -1
        while start >= 0:
            for place in places[start : start + len(word)]:
                hits[place] = True
            start = folded.find(word, start + len(word))
    parts: list[Part] = []
    begin = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or (hits[end] != hits[begin] and not unicodedata.combining(text[end])):
            parts.append(Part(text=text[begin:end], is_marked=hits[begin]))
            begin = end
    return parts


def excerpt(text: str, words: Sequence[str] = (), *, most: int = MOST) -> str:
    """The beginning, or where the first of the words stands when the beginning has none; cut between words."""
    text = " ".join(text.split())
    if len(text) <= most:
        return text
    folded, places = _folded(text)
    found = [places[at] for word in words if (at := folded.find(search_key(word))) >= 0]
    start = 0
    if found and min(found) > most - 20:
        start = text.rfind(" ", 0, max(0, min(found) - 60)) + 1
    cut = text[start : start + most]
    if start + most < len(text):
        cut = cut[: cut.rfind(" ")] if " " in cut else cut
        cut = cut.rstrip(" ,;:–-") + "…"
    return ("…" if start else "") + cut


def language_of(text: str, known: Sequence[str] = ()) -> str:
    """The best guess for the `lang` of a title: the one language that its owner named, else by letters and words."""
    if len(known) == 1:
        return known[0]
    lower = text.casefold()
    latvian = sum(letter in _LATVIAN for letter in lower)
    is_latvian = latvian > len(text) / 33 if len(text) > 80 else latvian and not _ENGLISH & set(lower.split())
    if is_latvian and (not known or "lv" in known):
        return "lv"
    if any("\u0400" <= letter <= "\u04ff" for letter in text):
        return next((code for code in ("uk", "ru", "bg", "mk", "sr") if code in known), "ru")
    return "en"


def _folded(text: str) -> tuple[str, list[int]]:
    """The text as a search sees it, and for each of its letters the place in the text."""
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        for split in unicodedata.normalize("NFKD", letter.casefold()):
            if not unicodedata.combining(split):
                letters.append("-" if unicodedata.category(split) == "Pd" else split)
                places.append(place)
    return "".join(letters), places
