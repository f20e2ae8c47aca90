"""How mails leave: SMTP for real, claims and leases, failures that are told (DESIGN §3, steps 5 to 8)."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
import time_machine
from flask import Flask
from rq import Queue
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.config import SettingsError
from backoffice.domain.notices import Mail, OutboxState
from backoffice.jobs import outbox as jobs
from backoffice.jobs import worker
from backoffice.mail import sender
from backoffice.models import AddressState, OutboxRow
from backoffice.services import outbox
from backoffice.services.outbox import Recipient
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews
from tests.support import mails, smtp

pytestmark = pytest.mark.slow

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


@contextmanager
def through(app: Flask, url: str) -> Iterator[None]:
    """The application sends by another way for a while."""
    former = app.extensions["mail_place"]
    app.extensions["mail_place"] = sender.place(url)
    try:
        yield
    finally:
        app.extensions["mail_place"] = former


def write(*, email: str = "ilze@test.example", key: str = "1", project_id: int | None = None) -> int:
    """A mail that waits."""
    if project_id is None:
        agency_id = factories.agency()
        project_id = factories.project(agency_id=agency_id, title="Mežs kā klase")
    with unit_of_work() as uow:
        row = outbox.publish(
            uow, kind=Mail.REMINDER, key=key, to=Recipient(email=email, language="lv"), agency_id=None,
            project_id=project_id,
        )
        assert row is not None
        return row.id


def state(session: Session, row_id: int) -> tuple[str, int, str]:
    session.rollback()
    row = session.get_one(OutboxRow, row_id)
    return row.state.value, row.attempts, row.failure


def test_mail_goes_by_smtp_to_one_person_and_is_recorded(app: Flask, session: Session, postbox: smtp.Postbox) -> None:
    row_id = write()
    with through(app, postbox.url):
        jobs.deliver(row_id)
        jobs.deliver(row_id)
    assert len(postbox.messages) == 1
    mail = postbox.messages[0]
    assert postbox.envelopes[0].rcpt_tos == ["ilze@test.example"]
    assert postbox.envelopes[0].mail_from == "results@agency.example"
    assert "Mežs kā klase" in str(mail["Subject"])
    assert "Mežs kā klase" in mails.text(mail)
    assert str(mail["Message-ID"]) == sender.message_id(row_id, settings=app.config["SETTINGS"])
    assert state(session, row_id) == ("sent", 1, "")
    content = postbox.envelopes[0].content
    assert isinstance(content, bytes)
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert content.isascii()


def test_secure_server_is_reached_by_starttls_with_a_checked_certificate(app: Flask, session: Session) -> None:
    login = f"{smtp.USER}:{quote(smtp.PASSWORD)}"
    with smtp.server(is_secure=True) as postbox:
        address = f"smtp://{login}@localhost:{postbox.port}?tls=starttls"
        row_id = write()
        with through(app, f"{address}&ca={quote(str(smtp.CERTIFICATE))}"):
            jobs.deliver(row_id)
        assert state(session, row_id)[0] == "sent"
        assert len(postbox.messages) == 1
        # a certificate that nobody vouches for: the password is not given away
        second = write(key="2")
        with through(app, address):
            jobs.deliver(second)
        state_, attempts, cause = state(session, second)
        assert (state_, attempts) == ("waiting", 1)
        assert "certificate" in cause
        # a wrong password is no fault of the mail
        with through(app, f"smtp://agency:wrong@localhost:{postbox.port}?tls=starttls&ca={smtp.CERTIFICATE}"):
            third = write(key="3")
            jobs.deliver(third)
        assert state(session, third)[0] == "waiting"
        assert len(postbox.messages) == 1


def test_server_without_starttls_gets_nothing_when_it_is_asked_for(
    app: Flask, session: Session, postbox: smtp.Postbox
) -> None:
    row_id = write()
    with through(app, f"smtp://127.0.0.1:{postbox.port}?tls=starttls"):
        jobs.deliver(row_id)
    assert state(session, row_id)[0] == "waiting"
    assert postbox.messages == []


def test_silent_server_costs_the_timeout_and_no_mail(app: Flask, session: Session) -> None:
    row_id, other = write(), write(key="2")
    with smtp.silent_server() as port, through(app, f"smtp://127.0.0.1:{port}?timeout=0.5"):
        start = time.monotonic()
        assert jobs.sweep() == [row_id]  # the others would fare no better
        assert 0.4 < time.monotonic() - start < 3
    assert state(session, row_id)[:2] == ("waiting", 1)
    assert state(session, other)[:2] == ("waiting", 0)


def test_server_that_is_away_over_a_weekend_costs_no_mail(app: Flask, session: Session, postbox: smtp.Postbox) -> None:
    with time_machine.travel(AT, tick=False) as clock:
        row_id = write()
        with through(app, f"smtp://127.0.0.1:{smtp.free_port()}"):
            for _ in range(65 * 2):  # every half an hour until Saturday morning
                jobs.sweep()
                clock.shift(timedelta(minutes=30))
        assert state(session, row_id)[0] == "waiting"
        with through(app, postbox.url):
            clock.shift(outbox.LEASE_MOST)
            jobs.sweep()
        assert state(session, row_id)[0] == "sent"


def test_refused_address_fails_at_once_is_marked_and_told_once(
    app: Flask, session: Session, postbox: smtp.Postbox
) -> None:
    scene = reviews.scene()
    postbox.answer = "550 5.1.1 no such user here"
    first, second = (write(key=key, project_id=scene.project_id, email="gone@test.example") for key in "12")
    with through(app, postbox.url):
        jobs.sweep()
        jobs.sweep()
    assert state(session, first) == ("failed", 1, "550 5.1.1 no such user here")
    assert state(session, second)[0] == "failed"
    marked = session.get_one(AddressState, "gone@test.example")
    assert marked.bounced_at is not None
    told = session.scalars(select(OutboxRow).filter_by(kind=Mail.DELIVERY_FAILED)).one()
    assert told.to.startswith("review")
    assert told.params == {"outbox_id": first}


def test_policy_of_the_server_does_not_mark_the_address(app: Flask, session: Session, postbox: smtp.Postbox) -> None:
    postbox.answer = "550 5.7.1 relaying denied"
    refused = write()
    with through(app, postbox.url):
        jobs.deliver(refused)
        postbox.answer, postbox.answer_to_content = "250 OK", "554 5.6.0 we do not like the words"
        disliked = write(key="2", email="b@test.example")
        jobs.deliver(disliked)
    assert state(session, refused)[0] == state(session, disliked)[0] == "failed"
    assert session.scalars(select(AddressState)).all() == []


def test_server_that_says_not_now_is_asked_again_and_holds_up_nobody(
    app: Flask, session: Session, postbox: smtp.Postbox
) -> None:
    with time_machine.travel(AT, tick=False) as clock, through(app, postbox.url):
        row_id = write()
        postbox.answer = "451 4.7.1 greylisted, come back later"
        jobs.sweep()
        assert state(session, row_id) == ("waiting", 1, "451 4.7.1 greylisted, come back later")
        postbox.answer = "250 OK"
        other = write(key="2", email="other@test.example")
        jobs.sweep()
        assert state(session, other)[0] == "sent"
        assert state(session, row_id)[1] == 1  # its time has not come
        clock.shift(timedelta(minutes=5))
        jobs.sweep()
        assert state(session, row_id) == ("sent", 2, "")


def test_last_attempt_gives_up_loudly(app: Flask, session: Session, postbox: smtp.Postbox) -> None:
    scene = reviews.scene()
    row_id = write(project_id=scene.project_id)
    with unit_of_work() as uow:
        uow.session.get_one(OutboxRow, row_id).attempts = outbox.GIVE_UP_AFTER - 1
    postbox.answer = "451 4.3.0 still not"
    with through(app, postbox.url):
        jobs.deliver(row_id)
    assert state(session, row_id)[0] == "failed"
    assert session.scalars(select(OutboxRow.params).filter_by(kind=Mail.DELIVERY_FAILED)).one() == {"outbox_id": row_id}


def test_many_mails_share_one_connection(app: Flask, session: Session, postbox: smtp.Postbox) -> None:
    project_id = factories.project(agency_id=factories.agency())
    ids = [write(key=str(n), email=f"n{n}@test.example", project_id=project_id) for n in range(12)]
    with through(app, postbox.url):
        assert jobs.sweep() == ids
    assert len(postbox.messages) == 12
    assert len({str(mail["Message-ID"]) for mail in postbox.messages}) == 12


def test_killed_worker_gives_its_mail_back_after_the_lease(
    app: Flask, session: Session, postbox: smtp.Postbox
) -> None:
    with time_machine.travel(AT, tick=False) as clock, through(app, postbox.url):
        row_id = write()
        with unit_of_work() as uow:
            assert outbox.claim(uow, row_id=row_id) is not None  # … and here it dies
        assert jobs.sweep() == []
        clock.shift(outbox.LEASE - timedelta(seconds=1))
        assert jobs.sweep() == []
        clock.shift(timedelta(seconds=1))
        assert jobs.sweep() == [row_id]
    assert state(session, row_id) == ("sent", 2, "")


def test_mail_that_went_twice_is_known_as_one(app: Flask, session: Session, postbox: smtp.Postbox) -> None:
    row_id = write()
    with through(app, postbox.url):
        jobs.deliver(row_id)
        with unit_of_work() as uow:  # the record was lost with the machine
            row = uow.session.get_one(OutboxRow, row_id)
            row.state, row.due_at = OutboxState.WAITING, uow.now
        jobs.sweep()
    assert len({str(mail["Message-ID"]) for mail in postbox.messages}) == 1


def test_fault_in_one_mail_holds_up_no_other(
    app: Flask, session: Session, postbox: smtp.Postbox, caplog: pytest.LogCaptureFixture
) -> None:
    broken, good = write(), write(key="2")
    with unit_of_work() as uow:
        row = uow.session.get_one(OutboxRow, broken)
        row.kind, row.params = Mail.END_DATE_CHANGED, {"end_date": "no date"}
    with through(app, postbox.url):
        assert jobs.sweep() == [broken, good]
    assert state(session, good)[0] == "sent"
    assert state(session, broken)[2] == "a fault of ours: ValueError"
    assert "could not be made" in caplog.text


def test_nothing_is_open_in_the_database_while_the_server_takes_its_time(
    app: Flask, session: Session, postbox: smtp.Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mail server of three seconds must not hold SQLite's only write lock."""
    row_id, seen = write(), []
    real = sender._Smtp.send

    def slow(self: sender._Smtp, *args: object, **kwargs: object) -> None:
        seen.append(session.in_transaction())
        with unit_of_work() as uow:
            uow.session.get_one(OutboxRow, row_id).failure = "written meanwhile"
        real(self, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(sender._Smtp, "send", slow)
    with through(app, postbox.url):
        jobs.deliver(row_id)
    assert seen == [False]
    assert state(session, row_id)[0] == "sent"


@pytest.mark.slow
def test_commit_wakes_the_worker_which_sends(app: Flask, session: Session, rq: Queue, var: Path) -> None:
    mails.empty(var)
    row_id = write()
    worker.AppWorker(app=app, connection=rq.connection).work(burst=True, logging_level="CRITICAL")
    assert state(session, row_id)[0] == "sent"
    assert len(mails.folder(var)) == 1
    mails.empty(var)


def test_folder_that_cannot_be_written_keeps_the_mail(app: Flask, session: Session, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    row_id = write()
    with through(app, f"file://{tmp_path}/taken"):
        jobs.deliver(row_id)
    assert state(session, row_id)[0] == "waiting"


@pytest.mark.one_engine
@pytest.mark.parametrize(("url", "expected"), [
    ("smtp://mail.agency.example", ("mail.agency.example", 587, sender.Tls.STARTTLS)),
    ("smtp://mail.agency.example:465", ("mail.agency.example", 465, sender.Tls.SSL)),
    ("smtps://mail.agency.example", ("mail.agency.example", 465, sender.Tls.SSL)),
    ("smtp://127.0.0.1:1025", ("127.0.0.1", 1025, sender.Tls.NONE)),
    ("smtp://localhost:25?tls=starttls", ("localhost", 25, sender.Tls.STARTTLS)),
    ("smtp://mail.agency.example:25?tls=none", ("mail.agency.example", 25, sender.Tls.NONE)),
])
def test_address_of_the_mail_server_says_how_it_is_reached(url: str, expected: tuple[str, int, sender.Tls]) -> None:
    server = sender.place(url)
    assert isinstance(server, sender.Server)
    assert (server.host, server.port, server.tls) == expected


@pytest.mark.one_engine
@pytest.mark.parametrize("url", [
    "", "mail.agency.example", "http://mail.agency.example", "smtp://", "smtp://h:port", "smtp://h?tls=maybe",
    "smtp://h?timeout=soon", "file://",
])
def test_wrong_address_of_the_mail_server_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^MAIL_URL: .*needed$"):
        sender.place(url)


@pytest.mark.one_engine
def test_user_and_password_may_hold_any_letter() -> None:
    server = sender.place("smtp://a%40agency.example:p%2Fw%3A%C4%81@mail.agency.example")
    assert isinstance(server, sender.Server)
    assert (server.user, server.password) == ("a@agency.example", "p/w:ā")
