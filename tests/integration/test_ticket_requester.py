"""What a requester does to a ticket, on both engines (S16)."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.domain import clock
from backoffice.domain.signin import MESSAGES_PER_ADDRESS, MESSAGES_PER_NETWORK, Paused
from backoffice.domain.tickets import Channel, TicketState
from backoffice.models import AuditEvent, Ticket
from backoffice.services import ticket_requester, ticket_triage, tickets
from backoffice.services.tickets import Incoming, NewTicket
from backoffice.services.uow import unit_of_work
from tests.factories import tickets as make


@pytest.fixture
def desk(session: Session) -> make.Desk:
    return make.desk()


def test_two_presses_at_once_make_one_ticket(app: Flask, desk: make.Desk, session: Session) -> None:
    numbers: list[int] = []

    def press() -> None:
        with app.app_context(), unit_of_work() as uow:
            ticket_requester.count_try(uow, email="new@school.example", network="192.0.2.1")
            numbers.append(tickets.open_ticket(uow, actor=None, act_key="one key", new=NewTicket(
                subject="Twice", text="Twice", email="new@school.example", channel=Channel.FORM,
            )).number)

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(numbers) == 4
    assert len(set(numbers)) == 1
    assert session.scalar(select(func.count(Ticket.id))) == 1


def test_limits_hold_for_an_address_and_for_a_network_and_end_after_an_hour(session: Session) -> None:
    def write(email: str, network: str, later: timedelta = timedelta(0)) -> None:
        with unit_of_work(now=clock.now() + later) as uow:
            ticket_requester.count_try(uow, email=email, network=network)

    for number in range(MESSAGES_PER_ADDRESS.most):
        write("one@school.example", f"192.0.2.{number}")
    with pytest.raises(Paused):
        write("one@school.example", "192.0.2.99")
    write("other@school.example", "192.0.2.99")
    write("one@school.example", "192.0.2.99", timedelta(hours=1, seconds=5))
    for number in range(MESSAGES_PER_NETWORK.most):
        write(f"{number}@school.example", "198.51.100.1")
    with pytest.raises(Paused):
        write("new@school.example", "198.51.100.1")


def test_requester_settles_once_and_what_was_merged_goes_on_in_the_other(desk: make.Desk, session: Session) -> None:
    one, other = (make.ticket(agency_id=desk.agency_id, email="new@school.example") for _ in range(2))
    for _ in range(2):
        with unit_of_work() as uow:
            ticket_requester.settle(uow, actor=None, ticket_id=one.id)
    assert session.get_one(Ticket, one.id).state is TicketState.SOLVED
    said = select(func.count(AuditEvent.id)).where(AuditEvent.action == "ticket:solved-by-requester")
    assert session.scalar(said) == 1
    session.rollback()
    with unit_of_work() as uow:
        ticket_triage.merge(
            uow, actor=desk.helpdesk.actor, ticket_id=one.id, into_number=other.number, seen_version=2,
            is_other_requester_seen=False,
        )
    with unit_of_work() as uow:
        into = ticket_requester.write_on(
            uow, actor=None, ticket_id=one.id, network="192.0.2.1", act_key="key",
            incoming=Incoming(text="One thing more.", channel=Channel.FORM),
        ).number
    assert into == other.number
