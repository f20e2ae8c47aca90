"""Facts that staff set by hand (DOMAIN §2): who may, what follows, and that an import leaves them until released."""

from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.errors import Forbidden, NotFound, Refused
from backoffice.domain.notices import Mail, OutboxState
from backoffice.domain.permissions import Role
from backoffice.domain.projects import GrantState
from backoffice.jobs import notices as runs
from backoffice.models import AuditEvent, ImportDifference, OutboxRow, Project, StaffFact
from backoffice.services import facts
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import Person
from tests.support import lists

CODE = "2023-1-LV01-KA220-SCH-000000101"
END = date(2026, 6, 30)


@pytest.fixture
def agency_id(session: Session) -> int:
    return factories.agency(code="LV01")


@pytest.fixture
def project_id(agency_id: int) -> int:
    return factories.project(agency_id=agency_id, code=CODE, end_date=END, start_date=date(2024, 1, 1))


@pytest.fixture
def specialist(agency_id: int) -> Person:
    return factories.staff(Role.SPECIALIST, agency_id=agency_id)


def project(project_id: int) -> Project:
    db.session.rollback()
    return db.session.get_one(Project, project_id)


def move(who: Person, project_id: int, end: date | None, *, reason: str = "") -> None:
    with unit_of_work() as uow:
        row = uow.session.get_one(Project, project_id)
        facts.set_dates(
            uow, actor=who.actor, project_id=project_id, seen=facts.dates_seen(row), start_date=row.start_date,
            end_date=end, reason=reason,
        )


def end_grant(who: Person, project_id: int, state: GrantState) -> None:
    with unit_of_work() as uow:
        facts.set_grant_state(
            uow, actor=who.actor, project_id=project_id, seen="running", grant_state=state, reason="By contract."
        )


def mails(kind: Mail, *states: OutboxState) -> int:
    db.session.rollback()
    query = select(OutboxRow).where(OutboxRow.kind == kind)
    return len(db.session.scalars(query.where(OutboxRow.state.in_(states)) if states else query).all())


def differences() -> list[tuple[str, str, str, bool]]:
    db.session.rollback()
    rows = db.session.scalars(select(ImportDifference).order_by(ImportDifference.field))
    return [(row.field, row.ours, row.theirs, row.kept_at is not None) for row in rows]


def row(**cells: str) -> lists.Rows:
    return [{"Project Identifier": CODE, "Project Title": "Tilti", **cells}]


def test_a_moved_end_is_told_once_and_the_invitation_goes_out_again_at_the_new_end(
    specialist: Person, project_id: int
) -> None:
    factories.coordinator(project_id)
    at = clock.start_of(END + timedelta(days=1), time_zone="Europe/Riga") + timedelta(hours=9)
    with time_machine.travel(at, tick=False):
        runs.run()
        assert mails(Mail.INVITATION) == 1
        move(specialist, project_id, END, reason="Nothing changes.")
        assert mails(Mail.END_DATE_CHANGED) == 0
        move(specialist, project_id, END + timedelta(days=60), reason="Amendment 2.")
        assert mails(Mail.END_DATE_CHANGED) == 1
        runs.run()
        assert mails(Mail.INVITATION) == 1
    with time_machine.travel(at + timedelta(days=62), tick=False):  # the new end is a Saturday
        runs.run()
        assert mails(Mail.INVITATION) == 2


def test_a_terminated_project_is_invited_at_once_and_a_cancelled_one_left_in_peace(
    specialist: Person, agency_id: int
) -> None:
    ended, dropped = (factories.project(agency_id=agency_id, is_running=True) for _ in range(2))
    factories.coordinator(ended, dropped)
    with unit_of_work() as uow:
        with pytest.raises(Refused) as refused:
            facts.set_grant_state(
                uow, actor=specialist.actor, project_id=ended, seen="running", grant_state=GrantState.TERMINATED,
                reason=" ",
            )
        assert refused.value.field == "reason"
    end_grant(specialist, ended, GrantState.TERMINATED)
    assert mails(Mail.INVITATION, OutboxState.WAITING) == 1
    end_grant(specialist, dropped, GrantState.CANCELLED)
    assert mails(Mail.INVITATION, OutboxState.WAITING) == 1
    events = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "project:changed")).all()
    assert [event.details["reason"] for event in events] == ["By contract."] * 2


