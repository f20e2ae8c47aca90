"""What staff set against imports, and who may be responsible."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from backoffice.domain.permissions import StaffRole
from backoffice.models import ImportDifference, StaffFact, User

DECIDING = (StaffRole.SPECIALIST, StaffRole.AGENCY_ADMIN)


def specialists(agency_id: int) -> Select[User]:
    """Who may be responsible for a project of the agency."""
    return (
        select(User)
        .where(User.agency_id == agency_id, User.role.in_(DECIDING), User.deactivated_at.is_(None))
        .order_by(User.name_sort, User.id)
    )


def held(project_id: int) -> Select[StaffFact, User]:
    """The facts that staff hold, with who set them, the newest first."""
    return (
        select(StaffFact, User)
        .outerjoin(User, User.id == StaffFact.set_by_id)
        .where(StaffFact.project_id == project_id)
        .order_by(StaffFact.set_at.desc(), StaffFact.id.desc())
    )


def differences(session: Session, project_id: int) -> dict[str, ImportDifference]:
    """What imports said otherwise, by field."""
    rows = session.scalars(select(ImportDifference).where(ImportDifference.project_id == project_id))
    return {row.field: row for row in rows}
