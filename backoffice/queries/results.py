"""Results as the coordinator edits them and as staff list them."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import selectinload

from backoffice.domain.permissions import Actor
from backoffice.domain.projects import Status
from backoffice.domain.results import ResultType
from backoffice.domain.text import parse_search
from backoffice.domain.visibility import Subject
from backoffice.models import Override, Project, Result, SubmissionItem
from backoffice.queries import projects


def scope(actor: Actor) -> ColumnElement[bool]:
    """Results of the projects within the actor's scope."""
    return Result.project_id.in_(select(Project.id).where(projects.scope(actor)))


def one(actor: Actor, result_id: int, *, with_deleted: bool = False) -> Select[Result]:
    query = select(Result).where(Result.id == result_id, scope(actor)).options(selectinload(Result.files))
    return query if with_deleted else query.where(Result.deleted_at.is_(None))


def listed(
    actor: Actor,
    *,
    search: str = "",
    view: str = "all",
    types: Sequence[ResultType] = (),
    statuses: Sequence[Status] = (),
) -> Select[Result]:
    """Results for staff; order by sort_key, id. `view`: all, public, hidden, withheld."""
    query = (
        select(Result)
        .join(Project, Project.id == Result.project_id)
        .where(projects.scope(actor), Result.deleted_at.is_(None))
    )
    for word in parse_search(search).words:
        query = query.where(
            or_(Result.search_key.contains(word, autoescape=True), Project.search_key.contains(word, autoescape=True))
        )
    if types:
        query = query.where(Result.type.in_(types))
    if statuses:
        query = query.where(Project.status.in_(statuses))
    hidden = exists(
        select(Override.id).where(
            Override.subject == Subject.RESULT, Override.subject_id == Result.id, Override.cleared_at.is_(None)
        )
    )
    if view == "hidden":
        query = query.where(hidden)
    if view == "withheld":
        query = query.where(Result.do_not_publish)
    if view == "public":
        query = query.where(~hidden, exists(_published().where(SubmissionItem.result_id == Result.id)))
    return query


def published_ids(result_ids: Sequence[int]) -> Select[int | None]:
    """Those of the results that stand in the approved submission of their project and are to be published."""
    return _published().where(SubmissionItem.result_id.in_(result_ids))


def _published() -> Select[int | None]:
    return (
        select(SubmissionItem.result_id)
        .join(Project, Project.published_submission_id == SubmissionItem.submission_id)
        .where(~SubmissionItem.do_not_publish)
        .correlate(Result)
    )
