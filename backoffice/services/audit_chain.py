"""Seals over the audit trail (DOMAIN §10): written by the sweep, never by the act itself, which would make every act
wait for every other."""

from sqlalchemy import func, select

from backoffice.models import AuditSeal
from backoffice.queries import audit_chain as queries
from backoffice.services.uow import UnitOfWork

_CHAIN = 0x5EA1  # the lock under which the chain grows: there is one end, and one who adds to it
# An import that began earlier may commit events with lower ids than those sealed already; so far back each sweep looks,
# and the hourly one over everything.
LOOK_BACK = 20_000


def seal(uow: UnitOfWork, *, limit: int, is_whole: bool = False) -> int:
    """Seal what is not sealed yet; gives how many, so that the caller goes on until there is none."""
    session = uow.session
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_CHAIN)))
    last = session.scalar(queries.last_seal())
    number, before = (last.number, last.digest) if last else (0, queries.FIRST)
    after_id = 0 if is_whole or last is None else max(0, last.event_id - LOOK_BACK)
    events = session.scalars(queries.unsealed(after_id=after_id, limit=limit)).all()
    for event in events:
        number += 1
        before = queries.seal_digest(event, before=before)
        session.add(AuditSeal(number=number, event_id=event.id, digest=before))
    return len(events)
