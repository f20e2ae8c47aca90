"""National Agencies."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from backoffice.domain.permissions import StaffRole
from backoffice.models import Access, Agency, Project, User


def in_order() -> Select[Agency]:
    """All of them; the first one is the one whose name and texts a visitor sees unless they ask for another."""
    return select(Agency).order_by(Agency.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class WithAdmins:
    """An agency, who runs it, and how many projects it has."""

    agency: Agency
    admins: Sequence[User]
    projects: int


def with_admins(session: Session) -> list[WithAdmins]:
    """All of them, for the platform admin, in three statements."""
    admins = session.scalars(
        select(User)
        .where(User.role == StaffRole.AGENCY_ADMIN, User.deactivated_at.is_(None))
        .order_by(User.name_sort, User.id)
    ).all()
    query = select(Project.agency_id, func.count()).group_by(Project.agency_id).order_by(Project.agency_id)
    counts = {row[0]: row[1] for row in session.execute(query)}
    return [
        WithAdmins(
            agency=row, admins=[user for user in admins if user.agency_id == row.id], projects=counts.get(row.id, 0)
        )
        for row in session.scalars(in_order())
    ]


def of_project(project_id: int) -> Select[int]:
    """Whose project it is."""
    return select(Project.agency_id).where(Project.id == project_id)


def by_code(code: str) -> Select[Agency]:
    return select(Agency).where(Agency.code == code.strip().upper())


def of_person(user_id: int) -> Select[Agency]:
    """The agency of the project to which a coordinator was let last."""
    return (
        select(Agency)
        .join(Project, Project.agency_id == Agency.id)
        .join(Access, Access.project_id == Project.id)
        .where(Access.user_id == user_id, Access.ended_at.is_(None))
        .order_by(Access.id.desc())
        .limit(1)
    )
