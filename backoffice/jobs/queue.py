"""Wake-up calls: ids go to Redis after the commit; a lost one is found by the sweep."""

import logging
from typing import Any

from flask import Flask, current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

from backoffice.services.uow import UnitOfWork, committed

log = logging.getLogger(__name__)


def init_app(app: Flask, *, redis_url: str | None) -> None:
    if redis_url:
        # redis-py tries ten times by default: four seconds in every request while Redis is away.
        connection = Redis.from_url(redis_url, socket_connect_timeout=1, socket_timeout=1, retry=Retry(NoBackoff(), 0))
        app.extensions["rq"] = Queue("default", connection=connection, serializer=JSONSerializer)
    committed.connect(wake)


def wake(_uow: UnitOfWork, *, outbox: tuple[int, ...], files: tuple[int, ...]) -> None:
    """Call the worker for what was committed just now."""
    for row_id in outbox:
        enqueue("backoffice.jobs.outbox.deliver", row_id)
    for file_id in files:
        enqueue("backoffice.jobs.files.check", file_id)


def enqueue(function: str, *args: Any) -> None:
    """Never fails the request: the commit has happened and the sweep finds the row."""
    queue = current_app.extensions.get("rq")
    if queue is None:
        return
    try:
        queue.enqueue(function, *args, result_ttl=60, failure_ttl=3600)
    except RedisError as error:
        log.warning("queue unreachable: %s", type(error).__name__)
