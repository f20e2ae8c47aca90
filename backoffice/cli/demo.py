"""The demo data of `make run`, loaded once (CONTRACT, Demo); `flask demo load` does the same by hand."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
from flask import Flask, current_app

from backoffice import auth
from backoffice.cli import demo_provider, output
from backoffice.config import Settings
from backoffice.jobs import imports
from backoffice.queries import agencies as agency_queries
from backoffice.services import demo as service
from backoffice.services import demo_scale
from backoffice.services.demo import ALL_STORIES, Uploads
from backoffice.services.demo_stories import ACCOUNTS
from backoffice.services.demo_tickets import PICTURES
from backoffice.services.uow import unit_of_work
from backoffice.storage.intake import all_pictures_taken_in, all_taken_in
from backoffice.storage.stores import open_store

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


@demo.command("scale")
@click.option("--projects", "many", required=True, type=click.IntRange(1, 1_000_000), help="So many made projects.")
@output.as_json
def scale_command(many: int, as_json: bool) -> None:
    """Fill the database up to so many made projects, each with 3 results and 10 audit events."""
    settings: Settings = current_app.config["SETTINGS"]
    if settings.is_production:
        raise output.Failed("Made projects are for the demo and for tests only.")
    with unit_of_work() as uow:
        if uow.session.scalar(agency_queries.in_order().limit(1)) is None:
            raise output.Failed("There is no agency yet: load the demo first (flask demo load).")
        done = before = demo_scale.count(uow)
    with click.progressbar(length=max(many - done, 0), label="Projects", file=sys.stderr) as bar:
        while done < many:
            step = min(demo_scale.BATCH, many - done)
            with unit_of_work() as uow:
                demo_scale.add(uow, first=done, many=step)
            done += step
            bar.update(step)
    with unit_of_work() as uow:
        demo_scale.settle(uow)
    output.answer({"added": done - before, "projects": done}, lines=[f"{done - before:,} added."], as_json=as_json)


@demo.command("provider")
@click.option("--port", required=True, type=int)
def provider_command(port: int) -> None:
    """The sign-in service of the demo, on 127.0.0.1; `flask up` starts it."""
    settings: Settings = current_app.config["SETTINGS"]
    if not settings.is_demo:
        raise output.Failed("The demo's sign-in service is for BACKOFFICE_ENV=demo only.")
    translations = Path(current_app.config["BABEL_TRANSLATION_DIRECTORIES"])
    demo_provider.serve(
        port=port, base_url=settings.public_base_url, secret_key=settings.secret_key, translations=translations
    )


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
    """Every file stored and looked into before the transaction opens, as for an upload; what is not written in the end
    is deleted again."""
    store = open_store(settings.storage_url)
    of = [(result.title, name) for story in ALL_STORIES for result in story.results for name in result.files]
    drawn = [*(story.logo for story in ALL_STORIES if story.logo), *PICTURES]
    with ExitStack() as stack:
        sources = [
            (stack.enter_context((FOLDER / "files" / name).open("rb")), name) for name in [*(n for _, n in of), *drawn]
        ]
        files = stack.enter_context(all_taken_in(store, sources[: len(of)]))
        pictures = stack.enter_context(all_pictures_taken_in(store, sources[len(of) :], field="logo"))
        yield Uploads(
            files=dict(zip(of, files, strict=True)), pictures=dict(zip(drawn, pictures, strict=True))
        )
