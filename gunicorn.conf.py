"""How gunicorn serves the application, with `make run` and in production alike: `gunicorn app:app`."""

import os
import subprocess
import sys
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


def on_starting(_server: Any) -> None:
    """An unsafe setting refuses the start once, in one line: a worker that ended by it would be started for ever."""
    if os.environ.get("BACKOFFICE_ENV", "production") == "production":
        status = subprocess.run([sys.executable, "-c", "import app"], check=False).returncode
        if status:
            raise SystemExit(status)
