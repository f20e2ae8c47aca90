"""What a ticket's form adds by itself: page, project, browser, last error (S16). Each can be left out by its sender."""

import re
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from backoffice.domain import signin, text

MAX_FACT = 300  # characters; what is longer was not written by us
_CODE = re.compile(r"[0-9]{4}-[123]-[A-Z]{2}[0-9]{2}-[A-Z0-9]{3,6}(?:-[A-Z]{3})?-[0-9]{6,9}", re.IGNORECASE)
# In this order: most browsers also call themselves by the names of others.
_BROWSERS = (
    ("Edge", re.compile(r"Edg(?:e|A|iOS)?/(\d+)")),
    ("Opera", re.compile(r"OPR/(\d+)")),
    ("Samsung Internet", re.compile(r"SamsungBrowser/(\d+)")),
    ("Firefox", re.compile(r"(?:Firefox|FxiOS)/(\d+)")),
    ("Chrome", re.compile(r"(?:Chrome|CriOS|Chromium)/(\d+)")),
    ("Safari", re.compile(r"Version/(\d+)[\d.]* (?:Mobile/\S+ )?Safari")),
)
_SYSTEMS = (
    ("Windows", re.compile(r"Windows NT")),
    ("Android", re.compile(r"Android (\d+)")),
    ("iOS", re.compile(r"(?:iPhone OS|CPU OS) (\d+)")),
    ("macOS", re.compile(r"Mac OS X")),
    ("ChromeOS", re.compile(r"CrOS")),
    ("Linux", re.compile(r"Linux")),
)


def page(address: str) -> str:
    """The page of ours that a person came from; one-time links and other keys in it stay out of the ticket."""
    path = signin.own_path(address)
    parts = urlsplit(path)
    if parts.path.startswith(("/help", "/contact/", "/verify/")):
        return ""
    return unquote(parts.path)[:MAX_FACT]


def project_code(address: str) -> str:
    """The code of the project on whose page the person was, in upper case; empty on other pages."""
    found = _CODE.search(address)
    return found[0].upper() if found else ""




def fact(said: str) -> str:
    """One line of what a page or a browser says of itself, cut."""
    return "".join(text.letters(text.clean_line(said))[:MAX_FACT])


def browser(agent: str) -> str:
    """ "Firefox 145, Windows" of what the browser says of itself; of an unknown one its own words."""
    name, system = _named(_BROWSERS, agent), _named(_SYSTEMS, agent)
    return ", ".join(filter(None, (name, system))) if name else fact(agent)[:80]


def window(said: str) -> str:
    """ "1440 × 900" as the page's script measured it; anything else is nothing."""
    found = re.fullmatch(r"(\d{2,5}) ?[x×] ?(\d{2,5})", said.strip())
    return f"{found[1]} × {found[2]}" if found else ""


def _named(table: Sequence[tuple[str, re.Pattern[str]]], agent: str) -> str:
    for name, pattern in table:
        if found := pattern.search(agent):
            return f"{name} {found[1]}" if pattern.groups else name
    return ""
