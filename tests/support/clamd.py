"""A private clamd that knows one virus, the harmless test file of the trade, so that no database is downloaded."""

import getpass
import hashlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backoffice.storage.scanner import ScannerUnavailable, open_scanner
from tests.support.samples import EICAR

WHY_NOT = "no clamd (Debian: clamav-daemon)"
START_S = 60
STREAM_MB = 8  # so that a test passes the limits with little data; ours in operation is above 100 MB
FILE_MB = 4


def binary() -> str | None:
    return shutil.which("clamd", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")


@contextmanager
def server(program: str) -> Iterator[str]:
    """Yield the CLAMD_URL of a running scanner."""
    with tempfile.TemporaryDirectory(prefix="clamd-") as folder:
        home = Path(folder)
        database = home / "database"
        database.mkdir()
        (database / "local.hdb").write_text(
            f"{hashlib.md5(EICAR, usedforsecurity=False).hexdigest()}:{len(EICAR)}:Test.Eicar\n"
        )
        (database / "local.ndb").write_text(f"Test.Marker:0:*:{b'MARKER-OF-A-TEST-VIRUS'.hex()}\n")
        socket = home / "socket"
        (home / "clamd.conf").write_text(
            f"Foreground yes\nUser {getpass.getuser()}\nLocalSocket {socket}\nDatabaseDirectory {database}\n"
            f"TemporaryDirectory {home}\nStreamMaxLength {STREAM_MB}M\nMaxFileSize {FILE_MB}M\nMaxScanSize {FILE_MB}M\n"
            f"AlertExceedsMax yes\nLogFile {home}/log\n"
        )
        process = subprocess.Popen(
            [program, "-c", str(home / "clamd.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            _wait(f"unix://{socket}", process, home)
            yield f"unix://{socket}"
        finally:
            process.terminate()
            process.wait(START_S)


def _wait(url: str, process: subprocess.Popen[bytes], home: Path) -> None:
    scanner, end = open_scanner(url), time.monotonic() + START_S
    while scanner is not None:
        try:
            scanner.version()
        except ScannerUnavailable:
            if process.poll() is not None or time.monotonic() > end:
                log = home / "log"
                raise RuntimeError(log.read_text() if log.exists() else "clamd did not start") from None
            time.sleep(0.05)
        else:
            return
