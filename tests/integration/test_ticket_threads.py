"""What comes in: whose a ticket is, confirmations, further messages, replies that are taken back, merged threads."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain import clock
from backoffice.domain.errors import Refused, Stale
from backoffice.domain.notices import Mail, OutboxState
from backoffice.domain.permissions import Role
from backoffice.domain.tickets import CLOSE_AFTER, REOPEN_WITHIN, Category, Channel, FoundBy, TicketState
from backoffice.jobs import outbox as jobs
from backoffice.mail import links, sender
from backoffice.models import OutboxRow, Ticket, TicketDraft, TicketMessage
from backoffice.queries import tickets as queries
from backoffice.queries.tickets import Filters, View
from backoffice.services import ticket_replies, ticket_triage, tickets
from backoffice.services.tickets import Incoming, NewTicket
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import tickets as make
from tests.factories.tickets import Desk
from tests.support import mails

pytestmark = pytest.mark.usefixtures("session")
S = TicketState


@pytest.fixture
def desk(session: Session) -> Desk:
    return make.desk()


def _get(session: Session, ticket_id: int) -> Ticket:
    session.rollback()
    return session.get_one(Ticket, ticket_id, populate_existing=True)


def test_ticket_finds_its_agency_and_project(session: Session, desk: Desk) -> None:
    """The given agency, the code in the words, the only project of who writes; else it is nobody's."""
    code = session.scalar(select(queries.Project.code).where(queries.Project.id == desk.project_id))
    other = make.desk()
    factories.access(user_id=other.requester.user_id, project_id=factories.project(agency_id=other.agency_id))
    factories.contact(project_id=desk.project_id, email="contact@test.example")
    cases = [
        (make.ticket(text=f"About {code}: no logo"), desk.agency_id, desk.project_id, FoundBy.CODE),
        (make.ticket(email=desk.requester.email.upper()), desk.agency_id, desk.project_id, FoundBy.SENDER),
        (make.ticket(email="contact@test.example"), desk.agency_id, desk.project_id, FoundBy.SENDER),
        (make.ticket(email=other.requester.email), other.agency_id, None, None),  # two projects: which one?
        (make.ticket(email=desk.requester.email, agency_id=other.agency_id), other.agency_id, None, None),
        (make.ticket(email="stranger@test.example"), None, None, None),
        (make.ticket(project_id=desk.project_id), desk.agency_id, desk.project_id, FoundBy.FORM),
    ]
    for ticket, agency_id, project_id, found_by in cases:
        assert (ticket.agency_id, ticket.project_id, ticket.project_found_by) == (agency_id, project_id, found_by)
    assert [ticket.number for ticket, *_ in cases] == list(range(1001, 1008))
    assert cases[1][0].requester_id == desk.requester.user_id
    rows = session.scalars(queries.queue(desk.helpdesk.actor, view=View.UNROUTED, filters=Filters())).all()
    assert [row.number for row in rows] == [1006]
    assert session.scalar(queries.one(other.helpdesk.actor, number=1001)) is None


