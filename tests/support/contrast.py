"""The contrast of every text of an HTML mail: as it is, in dark mode, and with all colours turned round."""

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, NavigableString, Tag

Colour = tuple[int, int, int]
LEAST = 4.5
DARK = re.compile(r"@media \(prefers-color-scheme: dark\)\s*\{(.*)\}\s*$", re.DOTALL)
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
SET = re.compile(r"(?:^|[;\s])(color|background(?:-color)?):\s*(#[0-9a-f]{6})", re.IGNORECASE)


def faults(html: str) -> list[str]:
    """Texts that cannot be read well in one of the three ways."""
    soup = BeautifulSoup(html, "html.parser")
    assert soup.style is not None
    found = DARK.search(soup.style.get_text())
    assert found is not None
    rules = [(selector.strip(), _colours(said)) for selector, said in RULE.findall(found[1])]
    dark: dict[int, dict[str, Colour]] = {}
    for selector, colours in rules:  # each insists, so the later of two wins; ours do not differ in weight otherwise
        for tag in soup.select(selector):
            dark.setdefault(id(tag), {}).update(colours)
    wrong = []
    for text, tag in _texts(soup):
        plain = _shown(tag, {})
        for way, (ink, ground) in (
            ("light", plain), ("turned round", (_round(plain[0]), _round(plain[1]))), ("dark", _shown(tag, dark)),
        ):
            if _contrast(ink, ground) < LEAST:
                wrong.append(f"{way}: {text[:40]!r} {ink} on {ground}: {_contrast(ink, ground):.1f}")
    return wrong


def _texts(soup: BeautifulSoup) -> Iterator[tuple[str, Tag]]:
    body = soup.body
    assert body is not None
    for text in body.find_all(string=True):
        if isinstance(text, NavigableString) and text.strip() and text.parent is not None:
            yield text.strip(), text.parent


def _shown(tag: Tag, over: dict[int, dict[str, Colour]]) -> tuple[Colour, Colour]:
    ink = ground = None
    for one in (tag, *tag.parents):
        said = _colours(str(one.get("style") or "")) if isinstance(one, Tag) and one.attrs else {}
        if isinstance(one, Tag) and one.get("bgcolor"):
            said.setdefault("background", _colour(str(one["bgcolor"])))
        said |= over.get(id(one), {})
        ink, ground = ink or said.get("color"), ground or said.get("background")
    return ink or (0, 0, 0), ground or (255, 255, 255)


def _colours(said: str) -> dict[str, Colour]:
    return {name.split("-")[0].lower(): _colour(value) for name, value in SET.findall(said)}


def _colour(text: str) -> Colour:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def _round(colour: Colour) -> Colour:
    return 255 - colour[0], 255 - colour[1], 255 - colour[2]


def _contrast(one: Colour, other: Colour) -> float:
    light, dark = sorted((_light(one), _light(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _light(colour: Colour) -> float:
    parts = [value / 255 for value in colour]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
