"""A mail becomes a ticket, a message in a thread, or a row in “Lost and found” with its cause: never nothing.

The mail was stored and taken apart before the transaction opens (`jobs.inbound`); here it is judged and written. What
staff do with the rows of “Lost and found” is in `lost_mails`.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import update

from backoffice.domain import quotes
from backoffice.domain.errors import Refused
from backoffice.domain.files import FileCheck, FilePurpose
from backoffice.domain.inbound import (
    OUTCOMES,
    SETTLED_BY_ITSELF,
    TELLS_SENDER,
    Cause,
    Letter,
    Outcome,
    Settlement,
)
from backoffice.domain.notices import Mail
from backoffice.domain.tickets import Channel
from backoffice.models import Agency, LostMail, OutboxRow, ReceivedMail, StoredFile, TicketMessage
from backoffice.queries import inbound as queries
from backoffice.queries import outbox as outbox_queries
from backoffice.queries import tickets as ticket_queries
from backoffice.queries import users
from backoffice.services import arrivals, deliveries, outbox, ticket_files, tickets
from backoffice.services.arrivals import Arrival, Raw, Verdict
from backoffice.services.outbox import Recipient
from backoffice.services.tickets import Attached, Incoming, NewTicket
from backoffice.services.uow import UnitOfWork
from backoffice.storage.ticket_intake import Taken

LOOP_COUNTED = timedelta(hours=1)  # what follows within it is counted on the first row of the loop


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of it: `ticket` is the number, `outbox_id` the mail that tells the sender."""

    outcome: Outcome
    ticket: int | None = None
    message: int | None = None
    cause: Cause | None = None
    outbox_id: int | None = None


def take(uow: UnitOfWork, *, arrival: Arrival, taken: Taken | None = None) -> Done | None:
    """Write what becomes of a mail. `taken`: its files, stored and checked. None when it is to be a ticket and its
    files were not taken in yet: nothing was written then."""
    verdict = arrivals.judge(uow.session, arrival=arrival, now=uow.now)
    if verdict.cause is None and taken is None and arrival.letter.parts:
        return None
    raw_file_id = store_raw(uow, raw=arrival.raw)
    if verdict.cause is None:
        done = _accept(uow, arrival=arrival, verdict=verdict, taken=taken or Taken(), raw_file_id=raw_file_id)
    else:
        done = _put_aside(uow, arrival=arrival, verdict=verdict, raw_file_id=raw_file_id)
    if verdict.copy_of is None:
        _remember(uow, letter=arrival.letter, done=done)
    return done


def forget_senders(uow: UnitOfWork) -> None:
    """Who wrote is known here only as long as a loop is counted; a copy is known without it."""
    old = (ReceivedMail.received_at < uow.now - LOOP_COUNTED, ReceivedMail.sender != "")
    uow.session.execute(update(ReceivedMail).where(*old).values(sender=""))


def keep_unreadable(uow: UnitOfWork, *, arrival: Arrival, fault: str) -> Done:
    """A fault of ours while it was handled: staff see it and accept it by hand."""
    letter = replace(arrival.letter, fault=fault)
    raw_file_id = store_raw(uow, raw=arrival.raw)
    row = _row(uow, letter=letter, verdict=Verdict(cause=Cause.UNREADABLE), raw_file_id=raw_file_id)
    row.detail = fault[:500]
    uow.session.flush()
    return Done(outcome=Outcome.HELD, cause=Cause.UNREADABLE)


def store_raw(uow: UnitOfWork, *, raw: Raw | None) -> int | None:
    """The row of the whole mail; downloaded by staff only, never shown."""
    if raw is None:
        return None
    is_waiting = raw.check is FileCheck.WAITING
    file = StoredFile(
        purpose=FilePurpose.MAIL, name=f"mail-{uow.now:%Y%m%d-%H%M%S}.eml", storage_key=raw.key, size=raw.size,
        sha256=raw.sha256, media_type="message/rfc822", kind="eml", check_state=raw.check,
        check_cause=raw.check_cause[:500], checked_at=None if is_waiting else uow.now, due_at=uow.now,
        uploaded_at=uow.now,
    )
    uow.session.add(file)
    uow.session.flush()
    if is_waiting:
        uow.uploaded.append(file.id)
    return file.id


