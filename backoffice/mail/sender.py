"""How mails leave: SMTP through Flask-Mail with a timeout and checked certificates, or as files for the demo.

MAIL_URL: `smtp://user:password@host:port?tls=starttls|ssl|none` (also `ca=`, `timeout=`), or `file:///folder`. Without
`tls=` it is STARTTLS, `ssl` on port 465, and `none` on this very machine.
"""

import hmac
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email import policy as policies
from email.charset import QP, Charset
from email.header import Header
from email.mime.text import MIMEText
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from flask import Flask
from flask_mail import BadHeaderError, Connection, Mail
from flask_mail import Message as FlaskMessage

from backoffice.config import Settings, SettingsError
from backoffice.domain import clock
from backoffice.mail.render import Message

TIMEOUT_S = 20.0
LOCAL = ("localhost", "127.0.0.1", "::1")


class Tls(StrEnum):
    NONE = "none"
    STARTTLS = "starttls"
    SSL = "ssl"


_TLS_WORDS = {
    "none": Tls.NONE, "no": Tls.NONE, "off": Tls.NONE, "0": Tls.NONE, "false": Tls.NONE,
    "starttls": Tls.STARTTLS, "yes": Tls.STARTTLS, "on": Tls.STARTTLS, "1": Tls.STARTTLS, "true": Tls.STARTTLS,
    "ssl": Tls.SSL, "tls": Tls.SSL, "implicit": Tls.SSL,
}


class Envelope(FlaskMessage):
    """Flask-Mail's message. Its own way sends bare 8-bit text in lines of any length; a server may refuse or cut those
    above 998 bytes, so what travels is quoted-printable. A file stays readable as it is."""

    is_file = False

    def as_bytes(self) -> bytes:
        """When the newer policy, which Flask-Mail sets, folds a subject anew, it loses blanks between words."""
        message = self._message()
        message.policy = policies.compat32.clone(linesep="\r\n", mangle_from_=False)
        del message["Subject"]
        message["Subject"] = Header(self.subject, "utf-8", header_name="Subject")  # type: ignore[assignment]
        return message.as_bytes()

    def _mimetext(self, text: str | None, subtype: str = "plain") -> MIMEText:
        if self.is_file:
            return super()._mimetext(text, subtype)
        quoted = Charset("utf-8")
        quoted.body_encoding = QP
        return MIMEText(text or "", _subtype=subtype, _charset=quoted)  # type: ignore[arg-type]  # typeshed wants str


class Rejected(Exception):
    """The server refused this mail for good; the words are its own. `is_address`: it knows no such mailbox."""

    def __init__(self, words: str, *, is_address: bool = False) -> None:
        super().__init__(words)
        self.is_address = is_address


class Deferred(Exception):
    """The server does not take this mail now."""


class Away(Exception):
    """No mail can be sent now: the server is not there, not trusted, or does not let us in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where mails are handed over."""

    host: str
    port: int
    tls: Tls
    user: str = ""
    password: str = ""
    ca: str | None = None
    timeout_s: float = TIMEOUT_S


class Post(Protocol):
    """Takes mails one after the other; raises Rejected, Deferred or Away."""

    def send(self, message: Message, *, row_id: int) -> None: ...


def init_app(app: Flask) -> None:
    """Keep the server and Flask-Mail's object with the application; a wrong MAIL_URL stops the start."""
    settings: Settings = app.config["SETTINGS"]
    server = place(settings.mail_url)
    if isinstance(server, Server):
        app.config.update(MAIL_SERVER=server.host, MAIL_PORT=server.port)
    app.config.update(MAIL_DEFAULT_SENDER=settings.mail_from, MAIL_SUPPRESS_SEND=False)
    Mail().init_app(app)
    app.extensions["mail_place"] = server


def place(url: str) -> Server | Path:
    """Read MAIL_URL; a folder for `file:`."""
    try:
        parts = urlsplit(url)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if parts.scheme == "file" and parts.path:
            return Path(unquote(parts.path))
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("scheme")
        said = query.get("tls")
        tls = _TLS_WORDS[said.lower()] if said else _usual_tls(parts.scheme, parts.hostname, parts.port)
        return Server(
            host=parts.hostname, port=parts.port or {Tls.SSL: 465, Tls.STARTTLS: 587, Tls.NONE: 25}[tls], tls=tls,
            user=unquote(parts.username or ""), password=unquote(parts.password or ""), ca=query.get("ca"),
            timeout_s=float(query.get("timeout", TIMEOUT_S)),
        )
    except (ValueError, KeyError):
        raise SettingsError(
            "MAIL_URL: smtp://user:password@host:port?tls=starttls (or ssl, none), or file:///folder is needed"
        ) from None


def _usual_tls(scheme: str, host: str, port: int | None) -> Tls:
    if scheme == "smtps" or port == 465:
        return Tls.SSL
    return Tls.NONE if host in LOCAL else Tls.STARTTLS


def message_id(row_id: int, *, settings: Settings) -> str:
    """Made from the outbox row: a mail that went twice is known as one, and nobody guesses it."""
    mark = hmac.digest(settings.secret_key.encode(), f"message-id:{row_id}".encode(), "sha256").hex()[:12]
    return f"<outbox.{row_id}.{mark}@{settings.mail_from.rpartition('@')[2].rstrip('>') or 'localhost'}>"


