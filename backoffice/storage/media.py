"""Pictures, sound and video: whole, of the kind that they say, and no bomb (DOMAIN §4)."""

import struct
import warnings
from collections.abc import Iterator
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from backoffice.domain import files as domain
from backoffice.domain.errors import N_
from backoffice.domain.files import FileKind
from backoffice.storage import heads
from backoffice.storage.heads import Family
from backoffice.storage.look import NOT_WHAT_IT_SAYS, Look, damaged

# The largest telephones take 200 million pixels; a poster A0 at 300 dpi has 140 million.
MAX_PIXELS = 250_000_000
# Above this many pixels, unpacked bytes for one stored byte: 12,000 × 12,000 of one colour has a thousand.
PIXEL_RATIO_FROM, MAX_PIXEL_RATIO = 40_000_000, 300
# Pictures up to this size are decoded to see that they are whole; larger ones have their headers checked
# only.
DECODED_PIXELS = 30_000_000
MAX_FRAMES = 2_000  # of an animation; more is a video
MAX_BOXES = 100_000  # a stream cut into seconds has two for each

PICTURE_BOMB = N_(
    "“%(name)s” has far more pixels than a screen or a printer can use. Make the picture smaller and "
    "upload that."
)
FORMATS = {Family.JPEG: ("JPEG", "MPO"), Family.PNG: ("PNG",), Family.GIF: ("GIF",), Family.WEBP: ("WEBP",)}
_KINDS = {
    Family.JPEG: FileKind.JPEG, Family.PNG: FileKind.PNG, Family.GIF: FileKind.GIF,
    Family.WEBP: FileKind.WEBP,
}
PICTURES = frozenset(_KINDS)
# What the decoders of the library raise for damaged bytes, besides their own error.
BROKEN_PICTURE = (
    OSError, SyntaxError, ValueError, IndexError, KeyError, TypeError, struct.error, EOFError, Warning,
)


def check_picture(look: Look, family: Family) -> FileKind:
    """What its bytes hold by chance is no ground to refuse it: compressed pixels may spell anything."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(look.path, formats=FORMATS[family]) as picture:
                _check_size(look, picture)
                _check_whole(look, picture)
    except UnidentifiedImageError as error:
        raise damaged(look) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise look.refuse(PICTURE_BOMB, "file-bomb") from error
    except BROKEN_PICTURE as error:
        raise damaged(look) from error
    return _KINDS[family]


def _check_size(look: Look, picture: Image.Image) -> None:
    width, height = picture.size
    pixels = width * height
    unpacked = pixels * len(picture.getbands())
    is_bomb = pixels > PIXEL_RATIO_FROM and unpacked > MAX_PIXEL_RATIO * look.size
    if pixels > MAX_PIXELS or is_bomb:
        raise look.refuse(PICTURE_BOMB, "file-bomb")


def _check_whole(look: Look, picture: Image.Image) -> None:
    """Decode, so that a picture cut off in the middle is found now and not by its reader."""
    frames = getattr(picture, "n_frames", 1)
    if frames > MAX_FRAMES:
        raise look.refuse(PICTURE_BOMB, "file-bomb")
    if picture.format in {"JPEG", "MPO"}:
        picture.draft("RGB", (1, 1))  # decodes every block, at an eighth of the size
        picture.load()
    elif picture.width * picture.height <= DECODED_PIXELS:
        picture.load()
    else:
        picture.verify()


def check_video(look: Look) -> FileKind:
    """An MP4: `ftyp` first, `moov` and the data there, no box beyond the end."""
    with look.path.open("rb") as file:
        boxes = dict(_boxes(look, file))
    if b"ftyp" not in boxes:
        raise look.refuse(domain.TAKE_MP4, "file-type")  # QuickTime of before 2001
    brands = boxes[b"ftyp"]
    major, others = brands[:4], {brands[place : place + 4] for place in range(8, len(brands) - 3, 4)}
    if major in _PICTURE_BRANDS:
        raise look.refuse(domain.TAKE_JPEG, "file-type")
    if major in _SOUND_BRANDS:
        raise look.refuse(domain.TAKE_MP3, "file-type")
    if major == b"qt  " or not {major, *others} & _VIDEO_BRANDS:
        raise look.refuse(domain.TAKE_MP4, "file-type")
    if b"moov" not in boxes or not {b"mdat", b"moof"} & boxes.keys():
        raise damaged(look)
    return FileKind.MP4


_VIDEO_BRANDS = {
    b"isom", *(b"iso%d" % number for number in range(2, 10)), b"mp41", b"mp42", b"mp71", b"avc1",
    b"M4V ", b"M4VP", b"M4VH", b"mmp4", b"MSNV", b"dash", b"f4v ", b"3gp4", b"3gp5", b"3gp6", b"XAVC",
}
_SOUND_BRANDS = {b"M4A ", b"M4B ", b"M4P "}
_PICTURE_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis", b"crx "}


def _boxes(look: Look, file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Names of the outer boxes, with the first 256 bytes of each."""
    place, end = 0, look.size
    for _ in range(MAX_BOXES):
        if place >= end:
            return
        file.seek(place)
        head = file.read(16)
        if len(head) < 8:
            if place and not head.strip(b"\0"):
                return  # some cameras fill up with zeros
            raise damaged(look)
        length, name = struct.unpack(">I4s", head[:8])
        used = 8
        if length == 1 and len(head) == 16:
            length, used = struct.unpack(">Q", head[8:])[0], 16
        elif length == 0:
            if name == b"\0\0\0\0" and place:
                return
            length = end - place  # the last box reaches to the end
        if length < used or place + length > end:
            raise damaged(look)
        file.seek(place + used)
        yield name, file.read(min(256, length - used))
        place += length
    raise damaged(look)


def check_mp3(look: Look) -> FileKind:
    """Sound of layer III, with a tag before it or none at all."""
    head = look.head(10)
    start = 0
    if heads.is_tagged(head):
        size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
        start = 10 + size + (10 if head[5] & 0x10 else 0)
    with look.path.open("rb") as file:
        file.seek(start)
        sound = file.read(1 << 16).lstrip(b"\0")  # padding behind a tag
    length = heads.frame_length(sound[:4])
    if not length:
        raise look.refuse(NOT_WHAT_IT_SAYS, "file-mismatch")
    follows = heads.frame_length(sound[length : length + 4])
    if not follows and _reads_as_text(sound[4:516]):
        raise look.refuse(NOT_WHAT_IT_SAYS, "file-mismatch")  # four bytes of sound before a text
    return FileKind.MP3


def _reads_as_text(sample: bytes) -> bool:
    printable = sum(0x20 <= byte < 0x7F or byte in b"\t\r\n" for byte in sample)
    return bool(sample) and printable > 0.9 * len(sample)


def check_wav(look: Look) -> FileKind:
    """RIFF chunks: the format of the sound, then the sound."""
    with look.path.open("rb") as file:
        place, end, has_format = 12, look.size, False
        for _ in range(MAX_BOXES):
            file.seek(place)
            head = file.read(8)
            if len(head) < 8:
                break
            name, length = struct.unpack("<4sI", head)
            if name == b"fmt ":
                has_format = length >= 16 and place + 8 + length <= end
            if name == b"data" and has_format:
                return FileKind.WAV  # its length is often left open by recorders
            place += 8 + length + length % 2
    raise damaged(look)