def attached(uow: UnitOfWork, *, letter: Letter, taken: Taken, has_scanner: bool) -> list[Attached]:
    """Rows of the files that were taken in, in their order."""
    places = sorted(taken.pictures)
    rows = dict(zip(
        places, ticket_files.store_pictures(uow, uploads=[taken.pictures[place] for place in places]), strict=True
    ))
    places = sorted(taken.files)
    rows |= dict(zip(
        places,
        ticket_files.store_files(uow, uploads=[taken.files[place] for place in places], has_scanner=has_scanner),
        strict=True,
    ))
    return [
        Attached(
            file_id=rows[place].id, content_id=letter.parts[place].content_id,
            is_inline=letter.parts[place].is_inline,
        )
        for place in sorted(rows)
    ]


def words(letter: Letter, *, answered: OutboxRow | None) -> tuple[str, str]:
    """What the writer wrote, and what is folded under it."""
    return quotes.split(letter.text, known=answered.body if answered else "")


def context(letter: Letter, *, taken: Taken) -> dict[str, object]:
    """What the page says about a mail beside its words: files that only the whole mail has."""
    left = [*letter.notes, *(letter.parts[place].name for place in sorted(taken.refused))]
    return {"left_out": left[:50]} if left else {}


# ---- what becomes a ticket


def _accept(
    uow: UnitOfWork, *, arrival: Arrival, verdict: Verdict, taken: Taken, raw_file_id: int | None
) -> Done:
    letter = arrival.letter
    has_scanner = arrival.raw is not None and arrival.raw.check is not FileCheck.NOT_SCANNED
    files = attached(uow, letter=letter, taken=taken, has_scanner=has_scanner)
    said, quoted = words(letter, answered=verdict.notice)
    user = uow.session.scalar(users.by_email(letter.sender))
    user_id = user.id if user is not None and user.deactivated_at is None else None
    about = context(letter, taken=taken)
    old = verdict.ticket
    if old is not None:
        is_other = letter.sender != old.requester_email
        incoming = Incoming(
            text=said, email=letter.sender, name=letter.sender_name, requester_id=user_id, channel=Channel.MAIL,
            files=files, html=letter.html, quoted=quoted, message_id=letter.message_id,
            in_reply_to=next(iter(letter.named_ids), ""), raw_file_id=raw_file_id,
            context={**about, "sender": letter.sender, "sender_name": letter.sender_name} if is_other else about,
        )
        try:
            message = tickets.receive(uow, ticket_id=old.id, incoming=incoming)
        except Refused as refused:
            if refused.code != "ticket-closed":
                raise
        else:
            return Done(outcome=Outcome.REPLY, ticket=message.ticket.number, message=message.id)
    project_id = old.project_id if old is not None else verdict.notice.project_id if verdict.notice else None
    agency_id = old.agency_id if old is not None else None
    ticket = tickets.open_ticket(uow, actor=None, new=NewTicket(
        subject=letter.subject, text=said, email=letter.sender, name=letter.sender_name, requester_id=user_id,
        agency_id=agency_id or (verdict.agency.id if verdict.agency else None), project_id=project_id,
        channel=Channel.MAIL, context=about, files=files, html=letter.html, quoted=quoted,
        message_id=letter.message_id, in_reply_to=next(iter(letter.named_ids), ""), raw_file_id=raw_file_id,
        follows_id=old.id if old is not None else None,
    ))
    message = uow.session.scalars(ticket_queries.first_message(ticket.id)).one()
    return Done(outcome=Outcome.TICKET, ticket=ticket.number, message=message.id, outbox_id=message.outbox_id)


# ---- what waits for staff


def _put_aside(uow: UnitOfWork, *, arrival: Arrival, verdict: Verdict, raw_file_id: int | None) -> Done:
    letter, cause = arrival.letter, verdict.cause
    if cause is None:
        raise ValueError("a mail without a cause becomes a ticket")
    row = _row(uow, letter=letter, verdict=verdict, raw_file_id=raw_file_id)
    if cause is Cause.INFECTED and arrival.raw is not None:
        row.detail = arrival.raw.check_cause[:500]
    if cause in (Cause.BOUNCED, Cause.DELAYED):
        _bounced(uow, row=row, letter=letter, notice=verdict.notice)
    if cause is Cause.LOOP:
        _count_loop(uow, row=row)
    told = _tell(uow, row=row, verdict=verdict) if cause in TELLS_SENDER and verdict.is_known else None
    uow.session.flush()
    copy = verdict.copy_of
    return Done(
        outcome=OUTCOMES.get(cause, Outcome.HELD), cause=cause, message=copy.message_id if copy else None,
        ticket=copy.ticket.number if copy and copy.ticket else None, outbox_id=told.id if told else None,
    )


