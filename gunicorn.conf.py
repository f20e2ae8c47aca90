"""How gunicorn serves the application, with `make run` and in production alike: `gunicorn app:app`."""

import os
import shutil
import subprocess
import sys
import tempfile
from typing import Any

worker_class = "gthread"
threads = 64  # a slow upload holds a thread: ten of them stall eight threads, sixty-four do not mind
graceful_timeout = 10
limit_request_line = 8190
# Forwarded headers are for the application to judge (TRUSTED_PROXIES), whoever sends them.
forwarded_allow_ips = ""
# One file in the home folder for all instances: two side by side would fight over it.
control_socket_disable = True
loglevel = "warning"
# Each process counts its requests into a file of its own there; /metrics adds them up.
COUNTED = "PROMETHEUS_MULTIPROC_DIR"
_is_ours = COUNTED not in os.environ
if _is_ours:
    os.environ[COUNTED] = tempfile.mkdtemp(prefix="backoffice-metrics-")


def on_starting(_server: Any) -> None:
    """An unsafe setting refuses the start once, in one line: a worker that ended by it would be started for ever."""
    if os.environ.get("BACKOFFICE_ENV", "production") == "production":
        status = subprocess.run([sys.executable, "-c", "import app"], check=False).returncode
        if status:
            raise SystemExit(status)


def child_exit(_server: Any, worker: Any) -> None:
    """What a process counted stays in the sums after its end."""
    from prometheus_client.multiprocess import mark_process_dead  # not before the folder is named

    mark_process_dead(worker.pid)


def on_exit(_server: Any) -> None:
    if _is_ours:
        shutil.rmtree(os.environ[COUNTED], ignore_errors=True)
