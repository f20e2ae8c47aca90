"""Lists from bytes to rows: every encoding, delimiter and oddity of a real export (cases 12 to 21)."""

import datetime
import io
import re
import tracemalloc
from collections.abc import Callable
from typing import BinaryIO

import pytest

from backoffice.domain.errors import Refused
from backoffice.storage import tables
from tests.support.workbooks import by_hand, workbook

COLUMNS = {"code": "Code", "title": "Title", "note": "Note"}


def column(name: str) -> str | None:
    return COLUMNS.get(name.casefold())


def read(data: bytes) -> list[tables.Row]:
    with tables.opened(io.BytesIO(data), column=column, required="Code") as table:
        return list(table.rows)


def titles(data: bytes) -> list[object]:
    return [row.cells.get("Title") for row in read(data)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1257", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_reader_takes_every_encoding_and_delimiter(encoding: str, delimiter: str, end: str) -> None:
    text = end.join(delimiter.join(row) for row in [("Code", "Title"), ("1", "Ķekavas skola"), ("2", "Šķūņu ceļš"), ""])
    assert titles(text.encode(encoding)) == ["Ķekavas skola", "Šķūņu ceļš"]


def test_reader_takes_utf_16_big_endian_with_its_mark() -> None:
    """Case 19."""
    assert titles(b"\xfe\xff" + "Code;Title\r\n1;Ķekava 中\r\n".encode("utf-16-be")) == ["Ķekava 中"]


def test_reader_refuses_utf_16_without_its_mark_as_a_whole() -> None:
    with pytest.raises(Refused, match="UTF-16 without its mark"):
        read("Code;Title\r\n1;Ķekava\r\n".encode("utf-16-le"))


def test_reader_refuses_utf_16_that_is_cut_within_a_letter() -> None:
    with pytest.raises(Refused, match="UTF-16, but is damaged"):
        read("Code;Title\r\n1;Ķekava\r\n".encode("utf-16")[:-1])


@pytest.mark.slow
@pytest.mark.parametrize("border", [4_096, 8_192, 32_768, 1 << 20])
def test_reader_takes_a_letter_across_a_block_border(border: int) -> None:
    """Case 18."""
    head = b"Code,Title,Note\r\n1,"
    data = head + b"x" * (border - len(head) - 1) + "ļā,ok\r\n".encode()
    assert data[border - 1] == "ļ".encode()[0]
    if border > 100_000:  # longer than a cell may be: spread it over rows
        filler = b"0,y,z\r\n" * (border // 7)
        data = b"Code,Title,Note\r\n" + filler
        data = data[: border - 20].rsplit(b"\n", 1)[0] + b"\n"
        data += b"1," + b"x" * (border - len(data) - 3) + "ļā,ok\r\n".encode()
        assert data[border - 1] == "ļ".encode()[0]
    assert read(data)[-1].cells["Note"] == "ok"
    assert str(titles(data)[-1]).endswith("xļā")


def test_reader_refuses_utf_8_with_a_broken_byte_far_behind_the_start() -> None:
    """A sample of the start would have called it fine; falling back to another encoding would spoil every name."""
    good = "1,Ķekavas skola\n" * 100_000
    data = f"Code,Title\n{good}".encode() + b"2,bad \xff here\n"
    with pytest.raises(Refused) as refused:
        read(data)
    assert refused.value.code == "import-encoding"
    assert refused.value.values == {"line": 100_002}


@pytest.mark.slow
def test_reader_takes_cp1257_whose_first_letter_beyond_ascii_comes_late() -> None:
    data = b"Code,Title\n" + b"1,plain\n" * 200_000 + "2,Šķūnis\n".encode("cp1257")
    assert titles(data)[-1] == "Šķūnis"


@pytest.mark.parametrize("byte", [b"\x81", b"\xff", b"\x8e"])
def test_reader_refuses_bytes_that_are_letters_in_no_known_encoding(byte: bytes) -> None:
    with pytest.raises(Refused, match="neither UTF-8"):
        read(b"Code,Title\n1,ab" + byte + b"cd\n")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('Rīgas "Centra" skola', 'Rīgas "Centra" skola'),  # case 20
        ('"Centra" skola', '"Centra" skola'),
        ('"Rīgas ""Centra"" skola"', 'Rīgas "Centra" skola'),
        ('"Rīga, skola"', "Rīga, skola"),
        ('"two\nlines"', "two\nlines"),
        ('"a ""b"" c" d', '"a ""b"" c" d'),
        ('""', None),
        ("5'11\"", "5'11\""),
    ],
)
def test_reader_keeps_quotation_marks_as_they_stand(written: str, meant: str | None) -> None:
    rows = read(f"Code,Title,Note\n1,{written},n\n2,next,m\n".encode())
    assert [row.cells.get("Title") for row in rows] == [meant, "next"]
    assert [row.cells["Note"] for row in rows] == ["n", "m"]
    assert not [row.fault for row in rows if row.fault]


