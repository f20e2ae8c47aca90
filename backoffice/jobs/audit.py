"""The chain over the audit trail grows with each sweep."""

from backoffice.services import audit_chain
from backoffice.services.uow import unit_of_work

BATCH = 1_000  # events of one unit of work: the lock of the chain is held shortly


def seal() -> int:
    """What the last minutes brought."""
    return _seal(is_whole=False)


def seal_all() -> int:
    """Whatever no sweep saw: a long import commits its events after younger ones."""
    return _seal(is_whole=True)


def _seal(*, is_whole: bool) -> int:
    total = 0
    while True:
        with unit_of_work() as uow:
            count = audit_chain.seal(uow, limit=BATCH, is_whole=is_whole)
        total += count
        if count < BATCH:
            return total
