"""Dated mails by the clock (DOMAIN §7): every row of the table, what stops it, moved dates, holds, and never twice."""

import json
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain.notices import Mail, OutboxState
from backoffice.domain.permissions import Role
from backoffice.domain.projects import GrantState, Status
from backoffice.jobs import notices as runs
from backoffice.models import Access, Agency, OutboxRow, Project
from backoffice.services import access, notices
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import Person
from tests.support import lists

START, END = date(2026, 1, 1), date(2026, 6, 30)  # a Thursday, a Tuesday
INVITED, REMINDED = date(2026, 7, 1), date(2026, 7, 30)  # Wednesday, Thursday
LAST, OVERDUE = date(2026, 8, 24), date(2026, 8, 31)  # 22 August is a Saturday, 30 August a Sunday
TOLD = date(2026, 1, 5)  # 1 January is a holiday, and in Latvia the Friday after it was moved
SOON = date(2026, 6, 1)  # 31 May is a Sunday


@pytest.fixture
def agency_id(session: Session) -> int:
    return factories.agency()


@pytest.fixture
def project_id(agency_id: int) -> int:
    return factories.project(agency_id=agency_id, start_date=START, end_date=END)


@pytest.fixture
def reader(project_id: int) -> Person:
    return factories.coordinator(project_id)


def run(day: date, *, hour: int = 9) -> dict[str, int]:
    """The daily run on that day; what it queued, by kind."""
    with time_machine.travel(datetime.combine(day, time(hour), UTC), tick=False):
        counts = runs.run()
    return {kind.value: found[OutboxState.WAITING] for kind, found in counts.items() if found[OutboxState.WAITING]}


def past(day: date) -> None:
    """Runs up to that day, told about already."""
    for before in (TOLD, SOON, INVITED, REMINDED, LAST, OVERDUE):
        if before < day:
            run(before)


def change(project_id: int, name: str, value: object) -> None:
    with unit_of_work() as uow:
        setattr(uow.session.get_one(Project, project_id), name, value)


def move_end(project_id: int, end: date, *, on: date) -> None:
    """The end date changes as an import changes it."""
    with time_machine.travel(datetime.combine(on, time(12), UTC), tick=False), unit_of_work() as uow:
        project = uow.session.get_one(Project, project_id)
        former, project.end_date = project.end_date, end
        uow.session.flush()
        notices.end_dates_changed(uow, former={project_id: former}, agencies={project.agency_id: project.agency})


def rows(session: Session, kind: Mail) -> list[OutboxRow]:
    session.rollback()
    return list(session.scalars(select(OutboxRow).where(OutboxRow.kind == kind).order_by(OutboxRow.id)))


def deliver() -> None:
    """What waits went out."""
    with unit_of_work() as uow:
        for row in uow.session.scalars(select(OutboxRow).where(OutboxRow.state == OutboxState.WAITING)):
            row.state, row.sent_at = OutboxState.SENT, uow.now


def states(session: Session, kind: Mail) -> list[str]:
    return [row.state.value for row in rows(session, kind)]


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (TOLD, "access"),
        (SOON, "ending-soon"), (INVITED, "invitation"), (REMINDED, "reminder"), (LAST, "last-reminder"),
        (OVERDUE, "overdue"),
    ],
)
def test_everybody_with_access_is_told_on_the_day_once(
    session: Session, project_id: int, reader: Person, day: date, kind: str
) -> None:
    second = factories.coordinator(project_id, language="lv")
    past(day)
    assert run(day - timedelta(days=1)).get(kind) is None
    assert run(day)[kind] == 2
    assert run(day, hour=11) == {}
    assert [(row.to, row.language) for row in rows(session, Mail(kind))] == [(reader.email, "en"), (second.email, "lv")]


