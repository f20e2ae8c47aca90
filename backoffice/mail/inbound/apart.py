"""Read a mail in a process of its own: a hostile one can at worst end that process (as `storage.apart` for files)."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from backoffice.domain.inbound import Bounce, Letter, Nature, Part
from backoffice.mail.inbound import letters
from backoffice.storage import apart

MAX_SECONDS = 20


def parse(path: Path, *, folder: Path) -> Letter:
    """The mail in `path`; its files come into `folder`. What cannot be taken apart comes as its head, with a fault."""
    asked = {"path": str(path.resolve()), "folder": str(folder.resolve()), "is_head": False}
    for is_head in (False, True):
        answer = apart.answer_of(
            "backoffice.mail.inbound.apart", asked | {"is_head": is_head}, folder=str(folder), seconds=MAX_SECONDS
        )
        if answer is not None:
            return _letter(answer)
    return Letter(size=path.stat().st_size, digest=letters.digest_of(path.read_bytes()), fault="parser")


def _letter(answer: dict[str, Any]) -> Letter:
    bounce = answer["bounce"]
    if bounce is not None:
        bounce = Bounce(**bounce | {"original_ids": tuple(bounce["original_ids"])})
    lists = {name: tuple(answer[name]) for name in ("named_ids", "recipients", "notes")}
    parts = tuple(Part(**part) for part in answer["parts"])
    return Letter(**answer | lists | {"parts": parts, "nature": Nature(answer["nature"]), "bounce": bounce})


def _main() -> None:
    apart.limit_this_process(seconds=MAX_SECONDS)
    asked = json.loads(sys.stdin.read())
    content, folder = Path(asked["path"]).read_bytes(), Path(asked["folder"])
    if asked["is_head"]:
        letter = letters.read_head(content, size=len(content), fault="parser")
    else:
        letter = letters.read(content, folder=folder)
    sys.stdout.write(json.dumps(asdict(letter)))


if __name__ == "__main__":
    _main()