def test_requester_is_told_the_number_and_every_mail_stays_in_one_thread(
    app: Flask, session: Session, desk: Desk, var: Path
) -> None:
    mails.empty(var)
    ticket = make.ticket(
        email=desk.requester.email, subject="Re: [#1000] Piekļuve liegta", channel=Channel.MAIL, language="lv",
        message_id="<first@school.example>", is_quiet=False,
    )
    jobs.sweep()
    [receipt] = mails.folder(var)
    settings = app.config["SETTINGS"]
    agency = session.get_one(queries.Agency, desk.agency_id)
    assert str(receipt["Subject"]).startswith(f"[#{ticket.number}] ")
    assert str(receipt["Subject"]).endswith("Re: Piekļuve liegta")
    assert agency.helpdesk_address in receipt["From"]
    assert receipt["Reply-To"] == agency.helpdesk_address
    assert (receipt["In-Reply-To"], receipt["Auto-Submitted"]) == ("<first@school.example>", "auto-replied")
    with app.test_request_context():
        link = links.follow_link(ticket.number, desk.requester.email)
        key = link.partition("key=")[2]
        assert links.is_follow_key(key, ticket.number, desk.requester.email.upper())
        assert not links.is_follow_key(key, ticket.number + 1, desk.requester.email)
        assert not links.is_follow_key("ā", ticket.number, desk.requester.email)
    assert link in mails.text(receipt)

    make.message(ticket.id, message_id="<second@school.example>")
    message_id = make.reply(ticket.id, by=desk.helpdesk.actor, text="Labdien!\nMēģiniet vēlreiz.")
    assert jobs.sweep() == []  # it waits for its 15 seconds
    with unit_of_work() as uow:
        ticket_replies.send_now(uow, actor=desk.helpdesk.actor, message_id=message_id)
    jobs.sweep()
    reply = mails.folder(var)[-1]
    assert reply["Subject"] == f"Re: [#{ticket.number}] Re: Piekļuve liegta"
    assert reply["In-Reply-To"] == "<second@school.example>"
    assert reply["References"] == f"<first@school.example> {receipt['Message-ID']} <second@school.example>"
    assert reply["Auto-Submitted"] is None
    assert mails.text(reply).startswith("Labdien!\nMēģiniet vēlreiz.\n")
    row_id = sender.row_of(reply["Message-ID"], settings=settings)
    row = session.get_one(OutboxRow, row_id)
    assert (row.kind, row.params["ticket_id"]) == (Mail.TICKET_REPLY, ticket.id)
    forged = str(reply["Message-ID"]).replace(f".{row_id}.", f".{(row_id or 0) + 1}.")
    assert sender.row_of(forged, settings=settings) is None


def test_further_message_opens_what_waited_and_keeps_the_first_due_time(session: Session, desk: Desk) -> None:
    for state in (S.WAITING, S.SOLVED, S.CLOSED):
        ticket = make.ticket(project_id=desk.project_id, state=state, by=desk.helpdesk.actor)
        assert ticket.answer_due_at is None
        make.message(ticket.id)
        after = _get(session, ticket.id)
        assert (after.state, after.closed_at, after.solved_at) == (S.OPEN, None, None)
        due = after.answer_due_at
        make.message(ticket.id, text="And one thing more: žagaru slota.")
        after = _get(session, ticket.id)
        assert after.answer_due_at == due == after.queue_at
        assert "zagaru" in after.search_key
    fresh = make.ticket(project_id=desk.project_id)
    make.message(fresh.id)
    assert _get(session, fresh.id).state is S.NEW


def test_message_to_what_was_closed_long_ago_is_refused(session: Session, desk: Desk) -> None:
    ticket = make.ticket(project_id=desk.project_id, state=S.CLOSED, by=desk.helpdesk.actor)
    late = clock.now() + REOPEN_WITHIN + timedelta(hours=1)
    with unit_of_work(now=late) as uow, pytest.raises(Refused) as refusal:
        tickets.receive(uow, ticket_id=ticket.id, incoming=Incoming(text="Once more", channel=Channel.MAIL))
    assert refusal.value.code == "ticket-closed"
    with unit_of_work(now=late) as uow:
        new = tickets.open_ticket(uow, actor=None, new=NewTicket(
            subject=ticket.subject, text="Once more", email=ticket.requester_email, channel=Channel.MAIL,
            follows_id=ticket.id,
        ))
        assert new.follows_id == ticket.id


def test_solved_ticket_closes_by_itself_after_a_week(session: Session, desk: Desk) -> None:
    ticket = make.ticket(project_id=desk.project_id, state=S.SOLVED, by=desk.helpdesk.actor)
    with unit_of_work(now=clock.now() + CLOSE_AFTER - timedelta(minutes=1)) as uow:
        assert tickets.close_settled(uow) == 0
    with unit_of_work(now=clock.now() + CLOSE_AFTER + timedelta(minutes=1)) as uow:
        assert tickets.close_settled(uow) == 1
    assert _get(session, ticket.id).state is S.CLOSED


