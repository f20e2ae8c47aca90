"""The figures of a year, for the agency's yearly report: only sums, no person in any of them.

What ended, was submitted in time, returned and decided counts by the year in which the project ended, so that the
numbers of a line speak about the same projects; the months count what was submitted and decided in them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from statistics import median

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from backoffice.domain import clock
from backoffice.domain import projects as rules
from backoffice.domain.calendar import Calendar
from backoffice.domain.calendar import calendar as calendar_of
from backoffice.domain.permissions import Actor
from backoffice.domain.projects import GrantState
from backoffice.domain.results import ResultType
from backoffice.domain.reviews import DecisionKind
from backoffice.models import Agency, Decision, Project, Submission, SubmissionItem
from backoffice.queries import projects, published
from backoffice.queries.published import Moment

FIRST_YEAR = 2014  # the programme's
_DECIDED = (DecisionKind.RETURN, DecisionKind.APPROVE)


@dataclass(slots=True, kw_only=True)
class Line:
    """One action, or all of them."""

    action: str = ""
    ended: int = 0
    required: int = 0
    submitted: int = 0
    in_time: int = 0  # before the final report was due
    returned: int = 0  # once or more
    approved: int = 0
    waits: list[int] = field(default_factory=list)  # working days of each submission until its decision
    published: Counter[ResultType] = field(default_factory=Counter)

    @property
    def days(self) -> float | None:
        """The median; None where nothing was decided."""
        return median(self.waits) if self.waits else None


@dataclass(slots=True, kw_only=True)
class Month:
    """What happened in one month of the year."""

    number: int
    submitted: int = 0
    approved: int = 0
    waits: list[int] = field(default_factory=list)

    @property
    def days(self) -> float | None:
        return median(self.waits) if self.waits else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    total: Line
    lines: list[Line]
    months: list[Month]

    @property
    def types(self) -> list[tuple[ResultType, int]]:
        """Types of results that are public, the most first."""
        return sorted(self.total.published.items(), key=lambda pair: (-pair[1], pair[0].value))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Submission:
    project_id: int
    number: int
    at: datetime
    kind: DecisionKind | None
    decided_at: datetime | None


def years(session: Session, actor: Actor, *, today: date) -> list[int]:
    """From this year back to the first in which a project ended."""
    first = session.scalar(select(func.min(Project.end_date)).where(projects.scope(actor)))
    since = max(FIRST_YEAR, first.year) if first else today.year
    return list(range(today.year, min(since, today.year) - 1, -1))


def of_year(session: Session, actor: Actor, *, agency: Agency, year: int, today: date, at: Moment) -> Figures:
    """Everything about one year; a handful of statements, whatever the size."""
    begin, end = date(year, 1, 1), min(date(year, 12, 31), today)
    cohort = select(Project).where(
        projects.scope(actor), Project.end_date.between(begin, end), Project.grant_state != GrantState.CANCELLED
    )
    lines = _lines(session, cohort, agency=agency, days=_calendar(agency), at=at)
    return Figures(
        total=_sum(lines), lines=lines, months=months_of(session, actor, agency=agency, year=year, today=today)
    )


def _calendar(agency: Agency) -> Calendar:
    return calendar_of(country=agency.country, extra=[str(day) for day in agency.extra_holidays])


def _lines(
    session: Session, cohort: Select[Project], *, agency: Agency, days: Calendar, at: Moment
) -> list[Line]:
    found: defaultdict[str, Line] = defaultdict(Line)
    actions: dict[int, str] = {}
    due: dict[int, date | None] = {}
    columns = cohort.with_only_columns(
        Project.id, Project.action, Project.end_date, Project.results_required_override, Project.grant_state
    )
    for row in session.execute(columns.order_by(Project.id)):
        line = found[row.action]
        line.action, actions[row.id], due[row.id] = row.action, row.action, rules.report_due_on(row.end_date)
        line.ended += 1
        line.required += rules.results_required(
            action=row.action, override=row.results_required_override, grant_state=row.grant_state
        )
    ids = cohort.with_only_columns(Project.id)
    for project_id, rounds in _by_project(_submissions(session, Submission.project_id.in_(ids))).items():
        line, last = found[actions[project_id]], due[project_id]
        line.submitted += 1
        line.in_time += last is not None and clock.day_of(rounds[0].at, time_zone=agency.time_zone) <= last
        kinds = {row.kind for row in rounds}
        line.returned += DecisionKind.RETURN in kinds
        line.approved += DecisionKind.APPROVE in kinds
        line.waits += _waits(rounds, agency=agency, days=days)
    items = published.items(at).with_only_columns(Project.action, SubmissionItem.type, func.count().label("number"))
    counted = items.where(Project.id.in_(ids)).group_by(Project.action, SubmissionItem.type)
    for action, kind, number in session.execute(counted):
        if kind is not None:
            found[action].published[kind] += number
    return [found[action] for action in sorted(found)]


def months_of(session: Session, actor: Actor, *, agency: Agency, year: int, today: date) -> list[Month]:
    """First submissions and decisions by month, up to the present one."""
    days, months = _calendar(agency), 12 if year < today.year else today.month if year == today.year else 0
    rows = [Month(number=number) for number in range(1, months + 1)]
    begin = clock.start_of(date(year, 1, 1), time_zone=agency.time_zone)
    end = clock.start_of(date(year + 1, 1, 1), time_zone=agency.time_zone)
    own = Submission.project_id.in_(select(Project.id).where(projects.scope(actor)))
    firsts = select(Submission.submitted_at).where(
        own, Submission.number == 1, Submission.submitted_at >= begin, Submission.submitted_at < end
    )
    for instant in session.scalars(firsts.order_by(Submission.id)):
        if (number := clock.day_of(instant, time_zone=agency.time_zone).month) <= months:
            rows[number - 1].submitted += 1
    decided = _submissions(session, own & (Decision.decided_at >= begin) & (Decision.decided_at < end))
    for row in decided:
        if row.decided_at is None:
            continue
        number = clock.day_of(row.decided_at, time_zone=agency.time_zone).month
        if number <= months:
            rows[number - 1].approved += row.kind is DecisionKind.APPROVE
            rows[number - 1].waits += _waits([row], agency=agency, days=days)
    return rows


def _submissions(session: Session, condition: object) -> Iterable[_Submission]:
    """Submissions with the decision that answered each; one that was undone is none, an unlock answers nothing."""
    query = (
        select(
            Submission.project_id, Submission.number, Submission.submitted_at, Decision.kind, Decision.decided_at
        )
        .outerjoin(
            Decision,
            (Decision.submission_id == Submission.id)
            & Decision.kind.in_(_DECIDED)
            & Decision.undone_at.is_(None),
        )
        .where(condition)  # type: ignore[arg-type]
        .order_by(Submission.project_id, Submission.number, Decision.id)
    )
    for row in session.execute(query):
        yield _Submission(
            project_id=row.project_id, number=row.number, at=row.submitted_at, kind=row.kind,
            decided_at=row.decided_at,
        )


def _by_project(rows: Iterable[_Submission]) -> dict[int, list[_Submission]]:
    found: dict[int, list[_Submission]] = {}
    for row in rows:
        found.setdefault(row.project_id, []).append(row)
    return found


def _waits(rows: Sequence[_Submission], *, agency: Agency, days: Calendar) -> list[int]:
    zone = agency.time_zone
    return [
        days.working_days_between(
            clock.day_of(row.at, time_zone=zone), clock.day_of(row.decided_at, time_zone=zone)
        )
        for row in rows if row.decided_at is not None
    ]


def _sum(lines: Sequence[Line]) -> Line:
    total = Line()
    for line in lines:
        for name in ("ended", "required", "submitted", "in_time", "returned", "approved"):
            setattr(total, name, getattr(total, name) + getattr(line, name))
        total.waits += line.waits
        total.published += line.published
    return total
