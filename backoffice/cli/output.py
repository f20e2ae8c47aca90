"""How commands speak (CONTRACT, Commands): words for people or, with `--json`, one JSON value as the last line.

    projects = output.group("projects", "Projects: import, show, export.")

    @projects.command("show")
    @click.argument("code")
    @output.as_json
    def show(code: str, as_json: bool) -> None:
        ...
        output.answer(value, lines=[f"{code}: open"], as_json=as_json)

Exit status: 0 done (refused rows included), 1 refused as a whole with one line on standard error, 2 wrong usage.
A command raises a domain error, or `output.Failed("one line")`; the group turns it into that line, never a traceback.
"""

import json
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from backoffice.domain.errors import DomainError
from backoffice.domain.text import fold_email
from backoffice.models import Agency, User
from backoffice.queries import agencies, users

HERE = Path(__file__).parent.parent


class Failed(click.ClickException):
    """Refused as a whole: one line on standard error, exit status 1."""

    def show(self, file: Any = None) -> None:
        click.echo(" ".join(self.format_message().split()), err=True)


@contextmanager
def one_line() -> Iterator[None]:
    """Whatever goes wrong inside is told in one line, never by a traceback."""
    try:
        yield
    except (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError):
        raise
    except DomainError as error:
        raise Failed(sentence(error)) from error
    except DBAPIError as error:
        raise Failed(f"The database refused: {_first_line(error.orig)}") from error
    except SQLAlchemyError as error:
        raise Failed(f"The database cannot be used: {_first_line(error)}") from error
    except OSError as error:
        raise Failed(f"{error.filename or 'The machine'}: {error.strerror or error}") from error
    except Exception as error:
        raise Failed(_fault(error)) from error


class Group(AppGroup):
    """Commands of one aggregate, each with the application's context; a failure is one line."""

    def invoke(self, ctx: click.Context) -> Any:
        with one_line():
            return super().invoke(ctx)


class Command(click.Command):
    """A command of no group, with the same promise."""

    def invoke(self, ctx: click.Context) -> Any:
        with one_line():
            return super().invoke(ctx)


def group(name: str, words: str) -> Group:
    """An empty group; its module registers it by `app.cli.add_command`."""
    return Group(name, help=words)


as_json: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--json", "as_json", is_flag=True, help="One JSON value as the last line."
)


def answer(value: object, *, lines: Iterable[str] = (), as_json: bool) -> None:
    """The outcome of a command; `lines` are its words for people."""
    if as_json:
        click.echo(json.dumps(value, ensure_ascii=False, default=_plain))
        return
    for line in lines:
        click.echo(line)


def sentence(error: DomainError) -> str:
    """The English sentence of a refusal with its values."""
    return error.message % {name: _shown(value) for name, value in error.values.items()}


def agency(session: Session, code: str) -> Agency:
    """The agency of a code, or a refusal."""
    row = session.scalar(agencies.by_code(code))
    if row is None:
        raise Failed(f"There is no agency {code}. `flask agencies list` shows them.")
    return row


def user(session: Session, email: str) -> User:
    """The user of an address, or a refusal."""
    row = session.scalar(users.by_email(fold_email(email)))
    if row is None:
        raise Failed(f"There is no user {email}. `flask users list` shows them.")
    return row


def _plain(value: object) -> object:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def _shown(value: object) -> object:
    return value.isoformat() if isinstance(value, date | datetime) else value


def _first_line(error: object) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _fault(error: Exception) -> str:
    """A fault of ours: where it happened, in one line."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(HERE)]
    where = f" ({Path(frames[-1].filename).relative_to(HERE)}:{frames[-1].lineno})" if frames else ""
    return f"A fault of the application: {type(error).__name__}: {_first_line(error)}{where}"
