"""Once an hour: what was solved and about which nobody writes any more is closed."""

from backoffice.services import tickets
from backoffice.services.uow import unit_of_work


def tidy() -> int:
    """Gives how many were closed; in portions, so that nobody waits for the lock."""
    closed = 0
    while True:
        with unit_of_work() as uow:
            count = tickets.close_settled(uow)
        closed += count
        if not count:
            return closed
