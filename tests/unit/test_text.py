"""Texts as a person counts, searches and orders them (DOMAIN §8)."""

import unicodedata
from itertools import pairwise

import pytest

from backoffice.domain import text
from backoffice.domain.errors import Refused


@pytest.mark.parametrize(
    ("typed", "count"),
    [("abc", 3), ("a\r\nb", 3), ("a\rb", 3), ("g\u0327", 1), ("ģ", 1), ("š" * 5, 5), ("👩‍👩‍👧", 1), ("", 0)],
)
def test_length_counts_as_a_person_does(typed: str, count: int) -> None:
    assert text.length(typed) == count


def test_a_text_of_exactly_the_limit_fits_and_one_more_is_told_by_number() -> None:
    full = "ē\n" * 2_500
    assert text.fit(full, limit="description", field="description") == full
    with pytest.raises(Refused) as caught:
        text.fit(full + "a" * 7, limit="description", field="description")
    assert caught.value.values == {"most": 5_000, "over": 7}
    assert (caught.value.field, caught.value.code) == ("description", "too-long")


@pytest.mark.parametrize("typed", ["a\u202eb", "a\u2066b", "a\x00b", "a\x1bb", "\ufeffab", "a\ud800b"])
def test_controls_and_bidi_marks_vanish(typed: str) -> None:
    assert text.clean(typed) == "ab"


def test_clean_keeps_line_breaks_and_composes() -> None:
    assert text.clean(" a\r\n\r\ng\u0327 ") == "a\n\nģ"
    assert text.clean_line("a\r\n b\t c") == "a b c"


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "ftp://a.example", "//a.example", "https://", "https://localhost",
                "https://u:p@a.example", "https://a b.example", "https://a.example:port/", "data:text/html,x"]
)
def test_an_address_that_others_cannot_open_is_refused(address: str) -> None:
    with pytest.raises(Refused):
        text.web_address(address, field="website")


@pytest.mark.parametrize("address", ["https://projekts.example", "http://a.example:8080/x?y=1#z", ""])
def test_a_web_address_stays_as_typed(address: str) -> None:
    assert text.web_address(f"  {address} ", field="website") == address


@pytest.mark.parametrize(
    "typed", ["Čiekuru skola", "ciekuru SKOLA", unicodedata.normalize("NFD", "ČIEKURU skola"), " čiekuru  skola "]
)
def test_search_ignores_case_diacritics_and_composition(typed: str) -> None:
    assert text.search_key(typed) == "ciekuru skola"


def test_a_code_with_pasted_dashes_is_the_same_code() -> None:
    assert text.search_key("2023–1–LV01−KA220‑SCH‐000000001") == "2023-1-lv01-ka220-sch-000000001"


def test_order_is_latvian() -> None:
    words = ["Cēsis", "Cimds", "Čiekurs", "Dārzs", "Gads", "Gulbis", "Ģimene", "Kaķis", "Ķekava", "Lapa", "Ļauna",
             "Nauda", "Ņirgas", "Sala", "Suns", "Šalle", "Zivs", "Žagars"]
    keys = [text.sort_key(word) for word in words]
    assert all(first < second for first, second in pairwise(keys)), keys


def test_order_puts_a_long_vowel_beside_the_short_one_and_numbers_by_digit() -> None:
    assert sorted(["Kāzas", "Kazas", "Kazbeks"], key=text.sort_key) == ["Kazas", "Kāzas", "Kazbeks"]
    assert text.sort_key("Ābols") < text.sort_key("Acs")
    assert text.sort_key("„Ābols”") == text.sort_key("ābols")
    assert text.sort_key("a b") < text.sort_key("ab")
