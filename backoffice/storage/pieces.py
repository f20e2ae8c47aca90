"""A file that arrived in pieces, read as one; and a body that may break off, of which what came is kept."""

from collections.abc import Sequence
from typing import BinaryIO

from backoffice.storage.store import Source, Store


class Joined:
    """The bytes of several keys, one after the other."""

    def __init__(self, store: Store, keys: Sequence[str]) -> None:
        self._store, self._left = store, list(keys)
        self._file: BinaryIO | None = None

    def read(self, size: int, /) -> bytes:
        while self._file is not None or self._left:
            if self._file is None:
                try:
                    self._file = self._store.open(self._left.pop(0))
                except FileNotFoundError:  # moved to another store since: who counts the bytes refuses it
                    return b""
            piece = self._file.read(size)
            if piece:
                return piece
            self.close()
        return b""

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class Kept:
    """A lost connection is the end of what came, not the end of all: `is_cut` tells it."""

    def __init__(self, source: Source, *, trouble: type[Exception]) -> None:
        self._source, self._trouble = source, trouble
        self.is_cut = False

    def read(self, size: int, /) -> bytes:
        if self.is_cut:
            return b""
        try:
            return self._source.read(size)
        except (OSError, self._trouble):
            self.is_cut = True
            return b""
