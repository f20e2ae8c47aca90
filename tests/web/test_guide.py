"""The guide (S15): five chapters, anchors that forms and mails link to, both languages."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from backoffice.views import guide
from tests import factories
from tests.support.client import Client

ROOT = Path(__file__).parents[2]
HEADINGS = {
    "en": ["Access", "Project data", "Upload", "Description in English", "Submission of the results", "Help"],
    "lv": ["Piekļuve", "Projekta dati", "Augšupielāde", "Apraksts angļu valodā", "Rezultātu iesniegšana", "Palīdzība"],
}


def soup_of(client: Client, language: str) -> BeautifulSoup:
    factories.agency()
    return BeautifulSoup(client.get(f"/guide?lang={language}").get_data(as_text=True), "html.parser")


@pytest.mark.parametrize("language", HEADINGS)
def test_coordinator_finds_the_five_chapters_of_the_seed(client: Client, language: str) -> None:
    soup = soup_of(client, language)
    headings = [re.sub(r"^\d\.\s*", "", heading.get_text(strip=True)) for heading in soup.select("main h2")]
    assert headings == HEADINGS[language]
    assert len(soup.select("main svg[role=img] title")) == 5


def test_each_anchor_that_others_link_to_is_there(client: Client) -> None:
    soup = soup_of(client, "en")
    assert [anchor for anchor in guide.ANCHORS if not soup.find(id=anchor)] == []


def test_coordinator_reads_size_types_and_lengths_as_the_rules_have_them(client: Client) -> None:
    text = soup_of(client, "en").main.get_text()
    assert "at most 100\u00a0MB" in text
    assert "5,000 characters" in text
    for name in (".pdf", ".docx", ".odp", ".epub", ".mp4", ".wav", ".csv", ".zip"):
        assert name in text


def test_every_link_into_the_guide_has_its_anchor() -> None:
    """Templates and code of all parts: `/guide#…` leads to a chapter."""
    root = re.compile(r"/guide#([a-z-]+)")
    named: set[str] = set()
    for folder in ("templates", "backoffice"):
        for pattern in ("**/*.html", "**/*.txt", "**/*.py"):
            for path in (ROOT / folder).glob(pattern):
                named |= set(root.findall(path.read_text(encoding="utf-8")))
    assert named <= set(guide.ANCHORS)
