"""Erase a person (DOMAIN §10): what is personal goes, what happened stays. The audit trail still verifies, since it
holds no personal value itself; the line about the erasing holds none either."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import delete, or_, select, update

from backoffice.domain.errors import N_, Forbidden, NotFound, Refused
from backoffice.domain.notices import OutboxState
from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.text import fold_email
from backoffice.domain.tickets import TicketState
from backoffice.domain.visibility import Subject
from backoffice.models import (
    Access,
    ActKey,
    AuditEvent,
    AuditPersonal,
    Contact,
    ContactLink,
    EndedAddress,
    FormDraft,
    Identity,
    LostMail,
    OutboxRow,
    Override,
    PasswordLink,
    Project,
    ReceivedMail,
    RecoveryCode,
    SignInAttempt,
    StoredFile,
    Ticket,
    TicketAttachment,
    TicketDraft,
    TicketMessage,
    User,
)
from backoffice.queries import erasure as queries
from backoffice.services import audit, tickets
from backoffice.services.access import address_digest
from backoffice.services.uow import UnitOfWork

NOTHING = N_("There is nothing about this address.")


@dataclass(slots=True, kw_only=True)
class Counts:
    """How much went; all that the audit keeps of it."""

    accesses: int = 0
    contacts: int = 0
    tickets: int = 0
    mails: int = 0
    lost_mails: int = 0
    audit_values: int = 0
    sign_ins: int = 0
    accounts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """The caller deletes the bytes under `keys` after the commit; should it not come to that, `jobs.files` does."""

    counts: Counts
    keys: Sequence[str]


def erase(uow: UnitOfWork, *, actor: Actor, email: str) -> Erased:
    """Everything about an address in the actor's agency, and the account when no other agency needs it. An import
    never brings the person back."""
    if not actor.can(Permission.PERSON_ERASE) or actor.agency_id is None:
        raise Forbidden(N_("Your role does not allow this."))
    found = queries.about(uow.session, agency_id=actor.agency_id, email=fold_email(email))
    if found.is_staff:
        raise Refused(
            N_("This is an account of the staff. Deactivate it first; then it can be erased."), field="email",
            code="staff",
        )
    if not found:
        raise NotFound(NOTHING, code="nothing", field="email")
    keys = [key for ticket in found.tickets for key in erase_ticket(uow, ticket=ticket)]
    for mail in found.mails:
        if mail.to == found.email or (found.user is not None and mail.user_id == found.user.id):
            _empty_mail(mail)
        else:  # to somebody else, who was told of the person
            mail.subject = mail.body = mail.failure = ""
    for row in (*found.sign_ins, *found.audit_values):
        uow.session.delete(row)
    keys += lost_mails(uow, rows=found.lost_mails)
    uow.session.execute(update(ReceivedMail).where(ReceivedMail.sender == found.email).values(sender=""))
    if found.address is not None:
        uow.session.delete(found.address)
    people(uow, accesses=found.accesses, contacts=found.contacts)
    counts = Counts(
        accesses=len(found.accesses), contacts=len(found.contacts), tickets=len(found.tickets),
        mails=len(found.mails), lost_mails=len(found.lost_mails), audit_values=len(found.audit_values),
        sign_ins=len(found.sign_ins),
    )
    if found.user is not None:
        found.user.session_epoch += 1
        if found.is_account_alone:
            blank(uow, user=found.user)
            counts.accounts = 1
    audit.record(
        uow, actor=actor, action="person:erased", agency_id=actor.agency_id,
        details={name: count for name, count in asdict(counts).items() if count},
    )
    return Erased(counts=counts, keys=keys)


def lost_mails(uow: UnitOfWork, *, rows: Sequence[LostMail]) -> list[str]:
    """Mails that became no ticket, with the whole mail unless a ticket has it. Gives the keys of the bytes."""
    raw_ids = [row.raw_file_id for row in rows if row.raw_file_id is not None]
    for row in rows:
        uow.session.delete(row)
    uow.session.flush()
    return _forget_files(uow, file_ids=raw_ids)


def people(uow: UnitOfWork, *, accesses: Iterable[Access], contacts: Iterable[Contact]) -> None:
    """Access rows and contacts go; each project remembers a salted digest of the address, so that no import makes
    them anew."""
    for access in accesses:
        _bar(uow, project=access.project, email=access.user.email)
        uow.session.delete(access)
    for contact in contacts:
        _bar(uow, project=contact.project, email=contact.email)
        uow.session.execute(delete(ContactLink).where(ContactLink.contact_id == contact.id))
        uow.session.execute(
            delete(Override).where(Override.subject == Subject.CONTACT, Override.subject_id == contact.id)
        )
        uow.session.execute(
            delete(AuditPersonal).where(AuditPersonal.event_id.in_(
                select(AuditEvent.id).where(
                    AuditEvent.project_id == contact.project_id, AuditEvent.subject == f"contact:{contact.id}"
                )
            ))
        )
        uow.session.delete(contact)
    uow.session.flush()


def erase_ticket(uow: UnitOfWork, *, ticket: Ticket) -> list[str]:
    """Words, files and requester go; number, dates, category and project stay. Gives the keys of the bytes."""
    if ticket.state is not TicketState.CLOSED:
        tickets.set_state(uow, ticket=ticket, state=TicketState.CLOSED)
    messages = uow.session.scalars(select(TicketMessage).where(TicketMessage.ticket_id == ticket.id)).all()
    raw_ids = [message.raw_file_id for message in messages if message.raw_file_id is not None]
    for message in messages:
        message.text = message.html = message.quoted = message.message_id = message.in_reply_to = ""
        message.context, message.raw_file_id = {}, None
        if message.outbox_id is not None:
            _empty_mail(uow.session.get_one(OutboxRow, message.outbox_id))
    ids = [message.id for message in messages]
    file_ids = uow.session.scalars(
        select(TicketAttachment.file_id).where(TicketAttachment.message_id.in_(ids))
    ).all()
    uow.session.execute(delete(TicketAttachment).where(TicketAttachment.message_id.in_(ids)))
    uow.session.execute(delete(TicketDraft).where(TicketDraft.ticket_id == ticket.id))
    uow.session.execute(update(LostMail).where(LostMail.raw_file_id.in_(raw_ids)).values(raw_file_id=None))
    uow.session.flush()
    ticket.subject = ticket.requester_email = ticket.requester_name = ticket.search_key = ""
    ticket.context, ticket.requester_id = {}, None
    ticket.erased_at = uow.now
    tickets.touch(uow, ticket=ticket)
    return _forget_files(uow, file_ids=[*file_ids, *raw_ids])


def blank(uow: UnitOfWork, *, user: User) -> None:
    """What is left of an account: its number, so that the trail says that somebody did it, and no longer who."""
    for table in (Identity, PasswordLink, RecoveryCode, ActKey):
        uow.session.execute(delete(table).where(table.user_id == user.id))
    uow.session.execute(delete(SignInAttempt).where(SignInAttempt.email == user.email))
    for draft in (TicketDraft, FormDraft):
        uow.session.execute(delete(draft).where(draft.user_id == user.id))
    uow.session.execute(delete(AuditPersonal).where(AuditPersonal.user_id == user.id))
    mine = or_(OutboxRow.to == user.email, OutboxRow.user_id == user.id)
    for mail in uow.session.scalars(select(OutboxRow).where(mine)):
        _empty_mail(mail)
    user.email, user.name, user.phone = f"erased-{user.id}@erased.invalid", "", ""
    user.password_hash = user.totp_secret = user.language = None
    user.absent_until = user.stand_in_id = None
    user.deactivated_at = user.deactivated_at or uow.now
    user.erased_at = uow.now
    user.session_epoch += 1


def _bar(uow: UnitOfWork, *, project: Project, email: str) -> None:
    uow.session.merge(
        EndedAddress(project_id=project.id, digest=address_digest(project=project, email=email), at=uow.now)
    )


def _empty_mail(row: OutboxRow) -> None:
    """That a mail of this kind went, and when, stays; what waits goes to nobody."""
    row.key, row.to, row.user_id = f"erased:{row.id}", "", None
    row.subject = row.body = row.failure = ""
    row.params = {}
    if row.state in (OutboxState.WAITING, OutboxState.HELD):
        row.state = OutboxState.WITHDRAWN


def _forget_files(uow: UnitOfWork, *, file_ids: Sequence[int]) -> list[str]:
    """Rows of files that no other message has, and no mail that waits."""
    kept = select(TicketAttachment.id).where(TicketAttachment.file_id == StoredFile.id).exists()
    raw = select(TicketMessage.id).where(TicketMessage.raw_file_id == StoredFile.id).exists()
    lost = select(LostMail.id).where(LostMail.raw_file_id == StoredFile.id).exists()
    rows = uow.session.scalars(select(StoredFile).where(StoredFile.id.in_(file_ids), ~kept, ~raw, ~lost)).all()
    keys = [row.storage_key for row in rows]
    for row in rows:
        uow.session.delete(row)
    return keys
