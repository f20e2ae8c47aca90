"""The demo data: every project of CONTRACT in its state, loaded once, whatever stopped it half-way."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.cli import demo
from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.permissions import StaffRole
from backoffice.domain.projects import GrantState, Status
from backoffice.domain.reviews import Verdict
from backoffice.domain.tickets import TicketState
from backoffice.models import Access, Agency, ApiToken, AuditEvent, OutboxRow, Project, StoredFile, Ticket, User
from backoffice.queries import projects, published, reviews, submissions
from backoffice.services import demo as service
from backoffice.services import tokens
from backoffice.storage.stores import open_store

pytestmark = pytest.mark.slow


@pytest.fixture
def loaded(session: Session) -> Iterator[None]:
    assert demo.load()
    yield
    db.session.rollback()


def project(code: str) -> Project:
    return db.session.scalars(select(Project).where(Project.code == code)).one()


def verdicts(found: Project) -> list[Verdict | None]:
    latest = db.session.scalars(submissions.latest(found.id)).one()
    return [view.verdict for view in reviews.items(db.session(), latest) if not view.is_summary]


def test_demo_has_every_project_of_the_contract_in_its_state(loaded: None) -> None:
    """One load, looked at from all sides: it takes a while."""
    day = clock.day_of(clock.now(), time_zone="Europe/Riga")
    head = "2023-1-LV01-KA220-SCH-00000000"
    states = {
        f"{head}1": (Status.OPEN, False), f"{head}2": (Status.OPEN, True), f"{head}3": (Status.UNDER_REVIEW, True),
        f"{head}4": (Status.RETURNED, True), f"{head}5": (Status.APPROVED, True), f"{head}6": (Status.RETURNED, True),
        "2023-1-LV01-KA122-VET-000000007": (Status.OPEN, True), "2022-1-LV01-KA220-ADU-000000008": (Status.OPEN, True),
        "2023-1-LI01-KA220-YOU-000000009": (Status.UNDER_REVIEW, True),
    }
    for code, (status, is_submittable) in states.items():
        found = project(code)
        assert (code, found.status, projects.is_submittable(found, today=day)) == (code, status, is_submittable)
        assert len(found.results) == (0 if "KA122" in code else 2)
        assert all(result.files for result in found.results)
    assert project("2022-1-LV01-KA220-ADU-000000008").grant_state is GrantState.TERMINATED
    assert not projects.results_required(project("2023-1-LV01-KA122-VET-000000007"))
    assert verdicts(project(f"{head}4")) == [Verdict.CHANGES_REQUESTED, Verdict.ACCEPTED]
    assert project(f"{head}4").due_on > day  # type: ignore[operator]
    assert db.session.scalar(reviews.live_claim(project(f"{head}3").id, now=clock.now())) is None
    threads = db.session.scalars(select(Ticket)).all()
    assert {ticket.state for ticket in threads} >= {TicketState.NEW, TicketState.WAITING, TicketState.SOLVED}
    assert all(ticket.agency_id == project(f"{head}1").agency_id for ticket in threads)
    assert project(f"{head}6").first_approved_at is not None

    moment = published.moment(db.session(), now=clock.now())
    five, six = (published.one(db.session(), moment, code=f"{head}{number}") for number in (5, 6))
    assert five is not None
    assert six is not None
    assert [result.item.title for result in five.results] == ["Pattern book of maritime crafts"]
    assert len(six.results) == 2  # what was approved stays public after an unlock
    assert [contact.name for contact in five.contacts] == ["Anna Ozola"]

    coordinators = [f"{name}.example" for name in ("coordinator@demo", "second@demo", "both@demo", "coordinator@other")]
    who = {
        email: {found.code for found in db.session.scalars(
            select(Project).join(Access).join(Access.user).where(User.email == email, Access.ended_at.is_(None))
        )}
        for email in coordinators
    }
    assert who["coordinator@demo.example"] == {code for code in states if "LV01" in code}
    assert who["second@demo.example"] == {f"{head}2"}
    assert who["both@demo.example"] == {f"{head}3"}
    assert who["coordinator@other.example"] == {"2023-1-LI01-KA220-YOU-000000009"}
    roles = dict.fromkeys(db.session.scalars(select(User.role).where(User.is_demo)))
    assert set(roles) == {*StaffRole, None}
    assert all(db.session.scalars(select(User.language == "en").where(User.is_demo)))
    token = db.session.scalars(select(ApiToken).where(ApiToken.digest == tokens.digest("demo-token-lv01"))).one()
    assert token.scopes == ["gate:read", "report:write"]

    agencies = {agency.code: agency.id for agency in db.session.scalars(select(Agency))}
    assert set(agencies) == {"LV01", "LV02", "LI01"}
    real = project("2014-1-LI01-KA200-000005")
    assert (real.agency_id, real.title) == (agencies["LI01"], "Community Education")
    assert (db.session.scalar(select(func.count()).select_from(Project)) or 0) > 250

    times = db.session.scalars(select(AuditEvent.at).order_by(AuditEvent.id)).all()
    assert times == sorted(times)
    assert max(db.session.scalars(select(OutboxRow.due_at))) <= clock.now()
    kinds = set(db.session.scalars(select(StoredFile.kind)))
    assert kinds >= {
        "pdf", "docx", "xlsx", "pptx", "odt", "ods", "odp", "jpeg", "png", "gif", "webp", "mp4", "mp3", "wav", "epub",
        "txt", "csv", "zip", "xls",
    }


def test_demo_is_loaded_once_and_completed_where_it_was_cut_off(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(app.config["SETTINGS"].storage_url)
    before = {entry.key for entry in store.entries()}

    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(service, "_decide", broken)
        with pytest.raises(KeyboardInterrupt):
            demo.load()
    assert db.session.scalar(select(func.count()).select_from(Project)) == 0
    assert {entry.key for entry in store.entries()} == before
    assert demo.load()
    counted = [db.session.scalar(select(func.count()).select_from(model)) for model in (Project, User, AuditEvent)]
    assert not demo.load()
    assert [
        db.session.scalar(select(func.count()).select_from(model)) for model in (Project, User, AuditEvent)
    ] == counted
