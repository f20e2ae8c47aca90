"""A question that is not a return (DOMAIN §3): a ticket tied to the submission; the status does not move."""

from backoffice.domain import text
from backoffice.domain.errors import N_, NotFound, Refused
from backoffice.domain.notices import Mail
from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.projects import Status
from backoffice.domain.reviews import QueuePlace
from backoffice.domain.tickets import Category, Channel, Direction, TicketState
from backoffice.models import Project, Submission, Ticket, TicketMessage
from backoffice.queries import contacts, submissions
from backoffice.queries import questions as queries
from backoffice.services import acts, audit, outbox, people, projects, reviews, tickets
from backoffice.services.tickets import Incoming, NewTicket
from backoffice.services.uow import UnitOfWork


def ask(uow: UnitOfWork, *, actor: Actor, project_id: int, subject: str, question: str, act_key: str = "") -> Ticket:
    """Ask all with access; the review stands behind the others until the answer brings it to the front. One question
    at a time. `subject` is the ticket's, in words of the page."""
    project = projects.lock(uow, actor=actor, project_id=project_id, permission=Permission.REVIEW_DECIDE)
    done = acts.outcome(uow, actor=actor, key=act_key)
    if done is not None:
        return uow.session.get_one(Ticket, int(done))
    submission = uow.session.scalar(submissions.latest(project.id))
    if project.status is not Status.UNDER_REVIEW or submission is None:
        raise Refused(N_("This project is not under review."), code="wrong-state")
    reviews.check_not_own(uow, actor=actor, project=project)
    if uow.session.scalar(queries.waiting(submission.id)) is not None:
        raise Refused(N_("A question waits for its answer already."), code="already-asked")
    question = text.fit(text.clean(question), limit="note", field="question")
    if not question:
        raise Refused(N_("Write the question."), field="question", code="missing")
    ticket = tickets.open_ticket(
        uow, actor=actor, new=_ticket(uow, project=project, submission=submission, subject=subject, words=question)
    )
    ticket.assignee_id = actor.user_id  # whoever asked reads the answer
    project.queue_place = QueuePlace.ASKED
    audit.record(
        uow, actor=actor, action="review:asked", agency_id=project.agency_id, project_id=project.id,
        subject=f"submission:{submission.number}", details={"ticket": ticket.number, "question": question},
    )
    for person in people.coordinators(uow.session, project=project):
        outbox.publish(
            uow, kind=Mail.QUESTION, key=f"{project.id}:{ticket.id}", to=person, agency_id=project.agency_id,
            project_id=project.id, params={"ticket_id": ticket.id},
        )
    acts.remember(uow, actor=actor, key=act_key, outcome=str(ticket.id))
    return ticket


def answer(
    uow: UnitOfWork, *, actor: Actor, project_id: int, ticket_id: int, words: str, act_key: str = ""
) -> TicketMessage:
    """The answer of anybody with access, on the page of the project."""
    project = projects.lock(uow, actor=actor, project_id=project_id, permission=Permission.OWN_READ)
    done = acts.outcome(uow, actor=actor, key=act_key)
    if done is not None:
        return uow.session.get_one(TicketMessage, int(done))
    if uow.session.scalar(queries.open_for_answers(project.id, ticket_id)) is None:
        raise NotFound(N_("There is no such question."))
    words = text.fit(text.clean(words), limit="note", field="answer")
    if not words:
        raise Refused(N_("Write the answer."), field="answer", code="missing")
    message = tickets.receive(
        uow, ticket_id=ticket_id, actor=actor,
        incoming=Incoming(text=words, requester_id=actor.user_id, channel=Channel.FORM),
    )
    acts.remember(uow, actor=actor, key=act_key, outcome=str(message.id))
    return message


def _ticket(
    uow: UnitOfWork, *, project: Project, submission: Submission, subject: str, words: str
) -> NewTicket:
    """To who submitted it, if they still have access, else to the first who has."""
    found = [row.user for row in uow.session.scalars(contacts.active_accesses(project.id))]
    person = next((user for user in found if user.id == submission.submitted_by_id), found[0] if found else None)
    if person is None:
        raise Refused(N_("Nobody has access to the project, so nobody can answer."), code="nobody")
    return NewTicket(
        subject=subject, text=words, email=person.email, name=person.name, requester_id=person.id,
        language=person.language or project.agency.language, agency_id=project.agency_id, project_id=project.id,
        submission_id=submission.id, category=Category.SUBMISSION, channel=Channel.STAFF, is_quiet=True,
        direction=Direction.OUT,
    )


def settle(uow: UnitOfWork, *, actor: Actor, project_id: int) -> None:
    """No answer is needed any more: the review has its plain place again, the ticket is solved."""
    project = projects.lock(uow, actor=actor, project_id=project_id, permission=Permission.REVIEW_DECIDE)
    submission = uow.session.scalar(submissions.latest(project.id))
    ticket = uow.session.scalar(queries.waiting(submission.id)) if submission else None
    project.queue_place = QueuePlace.PLAIN
    if ticket is not None:
        tickets.set_state(uow, ticket=ticket, state=TicketState.SOLVED)
        tickets.touch(uow, ticket=ticket)
        tickets.record(uow, actor=actor, ticket=ticket, action="ticket:solved", details={"from": "waiting"})