def test_a_person_without_a_language_reads_that_of_the_agency(session: Session, agency_id: int) -> None:
    project_id = factories.project(agency_id=agency_id, start_date=START, end_date=END)
    factories.coordinator(project_id, language=None)
    with unit_of_work() as uow:
        uow.session.get_one(Agency, agency_id).language = "lv"
    run(TOLD)
    assert rows(session, Mail.ACCESS)[0].language == "lv"


def test_the_responsible_reads_a_copy_of_overdue_and_one_address_gets_one_mail(
    session: Session, agency_id: int, project_id: int, reader: Person
) -> None:
    specialist = factories.staff(Role.SPECIALIST, agency_id=agency_id)
    change(project_id, "responsible_id", specialist.user_id)
    past(OVERDUE)
    assert run(OVERDUE) == {"overdue": 2}
    assert [(row.to, row.params.get("is_copy")) for row in rows(session, Mail.OVERDUE)] == [
        (reader.email, None), (specialist.email, True),
    ]


@pytest.mark.parametrize("kind", ["reminder", "last-reminder", "overdue"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", Status.UNDER_REVIEW), ("status", Status.APPROVED), ("results_required_override", False),
        ("grant_state", GrantState.FINALISED), ("grant_state", GrantState.TERMINATED),
        ("grant_state", GrantState.CANCELLED),
    ],
)
def test_reminders_stop(project_id: int, reader: Person, kind: str, name: str, value: object) -> None:
    day = {"reminder": REMINDED, "last-reminder": LAST, "overdue": OVERDUE}[kind]
    past(day)
    change(project_id, name, value)
    assert run(day) == {}


def test_the_invitation_stops_when_the_results_were_handed_in(project_id: int, reader: Person) -> None:
    past(INVITED)
    change(project_id, "status", Status.UNDER_REVIEW)
    assert run(INVITED) == {}


def test_a_cancelled_project_is_mailed_nothing_by_date(project_id: int, reader: Person) -> None:
    change(project_id, "grant_state", GrantState.CANCELLED)
    assert [run(day) for day in (TOLD, SOON, INVITED, OVERDUE)] == [{}, {}, {}, {}]


@pytest.mark.parametrize(
    ("name", "value"), [("report_handed_in_on", date(2026, 4, 15)), ("grant_state", GrantState.TERMINATED)]
)
def test_the_first_fact_that_opens_submission_invites_and_no_later_one(
    project_id: int, reader: Person, name: str, value: object
) -> None:
    past(SOON)
    change(project_id, name, value)
    assert run(date(2026, 4, 15)) == {"invitation": 1}
    assert "invitation" not in run(SOON)
    assert run(INVITED) == {}


def test_a_terminated_project_is_invited_at_once_even_on_a_sunday(project_id: int, reader: Person) -> None:
    past(SOON)
    change(project_id, "grant_state", GrantState.TERMINATED)
    assert run(date(2026, 4, 19)) == {"invitation": 1}


def test_a_moved_end_date_invites_again_only_when_the_project_was_not_submittable_again(
    session: Session, project_id: int, reader: Person
) -> None:
    past(REMINDED)
    deliver()
    move_end(project_id, date(2026, 7, 3), on=date(2026, 7, 10))  # corrected, and it stays submittable
    assert run(date(2026, 7, 10)) == {}
    move_end(project_id, date(2026, 9, 30), on=date(2026, 7, 13))
    assert run(REMINDED) == {}
    assert run(date(2026, 8, 31)) == {"ending-soon": 1}
    assert run(date(2026, 10, 1)) == {"invitation": 1}
    assert run(date(2026, 10, 30)) == {"reminder": 1}
    assert len(rows(session, Mail.END_DATE_CHANGED)) == 2


def test_a_moved_end_date_withdraws_what_waits_and_brings_it_back(
    session: Session, project_id: int, reader: Person
) -> None:
    past(INVITED)
    run(INVITED)
    move_end(project_id, date(2026, 9, 30), on=INVITED)
    assert states(session, Mail.INVITATION) == ["withdrawn"]
    move_end(project_id, END, on=date(2026, 7, 2))
    assert run(date(2026, 7, 2)) == {"invitation": 1}
    assert states(session, Mail.INVITATION) == ["waiting"]


