"""Mail in, from bytes to rows: threads, strangers, copies, and what the mail server is answered."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from backoffice.domain.files import FilePurpose
from backoffice.domain.inbound import Cause, Outcome, Settlement
from backoffice.domain.notices import Mail
from backoffice.domain.tickets import Channel, Direction, TicketState
from backoffice.jobs import inbound as jobs
from backoffice.jobs import outbox as outbox_jobs
from backoffice.jobs import retention
from backoffice.models import (
    Agency,
    Project,
    ReceivedMail,
    StoredFile,
    Ticket,
)
from backoffice.services import inbound, lost_mails, ticket_triage
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import tickets as make
from tests.factories.tickets import Desk
from tests.support import mails
from tests.support.arrivals import helpdesk_of, kinds, lost, messages, notice, our_id
from tests.support.letters import arrives, mail, picture


@pytest.fixture
def desk(session: Session) -> Desk:
    return make.desk()


def test_a_person_we_know_becomes_a_ticket_and_is_told_its_number(session, desk, app, var):
    mails.empty(var)
    writer = f"Anna <{desk.requester.email.upper()}>"
    made = mail(sender=writer, to=helpdesk_of(session, desk), message_id="<1@school.example>")
    made.add_attachment(picture(), maintype="image", subtype="png", filename="../shot.png")
    done = arrives(made)
    assert done.outcome is Outcome.TICKET
    ticket = session.scalars(select(Ticket)).one()
    assert (ticket.number, ticket.requester_email, ticket.agency_id, ticket.project_id, ticket.channel) == (
        done.ticket, desk.requester.email, desk.agency_id, desk.project_id, Channel.MAIL
    )
    (message,) = messages(session, done.ticket)
    assert (message.text, message.message_id) == ("Hello, my upload stops at half.", "1@school.example")
    assert [(one.file.name, one.file.purpose) for one in message.attachments] == [("shot.png", FilePurpose.SCREENSHOT)]
    whole = session.get_one(StoredFile, message.raw_file_id)
    assert whole.purpose is FilePurpose.MAIL
    with app.extensions["store"].open(whole.storage_key) as kept:
        assert kept.read() == made.as_bytes()
    outbox_jobs.sweep()
    (confirmation,) = mails.folder(var)
    assert confirmation["Message-ID"] == our_id(app, done.outbox_id or 0)
    assert confirmation["In-Reply-To"] == "<1@school.example>"
    assert f"[#{done.ticket}]" in confirmation["Subject"]


@pytest.mark.one_engine
@pytest.mark.parametrize("named", ["In-Reply-To", "References"])
def test_an_answer_to_our_mail_lands_in_its_thread_whoever_writes(session, desk, app, named):
    first = arrives(mail(sender=desk.requester.email))
    phrase = f'Your message of "Monday" <other@x.example> {our_id(app, first.outbox_id or 0)}'
    done = arrives(mail(sender="colleague@school.example", subject="Re: something else", **{named: phrase}))
    assert (done.outcome, done.ticket) == (Outcome.REPLY, first.ticket)
    assert [one.context.get("sender") for one in messages(session, first.ticket)] == [None, "colleague@school.example"]


@pytest.mark.one_engine
def test_an_answer_to_the_own_mail_is_found_with_and_without_brackets(session, desk):
    first = arrives(mail(sender=desk.requester.email, message_id="bare.id@school.example"))
    done = arrives(mail(sender=desk.requester.email, subject="More", In_Reply_To="<bare.id@school.example>"))
    assert (done.outcome, done.ticket) == (Outcome.REPLY, first.ticket)


def test_the_number_in_the_subject_leads_to_the_ticket_for_its_requester_alone(session, desk):
    first = arrives(mail(sender=desk.requester.email))
    subject = f"SV: [#{first.ticket}] Question"
    done = arrives(mail(sender=desk.requester.email, subject=subject, In_Reply_To="<made.by.provider@mx.example>"))
    assert (done.outcome, done.ticket) == (Outcome.REPLY, first.ticket)
    other = arrives(mail(sender=desk.specialist.email, subject=subject, text="Let me in"))
    assert other.outcome is Outcome.TICKET
    assert other.ticket != first.ticket
    stranger = arrives(mail(sender="stranger@x.example", subject=subject, text="Let me in"))
    assert (stranger.outcome, stranger.cause) == (Outcome.HELD, Cause.STRANGER)
    assert len(messages(session, first.ticket)) == 2


@pytest.mark.one_engine
def test_a_forged_id_of_ours_opens_nothing(session, desk, app):
    first = arrives(mail(sender=desk.requester.email))
    forged = f"<outbox.{first.outbox_id}.000000000000@agency.example>"
    done = arrives(mail(sender="stranger@x.example", In_Reply_To=forged))
    assert (done.outcome, done.cause) == (Outcome.HELD, Cause.STRANGER)


def test_an_answer_to_a_notice_becomes_a_ticket_on_its_project(session, desk, app):
    row_id = notice(desk)
    head = "From: Agency <a@b.example>\nSent: 3 Nov 2026\nTo: x\nSubject: y"
    text = f"I cannot.\n\n{head}\n\nYour project has ended.\n\nBut mine runs!\n\nPlease submit."
    done = arrives(mail(sender="deputy@school.example", text=text, In_Reply_To=our_id(app, row_id)))
    assert done.outcome is Outcome.TICKET
    ticket = session.scalars(select(Ticket)).one()
    assert (ticket.project_id, ticket.agency_id) == (desk.project_id, desk.agency_id)
    assert "But mine runs!" in messages(session, done.ticket)[0].text


def test_an_answer_to_a_merged_ticket_stands_in_the_one_that_goes_on(session, desk):
    old, new = (
        arrives(mail(sender=desk.requester.email, text=text, message_id=f"<{text}@x.example>"))
        for text in ("One", "Two")
    )
    session.rollback()
    ids = {row.number: row.id for row in session.scalars(select(Ticket))}
    with unit_of_work() as uow:
        ticket_triage.merge(
            uow, actor=desk.helpdesk.actor, ticket_id=ids[old.ticket or 0], into_number=new.ticket or 0,
        )
    done = arrives(mail(sender=desk.requester.email, text="Three", In_Reply_To="<One@x.example>"))
    assert (done.outcome, done.ticket) == (Outcome.REPLY, new.ticket)
    session.rollback()
    assert session.get_one(Ticket, ids[old.ticket or 0]).state is TicketState.CLOSED


def test_an_answer_to_a_ticket_closed_for_long_is_a_new_one_that_names_it(session, desk):
    first = arrives(mail(sender=desk.requester.email, message_id="<old@x.example>"))
    ticket_id = session.scalars(select(Ticket.id)).one()
    session.rollback()
    with unit_of_work() as uow:
        ticket_triage.move(uow, actor=desk.helpdesk.actor, ticket_id=ticket_id, state=TicketState.CLOSED)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=100), tick=True):
        done = arrives(mail(sender=desk.requester.email, text="Again", In_Reply_To="<old@x.example>"))
    assert done.outcome is Outcome.TICKET
    assert done.ticket != first.ticket
    assert done.outbox_id is not None
    session.rollback()
    assert session.scalars(select(Ticket).where(Ticket.number == done.ticket)).one().follows_id == ticket_id


def test_a_mail_to_two_addresses_of_the_helpdesk_is_one_ticket_and_one_confirmation(session, desk):
    both = "help@agency.example, support@agency.example"
    made = mail(sender=desk.requester.email, to=both, message_id="<1@x.example>")
    first = arrives(made)
    second = arrives(b"Delivered-To: support@agency.example\nReceived: from a by b\n" + made.as_bytes())
    assert (second.outcome, second.ticket, second.cause) == (Outcome.DUPLICATE, first.ticket, Cause.DUPLICATE)
    assert session.scalar(select(func.count(Ticket.id))) == 1
    assert kinds(session) == [Mail.TICKET_RECEIVED]
    assert [(row.cause, row.settlement) for row in lost(session)] == [(Cause.DUPLICATE, Settlement.ITSELF)]


@pytest.mark.one_engine
def test_another_mail_under_a_used_id_is_not_taken_for_a_copy(session, desk):
    arrives(mail(sender=desk.requester.email, message_id="<1@x.example>"))
    done = arrives(mail(sender=desk.requester.email, message_id="<1@x.example>", text="Something else"))
    assert (done.outcome, done.cause) == (Outcome.HELD, Cause.SAME_ID)


@pytest.mark.one_engine
def test_mails_without_an_id_are_copies_only_when_they_are_the_same(session, desk):
    outcomes = [arrives(mail(sender=desk.requester.email, text=text)).outcome for text in ("A", "A", "B")]
    assert outcomes == [Outcome.TICKET, Outcome.DUPLICATE, Outcome.TICKET]


@pytest.mark.one_engine
def test_a_stranger_waits_and_is_not_written_to(session, desk):
    done = arrives(mail(sender="stranger@x.example", to=helpdesk_of(session, desk)))
    assert (done.outcome, done.cause, done.ticket) == (Outcome.HELD, Cause.STRANGER, None)
    (row,) = lost(session)
    assert (row.agency_id, row.sender) == (desk.agency_id, "stranger@x.example")
    assert row.excerpt == "Hello, my upload stops at half."
    assert not kinds(session)


@pytest.mark.one_engine
def test_a_contact_and_an_earlier_requester_are_known(session, desk):
    factories.contact(project_id=desk.project_id, email="contact@school.example")
    make.ticket(email="asked@school.example", agency_id=desk.agency_id)
    for address in ("contact@school.example", "asked@school.example"):
        assert arrives(mail(sender=address)).outcome is Outcome.TICKET


@pytest.mark.one_engine
@pytest.mark.parametrize("recipients", [(), ("helpdesk",)])
def test_the_recipient_decides_whose_it_is(session, desk, recipients):
    other = make.desk()
    address = session.get_one(Agency, other.agency_id).helpdesk_address
    session.rollback()
    made = mail(sender=desk.requester.email, to="someone@x.example" if recipients else f"Help <{address.upper()}>")
    arrives(made, recipients=[address] if recipients else ())
    ticket = session.scalars(select(Ticket)).one()
    assert (ticket.agency_id, ticket.project_id) == (other.agency_id, None)


def test_a_project_code_in_the_words_leads_to_its_agency(session, desk):
    other = make.desk()
    code = session.get_one(Project, other.project_id).code
    session.rollback()
    arrives(mail(sender=desk.specialist.email, to="x@y.example", text=f"About {code}, please."))
    ticket = session.scalars(select(Ticket)).one()
    assert (ticket.agency_id, ticket.project_id) == (other.agency_id, other.project_id)


@pytest.mark.one_engine
def test_settled_mails_are_forgotten_after_their_time(session, desk):
    arrives(mail(sender="stranger@x.example", to=helpdesk_of(session, desk)))
    (row,) = lost(session)
    lost_id, raw_id = row.id, row.raw_file_id
    session.rollback()
    with unit_of_work() as uow:
        lost_mails.done(uow, actor=desk.helpdesk.actor, lost_id=lost_id)
    assert retention.run()["lost_mails"] == 0
    with time_machine.travel(datetime.now(UTC) + timedelta(days=91), tick=True):
        assert retention.run()["lost_mails"] == 1
        jobs.tidy()
    session.rollback()
    assert session.get(StoredFile, raw_id) is None
    assert session.scalars(select(ReceivedMail.sender)).all() == [""]


@pytest.mark.one_engine
def test_a_fault_of_ours_leaves_a_row_with_the_whole_mail(session, desk, monkeypatch):
    def fault(*_: object, **__: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(inbound, "_accept", fault)
    done = arrives(mail(sender=desk.requester.email))
    assert (done.outcome, done.cause) == (Outcome.HELD, Cause.UNREADABLE)
    (row,) = lost(session)
    assert row.raw_file_id
    assert row.detail == "ZeroDivisionError: ours"


def test_without_a_database_the_mail_server_keeps_the_mail(session, desk, app, monkeypatch):
    def away(*_: object, **__: object) -> None:
        raise OperationalError("select", {}, Exception("gone"))

    content = mail(sender=desk.requester.email, message_id="<1@x.example>").as_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(inbound, "_remember", away)
        failed = app.test_cli_runner().invoke(args=["tickets", "ingest", "--json"], input=content)
    assert failed.exit_code == 75
    assert session.scalar(select(func.count(Ticket.id))) == 0
    session.rollback()
    result = app.test_cli_runner().invoke(args=["tickets", "ingest", "--json"], input=content)
    assert result.exit_code == 0
    assert json.loads(result.output.splitlines()[-1])["outcome"] == "ticket"


@pytest.mark.one_engine
def test_the_commands_answer_as_the_contract_says(session, desk, app):
    content = mail(sender=desk.requester.email, message_id="<1@x.example>")
    content.add_attachment(picture(), maintype="image", subtype="png", filename="shot.png")
    run = app.test_cli_runner()
    taken = run.invoke(args=["tickets", "ingest", "--json"], input=content.as_bytes())
    answer = json.loads(taken.output.splitlines()[-1])
    assert set(answer) == {"outcome", "ticket", "message", "cause", "outbound_message_id"}
    assert answer["outbound_message_id"].startswith("<outbox.")
    shown = json.loads(run.invoke(args=["tickets", "show", str(answer["ticket"]), "--json"]).output.splitlines()[-1])
    assert {"number", "state", "requester", "project", "messages"} <= set(shown)
    (message,) = shown["messages"]
    assert (message["direction"], message["message_id"]) == (Direction.IN.value, "<1@x.example>")
    assert {"name", "size", "sha256"} <= set(message["attachments"][0])
    assert run.invoke(args=["tickets", "show", "999999"]).exit_code == 1
    assert run.invoke(args=["tickets", "ingest"], input=b"").exit_code == 1
