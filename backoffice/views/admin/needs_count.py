"""The number beside "Needs data" in the menu. It is asked for on every page of staff and looks through all projects of
the agency, so each process keeps it for a minute; the page itself always counts, and tells what it found."""

from datetime import datetime, timedelta

from flask import current_app

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.permissions import Actor
from backoffice.models import Agency
from backoffice.queries import needs, projects

KEPT_FOR = timedelta(minutes=1)
_Known = dict[int, tuple[datetime, int]]


def current(actor: Actor) -> int | None:
    """How much is missing in the actor's agency, as of the last minute."""
    agency = db.session.get(Agency, actor.agency_id) if actor.agency_id else None
    if agency is None:
        return None
    now = clock.now()
    at, number = _known().get(agency.id, (None, 0))
    if at is None or not timedelta(0) <= now - at < KEPT_FOR or current_app.testing:
        number = sum(needs.counts(db.session(), actor, today=projects.today(agency, now=now)).values())
        tell(agency_id=agency.id, number=number)
    return number


def tell(*, agency_id: int, number: int) -> None:
    _known()[agency_id] = (clock.now(), number)


def forget(*, agency_id: int) -> None:
    """Something was cured: the next page counts anew."""
    _known().pop(agency_id, None)


def _known() -> _Known:
    known: _Known = current_app.extensions.setdefault("needs_data", {})
    return known
