"""From streams to checked files of a ticket in the store, before the transaction opens (S16; DOMAIN §4)."""

import io
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

from backoffice.domain import ticket_files as domain
from backoffice.domain.errors import Refused
from backoffice.domain.files import FileKind
from backoffice.domain.ticket_files import Box
from backoffice.storage import heads, pictures
from backoffice.storage.intake import Upload, all_pictures_taken_in, picture_taken_in, put_picture, taken_in
from backoffice.storage.media import PICTURES
from backoffice.storage.store import Store

HEAD = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One file as it arrived; `source` stands at its first byte and can be wound back."""

    name: str
    source: BinaryIO


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of the files of a mail: each piece by its place is an upload or a refusal in words."""

    pictures: dict[int, Upload] = field(default_factory=dict)  # written anew by us
    files: dict[int, Upload] = field(default_factory=dict)
    refused: dict[int, Refused] = field(default_factory=dict)


@contextmanager
def pictures_taken_in(
    store: Store, pieces: Sequence[Piece], *, field: str = "screenshots", count_before: int = 0
) -> Iterator[list[Upload]]:
    """Screenshots of a form in their order: all of them or, Refused beside `field`, none. `count_before`: so many have
    arrived already."""
    domain.refuse_pictures(count=count_before + len(pieces), size=sum(map(_size, pieces)), field=field)
    with all_pictures_taken_in(store, [(piece.source, piece.name) for piece in pieces], field=field) as uploads:
        yield uploads


@contextmanager
def anything_taken_in(store: Store, pieces: Sequence[Piece]) -> Iterator[Taken]:
    """Files of a mail: pictures are written anew, others are checked as every upload is; one that is refused does not
    keep the others out."""
    taken = Taken()
    with ExitStack() as stack:
        for place, piece in enumerate(pieces):
            try:
                if _is_picture(piece):
                    taking = picture_taken_in(store, piece.source, name=piece.name, field="files")
                    taken.pictures[place] = stack.enter_context(taking)
                else:
                    taken.files[place] = stack.enter_context(taken_in(store, piece.source, name=piece.name))
            except Refused as refused:
                taken.refused[place] = refused
        yield taken


@contextmanager
def blacked_out(
    store: Store, key: str, *, name: str, kind: FileKind, boxes: Sequence[Box]
) -> Iterator[Upload]:
    """A stored picture of ours with black in the place of what was in the boxes, stored as a new one."""
    with store.open(key) as source:
        picture = pictures.black_out(source, kind=kind, boxes=boxes)
    with put_picture(store, picture, name=name) as upload:
        yield upload


def _is_picture(piece: Piece) -> bool:
    head = piece.source.read(HEAD)
    piece.source.seek(0)
    return heads.family(head) in PICTURES


def _size(piece: Piece) -> int:
    size = piece.source.seek(0, io.SEEK_END)
    piece.source.seek(0)
    return size
