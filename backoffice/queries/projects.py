"""Projects, as each actor may see them."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, false, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload, selectinload

from backoffice.domain import clock, projects
from backoffice.domain.permissions import Actor, Permission, Role
from backoffice.domain.projects import Facts, GrantState, Status
from backoffice.domain.text import parse_search
from backoffice.models import Access, Agency, Project, Result


def scope(actor: Actor) -> ColumnElement[bool]:
    """The rows of an actor: own agency for staff, own projects for coordinators, else none."""
    if actor.role is Role.COORDINATOR:
        return Project.id.in_(
            select(Access.project_id).where(Access.user_id == actor.user_id, Access.ended_at.is_(None))
        )
    if actor.can(Permission.PROJECT_READ):
        return Project.agency_id == actor.agency_id
    return false()


def visible(actor: Actor) -> Select[Project]:
    return select(Project).where(scope(actor))


def locked(actor: Actor, project_id: int) -> Select[Project]:
    """A project within the actor's scope, for a write: as it is once the lock is ours.

    Whoever read the row in this very transaction, even only its id, holds it from before the wait for the lock;
    without `populate_existing` that old state would stay, and two decisions at once would both go through.
    """
    query = visible(actor).where(Project.id == project_id).with_for_update(of=Project)
    return query.execution_options(populate_existing=True)


def one(actor: Actor, *, code: str) -> Select[Project]:
    """A project by its code, with what its page shows."""
    return _whole(visible(actor).where(Project.code == code.strip().upper()))


def mine(actor: Actor) -> Select[Project]:
    """The projects of a coordinator, with what their cards show."""
    return _whole(visible(actor)).order_by(Project.sort_key, Project.id)


def _whole(query: Select[Project]) -> Select[Project]:
    return query.options(
        joinedload(Project.agency),
        joinedload(Project.responsible),
        joinedload(Project.logo),
        selectinload(Project.results).selectinload(Result.files),
        selectinload(Project.contacts),
    )


def matching(search: str) -> list[ColumnElement[bool]]:
    """Conditions for a typed search: every word, without case and diacritics, anywhere in the search key."""
    return [Project.search_key.contains(word, autoescape=True) for word in parse_search(search).words]


def listed(
    actor: Actor,
    *,
    search: str = "",
    statuses: Sequence[Status] = (),
    grant_states: Sequence[GrantState] = (),
    actions: Sequence[str] = (),
    years: Sequence[int] = (),
    responsible_ids: Sequence[int] = (),
    ended_after: date | None = None,
    ended_before: date | None = None,
) -> Select[Project]:
    """The projects of a list; order by LIST_ORDER."""
    query = visible(actor).where(*matching(search)).options(joinedload(Project.responsible))
    if statuses:
        query = query.where(Project.status.in_(statuses))
    if grant_states:
        query = query.where(Project.grant_state.in_(grant_states))
    if actions:
        query = query.where(Project.action.in_(actions))
    if years:
        query = query.where(Project.call_year.in_(years))
    if responsible_ids:
        query = query.where(Project.responsible_id.in_(responsible_ids))
    if ended_after is not None:
        query = query.where(Project.end_date > ended_after)
    if ended_before is not None:
        query = query.where(Project.end_date < ended_before)
    return query


LIST_ORDER: tuple[InstrumentedAttribute[str], InstrumentedAttribute[int]] = (Project.sort_key, Project.id)


def has_access(user_id: int, project_id: int) -> Select[int]:
    """A row when the person works on the project as coordinator: then they never decide on it."""
    return (
        select(Access.id)
        .where(Access.user_id == user_id, Access.project_id == project_id, Access.ended_at.is_(None))
        .limit(1)
    )


def today(agency: Agency, *, now: datetime) -> date:
    """The agency's day."""
    return clock.day_of(now, time_zone=agency.time_zone)


def facts(project: Project, *, today: date) -> Facts:
    """What `domain.projects` needs to say whether results can be submitted."""
    return Facts(
        today=today,
        start_date=project.start_date,
        end_date=project.end_date,
        grant_state=project.grant_state,
        report_handed_in_on=project.report_handed_in_on,
    )


def is_submittable(project: Project, *, today: date) -> bool:
    return projects.submittable(facts(project, today=today))


def results_required(project: Project) -> bool:
    """The effective value (DOMAIN §2)."""
    return projects.results_required(
        action=project.action, override=project.results_required_override, grant_state=project.grant_state
    )


def own(actor: Actor) -> Select[Project]:
    """The projects on which a coordinator works, in the Latvian order of their titles."""
    return (
        visible(actor)
        .options(joinedload(Project.responsible), joinedload(Project.agency))
        .order_by(Project.sort_key, Project.id)
    )
