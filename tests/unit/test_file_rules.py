"""Names, kinds and sizes of files, as plain rules (DOMAIN §4; S11)."""

import unicodedata

import pytest

from backoffice.domain import files
from backoffice.domain.errors import Refused
from backoffice.domain.files import MAX_RESULT_BYTES, TYPES, FileCheck, FileKind


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Atskaite.pdf", "Atskaite.pdf"),
        ("C:\\fakepath\\Atskaite.pdf", "Atskaite.pdf"),
        ("../../etc/passwd", "passwd"),
        ("/srv/files/a/../b.pdf", "b.pdf"),
        ("a\u202efdp.exe", "afdp.exe"),
        ("a\u200b\u00ad\ufeffb.pdf", "ab.pdf"),
        ("a\nb\tc\x00d.pdf", "a b cd.pdf"),
        ("g\u0327imene.pdf", "ģimene.pdf"),
        ("  .htaccess ", "htaccess"),
        ("report.pdf. . ", "report.pdf"),
        ("report .pdf", "report.pdf"),
        ("", "file"),
        ("...", "file"),
        ("/", "file"),
        ("Ж" * 120 + ".pdf", "Ж" * 120 + ".pdf"),
        ("PÄRSKATS.PDF", "PÄRSKATS.PDF"),
        ("\ud800x.pdf", "x.pdf"),
    ],
)
def test_name_is_kept_without_path_and_tricks(typed: str, kept: str) -> None:
    name = files.clean_name(typed)
    assert name == kept
    assert files.clean_name(name) == name
    assert unicodedata.is_normalized("NFC", name)


def test_name_beyond_every_system_is_shortened_before_its_ending() -> None:
    name = files.clean_name("ģ" * 500 + ".docx")
    assert (len(name), name[-6:]) == (files.MAX_NAME, "….docx")
    assert len(name.encode()) < 2 * 255


@pytest.mark.parametrize(
    ("name", "ending"),
    [("a.PDF", ".pdf"), ("a.tar.gz", ".gz"), ("Report v1.2", ""), ("a", ""), ("a.", ""), ("a.b c", ""),
     ("x.mp3", ".mp3")],
)
def test_ending_has_a_letter(name: str, ending: str) -> None:
    assert files.extension(name) == ending


def test_case_11_composed_and_decomposed_are_one_name_and_the_second_is_numbered() -> None:
    assert files.same_name("ģimene.pdf", "G\u0327IMENE.pdf")
    assert not files.same_name("gimene.pdf", "ģimene.pdf")
    assert files.free_name("b.pdf", taken=["a.pdf"]) == "b.pdf"
    assert files.free_name("g\u0327imene.pdf", taken=["ģimene.pdf"]) == "g\u0327imene (2).pdf"
    assert files.free_name("a.pdf", taken=["A.PDF", "a (2).pdf"]) == "a (3).pdf"
    assert files.free_name("noending", taken=["noending"]) == "noending (2)"


@pytest.mark.parametrize("size", [1, MAX_RESULT_BYTES])
def test_file_up_to_100_mb_fits(size: int) -> None:
    assert MAX_RESULT_BYTES == 104_857_600
    files.refuse_size("a.pdf", size)


@pytest.mark.parametrize(
    ("size", "left", "code"),
    [(0, 10, "file-empty"), (MAX_RESULT_BYTES + 1, MAX_RESULT_BYTES, "file-too-big"), (11, 10, "file-too-big")],
)
def test_size_is_refused_alone_and_in_sum(size: int, left: int, code: str) -> None:
    with pytest.raises(Refused) as refused:
        files.refuse_size("a.pdf", size, left=left)
    assert (refused.value.code, refused.value.field) == (code, "files")


def test_every_kind_of_the_domain_is_there_and_no_ending_belongs_to_two() -> None:
    assert set(TYPES) == set(FileKind)
    endings = [ending for type_ in TYPES.values() for ending in type_.extensions]
    assert len(endings) == len(set(endings))
    assert not set(endings) & (files.PROGRAMS | files.MACROS | files.PAGES)
    assert {".pdf", ".docx", ".jpeg", ".zip"} <= set(files.accept().split(","))
    assert ".svg" not in files.accept(files.PICTURE_KINDS)


@pytest.mark.parametrize(
    ("name", "code"),
    [("a.mov", "file-type"), ("a.exe", "file-executable"), ("a.docm", "file-macro"), ("a.svg", "file-script"),
     ("a.whatever", "file-type")],
)
def test_ending_alone_refuses_before_a_byte_is_sent(name: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        files.refuse_name(name)
    assert refused.value.code == code
    assert name in refused.value.message % refused.value.values


def test_state_of_the_check_says_what_it_blocks() -> None:
    assert {check for check in FileCheck if files.blocks_approve(check, is_passed=False)} == {
        FileCheck.WAITING, FileCheck.INFECTED, FileCheck.UNSCANNABLE,
    }
    assert not files.blocks_approve(FileCheck.UNSCANNABLE, is_passed=True)
    assert files.blocks_approve(FileCheck.INFECTED, is_passed=True)
