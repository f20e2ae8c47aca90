"""Persons' data (DOMAIN §10): erased on request, gone after its time; the trail verifies after both."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, select, text, update
from sqlalchemy.orm import Session

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.errors import Forbidden, NotFound, Refused
from backoffice.domain.notices import Mail, OutboxState
from backoffice.domain.permissions import Actor, Role
from backoffice.domain.tickets import Channel, TicketState
from backoffice.jobs import outbox as outbox_jobs
from backoffice.jobs import retention
from backoffice.models import (
    Access,
    Agency,
    AuditEvent,
    AuditPersonal,
    Contact,
    EndedAddress,
    OutboxRow,
    Project,
    SignInAttempt,
    Ticket,
    User,
)
from backoffice.services import access, contacts, erasure, ticket_triage, tickets
from backoffice.services.contacts import ContactValues
from backoffice.services.tickets import NewTicket
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews as make
from tests.factories.reviews import Scene

ILZE, NAME = "ilze.paraudzina@school.example", "Ilze Paraudziņa"


@pytest.fixture
def scene(session: Session) -> Scene:
    return make.scene()


@pytest.fixture
def admin(scene: Scene) -> Actor:
    return factories.staff(Role.AGENCY_ADMIN, agency_id=scene.agency_id).actor


@pytest.fixture
def ilze(scene: Scene, admin: Actor) -> int:
    """She has access, is a contact, wrote a ticket, was mailed and signed in; gives the number of her ticket."""
    with unit_of_work() as uow:
        access.grant(uow, actor=admin, project_id=scene.project_id, email=ILZE, name=NAME)
        contacts.add(
            uow, actor=scene.coordinator.actor, project_id=scene.project_id,
            values=ContactValues(name=NAME, email=ILZE),
        )
        uow.session.add(SignInAttempt(email=ILZE, network="192.0.2.7", at=uow.now, outcome="refused"))
        number = tickets.open_ticket(
            uow, actor=None, new=NewTicket(
                subject=f"I am {NAME}", text=f"Write to {ILZE}", email=ILZE, name=NAME, channel=Channel.FORM,
                project_id=scene.project_id,
            ),
        ).number
    outbox_jobs.sweep()
    return number


def run(app: Flask, *args: str) -> Any:
    return app.test_cli_runner().invoke(args=args)


def everything() -> Iterator[str]:
    """Every value of every row."""
    db.session.rollback()
    connection: Connection = db.session.connection()
    for table in db.metadata.sorted_tables:
        for row in connection.execute(select(table)):
            yield f"{table.name}: {tuple(row)!r}"


def test_admin_erases_a_person_and_no_row_names_them_any_longer(
    app: Flask, scene: Scene, admin: Actor, ilze: int
) -> None:
    assert run(app, "audit", "verify").exit_code == 0
    with unit_of_work() as uow:
        counts = erasure.erase(uow, actor=admin, email=ILZE.upper()).counts
    assert (counts.accesses, counts.contacts, counts.tickets, counts.accounts) == (1, 1, 1, 1)
    assert counts.mails >= 2
    left = [row for row in everything() if "ilze" in row.lower() or "Paraudzi" in row]
    assert left == []
    db.session.rollback()
    line = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "person:erased")).one()
    assert set(line.details) <= {
        "accesses", "contacts", "tickets", "mails", "audit_values", "sign_ins", "accounts",
    }
    ticket = db.session.scalars(select(Ticket).where(Ticket.number == ilze)).one()
    assert (ticket.state, ticket.subject) == (TicketState.CLOSED, "")
    checked = json.loads(run(app, "audit", "verify", "--json").stdout.splitlines()[-1])
    assert (checked["broken"], checked["unsealed"]) == ([], 0)
    assert len(db.session.scalars(select(EndedAddress)).all()) == 1  # no import brings her back
    with pytest.raises(NotFound), unit_of_work() as uow:
        erasure.erase(uow, actor=admin, email=ILZE)


def test_what_another_agency_has_of_the_person_stays(scene: Scene, admin: Actor, ilze: int) -> None:
    there = factories.agency()
    theirs = factories.project(agency_id=there)
    user_id = db.session.scalars(select(User.id).where(User.email == ILZE)).one()
    factories.access(user_id=user_id, project_id=theirs)
    with unit_of_work() as uow:
        counts = erasure.erase(uow, actor=admin, email=ILZE).counts
    assert (counts.accesses, counts.accounts, counts.sign_ins) == (1, 0, 0)
    db.session.rollback()
    assert db.session.get_one(User, user_id).email == ILZE
    assert db.session.scalars(select(Access.project_id).where(Access.user_id == user_id)).all() == [theirs]


def test_staff_are_deactivated_before_they_can_be_erased_and_only_admins_erase(scene: Scene, admin: Actor) -> None:
    with pytest.raises(Refused) as caught, unit_of_work() as uow:
        erasure.erase(uow, actor=admin, email=scene.specialist.email)
    assert caught.value.code == "staff"
    with pytest.raises(Forbidden), unit_of_work() as uow:
        erasure.erase(uow, actor=scene.specialist.actor, email=scene.coordinator.email)


def test_verify_finds_what_was_changed_behind_its_back(app: Flask, scene: Scene, ilze: int) -> None:
    assert run(app, "audit", "verify").exit_code == 0
    with unit_of_work() as uow:
        event_id = uow.session.scalars(select(AuditEvent.id).order_by(AuditEvent.id).limit(1)).one()
        uow.session.execute(update(AuditEvent).where(AuditEvent.id == event_id).values(action="nothing:happened"))
        uow.session.execute(update(AuditPersonal).where(AuditPersonal.field == "name").values(value="Somebody else"))
        uow.session.execute(text("DELETE FROM audit_seal WHERE number = 2"))
    result = run(app, "audit", "verify", "--json")
    found = json.loads(result.stdout.splitlines()[-1])["broken"]
    assert result.exit_code == 1
    assert {row["why"] for row in found} >= {
        "it is not what was sealed", "seals before it are missing", "its value of name was changed",
    }


def test_the_sweep_takes_what_was_kept_long_enough_and_counts_it(
    scene: Scene, admin: Actor, ilze: int, session: Session
) -> None:
    long_ago = clock.now() - timedelta(days=400)
    with unit_of_work() as uow:
        ticket = uow.session.scalars(select(Ticket).where(Ticket.number == ilze)).one()
        ticket_triage.move(uow, actor=admin, ticket_id=ticket.id, state=TicketState.CLOSED)
    assert retention.run() == {"sign_ins": 0, "mails": 0, "lost_mails": 0, "tickets": 0, "people": 0}
    with unit_of_work() as uow:
        uow.session.get_one(Agency, scene.agency_id).keep_days = {"tickets": 365, "mails": 365, "people": 365}
        uow.session.execute(update(Ticket).values(closed_at=long_ago))
        uow.session.execute(update(OutboxRow).values(created_at=long_ago, state=OutboxState.SENT, body="Hello"))
        uow.session.execute(update(SignInAttempt).values(at=long_ago))
        uow.session.get_one(Project, scene.project_id).report_approved_on = long_ago.date() - timedelta(days=3)
    counts = retention.run()
    assert counts["sign_ins"] == 1
    assert counts["tickets"] == 1
    assert counts["people"] == 3  # her access and the coordinator's, her as a contact
    assert counts["mails"] >= 1
    assert [row for row in everything() if "ilze" in row.lower()] == []
    session.rollback()
    assert session.scalars(select(Contact)).all() == []
    kinds = set(session.scalars(select(OutboxRow.kind)))
    assert Mail.ACCESS in kinds  # that it went stays
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "retention:swept")).one()
    assert event.details["tickets"] == 1
    assert sum(retention.run().values()) == 0
