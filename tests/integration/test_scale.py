"""Made projects at size: as many as asked for, whole, and found by every page (issue “Speed at size”)."""

import json

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.domain import clock
from backoffice.models import AuditEvent, Project, Result
from backoffice.queries import published
from tests import factories


def count(session: Session, table: type[Project | Result | AuditEvent]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.usefixtures("session")
def test_scale_fills_up_to_the_number_and_no_further(app: Flask, session: Session) -> None:
    factories.agency(code="LV01")
    runner = app.test_cli_runner()
    for many, added in ((40, 40), (40, 0), (60, 20)):
        done = runner.invoke(args=["demo", "scale", "--projects", str(many), "--json"])
        assert done.exit_code == 0, done.output
        assert json.loads(done.output.strip().splitlines()[-1]) == {"added": added, "projects": many}
        session.rollback()
    assert (count(session, Project), count(session, Result)) == (60, 180)
    assert count(session, AuditEvent) == 600
    at = published.moment(session, now=clock.now())
    approved = session.scalar(select(func.count()).where(Project.published_submission_id.is_not(None))) or 0
    assert approved > 20
    assert len(session.scalars(published.items(at)).all()) == 3 * approved


def test_scale_without_an_agency_says_what_to_do(app: Flask, session: Session) -> None:
    done = app.test_cli_runner().invoke(args=["demo", "scale", "--projects", "5"])
    assert done.exit_code == 1
    assert "load the demo first" in done.output
