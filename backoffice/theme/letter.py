"""The text of a mail as a page shows it: paragraphs, lists and quotes instead of lines of signs."""

import re

from markupsafe import Markup, escape

SIGNATURE = ("--", "-- ")
_ADDRESS = re.compile(r"https?://\S+")


def breakable(address: str) -> Markup:
    """An address that breaks after its sign rather than within a word."""
    return Markup("@<wbr>").join(map(escape, address.split("@")))


def letter(text: str) -> Markup:
    """Every word of a plain text, laid out by the marks that plain texts of mails use ("- ", "> ", "--")."""
    body, foot = _parted(text)
    shown = [_block(block) for block in _blocks(body)]
    if foot:
        shown.append(Markup('<div class="small quiet">{}</div>').format(Markup("").join(map(_block, _blocks(foot)))))
    return Markup("\n").join(shown)


def _parted(text: str) -> tuple[str, str]:
    """What stands above the line "--", and below it."""
    lines = text.replace("\r\n", "\n").split("\n")
    end = next((number for number, line in enumerate(lines) if line in SIGNATURE), len(lines))
    return "\n".join(lines[:end]), "\n".join(lines[end + 1 :])


def _blocks(text: str) -> list[list[str]]:
    """Lines that belong together: what an empty line parts, and within it runs of one mark."""
    blocks: list[list[str]] = []
    kind = ""
    for line in text.split("\n"):
        mark = _mark(line)
        if not line.strip():
            kind = ""
        elif blocks and kind == mark:
            blocks[-1].append(line)
        else:
            blocks.append([line])
            kind = mark
    return blocks


def _mark(line: str) -> str:
    return "-" if line.startswith("- ") else ">" if line.startswith(">") else "text"


def _block(lines: list[str]) -> Markup:
    mark = _mark(lines[0])
    if mark == "-":
        items = Markup("").join(Markup("<li>{}</li>").format(_line(line[2:])) for line in lines)
        return Markup("<ul>{}</ul>").format(items)
    if mark == ">":
        said = [line[1:].strip() for line in lines]
        # A preview quotes what is not typed yet.
        return Markup('<blockquote class="diff">{}</blockquote>').format(_joined(said if any(said) else ["…"]))
    return Markup("<p>{}</p>").format(_joined(lines))


def _joined(lines: list[str]) -> Markup:
    return Markup("<br>").join(map(_line, lines))


def _line(line: str) -> Markup:
    """Addresses may break anywhere; they are no links: some of a mail open only once."""
    parts: list[Markup] = []
    end = 0
    for found in _ADDRESS.finditer(line):
        parts += [escape(line[end : found.start()]), Markup('<span class="code">{}</span>').format(found[0])]
        end = found.end()
    return Markup("").join([*parts, escape(line[end:])])
