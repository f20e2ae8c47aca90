"""The processes of the house: `flask worker`, `flask scheduler` and `flask up`, which runs them all."""

import os

import click
from flask import Flask, current_app
from flask_migrate import upgrade

from backoffice.cli import demo
from backoffice.cli import up as supervisor
from backoffice.config import Settings
from backoffice.db import db
from backoffice.jobs import scheduler as scheduler_jobs
from backoffice.jobs import worker as worker_jobs

DEFAULT_PORT = "5000"


@click.command()
def worker() -> None:
    """Do what the queue calls for, until told to stop."""
    redis_url = _settings().redis_url
    if redis_url is None:
        raise click.ClickException("REDIS_URL is not set: there is no queue to work on")
    worker_jobs.main(_app(), redis_url=redis_url)


@click.command()
def scheduler() -> None:
    """The clock: what is due each minute and each day. Two of them do no harm."""
    scheduler_jobs.main(_app())


@click.command()
def up() -> None:
    """Queue, web, worker and scheduler on this machine, in the demo its sign-in service too, until Ctrl-C."""
    settings = _settings()
    prepare = [("Bringing the database up to date …", _migrate)]
    welcome: list[str] = []
    if settings.is_demo:
        prepare.append(("Loading the demo data, once …", _load_demo))
        welcome = demo.welcome()
    port = os.environ.get("PORT") or DEFAULT_PORT
    status = supervisor.main(
        var=settings.var, port=port, prepare=prepare, welcome=welcome,
        has_provider=settings.is_demo and settings.oidc is None,
    )
    raise SystemExit(status)


def init_app(app: Flask) -> None:
    for command in (worker, scheduler, up):
        app.cli.add_command(command)


def _migrate() -> None:
    upgrade()
    db.engine.dispose()  # the children open connections of their own


def _load_demo() -> None:
    demo.load()
    db.session.remove()
    db.engine.dispose()


def _app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return]


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