def test_reply_is_taken_back_and_everything_is_as_before(session: Session, desk: Desk) -> None:
    ticket = make.ticket(project_id=desk.project_id)
    message_id = make.reply(ticket.id, by=desk.helpdesk.actor, text="Too quick", then=S.SOLVED)
    with unit_of_work() as uow:
        ticket_replies.take_back(uow, actor=desk.helpdesk.actor, message_id=message_id)
    after = _get(session, ticket.id)
    assert (after.state, after.assignee_id, after.first_answered_at) == (S.NEW, None, None)
    assert after.answer_due_at == after.queue_at == ticket.answer_due_at
    message = session.get_one(TicketMessage, message_id)
    assert message.withdrawn_at is not None
    assert session.get_one(OutboxRow, message.outbox_id).state is OutboxState.WITHDRAWN
    assert session.get_one(TicketDraft, (ticket.id, desk.helpdesk.user_id)).text == "Too quick"
    assert jobs.sweep() == []
    for act in (ticket_replies.take_back, ticket_replies.send_now):
        with pytest.raises(Refused) as refusal, unit_of_work() as uow:
            act(uow, actor=desk.helpdesk.actor, message_id=message_id)
        assert refusal.value.code == "too-late"


def test_taking_back_leaves_what_happened_since(session: Session, desk: Desk) -> None:
    ticket = make.ticket(project_id=desk.project_id)
    message_id = make.reply(ticket.id, by=desk.helpdesk.actor)
    make.message(ticket.id)
    with unit_of_work() as uow:
        ticket_replies.take_back(uow, actor=desk.helpdesk.actor, message_id=message_id)
    after = _get(session, ticket.id)
    assert after.state is S.OPEN
    assert after.answer_due_at is not None


def test_double_click_writes_one_reply(session: Session, desk: Desk) -> None:
    ticket = make.ticket(project_id=desk.project_id)
    for _ in range(2):
        with unit_of_work() as uow:
            ticket_replies.reply(
                uow, actor=desk.helpdesk.actor, ticket_id=ticket.id, text="Once", seen_version=ticket.version,
                act_key="one-and-the-same",
            )
    assert len(queries.thread(session, _get(session, ticket.id))) == 2
    with pytest.raises(Stale), unit_of_work() as uow:
        ticket_replies.reply(
            uow, actor=desk.helpdesk.actor, ticket_id=ticket.id, text="Twice", seen_version=ticket.version
        )


def test_merged_thread_goes_on_in_the_other_ticket(session: Session, desk: Desk) -> None:
    email = desk.requester.email
    first, second = make.ticket(email=email, text="First"), make.ticket(email=email, text="Second")
    stranger = make.ticket(email="stranger@test.example", agency_id=desk.agency_id, text="Of another person")
    actor = desk.helpdesk.actor
    for ticket, seen in ((second, False), (stranger, True)):
        with unit_of_work() as uow:
            ticket_triage.merge(
                uow, actor=actor, ticket_id=ticket.id, into_number=first.number, is_other_requester_seen=seen
            )
    make.message(second.id, text="Third")
    with unit_of_work() as uow:
        ticket_replies.note(uow, actor=desk.specialist.actor, ticket_id=first.id, text="Among us")
    target = _get(session, first.id)
    texts = [row.text for row in queries.thread(session, target)]
    assert texts == ["First", "Second", "Of another person", "Third", "Among us"]
    assert [row.text for row in queries.thread(session, target, email=email)] == ["First", "Second", "Third"]
    assert _get(session, second.id).state is S.CLOSED
    assert _get(session, second.id).merged_into_id == first.id
    with pytest.raises(Refused) as refusal, unit_of_work() as uow:
        ticket_triage.move(uow, actor=actor, ticket_id=second.id, state=S.OPEN)
    assert refusal.value.code == "merged"


@pytest.mark.parametrize(("into", "code"), [
    ("itself", "itself"), ("closed", "closed"), ("stranger", "other-requester"), ("foreign", "no-ticket"),
    ("none", "no-ticket"), ("unrouted", "unrouted"),
])
def test_merge_says_why_it_cannot_be(session: Session, desk: Desk, into: str, code: str) -> None:
    email, actor = desk.requester.email, desk.helpdesk.actor
    ticket = make.ticket(email=email)
    numbers = {
        "itself": ticket.number,
        "closed": make.ticket(email=email, state=S.CLOSED, by=actor).number,
        "stranger": make.ticket(agency_id=desk.agency_id).number,
        "foreign": make.ticket(email=email, agency_id=make.desk().agency_id).number,
        "none": 999_999,
        "unrouted": make.ticket(email="nobody@test.example").number,
    }
    with pytest.raises(Refused) as refusal, unit_of_work() as uow:
        ticket_triage.merge(uow, actor=actor, ticket_id=ticket.id, into_number=numbers[into])
    assert refusal.value.code == code
    assert _get(session, ticket.id).state is S.NEW


