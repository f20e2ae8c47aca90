"""Facts of a project that staff set by hand (DOMAIN §2): grant state, dates, "results required", responsible.

Each is audited and held against imports until released; what follows from it (a mail about the moved end, an invitation
that lapses or comes at once) follows in the same transaction.
"""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain import staff_facts as rules
from backoffice.domain import text
from backoffice.domain.errors import N_, NotFound, Refused
from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.projects import GrantState
from backoffice.domain.staff_facts import Value
from backoffice.models import ImportDifference, Project, User
from backoffice.queries import facts as queries
from backoffice.services import audit, notices, projects, staff_facts
from backoffice.services.uow import UnitOfWork

STALE = N_("Somebody changed this while you were looking. Look at what stands there now, then decide again.")


def set_grant_state(
    uow: UnitOfWork, *, actor: Actor, project_id: int, seen: str, grant_state: GrantState, reason: str
) -> Project:
    """With a reason. Terminated: submittable and invited at once; cancelled: no dated mail, not public."""
    project = projects.lock(uow, actor=actor, project_id=project_id, permission=Permission.PROJECT_EDIT)
    _check_seen(seen, rules.written(project.grant_state), field="grant_state")
    reason = _reason(reason, is_needed=grant_state is not project.grant_state)
    _change(uow, actor=actor, project=project, changes={"grant_state": grant_state}, reason=reason)
    return project


def set_dates(
    uow: UnitOfWork,
    *,
    actor: Actor,
    project_id: int,
    seen: str,
    start_date: date | None,
    end_date: date | None,
    reason: str = "",
) -> Project:
    """Start and end; everybody with access is told of a moved end (DOMAIN §7)."""
    project = projects.lock(uow, actor=actor, project_id=project_id, permission=Permission.PROJECT_EDIT)
    _check_seen(seen, dates_seen(project), field="end_date")
    _check_dates(start_date, end_date)
    _change(
        uow, actor=actor, project=project, changes={"start_date": start_date, "end_date": end_date},
        reason=_reason(reason, is_needed=False),
    )
    return project


def marks_seen(project: Project) -> str:
    """Both marks as a form saw them."""
    return f"{project.is_good_practice}/{project.is_success_story}"


def dates_seen(project: Project) -> str:
    """Both dates as a form saw them."""
    return f"{rules.written(project.start_date)}/{rules.written(project.end_date)}"


def set_results_required(
    uow: UnitOfWork, *, actor: Actor, project_id: int, seen: str, is_required: bool | None, reason: str
) -> Project:
    """Staff's word against the default of the action type, with a reason; None gives the default back."""
    project = projects.lock(uow, actor=actor, project_id=project_id, permission=Permission.PROJECT_WAIVE)
    _check_seen(seen, rules.written(project.results_required_override), field="is_required")
    if is_required is project.results_required_override:
        return project
    reason = _reason(reason, is_needed=is_required is not None)
    project.results_required_override, project.results_required_reason = is_required, reason
    words = {True: "required", False: "not required", None: "as the action type says"}
    audit.record(
        uow, actor=actor, action="project:waived" if is_required is False else "project:results-required",
        agency_id=project.agency_id, project_id=project.id,
        details={"results": words[is_required], "reason": reason},
    )
    return project


def assign(
    uow: UnitOfWork, *, actor: Actor, project_id: int, responsible_id: int | None, seen: str | None = None
) -> Project:
    """Whose job it is (DOMAIN §1): a specialist of the agency, or nobody. `seen`: who it was on the page, if one."""
    project = projects.lock(uow, actor=actor, project_id=project_id, permission=Permission.PROJECT_ASSIGN)
    if seen is not None:
        _check_seen(seen, rules.written(project.responsible_id), field="responsible")
    check_responsible(uow.session, project=project, responsible_id=responsible_id)
    _change(uow, actor=actor, project=project, changes={"responsible_id": responsible_id}, reason="")
    return project


def check_responsible(session: Session, *, project: Project, responsible_id: int | None) -> None:
    """Only who decides on reviews of this agency, and is there."""
    if responsible_id is not None and session.scalar(
        queries.specialists(project.agency_id).where(User.id == responsible_id)
    ) is None:
        raise Refused(
            N_("Choose a specialist of the agency."), field="responsible", code="responsible"
        )


def set_marks(
    uow: UnitOfWork, *, actor: Actor, project_id: int, seen: str, is_good_practice: bool, is_success_story: bool
) -> Project:
    """What the agency recommends to others, seen by everybody; an import leaves it from now on."""
    project = projects.lock(uow, actor=actor, project_id=project_id, permission=Permission.PROJECT_MARK)
    _check_seen(seen, marks_seen(project), field="is_good_practice")
    marks: dict[str, Value] = {"is_good_practice": is_good_practice, "is_success_story": is_success_story}
    _change(uow, actor=actor, project=project, changes=marks, reason="")
    return project


