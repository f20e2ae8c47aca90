"""Mails as they arrive, made byte by byte where it matters."""

import io
from collections.abc import Sequence
from email.message import EmailMessage

from backoffice.jobs import inbound
from backoffice.services.inbound import Done


def mail(
    *,
    sender: str = "Anna Ozola <anna@school.example>",
    to: str = "help@agency.example",
    subject: str = "Question about uploads",
    text: str = "Hello, my upload stops at half.",
    message_id: str = "",
    **headers: str,
) -> EmailMessage:
    """A plain mail; further headers by name, `_` for `-`."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, to, subject
    made["Date"] = "Wed, 25 Nov 2026 09:00:00 +0200"
    if message_id:
        made["Message-ID"] = message_id
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made


def arrives(made: EmailMessage | bytes, *, recipients: Sequence[str] = ()) -> Done:
    """As the mail server hands it over."""
    content = made if isinstance(made, bytes) else made.as_bytes()
    return inbound.ingest(io.BytesIO(content), recipients=recipients)


def picture(*, color: str = "red") -> bytes:
    """A small PNG."""
    from PIL import Image

    target = io.BytesIO()
    Image.new("RGB", (32, 24), color).save(target, "PNG")
    return target.getvalue()


def report(*, of: str, recipient: str, status: str = "5.1.1", action: str = "failed", to: str = "") -> bytes:
    """What a mail server says about a mail of ours that it could not deliver (RFC 3464)."""
    return f"""Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@post.example>
To: {to or "results@agency.example"}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"
Message-ID: <{status}.{action}.{abs(hash((of, recipient)))}@post.example>

--B
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; post.example

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no such person here

--B
Content-Type: text/rfc822-headers

Message-ID: {of}
Subject: Access to the platform

--B--
""".encode()
