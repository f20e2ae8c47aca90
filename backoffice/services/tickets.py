"""Tickets come and go on (S16): the first message, further ones of the requester, whose they are and what they are
about. Replies are in `ticket_replies`, all that staff do beside in `ticket_triage`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Select, func, select, update

from backoffice.domain import text, tickets
from backoffice.domain.errors import N_, Forbidden, NotFound, Refused, Stale
from backoffice.domain.notices import Mail
from backoffice.domain.permissions import Actor, Permission, Role
from backoffice.domain.reviews import QueuePlace
from backoffice.domain.tickets import (
    REOPEN_WITHIN,
    RULES,
    TO_ANSWER,
    Act,
    Category,
    Channel,
    Direction,
    FoundBy,
    TicketState,
)
from backoffice.models import Agency, Project, Ticket, TicketAttachment, TicketMessage, User
from backoffice.models.ticket import NEVER
from backoffice.queries import tickets as queries
from backoffice.queries import users as user_queries
from backoffice.services import acts, audit, outbox
from backoffice.services.contacts import checked_email
from backoffice.services.outbox import Recipient
from backoffice.services.uow import UnitOfWork

_NUMBERS = 0x71C4E7  # the lock under which the next number is taken
NO_TICKET = N_("There is no such ticket.")
CHANGED_MEANWHILE = N_("Something was written or changed here after you opened the page. Look at it first.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A stored file that hangs on a message, with what is known about it there."""

    file_id: int
    content_id: str = ""
    is_inline: bool = False
    is_blacked_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A message of a requester. `text` is what they wrote, `quoted` what their mail program hung under it; both are
    kept. `requester_id`: the account that writes, if it is signed in."""

    text: str
    email: str = ""
    name: str = ""
    requester_id: int | None = None
    channel: Channel
    files: Sequence[int | Attached] = ()
    html: str = ""
    quoted: str = ""
    message_id: str = ""
    in_reply_to: str = ""
    raw_file_id: int | None = None
    context: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTicket:
    """The first message of a ticket. Without an agency and a project both are looked for. `is_quiet`: no confirmation
    is sent, as for automatic mail. `direction` out: the agency asks, and waits for the answer. `follows_id`: the ticket
    that could not be reopened."""

    subject: str
    text: str
    email: str
    name: str = ""
    requester_id: int | None = None
    language: str = ""
    agency_id: int | None = None
    project_id: int | None = None
    submission_id: int | None = None
    category: Category | None = None
    channel: Channel
    context: Mapping[str, object] = field(default_factory=dict)
    files: Sequence[int | Attached] = ()
    html: str = ""
    quoted: str = ""
    message_id: str = ""
    in_reply_to: str = ""
    raw_file_id: int | None = None
    follows_id: int | None = None
    is_quiet: bool = False
    direction: Direction = Direction.IN


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Whose a new ticket is."""

    requester: User | None
    agency: Agency | None
    project: Project | None
    found_by: FoundBy | None


def open_ticket(uow: UnitOfWork, *, actor: Actor | None, new: NewTicket, act_key: str = "") -> Ticket:
    """A new ticket with its first message; the requester is told its number. `actor` None: somebody who is not signed
    in, or a mail. Whose it is: the given agency, the project's, else the one that knows the sender, else nobody's."""
    known = acts.outcome(uow, actor=actor, key=act_key)
    if known is not None:
        return uow.session.get_one(Ticket, int(known))
    is_question = new.direction is Direction.OUT
    needed = Permission.REVIEW_DECIDE if is_question else Permission.TICKET_WORK
    if (is_question or new.channel is Channel.STAFF) and (actor is None or not actor.can(needed)):
        raise Forbidden(N_("Your role does not allow this."))
    email = checked_email(new.email)
    words = _words(new.text, channel=new.channel)
    subject = _subject(new, words=words)
    place = _place(uow, actor=actor, new=new, email=email, searched=(subject, words))
    ticket = Ticket(
        number=_next_number(uow),
        agency_id=place.agency.id if place.agency else None,
        project_id=place.project.id if place.project else None,
        project_found_by=place.found_by,
        submission_id=new.submission_id,
        requester_id=place.requester.id if place.requester else None,
        requester_email=email,
        requester_name=text.clean_line(new.name)[:200] or (place.requester.name if place.requester else ""),
        language=_language(new, place),
        subject=subject,
        channel=new.channel,
        context=dict(new.context),
        category=new.category,
        state=TicketState.WAITING if is_question else TicketState.NEW,
        follows_id=new.follows_id,
        created_at=uow.now,
        changed_at=uow.now,
    )
    if not is_question:
        owe_answer(uow, ticket=ticket, agency=place.agency)
    uow.session.add(ticket)
    uow.session.flush()
    message = add_message(
        uow, ticket=ticket, direction=new.direction, channel=new.channel,
        author_id=_author(actor, new.channel, place.requester), words=words, files=new.files, html=new.html,
        quoted=new.quoted, message_id=new.message_id, in_reply_to=new.in_reply_to, raw_file_id=new.raw_file_id,
    )
    record(uow, actor=actor, ticket=ticket, action="ticket:opened", details={
        "channel": new.channel.value, "category": new.category.value if new.category else None,
        "project_found_by": place.found_by.value if place.found_by else None,
    })
    if not new.is_quiet:
        row = outbox.publish(
            uow, kind=Mail.TICKET_RECEIVED, key=f"ticket:{ticket.id}", to=requester(ticket),
            agency_id=ticket.agency_id, project_id=ticket.project_id,
            params={"ticket_id": ticket.id, "message_id": message.id},
        )
        message.outbox_id = row.id if row else None
    acts.remember(uow, actor=actor, key=act_key, outcome=str(ticket.id))
    return ticket


