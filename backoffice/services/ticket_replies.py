"""What staff write on a ticket: replies that leave after 15 s, internal notes, drafts (S16)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete

from backoffice.domain import text
from backoffice.domain.errors import N_, NotFound, Refused
from backoffice.domain.notices import Mail, OutboxState
from backoffice.domain.permissions import Actor
from backoffice.domain.tickets import REPLY_WAITS, RULES, THEN, Act, Channel, Direction, TicketState
from backoffice.models import OutboxRow, Ticket, TicketDraft, TicketMessage
from backoffice.models.ticket import NEVER
from backoffice.queries import tickets as queries
from backoffice.services import acts, outbox, tickets
from backoffice.services.tickets import Attached
from backoffice.services.uow import UnitOfWork


def reply(
    uow: UnitOfWork,
    *,
    actor: Actor,
    ticket_id: int,
    text: str,
    then: TicketState = TicketState.WAITING,
    seen_version: int,
    files: Sequence[int | Attached] = (),
    act_key: str = "",
) -> TicketMessage:
    """An answer to the requester; its mail leaves after 15 s, until then it can be taken back. `then` is what becomes
    of the ticket. A ticket that was nobody's is the writer's from now on. Stale when the thread went on meanwhile."""
    ticket = tickets.locked(uow, actor=actor, ticket_id=ticket_id, act=Act.NOTE)
    if (known := acts.outcome(uow, actor=actor, key=act_key)) is not None:
        return uow.session.get_one(TicketMessage, int(known))
    tickets.check(actor=actor, ticket=ticket, act=Act.REPLY, seen_version=seen_version)
    words = _words(text, limit="ticket_text")
    if then not in THEN:
        raise Refused(N_("A ticket cannot become this with a reply."), field="then", code="then")
    if not ticket.requester_email:
        raise Refused(N_("There is no address to which an answer could go."), code="no-address")
    message = tickets.add_message(
        uow, ticket=ticket, direction=Direction.OUT, channel=Channel.STAFF, author_id=actor.user_id, words=words,
        files=files, context={"before": _state_of(ticket)},
    )
    row = outbox.publish(
        uow, kind=Mail.TICKET_REPLY, key=f"message:{message.id}", to=tickets.requester(ticket),
        agency_id=ticket.agency_id, project_id=ticket.project_id,
        params={"ticket_id": ticket.id, "message_id": message.id}, due_at=uow.now + REPLY_WAITS,
    )
    message.outbox_id = row.id if row else None
    before = ticket.state
    tickets.set_state(uow, ticket=ticket, state=then)
    if then is TicketState.OPEN:  # more is to follow
        tickets.owe_answer(uow, ticket=ticket, agency=ticket.agency)
    ticket.first_answered_at = ticket.first_answered_at or uow.now
    ticket.assignee_id = ticket.assignee_id or actor.user_id
    tickets.touch(uow, ticket=ticket)
    tickets.record(uow, actor=actor, ticket=ticket, action=RULES[Act.REPLY].audit, details={
        "message": message.id, "from": before.value, "to": then.value,
    })
    _drop_draft(uow, actor=actor, ticket_id=ticket.id)
    acts.remember(uow, actor=actor, key=act_key, outcome=str(message.id))
    return message


def send_now(uow: UnitOfWork, *, actor: Actor, message_id: int) -> TicketMessage:
    """A reply that still waits leaves at once."""
    message, row = _on_its_way(uow, actor=actor, message_id=message_id)
    row.due_at = uow.now
    uow.published.append(row.id)
    return message


def take_back(uow: UnitOfWork, *, actor: Actor, message_id: int) -> TicketMessage:
    """A reply that still waits goes to nobody. Its words are the writer's draft again, and the ticket is as before,
    unless something else happened to it since."""
    message, row = _on_its_way(uow, actor=actor, message_id=message_id)
    ticket = uow.session.get_one(Ticket, message.ticket_id)
    row.state = OutboxState.WITHDRAWN
    message.withdrawn_at = uow.now
    before = message.context.get("before")
    if before and ticket.version == before["version"] + 1:
        _give_back(ticket, before=before)
    tickets.touch(uow, ticket=ticket)
    tickets.record(uow, actor=actor, ticket=ticket, action="ticket:reply-taken-back", details={
        "message": message.id, "to": ticket.state.value,
    })
    _save(uow, actor=actor, ticket_id=ticket.id, words=message.text)
    return message


def note(
    uow: UnitOfWork, *, actor: Actor, ticket_id: int, text: str, files: Sequence[int | Attached] = (), act_key: str = ""
) -> TicketMessage:
    """A word among colleagues, which the requester never sees; it moves no state."""
    ticket = tickets.locked(uow, actor=actor, ticket_id=ticket_id, act=Act.NOTE)
    if (known := acts.outcome(uow, actor=actor, key=act_key)) is not None:
        return uow.session.get_one(TicketMessage, int(known))
    message = tickets.add_message(
        uow, ticket=ticket, direction=Direction.INTERNAL, channel=Channel.STAFF, author_id=actor.user_id,
        words=note_words(text), files=files,
    )
    tickets.touch(uow, ticket=ticket)
    tickets.record(uow, actor=actor, ticket=ticket, action=RULES[Act.NOTE].audit, details={"message": message.id})
    _drop_draft(uow, actor=actor, ticket_id=ticket.id)
    acts.remember(uow, actor=actor, key=act_key, outcome=str(message.id))
    return message


def save_draft(uow: UnitOfWork, *, actor: Actor, ticket_id: int, text: str) -> None:
    """Keep what is being written; an empty text ends it. Colleagues see who writes, and since when."""
    ticket = tickets.locked(uow, actor=actor, ticket_id=ticket_id, act=Act.NOTE)
    _save(uow, actor=actor, ticket_id=ticket.id, words=text)


def _save(uow: UnitOfWork, *, actor: Actor, ticket_id: int, words: str) -> None:
    cleaned = text.clean(words)[: text.LIMITS["ticket_text"] * 2]  # too long a draft is kept; the reply says how much
    if not cleaned:
        _drop_draft(uow, actor=actor, ticket_id=ticket_id)
        return
    row = uow.session.get(TicketDraft, (ticket_id, actor.user_id))
    if row is None:
        row = TicketDraft(ticket_id=ticket_id, user_id=actor.user_id, since_at=uow.now)
        uow.session.add(row)
    row.text, row.at = cleaned, uow.now


def _drop_draft(uow: UnitOfWork, *, actor: Actor, ticket_id: int) -> None:
    uow.session.execute(
        delete(TicketDraft).where(TicketDraft.ticket_id == ticket_id, TicketDraft.user_id == actor.user_id)
    )


def note_words(written: str) -> str:
    return _words(written, limit="note")


def _words(written: str, *, limit: str) -> str:
    cleaned = text.clean(written)
    if not cleaned:
        raise Refused(N_("Write something first."), field="text", code="missing")
    return text.fit(cleaned, limit=limit, field="text")


def _on_its_way(uow: UnitOfWork, *, actor: Actor, message_id: int) -> tuple[TicketMessage, OutboxRow]:
    """The reply and its mail, both ours; refused as soon as the job has begun with it."""
    found = uow.session.scalar(queries.message(actor, message_id))
    if found is None or found.direction is not Direction.OUT:
        raise NotFound(N_("There is no such message."))
    tickets.locked(uow, actor=actor, ticket_id=found.ticket_id, act=Act.NOTE)
    tickets.check_permission(actor=actor, act=Act.REPLY)
    row = uow.session.scalar(queries.message_on_its_way(message_id))
    if row is None or row.state is not OutboxState.WAITING or row.attempts or found.withdrawn_at is not None:
        raise Refused(N_("This reply has gone already, or was taken back."), code="too-late")
    return found, row


def _state_of(ticket: Ticket) -> dict[str, Any]:
    """What taking back gives back."""
    return {
        "version": ticket.version, "state": ticket.state.value, "assignee_id": ticket.assignee_id,
        **{name: _iso(getattr(ticket, name)) for name in ("answer_due_at", "first_answered_at", "solved_at")},
    }


def _give_back(ticket: Ticket, *, before: dict[str, Any]) -> None:
    ticket.state, ticket.assignee_id = TicketState(before["state"]), before["assignee_id"]
    for name in ("answer_due_at", "first_answered_at", "solved_at"):
        setattr(ticket, name, datetime.fromisoformat(before[name]) if before[name] else None)
    ticket.queue_at = ticket.answer_due_at or NEVER


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