def test_what_waits_is_withdrawn_when_access_ends(session: Session, project_id: int, reader: Person) -> None:
    past(INVITED)
    run(INVITED)
    with unit_of_work() as uow:
        uow.session.scalars(select(Access)).one().ended_at = uow.now
    run(INVITED, hour=10)
    assert states(session, Mail.INVITATION) == ["withdrawn"]
    assert states(session, Mail.ACCESS) == ["withdrawn"]


def test_additions_are_reminded_of_before_and_after_their_date_until_resubmitted(
    session: Session, project_id: int, reader: Person
) -> None:
    past(OVERDUE)
    for name, value in (
        ("status", Status.RETURNED), ("due_on", date(2026, 10, 20)),
        ("status_since_at", datetime(2026, 10, 6, 9, tzinfo=UTC)),
    ):
        change(project_id, name, value)
    assert run(date(2026, 10, 16)) == {}
    assert run(date(2026, 10, 19)) == {"additions-reminder": 1}  # 17 October is a Saturday
    assert run(date(2026, 10, 21)) == {"additions-overdue": 1}
    change(project_id, "status_since_at", datetime(2026, 10, 21, 12, tzinfo=UTC))  # returned again, the same date
    assert run(date(2026, 10, 22)) == {"additions-overdue": 1}
    change(project_id, "status", Status.UNDER_REVIEW)
    run(date(2026, 10, 22), hour=11)
    assert set(states(session, Mail.ADDITIONS_OVERDUE)) == {"withdrawn"}


def test_the_days_and_holidays_of_the_agency_hold(agency_id: int, project_id: int, reader: Person) -> None:
    with unit_of_work() as uow:
        agency = uow.session.get_one(Agency, agency_id)
        agency.notice_days, agency.extra_holidays = {"reminder": 10}, ["2026-07-10"]
    past(REMINDED)
    with unit_of_work() as uow:
        uow.session.get_one(Project, project_id).end_date = date(2026, 6, 30)
    assert run(date(2026, 7, 10)) == {}
    assert run(date(2026, 7, 13)) == {"reminder": 1}


def test_the_past_is_suppressed_and_the_first_import_mails_nobody(
    session: Session, agency_id: int, project_id: int, reader: Person
) -> None:
    with unit_of_work() as uow:
        uow.session.get_one(Agency, agency_id).notices_from = OVERDUE
    assert run(OVERDUE) == {"overdue": 1}
    for kind in (Mail.ACCESS, Mail.ENDING_SOON, Mail.INVITATION, Mail.REMINDER, Mail.LAST_REMINDER):
        assert states(session, kind) == ["suppressed"]
    assert run(OVERDUE + timedelta(days=1)) == {}


def test_of_a_line_of_reminders_only_the_last_goes_out_to_a_latecomer(
    session: Session, project_id: int, reader: Person
) -> None:
    assert run(OVERDUE) == {"access": 1, "invitation": 1, "overdue": 1}
    assert states(session, Mail.REMINDER) == states(session, Mail.LAST_REMINDER) == ["suppressed"]


def test_a_run_above_the_limit_is_held_until_an_admin_releases_it(
    session: Session, agency_id: int, project_id: int, reader: Person
) -> None:
    factories.coordinator(project_id)
    with unit_of_work() as uow:
        uow.session.get_one(Agency, agency_id).run_limit = 1
    past(TOLD)
    assert run(TOLD) == {}
    assert states(session, Mail.ACCESS) == ["held", "held"]
    assert run(TOLD, hour=10) == {}
    with unit_of_work() as uow:
        uow.session.scalars(select(Access).where(Access.user_id == reader.user_id)).one().ended_at = uow.now
    admin = factories.staff(Role.AGENCY_ADMIN, agency_id=agency_id)
    with unit_of_work() as uow:
        agency = uow.session.get_one(Agency, agency_id)
        counts = notices.release(uow, actor=admin.actor, agency=agency)
    assert counts == {Mail.ACCESS: Counter({OutboxState.WAITING: 1})}
    assert states(session, Mail.ACCESS) == ["withdrawn", "waiting"]


