"""National Agencies."""

from sqlalchemy import Select, select

from backoffice.models import Access, Agency, Project


def in_order() -> Select[Agency]:
    """All of them; the first one is the one whose name and texts a visitor sees unless they ask for another."""
    return select(Agency).order_by(Agency.id)


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
