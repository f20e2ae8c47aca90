"""Import of projects into the database: what it owns, what it leaves, and that a row is whole or not there."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.errors import Forbidden, Refused
from backoffice.domain.permissions import Role
from backoffice.domain.projects import GrantState, Status
from backoffice.jobs import imports as runs
from backoffice.models import (
    Agency,
    AuditEvent,
    Contact,
    ImportDifference,
    OutboxRow,
    Partner,
    Project,
    StaffFact,
    User,
)
from backoffice.services import imports, projects
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews as make
from tests.support import lists

CODE = "2023-1-LV01-KA220-SCH-000000101"
OTHER = "2023-1-LV01-KA220-SCH-000000102"
TODAY = clock.day_of(clock.now(), time_zone="Europe/Riga")


def row(code: str = CODE, **cells: str) -> dict[str, str]:
    """A row with a title; cells by their column, with "_" for blanks."""
    named = {name.replace("_", " "): value for name, value in cells.items()}
    return {"Project Identifier": code, "Project Title": "Tilti", **named}


@pytest.fixture
def agency_id(session: Session) -> int:
    return factories.agency(code="LV01")


def project(code: str = CODE) -> Project:
    db.session.rollback()
    return db.session.scalars(select(Project).where(Project.code == code)).one()


def set_by_staff(**facts: object) -> None:
    """Facts of the project that staff set; they stay until staff release them."""
    project_id = project().id
    with unit_of_work() as uow:
        found = uow.session.get_one(Project, project_id)
        for name, value in facts.items():
            setattr(found, name, value)
            uow.session.add(StaffFact(project_id=project_id, field=name, reason="told", set_at=uow.now))


def differences() -> dict[str, tuple[str, str]]:
    db.session.rollback()
    return {found.field: (found.ours, found.theirs) for found in db.session.scalars(select(ImportDifference))}


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that the engine is sent within the block."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        found.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield found
    event.remove(db.engine, "before_cursor_execute", note)


def count(model: type[Project | Contact | AuditEvent | OutboxRow | User | Partner | ImportDifference]) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_import_writes_all_that_a_row_says(agency_id: int) -> None:
    result = lists.run([row(
        Project_Summary="Line one\r\nline two", Start_date="01/09/2023", End_date="31.08.2025", Topics="Inclusion",
        Key_Action="Partnerships", Action_Type="Cooperation partnerships", Programme="Erasmus+",
        Coordinating_organisation_name="Ķekavas skola", **{"Coordinator's country": "LV"},
        EU_Grant_award_in_euros="12 345,60", Grant_state="terminated", Final_report_handed_in_on="2025-09-30",
        Final_report_approved_on="2025-10-30", Is_Good_Practice="Yes", Project_Website="www.tilti.example",
        Final_summary="What came of it.", Participating_countries="LV,EE", Partner_1_name="Tartu",
        Partner_1_country="EE", Partner_2_name="Kaunas",
    )])
    assert (result.counts, result.refused) == ((1, 0, 0, 0), [])
    found = project()
    assert (found.agency_id, found.call_year, found.round, found.action, found.number) == (
        agency_id, 2023, 1, "KA220-SCH", "000000101",
    )
    assert (found.title, found.summary, found.organisation) == ("Tilti", "Line one\nline two", "Ķekavas skola")
    assert (found.start_date, found.end_date) == (date(2023, 9, 1), date(2025, 8, 31))
    assert (found.grant_cents, found.grant_state) == (1_234_560, GrantState.TERMINATED)
    assert (found.report_handed_in_on, found.report_approved_on) == (date(2025, 9, 30), date(2025, 10, 30))
    assert (found.website, found.is_website_entered_here, found.is_good_practice) == (
        "http://www.tilti.example", False, True,
    )
    assert (found.final_summary, found.is_final_summary_entered_here) == ("What came of it.", False)
    assert found.countries == ("LV", "EE")
    assert [(partner.name, partner.country) for partner in found.partners] == [("Tartu", "EE"), ("Kaunas", "")]
    assert (found.status, found.version) == (Status.OPEN, 1)
    assert "kekavas skola" in found.search_key
    assert found.sort_key


def test_import_again_changes_nothing_and_says_so(agency_id: int) -> None:
    rows = [
        row(Start_date="2023-09-01", Partner_1_name="Tartu", Contact_e_mail="anna@school.example"),
        row(OTHER, EU_Grant_award_in_euros="5"),
    ]
    rows[0]["Contact e-mail"] = rows[0].pop("Contact e mail")
    lists.run(rows)
    before = (count(AuditEvent), count(OutboxRow), project().imported_at)
    assert lists.run(rows).counts == (0, 0, 2, 0)
    assert (count(AuditEvent), count(OutboxRow), project().imported_at) == (before[0] + 1, *before[1:])


def test_import_changes_what_it_owns_in_every_status_and_leaves_the_rest(session: Session) -> None:
    """Case 17 too: a project that staff hid or that is under review is brought up to date like any other."""
    scene = make.scene()
    make.submit(scene)
    found = db.session.get_one(Project, scene.project_id)
    code, digest = found.code, found.submissions[0].digest
    version, status = found.version, found.status
    result = lists.run([{
        "Project Identifier": code.lower(), "Project Title": "A better title", "Project Summary": "",
        "Grant state": "finalised", "Is Success Story": "Yes",
    }])
    assert (result.counts, result.refused) == ((0, 1, 0, 0), [])
    found = project(code)
    assert (found.title, found.grant_state, found.is_success_story) == ("A better title", GrantState.FINALISED, True)
    assert found.summary.startswith("What project")
    assert (found.status, found.version, found.submissions[0].digest) == (status, version, digest)
    told = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "project:import-changed")).one()
    assert (told.project_id, told.actor_id) == (found.id, None)
    assert told.details["fields"] == ["title", "grant_state", "is_success_story"]
    assert told.details["changes"]["grant_state"] == ["running", "finalised"]


def test_import_replaces_partners_as_a_list_and_leaves_them_when_the_row_names_none(agency_id: int) -> None:
    lists.run([row(Partner_1_name="One", Partner_2_name="Two", Partner_3_name="Three")])
    assert lists.run([row(Partner_1_name="", Partner_2_name="")]).counts == (0, 0, 1, 0)
    assert lists.run([row(Partner_1_name="Uno", Partner_3_name="Three")]).counts == (0, 1, 0, 0)
    assert [(partner.position, partner.name) for partner in project().partners] == [(1, "Uno"), (2, "Three")]


def test_import_never_touches_website_and_summary_entered_here(agency_id: int) -> None:
    lists.run([row()])
    project_id = project().id
    actor = factories.coordinator(project_id).actor
    with unit_of_work() as uow:
        projects.set_website(uow, actor=actor, project_id=project_id, website="https://ours.example")
        projects.set_summary(uow, actor=actor, project_id=project_id, seen_version=1, summary="Written by us.")
    assert lists.run([row(Project_Website="https://theirs.example", Final_summary="Theirs")]).counts == (0, 0, 1, 0)
    assert (project().website, project().final_summary) == ("https://ours.example", "Written by us.")


def test_import_fills_a_final_summary_and_makes_an_open_form_stale(agency_id: int) -> None:
    lists.run([row()])
    lists.run([row(Final_summary="Theirs")])
    assert (project().final_summary, project().version) == ("Theirs", 2)


def test_import_leaves_a_final_summary_that_is_under_review(session: Session) -> None:
    scene = make.scene()
    make.submit(scene)
    found = db.session.get_one(Project, scene.project_id)
    code, summary = found.code, found.final_summary
    set_up = {"Project Identifier": code, "Final summary": "Another one"}
    with unit_of_work() as uow:
        uow.session.get_one(Project, scene.project_id).is_final_summary_entered_here = False
    lists.run([set_up])
    assert project(code).final_summary == summary
    assert differences() == {"final_summary": (summary, "Another one")}


def test_import_leaves_what_staff_set_and_tells_the_difference_until_it_is_gone(agency_id: int) -> None:
    lists.run([row(End_date="31/08/2025", Grant_state="running")])
    set_by_staff(end_date=date(2025, 11, 30), grant_state=GrantState.TERMINATED)
    result = lists.run([row(End_date="30/09/2025", Grant_state="cancelled")])
    assert (result.counts, result.differences) == ((0, 0, 1, 0), 2)
    assert (project().end_date, project().grant_state) == (date(2025, 11, 30), GrantState.TERMINATED)
    assert differences() == {
        "end_date": ("2025-11-30", "2025-09-30"), "grant_state": ("terminated", "cancelled"),
    }
    lists.run([row(End_date="", Grant_state="terminated")])  # says nothing about the end, and agrees about the state
    assert differences() == {"end_date": ("2025-11-30", "2025-09-30")}
    lists.run([row(End_date="2025-11-30")])
    assert differences() == {}


def test_import_leaves_a_mark_of_staff_without_a_word(agency_id: int) -> None:
    lists.run([row(Is_Good_Practice="No")])
    set_by_staff(is_good_practice=True)
    assert lists.run([row(Is_Good_Practice="No")]).counts == (0, 0, 1, 0)
    assert (project().is_good_practice, differences()) == (True, {})


def test_import_checks_dates_against_those_that_stay(agency_id: int) -> None:
    lists.run([row(Start_date="2023-09-01", End_date="2025-08-31")])
    assert lists.run([row(End_date="2023-08-31")]).columns == [(1, "End date")]
    assert lists.run([row(Start_date="2025-09-01")]).columns == [(1, "Start date")]
    set_by_staff(end_date=date(2024, 8, 31))
    assert lists.run([row(Start_date="2024-09-01", End_date="2026-08-31")]).columns == [(1, "End date")]
    assert project().start_date == date(2023, 9, 1)


def test_import_refuses_a_report_of_the_future_by_the_agencys_day(agency_id: int) -> None:
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    result = lists.run([row(Final_report_handed_in_on=tomorrow), row(OTHER, Final_report_approved_on=tomorrow)])
    assert result.columns == [(1, "Final report handed in on"), (2, "Final report approved on")]
    assert lists.run([row(Final_report_handed_in_on=TODAY.isoformat())]).refused == []


def test_import_takes_a_specialist_of_the_agency_as_responsible_and_nobody_else(agency_id: int) -> None:
    specialist = factories.staff(agency_id=agency_id)
    helpdesk = factories.staff(Role.HELPDESK, agency_id=agency_id)
    stranger = factories.staff(agency_id=factories.agency(code="LV02"))
    lists.run([row(Responsible=specialist.email.upper())])
    assert project().responsible_id == specialist.user_id
    for email in (helpdesk.email, stranger.email, "nobody@agency.example"):
        assert lists.run([row(Responsible=email, Project_Title="Not written")]).columns == [(1, "Responsible")]
    assert (project().responsible_id, project().title) == (specialist.user_id, "Tilti")
    set_by_staff(responsible_id=None)
    lists.run([row(Responsible=specialist.email)])
    assert project().responsible_id is None
    assert differences() == {"responsible_id": ("", str(specialist.user_id))}


def test_import_takes_two_spellings_of_a_code_for_one_project(agency_id: int) -> None:
    """Case 15."""
    result = lists.run([row(), row(OTHER), row(CODE.lower(), Project_Title="Again")])
    assert result.counts == (2, 0, 0, 0)
    assert result.columns == [(3, "Project Identifier")]
    assert result.refused[0].values == {"first": 1}
    assert project().title == "Tilti"


def test_import_refuses_a_new_project_without_title_and_takes_a_known_one(agency_id: int) -> None:
    lists.run([row()])
    result = lists.run([row(Project_Title=" ", Topics="New"), row(OTHER, Project_Title=" ")])
    assert (result.counts, result.columns) == ((0, 1, 0, 0), [(2, "Project Title")])
    assert project().title == "Tilti"


def test_import_refuses_a_row_whole_whatever_else_it_says(agency_id: int) -> None:
    result = lists.run([row(
        Start_date="31/02/2023", EU_Grant_award_in_euros="12.34.56", Partner_1_name="Tartu",
        **{"Contact e-mail": "john.doe.@school.example"},
    )])
    assert result.columns == [(1, "Start date")]
    assert [column for column, _, _ in result.refused[0].others] == ["EU Grant award in euros", "Contact e-mail"]
    assert (count(Project), count(Partner), count(User)) == (0, 0, 0)


def test_import_refuses_rows_of_agencies_that_are_not_here(agency_id: int) -> None:
    result = lists.run([row(CODE.replace("LV01", "XX99")), row(OTHER, Agency="LV02"), row()])
    assert (result.counts, result.columns) == ((1, 0, 0, 0), [(1, "Project Identifier"), (2, "Agency")])


def test_import_of_one_agency_leaves_out_the_rows_of_others_and_counts_them(agency_id: int) -> None:
    factories.agency(code="LV02")
    rows = [row(), row(CODE.replace("LV01", "LV02")), row(OTHER.replace("LV01", "XX99"), Start_date="never")]
    assert lists.run(rows, only="LV01").counts == (1, 0, 0, 2)
    with pytest.raises(Refused, match="There is no agency"):
        lists.run(rows, only="XX99")


def test_import_is_an_admins_and_only_for_the_own_agency(agency_id: int) -> None:
    with pytest.raises(Forbidden):
        lists.run([row()], actor=factories.staff(agency_id=agency_id).actor)
    factories.agency(code="LV02")
    admin = factories.staff(Role.AGENCY_ADMIN, agency_id=agency_id)
    assert lists.run([row(), row(CODE.replace("LV01", "LV02"))], actor=admin.actor).counts == (1, 0, 0, 1)
    told = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "project:imported")).one()
    assert (told.actor_id, told.actor_role) == (admin.user_id, "agency_admin")


def test_import_counts_the_projects_that_the_file_does_not_name(agency_id: int) -> None:
    lists.run([row(), row(OTHER)])
    other = factories.agency(code="LV02")
    factories.project(agency_id=other)
    third = CODE.replace("101", "103")
    assert lists.run([row(third), row(OTHER, Start_date="wrong")]).absent == {"LV01": 1}
    assert lists.run([row(third)], is_dry_run=True).absent == {"LV01": 2}


EVERYTHING = [
    row(Start_date="2023-09-01", End_date="2099-08-31", **{"Contact e-mail": "anna@school.example"}),
    row(OTHER, **{"Contact e-mail": "new@school.example"}),
    row(OTHER.lower()),
    row(CODE.replace("101", "103"), Start_date="31/02/2023"),
    row(CODE.replace("LV01", "XX99")),
]


def test_dry_run_writes_nothing_and_tells_what_the_run_then_does(agency_id: int) -> None:
    lists.run([row(**{"Contact e-mail": "former@school.example"})])
    set_by_staff(end_date=date(2030, 1, 1))
    counted = [count(model) for model in (Project, Contact, AuditEvent, OutboxRow, User, ImportDifference)]
    dry = lists.run(EVERYTHING, is_dry_run=True)
    assert [count(model) for model in (Project, Contact, AuditEvent, OutboxRow, User, ImportDifference)] == counted
    assert project().start_date is None
    assert lists.run(EVERYTHING) == dry
    assert dry.counts == (1, 1, 0, 0)
    assert (len(dry.refused), dry.differences) == (3, 1)
    assert dry.mails["access-revoked"] == 1


def test_stopped_import_is_completed_by_the_next_one(agency_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Case 22."""
    rows = [row(CODE.replace("101", f"{number:03}")) for number in range(500)]
    monkeypatch.setattr(runs, "BATCH", 100)
    whole = imports.apply
    calls = iter(range(10))

    def interrupted(*args: object, **kwargs: object) -> imports.Outcome:
        outcome = whole(*args, **kwargs)  # type: ignore[arg-type]
        if next(calls) == 2:
            raise KeyboardInterrupt
        return outcome

    with monkeypatch.context() as patched:
        patched.setattr(runs.imports, "apply", interrupted)
        with pytest.raises(KeyboardInterrupt):
            lists.run(rows)
    assert count(Project) == 200
    actions = db.session.scalars(select(AuditEvent.action).where(AuditEvent.project_id.is_(None))).all()
    assert actions == ["import:stopped"]
    assert lists.run(rows).counts == (300, 0, 200, 0)
    assert count(Project) == 500


