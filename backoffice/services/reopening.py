"""Ask to reopen (DOMAIN §3): the coordinator asks with a reason, the agency unlocks or declines in words."""

from backoffice.domain import text
from backoffice.domain.errors import N_, NotFound, Refused
from backoffice.domain.notices import Mail
from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.projects import Status
from backoffice.domain.reviews import ReopenOutcome
from backoffice.domain.tickets import LIVE, Category, Channel, Direction, TicketState
from backoffice.models import Project, ReopenRequest, Ticket, User
from backoffice.queries import reopening as queries
from backoffice.queries import submissions
from backoffice.queries import tickets as ticket_queries
from backoffice.services import acts, audit, outbox, people, projects, reviews, tickets
from backoffice.services.tickets import NewTicket
from backoffice.services.uow import UnitOfWork

MAY_ASK = frozenset({Status.UNDER_REVIEW, Status.APPROVED})


def ask(
    uow: UnitOfWork, *, actor: Actor, project_id: int, reason: str, subject: str, act_key: str = ""
) -> ReopenRequest:
    """The coordinator asks: under review or approved, one at a time. The agency is told, and it becomes a ticket;
    `subject` is the ticket's, in words of the page."""
    project = projects.lock(uow, actor=actor, project_id=project_id, permission=Permission.OWN_REOPEN)
    done = acts.outcome(uow, actor=actor, key=act_key)
    if done is not None:
        return uow.session.get_one(ReopenRequest, int(done))
    if project.status not in MAY_ASK:
        raise Refused(N_("The results are open for you already."), code="wrong-state")
    if uow.session.scalar(queries.waiting(project.id)) is not None:
        raise Refused(N_("You have asked already; the agency will answer."), code="already-asked")
    row = ReopenRequest(
        project_id=project.id, reason=_words(reason, field="reason"), asked_at=uow.now, asked_by_id=actor.user_id
    )
    row.ticket_id = _ticket(uow, actor=actor, project=project, subject=subject, words=row.reason).id
    uow.session.add(row)
    uow.session.flush()
    audit.record(
        uow, actor=actor, action="reopening:asked", agency_id=project.agency_id, project_id=project.id,
        subject=f"reopening:{row.id}", details={"reason": row.reason},
    )
    for person in people.agency_side(uow.session, project=project):
        outbox.publish(
            uow, kind=Mail.REOPEN_REQUESTED, key=f"{project.id}:{row.id}", to=person, agency_id=project.agency_id,
            project_id=project.id, params={"request_id": row.id},
        )
    acts.remember(uow, actor=actor, key=act_key, outcome=str(row.id))
    return row


def decline(uow: UnitOfWork, *, actor: Actor, project_id: int, request_id: int, answer: str) -> ReopenRequest:
    """The agency says no, in words that all with access read; a second press changes nothing."""
    project = projects.lock(uow, actor=actor, project_id=project_id, permission=Permission.REVIEW_DECIDE)
    row = uow.session.get(ReopenRequest, request_id, populate_existing=True)
    if row is None or row.project_id != project.id:
        raise NotFound(N_("There is no such request."))
    reviews.check_not_own(uow, actor=actor, project=project)
    if row.closed_at is not None:
        if row.outcome == ReopenOutcome.DECLINED and row.closed_by_id == actor.user_id:
            return row
        raise Refused(N_("This request was answered already."), code="already-answered")
    row.answer = _words(answer, field="answer")
    close(uow, actor=actor, project=project, row=row, outcome=ReopenOutcome.DECLINED, words=row.answer)
    for person in people.coordinators(uow.session, project=project):
        outbox.publish(
            uow, kind=Mail.REOPEN_DECLINED, key=f"{project.id}:{row.id}", to=person, agency_id=project.agency_id,
            project_id=project.id, params={"request_id": row.id},
        )
    return row


def close(
    uow: UnitOfWork, *, actor: Actor, project: Project, row: ReopenRequest, outcome: ReopenOutcome, words: str
) -> None:
    """Answered, and its ticket solved with the same words."""
    row.closed_at, row.closed_by_id, row.outcome = uow.now, actor.user_id, outcome
    _answer_ticket(uow, actor=actor, row=row, words=words)
    audit.record(
        uow, actor=actor, action=f"reopening:{outcome.value}", agency_id=project.agency_id, project_id=project.id,
        subject=f"reopening:{row.id}", details={"answer": row.answer},
    )


def wait_again(uow: UnitOfWork, *, request_id: int) -> None:
    """The decision that answered it was undone."""
    row = uow.session.get_one(ReopenRequest, request_id)
    row.closed_at, row.closed_by_id, row.outcome = None, None, None
    ticket = uow.session.scalar(ticket_queries.locked_any(row.ticket_id)) if row.ticket_id else None
    if ticket is None or ticket.state is not TicketState.SOLVED:
        return
    for message in ticket.messages:
        if message.context.get("reopening") == row.id and message.withdrawn_at is None:
            message.withdrawn_at = uow.now
    tickets.set_state(uow, ticket=ticket, state=TicketState.OPEN)
    tickets.owe_answer(uow, ticket=ticket, agency=ticket.agency)
    tickets.touch(uow, ticket=ticket)


def _ticket(uow: UnitOfWork, *, actor: Actor, project: Project, subject: str, words: str) -> Ticket:
    person = uow.session.get_one(User, actor.user_id)
    submission = uow.session.scalar(submissions.latest(project.id))
    return tickets.open_ticket(uow, actor=actor, new=NewTicket(
        subject=subject, text=words, email=person.email, name=person.name, requester_id=person.id,
        language=person.language or project.agency.language, agency_id=project.agency_id, project_id=project.id,
        submission_id=submission.id if submission else None, category=Category.UNLOCK, channel=Channel.FORM,
        is_quiet=True,
    ))


def _answer_ticket(uow: UnitOfWork, *, actor: Actor, row: ReopenRequest, words: str) -> None:
    """The mail of the decision, or of the answer, tells it; the ticket shows the same words and is solved."""
    ticket = uow.session.scalar(ticket_queries.locked_any(row.ticket_id)) if row.ticket_id else None
    if ticket is None or ticket.state not in LIVE:
        return
    if words:
        tickets.add_message(
            uow, ticket=ticket, direction=Direction.OUT, channel=Channel.STAFF, author_id=actor.user_id, words=words,
            context={"reopening": row.id},
        )
    ticket.first_answered_at = ticket.first_answered_at or uow.now
    tickets.set_state(uow, ticket=ticket, state=TicketState.SOLVED)
    tickets.touch(uow, ticket=ticket)


def _words(written: str, *, field: str) -> str:
    words = text.fit(text.clean(written), limit="reason", field=field)
    if not words:
        raise Refused(N_("Say why, in a sentence or two."), field=field, code="reason-missing")
    return words
