"""Return, approve and unlock (DOMAIN §3): each decides on exactly the version and digest that were on the screen."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select

from backoffice.domain import confirmations, text, transitions
from backoffice.domain.errors import N_, Refused, Stale
from backoffice.domain.files import blocks_approve
from backoffice.domain.notices import Mail
from backoffice.domain.permissions import Actor
from backoffice.domain.projects import Status
from backoffice.domain.results import SUMMARY_KEY, item_key
from backoffice.domain.reviews import DecisionKind, QueuePlace, ReopenOutcome, Reopens, Verdict
from backoffice.domain.transitions import DUE_DAYS_MAX, DUE_DAYS_MIN, TRANSITIONS, Guard, Name, Transition
from backoffice.models import ChangeRequest, Decision, Project, ReviewClaim, Submission
from backoffice.queries import projects as project_queries
from backoffice.queries import reopening as reopening_queries
from backoffice.queries import reviews as review_queries
from backoffice.queries import submissions
from backoffice.queries.reviews import ItemView
from backoffice.services import acts, audit, outbox, people, projects, reopening, reviews
from backoffice.services.uow import UnitOfWork

DIGEST_STALE = N_("Nothing was decided: the submission changed after you opened it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was on the screen when the button was pressed."""

    version: int
    digest: str
    act_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A decision that may go on: everything locked, looked up and checked that all three share."""

    row: Transition
    project: Project
    submission: Submission
    items: list[ItemView]


def give_back(
    uow: UnitOfWork,
    *,
    actor: Actor,
    project_id: int,
    seen: Seen,
    reason: str = "",
    reopens: Reopens = Reopens.ADDITIONS,
    due_on: date | None = None,
) -> Decision:
    """Return for additions: reopens what changes are asked for. Without any such item a reason is mandatory, and
    `reopens` says whether nothing reopens ("additions only") or all."""
    case = _open(uow, actor=actor, project_id=project_id, seen=seen, name=Name.RETURN)
    if isinstance(case, Decision):
        return case
    asked = [view for view in case.items if view.verdict is Verdict.CHANGES_REQUESTED]
    reason = _reason(reason, is_mandatory=not asked)
    due_on = due_date(uow, project=case.project, due_on=due_on)
    keys = [view.item.key for view in asked]
    if not asked and reopens is Reopens.ALL:
        keys = [view.item.key for view in case.items]
    decision = _decide(uow, actor=actor, case=case, kind=DecisionKind.RETURN, reason=reason, scope=keys, due_on=due_on)
    decision.requests = [
        ChangeRequest(
            project_id=case.project.id, key=view.item.key, digest=view.item.digest, comment=view.comment,
            is_current=True,
        )
        for view in asked
    ]
    _reopen(case.project, keys=keys)
    case.project.due_on = due_on
    _close(uow, actor=actor, case=case, decision=decision, act_key=seen.act_key)
    return decision


def approve(uow: UnitOfWork, *, actor: Actor, project_id: int, seen: Seen) -> Decision:
    """Publish the submission: every item accepted, no file infected, waiting or unscannable, digest unchanged."""
    case = _open(uow, actor=actor, project_id=project_id, seen=seen, name=Name.APPROVE)
    if isinstance(case, Decision):
        return case
    undecided = [view for view in case.items if not view.is_accepted]
    if undecided:
        raise Refused(
            N_("%(count)s items are not accepted yet."), code="not-accepted", values={"count": len(undecided)}
        )
    for file in uow.session.scalars(review_queries.files_of(case.submission.id)):
        if blocks_approve(file.check_state, is_passed=file.passed_at is not None):
            raise Refused(
                N_("“%(file)s” is not checked or not clean; it cannot be published."), code="file-unchecked",
                values={"file": file.name},
            )
    decision = _decide(
        uow, actor=actor, case=case, kind=DecisionKind.APPROVE, reason="", scope=[], due_on=None
    )
    case.project.published_submission_id = case.submission.id
    case.project.first_approved_at = case.project.first_approved_at or uow.now
    case.project.due_on = None
    _close(uow, actor=actor, case=case, decision=decision, act_key=seen.act_key)
    return decision


def unlock(
    uow: UnitOfWork,
    *,
    actor: Actor,
    project_id: int,
    seen: Seen,
    reason: str,
    scope: Sequence[str] | None = None,
    due_on: date | None = None,
) -> Decision:
    """Reopen at the agency's own act, with a reason; `scope` None is everything. What was approved stays public
    until the next approval; verdicts stay and are not shown to the coordinator."""
    case = _open(uow, actor=actor, project_id=project_id, seen=seen, name=Name.UNLOCK)
    if isinstance(case, Decision):
        return case
    reason = _reason(reason, is_mandatory=True)
    due_on = due_date(uow, project=case.project, due_on=due_on)
    known = [view.item.key for view in case.items]
    keys = known if scope is None else [key for key in known if key in set(scope)]
    decision = _decide(uow, actor=actor, case=case, kind=DecisionKind.UNLOCK, reason=reason, scope=keys, due_on=due_on)
    _reopen(case.project, keys=keys)
    case.project.due_on = due_on
    _close(uow, actor=actor, case=case, decision=decision, act_key=seen.act_key)
    return decision


def due_date(uow: UnitOfWork, *, project: Project, due_on: date | None) -> date:
    """The day until which the coordinator answers: the agency's default, or a day 1 to 90 days ahead."""
    today = project_queries.today(project.agency, now=uow.now)
    if due_on is None:
        return today + timedelta(days=project.agency.due_days)
    if not DUE_DAYS_MIN <= (due_on - today).days <= DUE_DAYS_MAX:
        raise Refused(
            N_("Choose a day between %(first)s and %(last)s."), field="due_on", code="due-date",
            values={
                "first": today + timedelta(days=DUE_DAYS_MIN), "last": today + timedelta(days=DUE_DAYS_MAX),
            },
        )
    return due_on


