"""The one published-rows query against the pure rules, over every combination (DOMAIN §5)."""

import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain import clock, visibility
from backoffice.domain.files import FileCheck
from backoffice.domain.projects import GrantState, PublicationRule
from backoffice.domain.results import SUMMARY_KEY, item_key
from backoffice.domain.visibility import OverrideKind, Subject
from backoffice.models import Agency, Contact, Override, Project, Result, StoredFile, Submission, SubmissionItem
from backoffice.queries import published
from backoffice.services import overrides
from backoffice.services.uow import UnitOfWork, unit_of_work
from tests import factories
from tests.factories import reviews

TODAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
STARTS = (None, TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=1))
GRANTS = (GrantState.RUNNING, GrantState.FINALISED, GrantState.CANCELLED)
OVERRIDES = (None, OverrideKind.HIDE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One project and what the rules take; its results are `item` → what the rules take of each."""

    start_date: date | None
    grant_state: GrantState
    override: OverrideKind | None
    rule: PublicationRule
    is_report_approved: bool


CASES = [
    Case(start_date=start, grant_state=grant, override=override, rule=rule, is_report_approved=approved)
    for start, grant, override, rule, approved in itertools.product(
        STARTS, GRANTS, OVERRIDES, PublicationRule, (False, True)
    )
]
ITEMS = list(itertools.product((True, False), (False, True), OVERRIDES))  # in publication, do not publish, hidden


def hide(uow: UnitOfWork, project_id: int, subject: Subject, subject_id: int) -> None:
    uow.session.add(Override(
        project_id=project_id, subject=subject, subject_id=subject_id, kind=OverrideKind.HIDE, reason="x",
        created_at=uow.now,
    ))


def written(uow: UnitOfWork, case: Case, *, agency_id: int, number: int) -> dict[str, bool]:
    """Rows of one case; gives what the pure rules say of each thing."""
    code = f"2023-1-LV01-KA220-SCH-{number:09}"
    project = Project(
        agency_id=agency_id, code=code, call_year=2023, round=1, action="KA220-SCH", number=f"{number:09}", title=code,
        start_date=case.start_date, grant_state=case.grant_state, summary="before",
        report_approved_on=TODAY if case.is_report_approved else None,
        status_since_at=uow.now, waiting_since_at=uow.now, created_at=uow.now,
    )
    uow.session.add(project)
    uow.session.flush()
    submissions = {is_in: Submission(project_id=project.id, number=int(is_in) + 1, digest="d", submitted_at=uow.now)
                   for is_in in (False, True)}
    uow.session.add_all(submissions.values())
    uow.session.flush()
    project.published_submission_id = submissions[True].id
    if case.override:
        hide(uow, project.id, Subject.PROJECT, project.id)
    is_public = visibility.project_is_public(
        today=TODAY, start_date=case.start_date, grant_state=case.grant_state, override=case.override
    )
    expected = {code: is_public}
    for position, (is_in, do_not_publish, override) in enumerate(ITEMS):
        result = Result(project_id=project.id, created_at=uow.now, changed_at=uow.now)
        uow.session.add(result)
        uow.session.flush()
        title = f"{code}:{position}"
        uow.session.add(SubmissionItem(
            submission_id=submissions[is_in].id, key=item_key(result.id), result_id=result.id, position=position,
            title=title, do_not_publish=do_not_publish, digest="d",
        ))
        if override:
            hide(uow, project.id, Subject.RESULT, result.id)
        expected[title] = visibility.result_is_public(
            is_project_public=is_public, is_in_publication=is_in, do_not_publish=do_not_publish, override=override,
            rule=case.rule, is_report_approved=case.is_report_approved,
        )
    uow.session.add(SubmissionItem(
        submission_id=submissions[True].id, key=SUMMARY_KEY, position=99, description="after", digest="d"
    ))
    expected[f"{code}:summary"] = visibility.result_is_public(
        is_project_public=is_public, is_in_publication=True, do_not_publish=False, override=None, rule=case.rule,
        is_report_approved=case.is_report_approved,
    )
    return expected


@pytest.mark.slow
def test_query_says_what_the_pure_rules_say_in_every_combination(session: Session) -> None:
    agencies = {rule: factories.agency() for rule in PublicationRule}
    expected: dict[str, bool] = {}
    with unit_of_work() as uow:
        for rule, agency_id in agencies.items():
            uow.session.get_one(Agency, agency_id).publication_rule = rule
        for number, case in enumerate(CASES, start=1):
            expected |= written(uow, case, agency_id=agencies[case.rule], number=number)
    at = published.moment(session, now=NOW)
    public = session.scalars(published.projects(at)).all()
    seen = {project.code for project in public} | {item.title for item in session.scalars(published.items(at))}
    pages = published.with_everything(session, at, public)
    seen |= {f"{page.project.code}:summary" for page in pages if page.description == "after"}
    assert seen == {name for name, is_public in expected.items() if is_public}
    assert 0 < len(seen) < len(expected)
    assert {result.item.title for page in pages for result in page.results} == {
        name for name in seen if name.count(":") == 1 and not name.endswith("summary")
    }
    for code in list(expected)[:: len(expected) // 30]:
        if ":" not in code:
            assert (published.one(session, at, code=code) is not None) == expected[code]


def test_the_day_is_the_agencys_own(session: Session) -> None:
    tomorrow = date(2026, 11, 26)
    ids = [
        factories.project(agency_id=factories.agency(time_zone=zone), start_date=tomorrow, is_running=True)
        for zone in ("Europe/Riga", "Atlantic/Azores")
    ]
    at = published.moment(session, now=datetime(2026, 11, 25, 22, 30, tzinfo=UTC))  # 00:30 in Riga, 21:30 on the Azores
    assert [row.id for row in session.scalars(published.projects(at))] == [ids[0]]


VOICES = list(itertools.product(
    (None, OverrideKind.HIDE, OverrideKind.SHOW), (1, 3), (None, 2), (False, True), (None, 2, 4)
))


def instant(hours: int | None) -> datetime | None:
    return None if hours is None else NOW + timedelta(hours=hours)


def test_contacts_are_public_by_the_pure_rule_in_every_combination(session: Session) -> None:
    project_id = factories.project(agency_id=factories.agency())
    expected = set()
    with unit_of_work() as uow:
        for number, (kind, override_at, withdrew, is_public, coordinator_at) in enumerate(VOICES):
            contact = Contact(
                project_id=project_id, email=f"contact{number}@test.example", person_withdrew_at=instant(withdrew),
                coordinator_public=is_public, coordinator_at=instant(coordinator_at), created_at=uow.now,
            )
            uow.session.add(contact)
            uow.session.flush()
            if kind:
                uow.session.add(Override(
                    project_id=project_id, subject=Subject.CONTACT, subject_id=contact.id, kind=kind, reason="x",
                    created_at=instant(override_at) or uow.now,
                ))
            if visibility.contact_is_public(visibility.ContactChoice(
                override=kind, override_at=instant(override_at) if kind else None, person_withdrew_at=instant(withdrew),
                coordinator_public=is_public, coordinator_at=instant(coordinator_at),
            )):
                expected.add(contact.email)
    at = published.moment(session, now=NOW)
    code = session.get_one(Project, project_id).code
    page = published.one(session, at, code=code)
    assert page is not None
    assert {contact.email for contact in page.contacts} == expected
    assert 0 < len(expected) < len(VOICES)


def approved() -> reviews.Scene:
    scene = reviews.scene(code="2023-1-LV01-KA220-SCH-000000005")
    reviews.submit(scene)
    reviews.approve(scene)
    return scene


def shown(session: Session, scene: reviews.Scene) -> published.PublicProject | None:
    session.rollback()
    return published.one(
        session, published.moment(session, now=clock.now()), code=session.get_one(Project, scene.project_id).code
    )


def test_what_was_approved_stays_public_after_an_unlock_and_edits_do_not_show(session: Session) -> None:
    scene = approved()
    reviews.unlock(scene)
    with unit_of_work() as uow:
        result = uow.session.get_one(Result, scene.result_ids[0])
        result.title, result.do_not_publish, result.deleted_at = "Changed afterwards", True, uow.now
    page = shown(session, scene)
    assert page is not None
    assert len(page.results) == 2
    assert "Changed afterwards" not in [result.item.title for result in page.results]


def test_staff_hide_website_logo_and_project_at_once(session: Session) -> None:
    scene = approved()
    with unit_of_work() as uow:
        project = uow.session.get_one(Project, scene.project_id)
        project.website = "https://project.example"
        file = uow.session.scalars(select(StoredFile)).first()
        assert file is not None
        project.logo_file_id = file.id
    page = shown(session, scene)
    assert page is not None
    assert (page.website, page.logo is not None) == ("https://project.example", True)
    at = published.moment(session, now=clock.now())
    assert published.logo(session, at, code=page.project.code) is not None
    for subject in (Subject.WEBSITE, Subject.LOGO):
        with unit_of_work() as uow:
            overrides.hide(
                uow, actor=scene.specialist.actor, subject=subject, subject_id=scene.project_id, reason="A complaint"
            )
    page = shown(session, scene)
    assert page is not None
    assert (page.website, page.logo) == ("", None)
    assert published.logo(session, at, code=page.project.code) is None
    with unit_of_work() as uow:
        actor = scene.specialist.actor
        overrides.hide(uow, actor=actor, subject=Subject.PROJECT, subject_id=scene.project_id, reason="A complaint")
    assert shown(session, scene) is None


@pytest.mark.parametrize("check", [FileCheck.WAITING, FileCheck.INFECTED])
def test_file_that_may_not_be_served_is_no_longer_offered(session: Session, check: FileCheck) -> None:
    scene = approved()
    with unit_of_work() as uow:
        for file in uow.session.scalars(select(StoredFile).where(StoredFile.result_id == scene.result_ids[0])):
            file.check_state = check
    page = shown(session, scene)
    assert page is not None
    assert [len(result.files) for result in page.results] == [0, 1]
