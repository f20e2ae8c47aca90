"""Who or what wrote a mail: a person, a machine, a list, or a mail server about a mail that it could not deliver."""

import re
from email.message import Message

from backoffice.domain.inbound import Bounce, Nature
from backoffice.domain.text import clean_line
from backoffice.mail.inbound import charsets, headers

_ROBOT = re.compile(r"\A(?:mailer-?daemon|postmaster|no-?reply-bounces?|bounces?)(?:[+=-][^@]*)?@", re.IGNORECASE)
# The words of programs that set no header; at the beginning of a subject, in the languages of our partners.
_AWAY = re.compile(
    r"\A(?:auto(?:matic|matische|matisk|mātiskā)?[ -]?(?:reply|response|antwort|svar|atbilde)|out of (?:the )?office"
    r"|automātiskā atbilde|prombūtn|abwesenheit|réponse automatique|respuesta automática|risposta automatica"
    r"|automatinis atsakymas|automaatvastus|автоответ)",
    re.IGNORECASE,
)
_FAILED = re.compile(
    r"undeliver|delivery (?:status notification|failure|has failed)|returned mail|mail delivery (?:failed|subsystem)"
    r"|failure notice|could not be delivered|nav piegādāt",
    re.IGNORECASE,
)
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_OUR_ID = re.compile(r"outbox\.\d{1,18}\.[0-9a-f]{12}@[\w.-]{1,200}")
MAX_BODY = 300_000


def nature(mail: Message, *, sender: str, subject: str) -> Nature:
    """By its headers first, since these were made for it (RFC 3834, RFC 2919)."""
    if is_bounce(mail, sender=sender, subject=subject):
        return Nature.BOUNCE
    said = headers.value(mail, "Auto-Submitted").lower()
    if "auto-replied" in said or any(
        headers.value(mail, name) for name in ("X-Autoreply", "X-Autorespond", "X-AutoReply-From")
    ):
        return Nature.AUTO_REPLY
    if mail.get_content_type() == "multipart/report":  # “Your mail was read”
        return Nature.AUTO_REPLY
    kind = headers.value(mail, "Precedence").lower()
    if kind == "auto_reply" or _AWAY.search(subject):
        return Nature.AUTO_REPLY
    if said.startswith("auto-"):
        return Nature.AUTOMATIC
    if any(headers.value(mail, name) for name in ("List-Unsubscribe", "List-Id")) or kind in ("bulk", "list", "junk"):
        return Nature.LIST
    if headers.value(mail, "Return-Path").strip() == "<>":
        return Nature.AUTOMATIC
    return Nature.PERSON


def list_key(mail: Message, *, sender: str) -> str:
    """What names a list: its id, else its sender."""
    found = re.search(r"<([^<>\s]{1,200})>", headers.value(mail, "List-Id"))
    return (found[1] if found else headers.value(mail, "List-Id").strip()[:200] or sender).casefold()


def is_bounce(mail: Message, *, sender: str, subject: str) -> bool:
    kind = headers.parameter(mail, "report-type").lower()
    if mail.get_content_type() == "multipart/report" and kind in ("delivery-status", ""):
        return True
    if headers.value(mail, "X-Failed-Recipients"):
        return True
    is_robot = _ROBOT.match(sender) or headers.value(mail, "Return-Path").strip() == "<>"
    return bool(is_robot and _FAILED.search(subject))


def bounce(mail: Message) -> Bounce:
    """What failed, for whom and why, as far as it says."""
    facts: dict[str, str] = {}
    ids: list[str] = []
    texts: list[str] = []
    for part in _parts(mail):
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            for block in part.walk():
                facts |= {
                    name.lower(): " ".join(str(value).split())[:500]
                    for name, value in block.raw_items()
                    if name.lower() not in facts
                }
        elif kind in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global"):
            ids += _original_ids(part)
        elif kind.startswith("text/") and not part.is_multipart():
            texts.append(charsets.guessed(_content(part)[:MAX_BODY]))
    said = "\n".join(texts)
    ids += _OUR_ID.findall(said)
    words = facts.get("diagnostic-code", "").partition(";")[2].strip() or clean_line(said[:2_000])
    status = facts.get("status", "") or headers.first(_STATUS.findall(words + said[:20_000]))
    recipient = facts.get("final-recipient", "") or facts.get("original-recipient", "")
    recipient = recipient.partition(";")[2] or recipient or headers.value(mail, "X-Failed-Recipients")
    addressed = re.search(r"[^\s<>,;]{1,64}@[^\s<>,;]{1,190}", recipient)
    return Bounce(
        recipient=charsets.fit(addressed[0]).casefold() if addressed else "",
        status=(_STATUS.search(status) or [""])[0],
        words=charsets.fit(clean_line(words))[:400],
        is_final=facts.get("action", "failed").lower() not in ("delayed", "delivered", "relayed", "expanded"),
        original_ids=tuple(dict.fromkeys(ids))[:20],
    )


def _original_ids(part: Message) -> list[str]:
    """The returned mail is enclosed whole, or its head as a text."""
    payload = part.get_payload()
    if isinstance(payload, list):
        inner = [one for one in payload if isinstance(one, Message)]
        return [one for mail in inner for one in headers.ids(headers.value(mail, "Message-ID"))]
    head = charsets.guessed(_content(part)[:50_000])
    found = re.search(r"^message-id:\s*(\S{1,500}|<[^>]{1,500}>)", head, re.IGNORECASE | re.MULTILINE)
    return headers.ids(found[1]) if found else []


def _content(part: Message) -> bytes:
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _parts(mail: Message) -> list[Message]:
    """Those of the report itself and one below; not what the returned mail holds."""
    if not mail.is_multipart():
        return [mail]
    found: list[Message] = []
    payload = mail.get_payload()
    for part in payload[:50] if isinstance(payload, list) else []:
        if isinstance(part, Message):
            is_box = part.get_content_maintype() == "multipart" and part.is_multipart()
            found += _parts(part)[:50] if is_box else [part]
    return found
