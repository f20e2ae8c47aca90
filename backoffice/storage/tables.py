"""A list of rows from a CSV or XLSX file, streamed: header, records, the line on which each starts."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import BinaryIO

from backoffice.domain.errors import N_, Refused
from backoffice.storage import delimited, workbooks
from backoffice.storage.workbooks import Cell

CUT = N_("The file ends in the middle of this row. Export it anew.")
TOO_MANY = N_(
    "The row has more cells than the header has columns. "
    "A cell with the delimiter in it needs quotation marks."
)
ENCODINGS: Mapping[str, str] = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "cp1257": "Windows-1257"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A data row: its cells that hold something, by known column; or why it cannot be cut into cells."""

    record: int
    line: int
    cells: dict[str, Cell]
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """An open list. `header` gives the name in the file of each known column."""

    header: dict[str, str]
    unknown: tuple[str, ...]
    kind: str
    rows: Iterator[Row]
    size: int
    _file: BinaryIO = field(repr=False)

    def position(self) -> int:
        """How many of `size` bytes have been read, for a progress bar."""
        return min(self._file.tell(), self.size)


@contextmanager
def opened(
    source: BinaryIO, *, column: Callable[[str], str | None], required: str,
) -> Iterator[Table]:
    """Open a list for one reading. `column` knows a header's cell, `required` must be among them."""
    with _seekable(source) as file:
        kind = workbooks.kind_of(file)
        if kind == "other":
            raise Refused(
                N_("The file is neither CSV nor XLSX. Open it in a spreadsheet and save it as XLSX, "
                   "without a password."),
                code="import-kind",
            )
        if kind == "xlsx":
            with workbooks.sheets(file) as sheets:
                yield _workbook(file, sheets, column=column, required=required)
        else:
            yield _text(file, column=column, required=required)


@contextmanager
def _seekable(source: BinaryIO) -> Iterator[BinaryIO]:
    if source.seekable():
        yield source
        return
    with TemporaryFile() as copy:
        shutil.copyfileobj(source, copy, delimited.BLOCK)
        yield copy


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    places: dict[int, str]  # position → known column
    names: dict[str, str]
    unknown: tuple[str, ...]
    width: int


def _header(cells: Mapping[int, str], column: Callable[[str], str | None]) -> _Header:
    places: dict[int, str] = {}
    names: dict[str, str] = {}
    unknown: list[str] = []
    for place, cell in cells.items():
        name = " ".join(cell.replace("\ufeff", "").split())
        known = column(name)
        if known is None:
            if name:
                unknown.append(name)
        elif known in names:
            raise Refused(
                N_("The column “%(column)s” is there twice. Delete one of the two."),
                code="import-columns", values={"column": name},
            )
        else:
            places[place], names[known] = known, name
    return _Header(places=places, names=names, unknown=tuple(unknown), width=max(cells, default=-1) + 1)


def _missing(column: str) -> Refused:
    return Refused(
        N_("The column “%(column)s” is missing: the first row must name the columns."),
        code="import-columns", values={"column": column},
    )


def _text(file: BinaryIO, *, column: Callable[[str], str | None], required: str) -> Table:
    encoding = delimited.encoding_of(file)
    best: tuple[int, str, _Header | Refused] = (-1, ",", _missing(required))
    for delimiter in delimited.DELIMITERS:
        first = next(_filled(delimited.records(file, encoding=encoding, delimiter=delimiter)), None)
        if first is None:
            raise Refused(N_("The file is empty."), code="import-empty")
        header: _Header | Refused
        try:
            header = _header(dict(enumerate(first.cells)), column)
            known = len(header.places)
        except Refused as refused:
            header, known = refused, 1
        if known > best[0]:
            best = (known, delimiter, header)
    _, delimiter, header = best
    if isinstance(header, Refused):
        raise header
    if required not in header.names:
        raise _missing(required)
    size = file.seek(0, 2)
    records = _filled(delimited.records(file, encoding=encoding, delimiter=delimiter))
    next(records)
    return Table(header=header.names, unknown=header.unknown, kind=ENCODINGS[encoding], size=size, _file=file,
                 rows=_text_rows(records, header))


def _filled(records: Iterator[delimited.Record]) -> Iterator[delimited.Record]:
    """Without empty rows, and without the line `sep=;` that spreadsheets may write first."""
    for record in records:
        if record.fault is None and not any(cell and not cell.isspace() for cell in record.cells):
            continue
        if record.line == 1 and ",".join(record.cells).lstrip("\ufeff").rstrip(",;\t").lower() == "sep=":
            continue
        yield record


def _text_rows(records: Iterator[delimited.Record], header: _Header) -> Iterator[Row]:
    places = header.places.items()
    width = header.width
    for number, record in enumerate(records, 1):
        cells = record.cells
        found = len(cells)
        fault = record.fault
        if fault is None and found > width and any(cell.strip() for cell in cells[width:]):
            fault = TOO_MANY
        elif fault is None and found < width and record.is_cut:
            fault = CUT
        if fault is not None:
            yield Row(record=number, line=record.line, cells={}, fault=fault)
            continue
        filled: dict[str, Cell] = {name: cells[at] for at, name in places if at < found and cells[at]}
        yield Row(record=number, line=record.line, cells=filled)


def _workbook(
    file: BinaryIO, sheets: list[workbooks.Sheet], *, column: Callable[[str], str | None], required: str
) -> Table:
    """The first visible sheet whose first filled row names the required column."""
    size = file.seek(0, 2)
    is_empty = True
    for sheet in sheets:
        rows = _filled_rows(sheet.rows())
        first = next(rows, None)
        if first is None:
            continue
        is_empty = False
        header = _header({place: str(cell) for place, cell in sorted(first.cells.items())}, column)
        if required in header.names:
            return Table(header=header.names, unknown=header.unknown, kind="XLSX", size=size, _file=file,
                         rows=_sheet_rows(rows, header))
    raise Refused(N_("The file is empty."), code="import-empty") if is_empty else _missing(required)


def _filled_rows(rows: Iterator[workbooks.SheetRow]) -> Iterator[workbooks.SheetRow]:
    for row in rows:
        if any(not isinstance(cell, str) or cell.strip() for cell in row.cells.values()):
            yield row


def _sheet_rows(rows: Iterator[workbooks.SheetRow], header: _Header) -> Iterator[Row]:
    for number, row in enumerate(rows, 1):
        cells = {header.places[place]: cell for place, cell in row.cells.items() if place in header.places}
        yield Row(record=number, line=row.line, cells=cells)
