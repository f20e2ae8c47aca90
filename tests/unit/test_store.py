"""Where bytes live: whole or not at all, under names that mean nothing."""

import hashlib
import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backoffice.domain.errors import Refused
from backoffice.storage import store as module
from backoffice.storage.store import LocalStore, open_store


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "files")


def everything(store: LocalStore) -> list[Path]:
    return [path for path in store.root.rglob("*") if path.is_file()]


class Breaking:
    """A body whose connection is lost after some bytes."""

    def __init__(self) -> None:
        self.reads = 0

    def read(self, size: int, /) -> bytes:
        self.reads += 1
        if self.reads > 2:
            raise ConnectionResetError("gone")
        return b"x" * min(size, 1000)


def test_put_gives_size_and_hash_and_reads_back(store: LocalStore) -> None:
    body = os.urandom(3 * module.READ + 17)
    stored = store.put(io.BytesIO(body), name="a.bin", size=len(body))
    assert (stored.size, stored.sha256) == (len(body), hashlib.sha256(body).hexdigest())
    with store.open(stored.key) as file:
        assert file.read() == body
    assert b"".join(store.stream(stored.key)) == body
    assert b"".join(store.stream(stored.key, start=5, length=module.READ)) == body[5 : 5 + module.READ]
    assert b"".join(store.stream(stored.key, start=len(body) - 2)) == body[-2:]
    assert store.exists(stored.key)
    assert store.size(stored.key) == len(body)


def test_put_reads_in_pieces_and_never_all_at_once(store: LocalStore) -> None:
    sizes = []

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            sizes.append(size)
            return super().read(size)

    store.put(Watched(b"x" * (2 * module.READ)), name="a.bin")
    assert set(sizes) == {module.READ}


def test_lost_connection_leaves_nothing(store: LocalStore) -> None:
    with pytest.raises(ConnectionResetError):
        store.put(Breaking(), name="a.bin")
    assert everything(store) == []


def test_short_body_is_refused_and_leaves_nothing(store: LocalStore) -> None:
    with pytest.raises(Refused) as refused:
        store.put(io.BytesIO(b"12345"), name="a.bin", size=6)
    assert refused.value.code == "upload-incomplete"
    assert everything(store) == []


def test_one_byte_over_the_limit_is_refused_without_reading_the_rest(store: LocalStore) -> None:
    store.put(io.BytesIO(b"x" * 10), name="a.bin", limit=10)

    class Endless:
        reads = 0

        def read(self, size: int, /) -> bytes:
            self.reads += 1
            return b"x" * size

    endless = Endless()
    with pytest.raises(Refused) as refused:
        store.put(endless, name="a.bin", limit=3 * module.READ)
    assert refused.value.code == "file-too-big"
    assert endless.reads == 4
    assert len(everything(store)) == 1


def test_same_bytes_twice_are_two_files(store: LocalStore) -> None:
    one, two = (store.put(io.BytesIO(b"same"), name="a.bin") for _ in range(2))
    assert one.key != two.key
    assert store.delete(one.key)
    assert store.exists(two.key)
    assert not store.delete(one.key)


def test_put_never_overwrites_even_when_a_key_comes_twice(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = iter(["ab/" + "0" * 30, "ab/" + "0" * 30, "ab/" + "1" * 30])
    monkeypatch.setattr(module, "new_key", lambda: next(keys))
    first = store.put(io.BytesIO(b"first"), name="a.bin")
    second = store.put(io.BytesIO(b"second"), name="a.bin")
    assert first.key != second.key
    assert b"".join(store.stream(first.key)) == b"first"


@pytest.mark.parametrize("name", ["../../evil.pdf", "/etc/passwd", "..\\evil", "a\x00b", "ķēde 💡.pdf", "x" * 5000, ""])
def test_name_never_becomes_part_of_a_path(store: LocalStore, name: str) -> None:
    stored = store.put(io.BytesIO(b"x"), name=name)
    assert [path.relative_to(store.root).as_posix() for path in everything(store)] == [stored.key]


@pytest.mark.parametrize(
    "key",
    [
        "../outside",
        "ab/../../outside",
        "/etc/passwd",
        "ab/" + "0" * 29,
        "AB/" + "0" * 30,
        "",
        ".incoming/x",
        "ab/" + "0" * 30 + "/../x",
        "ab/" + "0" * 30 + "\n",
        "ab\\" + "0" * 30,
    ],
)
def test_key_that_is_none_of_ours_is_refused(store: LocalStore, key: str) -> None:
    (store.root.parent / "outside").write_bytes(b"secret")
    for use in (store.open, store.exists, store.size, store.delete):
        with pytest.raises(ValueError, match="not a key"):
            use(key)
    with pytest.raises(ValueError, match="not a key"), store.as_path(key):
        pass


def test_missing_file_is_not_found(store: LocalStore) -> None:
    key = "ab/" + "0" * 30
    assert not store.exists(key)
    with pytest.raises(FileNotFoundError):
        store.open(key)
    with pytest.raises(FileNotFoundError), store.as_path(key):
        pass


def test_entries_lists_what_is_stored_and_nothing_else(store: LocalStore) -> None:
    stored = store.put(io.BytesIO(b"12"), name="a.bin")
    (store.root / ".incoming" / "half").write_bytes(b"1")
    (store.root / "README").write_bytes(b"1")
    assert [(entry.key, entry.size) for entry in store.entries()] == [(stored.key, 2)]


def test_unfinished_files_of_a_killed_process_are_forgotten(store: LocalStore) -> None:
    now = datetime.now(UTC)
    old, young = store.root / ".incoming" / "old", store.root / ".incoming" / "young"
    old.write_bytes(b"1")
    young.write_bytes(b"1")
    two_days_ago = (now - timedelta(days=2)).timestamp()
    os.utime(old, (two_days_ago, two_days_ago))
    assert store.forget_unfinished(before=now - timedelta(days=1)) == 1
    assert not old.exists()
    assert young.exists()


def test_open_store_takes_a_folder_and_says_plainly_what_it_does_not_take(tmp_path: Path) -> None:
    store = open_store(f"file://{tmp_path}/with%20blank")
    assert isinstance(store, LocalStore)
    assert store.root == tmp_path / "with blank"
    for url in ("s3://bucket/prefix", "file://", "file:///", "file://host/share", "files", ""):
        with pytest.raises(ValueError, match="STORAGE_URL"):
            open_store(url)
