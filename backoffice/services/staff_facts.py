"""What staff set stays until they release it, whatever an import says (DOMAIN §2): the rows that remember it."""

from sqlalchemy import delete, select

from backoffice.domain.permissions import Actor
from backoffice.models import ImportDifference, Project, StaffFact
from backoffice.services.uow import UnitOfWork


def hold(uow: UnitOfWork, *, actor: Actor, project: Project, field: str, reason: str) -> None:
    """From now on an import that differs leaves this fact. What it said before is settled by that."""
    row = uow.session.scalar(select(StaffFact).where(StaffFact.project_id == project.id, StaffFact.field == field))
    if row is None:
        row = StaffFact(project_id=project.id, field=field)
        uow.session.add(row)
    row.reason, row.set_at, row.set_by_id = reason, uow.now, actor.user_id
    uow.session.execute(
        delete(ImportDifference).where(ImportDifference.project_id == project.id, ImportDifference.field == field)
    )


def let_go(uow: UnitOfWork, *, project: Project, field: str) -> bool:
    """The import's again; False when nobody holds it."""
    row = uow.session.scalar(select(StaffFact).where(StaffFact.project_id == project.id, StaffFact.field == field))
    if row is None:
        return False
    uow.session.delete(row)
    return True