def test_reader_loses_one_row_only_to_a_quotation_mark_that_is_never_closed() -> None:
    rows = read(b'Code,Title\n1,"open\n2,fine\n3,"closed"\n4,"open again\n')
    assert [(row.record, row.line, row.fault is not None) for row in rows] == [
        (1, 2, False), (2, 3, False), (3, 4, False), (4, 5, True),
    ]
    assert rows[0].cells["Title"] == '"open'  # its partner would stand before a letter: it never opened a cell
    assert rows[1].cells["Title"] == "fine"


def test_reader_says_on_which_line_a_record_starts() -> None:
    rows = read(b'Code,Title\r\n1,"a\r\nb\r\nc"\r\n\r\n,,\r\n2,x\r\n')
    assert [(row.record, row.line) for row in rows] == [(1, 2), (2, 7)]


def test_reader_takes_headings_and_one_row() -> None:
    """Case 14."""
    assert titles(b"Code,Title\n1,only") == ["only"]


def test_reader_refuses_a_row_in_which_the_file_breaks_off() -> None:
    rows = read(b"Code,Title,Note\n1,a,b\n2,a ti")
    assert [row.fault for row in rows] == [None, tables.CUT]


def test_reader_refuses_a_row_with_more_cells_than_columns() -> None:
    rows = read(b"Code,Title\n1,Riga, skola\n2,fine,,\n")
    assert [row.fault for row in rows] == [tables.TOO_MANY, None]


def test_list_whose_header_begins_like_an_archive_is_text() -> None:
    assert titles(b"PK,Code,Title\n7,1,x\n") == ["x"]


def test_reader_skips_the_separator_line_of_a_spreadsheet() -> None:
    assert titles(b"sep=;\r\nCode;Title\r\n1;a,b\r\n") == ["a,b"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\r\n\r\n", "empty"),
        (b"Title,Note\n1,2\n", "is missing"),
        (b"Code,Title,Title\n1,2,3\n", "twice"),
        (b"%PDF-1.4 not a list", "neither CSV nor XLSX"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old or with a password", "neither CSV nor XLSX"),
        (b"PK\x03\x04 no archive", "neither CSV nor XLSX"),
        (b"\xff\xfe\0\0C\0\0\0", "UTF-32"),
    ],
)
def test_reader_refuses_as_a_whole_with_one_sentence(data: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words):
        read(data)


def test_reader_names_the_columns_that_it_ignores() -> None:
    data = io.BytesIO("\ufeffCODE, Title ,Budget line,\n1,2,3,4\n".encode())
    with tables.opened(data, column=column, required="Code") as table:
        assert table.unknown == ("Budget line",)
        assert table.header == {"Code": "CODE", "Title": "Title"}


def test_workbook_with_a_gap_is_read_to_its_end() -> None:
    """Case 12."""
    rows: list[list[object]] = [["Code", "Title"]]
    rows += [[str(number), "first"] for number in range(200)]
    rows += [[None, None]] * 300 + [[]] * 300
    rows += [[str(number), "second"] for number in range(200, 400)]
    found = read(workbook(rows))
    assert len(found) == 400
    assert (found[199].line, found[200].line, found[200].record) == (201, 802, 201)


def test_workbook_is_read_whatever_its_dimension_tag_says() -> None:
    sheet = (
        '<dimension ref="A1"/><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
        '<row r="5000000"><c r="B5000000" t="s"><v>2</v></c><c r="A5000000" t="str"><v>1</v></c></row>'
        "<row><c><v>7</v></c><c><v>8</v></c></row></sheetData>"
    )
    two_runs = "<r><t>Two </t></r><r><t>runs_x000D_</t></r>"
    found = read(by_hand(sheet=sheet, strings=["<t>Code</t>", "<t>Title</t>", two_runs]))
    assert [(row.record, row.line, row.cells) for row in found] == [
        (1, 5_000_000, {"Code": "1", "Title": "Two runs\r"}), (2, 5_000_001, {"Code": 7, "Title": 8}),
    ]


