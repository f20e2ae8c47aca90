"""Which decisions can still be taken back, and what stands in the way (DOMAIN §3, `undo`)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, joinedload

from backoffice.domain.errors import N_, Refused
from backoffice.domain.notices import OutboxState
from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.reviews import DECISION_MAIL_WAITS
from backoffice.domain.transitions import TRANSITIONS, Guard, Name
from backoffice.models import Decision, OutboxRow, Project
from backoffice.queries import projects

OVER = N_("It is too late to undo this: the mail has left. The way back is to unlock the results.")
FOLLOWED = N_("This cannot be undone any more: the coordinator or a colleague went on from it.")
OTHERS = N_("Only who decided can undo it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoable:
    """A decision of the actor that can be taken back, and how long."""

    decision: Decision
    project: Project
    until_at: datetime
    seconds: int


def mails(decision_id: int) -> Select[OutboxRow]:
    """The mails of a decision, locked: neither the sender nor an undo takes a row from the other."""
    return select(OutboxRow).where(OutboxRow.decision_id == decision_id).order_by(OutboxRow.id).with_for_update()


def undoable(session: Session, *, actor: Actor, now: datetime, project_id: int | None = None) -> list[Undoable]:
    """What the actor decided within the last minute and can take back, the newest first."""
    if not actor.can(Permission.REVIEW_DECIDE):
        return []
    query = (
        select(Decision, Project)
        .join(Project, Project.id == Decision.project_id)
        .where(
            projects.scope(actor), Decision.decided_by_id == actor.user_id, Decision.undone_at.is_(None),
            Decision.decided_at > now - DECISION_MAIL_WAITS,
        )
        .options(joinedload(Decision.submission))
        .order_by(Decision.id.desc())
    )
    if project_id is not None:
        query = query.where(Decision.project_id == project_id)
    return [
        Undoable(
            decision=decision, project=project, until_at=decision.decided_at + DECISION_MAIL_WAITS,
            seconds=int((decision.decided_at + DECISION_MAIL_WAITS - now).total_seconds()),
        )
        for decision, project in session.execute(query)
        if obstacle(session, actor=actor, project=project, decision=decision, now=now) is None
    ]


def obstacle(
    session: Session, *, actor: Actor, project: Project, decision: Decision, now: datetime
) -> Refused | None:
    """Why this decision cannot be taken back; the guards stand in the transition table."""
    for guard in TRANSITIONS[Name.UNDO].guards:
        found = _check(session, guard=guard, actor=actor, project=project, decision=decision, now=now)
        if found is not None:
            return found
    return None


def _check(
    session: Session, *, guard: Guard, actor: Actor, project: Project, decision: Decision, now: datetime
) -> Refused | None:
    if guard is Guard.NOT_OWN_PROJECT and session.scalar(projects.has_access(actor.user_id, project.id)) is not None:
        return Refused(
            N_("You have access to this project yourself, so a colleague decides on it."), code="own-project"
        )
    if guard is Guard.OWN_DECISION and decision.decided_by_id != actor.user_id:
        return Refused(OTHERS, code="other-person")
    if guard is Guard.MAIL_NOT_LEFT and (
        now >= decision.decided_at + DECISION_MAIL_WAITS or session.scalar(_left(decision.id)) is not None
    ):
        return Refused(OVER, code="too-late")
    # Every edit, submission and decision counts the project's version up; the decision itself did so once.
    if guard is Guard.NOTHING_FOLLOWED and project.version != decision.before.get("version", 0) + 1:
        return Refused(FOLLOWED, code="followed")
    return None


def _left(decision_id: int) -> Select[int]:
    """A mail that was sent, or that the sender has taken up."""
    return select(OutboxRow.id).where(
        OutboxRow.decision_id == decision_id, or_(OutboxRow.state != OutboxState.WAITING, OutboxRow.attempts > 0)
    ).limit(1)
