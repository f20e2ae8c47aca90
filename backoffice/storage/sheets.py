"""Tables as CSV or XLSX, written while they are sent: memory does not grow with the rows (CONTRACT, `format=`).

What begins like a formula is defused: whoever opens the file in a spreadsheet program sees text, never a calculation
that somebody wrote into a title. A number or a date that we give as such is none.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from backoffice.storage.pipe import Pipe

Cell = str | int | float | Decimal | date | datetime | None
Row = Sequence[Cell]

PIECE = 1 << 16  # bytes that go out together
ROWS_OF_SHEET = 1_048_576  # more than that no sheet holds: the next one goes on
LONGEST = 32_767  # characters of a cell in a workbook
BOM = b"\xef\xbb\xbf"  # without it Excel takes Latvian letters for others
_FORMULA = re.compile(r"[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]")
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - a workbook counts days on no clock of any zone


class Format(StrEnum):
    """What a list can be taken away as."""

    CSV = "csv"
    XLSX = "xlsx"


MEDIA_TYPES: Mapping[Format, str] = MappingProxyType({
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
})


def write(
    kind: Format, header: Sequence[str], rows: Iterable[Row], *, time_zone: str, has_mark: bool = True
) -> Iterator[bytes]:
    """The file in pieces. Instants are written on the clock of `time_zone`. A CSV for a spreadsheet program begins
    with the mark of its encoding, one for other programs does not."""
    zone = ZoneInfo(time_zone)
    if kind is Format.XLSX:
        yield from _xlsx(header, rows, zone)
        return
    if has_mark:
        yield BOM
    yield from _csv(header, rows, zone)


def defused(text: str) -> str:
    """As a spreadsheet program shows it when it is typed: an apostrophe before what would be a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def _csv(header: Sequence[str], rows: Iterable[Row], zone: ZoneInfo) -> Iterator[bytes]:
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    writer.writerow([defused(name) for name in header])
    for row in rows:
        writer.writerow([_plain(cell, zone) for cell in row])
        if sheet.tell() >= PIECE:
            yield _taken(sheet)
    yield _taken(sheet)


def _taken(sheet: io.StringIO) -> bytes:
    piece = sheet.getvalue().encode("utf-8", "replace")
    sheet.seek(0)
    sheet.truncate()
    return piece


def _plain(cell: Cell, zone: ZoneInfo) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    if isinstance(cell, date):
        return cell.isoformat()
    return defused(cell) if isinstance(cell, str) else str(cell)


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
# Plain, day, instant, head of a column, text that begins like a formula (the program keeps it as text when edited).
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font/><font><b/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="5"><xf xfId="0"/><xf xfId="0" numFmtId="14" applyNumberFormat="1"/>'
    '<xf xfId="0" numFmtId="22" applyNumberFormat="1"/><xf xfId="0" fontId="1" applyFont="1"/>'
    '<xf xfId="0" quotePrefix="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_DAY, _INSTANT, _HEAD, _QUOTED = 1, 2, 3, 4
_SHEET = (
    f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>'
)
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def _xlsx(header: Sequence[str], rows: Iterable[Row], zone: ZoneInfo) -> Iterator[bytes]:
    """Sheets first: how many there are is known only at the end, where the parts that name them stand."""
    pipe, source, number, is_done = Pipe(), iter(rows), 0, False
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as book:
        while not is_done:
            number += 1
            with book.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True) as sheet:
                sheet.write(_SHEET.encode())
                sheet.write(_line(1, [_text(name, style=_HEAD) for name in header]))
                is_done = True
                for at, row in enumerate(source, start=2):
                    sheet.write(_line(at, [_cell(cell, zone) for cell in row]))
                    if pipe.held >= PIECE:
                        yield pipe.taken()
                    if at == ROWS_OF_SHEET:
                        is_done = False
                        break
                sheet.write(b"</sheetData></worksheet>")
        for name, part in _parts(number):
            book.writestr(name, part)
        yield pipe.taken()
    yield pipe.taken()


def _line(number: int, cells: Sequence[str]) -> bytes:
    return f'<row r="{number}">{"".join(cells)}</row>'.encode()


def _cell(cell: Cell, zone: ZoneInfo) -> str:
    if cell is None or cell == "":
        return "<c/>"
    if isinstance(cell, str):
        return _text(cell, style=_QUOTED if _FORMULA.match(cell) else 0)
    if isinstance(cell, datetime):
        days = (cell.astimezone(zone).replace(tzinfo=None) - _DAY_ZERO).total_seconds() / 86_400
        return f'<c s="{_INSTANT}"><v>{days:.10f}</v></c>'
    if isinstance(cell, date):
        return f'<c s="{_DAY}"><v>{(cell - _DAY_ZERO.date()).days}</v></c>'
    return f"<c><v>{cell}</v></c>"


def _text(text: str, *, style: int) -> str:
    text = _NOT_IN_XML.sub("", text)
    text = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    shape = f' s="{style}"' if style else ""
    return f'<c t="inlineStr"{shape}><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def _parts(sheets: int) -> Iterator[tuple[str, str]]:
    numbers = range(1, sheets + 1)
    yield "xl/styles.xml", _STYLES
    yield "xl/workbook.xml", (
        f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        + "".join(f'<sheet name="Export{n if n > 1 else ""}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
        + "</sheets></workbook>"
    )
    yield "xl/_rels/workbook.xml.rels", (
        f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
        )
        + f'<Relationship Id="rId{sheets + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
    )
    yield "_rels/.rels", (
        f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    )
    yield "[Content_Types].xml", (
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>' for n in numbers
        )
        + "</Types>"
    )