def release(uow: UnitOfWork, *, actor: Actor, project_id: int, field: str) -> Project:
    """The import owns the fact again: what it said otherwise holds at once, else the next one decides."""
    project = projects.lock(uow, actor=actor, project_id=project_id, permission=Permission.PROJECT_EDIT)
    if not staff_facts.let_go(uow, project=project, field=field):
        raise NotFound(N_("Nobody holds this fact against imports."))
    difference = uow.session.scalar(
        select(ImportDifference).where(ImportDifference.project_id == project.id, ImportDifference.field == field)
    )
    theirs = rules.read(field, difference.theirs) if difference is not None else None
    if difference is not None:
        if field == "responsible_id" and isinstance(theirs, int):
            check_responsible(uow.session, project=project, responsible_id=theirs)
        if isinstance(theirs, date) and field in ("start_date", "end_date"):
            _check_dates(*(theirs if field == name else getattr(project, name) for name in ("start_date", "end_date")))
        uow.session.delete(difference)
    audit.record(
        uow, actor=actor, action="fact:released", agency_id=project.agency_id, project_id=project.id,
        details={"fields": [field]},
    )
    if difference is not None:
        _apply(uow, actor=actor, project=project, changes={field: theirs}, reason="")
    return project


def take_theirs(uow: UnitOfWork, *, actor: Actor, difference_id: int) -> None:
    """The import was right: its value holds, and nobody holds the fact against it any longer."""
    row, project = _difference(uow, actor=actor, difference_id=difference_id)
    release(uow, actor=actor, project_id=project.id, field=row.field)


def keep_ours(uow: UnitOfWork, *, actor: Actor, difference_id: int) -> None:
    """The row leaves "Needs data" until an import says something else again."""
    row, project = _difference(uow, actor=actor, difference_id=difference_id)
    row.kept_at, row.kept_by_id = uow.now, actor.user_id
    audit.record(
        uow, actor=actor, action="fact:kept", agency_id=project.agency_id, project_id=project.id,
        details={"fields": [row.field]},
    )


def _difference(uow: UnitOfWork, *, actor: Actor, difference_id: int) -> tuple[ImportDifference, Project]:
    project_id = uow.session.scalar(select(ImportDifference.project_id).where(ImportDifference.id == difference_id))
    project = projects.lock(uow, actor=actor, project_id=project_id or 0, permission=Permission.PROJECT_EDIT)
    found = uow.session.scalar(select(ImportDifference).where(ImportDifference.id == difference_id))
    if found is None:
        raise NotFound(N_("This is settled already."))
    return found, project


def _change(
    uow: UnitOfWork, *, actor: Actor, project: Project, changes: Mapping[str, Value], reason: str
) -> None:
    """Set what differs, and hold it against imports."""
    wanted = {name: value for name, value in changes.items() if getattr(project, name) != value}
    for name in wanted:
        staff_facts.hold(uow, actor=actor, project=project, field=name, reason=reason)
    _apply(uow, actor=actor, project=project, changes=wanted, reason=reason)


def _apply(uow: UnitOfWork, *, actor: Actor, project: Project, changes: Mapping[str, Value], reason: str) -> None:
    """The change itself, its event, and the mails that follow."""
    before = {name: getattr(project, name) for name in changes}
    if all(before[name] == value for name, value in changes.items()):
        return
    for name, value in changes.items():
        setattr(project, name, value)
    uow.session.flush()
    audit.record(
        uow, actor=actor, action="project:assigned" if set(changes) == {"responsible_id"} else "project:changed",
        agency_id=project.agency_id, project_id=project.id,
        details={
            "fields": list(changes), "reason": reason,
            "changes": {name: [rules.written(before[name]), rules.written(changes[name])] for name in changes},
        },
    )
    if "end_date" in changes:
        notices.end_dates_changed(
            uow, former={project.id: before["end_date"]}, agencies={project.agency_id: project.agency}
        )
    if "grant_state" in changes:  # a terminated project is invited at once, a cancelled one is left in peace
        day = notices.today(project.agency, now=uow.now)
        notices.arm(uow, agency=project.agency, project_ids=[project.id], day=day)


def _check_dates(start: date | None, end: date | None) -> None:
    if start is not None and end is not None and end < start:
        raise Refused(N_("The project cannot end before it starts."), field="end_date", code="end-before-start")


def _check_seen(seen: str, now: str, *, field: str) -> None:
    if seen != now:
        raise Refused(STALE, field=field, code="stale")


def _reason(reason: str, *, is_needed: bool) -> str:
    reason = text.fit(text.clean(reason), limit="reason", field="reason")
    if is_needed and not reason:
        raise Refused(N_("Give a reason."), field="reason", code="reason-missing")
    return reason
