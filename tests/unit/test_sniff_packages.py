"""Office, books and archives: macros, controls, links that fetch, passwords, bombs, and what is in them (DOMAIN §4)."""

import io
import os
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from backoffice.storage import archives, look, sniff
from backoffice.storage.look import Inspected
from tests.support import samples
from tests.support.samples import EXE, GOOD
from tests.support.sniffing import Inspect, code, words

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
