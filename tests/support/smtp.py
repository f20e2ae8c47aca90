"""A real SMTP server on the loopback that keeps what it is given, or refuses as it is told."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

# Signed by itself and good for this machine alone; a program that checks certificates trusts it only when told to.
CERTIFICATE = Path(__file__).parent / "mailserver.pem"
USER, PASSWORD = "agency", "a password of the tests"


@dataclass(slots=True)
class Postbox:
    """What arrived; `answer` is what the next recipients are told ("550 …" refuses for good, "451 …" for now)."""

    port: int
    answer: str = "250 OK"
    answer_to_content: str = "250 Message accepted for delivery"
    envelopes: list[Envelope] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?tls=none"

    @property
    def messages(self) -> list[EmailMessage]:
        return [_parsed(envelope) for envelope in self.envelopes]

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        if self.answer_to_content.startswith("250"):
            self.envelopes.append(envelope)
        return self.answer_to_content


def _parsed(envelope: Envelope) -> EmailMessage:
    content = envelope.content
    assert isinstance(content, bytes)
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


@contextmanager
def server(*, is_secure: bool = False) -> Iterator[Postbox]:
    """Yield an empty postbox that listens on a free port; a secure one takes mail only after STARTTLS and sign-in."""
    postbox = Postbox(port=free_port())
    more: dict[str, Any] = {}
    if is_secure:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(CERTIFICATE)
        more = {"tls_context": context, "require_starttls": True, "auth_required": True, "authenticator": _signs_in}
    controller = Controller(postbox, hostname="127.0.0.1", port=postbox.port, **more)
    controller.start()
    try:
        yield postbox
    finally:
        controller.stop()


@contextmanager
def silent_server() -> Iterator[int]:
    """Yield the port of a server that takes the connection and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _signs_in(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object) -> AuthResult:
    is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_right)