def test_every_run_is_one_event_with_its_counts(agency_id: int) -> None:
    lists.run([row(), row()], only="LV01")
    told = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "import:finished")).one()
    assert told.agency_id == agency_id
    assert told.details == {
        "file": "list.csv", "added": 1, "changed": 0, "unchanged": 0, "skipped": 0, "refused": 1, "mails": {},
    }


def test_refused_as_a_whole_writes_nothing_even_when_the_fault_is_at_the_end(agency_id: int) -> None:
    """Cases 18, 19 and issue 9: broken encoding."""
    data = lists.as_csv([row(CODE.replace("101", f"{number:03}"), Project_Title="Ķ") for number in range(300)])
    with pytest.raises(Refused) as refused:
        lists.run(data + b"2023-1-LV01-KA220-SCH-000000999,\xff\xfe\r\n")
    assert refused.value.code == "import-encoding"
    assert (count(Project), count(AuditEvent)) == (0, 0)


def test_a_batch_needs_few_queries_however_many_rows(agency_id: int) -> None:
    rows = [row(CODE.replace("101", f"{number:03}"), Partner_1_name="P") for number in range(150)]
    lists.run(rows[:5])
    with statements() as few:
        lists.run(rows[:10])
    with statements() as many:
        lists.run(rows)
    reads = [sum(statement.startswith("SELECT") for statement in found) for found in (few, many)]
    assert reads[0] == reads[1]


def test_agencies_settings_are_read_from_the_agency_of_the_row(session: Session) -> None:
    """Today is the agency's day: in Kiritimati a report of tomorrow in Riga may have come in already."""
    factories.agency(code="LV01", time_zone="Pacific/Kiritimati")
    factories.agency(code="LV02", time_zone="Pacific/Pago_Pago")
    day = clock.day_of(clock.now(), time_zone="Pacific/Kiritimati").isoformat()
    result = lists.run([
        row(Final_report_handed_in_on=day), row(CODE.replace("LV01", "LV02"), Final_report_handed_in_on=day),
    ])
    assert result.columns == [(2, "Final report handed in on")]
    assert db.session.scalar(select(func.count()).select_from(Agency)) == 2


