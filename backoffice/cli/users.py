"""`flask users`: make a member of the staff, list the staff, mend sign-ins after a provider re-issued its subjects."""

import csv
from collections.abc import Mapping
from pathlib import Path

import click
from flask import Flask, current_app

from backoffice.cli import output
from backoffice.config import Settings
from backoffice.db import db
from backoffice.domain.permissions import StaffRole
from backoffice.models import User
from backoffice.queries import users as queries
from backoffice.services import identities
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


@users.command("rebind")
@click.option("--issuer", metavar="URL", help="Whose subjects changed; left out: that of the settings.")
@click.option("--new-issuer", metavar="URL", help="When the provider's own address changed, too.")
@click.option(
    "--mapping", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The provider's list, CSV: old subject, new subject.",
)
@click.option("--by-address", is_flag=True, help="There is no list: let each next sign-in be matched by its address.")
@click.option("--reason", required=True, help="For the audit trail.")
@click.option("--dry-run", is_flag=True, help="Say what would be done.")
@output.as_json
def rebind(
    issuer: str | None, new_issuer: str | None, mapping: Path | None, by_address: bool, reason: str, dry_run: bool,
    as_json: bool,
) -> None:
    """After a provider re-issued its subjects: nobody is locked out, and nobody is guessed."""
    settings: Settings = current_app.config["SETTINGS"]
    issuer = issuer or (settings.oidc.issuer if settings.oidc else None)
    if not issuer:
        raise click.UsageError("--issuer: OIDC_ISSUER is not set, so say whose subjects changed")
    if mapping is not None and by_address:
        raise click.UsageError("--mapping and --by-address: one of them")
    if mapping is None and not by_address and not new_issuer:
        raise click.UsageError("--mapping FILE, --by-address or --new-issuer URL is needed")
    if by_address and new_issuer:
        raise click.UsageError("--by-address needs no new issuer: people are matched anew by what the settings say")
    subjects = _subjects(mapping) if mapping is not None else None
    with unit_of_work() as uow:
        done = identities.rebind(
            uow, issuer=issuer, new_issuer=new_issuer or issuer, mapping=subjects, reason=reason.strip()
        )
        if dry_run:
            uow.session.rollback()
    value = {
        "issuer": issuer, "rebound": done.rebound, "released": done.released, "unknown": done.unknown,
        "missing": done.missing, "dry_run": dry_run,
    }
    would = "would be " if dry_run else ""
    output.answer(value, as_json=as_json, lines=[
        f"{done.rebound} {would}rebound, {done.released} {would}let go until the next sign-in.",
        *(f"not in the list, left as they are: {email}" for email in done.missing),
        *(f"in the list, known to nobody here: {subject}" for subject in done.unknown),
    ])


def _subjects(path: Path) -> Mapping[str, str]:
    """Two columns; a header is recognised by its words. A subject that comes twice refuses the whole list."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [[cell.strip() for cell in row] for row in csv.reader(file) if any(cell.strip() for cell in row)]
    if rows and "subject" in " ".join(rows[0]).lower():
        rows = rows[1:]
    pairs = {row[0]: row[1] for row in rows if len(row) >= 2 and row[0] and row[1]}
    if len(set(pairs.values())) < len(rows):
        raise output.Failed(f"{path}: each row needs two subjects, none twice. Nothing was changed.")
    return pairs


def _value(user: User) -> dict[str, object]:
    return {
        "id": user.id, "email": user.email, "name": user.name, "role": user.role.value if user.role else None,
        "agency": user.agency.code if user.agency else None, "is_active": user.deactivated_at is None,
        "last_sign_in_at": user.last_sign_in_at,
    }
