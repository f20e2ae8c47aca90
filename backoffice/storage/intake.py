"""From a stream to a checked file in the store: what the views hand to `services.files`.

Everything slow happens here, before the transaction opens. When the block raises (a guard says no, the
database fails), the bytes go again; after a crash the sweep of files without a row finds them.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from backoffice.domain import files as domain
from backoffice.domain.files import FileKind
from backoffice.storage import apart, pictures
from backoffice.storage.pictures import MAX_EDGE, Picture
from backoffice.storage.store import READ, Source, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file whose bytes are stored and whose content was looked into; it has no row yet."""

    name: str  # cleaned, with the right ending
    key: str
    size: int
    sha256: str
    media_type: str
    kind: FileKind


@contextmanager
def taken_in(store: Store, source: Source, *, name: str, size: int | None = None) -> Iterator[Upload]:
    """A file of a result (S7, S11): refused by name, size or content with a code and the way out."""
    with all_taken_in(store, [(source, name)], size=size) as uploads:
        yield uploads[0]


@contextmanager
def all_taken_in(
    store: Store, sources: Sequence[tuple[Source, str]], *, size: int | None = None
) -> Iterator[list[Upload]]:
    """Several files, each with its name, in their order and looked into together: all of them or none. `size` bytes
    in each, where that is known."""
    names = [domain.clean_name(name) for _source, name in sources]
    for shown in names:
        domain.refuse_name(shown)
    with ExitStack() as stored:
        kept = []
        for (source, _name), shown in zip(sources, names, strict=True):
            kept.append(store.put(source, name=shown, size=size))
            stored.callback(store.delete, kept[-1].key)
        with ExitStack() as paths:
            found = apart.inspect_all([
                (paths.enter_context(store.as_path(file.key)), shown) for file, shown in zip(kept, names, strict=True)
            ])
        yield [
            Upload(
                name=look.name, key=file.key, size=file.size, sha256=file.sha256,
                media_type=look.media_type, kind=look.kind,
            )
            for file, look in zip(kept, found, strict=True)
        ]
        stored.pop_all()  # nothing went wrong: the bytes stay


@contextmanager
def picture_taken_in(
    store: Store, source: Source, *, name: str, field: str, max_edge: int = MAX_EDGE
) -> Iterator[Upload]:
    """A logo or a screenshot (S5, S16): only the picture that we wrote anew is stored; Refused beside `field`."""
    with all_pictures_taken_in(store, [(source, name)], field=field, max_edge=max_edge) as uploads:
        yield uploads[0]


@contextmanager
def all_pictures_taken_in(
    store: Store, sources: Sequence[tuple[Source, str]], *, field: str, max_edge: int = MAX_EDGE
) -> Iterator[list[Upload]]:
    """Several pictures, each with its name, in their order: all of them or none."""
    if not sources:
        yield []
        return
    with ExitStack() as stack:
        files = []
        for source, name in sources:
            file = stack.enter_context(NamedTemporaryFile(prefix="picture-"))
            _copy(source, file)
            files.append((Path(file.name), name))
        pictures = apart.clean_all(files, field=field, max_edge=max_edge)
    with ExitStack() as stack:
        yield [
            stack.enter_context(put_picture(store, picture, name=name))
            for (_source, name), picture in zip(sources, pictures, strict=True)
        ]


@contextmanager
def put_picture(store: Store, picture: Picture, *, name: str) -> Iterator[Upload]:
    """A picture that we wrote, stored under the ending that it has now."""
    shown = domain.with_ending(domain.clean_name(name), picture.kind)
    stored = store.put(io.BytesIO(picture.content), name=shown)
    try:
        yield Upload(
            name=shown, key=stored.key, size=stored.size, sha256=stored.sha256,
            media_type=picture.media_type, kind=picture.kind,
        )
    except BaseException:
        store.delete(stored.key)
        raise


def _copy(source: Source, file: IO[bytes]) -> None:
    """No more than one byte over the limit: then the picture is refused as too large whatever follows."""
    left = pictures.MAX_BYTES + 1
    while left > 0 and (piece := source.read(min(READ, left))):
        file.write(piece)
        left -= len(piece)
    file.flush()
