"""Where bytes live: whole or not at all, under names that mean nothing."""

import hashlib
import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backoffice.domain.errors import Refused
from backoffice.storage import s3
from backoffice.storage import store as module
from backoffice.storage.s3 import Away, S3Store
from backoffice.storage.store import Damaged, LocalStore, Store
from backoffice.storage.stores import open_store
from tests.support.s3 import ACCESS


@pytest.fixture
def folder(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "files")


@pytest.fixture(params=["folder", pytest.param("s3_url", marks=pytest.mark.slow)])
def store(request: pytest.FixtureRequest) -> Store:
    """What is asked of one is asked of the other."""
    given = request.getfixturevalue(request.param)
    return open_store(given) if isinstance(given, str) else given


def everything(store: Store) -> list[str]:
    """Every file that lies there, named by a key or not."""
    if isinstance(store, LocalStore):
        return [path.relative_to(store.root).as_posix() for path in store.root.rglob("*") if path.is_file()]
    return [entry.key for entry in store.entries()]


class Breaking:
    """A body whose connection is lost after some bytes."""

    def __init__(self) -> None:
        self.reads = 0

    def read(self, size: int, /) -> bytes:
        self.reads += 1
        if self.reads > 2:
            raise ConnectionResetError("gone")
        return b"x" * min(size, 1000)


def test_put_gives_size_and_hash_and_reads_back(store: Store) -> None:
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


def test_put_reads_in_pieces_and_never_all_at_once(store: Store) -> None:
    sizes = []

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            sizes.append(size)
            return super().read(size)

    store.put(Watched(b"x" * (2 * module.READ)), name="a.bin")
    assert set(sizes) == {module.READ}


def test_lost_connection_leaves_nothing(store: Store) -> None:
    with pytest.raises(ConnectionResetError):
        store.put(Breaking(), name="a.bin")
    assert everything(store) == []


def test_short_body_is_refused_and_leaves_nothing(store: Store) -> None:
    with pytest.raises(Refused) as refused:
        store.put(io.BytesIO(b"12345"), name="a.bin", size=6)
    assert refused.value.code == "upload-incomplete"
    assert everything(store) == []


def test_one_byte_over_the_limit_is_refused_without_reading_the_rest(store: Store) -> None:
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


def test_same_bytes_twice_are_two_files(store: Store) -> None:
    one, two = (store.put(io.BytesIO(b"same"), name="a.bin") for _ in range(2))
    assert one.key != two.key
    assert store.delete(one.key)
    assert store.exists(two.key)
    assert not store.delete(one.key)


def test_put_never_overwrites_even_when_a_key_comes_twice(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = iter(["ab/" + "0" * 30, "ab/" + "0" * 30, "ab/" + "1" * 30])
    for place in (module, s3):
        monkeypatch.setattr(place, "new_key", lambda: next(keys))
    first = store.put(io.BytesIO(b"first"), name="a.bin")
    second = store.put(io.BytesIO(b"second"), name="a.bin")
    assert first.key != second.key
    assert b"".join(store.stream(first.key)) == b"first"


@pytest.mark.parametrize("name", ["../../evil.pdf", "/etc/passwd", "..\\evil", "a\x00b", "ķēde 💡.pdf", "x" * 5000, ""])
def test_name_never_becomes_part_of_a_path(store: Store, name: str) -> None:
    stored = store.put(io.BytesIO(b"x"), name=name)
    assert everything(store) == [stored.key]


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
def test_key_that_is_none_of_ours_is_refused(store: Store, key: str) -> None:
    for use in (store.open, store.exists, store.size, store.delete):
        with pytest.raises(ValueError, match="not a key"):
            use(key)
    with pytest.raises(ValueError, match="not a key"), store.as_path(key):
        pass


def test_missing_file_is_not_found(store: Store) -> None:
    key = "ab/" + "0" * 30
    assert not store.exists(key)
    with pytest.raises(FileNotFoundError):
        store.open(key)
    with pytest.raises(FileNotFoundError), store.as_path(key):
        pass


def test_entries_lists_what_is_stored_and_nothing_else(store: Store) -> None:
    before = datetime.now(UTC) - timedelta(minutes=1)
    stored = store.put(io.BytesIO(b"12"), name="a.bin")
    if isinstance(store, LocalStore):
        (store.root / ".incoming" / "half").write_bytes(b"1")
        (store.root / "README").write_bytes(b"1")
    else:
        assert isinstance(store, S3Store)
        store.client.put_object(Bucket=store.bucket, Key=store.prefix + "README", Body=b"1")
    assert all(entry.modified_at > before for entry in store.entries())
    assert [(entry.key, entry.size) for entry in store.entries()] == [(stored.key, 2)]


def test_place_keeps_the_key_and_takes_no_other_bytes(store: Store) -> None:
    key, digest = "ab/" + "0" * 30, hashlib.sha256(b"right").hexdigest()
    store.place(io.BytesIO(b"right"), key=key, sha256=digest)
    store.place(io.BytesIO(b"right"), key=key, sha256=digest)
    with pytest.raises(Damaged):
        store.place(io.BytesIO(b"wrong"), key=key, sha256=digest)
    assert module.digest(store, key) == (5, digest)
    assert everything(store) == [key]


def test_reader_goes_to_where_it_is_sent(store: Store) -> None:
    key = store.put(io.BytesIO(b"0123456789"), name="a.bin").key
    with store.open(key) as file:
        assert (file.seekable(), file.read(2), file.seek(7), file.read(2), file.tell()) == (True, b"01", 7, b"78", 9)
        assert (file.read(), file.read(), file.seek(0), file.read(1)) == (b"9", b"", 0, b"0")


@pytest.mark.slow
def test_parts_of_a_killed_upload_to_a_bucket_are_forgotten(s3_url: str) -> None:
    store = open_store(s3_url)
    assert isinstance(store, S3Store)
    store.client.create_multipart_upload(Bucket=store.bucket, Key=store.prefix + "ab/" + "0" * 30)
    # The server of the tests dates all of them to 2010.
    assert store.forget_unfinished(before=datetime(2009, 1, 1, tzinfo=UTC)) == 0
    assert store.forget_unfinished(before=datetime.now(UTC)) == 1


def test_bucket_that_is_away_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**ACCESS, "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Away) as trouble:
        open_store("s3://results").put(io.BytesIO(b"1"), name="a.bin")
    assert "\n" not in str(trouble.value)


def test_unfinished_files_of_a_killed_process_are_forgotten(folder: LocalStore) -> None:
    store = folder
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
    bucket = open_store("s3://results-lv/some%20where/")
    assert isinstance(bucket, S3Store)
    assert (bucket.bucket, bucket.prefix) == ("results-lv", "some where/")
    wrong = ("s3://", "s3://A_B/x", "s3://bucket?x=1", "ftp://host/x")
    for url in (*wrong, "file://", "file:///", "file://host/share", "files", ""):
        with pytest.raises(ValueError, match="STORAGE_URL"):
            open_store(url)
