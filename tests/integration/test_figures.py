"""The figures of a year count what happened, in the agency's calendar, and nothing twice."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain.results import ResultType
from backoffice.models import Agency, Project
from backoffice.queries import figures, published
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews as make

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.fixture
def scene(session: Session) -> make.Scene:
    """Ended on 1 September, sent on the 7th, returned on the 9th, sent again on the 10th, approved on the 17th."""
    with time_machine.travel(datetime(2026, 9, 7, 9, tzinfo=UTC), tick=False):
        scene = make.scene()
        with unit_of_work() as uow:
            uow.session.get_one(Project, scene.project_id).end_date = date(2026, 9, 1)
        make.submit(scene)
    with time_machine.travel(datetime(2026, 9, 9, 9, tzinfo=UTC), tick=False):
        make.give_back(scene)
    return scene


def test_a_year_by_action_and_month(session: Session, scene: make.Scene) -> None:
    for end in (date(2026, 5, 1), date(2025, 5, 1)):
        factories.project(agency_id=scene.agency_id, end_date=end, action="KA122-VET")
    factories.project(agency_id=factories.agency(), end_date=date(2026, 5, 1))
    agency = session.get_one(Agency, scene.agency_id)
    found = figures.of_year(
        session, scene.specialist.actor, agency=agency, year=2026, today=date(2026, 11, 25),
        at=published.moment(session, now=NOW),
    )
    assert [(line.action, line.ended, line.required, line.submitted, line.in_time) for line in found.lines] == [
        ("KA122-VET", 1, 0, 0, 0), ("KA220-SCH", 1, 1, 1, 1),
    ]
    assert (found.total.returned, found.total.approved, found.total.days) == (1, 0, 2)
    assert [(row.submitted, row.approved) for row in found.months if row.submitted or row.approved] == [(1, 0)]
    assert found.months[8].days == 2
    assert len(found.months) == 11
    assert figures.years(session, scene.specialist.actor, today=date(2026, 11, 25)) == [2026, 2025]


def test_published_results_count_by_type(session: Session) -> None:
    with time_machine.travel(datetime(2026, 9, 7, 9, tzinfo=UTC), tick=False):
        scene = make.scene()
        make.submit(scene)
        make.approve(scene)
    found = figures.of_year(
        session, scene.specialist.actor, agency=session.get_one(Agency, scene.agency_id), year=2026,
        today=date(2026, 11, 25), at=published.moment(session, now=NOW),
    )
    assert found.total.approved == 1
    assert found.total.published.total() == 2
    assert all(isinstance(kind, ResultType) for kind, _ in found.types)
    assert session.scalars(select(Project.id)).all()
