"""Three outcomes of a virus check, and what is none of them (DOMAIN §4)."""

import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from backoffice.domain.files import FileCheck
from backoffice.storage.scanner import Clamd, ScannerUnavailable, open_scanner, read_answer
from tests.support import clamd, samples

MB = 1 << 20


@pytest.mark.parametrize(
    ("answer", "check", "cause"),
    [
        ("stream: OK", FileCheck.CLEAN, ""),
        ("stream: Win.Test.EICAR_HDB-1 FOUND", FileCheck.INFECTED, "Win.Test.EICAR_HDB-1"),
        ("stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND", FileCheck.UNSCANNABLE,
         "Heuristics.Limits.Exceeded.MaxFileSize"),
        ("stream: Heuristics.Limits.Exceeded.MaxScanSize FOUND", FileCheck.UNSCANNABLE,
         "Heuristics.Limits.Exceeded.MaxScanSize"),
        ("stream: Heuristics.Encrypted.PDF FOUND", FileCheck.UNSCANNABLE, "Heuristics.Encrypted.PDF"),
        ("stream: Heuristics.Phishing.Email FOUND", FileCheck.INFECTED, "Heuristics.Phishing.Email"),
        ("INSTREAM size limit exceeded. ERROR", FileCheck.UNSCANNABLE, "INSTREAM size limit exceeded. ERROR"),
    ],
)
def test_answer_is_read_as_one_of_three(answer: str, check: FileCheck, cause: str) -> None:
    scan = read_answer(answer)
    assert (scan.check, scan.cause) == (check, cause)


@pytest.mark.parametrize("answer", ["", "stream: Can't create temporary file ERROR", "stream: OKAY", "UNKNOWN COMMAND"])
def test_any_other_answer_is_never_clean(answer: str) -> None:
    with pytest.raises(ScannerUnavailable) as trouble:
        read_answer(answer)
    assert trouble.value.is_about_file == bool(answer)


def test_address_is_a_socket_or_a_port_or_nothing() -> None:
    assert open_scanner(None) is None
    assert open_scanner("") is None
    assert open_scanner("tcp://clamav") == Clamd(address=("clamav", 3310))
    assert open_scanner("tcp://[::1]:99") == Clamd(address=("::1", 99))
    assert open_scanner("unix:///run/clamav/clamd.ctl") == Clamd(address="/run/clamav/clamd.ctl")
    for url in ("clamav:3310", "http://clamav", "unix://run/x", "tcp://"):
        with pytest.raises(ValueError, match="CLAMD_URL"):
            open_scanner(url)


@contextmanager
def peer(behave: Callable[[socket.socket], None]) -> Iterator[Clamd]:
    """Something on the scanner's port that is no good scanner."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def run() -> None:
            connection, _ = listener.accept()
            with connection:
                behave(connection)

        thread = threading.Thread(target=run)
        thread.start()
        yield Clamd(address=("127.0.0.1", listener.getsockname()[1]))
        thread.join(10)


def test_scanner_that_hangs_up_is_unavailable() -> None:
    with peer(lambda connection: None) as scanner, pytest.raises(ScannerUnavailable):
        scanner.scan([b"x" * MB] * 8)


def test_scanner_that_stops_at_its_limit_is_understood_though_it_reads_no_more() -> None:
    def stop_early(connection: socket.socket) -> None:
        connection.recv(64)
        connection.sendall(b"INSTREAM size limit exceeded. ERROR\0")

    with peer(stop_early) as scanner:
        assert scanner.scan(iter([b"x" * MB] * 50)).check is FileCheck.UNSCANNABLE


def test_nobody_at_the_address_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    for scanner in (Clamd(address=("127.0.0.1", port)), Clamd(address="/nonexistent/socket")):
        with pytest.raises(ScannerUnavailable):
            scanner.scan([b"x"])
        with pytest.raises(ScannerUnavailable):
            scanner.version()


def test_file_is_sent_whole_in_its_pieces() -> None:
    got = bytearray()

    def read_all(connection: socket.socket) -> None:
        with connection.makefile("rb") as file:
            got.extend(file.read(10))
            while size := struct.unpack(">I", file.read(4))[0]:
                got.extend(file.read(size))
        connection.sendall(b"stream: OK\0")

    pieces = [os.urandom(MB), os.urandom(17)]
    with peer(read_all) as scanner:
        assert scanner.scan(pieces).check is FileCheck.CLEAN
    assert bytes(got) == b"zINSTREAM\0" + b"".join(pieces)


# --- a real one ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real() -> Iterator[Clamd]:
    program = clamd.binary()
    if program is None:
        pytest.skip(clamd.WHY_NOT)
    with clamd.server(program) as url:
        scanner = open_scanner(url)
        assert isinstance(scanner, Clamd)
        yield scanner


def pieces(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), MB):
        yield content[start : start + MB]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "check"),
    [
        (samples.GOOD["report.pdf"], FileCheck.CLEAN),
        (samples.EICAR, FileCheck.INFECTED),
        (samples.zipped({"a/b.txt": samples.EICAR}), FileCheck.INFECTED),
        (os.urandom(2 * MB) + b"MARKER-OF-A-TEST-VIRUS", FileCheck.INFECTED),
        (os.urandom((clamd.FILE_MB + 1) * MB), FileCheck.UNSCANNABLE),
        (os.urandom((clamd.STREAM_MB + 5) * MB), FileCheck.UNSCANNABLE),
        # Case 9: honest statistics that unpack to more than the scanner's limit.
        (samples.zipped({"s.csv": b"2026;Riga;17;0;0\r\n" * (6 * MB // 18)}), FileCheck.UNSCANNABLE),
    ],
    ids=["pdf", "eicar", "eicar in a zip", "marker at the end", "over its file limit", "over its stream", "case 9"],
)
def test_real_scanner_gives_each_of_the_three_outcomes(real: Clamd, content: bytes, check: FileCheck) -> None:
    scan = real.scan(pieces(content))
    assert scan.check is check
    assert bool(scan.cause) == (check is not FileCheck.CLEAN)


@pytest.mark.slow
def test_real_scanner_says_who_it_is(real: Clamd) -> None:
    assert real.version().startswith("ClamAV")
