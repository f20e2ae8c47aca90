"""The clock of the house: what is due by the minute and by the day. Two do no harm: every duty is idempotent."""

import importlib
import logging
import signal
import threading
from datetime import datetime, timedelta
from types import FrameType

from flask import Flask

from backoffice.domain import clock
from backoffice.jobs import outbox
from backoffice.jobs.queue import enqueue, enqueue_duty

MINUTE_S = 60
# A reply waits fifteen seconds, a decision sixty: what has just become due does not wait for the minute as well.
BEAT_S = 5
EACH_MINUTE = ("backoffice.jobs.outbox.sweep", "backoffice.jobs.files.sweep", "backoffice.jobs.import_runs.sweep",
               "backoffice.jobs.audit.seal")
# Dated mails are a matter of the day. They are reckoned before it begins in any agency of the Union and looked at
# again each hour: a call that went down with Redis or a failed database costs an hour then, not a day.
DATED = ("backoffice.jobs.notices.run",)
# These look at every stored file, every event, everything that may have grown too old: not each minute.
TIDYING = (
    "backoffice.jobs.files.tidy", "backoffice.jobs.tickets.tidy", "backoffice.jobs.audit.seal_all",
    "backoffice.jobs.inbound.tidy", "backoffice.jobs.retention.run",
    "backoffice.jobs.links.sweep",
)
DATED_FROM_HOUR_UTC = 3
log = logging.getLogger(__name__)


def main(app: Flask) -> None:
    """Tick at once and at each full minute until told to stop."""
    stop = threading.Event()

    def told(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, told)
    hour: datetime | None = None
    while not stop.is_set():
        hour = tick(app, now=clock.now(), last_hour=hour)
        full_minute = clock.now() + timedelta(seconds=MINUTE_S - clock.now().timestamp() % MINUTE_S)
        while (left := (full_minute - clock.now()).total_seconds()) > 0 and not stop.wait(min(BEAT_S, left)):
            hurry(app, now=clock.now())


def hurry(app: Flask, *, now: datetime) -> list[int]:
    """Hand over the mails that became due since the last beat; gives their ids."""
    ids: list[int] = []
    with app.app_context():
        try:
            ids = outbox.due_since(since=now - timedelta(seconds=2 * BEAT_S), now=now)
            if ids and not enqueue("backoffice.jobs.outbox.deliver", *ids):
                for row_id in ids:
                    outbox.deliver(row_id)
        except Exception:
            log.exception("the sweep of the next minute tries again")
    return ids


def tick(app: Flask, *, now: datetime, last_hour: datetime | None) -> datetime:
    """Hand over what is due; answers the hour whose hourly duties are handed over."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    dated = DATED if hour != last_hour and hour.hour >= DATED_FROM_HOUR_UTC else ()
    tidying = TIDYING if hour != last_hour else ()
    for function in (*EACH_MINUTE, *dated, *tidying):
        with app.app_context():
            if not enqueue_duty(function, ttl_s=None if function in DATED else MINUTE_S):
                _run_here(function)
    return hour


def _run_here(function: str) -> None:
    """The queue is away or none is set: what is due waits a minute then and is never lost."""
    module, name = function.rsplit(".", 1)
    try:
        getattr(importlib.import_module(module), name)()
    except Exception:
        log.exception("%s failed", function)
