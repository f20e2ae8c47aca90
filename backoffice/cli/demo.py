"""The demo data of `make run`, loaded once (CONTRACT, Demo); `flask demo load` does the same by hand."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
from flask import Flask, current_app

from backoffice import auth
from backoffice.cli import output
from backoffice.config import Settings
from backoffice.jobs import imports
from backoffice.services import demo as service
from backoffice.services.demo import Uploads
from backoffice.services.demo_stories import ACCOUNTS, STORIES
from backoffice.services.uow import unit_of_work
from backoffice.storage.intake import picture_taken_in, taken_in
from backoffice.storage.store import open_store

FOLDER = Path(__file__).parents[2] / "demo"
PASSWORD = "demo"  # noqa: S105 - shown on the login page of the demo
# The rows of the Commission's public list that belong to an agency of the demo, and made ones for all of them.
LISTS = (("erasmus-plus-overview-real.csv", "LI01"), ("made-projects.csv", None))

demo = output.group("demo", "The data of the demo.")


def init_app(app: Flask) -> None:
    app.cli.add_command(demo)


@demo.command("load")
def load_command() -> None:
    """Load the demo data, unless they are there."""
    click.echo("Loaded." if load() else "The demo data are there already.")


def load() -> bool:
    """Agencies and people, the projects of CONTRACT in their states, the lists; each step whole or not at all, so that
    a start that was cut off is completed by the next. False when everything was there."""
    settings: Settings = current_app.config["SETTINGS"]
    if settings.is_production:
        raise output.Failed("The demo data are for BACKOFFICE_ENV=demo only.")
    with unit_of_work() as uow:
        if service.is_complete(uow):
            return False
        has_people, has_stories = service.has_people(uow), service.has_stories(uow)
    if not has_people:
        password_hash = auth.hash_password(PASSWORD)
        with unit_of_work() as uow:
            service.add_people(uow, password_hash=password_hash)
    if not has_stories:
        with _uploads(settings) as uploads, unit_of_work() as uow:
            service.add_stories(uow, uploads=uploads)
    for name, agency in LISTS:
        with (FOLDER / name).open("rb") as file, imports.run(file, name=name, actor=None, only=agency):
            pass
    with unit_of_work() as uow:
        service.finish(uow)
    return True


def welcome() -> list[str]:
    """The sign-ins, for who starts the demo."""
    return [f"Sign in with the password “{PASSWORD}” as:", *(f"  {account.email}" for account in ACCOUNTS)]


@contextmanager
def _uploads(settings: Settings) -> Iterator[Uploads]:
    """Every file stored and looked into before the transaction opens, as for an upload."""
    store = open_store(settings.storage_url)
    with ExitStack() as stack:
        files, logos = {}, {}
        for name in (name for story in STORIES for result in story.results for name in result.files):
            source = stack.enter_context((FOLDER / "files" / name).open("rb"))
            files[name] = stack.enter_context(taken_in(store, source, name=name))
        for name in (story.logo for story in STORIES if story.logo):
            source = stack.enter_context((FOLDER / "files" / name).open("rb"))
            logos[name] = stack.enter_context(picture_taken_in(store, source, name=name, field="logo"))
        yield Uploads(files=files, logos=logos)
