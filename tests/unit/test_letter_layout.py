"""The text of a mail as a page lays it out: every word stays, no mark of the plain text does."""

from bs4 import BeautifulSoup

from backoffice.theme.letter import letter

TEXT = """Labdien, Ilze!

Why
> Page 3 lacks the emblem.

- Result 1: <b>Handbook</b>
- The final summary

Open the project:
http://localhost/my/1/

--
The agency"""


def test_a_letter_keeps_its_words_and_shows_lists_quotes_and_foot() -> None:
    page = BeautifulSoup(letter(TEXT), "html.parser")
    assert [item.get_text() for item in page.select("ul > li")] == ["Result 1: <b>Handbook</b>", "The final summary"]
    assert page.select_one("blockquote").get_text() == "Page 3 lacks the emblem."
    assert page.select_one("div.small").get_text() == "The agency"
    assert page.select_one(".code").get_text() == "http://localhost/my/1/"
    assert not page.select("a, b")


def test_a_quote_that_is_not_typed_yet_is_seen_to_be_missing() -> None:
    assert BeautifulSoup(letter("Why\n>"), "html.parser").select_one("blockquote").get_text() == "…"
