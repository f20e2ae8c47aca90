"""Tickets, as each actor may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, exists, false, func, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload, selectinload

from backoffice.domain import clock
from backoffice.domain.calendar import calendar
from backoffice.domain.files import FilePurpose
from backoffice.domain.hours import Hours
from backoffice.domain.permissions import GRANTS, Actor, Permission, Role, StaffRole
from backoffice.domain.text import parse_search
from backoffice.domain.tickets import ANSWER_HOURS, TO_ANSWER, Category, Direction, TicketState
from backoffice.models import (
    Access,
    Agency,
    AuditEvent,
    CannedReply,
    Contact,
    OutboxRow,
    Project,
    Restoration,
    StoredFile,
    Ticket,
    TicketAttachment,
    TicketDraft,
    TicketMessage,
    User,
)


class View(StrEnum):
    """The saved views of the queue."""

    TO_ANSWER = "to-answer"
    MINE = "mine"
    NOBODYS = "nobodys"
    WAITING = "waiting"
    SOLVED = "solved"
    UNROUTED = "unrouted"
    ALL = "all"


def scope(actor: Actor) -> ColumnElement[bool]:
    """Staff: the own agency's, and what no agency was found for. Everybody else: the own tickets."""
    if actor.can(Permission.TICKET_READ):
        return or_(Ticket.agency_id == actor.agency_id, Ticket.agency_id.is_(None))
    if actor.role is Role.COORDINATOR:
        return Ticket.requester_id == actor.user_id
    return false()


def visible(actor: Actor) -> Select[Ticket]:
    return select(Ticket).where(scope(actor))


def one(actor: Actor, *, number: int) -> Select[Ticket]:
    """A ticket by its number, with what its page shows."""
    return visible(actor).where(Ticket.number == number).options(
        joinedload(Ticket.agency), joinedload(Ticket.project), joinedload(Ticket.assignee),
        joinedload(Ticket.requester),
    )


def locked(actor: Actor, ticket_id: int) -> Select[Ticket]:
    """A ticket within the actor's scope, for a write: as it is once the lock is ours."""
    return _locking(visible(actor).where(Ticket.id == ticket_id))


def locked_any(ticket_id: int) -> Select[Ticket]:
    """A ticket to which a message of its requester goes, for a write."""
    return _locking(select(Ticket).where(Ticket.id == ticket_id))


def locked_many(actor: Actor, ticket_ids: Sequence[int]) -> Select[Ticket]:
    """Several tickets within the actor's scope, always locked in the same order."""
    return _locking(visible(actor).where(Ticket.id.in_(ticket_ids)).order_by(Ticket.id))


def _locking(query: Select[Ticket]) -> Select[Ticket]:
    return query.with_for_update(of=Ticket).execution_options(populate_existing=True)


def by_number(number: int) -> Select[Ticket]:
    """Any ticket; for mail that came in and for signed links, which say themselves who may."""
    return select(Ticket).where(Ticket.number == number)


def last_number() -> Select[int | None]:
    """The highest that was given out, by a ticket that is there or before a backup was restored."""
    given = union_all(
        select(func.max(Ticket.number).label("number")), select(func.max(Restoration.ticket_floor))
    ).subquery()
    return select(func.max(given.c.number))


def of_requester(*, user_id: int | None = None, email: str = "") -> Select[Ticket]:
    """All tickets of a person, the latest change first; a person is known by account or by (folded) address."""
    known = [Ticket.requester_id == user_id] if user_id is not None else []
    if email:
        known.append(Ticket.requester_email == email)
    query = select(Ticket).where(or_(*known) if known else false())
    return query.order_by(Ticket.changed_at.desc(), Ticket.id.desc())


def of_project(actor: Actor, project_id: int) -> Select[Ticket]:
    """The tickets of a project, the latest change first."""
    return visible(actor).where(Ticket.project_id == project_id).order_by(Ticket.changed_at.desc(), Ticket.id.desc())


def by_message_ids(message_ids: Sequence[str]) -> Select[TicketMessage]:
    """Messages that came in by mail under one of these ids."""
    return (
        select(TicketMessage)
        .where(TicketMessage.message_id.in_(message_ids), TicketMessage.message_id != "")
        .options(joinedload(TicketMessage.ticket))
        .order_by(TicketMessage.id)
    )


def first_message(ticket_id: int) -> Select[TicketMessage]:
    """The message with which a ticket began."""
    return select(TicketMessage).where(TicketMessage.ticket_id == ticket_id).order_by(TicketMessage.id).limit(1)