def receive(uow: UnitOfWork, *, ticket_id: int, incoming: Incoming, actor: Actor | None = None) -> TicketMessage:
    """A further message of the requester, by page or mail; who may write is checked by the caller (key, sign-in, the
    sender's address). What waited or was solved is open again; what was merged goes on in the other ticket. Closed for
    too long: Refused with `ticket-closed`, and the caller opens a new ticket that follows this one."""
    _to_the_front(uow, ticket_id=ticket_id)
    ticket = uow.session.scalar(queries.locked_any(ticket_id))
    while ticket is not None and ticket.merged_into_id is not None:
        ticket = uow.session.scalar(queries.locked_any(ticket.merged_into_id))
    if ticket is None:
        raise NotFound(NO_TICKET)
    if is_closed_for_good(ticket, uow=uow):
        raise Refused(
            N_("Ticket #%(number)s was closed some time ago. Write a new one, please."), code="ticket-closed",
            values={"number": str(ticket.number)},
        )
    words = _words(incoming.text, channel=incoming.channel)
    message = add_message(
        uow, ticket=ticket, direction=Direction.IN, channel=incoming.channel, author_id=incoming.requester_id,
        words=words, files=incoming.files, html=incoming.html, quoted=incoming.quoted,
        message_id=incoming.message_id, in_reply_to=incoming.in_reply_to, raw_file_id=incoming.raw_file_id,
        context=incoming.context,
    )
    before = ticket.state
    if before is not TicketState.NEW:
        set_state(uow, ticket=ticket, state=TicketState.OPEN)
    if ticket.answer_due_at is None:
        owe_answer(uow, ticket=ticket, agency=ticket.agency)
    touch(uow, ticket=ticket)
    record(uow, actor=actor, ticket=ticket, action=RULES[Act.WRITE].audit, details={
        "message": message.id, "channel": incoming.channel.value, "from": before.value, "to": ticket.state.value,
    })
    return message


def _to_the_front(uow: UnitOfWork, *, ticket_id: int) -> None:
    """The answer to a question about a submission brings its review to the front of the queue (DOMAIN §3). Before the
    ticket is locked: everybody locks the project first."""
    row = uow.session.get(Ticket, ticket_id)
    if row is not None and row.submission_id is not None:
        uow.session.execute(
            update(Project)
            .where(Project.id == row.project_id, Project.queue_place == QueuePlace.ASKED)
            .values(queue_place=QueuePlace.ANSWERED)
        )


