"""What a ticket's form adds by itself, and which places of a picture are blacked out (S16)."""

import json

import pytest

from backoffice.domain import ticket_context, ticket_files
from backoffice.domain.errors import Refused
from backoffice.domain.ticket_files import Box

CODE = "2023-1-LV01-KA220-SCH-000000001"


@pytest.mark.parametrize(("agent", "name"), [
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox 145, Windows"),
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
     "Chrome 142, Linux"),
    ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0",
     "Edge 142, Windows"),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 "
     "Mobile/15E148 Safari/604.1", "Safari 18, iOS 18"),
    ("Mozilla/5.0 (Linux; Android 15; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 "
     "Chrome/130.0 Mobile Safari/537.36", "Samsung Internet 28, Android 15"),
    ("curl/8.5.0", "curl/8.5.0"),
    ("", ""),
])
def test_browser_is_named_as_a_person_would(agent: str, name: str) -> None:
    assert ticket_context.browser(agent) == name


@pytest.mark.parametrize(("address", "page", "code"), [
    (f"/my/{CODE}/results/3?x=1#part", f"/my/{CODE}/results/3", CODE),
    (f"/projects/{CODE.lower()}", f"/projects/{CODE.lower()}", CODE),
    ("/guide", "/guide", ""),
    ("/help/new", "", ""),
    ("/invite/a-secret-token", "", ""),
    ("/contact/a-secret-token", "", ""),
    ("https://elsewhere.example/my/", "", ""),
    ("//elsewhere.example/", "", ""),
    ("/a\nb", "", ""),
])
def test_page_is_one_of_ours_and_carries_no_key(address: str, page: str, code: str) -> None:
    assert ticket_context.page(address) == page
    assert ticket_context.project_code(page) == code


def test_facts_are_one_short_line() -> None:
    assert ticket_context.fact("  broken\n off\u202e ") == "broken off"
    assert len(ticket_context.fact("x" * 1000)) == ticket_context.MAX_FACT
    assert ticket_context.window("1440 x 900") == "1440 × 900"
    assert ticket_context.window("1440 x <b>") == ""


def test_places_are_rounded_outwards_turned_right_and_cut_to_the_picture() -> None:
    said = json.dumps([[10.4, 10.6, 5, 5], [50, 50, -10, -10], [-5, 95, 20, 20], [200, 0, 5, 5], [0, 0, 0, 9]])
    assert ticket_files.boxes(said, width=100, height=100) == [
        Box(left=10, top=10, right=16, bottom=16), Box(left=40, top=40, right=50, bottom=50),
        Box(left=0, top=95, right=15, bottom=100),
    ]
    assert ticket_files.boxes_in_percent([[50, 0, 100, 10]], width=640, height=400) == [
        Box(left=320, top=0, right=640, bottom=40),
    ]


@pytest.mark.parametrize("said", [
    "", "[]", "x", "[1]", '[["a",1,2,3]]', "[[1,2,3]]", "[[NaN,0,1,1]]", "[[1e999,0,1,1]]", "{}", "null",
    json.dumps([[0, 0, 1, 1]] * 201),
])
def test_what_names_no_place_is_refused(said: str) -> None:
    with pytest.raises(Refused) as refused:
        ticket_files.boxes(said, width=100, height=100)
    assert refused.value.code == "no-place"
