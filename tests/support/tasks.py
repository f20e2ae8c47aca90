"""Jobs for the tests of the queue: RQ calls a function by its dotted name."""

from flask import current_app

from backoffice.models import Agency
from backoffice.services.uow import unit_of_work


def rename(agency_id: int) -> None:
    """Needs all that a real job needs: the application and the database, in a forked process."""
    with unit_of_work() as uow:
        uow.session.get_one(Agency, agency_id).name = f"Renamed by {current_app.name}"


def rename_first() -> None:
    """A duty: takes no arguments and finds its work itself."""
    with unit_of_work() as uow:
        agency = uow.session.query(Agency).order_by(Agency.id).first()
        if agency is not None:
            agency.name = "Renamed by a duty"


def fail() -> None:
    raise ZeroDivisionError
