"""Latvian letters in every list of the staff: found however they are typed, in the alphabet's own order (DOMAIN §8)."""

import unicodedata

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain.inbound import Cause
from backoffice.domain.notices import Mail
from backoffice.domain.permissions import Actor, Role
from backoffice.models import ApiToken, Contact, LostMail, OutboxRow, Project, Result, User
from backoffice.queries import contacts, facts, inbound, outbox, projects, results, tickets, tokens, users
from backoffice.services import keys
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import Person
from tests.factories import tickets as make

NAME = "Ģertrūde Šķēle"
TYPED = (NAME, "ŠĶĒLE", "skele gertrude", unicodedata.normalize("NFD", NAME), " Šķēle ")


@pytest.fixture
def admin(session: Session) -> Person:
    """Of an agency in which everything bears the same name."""
    agency_id = factories.agency()
    admin = factories.staff(Role.AGENCY_ADMIN, agency_id=agency_id)
    project_id = factories.project(agency_id=agency_id)
    result_id = factories.result(project_id=project_id, title="A")
    contact_id = factories.contact(project_id=project_id)
    make.ticket(email="anna@school.example", project_id=project_id, subject=NAME)
    with unit_of_work() as uow:
        found = uow.session
        project = found.get_one(Project, project_id)
        project.title = NAME
        keys.fill_project(project)
        found.get_one(Result, result_id).title = NAME
        keys.fill_result(found.get_one(Result, result_id))
        found.get_one(User, admin.user_id).name = found.get_one(Contact, contact_id).name = NAME
        found.add_all([
            ApiToken(agency_id=agency_id, name=NAME, digest="x", created_at=uow.now),
            OutboxRow(
                key="x", kind=Mail.ACCESS, agency_id=agency_id, to="a@b.example", language="lv", created_at=uow.now,
                due_at=uow.now, subject=NAME,
            ),
            LostMail(agency_id=agency_id, received_at=uow.now, cause=Cause.STRANGER, size=1, excerpt=NAME),
        ])
    return admin


def found(session: Session, actor: Actor, typed: str) -> dict[str, int]:
    """How many rows each list gives."""
    lists = {
        "projects": projects.listed(actor, search=typed),
        "results": results.listed(actor, search=typed),
        "users": users.listed(actor, search=typed),
        "contacts": contacts.listed(actor, search=typed),
        "tokens": tokens.listed(actor, search=typed),
        "outbox": outbox.listed(actor, search=typed),
        "lost": inbound.listed(actor, group=None, is_done=False, search=typed),
        "tickets": tickets.queue(actor, view=tickets.View.ALL, filters=tickets.Filters(search=typed)),
    }
    return {name: len(session.execute(query).unique().all()) for name, query in lists.items()}


def test_staff_find_a_latvian_name_in_each_list_however_it_is_typed(session: Session, admin: Person) -> None:
    for typed in TYPED:
        counts = found(session, admin.actor, typed)
        assert set(counts.values()) == {1}, (typed, counts)
    assert set(found(session, admin.actor, "Gertrudes").values()) == {0}


def test_people_stand_in_latvian_order_where_one_is_chosen(session: Session) -> None:
    agency_id = factories.agency()
    names = ["Zane", "Žanis", "Anna", "Čipa", "Cilda", "Ābele", "Gunta", "Ģirts", "Sarma", "Šarlote"]
    for name in names:
        person = factories.staff(Role.SPECIALIST, agency_id=agency_id)
        with unit_of_work() as uow:
            uow.session.get_one(User, person.user_id).name = name
    chosen = [user.name for user in session.scalars(facts.specialists(agency_id))]
    assert chosen == ["Ābele", "Anna", "Cilda", "Čipa", "Gunta", "Ģirts", "Sarma", "Šarlote", "Zane", "Žanis"]
    assert session.scalar(select(User.name_key).where(User.name == "Ģirts")) == "girts"
