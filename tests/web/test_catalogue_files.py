"""The public list as a file shows what the public may see, and nothing else (DOMAIN §5)."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain.visibility import Subject
from backoffice.models import Project, Result
from backoffice.services import overrides
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews as make
from tests.support import sheets
from tests.support.client import Client


@pytest.fixture
def scene(session: Session) -> make.Scene:
    scene = make.scene()
    with unit_of_work() as uow:
        uow.session.get_one(Project, scene.project_id).website = "https://site.example/"
    factories.contact(project_id=scene.project_id, email="who@school.example", is_public=True)
    make.submit(scene)
    make.approve(scene)
    return scene


def test_visitor_takes_away_what_the_search_found(client: Client, session: Session, scene: make.Scene) -> None:
    titles = list(session.scalars(select(Result.title).order_by(Result.id)))
    session.rollback()
    answer = client.get("/projects/?view=results&order=title&format=csv")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert sorted(row["Result"] for row in sheets.of_csv(answer.data)) == sorted(titles)
    (project,) = sheets.of_xlsx(client.get("/projects/?view=projects&format=xlsx").data)
    assert (project["Results Available"], project["Project Website"]) == ("Yes", "https://site.example/")
    assert project["Results Platform Project Card"].startswith("http://localhost/projects/")
    assert sheets.of_csv(client.get("/projects/?view=projects&q=nothing-like-it&format=csv").data) == []
    assert "format=xlsx" in client.get("/projects/?view=results").text


def test_what_is_hidden_is_in_no_file(client: Client, session: Session, scene: make.Scene) -> None:
    title = session.get_one(Result, scene.result_ids[0]).title
    session.rollback()
    with unit_of_work() as uow:
        for subject, key in ((Subject.RESULT, scene.result_ids[0]), (Subject.WEBSITE, scene.project_id)):
            overrides.hide(uow, actor=scene.specialist.actor, subject=subject, subject_id=key, reason="Why.")
    for view in ("results", "projects"):
        text = client.get(f"/projects/?view={view}&format=csv").text
        assert title not in text
        assert "site.example" not in text
        assert "who@school.example" not in text
