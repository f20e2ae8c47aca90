"""`flask users`: make a member of the staff, list the staff (CONTRACT, Commands)."""

import click
from flask import Flask

from backoffice.cli import output
from backoffice.db import db
from backoffice.domain.permissions import StaffRole
from backoffice.models import User
from backoffice.queries import users as queries
from backoffice.services import users as service
from backoffice.services.uow import unit_of_work

users = output.group("users", "Staff of the agencies: create an account, list them.")


def init_app(app: Flask) -> None:
    app.cli.add_command(users)


@users.command("create")
@click.option("--email", required=True)
@click.option("--role", required=True, type=click.Choice([role.value for role in StaffRole]))
@click.option("--agency", metavar="CODE", help="Of everybody but a platform admin.")
@click.option("--name", default="")
@output.as_json
def create(email: str, role: str, agency: str | None, name: str, as_json: bool) -> None:
    """Make an account; a one-time link to set a password goes to the address."""
    with unit_of_work() as uow:
        user = service.create_staff(
            uow, actor=None, email=email, role=StaffRole(role), name=name,
            agency=output.agency(uow.session, agency) if agency else None,
        )
        value = _value(user)
    output.answer(
        value, lines=[f"{value['email']} is there; a mail with a one-time link is on its way."], as_json=as_json
    )


@users.command("list")
@click.option("--agency", metavar="CODE")
@output.as_json
def list_(agency: str | None, as_json: bool) -> None:
    """The staff of one agency, or of all."""
    agency_id = output.agency(db.session(), agency).id if agency else None
    values = [_value(user) for user in db.session.scalars(queries.staff(agency_id=agency_id))]
    lines = [f"{value['agency'] or '—':6} {value['role']:15} {value['email']}" for value in values]
    output.answer(values, lines=lines, as_json=as_json)


def _value(user: User) -> dict[str, object]:
    return {
        "id": user.id, "email": user.email, "name": user.name, "role": user.role.value if user.role else None,
        "agency": user.agency.code if user.agency else None, "is_active": user.deactivated_at is None,
        "last_sign_in_at": user.last_sign_in_at,
    }
