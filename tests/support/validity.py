"""Every HTML answer in a test is held to what a browser, a screen reader and our own policy ask of it."""

import re
from collections import Counter

import html5lib
from bs4 import BeautifulSoup, Tag
from html5lib.constants import E
from werkzeug.test import TestResponse

ADDRESSES = ("href", "src", "action", "formaction", "poster")
REFERENCES = (
    "aria-controls",
    "aria-describedby",
    "aria-details",
    "aria-errormessage",
    "aria-labelledby",
    "for",
    "form",
    "headers",
    "list",
    "popovertarget",
)
FIELDS = ("input", "select", "textarea")
NEED_NO_LABEL = ("hidden", "submit", "button", "reset", "image")
# What differs between two answers of one shape: words, numbers, and values that point nowhere within the page.
CHANGING = re.compile(
    r'>[^<]+<|\b(?:value|href|action|formaction|src|content|title|datetime|placeholder|nonce|data-[a-z-]+)="[^"]*"|\d+'
)
# Pages of the same shape answer many tests of a run: parsing one of them strictly is enough.
_seen: set[int] = set()


def check(response: TestResponse) -> None:
    """Raise AssertionError with everything that is wrong with an HTML answer; other answers pass."""
    if response.mimetype != "text/html" or response.is_streamed or 300 <= response.status_code < 400:
        return
    text = response.get_data(as_text=True)
    if not text:
        return  # the answer to HEAD
    policy = response.headers.get("Content-Security-Policy", "")
    wrong = [] if policy else ["no Content-Security-Policy"]
    if "unsafe" in policy:
        wrong.append(f"the policy allows unsafe things: {policy}")
    known = hash(CHANGING.sub("><", text))
    if known not in _seen:
        wrong += faults(text)
    if not wrong:
        _seen.add(known)
    request = response.request
    assert not wrong, f"{request.method} {request.path} ({response.status_code}): " + "; ".join(wrong)


def faults(text: str) -> list[str]:
    """What is wrong with a page, or with a part of one (htmx) that starts without a document type."""
    whole = text.lstrip()[:9].lower() == "<!doctype"
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    if whole:
        parser.parse(text)
    else:
        parser.parseFragment(text)
    wrong = [f"line {place[0]}: {E[code] % values}" for place, code, values in parser.errors]
    soup = BeautifulSoup(text, "html.parser")
    if whole:
        wrong += _document(soup)
    return wrong + _identities(soup, whole=whole) + _inline(soup) + _fields(soup)


def _document(soup: BeautifulSoup) -> list[str]:
    wrong = []
    html = soup.html
    if html is None or html.get("lang") not in ("en", "lv"):
        wrong.append(f"the language of the page is not named: {html and html.get('lang')}")
    headings = soup.find_all("h1")
    if len(headings) != 1 or not headings[0].get_text(strip=True):
        wrong.append(f"one h1 with words is due, found {len(headings)}")
    title = soup.head and soup.head.title
    if not title or not title.get_text(strip=True):
        wrong.append("no title")
    if len(soup.find_all("main")) != 1:
        wrong.append("not exactly one main")
    return wrong


def _identities(soup: BeautifulSoup, *, whole: bool) -> list[str]:
    ids = Counter(str(tag["id"]) for tag in soup.find_all(id=True))
    wrong = [f"id {name} stands {count} times" for name, count in ids.items() if count > 1]
    if not whole:
        return wrong  # what a part refers to may stand in the page round it
    for attribute in REFERENCES:
        for tag in soup.find_all(attrs={attribute: True}):
            lost = [name for name in _words(tag, attribute) if name not in ids]
            wrong += [f'<{tag.name} {attribute}="{name}"> refers to nothing' for name in lost]
    return wrong


def _words(tag: Tag, attribute: str) -> list[str]:
    value = tag[attribute]
    return value.split() if isinstance(value, str) else list(value)


def _inline(soup: BeautifulSoup) -> list[str]:
    wrong = []
    for tag in soup.find_all(True):
        for name, value in tag.attrs.items():
            if name == "style" or name.startswith(("on", "hx-on")):
                wrong.append(f"<{tag.name}> has an inline {name}")
            if name in ADDRESSES and str(value).strip().lower().startswith(("javascript:", "data:text")):
                wrong.append(f"<{tag.name}> leads to {value}")
        if tag.name == "style" or (tag.name == "script" and not tag.get("src")):
            wrong.append(f"an inline <{tag.name}>")
        if tag.name == "img" and tag.get("alt") is None:
            wrong.append(f"a picture without alt: {tag.get('src')}")
    return wrong


def _fields(soup: BeautifulSoup) -> list[str]:
    """Each field has a name that is read out; each form that writes carries the token."""
    wrong = []
    labelled = {str(tag["for"]) for tag in soup.find_all("label", attrs={"for": True})}
    for field in soup.find_all(FIELDS):
        if field.get("type") in NEED_NO_LABEL:
            continue
        named = field.get("aria-label") or field.get("aria-labelledby") or field.get("id") in labelled
        if not named and not field.find_parent("label"):
            wrong.append(f"<{field.name} name={field.get('name')}> has no label")
    for form in soup.find_all("form"):
        writes = str(form.get("method", "get")).lower() == "post"
        if writes != bool(form.find("input", attrs={"name": "csrf_token"})):
            wrong.append(f"<form action={form.get('action')}>: a token belongs to a POST and to nothing else")
    for control in soup.find_all(["a", "button"]):
        words = "".join(control.find_all(string=True)).strip()  # get_text() leaves out what a <template> holds
        if not (words or control.get("aria-label") or control.find("img", alt=True)):
            wrong.append(f"<{control.name}> without words: {str(control)[:80]}")
    return wrong
