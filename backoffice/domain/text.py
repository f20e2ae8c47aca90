"""Texts as a person counts and a database keeps them; search and order (DOMAIN §8)."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

import regex

from backoffice.domain.errors import N_, Refused

# Lengths in characters as a person counts them: a line break is 1, a combining letter is 1.
LIMITS: Mapping[str, int] = MappingProxyType({
    "result_title": 250,
    "description": 5_000,
    "final_summary": 5_000,
    "reason": 2_000,
    "comment": 2_000,
    "answer": 2_000,
    "note": 2_000,
    "link": 2_000,
    "website": 2_000,
    "contact_name": 200,
    "contact_role": 200,
    "subject": 250,
    "ticket_text": 20_000,
    "project_title": 1_000,
})

# Marks that turn the direction of a text, and controls: never wanted, and they can disguise a name.
_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
_BREAKS = re.compile("\r\n|\r|\u2028|\u2029|\x0b|\x0c|\x85")
_UNWANTED = regex.compile(rf"[[\p{{Cc}}\p{{Cs}}\p{{Co}}\p{{Cn}}{_BIDI}]--[\n\t]]", regex.V1)
_LETTERS = regex.compile(r"\X")
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212\ufe58\ufe63\uff0d"


def letters(text: str) -> list[str]:
    """The characters as a person counts them."""
    return _LETTERS.findall(_BREAKS.sub("\n", text))


def length(text: str) -> int:
    """How many characters a person counts."""
    return len(letters(text))


def clean(text: str) -> str:
    """Composed (NFC), line breaks as `\\n`, without control and bidi characters, outer blanks gone."""
    text = unicodedata.normalize("NFC", _BREAKS.sub("\n", text))
    if not all(line.isprintable() for line in text.split("\n")):  # the quick answer for nearly every text
        text = _UNWANTED.sub("", text)
    return text.strip()


def clean_line(text: str) -> str:
    """As `clean`, on one line with single blanks."""
    return " ".join(clean(text).split())


def fit(text: str, *, limit: str, field: str) -> str:
    """Give the text back when it fits; else refuse with the number of characters too many."""
    most = LIMITS[limit]
    over = length(text) - most
    if over > 0:
        raise Refused(
            N_("This may have at most %(most)s characters; it has %(over)s too many."),
            field=field, code="too-long", values={"most": most, "over": over},
        )
    return text


def fold_email(text: str) -> str:
    """Addresses are compared in lower case, composed, without blanks around them or controls in them."""
    return clean(text).casefold()


def web_address(text: str, *, field: str) -> str:
    """An http(s) address with a host, or Refused; the rest of the address stays as typed."""
    text = clean_line(text)
    if not text:
        return ""
    refusal = Refused(N_("Begin with https://"), field=field, code="address")
    if " " in text or not text.lower().startswith(("https://", "http://")):
        raise refusal
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError as error:
        raise refusal from error
    if "." not in host.strip(".") or parts.username or parts.password:
        raise Refused(
            N_("This is not a web address that others can open."), field=field, code="address"
        )
    return text


def search_key(text: str) -> str:
    """Text without case, diacritics and composition; dashes made plain. The same on both engines."""
    if text.isascii():
        return " ".join(text.lower().split())  # nothing to take apart; imports fold long texts by the thousand
    letters = set(text)
    for dash in letters.intersection(_DASHES):
        text = text.replace(dash, "-")
    split = unicodedata.normalize("NFKD", text.casefold())
    for letter in set(split):
        if unicodedata.combining(letter):
            split = split.replace(letter, "")
    return " ".join(split.split())


# Latvian order: each of these letters comes directly after its plain one (Č after C, Ģ after G …).
_AFTER = {"ā": "a", "č": "c", "ē": "e", "ģ": "g", "ī": "i", "ķ": "k", "ļ": "l", "ņ": "n", "ō": "o", "ŗ": "r",
          "š": "s", "ū": "u", "ž": "z"}
# In Latvian a long vowel sorts as the short one; these consonants are letters of their own.
_OWN_LETTERS = frozenset("čģķļņšž")
_PLACE = {letter: index for index, letter in enumerate("0123456789aābcčdeēfgģhiījkķlļmnņoōpqrŗsštuūvwxyzž")}


def sort_key(text: str) -> str:
    """A string whose plain binary order is the Latvian order; short vowels before long only to break a tie."""
    primary: list[str] = []
    secondary: list[str] = []
    for letter in unicodedata.normalize("NFC", clean_line(text).casefold()):
        plain, mark = letter, "0"
        if letter in _AFTER:
            plain = letter if letter in _OWN_LETTERS else _AFTER[letter]
            mark = "1"
        elif letter not in _PLACE:
            base = unicodedata.normalize("NFD", letter)[0]
            plain, mark = (base, "2") if base in _PLACE else (letter, "3")
        place = _PLACE.get(plain)
        if place is None:
            if plain.isalnum():
                primary.append(f"~{ord(plain):06x}")  # other scripts after the Latin letters
            elif primary and primary[-1] != " ":
                primary.append(" ")  # blanks and punctuation separate words and count for nothing else
            continue
        primary.append(f"{place:02d}")
        secondary.append(mark)
    return ("".join(primary).strip() + " " + "".join(secondary).rstrip("0"))[:600]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A search as typed, cut into folded words."""

    words: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        return not self.words


def parse_search(text: str) -> Search:
    """At most eight folded words; dashes pasted from a word processor are plain ones."""
    return Search(words=tuple(dict.fromkeys(search_key(clean_line(text))[:300].split()))[:8])
