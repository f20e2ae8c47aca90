"""What staff do with mails in “Lost and found”: accept anyway, settle, put a mailing list aside."""

from collections.abc import Mapping

from backoffice.domain.errors import N_, Forbidden, NotFound, Refused
from backoffice.domain.inbound import CAUSE_WORDS, Cause, Group, Letter, Settlement
from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.tickets import Channel
from backoffice.models import LostMail, MutedList, OutboxRow, Ticket
from backoffice.queries import inbound as queries
from backoffice.queries import tickets as ticket_queries
from backoffice.services import audit, inbound, tickets
from backoffice.services.tickets import Incoming, NewTicket
from backoffice.services.uow import UnitOfWork
from backoffice.storage.ticket_intake import Taken

NO_MAIL = N_("There is no such mail.")
# Somebody wrote these, and learns that they arrived after all; machines and loops are never answered.
_CONFIRMED = frozenset({Group.REFUSED, Group.UNREADABLE})


def letter_of(row: LostMail) -> Letter:
    """What the row alone knows of a mail: for one whose bytes nobody is to open again."""
    return Letter(
        size=row.size, digest="", sender=row.sender, sender_name=row.sender_name, subject=row.subject,
        text=row.excerpt,
    )


def accept(
    uow: UnitOfWork,
    *,
    actor: Actor,
    lost_id: int,
    letter: Letter,
    taken: Taken,
    number: int | None,
    ours: Mapping[str, int],
    has_scanner: bool,
) -> Ticket:
    """Make it a new ticket or, with `number`, a message in that ticket. `letter` and `taken`: the mail taken apart
    again. The second press of the button answers with the first outcome."""
    row = _locked(uow, actor=actor, lost_id=lost_id)
    if row.settlement is Settlement.ACCEPTED and row.ticket is not None:
        return row.ticket
    files = inbound.attached(uow, letter=letter, taken=taken, has_scanner=has_scanner)
    answered = next((uow.session.get(OutboxRow, ours[one]) for one in letter.named_ids if one in ours), None)
    said, quoted = inbound.words(letter, answered=answered)
    about = inbound.context(letter, taken=taken)
    named = next(iter(letter.named_ids), "")
    if number is not None:
        old = uow.session.scalar(ticket_queries.one(actor, number=number))
        if old is None:
            raise Refused(
                N_("There is no ticket #%(number)s here."), field="number", code="no-ticket", values={"number": number}
            )
        message = tickets.receive(uow, actor=actor, ticket_id=old.id, incoming=Incoming(
            text=said, email=row.sender, name=row.sender_name, channel=Channel.MAIL, files=files, html=letter.html,
            quoted=quoted, message_id=letter.message_id, in_reply_to=named, raw_file_id=row.raw_file_id,
            context={**about, "sender": row.sender, "sender_name": row.sender_name},
        ))
        ticket = message.ticket
    else:
        ticket = tickets.open_ticket(uow, actor=None, new=NewTicket(
            subject=row.subject, text=said, email=row.sender, name=row.sender_name,
            agency_id=row.agency_id or actor.agency_id, project_id=row.project_id, channel=Channel.MAIL, context=about,
            files=files, html=letter.html, quoted=quoted, message_id=letter.message_id, in_reply_to=named,
            raw_file_id=row.raw_file_id, is_quiet=not is_confirmed(row.cause),
        ))
    row.ticket_id = ticket.id
    _settle(uow, actor=actor, row=row, settlement=Settlement.ACCEPTED, action="mail:accepted")
    return ticket


def is_confirmed(cause: Cause) -> bool:
    """Is the sender told the number when the mail is accepted? Forged and automatic ones are not."""
    return CAUSE_WORDS[cause].group in _CONFIRMED and cause is not Cause.INFECTED


def done(uow: UnitOfWork, *, actor: Actor, lost_id: int) -> LostMail:
    """It needs nothing; it is kept with its mail for the time that settled ones are."""
    row = _locked(uow, actor=actor, lost_id=lost_id)
    if row.settled_at is None:
        _settle(uow, actor=actor, row=row, settlement=Settlement.NOTHING, action="mail:settled")
    return row


def look_again(uow: UnitOfWork, *, actor: Actor, lost_id: int) -> LostMail:
    """Undo of `done`; what became a ticket stays one."""
    row = _locked(uow, actor=actor, lost_id=lost_id)
    if row.settlement is Settlement.ACCEPTED:
        raise Refused(N_("This mail became a ticket."), code="accepted")
    row.settled_at = row.settled_by_id = row.settlement = None
    _record(uow, actor=actor, row=row, action="mail:reopened")
    return row


def mute(uow: UnitOfWork, *, actor: Actor, lost_id: int) -> int:
    """Put later issues of this mailing list aside, and those that wait; gives their number."""
    row = _locked(uow, actor=actor, lost_id=lost_id)
    if not row.list_key or actor.agency_id is None:
        raise Refused(N_("This mail is no issue of a mailing list."), code="no-list")
    if not any(muted.key == row.list_key for muted in uow.session.scalars(queries.muted(actor))):
        uow.session.add(MutedList(
            agency_id=actor.agency_id, key=row.list_key, created_at=uow.now, created_by_id=actor.user_id
        ))
    waiting = list(uow.session.scalars(queries.of_list(actor, row.list_key)))
    for one in waiting:
        _settle(uow, actor=actor, row=one, settlement=Settlement.NOTHING, action="mail:list-muted")
    return len(waiting)


def unmute(uow: UnitOfWork, *, actor: Actor, muted_id: int) -> None:
    """Later issues are looked at again."""
    _check(actor)
    row = uow.session.get(MutedList, muted_id)
    if row is None or row.agency_id != actor.agency_id:
        raise NotFound(N_("This list is not put aside."))
    audit.record(
        uow, actor=actor, action="mail:list-unmuted", agency_id=row.agency_id, details={"list": row.key}
    )
    uow.session.delete(row)


def _locked(uow: UnitOfWork, *, actor: Actor, lost_id: int) -> LostMail:
    row = uow.session.scalar(queries.locked(actor, lost_id))
    if row is None:
        raise NotFound(NO_MAIL)
    _check(actor)
    return row


def _check(actor: Actor) -> None:
    if not actor.can(Permission.TICKET_WORK):
        raise Forbidden(N_("Your role does not allow this."))


def _settle(uow: UnitOfWork, *, actor: Actor, row: LostMail, settlement: Settlement, action: str) -> None:
    row.settled_at, row.settled_by_id, row.settlement = uow.now, actor.user_id, settlement
    _record(uow, actor=actor, row=row, action=action)


def _record(uow: UnitOfWork, *, actor: Actor, row: LostMail, action: str) -> None:
    uow.session.flush()
    audit.record(
        uow, actor=actor, action=action, agency_id=row.agency_id or actor.agency_id, project_id=row.project_id,
        subject=f"ticket:{row.ticket.number}" if row.ticket_id and row.ticket else f"mail:{row.id}",
        details={"mail": row.id, "cause": row.cause.value},
    )
