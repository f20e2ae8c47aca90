"""The final report's dates (DOMAIN §2): by staff on a page, or by the agency's own system; audited, never in the
future, cleared only with a reason."""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from backoffice.domain import text
from backoffice.domain.errors import N_, NotFound, Refused
from backoffice.domain.permissions import Actor, Permission
from backoffice.models import Project
from backoffice.queries import gate
from backoffice.queries import projects as queries
from backoffice.services import audit, projects, staff_facts
from backoffice.services.uow import UnitOfWork


class Untouched(Enum):
    """A date that the caller did not name stays as it is; None clears it."""

    UNTOUCHED = "untouched"


UNTOUCHED = Untouched.UNTOUCHED


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDates:
    handed_in_on: date | Untouched | None = UNTOUCHED
    approved_on: date | Untouched | None = UNTOUCHED
    reason: str = ""


def mark(uow: UnitOfWork, *, actor: Actor, project_id: int, dates: ReportDates) -> Project:
    """By a specialist (`report:mark`)."""
    project = projects.lock(uow, actor=actor, project_id=project_id, permission=Permission.REPORT_MARK)
    _change(uow, actor=actor, project=project, dates=dates, source="")
    return project


def mark_by_token(
    uow: UnitOfWork, *, agency_id: int, token_name: str, code: str, dates: ReportDates
) -> Project:
    """By the agency's own system, whose token holds the scope `report:write`."""
    project = uow.session.scalar(
        gate.project(agency_id=agency_id, code=code).with_for_update()
    )
    if project is None:
        raise NotFound(N_("There is no such project."))
    _change(uow, actor=None, project=project, dates=dates, source=token_name)
    return project


def _change(uow: UnitOfWork, *, actor: Actor | None, project: Project, dates: ReportDates, source: str) -> None:
    today = queries.today(project.agency, now=uow.now)
    reason = text.fit(text.clean(dates.reason), limit="reason", field="reason")
    asked = {"handed_in_on": dates.handed_in_on, "approved_on": dates.approved_on}
    changed: dict[str, date | None] = {}
    for field, value in asked.items():
        column = f"report_{field}"
        if isinstance(value, Untouched) or value == getattr(project, column):
            continue
        if value is None and not reason:
            raise Refused(N_("Say why the date is taken back."), field="reason", code="reason-missing")
        if value is not None and value > today:
            raise Refused(N_("This day is still to come."), field=field, code="future")
        changed[column] = value
    for column, value in changed.items():
        setattr(project, column, value)
        if actor is not None:
            staff_facts.hold(uow, actor=actor, project=project, field=column, reason=reason)
    if changed:
        audit.record(
            uow, actor=actor, action="report:marked", agency_id=project.agency_id, project_id=project.id,
            details={
                **{name: value.isoformat() if value else "" for name, value in changed.items()},
                "reason": reason, "token": source,
            },
        )
