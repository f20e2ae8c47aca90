"""The cure of a ticket as one act (S16): what an existing service does, the line in the thread, and the answer in the
composer, in one transaction. Every audit event of it names the ticket."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from backoffice.domain.causes import CURE_PERMISSIONS, Cure
from backoffice.domain.errors import N_, Forbidden, NotFound, Refused
from backoffice.domain.notices import Mail
from backoffice.domain.permissions import Actor
from backoffice.domain.tickets import RULES, Act
from backoffice.domain.visibility import BasisKind
from backoffice.models import Project, Ticket, TicketDraft, User
from backoffice.queries import contacts as contact_queries
from backoffice.services import (
    access,
    acts,
    audit,
    outbox,
    overrides,
    people,
    ticket_replies,
    ticket_triage,
    tickets,
    users,
)
from backoffice.services.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A cure and what it is about; each needs only some of these."""

    cure: Cure
    email: str = ""  # to whom access is given
    name: str = ""
    access_id: int | None = None  # whose access is sent again or moved
    contact_id: int | None = None
    mail_id: int | None = None
    reason: str = ""


def apply(
    uow: UnitOfWork, *, actor: Actor, ticket_id: int, wanted: Wanted, draft: str, act_key: str = ""
) -> Ticket:
    """Do it, say so in the thread, and put the answer into the composer below what is being written there."""
    ticket = tickets.locked(uow, actor=actor, ticket_id=ticket_id, act=Act.CURE)
    if acts.outcome(uow, actor=actor, key=act_key) is not None:
        return ticket
    if not actor.can(CURE_PERMISSIONS[wanted.cure]):
        raise Forbidden(N_("Your role does not allow this."))
    about = _ACTS[wanted.cure](uow.because_of(ticket.number), actor, ticket, wanted)
    if wanted.cure is not Cure.ASK_UNLOCK:  # which stands in the thread as a note of its own
        tickets.touch(uow, ticket=ticket)
        audit.record(
            uow, actor=actor, action=RULES[Act.CURE].audit, agency_id=ticket.agency_id, project_id=ticket.project_id,
            subject=f"ticket:{ticket.number}", details={"cure": wanted.cure.value},
            personal={"email": about} if about else {},
        )
    _draft(uow, actor=actor, ticket=ticket, words=draft)
    acts.remember(uow, actor=actor, key=act_key, outcome=str(ticket.id))
    return ticket


def draft_answer(uow: UnitOfWork, *, actor: Actor, ticket_id: int, words: str) -> None:
    """Only the answer: the cause explains itself, and nothing is to be done."""
    ticket = tickets.locked(uow, actor=actor, ticket_id=ticket_id, act=Act.CURE)
    _draft(uow, actor=actor, ticket=ticket, words=words)


def _draft(uow: UnitOfWork, *, actor: Actor, ticket: Ticket, words: str) -> None:
    row = uow.session.get(TicketDraft, (ticket.id, actor.user_id))
    begun = row.text if row is not None else ""
    if words and words not in begun:
        ticket_replies.save_draft(
            uow, actor=actor, ticket_id=ticket.id, text="\n\n".join(part for part in (begun, words) if part)
        )


def _project(ticket: Ticket) -> Project:
    if ticket.project is None:
        raise Refused(N_("Say first which project it is about."), code="no-project")
    return ticket.project


def _send_access(uow: UnitOfWork, actor: Actor, ticket: Ticket, wanted: Wanted) -> str:
    _of_project(uow, actor=actor, ticket=ticket, access_id=wanted.access_id)
    return access.send_again(uow, actor=actor, access_id=wanted.access_id or 0).user.email


def _give_access(uow: UnitOfWork, actor: Actor, ticket: Ticket, wanted: Wanted) -> str:
    row = access.grant(
        uow, actor=actor, project_id=_project(ticket).id, email=wanted.email, name=wanted.name
    )
    return row.user.email


def _move_access(uow: UnitOfWork, actor: Actor, ticket: Ticket, wanted: Wanted) -> str:
    _of_project(uow, actor=actor, ticket=ticket, access_id=wanted.access_id)
    row = access.move(
        uow, actor=actor, access_id=wanted.access_id or 0, email=wanted.email, reason=wanted.reason
    )
    return row.user.email


def _send_link(uow: UnitOfWork, actor: Actor, ticket: Ticket, wanted: Wanted) -> str:
    """To somebody with access to the ticket's project only: nobody else's account is in the actor's hands."""
    row = _of_project(uow, actor=actor, ticket=ticket, access_id=wanted.access_id)
    users.send_link(uow, user=row, kind=Mail.PASSWORD_LINK)
    audit.record(
        uow, actor=actor, action="user:link-sent", agency_id=_project(ticket).agency_id, subject=f"user:{row.id}",
        project_id=ticket.project_id, personal={"email": row.email}, person_id=row.id,
    )
    return row.email


def _show_contact(uow: UnitOfWork, actor: Actor, ticket: Ticket, wanted: Wanted) -> str:
    contact = uow.session.scalar(contact_queries.one(actor, wanted.contact_id or 0))
    if contact is None or contact.project_id != _project(ticket).id:
        raise NotFound(N_("There is no such contact person."))
    overrides.show_contact(
        uow, actor=actor, contact_id=contact.id, reason=wanted.reason, basis_kind=BasisKind.TICKET,
        basis=str(ticket.number),
    )
    return contact.email


def _resend_mail(uow: UnitOfWork, actor: Actor, _ticket: Ticket, wanted: Wanted) -> str:
    return outbox.resend(uow, actor=actor, row_id=wanted.mail_id or 0, is_address_checked=True).to


def _ask_unlock(uow: UnitOfWork, actor: Actor, ticket: Ticket, wanted: Wanted) -> str:
    """Helpdesk never decides: the responsible specialist, else the agency's review address, is asked by mail."""
    project = _project(ticket)
    ticket_triage.ask_unlock(uow, actor=actor, ticket_id=ticket.id, text=wanted.reason)
    for person in people.agency_side(uow.session, project=project):
        outbox.publish(
            uow, kind=Mail.REOPEN_REQUESTED, key=f"{project.id}:ticket:{ticket.id}:{uow.now.isoformat()}", to=person,
            agency_id=project.agency_id, project_id=project.id,
            params={"ticket_id": ticket.id, "asked_by_id": actor.user_id, "reason": wanted.reason},
        )
    return ""


def _of_project(uow: UnitOfWork, *, actor: Actor, ticket: Ticket, access_id: int | None) -> User:
    """Whose access it is, on the project of the ticket and on no other."""
    row = uow.session.scalar(contact_queries.access_of(actor, access_id or 0))
    if row is None or row.project_id != _project(ticket).id:
        raise NotFound(N_("This access has ended already."), field="access")
    return row.user


_ACTS: Mapping[Cure, Callable[[UnitOfWork, Actor, Ticket, Wanted], str]] = MappingProxyType({
    Cure.SEND_ACCESS: _send_access,
    Cure.GIVE_ACCESS: _give_access,
    Cure.MOVE_ACCESS: _move_access,
    Cure.SEND_LINK: _send_link,
    Cure.SHOW_CONTACT: _show_contact,
    Cure.RESEND_MAIL: _resend_mail,
    Cure.ASK_UNLOCK: _ask_unlock,
})
