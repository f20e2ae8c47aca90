"""What waits for one member of the staff, and how the agency stands: the numbers of the first page."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session, joinedload

from backoffice.domain import clock
from backoffice.domain import projects as rules
from backoffice.domain.permissions import Actor
from backoffice.domain.projects import GrantState, Status
from backoffice.domain.reviews import DecisionKind
from backoffice.models import Access, AuditEvent, Decision, Project, ReviewClaim, Submission
from backoffice.queries import audit, projects, reviews


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The agency now."""

    waiting: int
    returned_overdue: int
    approved_this_year: int


def numbers(session: Session, actor: Actor, *, today: date, year_begins: datetime) -> Numbers:
    own = projects.scope(actor)
    waiting, overdue, approved = session.execute(
        select(
            select(func.count()).where(own, Project.status == Status.UNDER_REVIEW).scalar_subquery(),
            select(func.count())
            .where(own, Project.status == Status.RETURNED, Project.due_on < today)
            .scalar_subquery(),
            select(func.count(Decision.project_id.distinct()))
            .join(Project, Project.id == Decision.project_id)
            .where(
                own, Decision.kind == DecisionKind.APPROVE, Decision.undone_at.is_(None),
                Decision.decided_at >= year_begins,
            )
            .scalar_subquery(),
        )
    ).one()
    return Numbers(waiting=waiting, returned_overdue=overdue, approved_this_year=approved)


def claimed(session: Session, actor: Actor, *, limit: int = 10) -> list[ReviewClaim]:
    """The actor's claims, also one that ran out and that nobody took: it is still theirs to finish."""
    query = (
        select(ReviewClaim)
        .join(Project, Project.id == ReviewClaim.project_id)
        .where(projects.scope(actor), Project.status == Status.UNDER_REVIEW, ReviewClaim.user_id == actor.user_id)
        .options(joinedload(ReviewClaim.user))
        .order_by(ReviewClaim.since_at, ReviewClaim.project_id)
        .limit(limit)
    )
    return list(session.scalars(query))


def free(actor: Actor, *, now: datetime) -> Select[Project]:
    """Reviews that the actor could be dealt: claimed by nobody, on projects of others; order by QUEUE_ORDER."""
    own = select(Access.id).where(
        Access.project_id == Project.id, Access.user_id == actor.user_id, Access.ended_at.is_(None)
    )
    held = select(ReviewClaim.project_id).where(ReviewClaim.project_id == Project.id, ReviewClaim.until_at > now)
    return projects.visible(actor).where(Project.status == Status.UNDER_REVIEW, ~exists(held), ~exists(own))


def oldest(session: Session, query: Select[Project]) -> Project | None:
    return session.scalar(query.order_by(*reviews.QUEUE_ORDER).limit(1))


def overdue(actor: Actor, *, today: date) -> Select[Project]:
    """Returned or unlocked, and the coordinator's day passed, the longest overdue first."""
    return (
        projects.visible(actor)
        .where(Project.status == Status.RETURNED, Project.due_on < today)
        .order_by(Project.due_on, Project.id)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """A week by its Monday: what was sent in it, or what its end dates let expect."""

    begins: date
    received: int = 0
    expected: int = 0


def weeks(session: Session, actor: Actor, *, today: date, time_zone: str, back: int = 4, ahead: int = 8) -> list[Week]:
    """Submissions of the last weeks, and those that the coming weeks may bring: an open project can be sent from the
    day after its end, and most are sent then."""
    monday = today - timedelta(days=today.weekday())
    first, last = monday - timedelta(weeks=back), monday + timedelta(weeks=ahead)
    own = projects.scope(actor)
    received = Counter(
        _monday(clock.day_of(instant, time_zone=time_zone))
        for instant in session.scalars(
            select(Submission.submitted_at)
            .join(Project, Project.id == Submission.project_id)
            .where(own, Submission.submitted_at >= clock.start_of(first, time_zone=time_zone))
            .order_by(Submission.id)
        )
    )
    ends = session.execute(
        select(Project.end_date, Project.action, Project.results_required_override, Project.grant_state)
        .where(
            own, Project.status == Status.OPEN, Project.grant_state != GrantState.CANCELLED,
            Project.end_date >= monday - timedelta(days=1), Project.end_date < last,
        )
        .order_by(Project.id)
    )
    expected = Counter(
        _monday(row.end_date + timedelta(days=1))
        for row in ends if rules.results_required(
            action=row.action, override=row.results_required_override, grant_state=row.grant_state
        )
    )
    return [
        Week(begins=day, received=received[day], expected=expected[day])
        for day in (first + timedelta(weeks=number) for number in range(back + ahead))
    ]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def latest(session: Session, actor: Actor, *, limit: int = 6) -> list[AuditEvent]:
    """What happened last with projects of the agency."""
    query = audit.listed(actor, groups=["decisions"]).where(AuditEvent.project_id.is_not(None))
    return list(session.scalars(query.order_by(AuditEvent.at.desc(), AuditEvent.id.desc()).limit(limit)))
