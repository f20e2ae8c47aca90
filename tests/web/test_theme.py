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

pytestmark = pytest.mark.slow


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


def test_staff_list_of_flask_admin_has_search_links_and_pager(site: Flask) -> None:
    soup = BeautifulSoup(page(site, "/admin/rows/?view=all&q="), "html.parser")
    assert soup.find("h1").text == "Rows"
    assert [link["href"] for link in soup.select("td a.ttl")] == [
        "/admin/rows/details/?id=1",
        "/admin/rows/details/?id=2",
    ]
    assert "Jūrmala <b>Reads</b> Aloud" in soup.select_one("td a.ttl").text, "texts are escaped"
    assert [cell["data-l"] for cell in soup.select("td[data-l]")] == ["Year", "Year"]
    assert soup.select_one(".pager a[rel=next]")["href"] == "/admin/rows/?at=x"
    assert soup.select_one(".tools input[name=view]")["value"] == "all", "a search stays in the view"
    nothing = BeautifulSoup(page(site, "/admin/rows/?q=zzz"), "html.parser")
    assert "Nothing here fits" in nothing.find("main").text


def test_staff_opens_details_create_and_edit_of_flask_admin(site: Flask) -> None:
    details = BeautifulSoup(page(site, "/admin/rows/details/?id=2"), "html.parser")
    assert [dd.text for dd in details.select(".facts dd")][:2] == ["Māla skola", "2023"]
    assert page(site, "/admin/rows/new/")
    edit = BeautifulSoup(page(site, "/admin/rows/edit/?id=2"), "html.parser")
    assert edit.find(id="title")["value"] == "Māla skola"
    wrong = site.test_client().post("/admin/rows/edit/?id=2", data={"title": ""}).get_data(as_text=True)
    assert "<title>Error: Rows" in wrong
    assert 'href="#title"' in wrong


def test_staff_confirms_a_transition_on_its_own_page(site: Flask) -> None:
    soup = BeautifulSoup(page(site, "/admin/rows/1/approve/"), "html.parser")
    assert soup.find("h1").text == "Approve"
    assert soup.select_one("aside button[type=submit]").text == "Approve"
    assert soup.select_one("aside a.btn")["href"] == "/admin/rows/"


def test_no_stock_template_of_flask_admin_can_be_found(site: Flask) -> None:
    with site.app_context():
        for name in site.jinja_env.list_templates():
            source = site.jinja_env.get_template(name).filename or ""
            assert "flask_admin" not in source, name
    assert site.test_client().get("/admin/static/bootstrap/bootstrap4/css/bootstrap.min.css").status_code == 404
