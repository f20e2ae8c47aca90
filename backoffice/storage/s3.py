"""A bucket of S3, or of a server that speaks like it, behind the same interface as the folder (STORAGE_URL=s3://…).

Keys are those of the folder under the prefix, so files move between both as they are. An object appears whole or not at
all; what arrives is counted and hashed in a temporary file first, since nobody knows its end before.
"""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, cast

from backoffice.domain.errors import Refused
from backoffice.domain.files import MAX_FILE_BYTES
from backoffice.storage.store import CUT_OFF, KEY, Damaged, Entry, Source, Stored, new_key, pieces, write

PART = 16 * 1024 * 1024


class Away(OSError):
    """The server does not answer, or does not let us."""


class S3Store:
    """Objects `prefix/ab/…` of a bucket. Credentials, region and endpoint come from the usual AWS_ variables."""

    def __init__(self, bucket: str, *, prefix: str = "") -> None:
        self.bucket = bucket
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""

    @cached_property
    def client(self) -> Any:
        """Made when it is first needed: half a second that commands without files need not pay."""
        import boto3
        from botocore.config import Config

        # A server of one's own has no name of its own for each bucket, and may not know the newer checksums.
        has_own = bool(os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL"))
        config = Config(
            connect_timeout=5, read_timeout=60, retries={"mode": "standard", "max_attempts": 3},
            max_pool_connections=64, s3={"addressing_style": "path" if has_own else "auto"},
            request_checksum_calculation="when_required", response_checksum_validation="when_required",
        )
        return boto3.session.Session().client("s3", config=config)

    def put(
        self, source: Source, *, name: str, size: int | None = None, limit: int = MAX_FILE_BYTES
    ) -> Stored:
        with TemporaryDirectory(prefix="store-") as folder:
            path = Path(folder) / "file"
            written, digest = write(source, path, name=name, limit=limit)
            if size is not None and written != size:
                raise Refused(CUT_OFF, field="files", code="upload-incomplete", values={"name": name})
            key = new_key()
            while self.exists(key):
                key = new_key()
            self._send(path, key)
        return Stored(key=key, size=written, sha256=digest)

    def place(self, source: Source, *, key: str, sha256: str) -> None:
        self._name(key)
        with TemporaryDirectory(prefix="store-") as folder:
            path = Path(folder) / "file"
            if write(source, path)[1] != sha256:
                raise Damaged(key)
            self._send(path, key)

    def open(self, key: str) -> BinaryIO:
        reader = _Object(self, self._name(key), size=self.size(key))
        return cast(BinaryIO, reader)

    def stream(self, key: str, *, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        with self.open(key) as file:
            yield from pieces(file, start=start, length=length)

    @contextmanager
    def as_path(self, key: str) -> Iterator[Path]:
        with TemporaryDirectory(prefix="store-") as folder, self.open(key) as source:
            path = Path(folder) / "file"
            write(source, path)
            yield path

    def exists(self, key: str) -> bool:
        return self._head(key) is not None

    def size(self, key: str) -> int:
        found = self._head(key)
        if found is None:
            raise FileNotFoundError(key)
        return int(found["ContentLength"])

    def delete(self, key: str) -> bool:
        if not self.exists(key):
            return False
        with _plainly():
            self.client.delete_object(Bucket=self.bucket, Key=self._name(key))
        return True

    def entries(self) -> Iterator[Entry]:
        with _plainly():
            for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix):
                for found in page.get("Contents", ()):
                    key = found["Key"].removeprefix(self.prefix)
                    if KEY.fullmatch(key):
                        modified_at = found["LastModified"].astimezone(UTC)
                        yield Entry(key=key, size=found["Size"], modified_at=modified_at)

    def forget_unfinished(self, *, before: datetime) -> int:
        """Parts of uploads that were never put together: nobody sees them, but they are paid for."""
        count = 0
        with _plainly():
            pages = self.client.get_paginator("list_multipart_uploads")
            for page in pages.paginate(Bucket=self.bucket, Prefix=self.prefix):
                for found in page.get("Uploads", ()):
                    if found["Initiated"] < before:
                        self.client.abort_multipart_upload(
                            Bucket=self.bucket, Key=found["Key"], UploadId=found["UploadId"]
                        )
                        count += 1
        return count

    def read(self, name: str, *, start: int) -> Any:
        """The body of an object from a byte on."""
        with _plainly():
            return self.client.get_object(Bucket=self.bucket, Key=name, Range=f"bytes={start}-")["Body"]

    def _send(self, path: Path, key: str) -> None:
        from boto3.s3.transfer import TransferConfig

        with _plainly():
            self.client.upload_file(
                str(path), self.bucket, self._name(key), Config=TransferConfig(multipart_chunksize=PART),
            )

    def _head(self, key: str) -> dict[str, Any] | None:
        name = self._name(key)
        try:
            with _plainly():
                return cast("dict[str, Any]", self.client.head_object(Bucket=self.bucket, Key=name))
        except FileNotFoundError:
            return None

    def _name(self, key: str) -> str:
        if not KEY.fullmatch(key):
            raise ValueError("not a key of this store")
        return self.prefix + key


class _Object(io.RawIOBase):
    """An object as a file: asked for from where it is read, so that a range costs no more than its bytes."""

    def __init__(self, store: S3Store, name: str, *, size: int) -> None:
        self.store, self.object_name, self.size = store, name, size
        self.at = 0
        self.body: Any = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        if base + offset != self.at:
            self._let_go()
            self.at = max(0, base + offset)
        return self.at

    def read(self, size: int = -1, /) -> bytes:
        """All that was asked for, but at the end: pieces of the network are no matter of who reads."""
        left = max(0, self.size - self.at) if size < 0 else min(size, max(0, self.size - self.at))
        pieces = []
        while left:
            if self.body is None:
                self.body = self.store.read(self.object_name, start=self.at)
            with _plainly():
                piece = self.body.read(left)
            if not piece:
                raise Away("the object ended early")
            pieces.append(piece)
            self.at, left = self.at + len(piece), left - len(piece)
        return b"".join(pieces)

    def close(self) -> None:
        self._let_go()
        super().close()

    def _let_go(self) -> None:
        if self.body is not None:
            self.body.close()
            self.body = None


@contextmanager
def _plainly() -> Iterator[None]:
    """What is not there is a FileNotFoundError, all other trouble an OSError of one line."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        code = error.response.get("Error", {}).get("Code", "")
        if code == "NoSuchKey" or (status == 404 and code != "NoSuchBucket"):
            raise FileNotFoundError(code) from error
        raise Away(f"S3: {error}") from error
    except (BotoCoreError, Boto3Error) as error:
        raise Away(f"S3: {error}") from error
