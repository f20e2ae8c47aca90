"""Contacts and access that an import brings: private, for the first contact only, and never back who was ended here."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.notices import Mail, OutboxState
from backoffice.domain.permissions import Actor, Role
from backoffice.domain.visibility import BasisKind
from backoffice.models import (
    Access,
    Agency,
    AuditEvent,
    AuditPersonal,
    Contact,
    ImportDifference,
    OutboxRow,
    Override,
    Project,
    User,
)
from backoffice.services import access, contacts, notices, overrides
from backoffice.services.contacts import ContactValues
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.support import lists

CODE = "2023-1-LV01-KA220-SCH-000000101"
ANNA, BAIBA, CECILIJA = "anna@school.example", "baiba@school.example", "cecilija@school.example"


def row(
    contact: str = "", second: str = "", *, name: str = "", phone: str = "", start: str = "2023-09-01"
) -> lists.Rows:
    return [{
        "Project Identifier": CODE, "Project Title": "Tilti", "Start date": start, "Contact e-mail": contact,
        "Contact person": name, "Contact phone": phone, "Second contact e-mail": second,
    }]


@pytest.fixture(autouse=True)
def agency_id(session: Session) -> int:
    return factories.agency(code="LV01")


def shown() -> list[tuple[str, bool]]:
    """The contacts of the project, each with whether the coordinator made it public."""
    db.session.rollback()
    query = select(Contact).where(Contact.ended_at.is_(None)).order_by(Contact.position, Contact.id)
    return [(found.email, found.coordinator_public) for found in db.session.scalars(query)]


def with_access() -> list[str]:
    db.session.rollback()
    query = select(User.email).join(Access, Access.user_id == User.id).where(Access.ended_at.is_(None))
    return sorted(db.session.scalars(query))


def differences() -> dict[str, str]:
    db.session.rollback()
    return {found.field: found.theirs for found in db.session.scalars(select(ImportDifference))}


def user(email: str) -> User:
    db.session.rollback()
    return db.session.scalars(select(User).where(User.email == email)).one()


def mails(kind: Mail) -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(OutboxRow.to).where(OutboxRow.kind == kind).order_by(OutboxRow.id)))


def acting(session: Session, email: str) -> tuple[Actor, int]:
    """The person as a coordinator of the project, and its id."""
    user_id = session.scalars(select(User.id).where(User.email == email)).one()
    project_id = session.scalars(select(Project.id).where(Project.code == CODE)).one()
    return Actor(user_id=user_id, role=Role.COORDINATOR, project_ids=frozenset({project_id})), project_id


def contact_id(session: Session, email: str) -> int:
    return session.scalars(select(Contact.id).where(Contact.email == email)).one()


def publish(email: str) -> None:
    """The coordinator shows the contact to the public."""
    with unit_of_work() as uow:
        actor, _ = acting(uow.session, email)
        contacts.set_public(uow, actor=actor, contact_id=contact_id(uow.session, email), is_public=True)


def hand_over() -> None:
    """Anna gives access to Baiba and ends her own."""
    with unit_of_work() as uow:
        actor, project_id = acting(uow.session, ANNA)
        access.grant(uow, actor=actor, project_id=project_id, email=BAIBA)
        mine = uow.session.scalars(select(Access).join(Access.user).where(User.email == ANNA)).one()
        access.end(uow, actor=actor, access_id=mine.id)


def test_both_contacts_come_private_and_only_the_first_gets_access() -> None:
    result = lists.run(row("Anna@School.example", BAIBA, name="Anna Ozola", phone="+371 20000000"))
    assert result.counts == (1, 0, 0, 0)
    assert shown() == [(ANNA, False), (BAIBA, False)]
    assert with_access() == [ANNA]
    found = db.session.scalars(select(Contact).where(Contact.email == ANNA)).one()
    assert (found.name, found.phone, found.is_main, found.is_imported) == ("Anna Ozola", "+371 20000000", True, True)
    given = db.session.scalars(select(Access)).one()
    assert (given.origin, given.granted_by_id, given.user.name) == ("import", None, "Anna Ozola")


def test_person_on_two_projects_is_one_user() -> None:
    lists.run([*row(ANNA), {**row(ANNA)[0], "Project Identifier": CODE.replace("101", "102")}])
    assert with_access() == [ANNA, ANNA]
    assert user(ANNA)


def test_audit_keeps_addresses_apart_from_the_event() -> None:
    lists.run(row(ANNA))
    told = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "project:imported")).one()
    assert ANNA not in str(told.details)
    values = {found.field: found.value for found in db.session.scalars(select(AuditPersonal))}
    assert values == {"contact": ANNA, "access": ANNA}


def test_changed_address_is_a_new_private_contact_and_the_former_loses_access() -> None:
    lists.run(row(ANNA))
    publish(ANNA)
    epoch = user(ANNA).session_epoch
    result = lists.run(row(BAIBA))
    assert result.counts == (0, 1, 0, 0)
    assert shown() == [(BAIBA, False)]
    assert with_access() == [BAIBA]
    assert user(ANNA).session_epoch == epoch + 1
    assert BAIBA in mails(Mail.ACCESS)
    assert mails(Mail.ACCESS_REVOKED) == [ANNA]
    assert result.mails["access-revoked"] == 1
    values = set(db.session.scalars(select(AuditPersonal.value)))
    assert {ANNA, BAIBA} <= values


def test_address_that_changes_back_is_private_again_whatever_was_chosen_before() -> None:
    lists.run(row(ANNA))
    publish(ANNA)
    lists.run(row(BAIBA))
    assert lists.run(row(ANNA)).counts == (0, 1, 0, 0)
    assert (shown(), with_access()) == ([(ANNA, False)], [ANNA])
    assert differences() == {}


def test_changed_address_before_the_start_waits_for_the_start_with_its_mail() -> None:
    assert lists.run(row(ANNA, start="2099-09-01")).mails == {"access": 1}
    assert lists.run(row(BAIBA, start="2099-09-01")).mails == {"access": 1, "access-revoked": 1}
    assert mails(Mail.ACCESS) == []


def test_first_import_counts_no_mail_of_the_past(agency_id: int) -> None:
    with unit_of_work() as uow:
        uow.session.get_one(Agency, agency_id).notices_from = date(2024, 1, 1)
    assert lists.run(row(ANNA)).mails == {}
    assert lists.run(row(BAIBA)).mails == {"access": 1, "access-revoked": 1}  # told at once, whenever it began


def test_import_counts_the_mails_that_the_next_run_of_notices_writes(agency_id: int) -> None:
    result = lists.run([
        {**row(ANNA)[0], "End date": "2025-08-31"},
        {**row(BAIBA)[0], "Project Identifier": CODE.replace("101", "102"), "Grant state": "cancelled"},
    ])
    day = clock.day_of(clock.now(), time_zone="Europe/Riga")
    with unit_of_work() as uow:
        agency = uow.session.get_one(Agency, agency_id)
        found = notices.look(uow.session, agency=agency, day=day)
        written = notices.arm(uow, agency=agency, project_ids=found.project_ids, day=day)
    queued = {kind: states[OutboxState.WAITING] for kind, states in written.items() if states[OutboxState.WAITING]}
    assert result.mails == queued
    assert queued[Mail.ACCESS] == 1


def test_moved_end_date_is_told_to_all_with_access() -> None:
    lists.run([{**row(ANNA)[0], "End date": "2099-08-31"}])
    result = lists.run([{**row(ANNA)[0], "End date": "2099-11-30"}])
    assert result.mails["end-date-changed"] == 1
    assert mails(Mail.END_DATE_CHANGED) == [ANNA]
    assert "end-date-changed" not in lists.run([{**row(ANNA)[0], "End date": "2099-11-30"}]).mails


def test_swapped_contacts_stay_and_access_follows_the_first() -> None:
    lists.run(row(ANNA, BAIBA))
    lists.run(row(BAIBA, ANNA))
    assert shown() == [(BAIBA, False), (ANNA, False)]
    assert with_access() == [BAIBA]


def test_second_contact_that_changes_ends_the_former_second_one() -> None:
    lists.run(row(ANNA, BAIBA))
    lists.run(row("", CECILIJA))
    assert shown() == [(ANNA, False), (CECILIJA, False)]
    assert with_access() == [ANNA]


def test_same_person_in_both_places_is_one_contact() -> None:
    assert lists.run(row(ANNA, ANNA)).counts == (1, 0, 0, 0)
    assert lists.run(row(ANNA, ANNA)).counts == (0, 0, 1, 0)
    assert shown() == [(ANNA, False)]


def test_row_without_contacts_changes_none() -> None:
    lists.run(row(ANNA, BAIBA))
    assert lists.run(row()).counts == (0, 0, 1, 0)
    assert with_access() == [ANNA]


def test_import_takes_away_only_access_that_an_import_gave() -> None:
    lists.run(row(ANNA))
    with unit_of_work() as uow:
        actor, project_id = acting(uow.session, ANNA)
        access.grant(uow, actor=actor, project_id=project_id, email=CECILIJA)
    lists.run(row(BAIBA))
    assert with_access() == [BAIBA, CECILIJA]


def test_access_that_was_handed_over_here_never_comes_back() -> None:
    lists.run(row(ANNA))
    hand_over()
    result = lists.run(row(ANNA))
    assert (result.counts, result.differences) == ((0, 0, 1, 0), 1)
    assert with_access() == [BAIBA]
    assert differences() == {"access": "a…@school.example"}
    lists.run(row(BAIBA))
    assert with_access() == [BAIBA]
    assert differences() == {}


def test_person_erased_here_never_comes_back() -> None:
    """Neither account nor contact: only the digest of the address is left to know them by."""
    lists.run(row(ANNA))
    hand_over()
    with unit_of_work() as uow:
        erased = uow.session.scalars(select(User).where(User.email == ANNA)).one()
        erased.email, erased.name, erased.erased_at = f"erased-{erased.id}", "", uow.now
        uow.session.delete(uow.session.scalars(select(Contact).where(Contact.email == ANNA)).one())
    assert lists.run(row(ANNA, name="Anna Ozola")).counts == (0, 0, 1, 0)
    assert shown() == []
    assert with_access() == [BAIBA]
    assert not db.session.scalars(select(User).where(User.email == ANNA)).all()
    assert differences() == {"contact": "a…@school.example", "access": "a…@school.example"}


def test_contact_removed_here_never_comes_back() -> None:
    lists.run(row(ANNA, BAIBA))
    with unit_of_work() as uow:
        actor, _ = acting(uow.session, ANNA)
        contacts.remove(uow, actor=actor, contact_id=contact_id(uow.session, BAIBA))
    assert lists.run(row(ANNA, BAIBA)).counts == (0, 0, 1, 0)
    assert shown() == [(ANNA, False)]
    assert differences() == {"second_contact": "b…@school.example"}


def test_name_edited_here_stays_and_another_is_brought_up_to_date() -> None:
    lists.run(row(ANNA, name="Anna Ozola"))
    assert lists.run(row(ANNA, name="Anna Liepa")).counts == (0, 1, 0, 0)
    with unit_of_work() as uow:
        actor, _ = acting(uow.session, ANNA)
        values = ContactValues(name="Anna O. Liepa", email=ANNA)
        contacts.edit(uow, actor=actor, contact_id=contact_id(uow.session, ANNA), values=values)
    assert lists.run(row(ANNA, name="Anna Ozola")).counts == (0, 0, 1, 0)
    assert db.session.scalars(select(Contact.name)).one() == "Anna O. Liepa"


def test_switch_overrides_and_the_persons_own_word_stay_through_an_import() -> None:
    lists.run(row(ANNA))
    publish(ANNA)
    with unit_of_work() as uow:
        uow.session.scalars(select(Contact)).one().person_withdrew_at = uow.now
    assert lists.run(row(ANNA)).counts == (0, 0, 1, 0)
    found = db.session.scalars(select(Contact)).one()
    assert found.coordinator_public
    assert found.person_withdrew_at is not None
    lists.run(row(BAIBA))
    lists.run(row(ANNA))
    db.session.rollback()
    assert db.session.scalars(select(Contact).where(Contact.email == ANNA)).one().person_withdrew_at is not None


def test_staff_override_of_a_former_contact_does_not_publish_who_comes_back(agency_id: int) -> None:
    lists.run(row(ANNA))
    specialist = factories.staff(agency_id=agency_id)
    with unit_of_work() as uow:
        overrides.show_contact(
            uow, actor=specialist.actor, contact_id=contact_id(uow.session, ANNA), reason="Agreed in writing.",
            basis_kind=BasisKind.CONSENT, basis="2026-01-01",
        )
    lists.run(row(BAIBA))
    lists.run(row(ANNA))
    db.session.rollback()
    assert db.session.scalars(select(Override)).one().cleared_at is not None


def test_coordinator_who_is_staff_too_gets_access_like_anybody(agency_id: int) -> None:
    specialist = factories.staff(agency_id=agency_id)
    lists.run(row(specialist.email))
    assert with_access() == [specialist.email]
