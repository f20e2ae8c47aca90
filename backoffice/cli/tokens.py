"""`flask tokens`: bearer tokens of an agency's own systems (CONTRACT, Commands)."""

import click
from flask import Flask
from sqlalchemy import select

from backoffice.cli import output
from backoffice.db import db
from backoffice.models import Agency, ApiToken
from backoffice.services import tokens as services
from backoffice.services.tokens import Scope
from backoffice.services.uow import unit_of_work

tokens = output.group("tokens", "Tokens of an agency's own systems: create, list, revoke.")


def init_app(app: Flask) -> None:
    app.cli.add_command(tokens)


@tokens.command()
@click.option("--agency", required=True, metavar="CODE")
@click.option("--name", required=True, help="What the token is for.")
@click.option(
    "--scope", "scopes", required=True, multiple=True, type=click.Choice([scope.value for scope in Scope]),
    help="What it opens; may be given twice.",
)
@output.as_json
def create(agency: str, name: str, scopes: tuple[str, ...], as_json: bool) -> None:
    """Make a token and print it, this once."""
    with unit_of_work() as uow:
        row = output.agency(uow.session, agency)
        token = services.create(
            uow, actor=None, agency=row, name=name, scopes=tuple(Scope(scope) for scope in dict.fromkeys(scopes))
        )
    output.answer({"token": token}, lines=[token], as_json=as_json)


@tokens.command("list")
@output.as_json
def list_(as_json: bool) -> None:
    """All tokens, without their values."""
    rows = db.session.execute(
        select(ApiToken, Agency.code).join(Agency, Agency.id == ApiToken.agency_id).order_by(ApiToken.id)
    ).all()
    value = [
        {
            "id": row.id, "agency": code, "name": row.name, "scopes": row.scopes, "created_at": row.created_at,
            "last_used_at": row.last_used_at, "revoked_at": row.revoked_at,
        }
        for row, code in rows
    ]
    lines = [
        f"{row.id}  {code}  {row.name}  {', '.join(row.scopes)}{'  revoked' if row.revoked_at else ''}"
        for row, code in rows
    ]
    output.answer(value, lines=lines or ["No tokens."], as_json=as_json)


@tokens.command()
@click.argument("token_id", type=int)
@output.as_json
def revoke(token_id: int, as_json: bool) -> None:
    """End a token by its number in the list."""
    with unit_of_work() as uow:
        name = services.revoke(uow, actor=None, token_id=token_id).name
    output.answer({"revoked": token_id}, lines=[f"Revoked: {name}"], as_json=as_json)
