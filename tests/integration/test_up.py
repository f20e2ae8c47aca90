"""`make run` as a whole: the supervisor and its children (CONTRACT, Commands)."""

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.one_engine]
START_S = 150  # the first start loads the demo data, on two busy cores


class Run:
    """One supervisor with its words."""

    def __init__(self, *, var: Path, port: int, log: Path) -> None:
        self.port, self.log = port, log
        environment = {**os.environ, "BACKOFFICE_ENV": "demo", "VAR": str(var), "PORT": str(port)}
        environment.pop("REDIS_URL", None)
        with log.open("wb") as words:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "flask", "up"],
                env=environment,
                stdout=words,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def words(self) -> str:
        return self.log.read_text()

    def is_ready(self) -> bool:
        end = time.monotonic() + START_S
        while time.monotonic() < end and self.process.poll() is None:
            if f"http://127.0.0.1:{self.port}" in self.words:
                return True
            time.sleep(0.1)
        return False

    def answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def children(self) -> list[int]:
        return [pid for pid in pids() if parent(pid) == self.process.pid]

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


def pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]


def parent(pid: int) -> int | None:
    try:
        found = re.search(r"^PPid:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    except FileNotFoundError:
        return None
    return int(found[1]) if found else None


def lives(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def gone(children: list[int]) -> bool:
    end = time.monotonic() + 20
    while any(lives(pid) for pid in children):
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the first start leaves it; that takes a while, so the other starts begin where it ended."""
    folder = tmp_path_factory.mktemp("loaded")
    up = Run(var=folder / "var", port=free_port(), log=folder / "words.txt")
    assert up.is_ready(), up.words
    assert up.answers()
    assert up.end(signal.SIGTERM) == 0
    assert "Traceback" not in up.words
    return folder / "var"


@pytest.fixture
def run(tmp_path: Path, loaded: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def start(*, var: Path = tmp_path / "var", port: int | None = None) -> Run:
        if not var.exists():
            shutil.copytree(loaded, var)
        log = tmp_path / f"words{len(runs)}.txt"
        runs.append(Run(var=var, port=port or free_port(), log=log))
        return runs[-1]

    yield start
    for each in runs:
        if each.process.poll() is None:
            each.end(signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_command_starts_everything_and_one_signal_stops_it(run: Callable[..., Run], number: signal.Signals) -> None:
    up = run()
    assert up.is_ready(), up.words
    assert up.answers()
    children = up.children()
    assert len(children) == 5  # queue, web, worker, scheduler, and the demo's own sign-in service
    assert up.end(number) == 0
    assert gone(children)
    assert "Traceback" not in up.words


def test_a_killed_supervisor_leaves_nobody_behind_and_starts_again(run: Callable[..., Run], tmp_path: Path) -> None:
    first = run()
    assert first.is_ready(), first.words
    children = first.children()
    first.end(signal.SIGKILL)
    assert gone(children)
    again = run(port=first.port)
    assert again.is_ready(), again.words
    assert again.answers()


def test_two_run_side_by_side_but_not_on_one_folder_or_port(run: Callable[..., Run], tmp_path: Path) -> None:
    one = run()
    two = run(var=tmp_path / "other")
    assert one.is_ready(), one.words
    assert two.is_ready(), two.words
    assert one.answers()
    assert two.answers()
    same_folder = run()
    assert same_folder.process.wait(30) == 1
    assert same_folder.words.count("\n") == 1
    assert "Already running" in same_folder.words
    same_port = run(var=tmp_path / "third", port=one.port)
    assert same_port.process.wait(30) == 1
    assert same_port.words.count("\n") == 1
    assert f"Port {one.port}" in same_port.words


def test_when_one_child_ends_all_end_with_its_name(run: Callable[..., Run]) -> None:
    up = run()
    assert up.is_ready(), up.words
    children = up.children()
    worker = next(pid for pid in children if b"worker" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"))
    os.kill(worker, signal.SIGKILL)
    assert up.process.wait(30) == 1
    assert "The worker ended by itself" in up.words
    assert gone(children)
