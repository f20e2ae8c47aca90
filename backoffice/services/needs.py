"""Cures of "Needs data" that are no act of another service already."""

from backoffice.domain.permissions import Actor
from backoffice.models import Access, AddressState
from backoffice.services import access
from backoffice.services.uow import UnitOfWork


def try_again(uow: UnitOfWork, *, actor: Actor, access_id: int) -> Access:
    """Mail came back, and somebody looked at the address: it counts as good until mail comes back again."""
    row = access.send_again(uow, actor=actor, access_id=access_id)
    state = uow.session.get(AddressState, row.user.email)
    if state is not None:
        state.bounced_at = None
    return row
