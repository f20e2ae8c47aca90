"""HTML of a mail: cleaned for the page, and as plain text for search, answers and quotes. Nothing remote is loaded."""

import re
from collections.abc import Mapping
from html.parser import HTMLParser

import nh3

MAX_HTML = 2_000_000  # letters that are read
MAX_KEPT = 400_000  # letters of the cleaned one; a larger one stays in the whole mail, its text is shown

_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "dd", "del", "div", "dl", "dt", "em", "figcaption",
    "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "li", "ol", "p", "pre", "s", "small", "span",
    "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul",
}
_GONE = {"script", "style", "title", "head", "template", "noscript", "iframe", "object", "embed", "svg", "math"}
_ATTRIBUTES = {
    "a": {"href"}, "img": {"src", "alt"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan", "scope"},
    "ol": {"start"}, "*": {"lang", "dir"},
}
_IMAGE = re.compile(r'<img((?: [a-z]+="[^"]*")*)>')
_BLOCKS = frozenset({
    "blockquote", "caption", "dd", "div", "dl", "dt", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol",
    "p", "pre", "table", "tbody", "tfoot", "thead", "tr", "ul",
})


def cleaned(html: str, *, pictures: Mapping[str, str]) -> str:
    """What may stand on a page. `pictures`: each name under which a picture of this mail may be called → its id.

    A picture is kept as `src="cid:<id>"`, which the page turns into its address; any other is dropped, its words stay.
    """
    found = nh3.clean(
        html[:MAX_HTML], tags=_TAGS, clean_content_tags=_GONE, attributes=_ATTRIBUTES, strip_comments=True,
        url_schemes={"http", "https", "mailto", "tel", "cid"}, link_rel="noopener noreferrer nofollow",
        attribute_filter=lambda tag, name, value: _attribute(tag, name, value, pictures),
    )
    return _IMAGE.sub(_image, found)


def kept(html: str) -> str:
    """The cleaned one, unless it is too long for a page."""
    return html if len(html) <= MAX_KEPT and html.strip() else ""


def as_text(html: str) -> str:
    """The words of a cleaned HTML, quotes marked by `>` as in plain mails."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.text()


def names_of(content_id: str, name: str, location: str) -> list[str]:
    """How a text may call a picture: by its id, with or without `cid:`, by its place, or by its file's name."""
    called = [content_id, content_id.partition("@")[0] if "@" in content_id else "", location, name]
    return [one.strip().strip("<>").casefold() for one in called if one.strip()]


def _image(found: re.Match[str]) -> str:
    """Every picture has words, if only empty ones; of one that is not ours only its words stay."""
    words = re.search(r' alt="([^"]*)"', found[1])
    if " src=" in found[1]:
        return found[0] if words else f'<img{found[1]} alt="">'
    return f"[{words[1]}]" if words and words[1].strip() else ""


def _attribute(tag: str, name: str, value: str, pictures: Mapping[str, str]) -> str | None:
    if tag == "img" and name == "src":
        called = re.sub(r"\A\s*cid:\s*", "", value, flags=re.IGNORECASE).strip().strip("<>").casefold()
        known = pictures.get(called) or pictures.get(called.rpartition("/")[2])
        return f"cid:{known}" if known else None
    if tag == "a" and name == "href" and value.strip().lower().startswith("cid:"):
        return None
    return value


class _Reader(HTMLParser):
    """Line by line. The input was written by the cleaner, so its tags are well formed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self.depth, self.is_verbatim, self.href = 0, 0, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "br":
            self._line()
        elif tag in _BLOCKS:
            self._block()
            self.depth += tag == "blockquote"
            self.is_verbatim += tag == "pre"
            self.lines[-1] += {"li": "- ", "hr": "———"}.get(tag, "")
        elif tag in ("td", "th") and self.lines[-1].strip():
            self.lines[-1] += " "
        elif tag == "img" and (given.get("alt") or given.get("src")):
            self.lines[-1] += f"[{(given.get('alt') or given.get('src') or '').strip()}]"
        elif tag == "a":
            self.href = (given.get("href") or "").strip()

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._block()
            self.depth -= tag == "blockquote" and self.depth > 0
            self.is_verbatim -= tag == "pre" and self.is_verbatim > 0
            if tag in ("p", "table", "ul", "ol", "h1", "h2", "h3"):
                self._gap()
        elif tag == "a" and self.href:
            shown = self.lines[-1].rstrip("/")
            bare = self.href.removeprefix("mailto:").rstrip("/")
            if not shown.endswith((bare, bare.split("://")[-1])):
                self.lines[-1] += f" <{self.href}>"
            self.href = ""

    def handle_data(self, data: str) -> None:
        if self.is_verbatim:
            first, *others = data.split("\n")
            self.lines[-1] += first
            for line in others:
                self._line()
                self.lines[-1] += line
            return
        words = re.sub(r"[ \t\r\n\f]+", " ", data.replace("\xa0", " "))
        self.lines[-1] += words if self._said() else words.lstrip()

    def text(self) -> str:
        lines = [line.rstrip() for line in self.lines]
        while lines and not lines[-1].strip("> "):
            lines.pop()
        return re.sub(r"\n(?:[> ]*\n){2,}", "\n\n", "\n".join(lines)).strip("\n")

    def _mark(self) -> str:
        return "> " * min(self.depth, 20)

    def _said(self) -> str:
        return self.lines[-1].lstrip("> ")

    def _line(self) -> None:
        self.lines.append(self._mark())

    def _block(self) -> None:
        if self._said():
            self._line()
        # What stands at the beginning of a line belongs to the depth that follows.
        self.lines[-1] = self._mark() if not self._said() else self.lines[-1]

    def _gap(self) -> None:
        if len(self.lines) > 1 and self.lines[-2].strip("> "):
            self._line()
