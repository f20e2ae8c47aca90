"""The audit trail, as each actor may read it."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from backoffice.domain import clock
from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.text import parse_search
from backoffice.models import AuditEvent, AuditPersonal, Project

ORDER: tuple[InstrumentedAttribute[datetime], InstrumentedAttribute[int]] = (AuditEvent.at, AuditEvent.id)

# What a reader looks for → the actions that belong to it (`resource:past-tense`).
GROUPS = {
    "decisions": ("project:submitted", "project:returned", "project:approved", "project:unlocked", "project:undone"),
    "reviews": ("review:", "reopening:", "file:passed"),
    "changes": (
        "result:", "summary:", "website:", "logo:", "file:", "project:changed", "project:assigned", "project:waived",
        "project:results-required", "fact:", "import:",
    ),
    "visibility": (
        "contact:", "result:hidden", "project:hidden", "website:hidden", "logo:hidden", "result:override-cleared",
        "project:override-cleared", "website:override-cleared", "logo:override-cleared",
    ),
    "access": ("access:", "identity:", "user:", "sign-in:", "terms:"),
    "mails": ("outbox:", "notice:"),
    "tickets": ("ticket:", "canned-reply:"),
}


def scope(actor: Actor) -> ColumnElement[bool]:
    """Events of the own agency."""
    return AuditEvent.agency_id == actor.agency_id if actor.can(Permission.AUDIT_READ) else false()


def listed(
    actor: Actor,
    *,
    search: str = "",
    groups: Sequence[str] = (),
    project_id: int | None = None,
    actor_id: int | None = None,
    ticket: int | None = None,
    since: date | None = None,
    until: date | None = None,
    time_zone: str = "Europe/Riga",
) -> Select[AuditEvent]:
    """Events, to be ordered by ORDER, newest first. The search is over projects."""
    query = select(AuditEvent).where(scope(actor))
    if groups:
        query = query.where(or_(*(_begins(prefix) for group in groups for prefix in GROUPS.get(group, ()))))
    if project_id is not None:
        query = query.where(AuditEvent.project_id == project_id)
    if actor_id is not None:
        query = query.where(AuditEvent.actor_id == actor_id)
    if ticket is not None:
        query = query.where(
            or_(AuditEvent.subject == f"ticket:{ticket}", AuditEvent.details["ticket"].as_integer() == ticket)
        )
    if since is not None:
        query = query.where(AuditEvent.at >= clock.start_of(since, time_zone=time_zone))
    if until is not None:
        query = query.where(AuditEvent.at < clock.start_of(until, time_zone=time_zone))
    words = parse_search(search).words
    if words:
        found = select(Project.id).where(
            Project.agency_id == actor.agency_id,
            *(Project.search_key.contains(word, autoescape=True) for word in words),
        )
        query = query.where(AuditEvent.project_id.in_(found))
    return query


def lately(*, agency_id: int | None, project_id: int | None = None, subject: str = "") -> Select[AuditEvent]:
    """What was done lately to a thing, or to the project or agency itself, the newest first: who changed its fields.
    The caller may see the thing."""
    return (
        select(AuditEvent)
        .where(
            AuditEvent.agency_id == agency_id, AuditEvent.project_id == project_id,
            AuditEvent.subject.in_({subject, ""}),
        )
        .order_by(AuditEvent.id.desc())
        .limit(200)
    )


def of_subject(project_id: int, *, subject: str) -> Select[AuditEvent]:
    """All that happened to one thing of a project, the newest first; the caller may see the project."""
    return (
        select(AuditEvent)
        .where(AuditEvent.project_id == project_id, AuditEvent.subject == subject)
        .order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
        .limit(200)
    )


def _begins(prefix: str) -> ColumnElement[bool]:
    return AuditEvent.action.startswith(prefix, autoescape=True)


def personal_of(event_ids: Sequence[int]) -> Select[AuditPersonal]:
    """The personal values of events, as far as nobody was erased."""
    return (
        select(AuditPersonal)
        .where(AuditPersonal.event_id.in_(event_ids))
        .order_by(AuditPersonal.event_id, AuditPersonal.field)
    )


def of_project(project_id: int, *, limit: int = 8) -> Select[AuditEvent]:
    """The latest events of one project."""
    return (
        select(AuditEvent)
        .where(AuditEvent.project_id == project_id)
        .order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
        .limit(limit)
    )
