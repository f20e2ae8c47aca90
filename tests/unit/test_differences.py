"""Differences between two submissions: texts word by word, files by content and name (DOMAIN §3)."""

import time

import pytest

from backoffice.domain.differences import FileChange, compare, compare_files
from backoffice.domain.results import FileFact

BEFORE = "Twelve lesson scripts for pupils of pamatskola.\n\nSkripti ir pieejami arī latviešu valodā."
AFTER = "Twelve lesson scripts for pupils of grades 5 to 9 (age 11 to 15).\n\nThe scripts are in four languages."


def file(name: str, sha256: str) -> FileFact:
    return FileFact(file_id=1, name=name, size=1, sha256=sha256)


def sides(parts: list[tuple[str, str]]) -> tuple[str, str]:
    """Both texts put together again."""
    return "".join(text for op, text in parts if op in "=-"), "".join(text for op, text in parts if op in "=+")


def test_reviewer_sees_the_words_that_changed_and_no_others() -> None:
    parts = compare(BEFORE, AFTER)
    assert parts[:3] == [
        ("=", "Twelve lesson scripts for pupils of "), ("-", "pamatskola"), ("+", "grades 5 to 9 (age 11 to 15)"),
    ]
    assert ("=", ".\n\n") in parts


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (BEFORE, AFTER),
        ("", AFTER),
        (BEFORE, ""),
        ("Viens divi  trīs ", "Viens divi trīs"),
        ("a\nb", "a\n\nb"),
        ("One, two, three.", "One two three!"),
        ("⟨x⟩ = <b>y</b> & z", "⟨x⟩ = <b>yy</b> & z"),
    ],
)
def test_no_word_is_lost_on_the_way(before: str, after: str) -> None:
    old, new = sides(compare(before, after))
    assert (old.split(), new.split()) == (before.split(), after.split())
    assert old.count("\n") == before.count("\n")
    assert new.count("\n") == after.count("\n")


def test_the_same_text_has_no_marks() -> None:
    assert compare(BEFORE, BEFORE) == [("=", BEFORE)]
    assert compare("", "") == []


@pytest.mark.parametrize("word", ["a ", "a. ", "a\n"])
def test_texts_made_to_be_slow_are_compared_all_the_same(word: str) -> None:
    began = time.monotonic()
    old, new = sides(compare(word * 2500, ("b " + word) * 1250))
    assert time.monotonic() - began < 2
    assert (old.split(), new.split()) == ((word * 2500).split(), (("b " + word) * 1250).split())


def test_reviewer_sees_what_became_of_each_file() -> None:
    before = [
        file("old plan.pdf", "0"), file("scripts.pdf", "1"), file("notes.pptx", "2"), file("draft.docx", "3"),
        file("photo.jpg", "4"), file("data.csv", "5"), file("a.zip", "7"),
    ]
    after = [
        file("scripts-v2.pdf", "11"), file("notes.pptx", "2"), file("class.jpg", "4"), file("DATA.csv", "55"),
        file("film.mp4", "6"), file("everything.zip", "77"),
    ]
    found = [
        (pair.now and pair.now.name, pair.before and pair.before.name, pair.change)
        for pair in compare_files(before, after)
    ]
    assert found == [
        ("scripts-v2.pdf", "scripts.pdf", FileChange.REPLACED),
        ("notes.pptx", "notes.pptx", FileChange.UNCHANGED),
        ("class.jpg", "photo.jpg", FileChange.RENAMED),
        ("DATA.csv", "data.csv", FileChange.REPLACED),
        ("film.mp4", None, FileChange.NEW),
        ("everything.zip", "a.zip", FileChange.REPLACED),
        (None, "old plan.pdf", FileChange.REMOVED),
        (None, "draft.docx", FileChange.REMOVED),
    ]


def test_the_same_file_twice_is_paired_once() -> None:
    pairs = compare_files([file("a.pdf", "1")], [file("a.pdf", "1"), file("b.pdf", "1")])
    assert [pair.change for pair in pairs] == [FileChange.UNCHANGED, FileChange.NEW]
