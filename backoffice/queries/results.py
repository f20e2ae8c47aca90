"""Results as the coordinator edits them."""

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import selectinload

from backoffice.domain.permissions import Actor
from backoffice.models import Project, Result
from backoffice.queries import projects


def scope(actor: Actor) -> ColumnElement[bool]:
    """Results of the projects within the actor's scope."""
    return Result.project_id.in_(select(Project.id).where(projects.scope(actor)))


def one(actor: Actor, result_id: int, *, with_deleted: bool = False) -> Select[Result]:
    query = select(Result).where(Result.id == result_id, scope(actor)).options(selectinload(Result.files))
    return query if with_deleted else query.where(Result.deleted_at.is_(None))
