"""CSV from bytes to records: which encoding, which delimiter, which cells.

The whole file decides about its encoding, never a sample: each byte is decoded once before the first record
is read, so a file is read as a whole or refused as a whole. Text is decoded as it flows, so a letter may lie
across any border of blocks.
"""

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

from backoffice.domain.errors import N_, Refused

BLOCK = 1 << 20
DELIMITERS = (",", ";", "\t")
# The longest cell, and how far an opening quotation mark looks for its partner (a spreadsheet: 32,767).
CELL_LIMIT = 131_072

_MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_ASCII = bytes(range(128))
# Accents that stand alone: no sentence has them, so bytes that would become them are not Windows-1257.
_LONE_ACCENTS = re.compile("[\u02d9\u02c7\u00b8\u00af\u00a8\u02db]")
_INSIDE_QUOTES = re.compile(r'(?:[^"]|"")*+')

UNCLOSED = N_("A quotation mark opens a cell and is not closed within 131,072 characters.")
TOO_LONG = N_("A cell is longer than 131,072 characters.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record as it stands in the file; `fault` says why its cells cannot be told apart."""

    line: int
    cells: list[str]
    fault: str | None = None
    is_cut: bool = False  # the file ends within it, without a line break


def encoding_of(file: BinaryIO) -> str:
    """The codec in which every byte of the file can be read, or Refused with the encoding named."""
    file.seek(0)
    mark = file.read(4)
    if mark in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE):
        raise Refused(
            N_("The file is in UTF-32, which is not read here. Save it as CSV UTF-8."), code="import-encoding"
        )
    if mark.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        if _first_fault(file, "utf-16") is not None:
            raise Refused(
                N_("The file says that it is in UTF-16, but is damaged. Save it anew as CSV UTF-8."),
                code="import-encoding",
            )
        return "utf-16"
    line = _first_fault(file, "utf-8")
    if line is None:
        return "utf-8-sig"
    good, bad = _multibyte(file)
    if mark.startswith(codecs.BOM_UTF8) or good >= bad:
        raise Refused(
            N_("The file is in UTF-8, but line %(line)s holds bytes that are no letters. "
               "Save it anew as CSV UTF-8."),
            code="import-encoding", values={"line": line},
        )
    if _first_fault(file, "cp1257") is not None:
        raise Refused(
            N_("The letters of the file cannot be read: it is neither UTF-8 nor UTF-16 with a mark "
               "nor Windows-1257 (line %(line)s). Save it as CSV UTF-8."),
            code="import-encoding", values={"line": line},
        )
    return "cp1257"


def _first_fault(file: BinaryIO, encoding: str) -> int | None:
    """The first line that cannot be decoded, or None when all of the file can."""
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    lines = 1
    while True:
        block = file.read(BLOCK)
        if b"\0" in block and encoding != "utf-16":
            raise Refused(
                N_("The file holds zero bytes: it is no text, or UTF-16 without its mark. "
                   "Save it as CSV UTF-8."),
                code="import-encoding",
            )
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            return lines + error.object[: error.start].count(b"\n")
        if encoding == "cp1257" and _LONE_ACCENTS.search(text):
            return lines
        if not block:
            return None
        lines += block.count(b"\n")


def _multibyte(file: BinaryIO) -> tuple[int, int]:
    """How many letters are well-formed UTF-8, and how many bytes beyond ASCII belong to none."""
    file.seek(0)
    good = bad = 0
    while block := file.read(BLOCK):
        found = _MULTIBYTE.findall(block)
        good += len(found)
        bad += len(block.translate(None, _ASCII)) - sum(map(len, found))
    return good, bad


def records(file: BinaryIO, *, encoding: str, delimiter: str) -> Iterator[Record]:
    """Every record of the file, empty ones too, each with the line on which it starts."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, errors="strict", newline="")
    try:
        yield from _Cutter(lines=text, delimiter=delimiter).records()
    finally:
        with suppress(ValueError):  # who stops half-way may have closed the file already
            text.detach()  # the file belongs to the caller


class _Cutter:
    """Cuts lines into records.

    Lines without a quotation mark are split, the others go through the strict reader of the standard library.
    Where that one refuses (a mark at the start of a cell that does not end with one, or one that is never
    closed), the record is cut by hand: a cell is quoted only when its closing mark stands before a delimiter or
    a line break, else its text stays as it stands.
    """

    def __init__(self, *, lines: Iterator[str], delimiter: str) -> None:
        self._lines = lines
        self._pushed: deque[str] = deque()
        self._delimiter = delimiter
        self._number = 0

    def records(self) -> Iterator[Record]:
        while (line := self._pull()) is not None:
            start = self._number
            if '"' not in line:
                yield _record(start, line.rstrip("\r\n").split(self._delimiter), line)
                continue
            held = [line]
            try:
                cells = next(csv.reader(self._feed(held), delimiter=self._delimiter, strict=True))
                yield _record(start, cells, held[-1])
            except (csv.Error, StopIteration):
                yield self._by_hand(held, start)

    def _pull(self) -> str | None:
        line = self._pushed.popleft() if self._pushed else next(self._lines, None)
        if line is not None:
            self._number += 1
        return line

    def _push(self, lines: list[str]) -> None:
        self._pushed.extendleft(reversed(lines))
        self._number -= len(lines)

    def _feed(self, held: list[str]) -> Iterator[str]:
        """The held lines, then further ones, held too; one cell may not swallow the rest of the file."""
        yield held[0]
        size = 0
        while size <= CELL_LIMIT and (line := self._pull()) is not None:
            held.append(line)
            size += len(line)
            yield line

    def _by_hand(self, held: list[str], start: int) -> Record:
        self._push(held[1:])
        text, at, cells = held[0], 0, list[str]()
        while True:
            if text.startswith('"', at):
                text, end = self._quoted(text, at)
                if end is None:
                    return Record(line=start, cells=[], fault=UNCLOSED)
                if end > at:
                    cells.append(text[at + 1:end].replace('""', '"'))
                    at = end + 1
                else:
                    at = self._plain(text, at, cells)
            else:
                at = self._plain(text, at, cells)
            if not text.startswith(self._delimiter, at):
                return _record(start, cells, text)
            at += 1

    def _quoted(self, text: str, at: int) -> tuple[str, int | None]:
        """Where the closing mark of the cell stands; `at` when it is not quoted, None when it has no end.

        Lines are pulled only while the mark is open, and given back when that led nowhere.
        """
        pulled: list[str] = []
        inside = _INSIDE_QUOTES.match(text, at + 1)
        end = inside.end() if inside else at + 1
        size = 0
        while end == len(text):
            line = self._pull() if size <= CELL_LIMIT else None
            if line is None:
                self._push(pulled)
                return text, None
            pulled.append(line)
            size += len(line)
            inside = _INSIDE_QUOTES.match(line)
            end = len(text) + (inside.end() if inside else 0)
            text += line
        if end + 1 == len(text) or text[end + 1] in (self._delimiter, "\r", "\n"):
            return text, end
        self._push(pulled)
        return text[:len(text) - sum(map(len, pulled))], at

    def _plain(self, text: str, at: int, cells: list[str]) -> int:
        """Take the cell that starts at `at` as it stands; give back where it ends."""
        line_end = len(text)
        for mark in "\r\n":
            if (found := text.find(mark, at)) >= 0:
                line_end = min(line_end, found)
        found = text.find(self._delimiter, at, line_end)
        end = line_end if found < 0 else found
        cells.append(text[at:end])
        return end


def _record(line: int, cells: list[str], text: str) -> Record:
    if len(text) > CELL_LIMIT and max(map(len, cells)) > CELL_LIMIT:
        return Record(line=line, cells=[], fault=TOO_LONG)
    return Record(line=line, cells=cells, is_cut=not text.endswith(("\r", "\n")))