def close_settled(uow: UnitOfWork, *, limit: int = 200) -> int:
    """Close what was solved and nobody wrote about since (tickets.CLOSE_AFTER); the sweep calls it."""
    query = (
        select(Ticket)
        .where(Ticket.state == TicketState.SOLVED, Ticket.solved_at < uow.now - tickets.CLOSE_AFTER)
        .order_by(Ticket.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = uow.session.scalars(query).all()
    for ticket in found:
        set_state(uow, ticket=ticket, state=TicketState.CLOSED)
        touch(uow, ticket=ticket)
        record(uow, actor=None, ticket=ticket, action=RULES[Act.CLOSE].audit, details={"from": "solved"})
    return len(found)


# ---- what the other services of tickets share


def locked(
    uow: UnitOfWork, *, actor: Actor, ticket_id: int, act: Act, seen_version: int | None = None
) -> Ticket:
    """The ticket, ours until the end: scope, permission, version and state table, in this order."""
    ticket = uow.session.scalar(queries.locked(actor, ticket_id))
    if ticket is None:
        raise NotFound(NO_TICKET)
    check(actor=actor, ticket=ticket, act=act, seen_version=seen_version)
    return ticket


def check(*, actor: Actor, ticket: Ticket, act: Act, seen_version: int | None = None) -> None:
    """Permission, version and state table."""
    check_permission(actor=actor, act=act)
    if seen_version is not None and seen_version != ticket.version:
        raise Stale(CHANGED_MEANWHILE)
    tickets.check(act, ticket.state)


def check_permission(*, actor: Actor, act: Act) -> None:
    permission = RULES[act].permission
    if permission is None or not actor.can(permission):
        raise Forbidden(N_("Your role does not allow this."))


def add_message(
    uow: UnitOfWork,
    *,
    ticket: Ticket,
    direction: Direction,
    channel: Channel,
    author_id: int | None,
    words: str,
    files: Sequence[int | Attached] = (),
    html: str = "",
    quoted: str = "",
    message_id: str = "",
    in_reply_to: str = "",
    raw_file_id: int | None = None,
    context: Mapping[str, object] | None = None,
) -> TicketMessage:
    """A row of the thread with its files; the ticket is found by its words from now on."""
    message = TicketMessage(
        ticket_id=ticket.id, direction=direction, channel=channel, author_id=author_id, text=words, html=html,
        quoted=text.clean(quoted), message_id=message_id[:250], in_reply_to=in_reply_to[:250],
        raw_file_id=raw_file_id, context=dict(context or {}), written_at=uow.now,
    )
    uow.session.add(message)
    uow.session.flush()
    for position, file in enumerate(files):
        one = Attached(file_id=file) if isinstance(file, int) else file
        uow.session.add(TicketAttachment(
            message_id=message.id, file_id=one.file_id, position=position, content_id=one.content_id[:250],
            is_inline=one.is_inline, is_blacked_out=one.is_blacked_out,
        ))
    uow.session.flush()
    fill_search(uow, ticket=ticket)
    return message


def fill_search(uow: UnitOfWork, *, ticket: Ticket) -> None:
    """After any change of words: number, subject, who, project, and every message, notes among them (staff only)."""
    project = uow.session.get(Project, ticket.project_id) if ticket.project_id else None
    messages = uow.session.execute(
        select(TicketMessage.text, TicketMessage.quoted)
        .where(TicketMessage.ticket_id == ticket.id)
        .order_by(TicketMessage.id)
    )
    ticket.search_key = text.search_key(" ".join((
        f"#{ticket.number}", ticket.subject, ticket.requester_name, ticket.requester_email,
        f"{project.code} {project.title} {project.organisation}" if project else "",
        *(f"{written} {quoted}" for written, quoted in messages),
    )))


def set_state(uow: UnitOfWork, *, ticket: Ticket, state: TicketState) -> None:
    """The state with the instants that hang on it; what is not to be answered owes none."""
    if state is ticket.state:
        return
    ticket.state = state
    ticket.solved_at = uow.now if state is TicketState.SOLVED else None
    ticket.closed_at = uow.now if state is TicketState.CLOSED else None
    if state not in TO_ANSWER:
        owe_nothing(ticket)


def owe_answer(uow: UnitOfWork, *, ticket: Ticket, agency: Agency | None) -> None:
    """From now on the clock of working hours runs."""
    ticket.answer_due_at = queries.due(agency, since=uow.now)
    ticket.queue_at = ticket.answer_due_at


def owe_nothing(ticket: Ticket) -> None:
    ticket.answer_due_at, ticket.queue_at = None, NEVER


def touch(uow: UnitOfWork, *, ticket: Ticket) -> None:
    """Whoever has the page open from before is told before a reply goes."""
    ticket.version += 1
    ticket.changed_at = uow.now


def record(
    uow: UnitOfWork, *, actor: Actor | None, ticket: Ticket, action: str, details: Mapping[str, object] | None = None
) -> None:
    """The audit event of an act on a ticket; the trail of its project names the ticket."""
    audit.record(
        uow, actor=actor, action=action, agency_id=ticket.agency_id, project_id=ticket.project_id,
        subject=f"ticket:{ticket.number}", details=details,
    )


def requester(ticket: Ticket) -> Recipient:
    return Recipient(email=ticket.requester_email, language=ticket.language, user_id=ticket.requester_id)


def is_closed_for_good(ticket: Ticket, *, uow: UnitOfWork) -> bool:
    """Erased, or closed longer ago than the time in which a ticket may be reopened."""
    if ticket.erased_at is not None:
        return True
    return ticket.closed_at is not None and ticket.closed_at + REOPEN_WITHIN < uow.now


# ---- of a new ticket alone


def _words(written: str, *, channel: Channel) -> str:
    """The text of a message. A mail is taken as it is: nothing that was sent is swallowed."""
    cleaned = text.clean(written)
    if channel is Channel.MAIL:
        return cleaned
    if not cleaned:
        raise Refused(N_("Write what it is about."), field="text", code="missing")
    return text.fit(cleaned, limit="ticket_text", field="text")


def _subject(new: NewTicket, *, words: str) -> str:
    subject = tickets.without_number(text.clean_line(new.subject))
    if new.channel is Channel.MAIL:
        shown = "".join(text.letters(subject)[: text.LIMITS["subject"]])
        return shown or tickets.subject_of(words) or "—"
    if not subject:
        raise Refused(N_("Give it a subject."), field="subject", code="missing")
    return text.fit(subject, limit="subject", field="subject")


def _next_number(uow: UnitOfWork) -> int:
    """One at a time: SQLite has a single writer, PostgreSQL a lock that ends with the transaction."""
    if uow.session.get_bind().dialect.name == "postgresql":
        uow.session.execute(select(func.pg_advisory_xact_lock(_NUMBERS)))
    last = uow.session.scalar(queries.last_number())
    return last + 1 if last else tickets.FIRST_NUMBER


def _author(actor: Actor | None, channel: Channel, requester: User | None) -> int | None:
    if channel is Channel.STAFF and actor is not None:
        return actor.user_id
    return requester.id if requester else None


def _language(new: NewTicket, place: _Place) -> str:
    of_person = place.requester.language if place.requester else None
    return (new.language or of_person or (place.agency.language if place.agency else "") or "lv")[:5]


def _place(
    uow: UnitOfWork, *, actor: Actor | None, new: NewTicket, email: str, searched: tuple[str, ...]
) -> _Place:
    session = uow.session
    person = session.get(User, new.requester_id) if new.requester_id else None
    person = person or session.scalar(user_queries.by_email(email))
    agency_id = new.agency_id
    if agency_id is None and actor is not None and actor.role is not Role.COORDINATOR:
        agency_id = actor.agency_id
    project, found_by = _project(uow, new=new, agency_id=agency_id, person=person, email=email, searched=searched)
    if project is not None:
        agency_id = project.agency_id
    elif agency_id is None:
        known = {row.agency_id for row in session.scalars(_known(person, email))}
        agency_id = known.pop() if len(known) == 1 else None
    return _Place(
        requester=person, agency=session.get(Agency, agency_id) if agency_id else None, project=project,
        found_by=found_by,
    )


def _project(
    uow: UnitOfWork,
    *,
    new: NewTicket,
    agency_id: int | None,
    person: User | None,
    email: str,
    searched: tuple[str, ...],
) -> tuple[Project | None, FoundBy | None]:
    """Given, else the one whose code stands in the words, else the only one of who writes; within the agency to which
    the message was sent, if that is known."""
    session = uow.session
    if new.project_id is not None and (given := session.get(Project, new.project_id)) is not None:
        return given, FoundBy.STAFF if new.channel is Channel.STAFF else FoundBy.FORM
    codes = tickets.codes_in(*searched)[:20]
    for found_by, query in ((FoundBy.CODE, queries.by_codes(codes)), (FoundBy.SENDER, _known(person, email))):
        rows = [row for row in session.scalars(query) if agency_id in (None, row.agency_id)]
        if len(rows) == 1:
            return rows[0], found_by
    return None, None


def _known(person: User | None, email: str) -> Select[Project]:
    return queries.projects_of_person(user_id=person.id if person else None, email=email)
