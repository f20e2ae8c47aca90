"""Addresses are asked when they are entered, submitted, and monthly; what was found is told with its date."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain import clock
from backoffice.domain.links import LinkState
from backoffice.domain.needs import Need
from backoffice.domain.visibility import Subject
from backoffice.jobs import links as jobs
from backoffice.models import LinkCheck, Project, Result
from backoffice.queries import needs, projects, readiness
from backoffice.services import links, overrides
from backoffice.services import projects as project_services
from backoffice.services.uow import unit_of_work
from tests.factories import reviews as make
from tests.support import sites
from tests.support.sites import Site


@pytest.fixture
def site(app: Flask) -> Iterator[Site]:
    with sites.served() as site:
        app.extensions["link_rule"] = lambda _address: True
        yield site
        del app.extensions["link_rule"]


def codes(session: Session, project_id: int) -> set[str]:
    project = session.get_one(Project, project_id)
    found = {line.code for line in readiness.findings(session, project=project, today=projects.today(
        project.agency, now=clock.now()
    ))}
    session.rollback()
    return found


def test_a_website_that_died_is_seen_until_it_is_hidden(session: Session, site: Site) -> None:
    scene = make.scene()
    with unit_of_work() as uow:
        project_services.set_website(
            uow, actor=scene.coordinator.actor, project_id=scene.project_id, website=f"{site.address}/gone"
        )
        assert uow.links
        uow.session.get_one(Result, scene.result_ids[0]).link = f"{site.address}/here"
    assert "website-dead" not in codes(session, scene.project_id)
    jobs.sweep()
    assert {"website-dead"} <= codes(session, scene.project_id)
    assert "link-dead" not in codes(session, scene.project_id)
    row = session.scalars(select(LinkCheck).where(LinkCheck.state == LinkState.DEAD)).one()
    assert row.since_at is not None
    assert row.due_at > clock.now() + timedelta(hours=20)
    session.rollback()

    today = clock.now().date()
    assert needs.counts(session, scene.specialist.actor, today=today)[Need.LINK] == 1
    (line,) = needs.page(
        session, scene.specialist.actor, today=today, need=Need.LINK, search="", size=10, cursor=None
    ).rows
    assert line.link is not None
    assert needs.counts(session, scene.stranger.actor, today=today)[Need.LINK] == 0
    session.rollback()
    with unit_of_work() as uow:
        overrides.hide(
            uow, actor=scene.specialist.actor, subject=Subject.WEBSITE, subject_id=scene.project_id, reason="Dead."
        )
    assert needs.counts(session, scene.specialist.actor, today=today)[Need.LINK] == 0


def test_submitting_asks_every_address_anew_and_a_dead_link_is_a_warning(session: Session, site: Site) -> None:
    scene = make.scene()
    with unit_of_work() as uow:
        uow.session.get_one(Result, scene.result_ids[0]).link = f"{site.address}/gone"
    make.submit(scene)
    jobs.sweep()
    assert "link-dead" in codes(session, scene.project_id)
    assert [path for path, _ in site.asked] == ["/gone"]


def test_what_stays_as_it_is_keeps_its_day_and_what_nobody_names_goes(session: Session) -> None:
    scene = make.scene()
    with unit_of_work() as uow:
        uow.session.get_one(Project, scene.project_id).website = "https://school.example/"
    with unit_of_work() as uow:
        links.tidy(uow, limit=10)
    check_id = session.scalars(select(LinkCheck.id)).one()
    session.rollback()
    first = clock.now() - timedelta(days=40)
    for now, state in ((first, LinkState.DEAD), (None, LinkState.DEAD)):
        with unit_of_work(now=now) as uow:
            links.record(uow, check_id=check_id, state=state, leads_to="", cause="")
    row = session.get_one(LinkCheck, check_id)
    assert row.since_at == first
    assert row.checked_at is not None
    assert row.checked_at > first
    session.rollback()
    with unit_of_work() as uow:
        uow.session.get_one(Project, scene.project_id).website = ""
    with unit_of_work() as uow:
        assert links.tidy(uow, limit=10) == (0, 1)