# ---- the queue


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What narrows the queue down beside its view."""

    search: str = ""
    states: Sequence[TicketState] = ()
    categories: Sequence[Category] = ()
    assignee_ids: Sequence[int] = ()
    has_screenshots: bool = False
    project_code: str = ""


# Least time left first; what the agency owes no answer for comes after, in the order of their numbers.
LEAST_TIME_LEFT = (Ticket.queue_at, Ticket.id)
LATEST: tuple[InstrumentedAttribute[datetime], InstrumentedAttribute[int]] = (Ticket.changed_at, Ticket.id)


def queue(actor: Actor, *, view: View, filters: Filters) -> Select[Ticket]:
    """The tickets of a view; order by LEAST_TIME_LEFT or by LATEST."""
    query = visible(actor).where(*_of_view(actor, view)).options(
        joinedload(Ticket.project), joinedload(Ticket.assignee)
    )
    for word in parse_search(filters.search).words:
        found = Ticket.search_key.contains(word, autoescape=True)
        number = word.lstrip("#")
        query = query.where(or_(found, Ticket.number == int(number)) if number.isdecimal() else found)
    if filters.states:
        query = query.where(Ticket.state.in_(filters.states))
    if filters.categories:
        query = query.where(Ticket.category.in_(filters.categories))
    if filters.assignee_ids:
        query = query.where(Ticket.assignee_id.in_(filters.assignee_ids))
    if filters.project_code:
        query = query.where(Ticket.project_id.in_(select(Project.id).where(Project.code == filters.project_code)))
    if filters.has_screenshots:
        query = query.where(exists(_screenshots().where(TicketMessage.ticket_id == Ticket.id)))
    return query


def counts(session: Session, actor: Actor) -> dict[View, int]:
    """How many tickets stand in each view; one statement."""
    queries = [
        select(func.count(Ticket.id)).where(scope(actor), *_of_view(actor, view)).scalar_subquery() for view in View
    ]
    return dict(zip(View, session.execute(select(*queries)).one(), strict=True))


def _of_view(actor: Actor, view: View) -> list[ColumnElement[bool]]:
    routed = Ticket.agency_id == actor.agency_id
    conditions: dict[View, list[ColumnElement[bool]]] = {
        View.TO_ANSWER: [Ticket.state.in_(TO_ANSWER)],
        View.MINE: [Ticket.assignee_id == actor.user_id, Ticket.state.in_({*TO_ANSWER, TicketState.WAITING})],
        View.NOBODYS: [routed, Ticket.assignee_id.is_(None), Ticket.state.in_({*TO_ANSWER, TicketState.WAITING})],
        View.WAITING: [Ticket.state == TicketState.WAITING],
        View.SOLVED: [Ticket.state == TicketState.SOLVED],
        View.UNROUTED: [Ticket.agency_id.is_(None)],
        View.ALL: [],
    }
    return conditions[view]


def _screenshots() -> Select[int]:
    return (
        select(TicketAttachment.id)
        .join(TicketMessage, TicketMessage.id == TicketAttachment.message_id)
        .join(StoredFile, StoredFile.id == TicketAttachment.file_id)
        .where(StoredFile.purpose == FilePurpose.SCREENSHOT)
    )


def screenshot_counts(session: Session, ticket_ids: Sequence[int]) -> dict[int, int]:
    """Ticket → how many screenshots hang on it."""
    query = (
        _screenshots()
        .with_only_columns(TicketMessage.ticket_id, func.count())
        .where(TicketMessage.ticket_id.in_(ticket_ids))
        .group_by(TicketMessage.ticket_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def helpers(actor: Actor) -> Select[User]:
    """Who may work on tickets of the agency: whom a ticket can be given to."""
    roles = [StaffRole(role.value) for role, granted in GRANTS.items() if Permission.TICKET_WORK in granted]
    return (
        select(User)
        .where(User.agency_id == actor.agency_id, User.role.in_(roles), User.deactivated_at.is_(None))
        .order_by(User.name_sort, User.id)
    )


# ---- the thread


def thread(session: Session, ticket: Ticket, *, email: str | None = None) -> list[TicketMessage]:
    """The messages of a ticket and of those merged into it, in the order in which they were written, with all that a
    page shows. For a requester (`email`) without notes, without replies that were taken back, and without what another
    person wrote in a ticket that was merged."""
    query = (
        select(TicketMessage)
        .where(TicketMessage.ticket_id.in_(family(session, ticket)))
        .options(
            joinedload(TicketMessage.author), joinedload(TicketMessage.outbox), joinedload(TicketMessage.ticket),
            selectinload(TicketMessage.attachments).joinedload(TicketAttachment.file),
        )
        .order_by(TicketMessage.written_at, TicketMessage.id)
    )
    if email is not None:
        own = select(Ticket.id).where(Ticket.requester_email == email)
        query = query.where(
            TicketMessage.direction != Direction.INTERNAL, TicketMessage.withdrawn_at.is_(None),
            TicketMessage.ticket_id.in_(own),
        )
    return list(session.scalars(query))


def family(session: Session, ticket: Ticket) -> list[int]:
    """The ticket and all that were merged into it, also by way of another."""
    found, edge = [ticket.id], [ticket.id]
    while edge:
        edge = [
            row
            for row in session.scalars(select(Ticket.id).where(Ticket.merged_into_id.in_(edge)).order_by(Ticket.id))
            if row not in found
        ]
        found += edge
    return found


def message(actor: Actor, message_id: int) -> Select[TicketMessage]:
    """A message of a ticket within the actor's scope."""
    return (
        select(TicketMessage)
        .where(TicketMessage.id == message_id, TicketMessage.ticket_id.in_(select(Ticket.id).where(scope(actor))))
        .options(joinedload(TicketMessage.ticket))
    )