_OURS = re.compile(r"<?outbox\.(\d{1,15})\.([0-9a-f]{12})@")


def row_of(given: str, *, settings: Settings) -> int | None:
    """The outbox row from which a Message-ID was made; None for one that is not ours."""
    found = _OURS.match(given.strip())
    if found is None:
        return None
    mark = message_id(int(found[1]), settings=settings).split(".")[2][:12]
    return int(found[1]) if hmac.compare_digest(mark, found[2]) else None


@contextmanager
def open_post(app: Flask) -> Iterator[Post]:
    """For one mail or many: one connection, made when it is needed."""
    settings: Settings = app.config["SETTINGS"]
    where: Server | Path = app.extensions["mail_place"]
    if isinstance(where, Path):
        yield _Files(folder=where, settings=settings)
        return
    post = _Smtp(app=app, server=where, settings=settings)
    try:
        yield post
    finally:
        post.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Files:
    """Each mail a file in a folder, for the demo: any mail program opens it."""

    folder: Path
    settings: Settings

    def send(self, message: Message, *, row_id: int) -> None:
        envelope = _envelope(message, row_id=row_id, settings=self.settings)
        envelope.is_file = True
        path = self.folder / f"{row_id:06}-{message.name}.eml"
        part = path.with_suffix(".part")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            part.write_bytes(envelope.as_bytes())
            part.replace(path)
        except OSError as error:
            raise Away(f"{path.parent}: {error.strerror}") from error


class _Connection(Connection):
    """Flask-Mail's connection, but it gives up after a while and talks to nobody with a wrong certificate."""

    def __init__(self, *, app: Flask, server: Server) -> None:
        super().__init__(app.extensions["mail"])
        self.server = server

    def configure_host(self) -> smtplib.SMTP | smtplib.SMTP_SSL:
        server = self.server
        context = ssl.create_default_context(cafile=server.ca)
        host: smtplib.SMTP | smtplib.SMTP_SSL
        if server.tls is Tls.SSL:
            host = smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout_s, context=context)
        else:
            host = smtplib.SMTP(server.host, server.port, timeout=server.timeout_s)
        try:
            if server.tls is Tls.STARTTLS:
                host.starttls(context=context)
            if server.user:
                host.login(server.user, server.password)
        except BaseException:
            host.close()
            raise
        return host

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, tb: TracebackType | None
    ) -> None:
        if self.host is not None:
            with suppress(OSError, smtplib.SMTPException):  # nothing is lost when the farewell fails
                self.host.quit()
            self.host.close()
            self.host = None


class _Smtp:
    """One connection for as many mails as there are; it is made anew when the server has closed it."""

    def __init__(self, *, app: Flask, server: Server, settings: Settings) -> None:
        self.app, self.server, self.settings = app, server, settings
        self.connection: _Connection | None = None

    def send(self, message: Message, *, row_id: int) -> None:
        envelope = _envelope(message, row_id=row_id, settings=self.settings)
        was_open = self.connection is not None
        try:
            try:
                self._send(envelope)
            except smtplib.SMTPServerDisconnected:
                self.close()
                if not was_open:
                    raise
                self._send(envelope)
        except smtplib.SMTPRecipientsRefused as error:
            raise _refusal(*next(iter(error.recipients.values())), is_about_address=True) from error
        except smtplib.SMTPDataError as error:
            raise _refusal(error.smtp_code, error.smtp_error, is_about_address=False) from error
        except smtplib.SMTPResponseException as error:
            self.close()
            raise Away(_words(error.smtp_code, error.smtp_error)) from error
        except BadHeaderError as error:
            raise Rejected("a line break in an address or subject") from error
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise Away(f"{self.server.host}:{self.server.port}: {error}") from error

    def _send(self, envelope: Envelope) -> None:
        if self.connection is None:
            connection = _Connection(app=self.app, server=self.server)
            connection.__enter__()
            self.connection = connection
        self.connection.send(envelope, envelope_from=self.settings.mail_from)

    def close(self) -> None:
        if self.connection is not None:
            self.connection.__exit__(None, None, None)
            self.connection = None


def _envelope(message: Message, *, row_id: int, settings: Settings) -> Envelope:
    """Headers and both parts. Robots are asked not to answer it."""
    address = message.sender_email or settings.mail_from
    sender = (message.sender_name, address) if message.sender_name else address
    usual = {
        "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All",
        "Content-Language": message.to.language,
    }
    envelope = Envelope(
        subject=message.subject,
        recipients=[message.to.email],
        body=message.text,
        html=message.html,
        reply_to=message.reply_to or None,
        date=clock.now().timestamp(),
        extra_headers={name: value for name, value in {**usual, **message.headers}.items() if value},
    )
    envelope.sender = sender  # its constructor would join name and address without quoting
    envelope.msgId = message_id(row_id, settings=settings)  # a second header beside it is what extra_headers would give
    return envelope


def _refusal(code: int, words: bytes | str, *, is_about_address: bool) -> Rejected | Deferred:
    said = _words(code, words)
    if code < 500:
        return Deferred(said)
    # 5.1.x is about the mailbox, 5.7.x about what the server lets through (RFC 3463); old servers give no such code.
    detail = re.match(r"\d+ 5\.(\d+)\.", said)
    return Rejected(said, is_address=is_about_address and (detail is None or detail[1] == "1"))


def _words(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return " ".join(f"{code} {text}".split())
