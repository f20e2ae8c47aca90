"""The search as a visitor uses it: the address bar is the truth, words in both languages, a way on from nothing."""

import re

import pytest
from bs4 import BeautifulSoup

from backoffice.domain.results import ResultType
from tests import factories
from tests.factories.catalogue import published_project
from tests.support.client import Client

pytestmark = pytest.mark.both_engines

HANDBOOK, VIDEO = ResultType.HANDBOOK, ResultType.VIDEO
CODE = "2023-1-LV01-KA220-SCH-000046961"


@pytest.fixture
def agency_id(client: Client) -> int:
    """Three projects: with a book and a film, with a book, with nothing."""
    agency_id = factories.agency(code="LV01")
    published_project(
        agency_id, "Mežs kā klase", code="2023-1-LV01-KA220-SCH-900000101", region="Kurzeme", topics="Forests; Schools",
        results=[("Rokasgrāmata mežā", HANDBOOK, ("lv",)), ("A day outdoors", VIDEO, ("en", "lv"))],
    )
    published_project(
        agency_id, "Water", code="2021-1-LV01-KA220-ADU-900000102", action="KA220-ADU", region="Vidzeme",
        results=[("Handbook of water", HANDBOOK, ("en",))],
    )
    published_project(agency_id, "Šķūnis", code=CODE)
    return agency_id


def soup_of(client: Client, query: str, *, language: str = "en") -> BeautifulSoup:
    answer = client.get(f"/projects/?lang={language}{query}")
    assert answer.status_code == 200, query
    return BeautifulSoup(answer.get_data(as_text=True), "html.parser")


def titles(soup: BeautifulSoup) -> list[str]:
    return [heading.get_text().strip() for heading in soup.select(".hits h3")]


def heading(soup: BeautifulSoup) -> str:
    return soup.select_one("h2 [role=status]").get_text(strip=True)


def test_visitor_reads_counts_in_words_of_both_languages(client: Client, agency_id: int) -> None:
    assert heading(soup_of(client, "")) == "3 results in 2 projects"
    assert heading(soup_of(client, "&type=video")) == "1 result in 1 project"
    assert heading(soup_of(client, "&view=projects")) == "3 projects"
    assert heading(soup_of(client, "&type=video", language="lv")) == "1 rezultāts 1 projektā"
    assert heading(soup_of(client, "&view=projects", language="lv")) == "3 projekti"
    assert heading(soup_of(client, "&q=nekas", language="lv")) == "0 rezultātu"


def test_form_of_filters_says_what_the_address_says(client: Client, agency_id: int) -> None:
    soup = soup_of(client, "&q=rokasgramata&type=handbook&type=video&language=lv&region=Kurzeme&year=2023&order=title")
    ticked = {(box["name"], box["value"]) for box in soup.select(".filters input[checked]")}
    assert ticked == {("type", "handbook"), ("language", "lv"), ("type", "video")}
    assert soup.select_one("select[name=region] option[selected]")["value"] == "Kurzeme"
    assert soup.select_one("select[name=year] option[selected]")["value"] == "2023"
    carried = {(field["name"], field["value"]) for field in soup.select(".filters input[type=hidden]")}
    assert carried == {("q", "rokasgramata"), ("order", "title")}
    chips = {chip.get_text(strip=True): chip.a["href"] for chip in soup.select(".chip")}
    assert set(chips) == {"Handbook or guide", "Video", "Latvian", "2023", "Kurzeme"}
    assert "type=video" in chips["Handbook or guide"]
    assert "type=handbook" not in chips["Handbook or guide"]
    assert titles(soup) == ["Rokasgrāmata mežā"]


def test_empty_fields_of_the_form_narrow_nothing(client: Client, agency_id: int) -> None:
    soup = soup_of(client, "&q=&year=&region=&country=&topic=&action=")
    assert heading(soup) == "3 results in 2 projects"
    assert soup.select(".chip") == []


