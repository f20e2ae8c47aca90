"""What a file is, by its content; what is refused, with which code and which way out (DOMAIN §4)."""

import io
import os
import struct
import zipfile
import zlib
from pathlib import Path

import openpyxl
import pytest

from backoffice.domain.errors import Refused
from backoffice.domain.files import MAX_FILE_BYTES, FileKind, clean_name
from backoffice.storage import media, sniff
from tests.support import samples
from tests.support.samples import ELF, EXE, GOOD
from tests.support.sniffing import Inspect, attach, code, words


@pytest.mark.parametrize("name", GOOD)
def test_good_file_of_each_kind_is_taken(inspect: Inspect, name: str) -> None:
    found = inspect(GOOD[name], name)
    assert (found.name, name.endswith((found.extension, ".jpeg"))) == (name, True)


@pytest.mark.parametrize("name", [name for name in GOOD if not name.endswith((".csv", ".jpeg"))])
def test_name_without_ending_gets_the_one_of_its_content(inspect: Inspect, name: str) -> None:
    found = inspect(GOOD[name], "Report v1.2")
    assert found.name == f"Report v1.2{found.extension}"
    assert name.endswith(found.extension)


@pytest.mark.slow
def test_every_content_under_every_other_name_is_refused(inspect: Inspect) -> None:
    contents = {name: content for name, content in GOOD.items() if name != "photo.jpeg"}
    for source, content in contents.items():
        for target in contents:
            if source == target or {source[-4:], target[-4:]} == {".txt", ".csv"}:
                continue
            refused = code(inspect, content, target)
            assert refused == "file-mismatch", (source, target, refused)


# --- the cases from public reports, by their number -----------------------------------------------------------


def test_case_1_workbook_whose_list_of_types_comes_last_is_a_workbook(inspect: Inspect) -> None:
    sheets = {f"xl/worksheets/sheet{n}.xml": os.urandom(45_000).hex() for n in range(5)}
    content = samples.ooxml("xlsx", sheets, types_last=True)
    assert content.index(b"[Content_Types].xml") > 200_000
    assert inspect(content, "table.xlsx").kind is FileKind.XLSX


def test_case_1_workbook_of_openpyxl_is_a_workbook(inspect: Inspect) -> None:
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["a", 1])
    book.save(out)
    assert inspect(out.getvalue(), "table.xlsx").kind is FileKind.XLSX


@pytest.mark.parametrize("spelt", [b"<?=", b"<script>alert(1)</script>", b"<?php system(1);"])
def test_case_2_picture_whose_bytes_spell_code_by_chance_is_taken(inspect: Inspect, spelt: bytes) -> None:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    pixels = zlib.compress(b"\0" + spelt.ljust(99, b" "), 0)  # stored, not squeezed: the bytes stand as they are
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 33, 1, 8, 2, 0, 0, 0))
    png += chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    assert spelt in png
    assert inspect(png, "logo.png").kind is FileKind.PNG


@pytest.mark.parametrize("start", [b"%PDF-1.4 Sharp Scanned", b"\xef\xbb\xbf%PDF-1.4", b"\r\n%PDF-1.7"])
def test_case_3_pdf_with_more_text_in_its_first_line_is_taken(inspect: Inspect, start: bytes) -> None:
    content = samples.pdf()
    first_line = content.index(b"\n")
    found = inspect(start + content[first_line:], "scan.pdf")
    assert (found.kind, found.pages) == (FileKind.PDF, 1)


def test_case_4_pdf_with_two_attached_tables_is_taken(inspect: Inspect) -> None:
    content = samples.pdf(attach(one_csv=b"a,b\n1,2\n", two_csv=b"c;d\n3;4\n"))
    assert inspect(content, "report.pdf").kind is FileKind.PDF


@pytest.mark.parametrize("name", ["setup_exe", "data_csv", "macro_docm", "run_js"])
def test_case_4_pdf_with_an_attached_program_is_refused_and_names_it(inspect: Inspect, name: str) -> None:
    content = samples.pdf(attach(good_csv=b"a,b\n", **{name: EXE}))
    assert code(inspect, content, "report.pdf") == "file-executable"
    assert name.replace("_", ".") in words(inspect, content, "report.pdf")


def test_case_5_mp3_without_any_tag_is_taken(inspect: Inspect) -> None:
    assert samples.mp3()[:2] == b"\xff\xfb"
    assert inspect(samples.mp3(), "sound.mp3").kind is FileKind.MP3
    assert inspect(b"\xff\xfb\x90\x64" + bytes(2000), "sound.mp3").kind is FileKind.MP3


def test_case_6_zip_of_a_folder_and_a_document_is_an_archive(inspect: Inspect) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("folder/", b"")
        archive.writestr("folder/text.odt", samples.odf("odt"))
    found = inspect(out.getvalue(), "results.zip")
    assert (found.kind, found.entries) == (FileKind.ZIP, 1)
    assert code(inspect, out.getvalue(), "results.odt") == "file-mismatch"


