"""`flask agencies`: make one, list them (CONTRACT, Commands)."""

import click
from flask import Flask

from backoffice.cli import output
from backoffice.db import db
from backoffice.models import Agency
from backoffice.queries import agencies as queries
from backoffice.services import agencies as service
from backoffice.services.uow import unit_of_work

agencies = output.group("agencies", "National Agencies: create one, list them.")


def init_app(app: Flask) -> None:
    app.cli.add_command(agencies)


@agencies.command("create")
@click.argument("code")
@click.option("--name", required=True, help="In English.")
@click.option("--name-lv", default="", help="In Latvian; else the English one stands there too.")
@click.option("--timezone", default="Europe/Riga", show_default=True)
@click.option("--language", type=click.Choice(service.LANGUAGES), default="lv", show_default=True)
@output.as_json
def create(code: str, name: str, name_lv: str, timezone: str, language: str, as_json: bool) -> None:
    """Make an agency, for instance LV01."""
    with unit_of_work() as uow:
        row = service.create(
            uow, actor=None, code=code, name=name, name_lv=name_lv, time_zone=timezone, language=language
        )
        value = _value(row)
    output.answer(value, lines=[f"{value['code']} is there: {value['name']}"], as_json=as_json)


@agencies.command("list")
@output.as_json
def list_(as_json: bool) -> None:
    """Every agency."""
    values = [_value(row) for row in db.session.scalars(queries.in_order())]
    output.answer(values, lines=[f"{value['code']}  {value['name']}" for value in values], as_json=as_json)


def _value(row: Agency) -> dict[str, object]:
    return {
        "code": row.code, "name": row.name, "name_lv": row.name_lv, "time_zone": row.time_zone,
        "language": row.language, "notices_from": row.notices_from,
    }
