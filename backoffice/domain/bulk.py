"""Acts on many projects at once (DOMAIN §3: nobody approves in bulk): which there are, and why one is left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from backoffice.domain import projects
from backoffice.domain.errors import N_
from backoffice.domain.permissions import Permission
from backoffice.domain.projects import Facts, GrantState, Status

MOST = 500  # projects of one act
REMINDED_LATELY = timedelta(days=7)


class Act(StrEnum):
    ASSIGN = "assign"
    REMIND = "remind"
    ACCESS = "access"
    REPORT = "report"
    HIDE = "hide"


PERMISSIONS: Mapping[Act, Permission] = MappingProxyType({
    Act.ASSIGN: Permission.PROJECT_ASSIGN,
    Act.REMIND: Permission.PROJECT_REMIND,
    Act.ACCESS: Permission.ACCESS_GRANT,
    Act.REPORT: Permission.REPORT_MARK,
    Act.HIDE: Permission.PROJECT_HIDE,
})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is to be done, beside the act itself."""

    act: Act
    responsible_id: int | None = None
    handed_in_on: date | None = None
    approved_on: date | None = None
    text: str = ""  # the reason of hiding, or a sentence of one's own in a reminder
    again: frozenset[int] = frozenset()  # projects that are reminded although they were lately


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What decides about one project."""

    project_id: int
    status: Status
    status_since_at: datetime
    facts: Facts
    results_required: bool
    responsible_id: int | None
    report_approved_on: date | None
    is_hidden: bool
    people: int  # with access
    reached: int  # of them, those whose mail arrives
    new: int  # of these, those who never signed in
    reminded_at: datetime | None  # by hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The reason why an act leaves a project out: a sentence, its stable name, and where its cure is."""

    code: str
    message: str
    values: Mapping[str, object] = field(default_factory=dict)


def left_out(case: Candidate, ask: Ask, *, now: datetime) -> Why | None:
    """None when the act goes on."""
    if ask.act is Act.ASSIGN:
        return _same() if case.responsible_id == ask.responsible_id else None
    if ask.act is Act.REPORT:
        is_same = (ask.handed_in_on in (None, case.facts.report_handed_in_on)) and (
            ask.approved_on in (None, case.report_approved_on)
        )
        return _same() if is_same else None
    if ask.act is Act.HIDE:
        return Why(code="hidden", message=N_("Hidden already")) if case.is_hidden else None
    if case.facts.grant_state is GrantState.CANCELLED:
        return Why(code="cancelled", message=N_("The grant is cancelled"))
    if ask.act is Act.REMIND and (why := _no_reminder(case, ask, now=now)) is not None:
        return why
    if not case.people:
        return Why(code="no-access", message=N_("Nobody has access"))
    if not case.reached:
        return Why(code="unreachable", message=N_("Mail to every address comes back"))
    if ask.act is Act.ACCESS and not case.new:
        return Why(code="signed-in", message=N_("Everybody with access has signed in"))
    return None


def _no_reminder(case: Candidate, ask: Ask, *, now: datetime) -> Why | None:
    if case.status is Status.UNDER_REVIEW:
        return Why(code="under-review", message=N_("Under review since %(day)s"), values={"day": case.status_since_at})
    if case.status is Status.APPROVED:
        return Why(code="approved", message=N_("The results are approved"))
    if case.status is Status.OPEN:
        if not case.results_required:
            return Why(code="not-required", message=N_("Results are not required"))
        if not projects.submittable(case.facts):
            first = projects.submittable_from(case.facts)
            if first is None:
                return Why(code="no-end-date", message=N_("The end date is not known"))
            return Why(
                code="not-submittable", message=N_("Can be submitted from %(day)s on"), values={"day": first}
            )
    is_fresh = case.reminded_at is not None and now - case.reminded_at < REMINDED_LATELY
    if is_fresh and case.project_id not in ask.again:
        return Why(code="reminded", message=N_("Reminded by hand on %(day)s"), values={"day": case.reminded_at})
    return None


def _same() -> Why:
    return Why(code="same", message=N_("It is so already"))
