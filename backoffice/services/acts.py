"""Act keys: the second press of the same button answers with the first outcome and writes nothing (DESIGN §3)."""

from backoffice.domain.permissions import Actor
from backoffice.models import ActKey
from backoffice.services.uow import UnitOfWork


def outcome(uow: UnitOfWork, *, actor: Actor | None, key: str) -> str | None:
    """What the act with this key came to, if this very person did it already; `actor` None: nobody is signed in."""
    if not key:
        return None
    row = uow.session.get(ActKey, key[:64])
    return row.outcome if row is not None and row.user_id == _who(actor) else None


def remember(uow: UnitOfWork, *, actor: Actor | None, key: str, outcome: str) -> None:
    """Keep what the act came to, in its own transaction."""
    if key:
        uow.session.add(ActKey(key=key[:64], user_id=_who(actor), at=uow.now, outcome=outcome))


def _who(actor: Actor | None) -> int | None:
    return actor.user_id if actor is not None else None