def test_workbook_gives_what_the_spreadsheet_made_of_a_cell() -> None:
    day = datetime.datetime(2015, 6, 1)  # noqa: DTZ001 - a spreadsheet knows no zone
    assert titles(workbook([["Code", "Title"], ["1", 2024], ["2", day], ["3", 1.5], ["4", "=1+1"], ["5", True]])) == [
        2024, day, 1.5, None, True,
    ]


def test_workbook_with_a_cover_sheet_is_read_from_the_list() -> None:
    data = workbook([["Code", "Title"], ["1", "found"]], sheets_before={"Cover": [["Our projects"], ["2026"]]})
    assert titles(data) == ["found"]


def _damaged(data: bytes) -> bytes:
    at = data.index(b"xl/worksheets/sheet1.xml") + 400
    return data[:at] + bytes(byte ^ 0x55 for byte in data[at:at + 40]) + data[at + 40:]


ENTITIES = (
    '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><worksheet>&b;</worksheet>'
)


@pytest.mark.parametrize(
    "make",
    [
        lambda: _damaged(workbook([["Code", "Title"], *([str(n), f"text {n * 7919}"] for n in range(5_000))])),
        lambda: by_hand(sheet="<sheetData><row><c t='str'><v>Code</v></c></row>"),
        lambda: by_hand(sheet="", extra={"xl/worksheets/sheet1.xml": ENTITIES.encode()}),
        lambda: workbook([["Code"], ["1"]])[:-60],
    ],
)
def test_workbook_that_is_damaged_is_refused_before_its_first_row(make: Callable[[], bytes]) -> None:
    with pytest.raises(Refused) as refused, tables.opened(io.BytesIO(make()), column=column, required="Code"):
        pytest.fail("it was opened")
    assert refused.value.code in {"import-workbook", "import-kind"}


@pytest.mark.slow
def test_workbook_that_unpacks_without_end_is_refused_before_it_is_unpacked() -> None:
    data = by_hand(sheet="", extra={"xl/worksheets/sheet1.xml": b" " * (200 << 20)})
    assert len(data) < 400_000
    tracemalloc.start()
    with pytest.raises(Refused) as refused:
        read(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refused.value.code == "import-bomb"
    assert peak < 4 << 20


def _peak(data: BinaryIO) -> tuple[int, int]:
    tracemalloc.start()
    with tables.opened(data, column=column, required="Code") as table:
        count = sum(1 for _ in table.rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return count, peak


def _shared(rows: int) -> bytes:
    """Each row with a text of its own in the shared strings, as a spreadsheet saves it."""
    text = "Summary of the project, as long as such texts are. " * 4
    sheet = "".join(
        f'<row r="{n + 2}" ht="15" customHeight="1"><c r="A{n + 2}"><v>{n}</v></c>'
        f'<c r="B{n + 2}" t="s"><v>{n}</v></c></row>'
        for n in range(rows)
    )
    header = '<row r="1"><c t="str"><v>Code</v></c><c t="str"><v>Title</v></c></row>'
    return by_hand(sheet=f"<sheetData>{header}{sheet}</sheetData>", strings=[f"<t>{n} {text}</t>" for n in range(rows)])


@pytest.mark.slow
def test_workbook_of_70_000_rows_is_read_in_the_memory_of_a_few() -> None:
    """Case 13."""
    few = _peak(io.BytesIO(_shared(20_000)))
    many = _peak(io.BytesIO(_shared(70_000)))
    assert (few[0], many[0]) == (20_000, 70_000)
    assert many[1] < few[1] + (3 << 20)  # the texts alone are 15 MB; 8 bytes of each stay


@pytest.mark.slow
def test_csv_is_read_in_the_memory_of_a_few_rows() -> None:
    few = _peak(io.BytesIO(b"Code,Title\n" + b'1,"text, of some length"\n' * 1_000))
    many = _peak(io.BytesIO(b"Code,Title\n" + b'1,"text, of some length"\n' * 100_000))
    assert many[1] < few[1] + (4 << 20)


def test_reader_copies_a_pipe_so_that_all_of_it_decides() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    with tables.opened(Pipe(b"Code,Title\n1,x\n"), column=column, required="Code") as table:
        assert re.match("UTF-8", table.kind)
        assert len(list(table.rows)) == 1
