"""What is folded in a mail and what is not: never a line of who wrote (cases of incoming mail)."""

import time

import pytest

from backoffice.domain import quotes
from backoffice.domain.quotes import Kind

pytestmark = pytest.mark.one_engine


def said(text: str, *, known: str = "") -> str:
    return "\n".join(one.text for one in quotes.segments(text, known=known) if one.kind is Kind.SAID)


@pytest.mark.parametrize("introduction", [
    "On Mon, 3 Nov 2026 at 10:00, Agency <help@agency.example> wrote:",
    "Pirmd., 2026. g. 3. nov., plkst. 10.00 — lietotājs\nAgency <help@agency.example> rakstīja:",
    "Στις 3 Νοε 2026, ο χρήστης έγραψε:",
])
def test_a_quote_below_is_folded_with_its_introduction(introduction):
    text = f"Thank you, it works.\nAnna\n\n{introduction}\n\n> Please try again\n> now"
    assert quotes.split(text) == ("Thank you, it works.\nAnna", f"{introduction}\n\n> Please try again\n> now")


def test_answers_between_quoted_lines_stay_visible():
    text = "On 3 Nov 2026 you wrote:\n> Which browser?\nFirefox 140\n> Which file?\nhandbook.pdf, 90 MB\n> Thanks"
    assert said(text) == "Firefox 140\nhandbook.pdf, 90 MB"
    shown, folded = quotes.split(text)
    assert "Firefox 140" in shown
    assert "handbook.pdf" in shown
    assert folded == "> Thanks"


def test_outlooks_quote_without_marks_is_folded():
    head = "No: Agency <help@agency.example>\nNosūtīts: 3 Nov 2026\nKam: Anna\nTēma: x"
    text = f"Thank you.\n\n________________________________\n{head}\n\nTry again"
    assert quotes.split(text)[0] == "Thank you."


def test_an_answer_within_outlooks_quote_stays_visible_when_we_know_what_was_quoted():
    head = "From: Agency <help@agency.example>\nSent: 3 Nov 2026\nTo: Anna\nSubject: x"
    text = f"See below\n\n{head}\n\nWhich browser?\n\nFirefox 140\n\nThanks"
    shown, _ = quotes.split(text, known="Which browser?\n\nThanks")
    assert "Firefox 140" in shown
    assert said(text, known="Which browser?\nThanks").split() == ["See", "below", "Firefox", "140"]


@pytest.mark.parametrize("box", [
    "________________________________\nCAUTION: this mail comes from outside.\n________________________________",
    "CAUTION: this mail comes from outside the organisation.\n--\n",
    "-----\n[EXTERNAL] Do not open links\n-----",
    "From outside: be careful\n",
])
def test_a_warning_above_hides_nothing_below(box):
    text = f"{box}\nMy upload stops.\nWhat now?"
    assert quotes.split(text) == (text.strip("\n"), "")
    assert "My upload stops.\nWhat now?" in said(text)


def test_a_signature_is_folded_and_a_long_one_is_not():
    assert quotes.split("It works.\n\n-- \nAnna Ozola\nSchool") == ("It works.", "-- \nAnna Ozola\nSchool")
    long = "It works.\n\n-- \n" + "line\n" * 20
    assert quotes.split(long)[1] == ""


def test_a_mail_of_quotes_alone_is_shown():
    text = "> only this\n> was sent"
    assert quotes.split(text) == (text, "")


@pytest.mark.parametrize("text", [
    "\n" * 100_000, "On On On " * 20_000, "> \n" * 60_000, "-- \n" * 60_000, "a:\n" * 60_000, "From: 1\n" * 25_000,
    ("From: 1\n" * 3 + "\n") * 8_000, "_" * 200_000, "___________\n" * 16_000,
])
def test_no_text_takes_long_and_no_line_is_lost(text):
    begun = time.monotonic()
    found = quotes.segments(text, known="x" * 20_000)
    assert "\n".join(one.text for one in found) == text
    assert time.monotonic() - begun < 3
