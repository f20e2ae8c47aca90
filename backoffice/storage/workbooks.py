"""XLSX from bytes to records, in the memory of one row.

openpyxl says what a cell means (number formats, dates); the loop over the sheet is ours, because its
read-only mode keeps an element and the attributes of every row and all shared strings, and believes the
dimension tag. Before the first row is read, each part is unpacked and parsed once: a damaged workbook is
refused as a whole.
"""

import re
import warnings
import zipfile
import zlib
from array import array
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache
from tempfile import TemporaryFile
from typing import IO, BinaryIO
from xml.etree.ElementTree import Element
from xml.parsers import expat

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils.cell import column_index_from_string
from openpyxl.workbook import Workbook
from openpyxl.worksheet._reader import CELL_TAG, DATA_TAG, INLINE_STRING, ROW_TAG, WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from backoffice.domain.errors import N_, Refused

Cell = str | int | float | bool | date | time | timedelta

# What a workbook may unpack to: a full public list is about 200 MB of XML and packs about 15 to 1.
UNPACKED_LIMIT = 1 << 30
PART_LIMIT = 32 << 20  # parts that openpyxl reads at once: styles, the list of sheets
RATIO_LIMIT, RATIO_FROM = 150, 64 << 20
BLOCK = 1 << 20

_BROKEN = (
    ValueError, KeyError, IndexError, TypeError, AttributeError, OSError, EOFError, RuntimeError, SyntaxError,
    OverflowError, expat.ExpatError, zipfile.BadZipFile, zlib.error,
)
_SI, _T, _R = (f"{{{SHEET_MAIN_NS}}}{name}" for name in ("si", "t", "r"))
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_COLUMN = re.compile(r"[A-Z]{1,3}")
UNREADABLE = "#VALUE!"  # the spreadsheet's own word for a cell that means nothing