def test_nonsense_in_the_address_is_left_out(client: Client, agency_id: int) -> None:
    for query in (
        "&type=nonsense", "&year=x", "&year=99999999999", "&view=nonsense", "&order=1", "&key_action=KA9", "&q=%00",
        "&audience=zz", "&language=%25",
    ):
        assert heading(soup_of(client, query)) == "3 results in 2 projects", query
    for query in ("&region=%00x", "&topic=%F0%9F%90%9D", "&country=%27%3B--", "&q=%25_%5C", "&action=" + "X" * 20):
        assert client.get(f"/projects/?lang=en{query}").status_code == 200, query
    for cursor in ("nonsense", "-", "W10", "WyJhIiwiYiIsImMiXQ", "WzFlOTk5LCIyMDI2IiwxXQ", "WzEsIlx1MDAwMCIsMV0"):
        assert client.get(f"/projects/?at={cursor}").status_code in (200, 404), cursor


def test_visitor_without_a_match_reads_what_would_match(client: Client, agency_id: int) -> None:
    soup = soup_of(client, "&q=rokasgramata+seniors")
    text = soup.select_one("[data-empty=no-match]").get_text(" ", strip=True)
    assert "Without “seniors” there would be 1." in text
    assert any(link["href"] == "/projects/?q=rokasgramata" for link in soup.select("[data-empty=no-match] a"))
    soup = soup_of(client, "&type=video&region=Vidzeme&view=results")
    text = soup.select_one("[data-empty=no-match]").get_text(" ", strip=True)
    assert "Without “Video” there would be 1." in text
    assert "Without “Vidzeme” there would be 1." in text
    text = soup_of(client, "&type=video&region=Vidzeme", language="lv").get_text(" ", strip=True)
    assert "Bez „Video” būtu 1." in text


def test_visitor_who_types_a_number_comes_to_the_project(client: Client, agency_id: int) -> None:
    soup = soup_of(client, "&q=046961")
    assert titles(soup) == ["Šķūnis"]
    assert soup.select_one(".hits a")["href"] == f"/projects/{CODE}"
    assert soup.select_one(".tabs a[aria-current]").get_text(" ", strip=True).startswith("Projects")


def test_project_named_in_the_search_stands_before_results_that_only_mention_it(
    client: Client, agency_id: int
) -> None:
    published_project(agency_id, "Other", results=[("About a skunis", VIDEO, ("en",))])
    soup = soup_of(client, "&q=skunis")
    assert titles(soup) == ["About a skunis"]
    assert soup.select_one(f"section[aria-labelledby=h-p] a[href='/projects/{CODE}']") is not None


def test_matches_are_marked_and_foreign_titles_carry_their_language(client: Client, agency_id: int) -> None:
    soup = soup_of(client, "&q=ROKASGRAMATA")
    link = soup.select_one(".hits h3 a")
    assert link["lang"] == "lv"
    assert link.mark.get_text() == "Rokasgrāmata"
    assert soup_of(client, "&q=water").select_one(".hits h3 a")["lang"] == "en"


def test_pages_keep_the_search_and_lead_back(client: Client, agency_id: int) -> None:
    for number in range(22):
        published_project(agency_id, f"Bog {number}", results=[(f"Peat {number}", VIDEO, ("en",))])
    first = soup_of(client, "&q=peat&type=video")
    following = first.select_one(".pager a[rel=next]")["href"]
    assert re.search(r"q=peat.*type=video.*at=", following)
    second = BeautifulSoup(client.get(following).get_data(as_text=True), "html.parser")
    assert len(titles(first)) + len(titles(second)) == 22
    back = second.select_one(".pager a[rel=prev]")["href"]
    assert titles(BeautifulSoup(client.get(back).get_data(as_text=True), "html.parser")) == titles(first)


def test_start_page_shows_what_there_is_and_leads_into_the_search(client: Client, agency_id: int) -> None:
    soup = BeautifulSoup(client.get("/?lang=en").get_data(as_text=True), "html.parser")
    assert "3 results of 2 projects" in soup.select_one(".hero").get_text(" ", strip=True)
    kinds = {link.b.get_text(): link["href"] for link in soup.select(".kinds a")}
    assert kinds == {"Handbook or guide": "/projects/?type=handbook", "Video": "/projects/?type=video"}
    assert soup.select_one(".hero form")["action"] == "/projects/"
