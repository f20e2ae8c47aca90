"""The checks of `make check` find what they are there to find."""

import pytest
from babel.messages.catalog import Catalog
from babel.support import Translations

from tests.support import validity
from tools import locks, translations


def catalogue(*entries: tuple[object, object], fuzzy: bool = False) -> Catalog:
    made = Catalog(locale="lv")
    for english, latvian in entries:
        made.add(english, latvian, flags=["fuzzy"] if fuzzy else [])
    return made


COUNTED = ("%(count)s file", "%(count)s files")


@pytest.mark.parametrize(
    ("entries", "fault"),
    [
        ([], "missing"),
        ([("Save", "")], "missing"),
        ([("Save", "Saglabāt"), ("Gone", "Nav")], "left over"),
    ],
)
def test_translator_is_told_what_is_missing_and_what_is_left_over(entries: list[tuple[str, str]], fault: str) -> None:
    wrong = translations.faults(catalogue(("Save", "")), catalogue(*entries))
    assert [line.partition(":")[0] for line in wrong] == [fault]


def test_translator_is_told_of_doubtful_sentences_and_lost_values() -> None:
    wanted = catalogue(("Until %(day)s", ""), (COUNTED, ("", "")))
    forms = ("%(count)s fails", "%(count)s faili", "%(count)s failu")
    good = catalogue(("Until %(day)s", "Līdz %(day)s"), (COUNTED, forms))
    assert translations.faults(wanted, good) == []
    lost = catalogue(("Until %(day)s", "Līdz %(date)s"), (COUNTED, ("%(count)s fails", "fails", "%(count)s failu")))
    assert len(translations.faults(wanted, lost)) == 2
    assert (
        len(translations.faults(wanted, catalogue(("Until %(day)s", "Līdz %(day)s"), (COUNTED, forms), fuzzy=True)))
        == 2
    )


def test_latvian_counts_take_the_right_form_and_always_say_the_number() -> None:
    words = Translations.load("backoffice/translations", ["lv"])
    said = {
        n: words.ungettext("%(num)s result", "%(num)s results", n) % {"num": n}
        for n in (0, 1, 2, 10, 11, 20, 21, 101, 111, 121)
    }
    one = {n for n, text in said.items() if text == f"{n} rezultāts"}
    many = {n for n, text in said.items() if text == f"{n} rezultāti"}
    assert (one, many, said[0]) == ({1, 21, 101, 121}, {2, 10, 11, 20, 111}, "0 rezultātu")


@pytest.mark.slow
def test_template_has_our_sentences_and_those_of_the_packages() -> None:
    ids = {message.id for message in translations.template()}
    assert {"Under review", "This field is required.", "Record was successfully saved."} <= ids


def test_lock_entries_are_read_with_their_hashes_and_markers() -> None:
    text = (
        "flask==3.1.3 \\\n    --hash=sha256:aa\n"
        'colorama==0.4 ; sys_platform == "win32" \\\n    --hash=sha256:bb\n'
        "bare==1.0\n"
    )
    entries = locks.read(text)
    assert entries["flask"] == locks.Locked("3.1.3", True, True)
    assert not entries["colorama"].is_for_here
    assert not entries["bare"].has_hash


GOOD = """<!doctype html><html lang="en"><head><title>T</title></head><body><main><h1>T</h1>{}</main></body></html>"""


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        ("<p id=a></p><p id=a></p>", "2 times"),
        ("<p style='color:red'>x</p>", "inline style"),
        ("<button onclick='x()'>x</button>", "inline onclick"),
        ("<script>x()</script>", "inline <script>"),
        ("<a href='javascript:x()'>x</a>", "leads to javascript"),
        ("<h1>Two</h1>", "one h1"),
        ("<p><div></div></p>", "Unexpected end tag"),
        ("<input name=x>", "no label"),
        ("<form method=post></form>", "a token belongs"),
        ("<form><input type=hidden name=csrf_token></form>", "a token belongs"),
        ("<label for=nowhere>x</label>", "refers to nothing"),
        ("<img src=x>", "without alt"),
        ("<button></button>", "without words"),
    ],
)
def test_page_with_a_fault_is_found_out(part: str, fault: str) -> None:
    assert validity.faults(GOOD.format("")) == []
    assert fault in "; ".join(validity.faults(GOOD.format(part)))