def _row(uow: UnitOfWork, *, letter: Letter, verdict: Verdict, raw_file_id: int | None) -> LostMail:
    cause = verdict.cause or Cause.UNREADABLE
    is_settled = cause in SETTLED_BY_ITSELF
    agency, notice = verdict.agency, verdict.notice
    row = LostMail(
        agency_id=agency.id if agency else notice.agency_id if notice else None,
        project_id=notice.project_id if notice else None,
        received_at=uow.now, sender=letter.sender, sender_name=letter.sender_name, subject=letter.subject, cause=cause,
        message_id=letter.message_id, excerpt=letter.excerpt, size=letter.size,
        attachments=0 if letter.bounce else len(letter.parts), list_key=letter.list_key[:250],
        raw_file_id=raw_file_id, ticket_id=verdict.ticket.id if verdict.ticket else None,
        outbox_id=notice.id if notice else None, settled_at=uow.now if is_settled else None,
        settlement=Settlement.ITSELF if is_settled else None,
    )
    if row.project_id is None and verdict.is_known:
        _of_person(uow, row)
    uow.session.add(row)
    uow.session.flush()
    return row


def _of_person(uow: UnitOfWork, row: LostMail) -> None:
    """The project of the person we know, when there is one only; and through it the agency."""
    user = uow.session.scalar(users.by_email(row.sender))
    query = ticket_queries.projects_of_person(user_id=user.id if user else None, email=row.sender)
    found = [one for one in uow.session.scalars(query) if row.agency_id in (None, one.agency_id)]
    if len(found) == 1:
        row.project_id = found[0].id
    if row.agency_id is None and len({one.agency_id for one in found}) == 1:
        row.agency_id = found[0].agency_id


def _bounced(uow: UnitOfWork, *, row: LostMail, letter: Letter, notice: OutboxRow | None) -> None:
    """The mail that came back is marked as not delivered, with the words of the mail server; a wrong address too. Only
    who names a Message-ID of ours is believed: anybody can write such a report."""
    bounce = letter.bounce
    if bounce is None:
        return
    row.detail = " ".join(filter(None, (bounce.recipient, bounce.status, bounce.words)))[:500]
    if notice is not None:
        is_same = bounce.recipient in ("", notice.to)
        deliveries.came_back(
            uow, row_id=notice.id, cause=" ".join(filter(None, (bounce.status, bounce.words))),
            is_final=row.cause is Cause.BOUNCED, is_refused_address=bounce.is_address and is_same,
        )


def _count_loop(uow: UnitOfWork, *, row: LostMail) -> None:
    """One row of a loop is looked at; those that follow are kept and counted on it."""
    first = uow.session.scalar(queries.open_loop(sender=row.sender, since=uow.now - LOOP_COUNTED))
    if first is not None and first.id != row.id:
        first.times += 1
        row.settled_at, row.settlement = uow.now, Settlement.ITSELF


def _tell(uow: UnitOfWork, *, row: LostMail, verdict: Verdict) -> OutboxRow | None:
    """To somebody we know, once a day for each cause: an address that somebody forged is not written to for ever."""
    user = uow.session.scalar(users.by_email(row.sender))
    agency = uow.session.get(Agency, row.agency_id) if row.agency_id else None
    language = (user.language if user else None) or (agency.language if agency else None) or "lv"
    key = f"{row.cause.value}:{uow.now:%Y-%m-%d}"
    told = outbox.publish(
        uow, kind=Mail.TICKET_NOT_TAKEN, key=key,
        to=Recipient(email=row.sender, language=language, user_id=user.id if user else None),
        agency_id=row.agency_id, project_id=row.project_id, params={"lost_mail_id": row.id},
    )
    full = outbox.full_key(kind=Mail.TICKET_NOT_TAKEN, key=key, email=row.sender)
    before = told or uow.session.scalar(outbox_queries.by_key(full))
    row.told_id = before.id if before else None
    return told


# ---- copies


def _remember(uow: UnitOfWork, *, letter: Letter, done: Done) -> None:
    message = uow.session.get(TicketMessage, done.message) if done.message else None
    uow.session.add(ReceivedMail(
        key=arrivals.key(letter), id_digest=arrivals.id_digest(letter), sender=letter.sender,
        about=arrivals.about(letter), received_at=uow.now,
        outcome=done.outcome, message_id=done.message, ticket_id=message.ticket_id if message else None,
    ))
    uow.session.flush()
