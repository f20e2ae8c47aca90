"""Wake-up calls: ids go to Redis after the commit; Redis holds no facts, the sweep finds what a lost call left."""

import logging
from collections.abc import Sequence

from flask import Flask, current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

from backoffice.services.uow import UnitOfWork, committed

NAME = "default"
JOB_S = 900
RESULT_S = 60
FAILURE_S = 86_400
log = logging.getLogger(__name__)


def init_app(app: Flask, *, redis_url: str | None) -> None:
    """Keep the queue with the app; without a REDIS_URL nothing is woken and the scheduler does the work itself."""
    if redis_url:
        # redis-py tries ten times by default: four seconds in every request while Redis is away.
        connection = Redis.from_url(redis_url, socket_connect_timeout=1, socket_timeout=1, retry=Retry(NoBackoff(), 0))
        app.extensions["rq"] = Queue(NAME, connection=connection, serializer=JSONSerializer, default_timeout=JOB_S)
    committed.connect(wake)


def wake(uow: UnitOfWork) -> None:
    """After the commit: one call for each mail, uploaded file, import and address that it wrote."""
    enqueue("backoffice.jobs.outbox.deliver", *uow.published)
    enqueue("backoffice.jobs.files.check", *uow.uploaded)
    enqueue("backoffice.jobs.import_runs.work", *uow.imports)
    enqueue("backoffice.jobs.links.check", *uow.links)


def enqueue(function: str, *ids: int) -> bool:
    """Call `function` with each of the ids; False, with a line in the log, when the queue cannot be reached.

    Never fails the request: the commit has happened and the sweep finds the rows.
    """
    return _enqueue([(function, (row_id,)) for row_id in ids], ttl=None)


def enqueue_duty(function: str, *, ttl_s: int | None) -> bool:
    """Call `function` without arguments; a call that no worker took within its time to live is dropped."""
    return _enqueue([(function, ())], ttl=ttl_s)


def length() -> int | None:
    """How many calls no worker has taken yet; None when the queue is away or none is set."""
    queue = current_app.extensions.get("rq")
    if queue is None:
        return None
    try:
        return int(queue.count)
    except RedisError:
        return None


def _enqueue(calls: Sequence[tuple[str, tuple[int, ...]]], *, ttl: int | None) -> bool:
    queue = current_app.extensions.get("rq")
    if queue is None or not calls:
        return False
    try:
        queue.enqueue_many(
            [
                Queue.prepare_data(function, args, timeout=JOB_S, result_ttl=RESULT_S, failure_ttl=FAILURE_S, ttl=ttl)
                for function, args in calls
            ]
        )
    except RedisError as error:
        log.warning("the queue is away, the sweep will find the work: %s", type(error).__name__)
        return False
    return True
