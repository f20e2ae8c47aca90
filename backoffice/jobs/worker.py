"""The RQ worker process: an application context for each job, no inherited database connection."""

import logging
import os
import signal
import threading
from types import FrameType
from typing import Any

from flask import Flask
from redis import Redis
from redis.exceptions import RedisError
from rq import Worker
from rq.executions import Execution
from rq.job import Job
from rq.queue import Queue
from rq.serializers import JSONSerializer

from backoffice.db import db
from backoffice.jobs.queue import NAME

RETRY_S = 1.0
log = logging.getLogger(__name__)


class AppWorker(Worker):
    """RQ's worker inside our application; it takes no pickles, so who can write to Redis cannot run code."""

    max_connection_wait_time = 5.0

    def __init__(self, *, app: Flask, connection: Redis) -> None:
        super().__init__([NAME], connection=connection, serializer=JSONSerializer)
        self.app = app

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        with self.app.app_context():
            return super().perform_job(job, queue, execution)


def main(app: Flask, *, redis_url: str) -> None:
    """Work until told to stop; RQ reconnects by itself later, but ends when Redis is away at its start."""
    dispose_after_fork(app)
    connection = Redis.from_url(redis_url)
    if wait_for(connection):
        AppWorker(app=app, connection=connection).work(logging_level="WARNING")


def dispose_after_fork(app: Flask) -> None:
    """A forked job must not speak on the connection of its parent."""
    with app.app_context():
        engine = db.engine
    os.register_at_fork(after_in_child=lambda: engine.dispose(close=False))


def wait_for(connection: Redis) -> bool:
    """Wait until Redis answers; False when told to stop before."""
    stop = threading.Event()

    def told(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    former: dict[signal.Signals, Any] = {
        number: signal.signal(number, told) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        said = False
        while not reachable(connection):
            if not said:
                log.warning("the queue is away; waiting for it")
                said = True
            if stop.wait(RETRY_S):
                return False
        return True
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def reachable(connection: Redis) -> bool:
    try:
        return bool(connection.ping())
    except RedisError:
        return False
