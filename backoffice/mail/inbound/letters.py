"""A mail as a whole: from bytes to the values of `domain.inbound.Letter`."""

import hashlib
import re
from email import message_from_bytes, policy
from email.message import Message
from pathlib import Path
from typing import Any

from backoffice.domain.inbound import Letter, Nature
from backoffice.mail.inbound import charsets, headers, nature
from backoffice.mail.inbound.structure import PGP, Walk

HEAD = 256_000  # bytes of the head that are read when the whole cannot be
_TO = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "Resent-To", "X-Forwarded-To")
# Blank lines, a byte order mark, the line of an mbox: what may stand before the head.
_BEFORE = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:[ \t]*\r?\n)*(?:From [^\n]*\n)?")


def read(content: bytes, *, folder: Path) -> Letter:
    """All of it; `folder` takes the files."""
    mail = _parsed(content)
    letter = _head(mail, size=len(content), digest="")
    walk = Walk(folder=folder)
    text, html = walk.read(mail)
    bounce = nature.bounce(mail) if letter["nature"] is Nature.BOUNCE else None
    letter["digest"] = _digest(mail, text=text, files=[part.sha256 for part in walk.parts])
    return Letter(
        **letter, text=text, html=html, parts=tuple(walk.parts), bounce=bounce,
        is_encrypted=walk.is_encrypted and (not text.strip() or text.lstrip().startswith(PGP)),
        notes=tuple(walk.left_out[:20]),
    )


def read_head(content: bytes, *, size: int, fault: str) -> Letter:
    """Who wrote, to whom and about what, of a mail whose body nothing can read."""
    cut = re.search(rb"\r?\n\r?\n", content[:HEAD])
    mail = _parsed(content[: cut.start() if cut else HEAD] + b"\n\n")
    return Letter(**_head(mail, size=size, digest=digest_of(content)), fault=fault)


def digest_of(content: bytes) -> str:
    """Of a mail that nothing can read: its body, which no server on the way changes."""
    cut = re.search(rb"\r?\n\r?\n", content)
    return hashlib.sha256(b"".join(content[cut.end() if cut else 0 :].split())).hexdigest()


def _digest(mail: Message, *, text: str, files: list[str]) -> str:
    """The same for two copies of one mail, whatever each server on its way wrote above or coded anew."""
    said = [headers.value(mail, name) for name in ("From", "Subject", "Date")] + ["".join(text.split()), *files]
    return hashlib.sha256("\n".join(said).encode("utf-8", "replace")).hexdigest()


def _parsed(content: bytes) -> Message:
    before = _BEFORE.match(content)
    return message_from_bytes(content[before.end() if before else 0 :], policy=policy.compat32)


def _head(mail: Message, *, size: int, digest: str) -> dict[str, Any]:
    sender_name, sender = next(
        (one for name in ("From", "Sender", "Reply-To", "Return-Path") for one in headers.people(mail, name)), ("", "")
    )
    subject = headers.subject(mail)
    found = nature.nature(mail, sender=sender, subject=subject)
    named = headers.ids(headers.value(mail, "In-Reply-To"))
    named += reversed(headers.ids(headers.value(mail, "References")))
    return {
        "size": size, "digest": digest, "message_id": headers.first(headers.ids(headers.value(mail, "Message-ID"))),
        "named_ids": tuple(dict.fromkeys(named))[:200], "sender": sender, "sender_name": sender_name,
        "recipients": tuple(dict.fromkeys(address for _, address in headers.people(mail, *_TO)))[:100],
        "subject": charsets.fit(subject)[:1_000], "nature": found,
        "list_key": nature.list_key(mail, sender=sender) if found in (Nature.LIST, Nature.AUTOMATIC) else "",
    }