# What openpyxl does not keep (extensions, default styles) it tells as warnings; none of it concerns cells.
warnings.filterwarnings("ignore", category=UserWarning, module=r"openpyxl\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """A row of a sheet: its number there, and its cells that hold something, by column (the first is 0)."""

    line: int
    cells: dict[int, Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    title: str
    rows: Callable[[], Iterator[SheetRow]]


def kind_of(file: BinaryIO) -> str:
    """`xlsx`, `other` for what is neither that nor text, or `text`."""
    file.seek(0)
    head = file.read(8)
    if head.startswith((b"\xd0\xcf\x11\xe0", b"%PDF")):
        return "other"
    if not head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "text"
    try:
        with zipfile.ZipFile(file) as archive:
            return "xlsx" if "xl/workbook.xml" in archive.namelist() else "other"
    except _BROKEN:
        return "other"


@contextmanager
def sheets(file: BinaryIO) -> Iterator[list[Sheet]]:
    """The visible sheets of a workbook that was checked as a whole, or Refused."""
    with ExitStack() as stack:
        try:
            file.seek(0)
            archive = stack.enter_context(zipfile.ZipFile(file))
            _check_sizes(archive)
            found = _Reader(archive, stack.enter_context(TemporaryFile())).sheets()
        except _BROKEN as error:
            raise _damaged() from error
        yield found


def _damaged() -> Refused:
    return Refused(
        N_("The workbook is damaged and cannot be read. Open it in a spreadsheet and save it anew as XLSX."),
        code="import-workbook",
    )


def _check_sizes(archive: zipfile.ZipFile) -> None:
    """A small archive that unpacks without end is refused before anything is unpacked (zip bomb)."""
    parts = archive.infolist()
    unpacked, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    big = [part for part in parts if part.file_size > PART_LIMIT and not _is_streamed(part.filename)]
    is_bomb = unpacked > RATIO_FROM and unpacked > RATIO_LIMIT * packed
    if big or unpacked > UNPACKED_LIMIT or is_bomb:
        raise Refused(
            N_("The workbook unpacks to %(megabytes)s MB, more than an honest list. Save it as CSV."),
            code="import-bomb", values={"megabytes": unpacked >> 20},
        )


def _is_streamed(name: str) -> bool:
    """Parts that are read in pieces, or never: pictures, and the like."""
    return name.startswith((
        "xl/worksheets/", "xl/sharedStrings", "xl/externalLinks/", "xl/media/", "xl/drawings/", "xl/embeddings",
    ))


class _Strings:
    """The shared strings of a workbook, kept in a file instead of memory."""

    def __init__(self, spool: BinaryIO) -> None:
        self._spool = spool
        self._ends = array("Q", [0])
        self._recent = lru_cache(maxsize=4096)(self._read)

    def add(self, text: str) -> None:
        data = text.encode("utf-8", "replace")
        self._spool.write(data)
        self._ends.append(self._ends[-1] + len(data))

    def __getitem__(self, index: int) -> str:
        return self._recent(index)

    def _read(self, index: int) -> str:
        if not 0 <= index < len(self._ends) - 1:
            raise IndexError(index)
        self._spool.seek(self._ends[index])
        return self._spool.read(self._ends[index + 1] - self._ends[index]).decode()


class _Reader:
    """The few steps of openpyxl's reader that rows need, over an archive that is already open."""

    def __init__(self, archive: zipfile.ZipFile, spool: BinaryIO) -> None:
        self._archive = archive
        self._strings = _Strings(spool)

    def sheets(self) -> list[Sheet]:
        reader = _PartReader(self._archive)
        reader.read_manifest()
        reader.read_workbook()
        apply_stylesheet(self._archive, reader.wb)
        found = [
            (sheet.name, rel.target)
            for sheet, rel in reader.parser.find_sheets()
            if sheet.state == "visible" and rel.target in reader.valid_files and "chartsheet" not in rel.Type
        ]
        for part in reader.package.Override:
            if part.ContentType == SHARED_STRINGS and (path := part.PartName[1:]) in reader.valid_files:
                self._check(path)
                self._read_strings(path)
        for _, path in found:
            self._check(path)
        return [Sheet(title=title, rows=self._rows_of(reader.wb, path)) for title, path in found]

    def _check(self, path: str) -> None:
        """Unpack and parse the whole part, keeping nothing: checksums, well-formedness, no entities."""
        parser = expat.ParserCreate()
        parser.EntityDeclHandler = _refuse_entities
        with self._archive.open(path) as part:
            while block := part.read(BLOCK):
                parser.Parse(block)
        parser.Parse(b"", True)

    def _read_strings(self, path: str) -> None:
        with self._archive.open(path) as part:
            for element in _elements(part, kept_in=f"{{{SHEET_MAIN_NS}}}sst", tag=_SI):
                self._strings.add(_text(element))

    def _rows_of(self, workbook: Workbook, path: str) -> Callable[[], Iterator[SheetRow]]:
        def rows() -> Iterator[SheetRow]:
            line = 0
            try:
                with self._archive.open(path) as part:
                    parser = WorkSheetParser(
                        part, self._strings, data_only=True, epoch=workbook.epoch,
                        date_formats=vars(workbook)["_date_formats"],
                        timedelta_formats=vars(workbook)["_timedelta_formats"],
                    )
                    for element in _elements(part, kept_in=DATA_TAG, tag=ROW_TAG):
                        line = int(float(element.get("r") or line + 1))
                        yield SheetRow(line=line, cells=_cells(element, parser))
            except _BROKEN as error:
                raise _damaged() from error

        return rows


class _PartReader(ExcelReader):
    """openpyxl's reader over an open archive."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.valid_files = archive.namelist()
        self.read_only = self.data_only = True
        self.keep_vba = self.keep_links = self.rich_text = False
        self.shared_strings = []


def _refuse_entities(*_: object) -> None:
    raise ValueError("a declared entity")


def _elements(part: IO[bytes], *, kept_in: str, tag: str) -> Iterator[Element]:
    """Each element of this tag in turn; what was read is let go at once, empty shells included."""
    parent: Element | None = None
    for event, element in iterparse(part, events=("start", "end")):
        if event == "start":
            if element.tag == kept_in:
                parent = element
        elif element.tag == tag and parent is not None:
            yield element
            parent.clear()


def _cells(row: Element, parser: WorkSheetParser) -> dict[int, Cell]:
    cells: dict[int, Cell] = {}
    column = -1
    for element in row:
        if element.tag != CELL_TAG:
            continue
        found = _COLUMN.match(element.get("r") or "")
        column = column_index_from_string(found[0]) - 1 if found else column + 1
        if element.get("t") == "inlineStr":
            child = element.find(INLINE_STRING)
            value: Cell | None = _text(child) if child is not None else None
        else:
            try:
                value = parser.parse_cell(element)["value"]
            except (ValueError, IndexError, OverflowError):
                value = UNREADABLE
            if isinstance(value, str):
                value = _unescaped(value)
        if value is not None and value != "":
            cells[column] = value
    return cells


def _text(element: Element) -> str:
    """The text of a string, plain or in runs, without the phonetic hints."""
    plain = "".join(t.text or "" for t in element.findall(_T))
    runs = "".join(t.text or "" for run in element.findall(_R) for t in run.findall(_T))
    return _unescaped(plain + runs)


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
