"""Every HTML answer in a test is held to what a browser, a screen reader and our own policy ask of it."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree.ElementTree import Element

import html5lib
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
ID = re.compile(r'<[^>]*\sid="([^"]*)"')
# What differs between two answers of one shape: words, numbers, and values that point nowhere within the page.
CHANGING = re.compile(
    r'>[^<]+<|\b(?:value|href|action|formaction|src|content|title|datetime|placeholder|nonce|data-[a-z-]+)="[^"]*"|\d+'
)
# Pages of the same shape answer many tests of a run: parsing one of them strictly is enough. A list with more rows is
# of the same shape.
_seen: set[int] = set()


class Spot(NamedTuple):
    """An element and those that it stands in, the nearest last."""

    tag: Element
    above: tuple[str, ...]


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
    shape = hash(frozenset(CHANGING.sub("><", text).split("<")))
    if shape in _seen:
        wrong += _doubles(ID.findall(text))
    else:
        wrong += faults(text)
    if not wrong:
        _seen.add(shape)
    request = response.request
    assert not wrong, f"{request.method} {request.path} ({response.status_code}): " + "; ".join(wrong)


def faults(text: str) -> list[str]:
    """What is wrong with a page, or with a part of one (htmx) that starts without a document type."""
    whole = text.lstrip()[:9].lower() == "<!doctype"
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(text) if whole else parser.parseFragment(text)
    wrong = [f"line {place[0]}: {E[code] % values}" for place, code, values in parser.errors]
    spots = list(_walk(tree, ()))
    if whole:
        wrong += _document(tree, spots)
    return wrong + _identities(spots, whole=whole) + _inline(spots) + _fields(spots)


def _walk(tag: Element, above: tuple[str, ...]) -> Iterator[Spot]:
    if isinstance(tag.tag, str):  # not a comment
        yield Spot(tag, above)
        within = (*above, tag.tag)
        for child in tag:
            yield from _walk(child, within)


def _document(html: Element, spots: list[Spot]) -> list[str]:
    wrong = []
    if html.get("lang") not in ("en", "lv"):
        wrong.append(f"the language of the page is not named: {html.get('lang')}")
    of = {name: [spot.tag for spot in spots if spot.tag.tag == name] for name in ("h1", "title", "main")}
    if len(of["h1"]) != 1 or not _text(of["h1"][0]):
        wrong.append(f"one h1 with words is due, found {len(of['h1'])}")
    if not of["title"] or not _text(of["title"][0]):
        wrong.append("no title")
    if len(of["main"]) != 1:
        wrong.append("not exactly one main")
    return wrong + _summary(spots)


def _summary(spots: list[Spot]) -> list[str]:
    """A summary of errors leads to its fields in the order of the page, and the title says that there are some."""
    summary = next((spot.tag for spot in spots if spot.tag.get("id") == "errors"), None)
    if summary is None:
        return []
    place = {name: number for number, spot in enumerate(spots) if (name := spot.tag.get("id")) is not None}
    ways = [link.get("href", "").removeprefix("#") for link in summary.iter("a")]
    wrong = [f"the summary of errors leads nowhere: {way}" for way in ways if way not in place]
    found = [place[way] for way in ways if way in place and way != "main"]
    if found != sorted(found):
        wrong.append(f"the summary of errors is not in the order of the page: {ways}")
    title = next((_text(spot.tag) for spot in spots if spot.tag.tag == "title"), "")
    if not title.startswith(("Error:", "Kļūda:")):
        wrong.append(f"the title does not say that there is an error: {title}")
    return wrong


def _text(tag: Element) -> str:
    return "".join(tag.itertext()).strip()


def _doubles(ids: list[str]) -> list[str]:
    return [f"id {name} stands {count} times" for name, count in Counter(ids).items() if count > 1]


def _identities(spots: list[Spot], *, whole: bool) -> list[str]:
    ids = [name for spot in spots if (name := spot.tag.get("id")) is not None]
    wrong = _doubles(ids)
    if not whole:
        return wrong  # what a part refers to may stand in the page round it
    known = set(ids)
    for tag, _ in spots:
        for attribute in REFERENCES:
            lost = [name for name in tag.get(attribute, "").split() if name not in known]
            wrong += [f'<{tag.tag} {attribute}="{name}"> refers to nothing' for name in lost]
    return wrong


def _inline(spots: list[Spot]) -> list[str]:
    wrong = []
    for tag, _ in spots:
        for name, value in tag.attrib.items():
            if name == "style" or str(name).startswith(("on", "hx-on")):
                wrong.append(f"<{tag.tag}> has an inline {name}")
            if name in ADDRESSES and value.strip().lower().startswith(("javascript:", "data:text")):
                wrong.append(f"<{tag.tag}> leads to {value}")
        if tag.tag == "style" or (tag.tag == "script" and not tag.get("src")):
            wrong.append(f"an inline <{tag.tag}>")
        if tag.tag == "img" and tag.get("alt") is None:
            wrong.append(f"a picture without alt: {tag.get('src')}")
    return wrong


def _fields(spots: list[Spot]) -> list[str]:
    """Each field has a name that is read out; each form that writes carries the token."""
    wrong = []
    labelled = {tag.get("for") for tag, _ in spots if tag.tag == "label"}
    for tag, above in spots:
        if tag.tag in FIELDS and tag.get("type") not in NEED_NO_LABEL:
            named = tag.get("aria-label") or tag.get("aria-labelledby") or tag.get("id", "-") in labelled
            if not named and "label" not in above:
                wrong.append(f"<{tag.tag} name={tag.get('name')}> has no label")
        if tag.tag == "form":
            writes = tag.get("method", "get").lower() == "post"
            if writes != any(field.get("name") == "csrf_token" for field in tag.iter("input")):
                wrong.append(f"<form action={tag.get('action')}>: a token belongs to a POST and to nothing else")
        if tag.tag in ("a", "button"):
            pictured = any(picture.get("alt") for picture in tag.iter("img"))
            if not (_text(tag) or tag.get("aria-label") or pictured):
                wrong.append(f"<{tag.tag}> without words: {dict(tag.attrib)}")
    return wrong
