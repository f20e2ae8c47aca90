"""Virus check by clamd's INSTREAM: clean, infected, or the scanner says that it cannot (DOMAIN §4).

clamd answers `OK` for what it did not look at: `StreamMaxLength`, `MaxFileSize` and `MaxScanSize` must lie above our
limit, and `AlertExceedsMax yes` turns the silent skip into an answer, which is "could not be checked" here.
"""

import select
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote, urlsplit

from backoffice.domain.files import FileCheck

CONNECT_S = 5.0
ANSWER_S = 300.0  # unpacking and reading a full archive takes minutes on a small machine
PORT = 3310
MAX_ANSWER = 4096
# Not the name of a virus but of a limit that was reached.
_LIMITS = ("Heuristics.Limits.Exceeded", "Heuristics.Encrypted")


class ScannerUnavailable(Exception):
    """No answer, or (`is_about_file`) one of trouble: the file stays waiting and is tried again."""

    def __init__(self, cause: str, *, is_about_file: bool = False) -> None:
        super().__init__(cause)
        self.is_about_file = is_about_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """The outcome, with the name of the virus or the scanner's own words why it could not."""

    check: FileCheck
    cause: str = ""


class Scanner(Protocol):
    def scan(self, pieces: Iterable[bytes]) -> Scan:
        """Clean, infected or unscannable; raises ScannerUnavailable."""

    def version(self) -> str:
        """One line about program and signatures; raises ScannerUnavailable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clamd:
    """clamd behind `tcp://host:port` or `unix:///path`."""

    address: tuple[str, int] | str

    def scan(self, pieces: Iterable[bytes]) -> Scan:
        try:
            with self._connect() as connection:
                answer = _send_all(connection, pieces) or _answer(connection)
        except OSError as error:
            raise ScannerUnavailable(f"{type(error).__name__} while the file was sent") from error
        return read_answer(answer)

    def version(self) -> str:
        try:
            with self._connect() as connection:
                connection.sendall(b"zVERSION\0")
                return _answer(connection)
        except OSError as error:
            raise ScannerUnavailable(type(error).__name__) from error

    def _connect(self) -> socket.socket:
        if isinstance(self.address, tuple):
            connection = socket.create_connection(self.address, timeout=CONNECT_S)
        else:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(CONNECT_S)
            try:
                connection.connect(self.address)
            except OSError:
                connection.close()
                raise
        connection.settimeout(ANSWER_S)
        return connection


def open_scanner(url: str | None) -> Scanner | None:
    """The scanner that CLAMD_URL names, None without one; a ValueError of one plain sentence for another URL."""
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme == "unix" and not parts.netloc and parts.path:
        return Clamd(address=unquote(parts.path))
    if parts.scheme == "tcp" and parts.hostname:
        return Clamd(address=(parts.hostname, parts.port or PORT))
    raise ValueError("CLAMD_URL must be tcp://host:port or unix:///path of the socket.")


def read_answer(answer: str) -> Scan:
    """`stream: OK`, `stream: NAME FOUND`, `… ERROR`."""
    text = answer.removeprefix("stream:").strip()
    if text == "OK":
        return Scan(check=FileCheck.CLEAN)
    if text.endswith(" FOUND"):
        name = text.removesuffix(" FOUND").strip()
        is_limit = name.startswith(_LIMITS)
        return Scan(check=FileCheck.UNSCANNABLE if is_limit else FileCheck.INFECTED, cause=name)
    if "size limit exceeded" in text:
        return Scan(check=FileCheck.UNSCANNABLE, cause=text)
    raise ScannerUnavailable(text or "no answer", is_about_file=bool(text))


def _send_all(connection: socket.socket, pieces: Iterable[bytes]) -> str:
    """Send to the end; an answer in between means that the scanner has stopped reading."""
    connection.sendall(b"zINSTREAM\0")
    for piece in pieces:
        try:
            if select.select([connection], [], [], 0)[0]:
                return _answer(connection)
            connection.sendall(struct.pack(">I", len(piece)) + piece)
        except (BrokenPipeError, ConnectionResetError):
            return _answer(connection)
    connection.sendall(struct.pack(">I", 0))
    return ""


def _answer(connection: socket.socket) -> str:
    answer = b""
    while len(answer) < MAX_ANSWER and not answer.endswith(b"\0"):
        piece = connection.recv(MAX_ANSWER)
        if not piece:
            break
        answer += piece
    return answer.rstrip(b"\0\n").decode("utf-8", "replace")