def test_routed_ticket_leaves_the_queue_and_its_old_ties(session: Session, desk: Desk) -> None:
    other, actor = make.desk(), desk.helpdesk.actor
    ticket = make.ticket(project_id=desk.project_id)
    with unit_of_work() as uow:
        ticket_triage.take(uow, actor=actor, ticket_id=ticket.id)
        ticket_triage.route(uow, actor=actor, ticket_id=ticket.id, agency_id=other.agency_id)
    after = _get(session, ticket.id)
    assert (after.agency_id, after.project_id, after.assignee_id) == (other.agency_id, None, None)
    assert session.scalar(queries.one(actor, number=ticket.number)) is None
    unrouted = make.ticket(email="nobody@test.example")
    with unit_of_work() as uow:
        ticket_triage.take(uow, actor=actor, ticket_id=unrouted.id)
    assert _get(session, unrouted.id).agency_id == desk.agency_id
    with pytest.raises(Refused) as refusal, unit_of_work() as uow:
        ticket_triage.assign(uow, actor=actor, ticket_id=unrouted.id, user_id=other.helpdesk.user_id)
    assert refusal.value.code == "assignee"
    with pytest.raises(Refused), unit_of_work() as uow:  # a specialist answers no tickets
        ticket_triage.assign(uow, actor=actor, ticket_id=unrouted.id, user_id=desk.specialist.user_id)


def test_queue_has_views_filters_and_finds_any_word(session: Session, desk: Desk) -> None:
    actor = desk.helpdesk.actor
    mine = make.ticket(project_id=desk.project_id, category=Category.UPLOAD, text="Šķirklis nav redzams")
    solved = make.ticket(project_id=desk.project_id, state=S.SOLVED, by=actor)
    waits = make.ticket(agency_id=desk.agency_id, state=S.WAITING, by=actor)
    with unit_of_work() as uow:
        ticket_triage.take(uow, actor=actor, ticket_id=mine.id)
        ticket_replies.note(uow, actor=desk.specialist.actor, ticket_id=waits.id, text="Call the school in Cēsis")
    session.rollback()

    def numbers(view: View = View.ALL, **filters: object) -> set[int]:
        query = queries.queue(actor, view=view, filters=Filters(**filters))  # type: ignore[arg-type]
        return {row.number for row in session.scalars(query)}

    assert numbers(View.TO_ANSWER) == numbers(View.MINE) == {mine.number}
    assert numbers(View.NOBODYS) == numbers(View.WAITING) == {waits.number}
    assert numbers(View.SOLVED) == {solved.number}
    assert queries.counts(session, actor)[View.ALL] == 3
    assert numbers(search="skirklis") == numbers(search=f"#{mine.number}") == {mine.number}
    assert numbers(search="cesis") == {waits.number}
    assert numbers(search=mine.requester_email) == {mine.number}
    assert numbers(categories=[Category.UPLOAD]) == numbers(assignee_ids=[actor.user_id]) == {mine.number}
    assert numbers(states=[S.SOLVED, S.WAITING]) == {solved.number, waits.number}
    assert numbers(has_screenshots=True) == set()
    assert [user.id for user in session.scalars(queries.helpers(actor))] == [desk.helpdesk.user_id]
    factories.staff(Role.AGENCY_ADMIN, agency_id=desk.agency_id)
    assert len(session.scalars(queries.helpers(actor)).all()) == 2


def test_draft_is_kept_for_its_writer_and_ends_with_the_reply(session: Session, desk: Desk) -> None:
    ticket, actor = make.ticket(project_id=desk.project_id), desk.helpdesk.actor
    for words in ("Lab", "Labdien"):
        with unit_of_work() as uow:
            ticket_replies.save_draft(uow, actor=actor, ticket_id=ticket.id, text=words)
    [draft] = session.scalars(queries.drafts(ticket.id))
    assert (draft.text, draft.user_id) == ("Labdien", desk.helpdesk.user_id)
    assert _get(session, ticket.id).version == ticket.version
    make.reply(ticket.id, by=actor)
    session.rollback()
    assert session.scalars(queries.drafts(ticket.id)).all() == []
