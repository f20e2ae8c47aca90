"""What the tests of contents ask: what a file is found to be, with which code and words it is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pikepdf import AttachedFileSpec, Pdf

from backoffice.domain.errors import Refused
from backoffice.storage import sniff
from backoffice.storage.look import Inspected

Inspect = Callable[[bytes, str], Inspected]


def inspect_in(folder: Path) -> Inspect:
    """The content lies under a key that says nothing, as in the store."""

    def call(content: bytes, name: str) -> Inspected:
        path = folder / "0123456789abcdef"
        path.write_bytes(content)
        return sniff.examine(path, name=name)

    return call


def code(inspect: Inspect, content: bytes, name: str) -> str:
    with pytest.raises(Refused) as refused:
        inspect(content, name)
    assert refused.value.field == "files"
    assert refused.value.message % refused.value.values  # every place in the sentence is filled
    return refused.value.code


def words(inspect: Inspect, content: bytes, name: str) -> str:
    with pytest.raises(Refused) as refused:
        inspect(content, name)
    return refused.value.message % refused.value.values


def attach(**files: bytes) -> Callable[[Pdf], None]:
    def change(pdf: Pdf) -> None:
        for name, content in files.items():
            file = name.replace("_", ".")
            pdf.attachments[file] = AttachedFileSpec(pdf, content, filename=file)

    return change