def _open(uow: UnitOfWork, *, actor: Actor, project_id: int, seen: Seen, name: Name) -> _Case | Decision:
    """The fixed order of every write: lock, act key, permission, version, table, guards (DESIGN §3)."""
    row = TRANSITIONS[name]
    project = projects.lock(uow, actor=actor, project_id=project_id, permission=row.permission)
    done = acts.outcome(uow, actor=actor, key=seen.act_key)
    if done is not None:
        return uow.session.get_one(Decision, int(done))
    if project.version != seen.version:
        raise Stale(DIGEST_STALE)
    transitions.check(row, project.status)
    submission = uow.session.scalar(submissions.latest(project.id))
    if submission is None:
        raise Refused(N_("Nothing was submitted yet."), code="wrong-state")
    for guard in row.guards:
        _check(uow, guard=guard, actor=actor, project=project, submission=submission, seen=seen)
    return _Case(row=row, project=project, submission=submission, items=review_queries.items(uow.session, submission))


def _check(
    uow: UnitOfWork, *, guard: Guard, actor: Actor, project: Project, submission: Submission, seen: Seen
) -> None:
    """The guards that decisions share; those that need the items or the form stand with their decision."""
    if guard is Guard.NOT_OWN_PROJECT:
        reviews.check_not_own(uow, actor=actor, project=project)
    elif guard is Guard.CLAIM:
        reviews.own_claim(uow, actor=actor, project=project)
    elif guard is Guard.NO_CLAIM_OF_A_COLLEAGUE:
        reviews.check_no_colleague(uow, actor=actor, project=project)
    elif guard is Guard.DIGEST and submission.digest != seen.digest:
        raise Stale(DIGEST_STALE)


def _reason(reason: str, *, is_mandatory: bool) -> str:
    reason = text.fit(text.clean(reason), limit="reason", field="reason")
    if is_mandatory and not reason:
        raise Refused(N_("Give a reason; the coordinator reads it."), field="reason", code="reason-missing")
    return reason


