"""Small files of every kind, made in memory: good ones, and pieces to make bad ones of."""

import io
import struct
import wave
import zipfile
from collections.abc import Callable, Mapping, Sequence

import pikepdf
from PIL import Image

PdfChange = Callable[[pikepdf.Pdf], None]

OOXML = "http://schemas.openxmlformats.org"
PARTS = {
    "docx": ("word/document.xml", "wordprocessingml.document"),
    "xlsx": ("xl/workbook.xml", "spreadsheetml.sheet"),
    "pptx": ("ppt/presentation.xml", "presentationml.presentation"),
}
ODF = {"odt": "text", "ods": "spreadsheet", "odp": "presentation"}
ELF = b"\x7fELF\x02\x01\x01" + bytes(57)
EXE = b"MZ\x90\x00" + bytes(56) + struct.pack("<I", 64) + b"PE\0\0" + bytes(100)
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def zipped(parts: Mapping[str, bytes | str], *, stored: Sequence[str] = ()) -> bytes:
    """A ZIP with the parts in this order."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            method = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            archive.writestr(name, content, compress_type=method)
    return out.getvalue()


def ooxml(
    ending: str, more: Mapping[str, bytes | str] | None = None, *, type_: str = "", types_last: bool = False
) -> bytes:
    """A DOCX, XLSX or PPTX with its three necessary parts and `more`."""
    part, name = PARTS[ending]
    type_ = type_ or f"application/vnd.openxmlformats-officedocument.{name}.main+xml"
    types = (
        f'<?xml version="1.0"?><Types xmlns="{OOXML}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/{part}" ContentType="{type_}"/></Types>'
    )
    parts: dict[str, bytes | str] = {
        "_rels/.rels": (
            f'<Relationships xmlns="{OOXML}/package/2006/relationships"><Relationship Id="r1" '
            f'Type="{OOXML}/officeDocument/2006/relationships/officeDocument" Target="{part}"/></Relationships>'
        ),
        part: '<?xml version="1.0"?><main/>',
        **(more or {}),
    }
    parts = {**parts, "[Content_Types].xml": types} if types_last else {"[Content_Types].xml": types, **parts}
    return zipped(parts)


def relations(kind: str, target: str, mode: str = "External") -> str:
    return (
        f'<Relationships xmlns="{OOXML}/package/2006/relationships"><Relationship Id="r1" TargetMode="{mode}" '
        f'Type="{OOXML}/officeDocument/2006/relationships/{kind}" Target="{target}"/></Relationships>'
    )


def odf(ending: str, more: Mapping[str, bytes | str] | None = None, *, kind: str = "") -> bytes:
    return zipped({
        "mimetype": f"application/vnd.oasis.opendocument.{kind or ODF[ending]}",
        "content.xml": "<office:document-content/>",
        "META-INF/manifest.xml": (
            '<?xml version="1.0"?><!DOCTYPE manifest:manifest PUBLIC "-//OpenOffice.org//DTD Manifest 1.0//EN" '
            '"Manifest.dtd"><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
        ),
        **(more or {}),
    }, stored=["mimetype"])


def epub(more: Mapping[str, bytes | str] | None = None) -> bytes:
    return zipped({
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": "<container/>",
        "text/one.xhtml": "<html><body><p>One</p></body></html>",
        **(more or {}),
    }, stored=["mimetype"])


def pdf(change: PdfChange | None = None, **options: object) -> bytes:
    """A PDF of one page; `change` gets it before it is written."""
    out = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        if change:
            change(document)
        document.save(out, **options)  # type: ignore[arg-type]
    return out.getvalue()


def picture(form: str, size: tuple[int, int] = (8, 6), mode: str = "RGB", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 0).save(out, form, **options)
    return out.getvalue()


def box(name: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", 8 + len(content)) + name + content


def mp4(major: bytes = b"isom", *others: bytes) -> bytes:
    return (
        box(b"ftyp", major + b"\0\0\2\0" + b"".join(others or (b"isom", b"mp41")))
        + box(b"moov", box(b"mvhd", bytes(100)))
        + box(b"mdat", bytes(64))
    )


def mp3(*, tag: bytes = b"", frames: int = 3) -> bytes:
    """Frames of 128 kbit/s at 44.1 kHz, 417 bytes each."""
    return tag + (b"\xff\xfb\x90\x00" + bytes(413)) * frames


def id3(size: int = 30) -> bytes:
    return b"ID3\x03\x00\x00" + bytes((0, 0, 0, size)) + bytes(size)


def wav() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(800))
    return out.getvalue()


def svg(script: str = "<script>alert(1)</script>") -> bytes:
    return f'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg">{script}</svg>'.encode()


# --- the container of old Office files, version 3: sectors of 512 bytes, no small ones -----------------------

_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def ole(streams: Mapping[str, bytes]) -> bytes:
    """A compound file; a name "VBA/dir" lies in the storage "VBA". Streams are filled up to 4,096 bytes."""
    entries: list[dict[str, int | str]] = [{"name": "Root Entry", "type": 5}]
    bodies: list[bytes] = []
    children: dict[int, list[int]] = {0: []}
    storages: dict[str, int] = {}
    for path, content in streams.items():
        parent = 0
        *folders, name = path.split("/")
        for folder in folders:
            if folder not in storages:
                storages[folder] = len(entries)
                children[parent].append(len(entries))
                children[len(entries)] = []
                entries.append({"name": folder, "type": 1})
            parent = storages[folder]
        children[parent].append(len(entries))
        entries.append({"name": name, "type": 2, "body": len(bodies), "size": max(len(content), 4096)})
        bodies.append(content.ljust(4096, b"\0"))
    while len(entries) % 4:
        entries.append({"name": "", "type": 0})
    fat = [_FAT]
    start = 1 + len(entries) // 4
    fat += [*range(2, start), _END]
    sectors, starts = [], []
    for body in bodies:
        count = -(-len(body) // 512)
        starts.append(len(fat))
        fat += [*range(len(fat) + 1, len(fat) + count), _END]
        sectors.append(body.ljust(count * 512, b"\0"))
    if len(fat) > 128:
        raise ValueError("this little writer has room for 60 KB")
    directory = b""
    for number, entry in enumerate(entries):
        name = str(entry["name"]).encode("utf-16-le")
        siblings = next((group for group in children.values() if number in group), [])
        later = siblings[siblings.index(number) + 1] if number in siblings[:-1] else _FREE
        first = children.get(number) or [_FREE]
        body = entry.get("body")
        directory += struct.pack(
            "<64sHBBIII16sIQQIQ", name, len(name) + 2 if name else 0, int(entry["type"]), 1, _FREE, later, first[0],
            b"", 0, 0, 0, starts[int(body)] if body is not None else (_END if number == 0 else 0),
            int(entry.get("size", 0)),
        )
    header = struct.pack(
        "<8s16sHHHHH6sIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6, b"", 0, 1, 1, 0,
        4096, _END, 0, _END, 0,
    ) + struct.pack("<109I", 0, *[_FREE] * 108)
    table = struct.pack("<128I", *fat, *[_FREE] * (128 - len(fat)))
    return header + table + directory + b"".join(sectors)


def doc(more: Mapping[str, bytes] | None = None, *, flags: int = 0) -> bytes:
    return ole({"WordDocument": b"\xec\xa5\xc1\0" + bytes(6) + struct.pack("<H", flags) + bytes(40), **(more or {})})


def xls(*records: tuple[int, bytes], more: Mapping[str, bytes] | None = None) -> bytes:
    every = ((0x809, bytes(16)), *records, (0x0A, b""))
    book = b"".join(struct.pack("<HH", number, len(body)) + body for number, body in every)
    return ole({"Workbook": book, **(more or {})})


def ppt(document: bytes = b"", *, token: int = 0xE391C05F) -> bytes:
    return ole({
        "PowerPoint Document": document,
        "Current User": struct.pack("<HHIII", 0, 0x0FF6, 0x20, 0x14, token) + bytes(8),
    })


def record(number: int, body: bytes, *, is_container: bool = True) -> bytes:
    return struct.pack("<HHI", 0xF if is_container else 2, number, len(body)) + body


def package(name: bytes, content: bytes) -> bytes:
    """What "insert object from file" stores: label, path, second path, the file itself."""
    body = b"\x02\0" + name + b"\0" + b"C:\\" + name + b"\0" + b"\0\0\x03\0"
    body += struct.pack("<I", 4) + b"C:\\\0" + struct.pack("<I", len(content)) + content
    return struct.pack("<I", len(body)) + body



GOOD: Mapping[str, bytes] = {
    "report.pdf": pdf(),
    "report.docx": ooxml("docx"),
    "table.xlsx": ooxml("xlsx"),
    "slides.pptx": ooxml("pptx"),
    "text.odt": odf("odt"),
    "table.ods": odf("ods"),
    "slides.odp": odf("odp"),
    "old.doc": doc(),
    "old.xls": xls((0x85, bytes(6) + b"\1\0A")),
    "old.ppt": ppt(record(0x3E8, record(0x7D0, record(0x3FF, record(0x400, bytes(12), is_container=False))))),
    "book.epub": epub(),
    "photo.jpg": picture("JPEG"),
    "photo.jpeg": picture("JPEG"),
    "drawing.png": picture("PNG"),
    "moving.gif": picture("GIF", mode="P"),
    "photo.webp": picture("WEBP"),
    "film.mp4": mp4(),
    "sound.mp3": mp3(tag=id3()),
    "sound.wav": wav(),
    "notes.txt": "Rīgas skola, ģimene, šķūnis\n".encode(),
    "table.csv": b"a;b\r\n1;2\r\n",
    "all.zip": zipped({"one.pdf": pdf(), "folder/two.csv": b"a,b\n1,2\n"}),
}
