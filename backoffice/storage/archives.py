"""ZIP containers: opened once, read through once, within limits (DOMAIN §4: encrypted archives, bombs)."""

import copy
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml import ElementTree as SafeXml

from backoffice.domain import files as domain
from backoffice.domain.errors import N_
from backoffice.storage import heads
from backoffice.storage.look import (
    BOMB,
    ENCRYPTED,
    MAX_RATIO,
    MAX_ZIPS,
    NESTED,
    RATIO_FROM,
    Look,
    bomb,
    damaged,
)

PIECE = 1 << 20
MAX_XML = 16_000_000  # the small parts that say what a document is; their trees stay in memory
_LONGEST_WORD = 64  # of the words that are looked for; so much of a piece is seen again with the next one

UNSAFE_ARCHIVE = N_(
    "“%(name)s” is an archive with links or names that lead out of it, or packed in an unusual way. Pack "
    "the files again as an ordinary ZIP."
)
# What systems add by themselves; no person packed it and no reader opens it.
_LITTER = frozenset({".ds_store", "thumbs.db", "desktop.ini", "ehthumbs.db"})
_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, KeyError, IndexError,
    struct.error,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """An open ZIP whose directory was checked."""

    look: Look
    zip: zipfile.ZipFile
    members: tuple[zipfile.ZipInfo, ...]  # files only

    @property
    def names(self) -> frozenset[str]:
        return frozenset(member.filename for member in self.members)

    def read(self, name: str, *, limit: int = MAX_XML) -> bytes:
        """One small part, whole."""
        info = self.zip.getinfo(name)
        if info.file_size > limit:
            raise bomb(self.look)
        return b"".join(_pieces(self, info))

    def xml(self, name: str) -> Element:
        """One small part as a tree; entities that multiply are a bomb."""
        try:
            root: Element = SafeXml.fromstring(self.read(name))
        except DefusedXmlException as error:
            raise bomb(self.look) from error
        except (ParseError, ValueError, LookupError) as error:
            raise damaged(self.look) from error
        return root

    @contextmanager
    def unpacked(self, info: zipfile.ZipInfo) -> Iterator[Path]:
        """A part as a file of its own, for as long as the block lasts."""
        with NamedTemporaryFile(dir=self.look.folder) as file:
            for piece in _pieces(self, info):
                file.write(piece)
            file.flush()
            yield Path(file.name)

    def walk(
        self, *, words: Callable[[str], tuple[bytes, ...]]
    ) -> Iterator[tuple[zipfile.ZipInfo, frozenset[bytes]]]:
        """Read every part once: programs are refused, checksums compared, and `words` of a part looked for.

        Gives each part with the words (lower case) that were found in it.
        """
        for info in self.members:
            wanted, rest = words(info.filename), b""
            found: set[bytes] = set()
            for number, piece in enumerate(_pieces(self, info)):
                if number == 0 and heads.is_program(piece):
                    raise self.look.refuse(domain.NO_PROGRAM, "file-executable", part=info.filename)
                if wanted:
                    text = rest + piece.lower()
                    found.update(word for word in wanted if word in text)
                    rest = text[-_LONGEST_WORD:]
            yield info, frozenset(found)


@contextmanager
def opened(look: Look) -> Iterator[Archive]:
    """The archive with its directory checked: entries, sizes, ratio, names, encryption."""
    try:
        with zipfile.ZipFile(look.path) as archive:
            everything = archive.infolist()
            _check_directory(look, everything)
            yield Archive(
                look=look, zip=archive, members=tuple(info for info in everything if not info.is_dir())
            )
    except (NotImplementedError, RuntimeError) as error:
        if isinstance(error, RecursionError):
            raise
        raise look.refuse(UNSAFE_ARCHIVE, "file-archive") from error
    except _BROKEN as error:
        raise damaged(look) from error


def check_files(archive: Archive) -> int:
    """A ZIP of files: each is one of the kinds that are taken, judged like an upload of its own; how many."""
    look, count = archive.look, 0
    if look.zips >= MAX_ZIPS:
        raise look.refuse(NESTED, "file-bomb")
    for info in archive.members:
        if _is_litter(info.filename):
            continue
        domain.refuse_name(look.shown(info.filename))
        if info.file_size:
            with archive.unpacked(info) as path:
                look.inner(path, part=info.filename, is_zip=True)
        count += 1
    return count


def _check_directory(look: Look, everything: list[zipfile.ZipInfo]) -> None:
    look.budget.entries -= len(everything)
    declared = sum(info.file_size for info in everything)
    packed = sum(info.compress_size for info in everything)
    if look.budget.entries < 0 or declared > look.budget.unpacked:
        raise look.refuse(BOMB, "file-bomb")
    if declared > RATIO_FROM and declared > MAX_RATIO * look.size:
        raise look.refuse(BOMB, "file-bomb")
    if packed > look.size:  # entries that share the same bytes: a quine or an overlapping bomb
        raise look.refuse(BOMB, "file-bomb")
    if len({info.filename for info in everything}) != len(everything):
        raise damaged(look)  # two programs would show two different files
    for info in everything:
        if info.flag_bits & 0x1:
            raise look.refuse(ENCRYPTED, "file-encrypted")
        parts = info.filename.replace("\\", "/").split("/")
        is_link = stat.S_ISLNK(info.external_attr >> 16)
        if is_link or ".." in parts or parts[0] == "" or parts[0].endswith(":"):
            raise look.refuse(UNSAFE_ARCHIVE, "file-archive", part=info.filename)


def _pieces(archive: Archive, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The true bytes of a part: one with more than it declared is a bomb, one with less is damaged."""
    wider = copy.copy(info)
    wider.file_size = info.file_size + 1
    left = archive.look.budget
    with archive.zip.open(wider) as part:
        file: IO[bytes] = part
        size = 0
        while piece := file.read(PIECE):
            size += len(piece)
            left.unpacked -= len(piece)
            if size > info.file_size or left.unpacked < 0:
                raise bomb(archive.look)
            yield piece
    if size != info.file_size:
        raise damaged(archive.look)


def _is_litter(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return parts[0] == "__MACOSX" or parts[-1].lower() in _LITTER