def _decide(
    uow: UnitOfWork,
    *,
    actor: Actor,
    case: _Case,
    kind: DecisionKind,
    reason: str,
    scope: list[str],
    due_on: date | None,
) -> Decision:
    """The row of the decision, with all that an undo needs to give back the state before."""
    project = case.project
    current = uow.session.scalars(submissions.current_requests(project.id)).all()
    asked = uow.session.scalar(reopening_queries.waiting(project.id)) if kind is not DecisionKind.APPROVE else None
    number = 1 + (
        uow.session.scalar(
            select(func.count()).select_from(Decision).where(Decision.project_id == project.id, Decision.kind == kind)
        )
        or 0
    )
    decision = Decision(
        project_id=project.id, submission_id=case.submission.id, kind=kind, number=number, decided_at=uow.now,
        decided_by_id=actor.user_id, reason=reason, scope=scope, due_on=due_on, digest=case.submission.digest,
        confirmation_code=_confirmation_code() if kind is DecisionKind.APPROVE else None,
        before={
            "status": project.status.value,
            "status_since_at": project.status_since_at.isoformat(),
            "waiting_since_at": project.waiting_since_at.isoformat(),
            "due_on": project.due_on.isoformat() if project.due_on else None,
            "published_submission_id": project.published_submission_id,
            "first_approved_at": project.first_approved_at.isoformat() if project.first_approved_at else None,
            "version": project.version,
            "open": [item_key(result.id) for result in project.results if result.is_open],
            "is_summary_open": project.is_summary_open,
            "requests": [request.id for request in current],
            "is_claimed": uow.session.get(ReviewClaim, project.id) is not None,
            "reopening": asked.id if asked else None,
            "queue_place": project.queue_place,
        },
    )
    uow.session.add(decision)
    for request in current:
        request.is_current = False
    if asked is not None:  # what it asks for happens now, at least in part; the decision's own mail tells it
        outcome = ReopenOutcome.UNLOCKED if kind is DecisionKind.UNLOCK else ReopenOutcome.RETURNED
        reopening.close(uow, actor=actor, project=project, row=asked, outcome=outcome, words=reason)
    return decision


def _confirmation_code() -> str:
    return "".join(secrets.choice(confirmations.ALPHABET) for _ in range(confirmations.LENGTH))


def _reopen(project: Project, *, keys: Sequence[str]) -> None:
    """Scope: what reopens for the coordinator. New results may always be added while returned."""
    for result in project.results:
        result.is_open = item_key(result.id) in keys
    project.is_summary_open = SUMMARY_KEY in keys


def _close(uow: UnitOfWork, *, actor: Actor, case: _Case, decision: Decision, act_key: str) -> None:
    """Status, claim, version, audit and mails: the same end for all three decisions."""
    project = case.project
    project.status, project.status_since_at = case.row.leads_to(project.status), uow.now
    project.queue_place = QueuePlace.PLAIN
    if project.status is Status.RETURNED:
        project.waiting_since_at = uow.now
    claim = uow.session.get(ReviewClaim, project.id)
    if claim is not None:
        uow.session.delete(claim)
    projects.touch(project)
    uow.session.flush()
    audit.record(
        uow, actor=actor, action=case.row.audit, agency_id=project.agency_id, project_id=project.id,
        subject=f"submission:{case.submission.number}",
        details={
            "decision": decision.id, "number": decision.number, "digest": decision.digest, "scope": decision.scope,
            "reason": decision.reason, "due_on": decision.due_on.isoformat() if decision.due_on else None,
        },
    )
    for person in people.coordinators(uow.session, project=project):
        outbox.publish(
            uow, kind=Mail(case.row.mail), key=f"{project.id}:{decision.number}", to=person,
            agency_id=project.agency_id, project_id=project.id, decision_id=decision.id,
            params={"decision_id": decision.id},
        )
    acts.remember(uow, actor=actor, key=act_key, outcome=str(decision.id))