def test_case_7_name_of_120_cyrillic_letters_stays_whole(inspect: Inspect) -> None:
    name = "Ж" * 120 + ".pdf"
    assert inspect(GOOD["report.pdf"], name).name == name


def test_case_8_csv_is_judged_without_asking_the_browser(inspect: Inspect) -> None:
    # There is no place to say a media type at all; the same content has the same outcome under any of these names.
    outcomes = {inspect(GOOD["table.csv"], name).media_type for name in ("table.csv", "TABLE.CSV", "x.y.csv")}
    assert outcomes == {"text/csv"}


@pytest.mark.slow
def test_case_9_honest_statistics_that_unpack_eightfold_are_taken(inspect: Inspect) -> None:
    # The same proportions at a tenth: 6 MB that unpack to 48 MB. The scanner's own limit is another matter.
    lines = b"".join(b"%d;2026-11-25;Riga;0;0;0;0;0;0;0\r\n" % (n * 7919 % 99991) for n in range(1_300_000))
    content = samples.zipped({"statistics.csv": lines})
    assert 5 * len(content) < len(lines)
    assert inspect(content, "statistics.zip").entries == 1


def test_case_10_film_of_a_phone_is_refused_and_names_what_is_taken(inspect: Inspect) -> None:
    content = samples.mp4(b"qt  ", b"qt  ")
    for name in ("IMG_0001.mov", "IMG_0001.MOV", "film.mp4", "film"):
        assert code(inspect, content, name) == "file-type"
        assert "MP4" in words(inspect, content, name)


def test_case_11_names_composed_and_decomposed_are_one_name() -> None:
    assert clean_name("g\u0327imene.pdf") == clean_name("ģimene.pdf")


# --- content that is not what the name says --------------------------------------------------------------------


@pytest.mark.parametrize("name", ["report.pdf", "photo.jpg", "text.docx", "table.csv", "notes.txt", "all.zip", "x"])
@pytest.mark.parametrize("content", [EXE, ELF, b"#!/bin/sh\nrm -rf /\n", b"<?php echo 1;"])
def test_program_under_any_name_is_refused(inspect: Inspect, name: str, content: bytes) -> None:
    assert code(inspect, content, name) == "file-executable"


@pytest.mark.parametrize("name", ["logo.svg", "logo.png", "page.html", "page.txt", "table.csv", "report.pdf", "x"])
@pytest.mark.parametrize(
    "content",
    [samples.svg(), samples.svg(""), b"<!doctype html><script>alert(1)</script>", b"\xef\xbb\xbf <HTML><body>",
     b"<!-- x --><html>", b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x"><svg xmlns="x">'],
)
def test_svg_and_html_under_any_name_are_refused(inspect: Inspect, name: str, content: bytes) -> None:
    assert code(inspect, content, name) == "file-script"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (os.urandom(3000), "report.pdf"),
        (os.urandom(3000), "table.csv"),
        (b"%PDF-1.7\n<html><script>alert(1)</script></html>", "report.pdf"),
        (b"\x89PNG\r\n\x1a\n<script>alert(1)</script>", "photo.png"),
        (b"\xff\xd8\xff\xe0<script>alert(1)</script>", "photo.jpg"),
        (b"\xff\xfb\x90\x00" + b"<script>alert(1)</script>" * 40, "sound.mp3"),
        (b"GIF89a<script>alert(1)</script>", "photo.gif"),
        (b"RIFF\0\0\0\0WEBP<script>alert(1)</script>", "photo.webp"),
        (b"RIFF\0\0\0\0WAVE<script>alert(1)</script>", "sound.wav"),
        (b"\0\0\0\x18ftypisom" + b"<script>alert(1)</script>", "film.mp4"),
        (b"PK\x03\x04<script>alert(1)</script>", "all.zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"<script>" * 200, "old.doc"),
        (b"just words", "report.pdf"),
        (b"\xff\xfe\0\xd8\0", "notes.txt"),
    ],
)
def test_false_start_or_noise_is_refused(inspect: Inspect, content: bytes, name: str) -> None:
    assert code(inspect, content, name) in {"file-mismatch", "file-damaged"}


