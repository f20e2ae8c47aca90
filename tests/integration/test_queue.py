"""Wake-up calls, the worker and the clock, against a real server (DESIGN §3, 5 to 7)."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis
from rq import Queue
from rq.utils import import_attribute
from sqlalchemy.orm import Session

from backoffice.jobs import queue, scheduler, worker
from backoffice.models import Agency, TicketMessage
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import tickets
from tests.support import tasks, valkey

RENAME = "tests.support.tasks.rename"
MORNING = datetime(2026, 11, 25, 7, 30, tzinfo=UTC)
NIGHT = datetime(2026, 11, 25, 1, 30, tzinfo=UTC)


def calls(rq: Queue) -> list[str]:
    return sorted(f"{job.func_name}{job.args!r}" for job in rq.jobs)


def work(app: Flask, rq: Queue) -> None:
    """What the worker process does, until the queue is empty."""
    worker.AppWorker(app=app, connection=rq.connection).work(burst=True, logging_level="CRITICAL")


def test_only_what_was_committed_wakes_the_worker(rq: Queue, session: Session) -> None:
    def undone() -> None:
        with unit_of_work() as uow:
            uow.published.append(7)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        undone()
    assert calls(rq) == []
    with unit_of_work() as uow:
        uow.published.extend([1, 2])
        uow.uploaded.append(3)
    assert calls(rq) == [
        "backoffice.jobs.files.check[3]",
        "backoffice.jobs.outbox.deliver[1]",
        "backoffice.jobs.outbox.deliver[2]",
    ]


def test_worker_does_a_job_with_application_and_database(app: Flask, rq: Queue, session: Session) -> None:
    ids = [factories.agency() for _ in range(3)]
    assert session.get_one(Agency, ids[0]).name  # the parent has an open connection that the forks must not use
    with app.app_context():
        assert queue.enqueue(RENAME, *ids)
    work(app, rq)
    session.rollback()
    assert {session.get_one(Agency, agency_id).name for agency_id in ids} == {"Renamed by backoffice"}
    session.rollback()
    assert session.get_one(Agency, ids[0]).code  # and the parent's connection still works


def test_worker_runs_nothing_that_came_as_pickle(app: Flask, rq: Queue, session: Session) -> None:
    agency_id = factories.agency()
    name = session.get_one(Agency, agency_id).name
    Queue(queue.NAME, connection=rq.connection).enqueue(tasks.rename, agency_id)
    work(app, rq)
    session.rollback()
    assert session.get_one(Agency, agency_id).name == name


def test_a_queue_that_is_away_costs_a_commit_no_time(app: Flask, session: Session) -> None:
    queue.init_app(app, redis_url="redis://127.0.0.1:1")
    try:
        start = time.monotonic()
        with unit_of_work() as uow:
            uow.published.append(1)
        assert time.monotonic() - start < 0.5
    finally:
        app.extensions.pop("rq").connection.close()


def test_the_clock_calls_each_minute_and_some_duties_each_hour(app: Flask, rq: Queue) -> None:
    minute = {f"{duty}[]" for duty in scheduler.EACH_MINUTE}
    dated, tidying = {f"{duty}[]" for duty in scheduler.DATED}, {f"{duty}[]" for duty in scheduler.TIDYING}
    hour = scheduler.tick(app, now=MORNING, last_hour=None)
    assert set(calls(rq)) == minute | dated | tidying
    rq.empty()
    scheduler.tick(app, now=MORNING.replace(minute=31), last_hour=hour)
    assert set(calls(rq)) == minute
    rq.empty()
    scheduler.tick(app, now=NIGHT, last_hour=None)
    assert set(calls(rq)) == minute | tidying


def test_the_clock_hurries_what_became_due_between_its_minutes(app: Flask, session: Session, rq: Queue) -> None:
    """A reply that waits for fifteen seconds does not wait for the minute as well (S16)."""
    desk = tickets.desk()
    message_id = tickets.reply(tickets.ticket(project_id=desk.project_id).id, by=desk.helpdesk.actor)
    row = session.get_one(TicketMessage, message_id).outbox
    assert row is not None
    row_id, due = row.id, row.due_at
    session.rollback()
    second = timedelta(seconds=1)
    assert scheduler.hurry(app, now=due - second) == []
    assert scheduler.hurry(app, now=due + second) == [row_id]
    assert calls(rq) == [f"backoffice.jobs.outbox.deliver[{row_id}]"]
    assert scheduler.hurry(app, now=due + 60 * second) == []  # that is the sweep's


def test_every_duty_of_the_clock_is_there() -> None:
    for duty in (*scheduler.EACH_MINUTE, *scheduler.DATED, *scheduler.TIDYING):
        assert callable(import_attribute(duty))


def test_calls_of_the_clock_do_not_pile_up_while_no_worker_runs(app: Flask, rq: Queue) -> None:
    scheduler.tick(app, now=NIGHT, last_hour=None)
    assert {job.ttl for job in rq.jobs} == {scheduler.MINUTE_S}


def test_the_clock_does_the_work_itself_while_the_queue_is_away(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    agency_id = factories.agency()
    duties = ("tests.support.tasks.fail", "tests.support.tasks.rename_first")
    monkeypatch.setattr(scheduler, "EACH_MINUTE", duties)
    scheduler.tick(app, now=NIGHT, last_hour=None)
    session.rollback()
    assert session.get_one(Agency, agency_id).name == "Renamed by a duty"


@pytest.fixture
def waiting_worker(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A worker process that was started before its queue; and the socket where it looks for it."""
    with tempfile.TemporaryDirectory(prefix="vk-") as home:
        socket = f"{home}/s"
        environment = {"BACKOFFICE_ENV": "test", "VAR": str(tmp_path), "REDIS_URL": f"unix://{socket}"}
        process = subprocess.Popen([sys.executable, "-m", "flask", "worker"], env=environment)
        yield process, socket
        process.kill()
        process.wait()


@pytest.mark.slow
@pytest.mark.one_engine
def test_worker_waits_for_a_queue_that_is_not_there_yet(
    waiting_worker: tuple[subprocess.Popen[bytes], str], tmp_path: Path
) -> None:
    process, socket = waiting_worker
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(4)
    server = valkey.start(socket=socket, home=str(tmp_path))
    try:
        connection = Redis(unix_socket_path=socket)
        end = time.monotonic() + 60
        while not connection.exists("rq:workers") and time.monotonic() < end:
            time.sleep(0.1)
        assert connection.exists("rq:workers")
        connection.close()
        process.terminate()
        assert process.wait(60) == 0
    finally:
        server.terminate()
        server.wait()
