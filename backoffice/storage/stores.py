"""Which store an address names."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from backoffice.storage.s3 import S3Store
from backoffice.storage.store import LocalStore, Store

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def open_store(url: str) -> Store:
    """The store that STORAGE_URL names; a ValueError of one plain sentence when it names none of ours."""
    parts = urlsplit(url)
    if parts.scheme == "s3":
        if not _BUCKET.fullmatch(parts.netloc) or parts.query or parts.fragment:
            raise ValueError("STORAGE_URL needs a bucket and may have a prefix, such as s3://results/files.")
        return S3Store(parts.netloc, prefix=unquote(parts.path))
    if parts.scheme != "file":
        raise ValueError("STORAGE_URL must begin with file:/// (a folder of this machine) or s3:// (a bucket).")
    if parts.netloc not in {"", "localhost"} or not parts.path.strip("/"):
        raise ValueError("STORAGE_URL needs the whole path of a folder, such as file:///srv/results/files.")
    return LocalStore(Path(unquote(parts.path)))
