"""The theme on its own: every macro in a tiny application, strict HTML, strict policy, axe in a browser."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import html5lib
import pytest
from bs4 import BeautifulSoup
from flask import Flask, flash, render_template, request
from flask_babel import Babel
from flask_wtf import FlaskForm
from jinja2 import StrictUndefined
from werkzeug.datastructures import MultiDict
from werkzeug.serving import make_server
from wtforms import fields as f
from wtforms import validators as v
from wtforms import widgets as w

from backoffice.theme import theme

ROOT = Path(__file__).parents[2]
FRAMES = ("public", "coordinator", "staff")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


class TooBig(str):
    code = "file-too-big"


def too_big(form: FlaskForm, field: f.Field) -> None:
    raise v.ValidationError(TooBig("The file is too big"))


class Gallery(FlaskForm):
    version = f.HiddenField(default="7")
    title = f.StringField("Title", [v.DataRequired(), v.Length(max=250)])
    description = f.TextAreaField("Description in English")
    kind = f.SelectField("Type", choices=[("book", "Handbook"), ("film", "Video")])
    password = f.PasswordField("Password")
    day = f.DateField("Due date", [v.Optional()])
    files = f.MultipleFileField("Files", [too_big])
    accept = f.BooleanField("I accept the terms", [v.DataRequired()])
    public = f.BooleanField("Public")
    basis = f.RadioField(
        "Basis", choices=[("ticket", "Ticket"), ("consent", "Consent")], validators=[v.InputRequired()]
    )
    languages = f.SelectMultipleField(
        "Languages",
        choices=[("lv", "Latvian"), ("en", "English")],
        widget=w.ListWidget(prefix_label=False),
        option_widget=w.CheckboxInput(),
    )


class SignIn(FlaskForm):
    email = f.EmailField("Email", [v.InputRequired()])
    remember = f.BooleanField("Remember")


def shell() -> theme.Shell:
    person = theme.Person(
        name="Zane Izdomāta", email="zane@agency.example", role="Specialist", account_url="/account/"
    )
    return theme.Shell(
        agency="National Agency (demo)",
        agency_email="results@agency.example",
        menu=(
            theme.Group(
                links=(
                    theme.Link(label="Review", url="/admin/review/", icon="half", count=14, active=True),
                    theme.Link(label="Projects", url="/admin/projects/", icon="list"),
                )
            ),
            theme.Group(
                label="Helpdesk", links=(theme.Link(label="Tickets", url="/admin/tickets/", icon="chat"),)
            ),
        ),
        nav=(
            theme.Link(label="My projects", url="/my/", active=True),
            theme.Link(label="Guide", url="/guide"),
        ),
        areas=(
            theme.Link(label="Coordinator", url="/my/"),
            theme.Link(label="Agency", url="/admin/", active=True),
        ),
        person=None if request.args.get("stranger") else person,
        search_url="/admin/search",
        foot=(theme.Link(label="Privacy", url="/privacy"),),
        keys_url="/account/#keys",
        scheme=request.args.get("scheme", ""),
    )


@pytest.fixture(scope="module")
def site() -> Flask:
    site = Flask("theme_test", template_folder=str(ROOT / "tests/support/theme"))
    site.config.update(SECRET_KEY="k" * 40, WTF_CSRF_ENABLED=False, TESTING=True)
    site.jinja_env.undefined = StrictUndefined
    Babel(site, locale_selector=lambda: request.args.get("lang", "en"))
    theme.init_app(site, translations=ROOT / "backoffice" / "translations")

    @site.get("/bare/<frame>")
    def bare(frame: str) -> str:
        return render_template("fields.html", form=SignIn())

    @site.route("/<frame>", methods=["GET", "POST"])
    def gallery(frame: str) -> str:
        flash("The website is public now", "good")
        flash("The project was not saved", "error")
        form = Gallery(MultiDict({"description": "Rokasgrāmata", "languages": "lv", "kind": "book"}))
        form.validate()
        with_shell = {} if request.args.get("bare") else {"shell": shell()}
        return render_template("gallery.html", frame=f"theme/{frame}.html", form=form, **with_shell)

    @site.after_request
    def policy(response):  # type: ignore[no-untyped-def]
        response.headers["Content-Security-Policy"] = POLICY
        return response

    return site


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


@pytest.fixture(scope="module")
def address(site: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, site, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
