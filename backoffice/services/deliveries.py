"""What follows when a mail could not be delivered (DOMAIN §7): the agency is told, a wrong address marked."""

from backoffice.domain.notices import Mail, OutboxState
from backoffice.models import AddressState, OutboxRow, Project
from backoffice.services import outbox, people
from backoffice.services.outbox import Claim
from backoffice.services.uow import UnitOfWork


def failed(uow: UnitOfWork, *, claim: Claim, cause: str, is_final: bool, is_refused_address: bool) -> None:
    """Record the attempt; when it was the last one, say so to the responsible specialist, once for each address.
    `is_refused_address`: the server will not take mail for this address at all, as with a hard bounce."""
    row = outbox.failed(uow, claim=claim, cause=cause, is_final=is_final)
    if is_refused_address:
        uow.session.merge(AddressState(email=claim.to, bounced_at=uow.now, cause=cause[:500]))
    if row is not None:
        _tell(uow, row=row)


def came_back(uow: UnitOfWork, *, row_id: int, cause: str, is_final: bool, is_refused_address: bool) -> None:
    """A mail that had left came back, as a mail server on its way says: the row shows why. While it is only late,
    nothing else changes."""
    row = uow.session.get_one(OutboxRow, row_id, with_for_update=True)
    row.failure = cause[:500]
    if not is_final:
        return
    row.state = OutboxState.FAILED
    if is_refused_address:
        uow.session.merge(AddressState(email=row.to, bounced_at=uow.now, cause=cause[:500]))
    _tell(uow, row=row)


def _tell(uow: UnitOfWork, *, row: OutboxRow) -> None:
    project = uow.session.get(Project, row.project_id) if row.project_id else None
    if project is None or row.kind is Mail.DELIVERY_FAILED:
        return
    for person in people.agency_side(uow.session, project=project):
        if person.email != row.to:
            outbox.publish(
                uow, kind=Mail.DELIVERY_FAILED, key=f"{project.id}:{row.to}", to=person,
                agency_id=project.agency_id, project_id=project.id, params={"outbox_id": row.id},
            )
