"""Logos and screenshots: decoded, painted on a new canvas and written anew (DOMAIN §4 "re-encoded, never SVG").

What a picture carried besides its pixels (place, camera, comments, a file hidden behind its end) is gone then.
"""

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageDraw, ImageOps, UnidentifiedImageError

from backoffice.domain import files as domain
from backoffice.domain.errors import N_, Refused
from backoffice.domain.files import FileKind
from backoffice.domain.ticket_files import Box
from backoffice.storage import heads
from backoffice.storage.heads import Family
from backoffice.storage.look import DAMAGED
from backoffice.storage.media import BROKEN_PICTURE, FORMATS, PICTURE_BOMB, PICTURES

MAX_BYTES = 15_000_000  # a full screen of 8K as PNG
MAX_PIXELS = 50_000_000  # checked in the header, before anything is decoded; 200 MB of pixels
MAX_EDGE = 2000  # twice what a wide page shows
JPEG_QUALITY, WEBP_QUALITY = 88, 90

NOT_A_PICTURE = N_("“%(name)s” is not a picture that is taken. Save it as PNG, JPEG, WebP or GIF and upload that.")
PICTURE_TOO_BIG = N_("“%(name)s” is larger than %(limit)s. Make the picture smaller and upload that.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that we wrote ourselves."""

    content: bytes
    kind: FileKind
    width: int
    height: int

    @property
    def media_type(self) -> str:
        return domain.TYPES[self.kind].media_type


def clean_picture(path: Path, *, name: str, field: str = "logo", max_edge: int = MAX_EDGE) -> Picture:
    """The same picture, written anew; Refused beside `field` for anything else than a PNG, JPEG, WebP or GIF.

    Its name decides nothing: what comes out is named by what it is.
    """
    shown = domain.clean_name(name)
    refuse = _Refusal(name=shown, field=field)
    size = path.stat().st_size
    if not size:
        raise refuse(domain.EMPTY, "file-empty")
    if size > MAX_BYTES:
        raise refuse(PICTURE_TOO_BIG, "file-too-big", limit=f"{MAX_BYTES // 1_000_000} MB")
    family = _family(path, refuse)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(path, formats=FORMATS[family]) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise refuse(PICTURE_BOMB, "file-bomb")
                return _written(_painted(picture, max_edge=max_edge), family)
    except UnidentifiedImageError as error:
        raise refuse(DAMAGED, "file-damaged") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise refuse(PICTURE_BOMB, "file-bomb") from error
    except BROKEN_PICTURE as error:
        raise refuse(DAMAGED, "file-damaged") from error


_FAMILIES = {FileKind.JPEG: Family.JPEG, FileKind.PNG: Family.PNG, FileKind.WEBP: Family.WEBP}


def black_out(source: BinaryIO, *, kind: FileKind, boxes: Sequence[Box]) -> Picture:
    """A picture that we wrote ourselves, written anew with black in the place of what was in the boxes (S16)."""
    family = _FAMILIES[kind]
    with Image.open(source, formats=FORMATS[family]) as picture:
        canvas = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    pen = ImageDraw.Draw(canvas)
    for box in boxes:
        pen.rectangle((box.left, box.top, box.right - 1, box.bottom - 1), fill="black")
    return _written(canvas, family)


def measured(source: BinaryIO, *, kind: FileKind) -> tuple[int, int]:
    """Width and height of a picture that we wrote ourselves."""
    with Image.open(source, formats=FORMATS[_FAMILIES[kind]]) as picture:
        return picture.size


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal:
    name: str
    field: str

    def __call__(self, message: str, code: str, *, limit: str = "") -> Refused:
        return Refused(message, field=self.field, code=code, values={"name": self.name, "limit": limit})


def _family(path: Path, refuse: _Refusal) -> Family:
    with path.open("rb") as file:
        head = file.read(4096)
    family = heads.family(head)
    if family is Family.PAGE:
        raise refuse(domain.NO_PAGES, "file-script")
    if heads.is_program(head):
        raise refuse(domain.NO_PROGRAM, "file-executable")
    if family not in PICTURES:
        raise refuse(NOT_A_PICTURE, "file-type")
    return family


def _painted(picture: Image.Image, *, max_edge: int) -> Image.Image:
    """The first frame, upright, no larger than needed, on a canvas that never saw the file."""
    if picture.format in {"JPEG", "MPO"}:
        picture.draft("RGB", (max_edge, max_edge))
    turned = ImageOps.exif_transpose(picture)
    mode = "RGBA" if turned.has_transparency_data else "RGB"
    turned = turned.convert(mode)
    turned.thumbnail((max_edge, max_edge), Image.Resampling.LANCZOS)
    canvas = Image.new(mode, turned.size)
    canvas.paste(turned)
    return canvas


def _written(canvas: Image.Image, family: Family) -> Picture:
    """JPEG and WebP stay what they were; PNG and the first frame of a GIF become PNG."""
    out = io.BytesIO()
    if family is Family.JPEG:
        kind = FileKind.JPEG
        canvas.convert("RGB").save(out, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)
    elif family is Family.WEBP:
        kind = FileKind.WEBP
        canvas.save(out, "WEBP", quality=WEBP_QUALITY, method=4)
    else:
        kind = FileKind.PNG
        canvas.save(out, "PNG", optimize=True)
    return Picture(content=out.getvalue(), kind=kind, width=canvas.width, height=canvas.height)
