"""`make check`: everything that can be said about the code without serving a page. pre-commit calls the same.

python -m tools.check             all of it
python -m tools.check ruff types  the named ones
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass

PYTHON = sys.executable
IMPORT_LINTER = "from importlinter.cli import lint_imports_command as main; main()"


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    command: tuple[str, ...]


CHECKS = (
    Check("ruff", (PYTHON, "-m", "ruff", "check", "--quiet", ".")),
    Check("types", (PYTHON, "-m", "mypy")),
    Check("imports", (PYTHON, "-c", IMPORT_LINTER)),
    Check("templates", (PYTHON, "-m", "djlint", "--lint", "--quiet", "templates", "backoffice/theme/templates")),
    Check("translations", (PYTHON, "-m", "tools.translations", "check")),
    Check("locks", (PYTHON, "-m", "tools.locks")),
    Check("vendored", (PYTHON, "tools/vendor.py", "--check")),
    Check("migrations", (PYTHON, "-m", "pytest", "-q", "--engine=sqlite", "tests/integration/test_migrations.py")),
)


def main(names: list[str]) -> int:
    unknown = set(names) - {check.name for check in CHECKS}
    if unknown:
        print(f"No such check: {', '.join(sorted(unknown))}. There are: {', '.join(c.name for c in CHECKS)}")
        return 2
    failed = [check.name for check in CHECKS if (not names or check.name in names) and not passes(check)]
    if failed:
        print(f"Failed: {', '.join(failed)}")
    return int(bool(failed))


def passes(check: Check) -> bool:
    start = time.monotonic()
    environment = {"BACKOFFICE_ENV": "test", **os.environ, "NO_COLOR": "1"}
    done = subprocess.run(
        check.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, check=False
    )
    well = done.returncode == 0
    print(f"{check.name:<14}{'ok' if well else 'FAILED'}  {time.monotonic() - start:.1f} s", flush=True)
    if not well:
        print(done.stdout or f"It said nothing and ended with status {done.returncode}.", flush=True)
    return well


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
