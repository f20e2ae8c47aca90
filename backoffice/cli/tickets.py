"""`flask tickets`: take a mail in, show a ticket (CONTRACT, Commands)."""

import sys

import click
from flask import Flask, current_app

from backoffice.cli import output
from backoffice.config import Settings
from backoffice.db import db
from backoffice.domain.errors import DomainError
from backoffice.jobs import inbound
from backoffice.mail import sender
from backoffice.models import TicketMessage
from backoffice.queries import tickets as queries
from backoffice.services.inbound import Done

TRY_AGAIN = 75  # EX_TEMPFAIL: what mail servers take for “keep it and bring it again”

tickets = output.group("tickets", "Tickets: take a mail in, show one.")


class _TryAgain(output.Failed):
    exit_code = TRY_AGAIN


def init_app(app: Flask) -> None:
    app.cli.add_command(tickets)


@tickets.command("ingest")
@click.option("--recipient", "recipients", multiple=True, metavar="ADDRESS", help="Of the envelope (repeatable).")
@output.as_json
def ingest(recipients: tuple[str, ...], as_json: bool) -> None:
    """Take in one mail from standard input: a ticket, a message in one, or a row in “Lost and found”.

    Exit status 0 whatever became of it; 75 when it was not written down, so that the mail server brings it again.
    """
    try:
        done = inbound.ingest(sys.stdin.buffer, recipients=recipients)
    except DomainError:
        raise
    except Exception as error:
        raise _TryAgain(f"Not taken in, bring it again: {type(error).__name__}: {error}") from error
    value = _outcome(done)
    output.answer(value, lines=[_words(value)], as_json=as_json)


@tickets.command("show")
@click.argument("number", type=int)
@output.as_json
def show(number: int, as_json: bool) -> None:
    """A ticket with its messages."""
    ticket = db.session.scalar(queries.by_number(number))
    if ticket is None:
        raise output.Failed(f"There is no ticket {number}.")
    messages = [_message(message) for message in queries.thread(db.session(), ticket)]
    value = {
        "number": ticket.number, "state": ticket.state.value, "requester": ticket.requester_email,
        "project": ticket.project.code if ticket.project else None, "subject": ticket.subject,
        "agency": ticket.agency.code if ticket.agency else None, "messages": messages,
    }
    lines = [f"#{ticket.number} {ticket.state.value}: {ticket.subject} ({ticket.requester_email})"]
    lines += [f"{message['direction']:>8}  {str(message['text'])[:70]!r}" for message in messages]
    output.answer(value, lines=lines, as_json=as_json)


def _message(message: TicketMessage) -> dict[str, object]:
    settings: Settings = current_app.config["SETTINGS"]
    ours = sender.message_id(message.outbox_id, settings=settings) if message.outbox_id else ""
    came = f"<{message.message_id.strip('<>')}>" if message.message_id else ""
    return {
        "id": message.id, "direction": message.direction.value, "channel": message.channel.value,
        "message_id": (came if message.direction.value == "in" else ours) or None, "text": message.text,
        "quoted": message.quoted,
        "attachments": [
            {"name": one.file.name, "size": one.file.size, "sha256": one.file.sha256, "is_inline": one.is_inline}
            for one in message.attachments
        ],
    }


def _outcome(done: Done) -> dict[str, object]:
    settings: Settings = current_app.config["SETTINGS"]
    return {
        "outcome": done.outcome.value, "ticket": done.ticket, "message": done.message,
        "cause": done.cause.value if done.cause else None,
        "outbound_message_id": sender.message_id(done.outbox_id, settings=settings) if done.outbox_id else None,
    }


def _words(value: dict[str, object]) -> str:
    about = f" #{value['ticket']}" if value["ticket"] else ""
    return f"{value['outcome']}{about}" + (f": {value['cause']}" if value["cause"] else "")