def test_who_was_granted_access_by_hand_is_not_told_again_on_the_start_date(
    session: Session, agency_id: int, project_id: int
) -> None:
    helpdesk = factories.staff(Role.HELPDESK, agency_id=agency_id)
    with unit_of_work() as uow:
        access.grant(uow, actor=helpdesk.actor, project_id=project_id, email="new@test.example", name="New")
    run(TOLD)
    assert states(session, Mail.ACCESS) == ["waiting"]


def test_today_is_the_day_of_the_agency_and_nobody_is_mailed_at_night(session: Session) -> None:
    agency_id = factories.agency(time_zone="Europe/Riga")
    project_id = factories.project(agency_id=agency_id, start_date=START, end_date=date(2026, 6, 29))
    factories.coordinator(project_id)
    past(date(2026, 6, 2))
    assert run(date(2026, 6, 29), hour=22) == {}  # it is the 30th in Riga, one o'clock at night
    assert run(date(2026, 6, 30), hour=2) == {}
    assert run(date(2026, 6, 30), hour=3) == {"invitation": 1}  # six o'clock, summer time


def test_a_person_runs_a_day_ahead_by_the_command(
    app: Flask, session: Session, project_id: int, reader: Person
) -> None:
    command = ["notices", "run", "--on", REMINDED.isoformat(), "--json"]
    first = json.loads(app.test_cli_runner().invoke(args=command).output.splitlines()[-1])
    assert first["reminder"] == {"queued": 1, "suppressed": 0, "held": 0}
    assert first["invitation"]["queued"] == 1
    second = json.loads(app.test_cli_runner().invoke(args=command).output.splitlines()[-1])
    assert not any(number for counts in second.values() for number in counts.values())
    assert app.test_cli_runner().invoke(args=["notices", "release"]).output == "Nothing is due.\n"


def imported(end: date, *, is_dry_run: bool = False) -> dict[str, int]:
    """The mails that follow an import of one project on the day after the start."""
    row = {
        "Project Identifier": "2025-1-LV01-KA220-SCH-000000101", "Project Title": "Bridges",
        "Start date": START.isoformat(), "End date": end.isoformat(), "Contact e-mail": "main@school.example",
    }
    with time_machine.travel(datetime.combine(TOLD, time(9), UTC), tick=False):
        return lists.run([row], is_dry_run=is_dry_run).mails


def test_an_import_says_how_many_mails_follow_and_tells_of_a_moved_end(session: Session) -> None:
    factories.agency(code="LV01")
    assert imported(END, is_dry_run=True) == imported(END) == {"access": 1}
    assert run(TOLD) == {"access": 1}
    assert imported(END) == {}
    assert imported(date(2026, 9, 30), is_dry_run=True) == {"end-date-changed": 1}
    assert rows(session, Mail.END_DATE_CHANGED) == []
    assert imported(date(2026, 9, 30)) == {"end-date-changed": 1}
    assert rows(session, Mail.END_DATE_CHANGED)[0].params == {"former_end_date": "2026-06-30", "end_date": "2026-09-30"}


def test_an_import_of_the_past_says_that_no_mail_follows(session: Session) -> None:
    agency_id = factories.agency(code="LV01")
    with unit_of_work() as uow:
        uow.session.get_one(Agency, agency_id).notices_from = date(2026, 1, 6)
    assert imported(END) == {}
    run(TOLD)
    assert states(session, Mail.ACCESS) == ["suppressed"]
