"""Copies the locked browser files out of node_modules to where they are served from.

    npm ci --ignore-scripts && python tools/vendor.py    # after a change of package-lock.json
    python tools/vendor.py --check                       # committed files = manifest = lock; needs no npm

The files are committed, so neither running nor testing the application needs npm.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "package-lock.json"
MODULES = ROOT / "node_modules"
SERVED = "backoffice/theme/static/vendor"
TESTS = "tests/support/vendor"
MANIFEST = ROOT / SERVED / "manifest.json"


def layered(css: str) -> str:
    """In a cascade layer, so that look.css wins; without data: images, which a strict policy blocks."""
    css = re.sub(r'url\("data:[^"]*"\)', "none", css).removeprefix('@charset "UTF-8";')
    css = re.sub(r"/\*# sourceMappingURL.*?\*/", "", css).strip()
    return "@layer bootstrap{" + css + "}\n"


def plain(text: str) -> str:
    return re.sub(r"\n?//# sourceMappingURL=.*", "", text).rstrip() + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    package: str
    source: str
    target: str
    change: Callable[[str], str] = plain


COPIES = (
    Copy(
        package="bootstrap",
        source="dist/css/bootstrap.min.css",
        target=f"{SERVED}/bootstrap.css",
        change=layered,
    ),
    Copy(package="bootstrap", source="LICENSE", target=f"{SERVED}/bootstrap-LICENSE.txt"),
    Copy(package="htmx.org", source="dist/htmx.min.js", target=f"{SERVED}/htmx.min.js"),
    Copy(package="htmx.org", source="LICENSE", target=f"{SERVED}/htmx-LICENSE.txt"),
    Copy(package="axe-core", source="axe.min.js", target=f"{TESTS}/axe.min.js"),
    Copy(package="axe-core", source="LICENSE", target=f"{TESTS}/axe-LICENSE.txt"),
)


def locked() -> dict[str, dict[str, str]]:
    """Version and integrity of each package that we copy from, as the lock file says."""
    packages = json.loads(LOCK.read_text(encoding="utf-8"))["packages"]
    names = sorted({copy.package for copy in COPIES})
    return {name: {key: packages[f"node_modules/{name}"][key] for key in ("version", "integrity")} for name in names}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def build() -> None:
    for copy in COPIES:
        installed = json.loads((MODULES / copy.package / "package.json").read_text(encoding="utf-8"))["version"]
        if installed != locked()[copy.package]["version"]:
            raise SystemExit(f"{copy.package} {installed} is not the locked version: run npm ci --ignore-scripts")
        target = ROOT / copy.target
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(
            copy.change((MODULES / copy.package / copy.source).read_text(encoding="utf-8")), encoding="utf-8"
        )
    files = {copy.target: digest(ROOT / copy.target) for copy in COPIES}
    MANIFEST.write_text(json.dumps({"packages": locked(), "files": files}, indent=2) + "\n", encoding="utf-8")


def problems() -> list[str]:
    """What does not agree: lock and manifest, manifest and files, folders and manifest."""
    manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
    found = []
    if manifest["packages"] != locked():
        found.append("package-lock.json changed since the files were copied")
    for name, wanted in manifest["files"].items():
        path = ROOT / name
        if not path.is_file():
            found.append(f"{name} is missing")
        elif digest(path) != wanted:
            found.append(f"{name} was changed by hand")
    known = {*manifest["files"], str(MANIFEST.relative_to(ROOT))}
    present = {str(path.relative_to(ROOT)) for folder in (SERVED, TESTS) for path in (ROOT / folder).iterdir()}
    found += [f"{name} is in no lock" for name in sorted(present - known)]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="tell whether the committed files are the locked ones")
    if not parser.parse_args().check:
        build()
    found = problems()
    sys.stderr.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
