"""Do the lock files match pyproject.toml? Needs no network: it reads what is installed.

Each lock file holds exactly what its requirements lead to, in versions that they allow, with hashes and without the
address of any index. `make lock` writes them anew.
"""

import re
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
ENTRY = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[^\s;]+)(?:\s*;\s*(?P<marker>[^\\]+))?")


@dataclass(frozen=True, slots=True)
class Locked:
    version: str
    has_hash: bool
    is_for_here: bool


def main() -> int:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime = project["project"]["dependencies"]
    development = runtime + project["dependency-groups"]["dev"]
    locks = {name: read((ROOT / name).read_text()) for name in ("requirements.lock", "requirements-dev.lock")}
    wrong = [
        *faults("requirements.lock", locks["requirements.lock"], runtime),
        *faults("requirements-dev.lock", locks["requirements-dev.lock"], development),
    ]
    for name, locked in locks["requirements.lock"].items():
        other = locks["requirements-dev.lock"].get(name)
        if other is None or other.version != locked.version:
            wrong.append(f"requirements-dev.lock: another {name} than in requirements.lock")
    for line in wrong:
        print(line)
    return int(bool(wrong))


def read(text: str) -> dict[str, Locked]:
    """The entries of a lock file by name; one that a marker leaves out on this machine is kept as such."""
    entries: dict[str, Locked] = {}
    for block in text.replace("\\\n", " ").splitlines():
        entry = ENTRY.match(block)
        if entry is None:
            continue
        marker = entry["marker"]
        here = marker is None or Marker(marker.split("--hash")[0].strip()).evaluate()
        name = canonicalize_name(entry["name"])
        if here or name not in entries:
            entries[name] = Locked(entry["version"], "--hash=sha256:" in block, here)
    return entries


def faults(file: str, locked: dict[str, Locked], requirements: Iterable[str]) -> list[str]:
    """What is missing, superfluous, too old or too new, without a hash or with an address."""
    wrong = [f"{file}: {name} has no hash" for name, entry in locked.items() if not entry.has_hash]
    text = (ROOT / file).read_text()
    if "://" in text or re.search(r"^\s*-", text.replace("\\\n", " "), re.MULTILINE):
        wrong.append(f"{file}: names an index or another place; only packages, versions and hashes belong there")
    wanted: set[str] = set()
    waiting = [Requirement(line) for line in requirements]
    seen: set[tuple[str, str]] = set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        for extra in ("", *requirement.extras):
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            waiting += _needs(name, extra)
        wanted.add(name)
        entry = locked.get(name)
        if entry is None:
            wrong.append(f"{file}: {requirement} is not locked")
        elif not requirement.specifier.contains(entry.version, prereleases=True):
            wrong.append(f"{file}: {name} {entry.version} does not fit {requirement}")
    wrong += [f"{file}: nothing needs {n}" for n, e in locked.items() if e.is_for_here and n not in wanted]
    return wrong


def _needs(name: str, extra: str) -> list[Requirement]:
    try:
        lines = requires(name) or []
    except PackageNotFoundError:
        return []  # reported as not locked, or left out on this machine
    found = [Requirement(line) for line in lines]
    return [r for r in found if r.marker is None or r.marker.evaluate({"extra": extra})]


if __name__ == "__main__":
    sys.exit(main())
