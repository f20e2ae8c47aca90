"""The theme on its own: every macro in a tiny application, as strict HTML, under the strict policy."""

from __future__ import annotations

import re
import subprocess
import sys

import html5lib
import pytest
from bs4 import BeautifulSoup
from flask import Flask

from backoffice.theme import theme
from tests.support.theme_site import FRAMES, ROOT, make_site


@pytest.fixture(scope="module")
def site() -> Flask:
    return make_site()


def page(site: Flask, path: str) -> str:
    answer = site.test_client().get(path)
    assert answer.status_code == 200
    text = answer.get_data(as_text=True)
    html5lib.HTMLParser(strict=True).parse(text)
    soup = BeautifulSoup(text, "html.parser")
    assert not soup.find_all(style=True), "a style attribute breaks the policy"
    assert not soup.find_all("style")
    assert all(script.get("src") and not script.string for script in soup.find_all("script"))
    assert not [tag for tag in soup.find_all(True) if any(name.startswith("on") for name in tag.attrs)]
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids)), sorted(i for i in ids if ids.count(i) > 1)
    for attribute in ("aria-describedby", "aria-labelledby", "for", "popovertarget"):
        for tag in soup.find_all(attrs={attribute: True}):
            assert set(tag[attribute].split()) <= set(ids), f"{attribute} leads nowhere: {tag}"
    return text


@pytest.mark.parametrize("query", ["", "?stranger=1", "?bare=1", "?lang=lv", "?scheme=dark"])
@pytest.mark.parametrize("frame", FRAMES)
def test_reader_opens_every_part_as_strict_html(site: Flask, frame: str, query: str) -> None:
    text = page(site, f"/{frame}{query}")
    assert "<title>Error: Gallery · " in text or "lang=lv" in query
    assert len(re.findall("<h1", text)) == 1
    assert len(re.findall("<main", text)) == 1


def test_reader_opens_a_plain_form(site: Flask) -> None:
    text = page(site, "/bare/plain")
    assert 'name="email"' in text
    assert "Sign in" in text


def test_field_gets_hint_error_and_control_in_this_order(site: Flask) -> None:
    soup = BeautifulSoup(page(site, "/staff"), "html.parser")
    title = soup.find(id="title")
    assert title["aria-describedby"].split() == ["title-hint", "title-error", "title-count"]
    assert title["aria-invalid"] == "true"
    assert not title.has_attr("maxlength"), "a browser would cut what was pasted without a word"
    order = [tag.get("for") or tag.get("id") for tag in title.parent.find_all(True, recursive=False)]
    assert order[:4] == ["title", "title-hint", "title-error", "title"]
    assert soup.select_one("#title-error [data-error=missing]")
    assert soup.select_one("#files-error [data-error=file-too-big]")
    assert soup.select_one("#description-error [data-error]").parent.parent["class"] == ["field", "look"]


def test_error_summary_links_to_each_wrong_field(site: Flask) -> None:
    soup = BeautifulSoup(page(site, "/public"), "html.parser")
    summary = soup.select_one(".errsum[tabindex='-1'][data-focus]")
    targets = [link["href"][1:] for link in summary.find_all("a")]
    assert targets[:2] == ["title", "files"]
    assert "basis-0" in targets
    for target in targets:
        assert soup.find(id=target) is not None


def test_language_switch_is_the_same_address(site: Flask) -> None:
    soup = BeautifulSoup(page(site, "/public?status=open&status=returned&lang=en"), "html.parser")
    assert soup.select_one(".lang a[lang=lv]")["href"] == "/public?status=open&status=returned&lang=lv"


def test_person_with_two_roles_reads_and_changes_the_area(site: Flask) -> None:
    for frame in FRAMES:
        soup = BeautifulSoup(page(site, f"/{frame}"), "html.parser")
        assert soup.select_one("a[href='/admin/'][aria-current=true]")
        assert soup.select_one(".pop a[href='/my/']")


def test_static_files_with_their_hash_are_kept_for_a_year(site: Flask) -> None:
    client = site.test_client()
    addresses = re.findall(r'(?:href|src)="(/static/theme/[^"#]+)', page(site, "/staff"))
    assert any("look.css?v=" in address for address in addresses)
    for address in set(addresses):
        answer = client.get(address.replace("&amp;", "&"), buffered=True)
        assert answer.status_code == 200, address
        assert answer.cache_control.max_age == theme.YEAR
    assert client.get("/static/theme/look.css", buffered=True).cache_control.max_age is None


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    sprite = (ROOT / "backoffice/theme/static/icons.svg").read_text(encoding="utf-8")
    known = set(re.findall(r'id="i-(\w+)"', sprite))
    named: set[str] = set()
    for folder in (ROOT / "backoffice/theme/templates", ROOT / "templates"):
        for path in folder.rglob("*.html"):
            text = path.read_text(encoding="utf-8")
            named |= set(re.findall(r'\bicon\("(\w+)"', text)) | set(re.findall(r'icon_name="(\w+)"', text))
    assert named
    assert named <= known


def test_vendored_files_are_the_locked_ones() -> None:
    check = [sys.executable, str(ROOT / "tools/vendor.py"), "--check"]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    css = (ROOT / "backoffice/theme/static/vendor/bootstrap.css").read_text(encoding="utf-8")
    assert css.startswith("@layer bootstrap{")
    assert "url(" not in css
