"""The parts of a mail: one text, one HTML, and the files. Walked with limits; what is left out is named."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path

from backoffice.domain import files as rules
from backoffice.domain.inbound import MAX_ATTACHMENTS, Part
from backoffice.mail.inbound import charsets, enclosed, headers, markup

MAX_PARTS, MAX_DEPTH = 300, 12
MAX_TEXT = 200_000  # letters; a ticket shows 20,000 of them, the whole mail has all
_SIGNATURES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"})
_WINMAIL = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
PGP = "-----BEGIN PGP MESSAGE-----"


@dataclass(slots=True, kw_only=True)
class Texts:
    """What a part and those below it say, plain and as HTML; either may be empty."""

    plain: str = ""
    html: str = ""

    def words(self) -> str:
        return self.plain if self.plain.strip() else markup.as_text(markup.cleaned(self.html, pictures={}))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """How the HTML may call a file, and its id there."""

    names: tuple[str, ...]
    content_id: str


@dataclass(slots=True, kw_only=True)
class Walk:
    """One walk through a mail; the files are written into `folder`."""

    folder: Path
    parts: list[Part] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    is_encrypted: bool = False
    named: list[_Named] = field(default_factory=list)
    seen: int = 0

    def read(self, mail: Message) -> tuple[str, str]:
        """(text, cleaned HTML) of the whole mail."""
        found = self._texts(mail, depth=0)
        pictures = {name: one.content_id for one in reversed(self.named) for name in one.names}
        html = markup.cleaned(found.html, pictures=pictures) if found.html.strip() else ""
        plain = found.plain
        if html and _is_stub(plain, html):
            plain = markup.as_text(html)
        return tidy(plain), markup.kept(html)

    def _texts(self, part: Message, *, depth: int) -> Texts:
        self.seen += 1
        if depth > MAX_DEPTH or self.seen > MAX_PARTS:
            self.left_out.append(_name(part))
            return Texts()
        kind = part.get_content_type().lower()
        if kind == "multipart/encrypted" or _is_enveloped(part, kind):
            self.is_encrypted = True
            return Texts()
        if kind == "message/external-body":
            return Texts(plain=_pointer(part))
        if kind.startswith("message/") and part.is_multipart():
            return self._enclosed(part, kind, depth=depth)
        if part.is_multipart():
            return self._several(part, kind, depth=depth)
        return self._leaf(part, kind)

    def _several(self, part: Message, kind: str, *, depth: int) -> Texts:
        below = [self._texts(one, depth=depth + 1) for one in _children(part)]
        if kind == "multipart/alternative":
            plain = headers.first(one.plain for one in below if one.plain.strip())
            return Texts(plain=plain, html=headers.first(one.html for one in reversed(below) if one.html.strip()))
        said = [one for one in below if one.plain.strip() or one.html.strip()]
        if not any(one.html.strip() for one in said):
            return Texts(plain="\n\n".join(one.plain for one in said))
        return Texts(
            plain="\n\n".join(one.words() for one in said),
            html="<br>".join(one.html if one.html.strip() else _as_html(one.plain) for one in said),
        )

    def _enclosed(self, part: Message, kind: str, *, depth: int) -> Texts:
        """A mail within the mail: its words are read as quoted, its files are taken, and it can be downloaded whole."""
        inner = next(iter(_children(part)), None)
        if inner is None or kind != "message/rfc822":
            return Texts()
        subject = headers.subject(inner)
        self._keep(
            inner.as_bytes(unixfrom=False), name=f"{subject[:80] or 'mail'}.eml", media_type="message/rfc822"
        )
        found = self._texts(inner, depth=depth + 1)
        sender = headers.first(
            f"{name} <{address}>" if name else address for name, address in headers.people(inner, "From")
        )
        said = [f"From: {sender}", f"Subject: {subject}", "", *found.words().split("\n")]
        return Texts(plain="\n".join(f"> {line}".rstrip() for line in said))

    def _leaf(self, part: Message, kind: str) -> Texts:
        name = _file_name(part)
        disposition = (part.get_content_disposition() or "").lower()
        if kind in ("text/plain", "text/html") and disposition != "attachment" and not name:
            return self._said(part, kind)
        content = _bytes(part)
        if kind in _SIGNATURES or not content:
            return Texts()
        if kind in _WINMAIL or name.lower() == "winmail.dat":
            found = enclosed.tnef(content)
            for file in found:
                self._keep(file.content, name=file.name, media_type="application/octet-stream")
            if found:
                return Texts()
        content_id = headers.clean_id(headers.value(part, "Content-ID"))
        self._keep(
            content, name=name or _name(part), media_type=kind, content_id=content_id,
            is_inline=disposition == "inline" or (bool(content_id) and disposition != "attachment"),
            location=headers.value(part, "Content-Location"),
        )
        return Texts()

    def _said(self, part: Message, kind: str) -> Texts:
        text = charsets.text_of(_bytes(part), headers.parameter(part, "charset"))
        if kind == "text/html":
            return Texts(html=text)
        if headers.parameter(part, "format").lower() == "flowed":
            text = _unflowed(text, is_joined=headers.parameter(part, "delsp").lower() == "yes")
        self.is_encrypted = self.is_encrypted or text.lstrip().startswith(PGP)
        text, files = enclosed.uuencoded(text.replace("\r\n", "\n"))
        for file in files:
            self._keep(file.content, name=file.name, media_type="application/octet-stream")
        return Texts(plain=text)

    def _keep(
        self, content: bytes, *, name: str, media_type: str, content_id: str = "", is_inline: bool = False,
        location: str = "",
    ) -> None:
        """Write a file down, once however often it came."""
        shown, digest = rules.clean_name(charsets.fit(name)) or "file", hashlib.sha256(content).hexdigest()
        same = next((one for one in self.parts if one.sha256 == digest), None)
        if same is None and len(self.parts) >= MAX_ATTACHMENTS:
            self.left_out.append(shown)
            return
        if same is None:
            file = f"part-{len(self.parts)}"
            (self.folder / file).write_bytes(content)
            same = Part(
                name=shown, media_type=media_type[:100], file=file, size=len(content), sha256=digest,
                content_id=content_id or f"part-{len(self.parts)}", is_inline=is_inline,
            )
            self.parts.append(same)
        self.named.append(
            _Named(names=tuple(markup.names_of(content_id, name, location)), content_id=same.content_id)
        )


def tidy(text: str) -> str:
    """Line breaks as one character, no run of blank lines, not longer than is ever shown. Blanks at the end of a line
    stay: they make a signature."""
    text = re.sub(r"\r\n?|\x0b|\x0c|\x85|\u2028|\u2029", "\n", text[: MAX_TEXT * 4])
    lines: list[str] = []
    for line in text.split("\n"):
        if line.strip() or len(lines) < 2 or lines[-1].strip() or lines[-2].strip():
            lines.append(line)
    return "\n".join(lines).strip("\n")[:MAX_TEXT]


def _children(part: Message) -> Iterable[Message]:
    payload = part.get_payload()
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []


def _bytes(part: Message) -> bytes:
    """Decoded as the mail says, and leniently where it says so wrongly."""
    try:
        raw = part.get_payload(decode=False)
    except (ValueError, LookupError, TypeError):
        part.del_param("charset")  # one that cannot even be read
        raw = part.get_payload(decode=False)
    if headers.value(part, "Content-Transfer-Encoding").lower() == "base64" and isinstance(raw, str):
        return headers.decode_base64(raw.encode("ascii", "ignore"))
    try:
        found = part.get_payload(decode=True)
    except (ValueError, LookupError, TypeError):
        found = None
    if isinstance(found, bytes):
        return found
    return raw.encode("utf-8", "surrogateescape") if isinstance(raw, str) else b""


def _file_name(part: Message) -> str:
    return headers.parameter(part, "filename", "content-disposition") or headers.parameter(part, "name")


def _name(part: Message) -> str:
    """For a file that has none."""
    kind = part.get_content_type().partition("/")
    endings = {"jpeg": "jpg", "plain": "txt", "calendar": "ics", "rfc822": "eml"}
    return _file_name(part) or f"{kind[0]}.{endings.get(kind[2], kind[2])}"


def _is_enveloped(part: Message, kind: str) -> bool:
    """S/MIME: what is only signed in this way cannot be read here either."""
    return kind in ("application/pkcs7-mime", "application/x-pkcs7-mime")


def _pointer(part: Message) -> str:
    """A file that lies on a server (RFC 2046 5.2.3): its address as text; nothing is fetched."""
    url = headers.parameter(part, "url")
    way = headers.parameter(part, "access-type")
    named = [headers.parameter(part, name) for name in ("site", "directory", "name")]
    place = "".join(url.split()) or "/".join(one for one in named if one)
    return f"[{' '.join(one for one in (way, place) if one)}]"


def _is_stub(plain: str, html: str) -> bool:
    """“Your program shows no HTML”, or nothing, beside a text worth reading."""
    words = plain.strip()
    return not words or (len(words) < 120 and len(markup.as_text(html)) > 6 * len(words))


def _as_html(plain: str) -> str:
    escaped = plain.replace("&", "&amp;").replace("<", "&lt;")
    return f"<pre>{escaped}</pre>"


def _unflowed(text: str, *, is_joined: bool) -> str:
    """RFC 3676: a line that ends with a blank goes on in the next one of the same depth."""
    lines: list[str] = []
    goes_on, depth = False, 0
    for raw in text.replace("\r\n", "\n").split("\n"):
        bare = raw.lstrip(">")
        marks = len(raw) - len(bare)
        line = bare.removeprefix(" ") if not marks or bare.startswith(" ") else bare
        is_soft = line.endswith(" ") and line != "-- "
        piece = line[:-1] if is_soft and is_joined else line
        if goes_on and marks == depth and line != "-- ":
            lines[-1] += piece
        else:
            lines.append(">" * marks + (" " if marks else "") + piece)
        goes_on, depth = is_soft, marks
    return "\n".join(lines)
