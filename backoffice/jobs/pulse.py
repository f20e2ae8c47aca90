"""When each duty last came to its end: what `/metrics` tells the age of."""

from backoffice.models import DutyRun
from backoffice.services.uow import unit_of_work


def note(name: str) -> None:
    """The duty has just ended well."""
    with unit_of_work() as uow:
        row = uow.session.get(DutyRun, name)
        if row is None:
            uow.session.add(DutyRun(name=name, ended_at=uow.now))
        else:
            row.ended_at = uow.now
