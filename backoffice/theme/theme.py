"""The look: a blueprint for every page and a Theme for Flask-Admin; knows no project and no ticket.

Templates (`theme/…`)
    base.html         what every page has; the four below extend it, pages extend those
    public.html       bar, belt, foot: everyone; plain.html is its one narrow column (block `column`)
    coordinator.html  the same without belt: `/my/…`
    staff.html        side menu: `/admin/…`; list, details, form, confirm extend it for Flask-Admin
    parts.html        all macros: `{% import "theme/parts.html" as ui %}`; each says above it what it takes
    Blocks of a page: `title` (and `title_prefix`, "Error:"), `content`; also `head` (more in <head>),
    `scripts` (call super()), `flash`, `main_class` ("flush": no space above).

What the frame needs from outside
    One object, `shell`, of the class `Shell` below. The application gives it by a context processor that is
    registered after `init_app` here: `{"shell": Shell(...)}`. What is left out has a default: a page renders
    without it. The languages are reckoned here from the request: the same address with `?lang=`.

Globals of templates
    asset(name)                     address of a file of the theme with `?v=` of its content, kept for a year
    asset(name, "static")           the same for a file of the application's own static folder
    get_locale(), languages()       the language in view, all of them
    address|breakable               a mail address that breaks after its sign
    text|letter                     the plain text of a mail with its paragraphs, lists and quotes

What a template switches on by a data attribute (static/js; every one may be missing)
    data-count="5000"         on a textarea or input: characters as a person counts; the macro `field` sets it
    data-guard                on a form: asks before leaving with unsaved changes; [data-unsaved] says so
    data-once                 on a form: no second submit within five seconds, a later retry goes through
    data-upload               on a multipart form: progress, speed, Cancel; the answer becomes the page
    data-max-bytes="…"        beside data-upload: more than that is refused before anything is sent
    data-keys                 on the table of a list: / j k x Enter ? (`Shell.keys` False: off)
    data-focus                takes the focus after load: error summary first, then flash
    data-until="instant"      with <progress value="seconds left"> and [data-left] in it: counts down;
                              data-then="hide" (its note) or "reload" at the end
    data-beat="address"       POSTs every data-every="300" seconds while the page is visible; the event `beat`
                              on the element tells {ok, status}
    data-insert="#id"         on a button: writes its data-text into that field
    data-all="name"           on a mark: marks all of that name; [data-marked] shows how many
    data-auto                 on a select: sends its form on change
    Words of the scripts stand in <meta name="words">, translated in base.html. Icons: static/icons.svg.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, Flask, Response, g, has_request_context, request, url_for
from flask_admin.babel import domain as admin_messages
from flask_admin.theme import Theme
from flask_babel import get_locale

from backoffice.theme.letter import breakable, letter

HERE = Path(__file__).parent
YEAR = 365 * 24 * 3600
LANGUAGES = {"lv": "Latviešu valodā", "en": "In English"}
# An absolute folder takes the place of Flask-Admin's own: no stock template can be found.
ADMIN = Theme(folder=str(HERE / "templates"), base_template="theme/staff.html")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A menu entry: `icon` is a name of the sprite, `count` shown if not None, `active` the page in view."""

    label: Any
    url: str
    icon: str = ""
    count: int | None = None
    active: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Entries of the side menu under one heading; the first group has none."""

    links: tuple[Link, ...]
    label: Any = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who is signed in; `role` in words; `sign_out_url` is posted to."""

    name: str
    email: str = ""
    role: Any = ""
    account_url: str = ""
    sign_out_url: str = "/logout"

    @property
    def initials(self) -> str:
        words = [word for word in self.name.split() if word[0].isalpha()] or [self.name or self.email or "?"]
        return "".join(word[0] for word in (words[0], *words[1:][-1:])).upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    code: str
    name: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """Everything that the frame of a page shows and that the page itself does not know."""

    agency: Any = ""  # name of the agency, under the brand and in the foot
    agency_email: str = ""  # in the foot
    home_url: str = "/"  # where the brand leads
    menu: tuple[Group, ...] = ()  # side menu of staff pages
    nav: tuple[Link, ...] = ()  # bar of public and coordinator's pages
    areas: tuple[Link, ...] = ()  # areas of a person with several roles; the active one is in use
    person: Person | None = None
    sign_in_url: str = "/login"
    search_url: str = ""  # of the field above the side menu; no field without it
    foot: tuple[Link, ...] = ()
    scheme: str = ""  # "light", "dark", or "" for the system's
    keys: bool = True  # extra keys on lists
    keys_url: str = ""  # where they are turned off
    languages: tuple[Language, ...] = ()  # filled from the request when left out

    @property
    def area(self) -> Link | None:
        """The area in use, named on the page when there is more than one."""
        return next((area for area in self.areas if area.active), None) if len(self.areas) > 1 else None


class Files(Blueprint):
    """A file asked for with the hash of its content never changes under that address."""

    def get_send_file_max_age(self, filename: str | None) -> int | None:
        return YEAR if request.args.get("v") else super().get_send_file_max_age(filename)


@cache
def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else "0"


def asset(name: str, endpoint: str = "theme.static") -> str:
    """Address of a static file that changes with its content."""
    if not has_request_context():
        return _address(name, endpoint)
    # A list has some hundred icons of one file: its address is put together once for each page.
    known: dict[tuple[str, str], str] = g.setdefault("assets", {})
    found = known.get((name, endpoint))
    if found is None:
        found = known[name, endpoint] = _address(name, endpoint)
    return found


def _address(name: str, endpoint: str) -> str:
    folder = HERE / "static" if endpoint == "theme.static" else HERE.parent / "static"
    return url_for(endpoint, filename=name, v=_hash(folder / name))


def switch(languages: Mapping[str, str]) -> tuple[Language, ...]:
    """The page in view in each language: the same address with `?lang=`."""
    if not has_request_context():
        return ()
    query = [(key, value) for key, value in request.args.items(multi=True) if key != "lang"]
    now = str(get_locale() or "")
    return tuple(
        Language(
            code=code,
            name=name,
            url=f"{quote(request.path)}?{urlencode([*query, ('lang', code)])}",
            current=code == now,
        )
        for code, name in languages.items()
    )


def tell_where(response: Response) -> Response:
    """An upload by script learns where a redirect leads; following it, it would eat the next page's message."""
    if request.headers.get("X-Upload") and response.location and 300 <= response.status_code < 400:
        response.headers["X-Location"] = response.headers.pop("Location")
        response.status_code = 200
        response.set_data(b"")
    return response


def init_app(app: Flask, *, translations: Path, languages: Mapping[str, str] = LANGUAGES) -> None:
    """Register the look; every page of the application may then extend `theme/…`."""
    # Flask-Admin's own messages come from the one catalogue of the application.
    admin_messages._translation_directories, admin_messages.domain = [str(translations)], ["messages"]
    app.register_blueprint(
        Files(
            "theme",
            __name__,
            template_folder="templates",
            static_folder="static",
            static_url_path="/static/theme",
        )
    )
    app.jinja_env.globals.update(asset=asset, get_locale=get_locale, languages=lambda: switch(languages))
    app.jinja_env.filters.update(letter=letter, breakable=breakable)
    app.after_request(tell_where)
    app.context_processor(lambda: {"shell": Shell()})
