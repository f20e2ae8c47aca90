"""A whole year of five projects, day by day by the clock: every mail, state, public page and answer of the gate.

The year is 2026 in Latvia. What is expected was reckoned by hand from DOMAIN §2, §3, §5, §7 and §9.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.notices import OutboxState
from backoffice.domain.permissions import Role
from backoffice.domain.projects import GrantState
from backoffice.jobs import notices, outbox
from backoffice.models import Agency, OutboxRow, Project, Result, SubmissionItem
from backoffice.queries import gate, published
from backoffice.services import facts, reports, results
from backoffice.services.reports import ReportDates
from backoffice.services.results import ResultValues
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews as make
from tests.factories.reviews import Scene
from tests.support.client import Client

pytestmark = [pytest.mark.slow, pytest.mark.one_engine]

FIRST, LAST = date(2026, 1, 5), date(2026, 12, 18)
START, END = date(2026, 1, 12), date(2026, 6, 30)  # a Monday, a Tuesday
SMOOTH, TWICE, EXTENDED, TERMINATED, WAIVED = "smooth", "twice", "extended", "terminated", "waived"

# day: what each project was mailed on it, to whom it is coordinator's ("c") or the agency's ("a")
MAILS = {
    "2026-01-12": {f"{name} access c" for name in (SMOOTH, TWICE, EXTENDED, TERMINATED, WAIVED)},
    "2026-05-11": {"terminated invitation c"},
    "2026-06-01": {f"{name} ending-soon c" for name in (SMOOTH, TWICE, EXTENDED, WAIVED)},  # 31 May is a Sunday
    "2026-06-02": {"terminated receipt c", "terminated submission-received a"},
    "2026-06-09": {"terminated results-approved c"},
    "2026-06-10": {"extended end-date-changed c"},
    "2026-07-01": {f"{name} invitation c" for name in (SMOOTH, TWICE, WAIVED)},
    "2026-07-10": {f"{name} {mail}" for name in (SMOOTH, TWICE) for mail in ("receipt c", "submission-received a")},
    "2026-07-16": {"twice additions-requested c"},
    "2026-07-20": {"smooth results-approved c"},
    "2026-07-27": {"twice additions-reminder c"},  # due on the 30th
    "2026-07-28": {"twice receipt c", "twice submission-received a"},
    "2026-08-03": {"twice additions-requested c"},
    "2026-08-14": {"twice additions-reminder c"},  # due on the 17th
    "2026-08-18": {"twice additions-overdue c"},
    "2026-08-20": {"twice receipt c", "twice submission-received a"},
    "2026-08-25": {"twice results-approved c"},
    "2026-08-31": {"extended ending-soon c"},
    "2026-10-01": {"extended invitation c"},
    "2026-10-30": {"extended reminder c"},
    "2026-11-03": {"extended receipt c", "extended submission-received a"},
    "2026-11-10": {"extended results-approved c"},
}

# From that day on: status, state at the gate, may the report be approved, public results (None: no public page).
STANDING = {
    SMOOTH: {
        "2026-01-05": "open not_submitted no None", "2026-01-12": "open not_submitted no 0",
        "2026-07-10": "under_review under_review no 0", "2026-07-20": "approved approved yes 2",
    },
    TWICE: {
        "2026-01-05": "open not_submitted no None", "2026-01-12": "open not_submitted no 0",
        "2026-07-10": "under_review under_review no 0", "2026-07-16": "returned returned no 0",
        "2026-07-28": "under_review under_review no 0", "2026-08-03": "returned returned no 0",
        "2026-08-20": "under_review under_review no 0", "2026-08-25": "approved approved yes 2",
    },
    EXTENDED: {
        "2026-01-05": "open not_submitted no None", "2026-01-12": "open not_submitted no 0",
        "2026-11-03": "under_review under_review no 0", "2026-11-10": "approved approved yes 2",
    },
    TERMINATED: {
        "2026-01-05": "open not_submitted no None", "2026-01-12": "open not_submitted no 0",
        "2026-06-02": "under_review under_review no 0", "2026-06-09": "approved approved yes 2",
    },
    WAIVED: {"2026-01-05": "open not_submitted yes None", "2026-01-12": "open not_submitted yes 0"},
}


class Year:
    """The five projects and what is done to them."""

    def __init__(self) -> None:
        self.agency_id = factories.agency(code="LV01")
        with unit_of_work() as uow:
            uow.session.get_one(Agency, self.agency_id).notices_from = FIRST
        self.specialist = factories.staff(Role.SPECIALIST, agency_id=self.agency_id)
        self.scenes = {
            name: self._scene(action="KA122-VET" if name == WAIVED else "KA220-SCH")
            for name in (SMOOTH, TWICE, EXTENDED, TERMINATED, WAIVED)
        }
        self.names = {scene.project_id: name for name, scene in self.scenes.items()}

    def _scene(self, *, action: str) -> Scene:
        project_id = factories.project(agency_id=self.agency_id, action=action, start_date=START, end_date=END)
        found = () if action.startswith("KA1") else tuple(factories.result(project_id=project_id) for _ in range(2))
        return Scene(
            agency_id=self.agency_id, project_id=project_id, result_ids=found,
            coordinator=factories.coordinator(project_id), specialist=self.specialist, colleague=self.specialist,
            stranger=self.specialist,
        )

    def acts(self) -> dict[str, list[Callable[[], object]]]:
        smooth, twice, extended = (self.scenes[name] for name in (SMOOTH, TWICE, EXTENDED))
        terminated = self.scenes[TERMINATED]
        return {
            "2026-05-11": [lambda: self.terminate(terminated)],
            "2026-06-02": [lambda: make.submit(terminated)],
            "2026-06-09": [lambda: make.approve(terminated)],
            "2026-06-10": [lambda: self.extend(extended)],
            "2026-07-10": [lambda: make.submit(smooth), lambda: make.submit(twice)],
            "2026-07-16": [lambda: make.give_back(twice, comment="For which age?")],
            "2026-07-20": [lambda: make.approve(smooth)],
            "2026-07-28": [lambda: self.answer(twice, "From ten to twelve."), lambda: make.submit(twice)],
            "2026-08-03": [lambda: make.give_back(twice, comment="And in which language?")],
            "2026-08-20": [lambda: self.answer(twice, "In English."), lambda: make.submit(twice)],
            "2026-08-25": [lambda: make.approve(twice), lambda: self.report(smooth, date(2026, 8, 21))],
            "2026-11-03": [lambda: make.submit(extended)],
            "2026-11-10": [lambda: make.approve(extended)],
        }

    def terminate(self, scene: Scene) -> None:
        with unit_of_work() as uow:
            facts.set_grant_state(
                uow, actor=self.specialist.actor, project_id=scene.project_id, seen="running",
                grant_state=GrantState.TERMINATED, reason="A partner closed.",
            )

    def extend(self, scene: Scene) -> None:
        with unit_of_work() as uow:
            project = uow.session.get_one(Project, scene.project_id)
            facts.set_dates(
                uow, actor=self.specialist.actor, project_id=scene.project_id, seen=facts.dates_seen(project),
                start_date=START, end_date=date(2026, 9, 30),
            )

    def answer(self, scene: Scene, words: str) -> None:
        """The coordinator changes the result about which was asked, and says so."""
        with unit_of_work() as uow:
            result = uow.session.get_one(Result, scene.result_ids[0])
            results.edit(
                uow, actor=scene.coordinator.actor, result_id=result.id, seen_version=result.version,
                values=ResultValues(
                    title=result.title, description=f"{result.description} {words}", type=result.type,
                    languages=result.languages, link=result.link, do_not_publish=False, do_not_publish_reason="",
                    answer=words,
                ),
            )

    def report(self, scene: Scene, day: date) -> None:
        with unit_of_work() as uow:
            dates = ReportDates(handed_in_on=day, approved_on=day)
            reports.mark(uow, actor=self.specialist.actor, project_id=scene.project_id, dates=dates)

    def standing(self, session: Session) -> dict[str, str]:
        session.rollback()
        at = published.moment(session, now=clock.now())
        shown = set(session.scalars(select(Project.id).where(published.project_is_public(at))))
        per_project = published.items(at).with_only_columns(Project.id, func.count(SubmissionItem.id))
        counts = dict(session.execute(per_project.group_by(Project.id)).all())
        answers = {found.project: found for found in gate.page(session, agency_id=self.agency_id).items}
        return {
            self.names[row.id]: " ".join((
                row.status.value, answers[row.code].state.value, "yes" if answers[row.code].may_approve else "no",
                str(counts.get(row.id, 0) if row.id in shown else None),
            ))
            for row in session.scalars(select(Project))
        }

    def mailed(self, session: Session, *, since: int) -> tuple[set[str], int]:
        """What left since a row of the outbox, and the newest row."""
        session.rollback()
        rows = session.scalars(select(OutboxRow).where(OutboxRow.id > since).order_by(OutboxRow.id)).all()
        assert {row.state for row in rows} <= {OutboxState.SENT}
        coordinators = {scene.coordinator.email for scene in self.scenes.values()}
        told = [
            f"{self.names[row.project_id or 0]} {row.kind.value} {'c' if row.to in coordinators else 'a'}"
            for row in rows
        ]
        assert len(told) == len(set(told))
        return set(told), max((row.id for row in rows), default=since)


def days() -> Iterator[date]:
    day = FIRST
    while day <= LAST:
        yield day
        day += timedelta(days=1)


@pytest.fixture
def year(session: Session) -> Year:
    with time_machine.travel(datetime(2026, 1, 2, 9, tzinfo=UTC), tick=False):
        return Year()


def test_five_projects_live_through_a_year(app: Flask, client: Client, session: Session, year: Year) -> None:
    acts, newest = year.acts(), 0
    mails: dict[str, set[str]] = {}
    standing: dict[str, dict[str, str]] = {name: {} for name in year.scenes}
    for day in days():
        # At six the daily run, at nine people, in the afternoon what they caused is out.
        for hour, minute in ((4, 0), (7, 0), (13, 0)):
            with time_machine.travel(datetime.combine(day, time(hour, minute), UTC), tick=False):
                if hour == 4:
                    notices.run()
                elif hour == 7:
                    for act in acts.get(day.isoformat(), []):
                        act()
                outbox.sweep()
                if hour == 13:
                    now = year.standing(session)
                    told, newest = year.mailed(session, since=newest)
        if told:
            mails[day.isoformat()] = told
        for name, words in now.items():
            if not standing[name] or list(standing[name].values())[-1] != words:
                standing[name][day.isoformat()] = words
    assert mails == MAILS
    assert standing == STANDING

    # The pages say the same at the end of the year.
    with time_machine.travel(datetime.combine(LAST, time(13), UTC), tick=False):
        for name, scene in year.scenes.items():
            code = db.session.get_one(Project, scene.project_id).code
            page = client.get(f"/projects/{code}?lang=en").text
            assert ("No results published yet" in page) is (name == WAIVED)
