"""Look into a file in a process of its own: a hostile file can at worst end that process.

Libraries that read PDF, pictures and old Office files are large and written in C; a crafted file may make
them take all memory, turn for ever, or crash. The child has limits for memory and time, no settings and
no secrets in its environment, and only answers.
"""

import json
import resource
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from backoffice.domain import files as domain
from backoffice.domain.errors import N_, Refused
from backoffice.domain.files import FileKind
from backoffice.storage.look import Inspected

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
    shown = domain.clean_name(name)
    domain.refuse_name(shown)
    domain.refuse_size(shown, path.stat().st_size)
    answer = _ask(path, name=shown)
    if answer is None:
        raise Refused(TOO_MUCH, field="files", code="file-bomb", values={"name": shown})
    if "refused" in answer:
        refused = answer["refused"]
        raise Refused(refused["message"], field="files", code=refused["code"], values=refused["values"])
    return Inspected(**{**answer["inspected"], "kind": FileKind(answer["inspected"]["kind"])})


def _ask(path: Path, *, name: str) -> dict[str, Any] | None:
    """The child's answer; None when it was stopped by a limit or fell."""
    with TemporaryDirectory(prefix="apart-") as folder:  # a stopped child cannot tidy up
        try:
            done = subprocess.run(
                [sys.executable, "-m", "backoffice.storage.apart"],
                input=json.dumps({"path": str(path.resolve()), "name": name}), capture_output=True,
                encoding="utf-8", timeout=MAX_SECONDS, check=False, cwd=ROOT,
                env={"TMPDIR": folder, "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)},
            )
        except subprocess.TimeoutExpired:
            return None
    if done.returncode or not done.stdout:
        return None
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _main() -> None:
    from backoffice.storage import sniff  # the parent needs none of the libraries

    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_WRITTEN, MAX_WRITTEN))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    asked = json.loads(sys.stdin.read())
    try:
        answer = {"inspected": asdict(sniff.examine(Path(asked["path"]), name=asked["name"]))}
    except Refused as refused:
        answer = {"refused": {"message": refused.message, "code": refused.code, "values": refused.values}}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    _main()
