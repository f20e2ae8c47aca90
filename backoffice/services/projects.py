"""The coordinator's texts of a project, and the lock that every write on a project begins with."""

from collections.abc import Mapping
from types import MappingProxyType

from backoffice.domain import text
from backoffice.domain.errors import N_, Forbidden, NotFound, Refused, Stale
from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.projects import Status
from backoffice.domain.results import SUMMARY_KEY
from backoffice.models import Project, StoredFile
from backoffice.queries import projects as queries
from backoffice.queries import submissions
from backoffice.services import audit, links
from backoffice.services.uow import UnitOfWork

STALE = N_("Somebody changed this while you were looking. Nothing was saved; the current state is shown.")

CLOSED: Mapping[Status, str] = MappingProxyType({
    Status.UNDER_REVIEW: N_("The results are under review; nothing of the submission can be changed now."),
    Status.APPROVED: N_("The results are approved; they can be changed only after the agency unlocks them."),
    Status.RETURNED: N_("This part was not reopened; it stays as it was accepted."),
    Status.OPEN: N_("This cannot be changed now."),
})


def lock(uow: UnitOfWork, *, actor: Actor, project_id: int, permission: Permission) -> Project:
    """The project within the actor's scope, locked for this write; then the permission (DESIGN §3)."""
    project = uow.session.scalar(queries.locked(actor, project_id))
    if project is None:
        raise NotFound(N_("There is no such project."))
    if not actor.can(permission):
        raise Forbidden(N_("Your role does not allow this."))
    return project


def check_version(project: Project, seen_version: int) -> None:
    """Refuse what was decided on a version that is no longer the current one."""
    if project.version != seen_version:
        raise Stale(STALE)


def set_website(
    uow: UnitOfWork, *, actor: Actor, project_id: int, website: str, seen: str | None = None
) -> None:
    """S6: public as soon as it is saved; outside `under_review`. Raises Refused beside `website`, Stale when it is no
    longer what was `seen`."""
    project = lock(uow, actor=actor, project_id=project_id, permission=Permission.OWN_EDIT)
    _check_live(project)
    if seen is not None and seen != project.website:
        raise Stale(STALE, field="website")
    address = text.fit(text.web_address(website, field="website"), limit="website", field="website")
    if address == project.website:
        return
    project.website, project.is_website_entered_here = address, True
    audit.record(
        uow, actor=actor, action="website:changed", agency_id=project.agency_id, project_id=project.id,
        details={"website": address},
    )
    links.want(uow, urls=[address])


def set_logo(uow: UnitOfWork, *, actor: Actor, project_id: int, file: StoredFile | None) -> None:
    """S5: the re-encoded picture becomes the logo at once; None takes it away. The former file is marked removed."""
    project = lock(uow, actor=actor, project_id=project_id, permission=Permission.OWN_EDIT)
    _check_live(project)
    if project.logo is not None:
        project.logo.removed_at = uow.now
    project.logo_file_id = file.id if file else None
    audit.record(
        uow, actor=actor, action="logo:changed" if file else "logo:removed", agency_id=project.agency_id,
        project_id=project.id, details={"file_id": file.id if file else None},
    )


def set_summary(
    uow: UnitOfWork, *, actor: Actor, project_id: int, seen_version: int, summary: str, answer: str | None = None
) -> None:
    """The final summary in English, part of the submission; with the answer to the agency's comment, if any."""
    project = lock(uow, actor=actor, project_id=project_id, permission=Permission.OWN_EDIT)
    check_version(project, seen_version)
    summary = text.fit(text.clean(summary), limit="final_summary", field="final_summary")
    is_new = summary != project.final_summary
    if is_new and not project.is_summary_open:
        raise Refused(CLOSED[project.status], field="final_summary", code="closed")
    answered = answer is not None and keep_answer(uow, project=project, key=SUMMARY_KEY, answer=answer)
    if not is_new and not answered:
        return
    project.final_summary = summary
    project.is_final_summary_entered_here = True
    touch(project)
    audit.record(
        uow, actor=actor, action="summary:changed", agency_id=project.agency_id, project_id=project.id,
        details={"fields": ["final_summary"] * is_new + ["answer"] * answered},
    )


def keep_answer(uow: UnitOfWork, *, project: Project, key: str, answer: str) -> bool:
    """Store the answer to the agency's current comment on an item; True when it is a new one."""
    answer = text.fit(text.clean(answer), limit="answer", field="answer")
    for request in uow.session.scalars(submissions.current_requests(project.id)):
        if request.key == key and request.answer != answer:
            request.answer, request.answered_at = answer, uow.now
            return True
    return False


def touch(project: Project) -> None:
    """What is submitted changed: a form or decision that was opened before is stale now."""
    project.version += 1


def _check_live(project: Project) -> None:
    """Website, logo and contacts change at once, outside `under_review` (DOMAIN §3)."""
    if project.status is Status.UNDER_REVIEW:
        raise Refused(CLOSED[project.status], code="closed")