def test_an_import_leaves_what_staff_set_until_they_release_it(specialist: Person, project_id: int) -> None:
    move(specialist, project_id, date(2026, 9, 30), reason="Amendment 2.")
    lists.run(row(**{"End date": "2026-07-31"}))
    assert project(project_id).end_date == date(2026, 9, 30)
    assert differences() == [("end_date", "2026-09-30", "2026-07-31", False)]
    with unit_of_work() as uow:
        found = uow.session.scalars(select(ImportDifference.id)).one()
        facts.keep_ours(uow, actor=specialist.actor, difference_id=found)
    lists.run(row(**{"End date": "2026-07-31"}))
    assert differences() == [("end_date", "2026-09-30", "2026-07-31", True)]
    lists.run(row(**{"End date": "2026-08-31"}))
    assert differences() == [("end_date", "2026-09-30", "2026-08-31", False)]
    with unit_of_work() as uow:
        facts.take_theirs(uow, actor=specialist.actor, difference_id=found)
    assert (project(project_id).end_date, differences()) == (date(2026, 8, 31), [])
    lists.run(row(**{"End date": "2026-07-31"}))
    assert (project(project_id).end_date, differences()) == (date(2026, 7, 31), [])


def test_a_fact_that_is_released_without_a_difference_waits_for_the_next_list(
    specialist: Person, project_id: int
) -> None:
    move(specialist, project_id, date(2026, 9, 30))
    with unit_of_work() as uow:
        facts.release(uow, actor=specialist.actor, project_id=project_id, field="end_date")
    assert project(project_id).end_date == date(2026, 9, 30)
    assert db.session.scalars(select(StaffFact)).all() == []
    db.session.rollback()
    lists.run(row(**{"End date": "2026-07-31"}))
    assert project(project_id).end_date == date(2026, 7, 31)
    with unit_of_work() as uow, pytest.raises(NotFound):
        facts.release(uow, actor=specialist.actor, project_id=project_id, field="end_date")


def test_only_who_may_and_only_on_what_they_saw(specialist: Person, project_id: int, agency_id: int) -> None:
    helper = factories.staff(Role.HELPDESK, agency_id=agency_id)
    stranger = factories.staff(Role.SPECIALIST, agency_id=factories.agency())
    for who, refusal in ((helper, Forbidden), (stranger, NotFound)):
        with pytest.raises(refusal):
            move(who, project_id, None)
    move(specialist, project_id, date(2026, 9, 30))
    with unit_of_work() as uow:
        with pytest.raises(Refused) as refused:
            facts.set_dates(
                uow, actor=specialist.actor, project_id=project_id, seen="2024-01-01/2026-06-30",
                start_date=date(2024, 1, 1), end_date=date(2026, 8, 31),
            )
        assert refused.value.code == "stale"
    with pytest.raises(Refused):
        move(specialist, project_id, date(2020, 1, 1))
    with unit_of_work() as uow, pytest.raises(Refused):
        facts.assign(uow, actor=specialist.actor, project_id=project_id, responsible_id=helper.user_id)
    with unit_of_work() as uow:
        facts.assign(uow, actor=specialist.actor, project_id=project_id, responsible_id=specialist.user_id)
    assert project(project_id).responsible_id == specialist.user_id


def test_staff_say_whether_results_are_required_with_a_reason(specialist: Person, project_id: int) -> None:
    def say(seen: str, value: bool | None, reason: str = "") -> None:
        with unit_of_work() as uow:
            facts.set_results_required(
                uow, actor=specialist.actor, project_id=project_id, seen=seen, is_required=value, reason=reason
            )

    with pytest.raises(Refused):
        say("", False)
    say("", False, "The partner was dissolved.")
    assert project(project_id).results_required_override is False
    with pytest.raises(Refused):
        say("", True, "On second thought.")
    say("False", None)
    assert project(project_id).results_required_reason == ""