@pytest.mark.parametrize("name", [name for name in GOOD if not name.endswith((".txt", ".csv", ".mp3", ".wav"))])
def test_file_cut_in_half_is_refused(inspect: Inspect, name: str) -> None:
    content = GOOD[name] if name[-4:] not in {".png", ".jpg", "jpeg", "webp", ".gif"} else samples.picture(
        {"g": "PNG", "p": "WEBP", "f": "GIF"}.get(name[-1], "JPEG"), (300, 300), mode="RGB"
    )
    assert code(inspect, content[: len(content) // 2], name) in {"file-damaged", "file-mismatch"}


def test_empty_file_is_refused(inspect: Inspect) -> None:
    for name in ("report.pdf", "notes.txt", "x"):
        assert code(inspect, b"", name) == "file-empty"


def test_file_of_101_mb_is_refused_without_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(Refused) as refused:
        sniff.examine(path, name="report.pdf")
    assert refused.value.code == "file-too-big"
    assert "100 MB" in refused.value.message % refused.value.values


@pytest.mark.parametrize(
    ("name", "expected", "way_out"),
    [
        ("setup.exe", "file-executable", "PDF"), ("page.html", "file-script", "PDF"),
        ("macro.docm", "file-macro", "PDF"),
        ("film.avi", "file-type", "MP4"), ("sound.m4a", "file-type", "MP3"), ("photo.heic", "file-type", "JPEG"),
        ("text.rtf", "file-type", "PDF"), ("all.rar", "file-type", "ZIP"), ("thing.xyz", "file-type", "PDF"),
        ("repor\u202efdp.exe", "file-executable", "PDF"), ("report.pdf.exe", "file-executable", "PDF"),
        ("report.pdf.", "", ""),
    ],
)
def test_name_that_is_not_taken_is_refused_with_the_way_out(
    inspect: Inspect, name: str, expected: str, way_out: str
) -> None:
    if not expected:
        assert inspect(GOOD["report.pdf"], name).name == "report.pdf"
        return
    assert code(inspect, GOOD["report.pdf"], name) == expected
    assert way_out in words(inspect, GOOD["report.pdf"], name)


@pytest.mark.parametrize(
    ("start", "way_out"),
    [(b"Rar!\x1a\x07\x01\x00", "ZIP"), (b"{\\rtf1 x}", "PDF"), (b"II*\0" + bytes(20), "JPEG"),
     (b"OggS" + bytes(20), "MP3"),
     (b"\x1a\x45\xdf\xa3" + bytes(20), "MP4"), (samples.box(b"ftyp", b"heic\0\0\0\0heicmif1"), "JPEG"),
     (samples.box(b"ftyp", b"M4A \0\0\0\0M4A "), "MP3")],
)
def test_known_format_that_is_not_taken_says_what_to_save_it_as(inspect: Inspect, start: bytes, way_out: str) -> None:
    for name in ("report.pdf", "thing"):
        assert code(inspect, start, name) == "file-type"
        assert way_out in words(inspect, start, name)


# --- pictures, sound, text -------------------------------------------------------------------------------------


def png_of(width: int, height: int, size: int = 400) -> bytes:
    """A PNG whose header promises so many pixels."""
    small = bytearray(samples.picture("PNG"))
    struct.pack_into(">II", small, 16, width, height)
    struct.pack_into(">I", small, 29, zlib.crc32(small[12:29]))
    return bytes(small) + bytes(size)


@pytest.mark.parametrize("size", [(12_000, 12_000), (30_000, 30_000), (100_000, 100_000), (400_000_000, 1)])
def test_picture_bomb_is_refused_before_it_is_decoded(
    inspect: Inspect, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.setattr(media, "_check_whole", lambda *_: pytest.fail("decoded"))
    assert code(inspect, png_of(*size), "photo.png") == "file-bomb"


def test_large_honest_photo_is_taken(inspect: Inspect) -> None:
    assert inspect(samples.picture("JPEG", (4000, 3000)), "photo.jpg").kind is FileKind.JPEG


@pytest.mark.parametrize(
    "content",
    ["Rīga".encode(), "Rīga".encode("utf-16"), b"\xfe\xff" + "Rīga".encode("utf-16-be"), "Rīga".encode("cp1257"),
     "\ufeffRīga".encode(), b"x" * (1 << 20) + "ģ".encode() * 10, b"BMW and MZ", b"ID3 tags explained", b"PK files"],
)
def test_text_in_any_usual_encoding_is_taken(inspect: Inspect, content: bytes) -> None:
    assert inspect(content, "notes.txt").media_type == "text/plain"
    assert inspect(content, "notes.csv").media_type == "text/csv"


@pytest.mark.parametrize("content", [b"a\0b", b"a\x1b[31m", b"\xfe\xff\0a\0\0", b"\xef\xbb\xbfa\0"])
def test_text_with_control_characters_is_refused(inspect: Inspect, content: bytes) -> None:
    assert code(inspect, content, "notes.txt") == "file-mismatch"


def test_nothing_unpacked_stays_behind(inspect: Inspect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    inspect(samples.zipped({"a.pdf": GOOD["report.pdf"], "b.zip": GOOD["all.zip"]}), "all.zip")
    code(inspect, samples.zipped({"a.pdf": EXE}), "all.zip")
    assert list(folder.iterdir()) == []