def message_on_its_way(message_id: int) -> Select[OutboxRow]:
    """The mail of a reply, locked; nothing while the job holds it or after it went."""
    return (
        select(OutboxRow)
        .join(TicketMessage, TicketMessage.outbox_id == OutboxRow.id)
        .where(TicketMessage.id == message_id)
        .with_for_update(of=OutboxRow, skip_locked=True)
        .execution_options(populate_existing=True)
    )


def drafts(ticket_id: int) -> Select[TicketDraft]:
    """Who is writing on a ticket, the first who began first."""
    return (
        select(TicketDraft)
        .where(TicketDraft.ticket_id == ticket_id)
        .options(joinedload(TicketDraft.user))
        .order_by(TicketDraft.since_at, TicketDraft.user_id)
    )


def canned(actor: Actor) -> Select[CannedReply]:
    """The replies that the agency has ready, in its own order."""
    return (
        select(CannedReply)
        .where(CannedReply.agency_id == actor.agency_id)
        .order_by(CannedReply.position, CannedReply.id)
    )


# ---- whose it is


def projects_of_person(*, user_id: int | None, email: str) -> Select[Project]:
    """The projects on which a person works, else on which the address is a contact's."""
    by_access = select(Access.project_id).join(User, User.id == Access.user_id).where(Access.ended_at.is_(None))
    by_access = by_access.where(or_(User.id == user_id, User.email == email) if user_id else User.email == email)
    by_contact = select(Contact.project_id).where(Contact.email == email, Contact.ended_at.is_(None))
    return (
        select(Project)
        .where(or_(Project.id.in_(by_access), Project.id.in_(by_contact)))
        .options(joinedload(Project.agency))
        .order_by(Project.id)
    )


def by_codes(codes: Sequence[str]) -> Select[Project]:
    return select(Project).where(Project.code.in_(codes)).options(joinedload(Project.agency)).order_by(Project.id)


def by_helpdesk_address(addresses: Sequence[str]) -> Select[Agency]:
    """The agencies whose helpdesk (or review) mail goes to one of these addresses (folded)."""
    helpdesk, review = func.lower(Agency.helpdesk_address), func.lower(Agency.review_address)
    return select(Agency).where(or_(helpdesk.in_(addresses), review.in_(addresses))).order_by(Agency.id)


# ---- working hours


def hours(agency: Agency | None) -> Hours:
    """The clock of an agency; a ticket that is nobody's yet goes by the default one."""
    if agency is None:
        return Hours(calendar=calendar(country="LV"), time_zone="Europe/Riga")
    days = calendar(country=agency.country, extra=[str(day) for day in agency.extra_holidays])
    return Hours(calendar=days, time_zone=agency.time_zone)


def due(agency: Agency | None, *, since: datetime) -> datetime:
    """Until when a message of that instant should be answered."""
    return hours(agency).after(since, timedelta(hours=ANSWER_HOURS))


def first_answers(session: Session, *, agency: Agency, now: datetime) -> timedelta | None:
    """How much working time went by on average before a first answer of today; None before there is one."""
    start = clock.start_of(clock.day_of(now, time_zone=agency.time_zone), time_zone=agency.time_zone)
    found = session.execute(
        select(Ticket.created_at, Ticket.first_answered_at)
        .where(Ticket.agency_id == agency.id, Ticket.first_answered_at >= start)
        .order_by(Ticket.id.desc())
        .limit(200)
    ).all()
    runs = hours(agency)
    times = [runs.between(created, answered) for created, answered in found if answered]
    return sum(times, timedelta(0)) / len(times) if times else None


def events(actor: Actor, numbers: Sequence[int]) -> Select[AuditEvent]:
    """What happened to these tickets, the oldest first; the ticket itself was looked up within the actor's scope."""
    subjects = [f"ticket:{number}" for number in numbers]
    own = or_(AuditEvent.agency_id == actor.agency_id, AuditEvent.agency_id.is_(None))
    query = select(AuditEvent).where(own, AuditEvent.subject.in_(subjects))
    return query.order_by(AuditEvent.at, AuditEvent.id)


def files(ticket_ids: Sequence[int]) -> Select[StoredFile]:
    """Every file that hangs on a message of these tickets, and the whole mails as they came."""
    messages = select(TicketMessage.id).where(TicketMessage.ticket_id.in_(ticket_ids))
    attached = select(TicketAttachment.file_id).where(TicketAttachment.message_id.in_(messages))
    whole = select(TicketMessage.raw_file_id).where(TicketMessage.ticket_id.in_(ticket_ids))
    return select(StoredFile).where(or_(StoredFile.id.in_(attached), StoredFile.id.in_(whole)))
