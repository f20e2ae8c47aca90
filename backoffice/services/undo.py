"""Undo (DOMAIN §3): who returned, approved or unlocked takes it back before anybody was told. The audit keeps both."""

from datetime import date, datetime

from backoffice.domain import transitions
from backoffice.domain.errors import N_, NotFound, Refused
from backoffice.domain.notices import OutboxState
from backoffice.domain.permissions import Actor
from backoffice.domain.projects import Status
from backoffice.domain.results import item_key
from backoffice.domain.reviews import CLAIM_LEASE
from backoffice.domain.transitions import TRANSITIONS, Name
from backoffice.models import ChangeRequest, Decision, Project, ReviewClaim
from backoffice.queries import undo as queries
from backoffice.services import audit, projects, reopening
from backoffice.services.uow import UnitOfWork

UNDONE = "the decision was undone"  # why its mails were withdrawn; the outbox shows it


def undo(uow: UnitOfWork, *, actor: Actor, project_id: int, decision_id: int) -> Decision:
    """Everything as before the decision, and its mails withdrawn; a second press changes nothing more."""
    row = TRANSITIONS[Name.UNDO]
    project = projects.lock(uow, actor=actor, project_id=project_id, permission=row.permission)
    decision = uow.session.get(Decision, decision_id, populate_existing=True)
    if decision is None or decision.project_id != project.id:
        raise NotFound(N_("There is no such decision."))
    if decision.undone_at is not None and decision.decided_by_id == actor.user_id:
        return decision
    mails = uow.session.scalars(queries.mails(decision.id)).all()
    if decision.undone_at is not None:
        raise Refused(queries.OTHERS, code="other-person")
    found = queries.obstacle(uow.session, actor=actor, project=project, decision=decision, now=uow.now)
    if found is not None:
        raise found
    transitions.check(row, project.status)
    for mail in mails:
        mail.state, mail.failure = OutboxState.WITHDRAWN, UNDONE
    _give_back(uow, actor=actor, project=project, decision=decision, row=row)
    decision.undone_at = uow.now
    for request in decision.requests:
        request.is_current = False
    projects.touch(project)
    audit.record(
        uow, actor=actor, action=row.audit, agency_id=project.agency_id, project_id=project.id,
        subject=f"submission:{decision.submission.number}",
        details={"decision": decision.id, "kind": decision.kind.value, "number": decision.number},
    )
    return decision


def _give_back(
    uow: UnitOfWork, *, actor: Actor, project: Project, decision: Decision, row: transitions.Transition
) -> None:
    """What the decision had written down as the state before it."""
    before = decision.before
    project.status = row.leads_to(Status(before["status"]))
    project.status_since_at = datetime.fromisoformat(before["status_since_at"])
    project.queue_place = before["queue_place"]
    project.waiting_since_at = datetime.fromisoformat(before["waiting_since_at"])
    project.due_on = date.fromisoformat(before["due_on"]) if before["due_on"] else None
    project.published_submission_id = before["published_submission_id"]
    approved_at = before["first_approved_at"]
    project.first_approved_at = datetime.fromisoformat(approved_at) if approved_at else None
    for result in project.results:
        result.is_open = item_key(result.id) in before["open"]
    project.is_summary_open = before["is_summary_open"]
    for request_id in before["requests"]:
        uow.session.get_one(ChangeRequest, request_id).is_current = True
    if before["reopening"]:
        reopening.wait_again(uow, request_id=before["reopening"])
    if before["is_claimed"] and project.status is Status.UNDER_REVIEW:
        uow.session.add(ReviewClaim(
            project_id=project.id, user_id=actor.user_id, since_at=uow.now, until_at=uow.now + CLAIM_LEASE
        ))
