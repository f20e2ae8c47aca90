"""What is to come of a mail, as things stand: whose it is, where it belongs, and what keeps it from being a ticket.

Reads only; `inbound` writes. What must never be answered is found first.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.orm import Session

from backoffice.domain.files import FileCheck
from backoffice.domain.inbound import (
    CAUSE_BY_NATURE,
    LOOP_MAILS,
    LOOP_MOST,
    LOOP_WITHIN,
    MAX_MAIL_BYTES,
    Cause,
    Letter,
    Nature,
)
from backoffice.domain.tickets import number_in
from backoffice.models import Agency, OutboxRow, ReceivedMail, Ticket
from backoffice.queries import inbound as queries
from backoffice.queries import tickets as ticket_queries


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """The whole mail as it lies in the store; `check_cause` is the name of a virus, or why the scanner could not."""

    key: str
    size: int
    sha256: str
    check: FileCheck
    check_cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A mail with what is known about it outside the database. `ours`: the Message-IDs in it that we made → their rows
    of the outbox. `recipients`: of the envelope, as the mail server said; they go before the headers'."""

    letter: Letter
    raw: Raw | None
    ours: Mapping[str, int] = field(default_factory=dict)
    own_addresses: frozenset[str] = frozenset()  # from which the settings let us write
    recipients: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is to come of a mail. Without a cause: a message in `ticket`, or a new ticket."""

    cause: Cause | None = None
    agency: Agency | None = None
    ticket: Ticket | None = None
    notice: OutboxRow | None = None  # the mail of ours that is answered, or that came back
    copy_of: ReceivedMail | None = None
    is_known: bool = False


def judge(session: Session, *, arrival: Arrival, now: datetime) -> Verdict:
    """What is to come of a mail as things stand; reads only."""
    letter = arrival.letter
    addresses = [*arrival.recipients, *letter.recipients]
    found = Verdict(agency=queries.agency_of(session, addresses) if addresses else None)
    copy = session.scalar(queries.by_key(key(letter)))
    if copy is not None:
        return replace(found, cause=Cause.DUPLICATE, copy_of=copy, ticket=copy.ticket)
    if letter.nature is Nature.BOUNCE:
        is_final = letter.bounce is None or letter.bounce.is_final
        notice = _ours(session, arrival, letter.bounce.original_ids if letter.bounce else ())
        ticket = session.get(Ticket, notice.params.get("ticket_id") or 0) if notice else None
        return replace(found, cause=Cause.BOUNCED if is_final else Cause.DELAYED, notice=notice, ticket=ticket)
    found = _threaded(session, arrival=arrival, found=found)
    return replace(found, cause=_cause(session, arrival=arrival, found=found, now=now))


def key(letter: Letter) -> str:
    """What makes a mail this very mail."""
    return hashlib.sha256(f"{letter.message_id}\n{letter.digest}".encode()).hexdigest()


def about(letter: Letter) -> str:
    """Of its subject, without what a program counts up in it and without “Re:”."""
    words = re.sub(r"[\W\d_]+", "", re.sub(r"\A(?:\s*\w{2,3}\s*:)+", "", letter.subject)).casefold()
    return hashlib.sha256(words.encode()).hexdigest()


def id_digest(letter: Letter) -> str:
    """Of its Message-ID alone; empty without one."""
    return hashlib.sha256(letter.message_id.encode()).hexdigest() if letter.message_id else ""


def _threaded(session: Session, *, arrival: Arrival, found: Verdict) -> Verdict:
    """The thread to which it belongs: by the first of its ids that is ours, else by the number in its subject together
    with the requester's address. Our own ids are guessed by nobody, so whoever names one was written to."""
    letter = arrival.letter
    found = replace(found, is_known=queries.is_known(session, letter.sender))
    came = {row.message_id: row for row in session.scalars(ticket_queries.by_message_ids(letter.named_ids))}
    for named in letter.named_ids:
        if (row := _ours(session, arrival, [named])) is not None:
            ticket = session.get(Ticket, row.params.get("ticket_id") or 0)
            agency = found.agency or _agency(session, row)
            return replace(found, ticket=ticket, notice=row, agency=agency, is_known=True)
        if named in came:
            return replace(found, ticket=came[named].ticket)
    number = number_in(letter.subject)
    ticket = session.scalar(ticket_queries.by_number(number)) if number else None
    if ticket is not None and ticket.requester_email == letter.sender:
        return replace(found, ticket=ticket)
    return found


def _ours(session: Session, arrival: Arrival, ids: Sequence[str]) -> OutboxRow | None:
    rows = (session.get(OutboxRow, arrival.ours[one]) for one in ids if one in arrival.ours)
    return next((row for row in rows if row is not None), None)


def _agency(session: Session, row: OutboxRow) -> Agency | None:
    return session.get(Agency, row.agency_id) if row.agency_id else None


def _cause(session: Session, *, arrival: Arrival, found: Verdict, now: datetime) -> Cause | None:
    """Why it does not become a ticket by itself; what must never be answered comes first."""
    letter = arrival.letter
    if letter.message_id in arrival.ours or letter.sender in arrival.own_addresses | queries.own_addresses(session):
        return Cause.OWN
    if arrival.raw is not None and arrival.raw.check is FileCheck.INFECTED:
        return Cause.INFECTED
    if not letter.sender:
        return Cause.NO_SENDER
    agency_id = found.agency.id if found.agency else None
    if queries.is_muted(session, list_key=letter.list_key, agency_id=agency_id):
        return Cause.MUTED
    written = queries.written_since(session, sender=letter.sender, since=now - LOOP_WITHIN)
    if written.get(about(letter), 0) >= LOOP_MAILS or sum(written.values()) >= LOOP_MOST:
        return Cause.LOOP
    if letter.nature is not Nature.PERSON and not (letter.nature is Nature.LIST and _is_own_list(arrival, session)):
        return CAUSE_BY_NATURE[letter.nature]
    if queries.has_id(session, id_digest(letter)):
        return Cause.SAME_ID
    if letter.size > MAX_MAIL_BYTES:
        return Cause.TOO_BIG
    if letter.fault:
        return Cause.UNREADABLE
    if letter.is_encrypted:
        return Cause.ENCRYPTED
    is_requester = found.ticket is not None and found.ticket.requester_email == letter.sender
    return None if found.is_known or is_requester else Cause.STRANGER


def _is_own_list(arrival: Arrival, session: Session) -> bool:
    """The helpdesk's address may itself be a list that passes on what people write."""
    own = {address.replace("@", ".") for address in arrival.own_addresses | queries.own_addresses(session)}
    return arrival.letter.list_key in own
