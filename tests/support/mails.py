"""Mails as they arrived in the folder of the test application."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path


def folder(var: Path) -> list[EmailMessage]:
    """What was sent as files, in the order of the outbox rows."""
    return [_parsed(path.read_bytes()) for path in sorted((var / "mail").glob("*.eml"))]


def empty(var: Path) -> None:
    for path in (var / "mail").glob("*"):
        path.unlink()


def text(mail: EmailMessage) -> str:
    return _part(mail, "plain")


def html(mail: EmailMessage) -> str:
    return _part(mail, "html")


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert isinstance(part, EmailMessage)
    content = part.get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n")


def _parsed(content: bytes) -> EmailMessage:
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail
