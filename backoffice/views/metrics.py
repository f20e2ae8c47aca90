"""`/metrics` for Prometheus: how requests fare, and what waits (docs/operations.md).

gunicorn has several processes: each counts into a file of its own in PROMETHEUS_MULTIPROC_DIR (gunicorn.conf.py), and
whichever is asked answers for all of them.
"""

import hmac
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from flask import Blueprint, Flask, abort, current_app, g, request
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from backoffice.config import VERSION, Settings
from backoffice.db import db
from backoffice.domain import clock
from backoffice.jobs import queue
from backoffice.queries import health

bp = Blueprint("metrics", __name__)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})  # others are somebody's invention
SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)


@dataclass(frozen=True, slots=True)
class _Watch:
    """What one application counts."""

    registry: CollectorRegistry
    requests: Counter
    seconds: Histogram


def init_app(app: Flask) -> None:
    registry = CollectorRegistry()
    watch = _Watch(
        registry,
        Counter("backoffice_requests", "Answers.", ["endpoint", "method", "status"], registry=registry),
        Histogram(
            "backoffice_request_seconds", "Until the first byte of the answer.", ["endpoint"], buckets=SECONDS,
            registry=registry,
        ),
    )
    app.extensions["metrics"] = watch

    def begin() -> None:
        g.began = time.perf_counter()

    def count(response: Response) -> Response:
        endpoint = request.endpoint or "none"  # never the address: it may hold a token
        method = request.method if request.method in METHODS else "other"
        watch.requests.labels(endpoint, method, str(response.status_code)).inc()
        if "began" in g:
            watch.seconds.labels(endpoint).observe(time.perf_counter() - g.began)
        return response

    app.before_request(begin)
    app.after_request(count)


@bp.get("/metrics")
def metrics() -> ResponseReturnValue:
    """For who brings METRICS_TOKEN; in the demo for everyone; nothing is there while no token is set."""
    settings: Settings = current_app.config["SETTINGS"]
    if not settings.is_demo:
        if settings.metrics_token is None:
            abort(404)
        if not hmac.compare_digest(_brought().encode(), settings.metrics_token.encode()):
            return "The token is missing or wrong.\n", 401, {"WWW-Authenticate": "Bearer", "Content-Type": "text/plain"}
    watch: _Watch = current_app.extensions["metrics"]
    counted = watch.registry
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        counted = CollectorRegistry()
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
    now = CollectorRegistry()
    now.register(_Now(settings))
    body = generate_latest(counted) + generate_latest(now)
    return Response(body, content_type=CONTENT_TYPE_PLAIN_0_0_4, headers={"Cache-Control": "no-store"})


def _brought() -> str:
    kind, _blank, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


class _Now:
    """What is so at this moment; asked of database, queue and disk when somebody looks."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield _gauge("backoffice_info", "The version.", {VERSION: 1}, label="version")
        try:
            found = health.look(db.session(), now=clock.now())
        except SQLAlchemyError:
            db.session.rollback()
            found = None
        yield _gauge("backoffice_database_up", "The database answers.", {"": int(found is not None)})
        if found is not None:
            yield from _of_database(found)
        length = queue.length()
        yield _gauge("backoffice_queue_up", "The queue answers.", {"": int(length is not None)})
        if length is not None:
            yield _gauge("backoffice_queue_length", "Calls that no worker has taken yet.", {"": length})
        disks = {place: shutil.disk_usage(folder) for place, folder in self._folders().items()}
        free = {place: disk.free for place, disk in disks.items()}
        yield _gauge("backoffice_disk_free_bytes", "Room that is left.", free, label="place")
        size = {place: disk.total for place, disk in disks.items()}
        yield _gauge("backoffice_disk_size_bytes", "Room in all.", size, label="place")

    def _folders(self) -> dict[str, Path]:
        storage = urlsplit(self.settings.storage_url)
        folders = {"var": self.settings.var}
        if storage.scheme == "file":
            folders["files"] = Path(unquote(storage.path))
        return {place: folder for place, folder in folders.items() if folder.exists()}


def _of_database(found: health.Health) -> Iterator[GaugeMetricFamily]:
    yield _gauge("backoffice_mails", "Mails by their state.", found.mails, label="state")
    yield _gauge("backoffice_mail_oldest_due_seconds", "So long the longest is overdue.", {"": found.oldest_due_s})
    yield _gauge("backoffice_tickets_waiting", "Tickets that wait for the agency.", found.tickets, label="state")
    yield _gauge("backoffice_lost_mails", "Rows of lost and found that nobody settled.", {"": found.lost_mails})
    yield _gauge("backoffice_files_unchecked", "Files that wait for the scanner.", {"": found.unchecked_files})
    yield _gauge("backoffice_duty_age_seconds", "Since the duty last came to its end.", found.duties, label="duty")


def _gauge(name: str, words: str, values: "dict[str, int] | dict[str, float]", *, label: str = "") -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=[label] if label else [])
    for key, value in values.items():
        family.add_metric([key] if label else [], value)
    return family
