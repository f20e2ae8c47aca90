"""Look into a file in a process of its own: a hostile file can at worst end that process.

Libraries that read PDF, pictures and old Office files are large and written in C; a crafted file may make
them take all memory, turn for ever, or crash. The child has limits for memory and time, no settings and no
secrets in its environment, and only answers.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from backoffice.domain import files as domain
from backoffice.domain.errors import N_, Refused
from backoffice.domain.files import FileKind
from backoffice.storage.look import Inspected
from backoffice.storage.pictures import MAX_EDGE, Picture, clean_picture

MAX_SECONDS = 60  # reading 1 GiB of parts takes some ten; a person waits no longer
MAX_MEMORY = 2 << 30  # address space, of which libraries alone take 300 MB
MAX_WRITTEN = 1 << 30  # one unpacked part on disk
ROOT = Path(__file__).parents[2]

TOO_MUCH = N_(
    "“%(name)s” takes too long or too much memory to check. Save it again in its own program, make it "
    "smaller, or save it as PDF, and upload that."
)


def inspect(path: Path, *, name: str) -> Inspected:
    """What the file is, by its content, or Refused with a stable code, the reason and the way out."""
    return inspect_all([(path, name)])[0]


def inspect_all(files: Sequence[tuple[Path, str]]) -> list[Inspected]:
    """Several files, each with its name, in one process and its limits. Refused for the first that is."""
    asked = [{"path": str(path.resolve()), "name": domain.clean_name(name)} for path, name in files]
    for (path, _name), one in zip(files, asked, strict=True):
        domain.refuse_name(one["name"])
        domain.refuse_size(one["name"], path.stat().st_size)
    with TemporaryDirectory(prefix="apart-") as folder:
        found = _ask({"files": asked, "name": _names(asked)}, folder=folder, field="files")
    return [Inspected(**{**one, "kind": FileKind(one["kind"])}) for one in found["files"]]


def clean(path: Path, *, name: str, field: str, max_edge: int = MAX_EDGE) -> Picture:
    """The picture written anew (`pictures.clean_picture`), or Refused beside `field`."""
    return clean_all([(path, name)], field=field, max_edge=max_edge)[0]


def clean_all(files: Sequence[tuple[Path, str]], *, field: str, max_edge: int = MAX_EDGE) -> list[Picture]:
    """Several pictures, each with its name, in one process: its start takes longer than most pictures do. Refused for
    the first that is."""
    with TemporaryDirectory(prefix="apart-") as folder:
        asked: list[dict[str, Any]] = [
            {"path": str(path.resolve()), "name": domain.clean_name(name), "field": field, "max_edge": max_edge,
             "out": str(Path(folder) / str(place))}
            for place, (path, name) in enumerate(files)
        ]
        found = _ask({"pictures": asked, "name": _names(asked)}, folder=folder, field=field)
        return [
            Picture(**{**picture, "kind": FileKind(picture["kind"]), "content": Path(one["out"]).read_bytes()})
            for one, picture in zip(asked, found["pictures"], strict=True)
        ]


def _names(asked: Sequence[dict[str, Any]]) -> str:
    return ", ".join(one["name"] for one in asked)


def _ask(asked: dict[str, Any], *, folder: str, field: str) -> dict[str, Any]:
    """The child's answer. `folder` is the parent's to delete: a child that was stopped cannot tidy up."""
    answer = answer_of("backoffice.storage.apart", asked, folder=folder)
    if answer is None:
        raise Refused(TOO_MUCH, field=field, code="file-bomb", values={"name": asked["name"]})
    if "refused" in answer:
        refused = answer["refused"]
        raise Refused(refused["message"], field=field, code=refused["code"], values=refused["values"])
    found: dict[str, Any] = answer["found"]
    return found


def answer_of(
    module: str, asked: dict[str, Any], *, folder: str, seconds: int = MAX_SECONDS
) -> dict[str, Any] | None:
    """What the child `module` answers; None when it took too long or too much, or crashed."""
    try:
        done = subprocess.run(  # noqa: S603  # our own program and our own words
            [sys.executable, "-m", module],
            input=json.dumps(asked), capture_output=True, encoding="utf-8", timeout=seconds, check=False,
            cwd=ROOT, env={"TMPDIR": folder, "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)},
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode or not done.stdout:
        return None
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def limit_this_process(*, seconds: int = MAX_SECONDS) -> None:
    """The first thing that a child does."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_WRITTEN, MAX_WRITTEN))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _main() -> None:
    from backoffice.storage import sniff  # the parent never loads what reads PDF and old Office files

    limit_this_process()
    asked = json.loads(sys.stdin.read())
    try:
        if pictures := asked.get("pictures"):
            found: dict[str, Any] = {"pictures": [_cleaned(one) for one in pictures]}
        else:
            files = [sniff.examine(Path(one["path"]), name=one["name"]) for one in asked["files"]]
            found = {"files": [asdict(one) for one in files]}
        answer: dict[str, Any] = {"found": found}
    except Refused as refused:
        answer = {"refused": {"message": refused.message, "code": refused.code, "values": refused.values}}
    sys.stdout.write(json.dumps(answer))


def _cleaned(asked: dict[str, Any]) -> dict[str, Any]:
    picture = clean_picture(
        Path(asked["path"]), name=asked["name"], field=asked["field"], max_edge=asked["max_edge"]
    )
    Path(asked["out"]).write_bytes(picture.content)
    return asdict(picture) | {"content": ""}


if __name__ == "__main__":
    _main()
