import unicodedata

import pytest

from backoffice.domain.excerpts import excerpt, language_of, marked


def shown(text: str, *words: str) -> str:
    return "".join(f"[{part.text}]" if part.is_marked else part.text for part in marked(text, words))


def test_words_are_marked_whatever_their_spelling() -> None:
    assert shown("Šķūnis un skunis", "ŠĶŪNIS") == "[Šķūnis] un [skunis]"
    assert shown("2018–1–LV01", "2018-1") == "[2018–1]–LV01"
    assert shown("Nothing here", "xyz") == "Nothing here"
    assert shown("", "x") == ""
    assert shown("abc", "b", "") == "a[b]c"


def test_a_letter_and_its_mark_are_never_torn_apart() -> None:
    split = unicodedata.normalize("NFD", "Rīga šodien")
    assert shown(split, "riga") == "[" + split[: split.index(" ")] + "]" + split[split.index(" ") :]


def test_excerpt_shows_the_place_of_the_word_and_cuts_between_words() -> None:
    text = "word " * 100 + "needle " + "hay " * 100
    assert excerpt("short  text\nhere") == "short text here"
    assert excerpt(text, ["needle"]).startswith("…word")
    assert "needle" in excerpt(text, ["NEEDLE"])
    assert excerpt(text).endswith("word…")
    assert len(excerpt("x" * 900)) <= 221


@pytest.mark.parametrize(("title", "known", "expected"), [
    ("Rokasgrāmata darbiniekiem", (), "lv"),
    ("Rokasgrāmata darbiniekiem", ("lv", "en"), "lv"),
    ("Rokasgrāmata", ("en",), "en"),
    ("The sheep of Ķemeri", (), "en"),
    ("Handbuch", ("de",), "de"),
    ("Посібник", ("uk", "en"), "uk"),
    ("Open Cases", (), "en"),
])
def test_title_gets_its_language(title: str, known: tuple[str, ...], expected: str) -> None:
    assert language_of(title, known) == expected
