"""What arrived at the helpdesk's addresses, and what of it waits in “Lost and found”."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from backoffice.domain.inbound import CAUSE_WORDS, Cause, Group
from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.text import parse_search
from backoffice.models import Agency, Contact, LostMail, MutedList, ReceivedMail, Ticket, User
from backoffice.queries import tickets

# ---- as a mail arrives


def by_key(key: str) -> Select[ReceivedMail]:
    """The mail of which this one is a copy."""
    return select(ReceivedMail).where(ReceivedMail.key == key).options(joinedload(ReceivedMail.ticket))


def has_id(session: Session, id_digest: str) -> bool:
    """Did another mail come under the same Message-ID?"""
    return bool(id_digest and session.scalar(select(exists().where(ReceivedMail.id_digest == id_digest))))


def written_since(session: Session, *, sender: str, since: datetime) -> dict[str, int]:
    """How many mails one address has sent since then, by what they are about."""
    query = (
        select(ReceivedMail.about, func.count(ReceivedMail.id))
        .where(ReceivedMail.sender == sender, ReceivedMail.received_at >= since)
        .group_by(ReceivedMail.about)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def agency_of(session: Session, addresses: Sequence[str]) -> Agency | None:
    """The agency whose address stands first among the recipients."""
    found = {
        address.casefold(): row
        for row in session.scalars(tickets.by_helpdesk_address(addresses))
        for address in (row.helpdesk_address, row.review_address)
    }
    return next((found[address] for address in addresses if address in found), None)


def own_addresses(session: Session) -> set[str]:
    """The helpdesk addresses of all agencies."""
    rows = session.scalars(select(Agency.helpdesk_address).where(Agency.helpdesk_address != "").order_by(Agency.id))
    return {address.strip().casefold() for address in rows}


def is_known(session: Session, email: str) -> bool:
    """Somebody with an account, a contact person, or somebody who has asked before."""
    if not email:
        return False
    return bool(session.scalar(select(or_(
        exists().where(User.email == email, User.deactivated_at.is_(None)),
        exists().where(Contact.email == email, Contact.ended_at.is_(None)),
        exists().where(Ticket.requester_email == email),
    ))))


def person(session: Session, email: str) -> str:
    """The name of somebody we know, else nothing: of the account, the contact person, an earlier ticket."""
    names = (
        select(User.name).where(User.email == email),
        select(Contact.name).where(Contact.email == email, Contact.ended_at.is_(None)),
        select(Ticket.requester_name).where(Ticket.requester_email == email),
    )
    found = (session.scalars(query.limit(1)).first() for query in names) if email else iter(())
    return next((name for name in found if name), "")


def is_muted(session: Session, *, list_key: str, agency_id: int | None) -> bool:
    """Did the agency put this list aside? A mail of no agency: did any?"""
    if not list_key:
        return False
    query = exists().where(MutedList.key == list_key[:250])
    if agency_id is not None:
        query = query.where(MutedList.agency_id == agency_id)
    return bool(session.scalar(select(query)))


def open_loop(*, sender: str, since: datetime) -> Select[LostMail]:
    """The row of a loop that goes on: what follows is counted there."""
    return (
        select(LostMail)
        .where(
            LostMail.sender == sender, LostMail.cause == Cause.LOOP, LostMail.settled_at.is_(None),
            LostMail.received_at >= since,
        )
        .order_by(LostMail.id)
        .limit(1)
    )


# ---- lost and found

ORDER: tuple[InstrumentedAttribute[datetime], InstrumentedAttribute[int]] = (LostMail.received_at, LostMail.id)


def scope(actor: Actor) -> ColumnElement[bool]:
    """The own agency's, and what no agency was found for."""
    if not actor.can(Permission.TICKET_READ):
        return false()
    return or_(LostMail.agency_id == actor.agency_id, LostMail.agency_id.is_(None))


def listed(actor: Actor, *, group: Group | None, is_done: bool, search: str = "") -> Select[LostMail]:
    """To be ordered by ORDER, newest first."""
    query = select(LostMail).where(scope(actor)).options(joinedload(LostMail.told), joinedload(LostMail.ticket))
    query = query.where(LostMail.settled_at.is_not(None) if is_done else LostMail.settled_at.is_(None))
    if group is not None:
        query = query.where(LostMail.cause.in_(_causes(group)))
    for word in parse_search(search).words:
        query = query.where(or_(
            LostMail.sender.contains(word, autoescape=True), LostMail.subject_key.contains(word, autoescape=True),
            LostMail.excerpt_key.contains(word, autoescape=True),
        ))
    return query


def counts(session: Session, actor: Actor) -> dict[Group | None, int]:
    """How many wait, in all (None) and by group."""
    query = (
        select(LostMail.cause, func.count(LostMail.id))
        .where(scope(actor), LostMail.settled_at.is_(None))
        .group_by(LostMail.cause)
    )
    found: dict[Group | None, int] = {None: 0}
    for cause, count in session.execute(query):
        group = CAUSE_WORDS[cause].group
        found[group] = found.get(group, 0) + count
        found[None] += count
    return found


def done_count(session: Session, actor: Actor, *, most: int = 1_000) -> int:
    """How many are settled, counted no further than a person reads."""
    rows = select(LostMail.id).where(scope(actor), LostMail.settled_at.is_not(None)).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(rows)) or 0


def one(actor: Actor, lost_id: int) -> Select[LostMail]:
    """With what its page shows."""
    return select(LostMail).where(LostMail.id == lost_id, scope(actor)).options(
        joinedload(LostMail.project), joinedload(LostMail.ticket), joinedload(LostMail.raw_file),
        joinedload(LostMail.told), joinedload(LostMail.outbox), joinedload(LostMail.settled_by),
    )


def locked(actor: Actor, lost_id: int) -> Select[LostMail]:
    return (
        select(LostMail)
        .where(LostMail.id == lost_id, scope(actor))
        .with_for_update(of=LostMail)
        .execution_options(populate_existing=True)
    )


def of_list(actor: Actor, list_key: str) -> Select[LostMail]:
    """What of a list still waits."""
    return (
        select(LostMail)
        .where(scope(actor), LostMail.list_key == list_key, LostMail.settled_at.is_(None))
        .order_by(LostMail.id)
        .with_for_update(of=LostMail)
    )


def muted(actor: Actor) -> Select[MutedList]:
    """The lists that the agency has put aside."""
    return (
        select(MutedList)
        .where(MutedList.agency_id == actor.agency_id)
        .options(joinedload(MutedList.created_by))
        .order_by(MutedList.key)
    )


def _causes(group: Group) -> list[Cause]:
    return [cause for cause, words in CAUSE_WORDS.items() if words.group is group]
