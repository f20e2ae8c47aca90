"""A certified OpenID provider on loopback (npm `oidc-provider`), installed once from its lock file."""

import fcntl
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent / "oidc"
CLIENT, SECRET = "results", "a secret of the tests alone"
LEAST = 20  # of Node
WHY_NOT = f"OpenID provider: Node {LEAST} with npm is needed (Debian: apt-get install nodejs npm), and the npm registry"
INSTALL_S, START_S = 240, 30


def missing() -> str | None:
    """Why it cannot be run here; None when it can, and then it is installed."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return WHY_NOT
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.lstrip("v").partition(".")[0]) < LEAST:
        return f"{WHY_NOT}; here is {version.strip()}"
    # Test processes side by side share one folder; the stamp is the last thing written.
    stamp, lock = HERE / "node_modules" / ".complete", HERE / "package-lock.json"
    with (HERE / "package.json").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if stamp.is_file() and stamp.read_bytes() == lock.read_bytes():
            return None
        done = subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=HERE, capture_output=True, text=True,
            timeout=INSTALL_S, check=False,
        )
        if done.returncode:
            return f"{WHY_NOT}: {done.stderr.strip().splitlines()[-1:]}"
        stamp.write_bytes(lock.read_bytes())
    return None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve(*, site: str) -> Iterator[str]:
    """Its issuer; `site` is the address of the application that asks."""
    port = free_port()
    process = subprocess.Popen(
        ["node", "provider.mjs"], cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "PROVIDER": json.dumps({"port": port, "site": site})}, start_new_session=True,
    )
    try:
        assert process.stdout is not None
        words = []
        for line in process.stdout:
            words.append(line)
            if line.strip() == "ready":
                break
        else:
            raise AssertionError(f"the provider did not start: {''.join(words)}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=START_S)
