"""Logos and screenshots: only pixels survive, only four formats come in (DOMAIN §4; S5, S16)."""

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from backoffice.domain.errors import Refused
from backoffice.domain.files import FileKind
from backoffice.storage import pictures
from backoffice.storage.pictures import Picture, clean_picture
from tests.support import samples


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "picture"


def cleaned(path: Path, content: bytes, name: str = "logo.png", **options: int) -> Picture:
    path.write_bytes(content)
    return clean_picture(path, name=name, **options)  # type: ignore[arg-type]


def code(path: Path, content: bytes, name: str = "logo.png") -> str:
    path.write_bytes(content)
    with pytest.raises(Refused) as refused:
        clean_picture(path, name=name, field="logo")
    assert refused.value.field == "logo"
    assert name in refused.value.message % refused.value.values
    return refused.value.code


@pytest.mark.parametrize(
    ("form", "mode", "kind"),
    [("PNG", "RGB", FileKind.PNG), ("PNG", "RGBA", FileKind.PNG), ("PNG", "P", FileKind.PNG),
     ("PNG", "1", FileKind.PNG), ("PNG", "I;16", FileKind.PNG),
     ("JPEG", "RGB", FileKind.JPEG), ("JPEG", "CMYK", FileKind.JPEG),
     ("JPEG", "L", FileKind.JPEG), ("WEBP", "RGBA", FileKind.WEBP), ("GIF", "P", FileKind.PNG)],
)
def test_picture_of_each_format_and_mode_comes_out_anew(path: Path, form: str, mode: str, kind: FileKind) -> None:
    found = cleaned(path, samples.picture(form, (30, 20), mode))
    assert (found.kind, found.width, found.height) == (kind, 30, 20)
    with Image.open(io.BytesIO(found.content)) as written:
        assert Image.MIME[str(written.format)] == found.media_type
        written.load()


def test_everything_but_the_pixels_is_gone(path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif[0x8825] = {1: "N", 2: (56.0, 57.0, 0.0)}
    for form in ("JPEG", "PNG", "WEBP"):
        content = samples.picture(form, exif=exif, comment=b"SecretComment") + b"<script>SecretTail</script>"
        if form != "PNG":
            assert b"SecretCamera" in content
        found = cleaned(path, content)
        assert b"Secret" not in found.content
        with Image.open(io.BytesIO(found.content)) as written:
            assert not written.getexif()


def test_archive_hidden_behind_a_picture_is_gone(path: Path) -> None:
    found = cleaned(path, samples.picture("GIF", mode="P") + samples.zipped({"x.exe": samples.EXE}))
    assert b"PK\x03\x04" not in found.content


def test_photo_taken_sideways_stands_upright(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    found = cleaned(path, samples.picture("JPEG", (40, 20), exif=exif))
    assert (found.width, found.height) == (20, 40)


def test_large_picture_is_made_smaller_and_keeps_its_shape(path: Path) -> None:
    found = cleaned(path, samples.picture("PNG", (3000, 1500)), max_edge=600)
    assert (found.width, found.height) == (600, 300)


def test_transparent_corner_stays_transparent(path: Path) -> None:
    found = cleaned(path, samples.picture("PNG", (4, 4), "RGBA"))
    with Image.open(io.BytesIO(found.content)) as written:
        assert written.convert("RGBA").getpixel((0, 0))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (samples.svg(), "file-script"), (b"<html><body>x", "file-script"), (samples.pdf(), "file-type"),
        (samples.EXE, "file-executable"), (b"", "file-empty"), (b"BM" + bytes(100), "file-type"),
        (b"II*\0" + bytes(100), "file-type"), (samples.picture("PNG")[:40], "file-damaged"),
        (samples.picture("JPEG", (300, 300))[:400], "file-damaged"), (b"\xff\xd8\xff\xe0<script>", "file-damaged"),
        (b"GIF89a<script>alert(1)</script>", "file-damaged"), (b"x" * (pictures.MAX_BYTES + 1), "file-too-big"),
    ],
)
def test_anything_else_is_refused_beside_the_field(path: Path, content: bytes, expected: str) -> None:
    assert code(path, content) == expected
    assert code(path, content, "Logo ģ.svg") == expected


def test_picture_bomb_is_refused_before_it_is_decoded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_painted", lambda *_, **__: pytest.fail("decoded"))
    for width, height in ((12_000, 12_000), (50_001, 1000), (60_000, 60_000)):
        small = bytearray(samples.picture("PNG"))
        struct.pack_into(">II", small, 16, width, height)
        struct.pack_into(">I", small, 29, zlib.crc32(small[12:29]))
        assert code(path, bytes(small)) == "file-bomb"
