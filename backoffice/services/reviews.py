"""Claims and verdicts (DOMAIN §3). A claim is a lease of 20 minutes, renewed by work; a verdict belongs to a digest."""

from sqlalchemy import select

from backoffice.domain import text
from backoffice.domain.errors import N_, NotFound, Refused, Stale
from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.projects import Status
from backoffice.domain.reviews import CLAIM_LEASE, Verdict
from backoffice.models import ItemVerdict, Project, ReviewClaim, StoredFile, SubmissionItem
from backoffice.queries import projects as project_queries
from backoffice.queries import reviews as queries
from backoffice.queries import submissions
from backoffice.services import audit, projects
from backoffice.services.uow import UnitOfWork

OWN_PROJECT = N_("You have access to this project yourself, so a colleague decides on it.")


def check_not_own(uow: UnitOfWork, *, actor: Actor, project: Project) -> None:
    """Nobody decides on a project to which they have access themselves."""
    if uow.session.scalar(project_queries.has_access(actor.user_id, project.id)) is not None:
        raise Refused(OWN_PROJECT, code="own-project")


def check_no_colleague(uow: UnitOfWork, *, actor: Actor, project: Project) -> ReviewClaim | None:
    """The actor's own live claim, if any; refused while a colleague holds the review."""
    held = uow.session.scalar(queries.live_claim(project.id, now=uow.now))
    if held is not None and held.user_id != actor.user_id:
        raise Refused(
            N_("%(name)s holds this review until %(until)s."), code="claimed",
            values={"name": held.user.name or held.user.email, "until": held.until_at},
        )
    return held


def claim(uow: UnitOfWork, *, actor: Actor, project_id: int) -> ReviewClaim:
    """Take a review that nobody holds; the own one is renewed. One winner: the project's row is locked."""
    project = _under_review(uow, actor=actor, project_id=project_id)
    held = check_no_colleague(uow, actor=actor, project=project)
    return _hold(uow, actor=actor, project=project, action="review:claimed" if held is None else None)


def claim_next(uow: UnitOfWork, *, actor: Actor, but: int | None = None) -> Project | None:
    """The first waiting review that nobody holds; None when there is none. Two reviewers never get the same, and
    nobody gets again the one they come from (`but`)."""
    if not actor.can(Permission.REVIEW_CLAIM):
        raise NotFound(N_("There is no such project."))
    while (project := uow.session.scalar(queries.next_unclaimed(actor, now=uow.now, but=but))) is not None:
        # The row is locked only now: somebody may have claimed it between the look and the lock.
        if uow.session.scalar(queries.live_claim(project.id, now=uow.now)) is None:
            _hold(uow, actor=actor, project=project, action="review:claimed")
            return project
    return None


def take_over(uow: UnitOfWork, *, actor: Actor, project_id: int) -> ReviewClaim:
    """Take a review from a colleague: leaves an audit event and is told on the page of the one who lost it."""
    project = _under_review(uow, actor=actor, project_id=project_id)
    held = uow.session.scalar(queries.live_claim(project.id, now=uow.now))
    if held is None or held.user_id == actor.user_id:
        return _hold(uow, actor=actor, project=project, action="review:claimed" if held is None else None)
    lost_by = held.user_id
    row = _hold(uow, actor=actor, project=project, action=None)
    row.lost_by_id = lost_by
    audit.record(
        uow, actor=actor, action="review:taken-over", agency_id=project.agency_id, project_id=project.id,
        details={"from": lost_by},
    )
    return row


def release(uow: UnitOfWork, *, actor: Actor, project_id: int) -> None:
    """Give the own claim back to the queue; without one, nothing happens."""
    project = projects.lock(uow, actor=actor, project_id=project_id, permission=Permission.REVIEW_CLAIM)
    row = uow.session.get(ReviewClaim, project.id)
    if row is None or row.user_id != actor.user_id:
        return
    uow.session.delete(row)
    audit.record(uow, actor=actor, action="review:released", agency_id=project.agency_id, project_id=project.id)


def keep(uow: UnitOfWork, *, actor: Actor, project_id: int) -> ReviewClaim:
    """Renew the own claim: the heartbeat of an open page, or the button "Keep". Refused when a colleague has it."""
    project = projects.lock(uow, actor=actor, project_id=project_id, permission=Permission.REVIEW_CLAIM)
    row = own_claim(uow, actor=actor, project=project)
    row.until_at = uow.now + CLAIM_LEASE
    return row


def own_claim(uow: UnitOfWork, *, actor: Actor, project: Project) -> ReviewClaim:
    """The actor's claim. One that ran out and that nobody took counts when the act arrives (DOMAIN §3)."""
    row = uow.session.scalar(queries.claim_row(project.id))
    if row is None or row.user_id != actor.user_id:
        if row is not None and row.until_at > uow.now:
            raise Refused(
                N_("%(name)s took this review over; nothing was decided."), code="claim-lost",
                values={"name": row.user.name or row.user.email},
            )
        raise Refused(N_("Claim the review first, so that no colleague decides at the same time."), code="no-claim")
    return row


def judge(
    uow: UnitOfWork,
    *,
    actor: Actor,
    project_id: int,
    key: str,
    seen_digest: str,
    verdict: Verdict | None,
    comment: str = "",
) -> None:
    """Accept an item, ask for changes with a comment, or take the word back (None). Renews the claim."""
    project = _under_review(uow, actor=actor, project_id=project_id)
    row = own_claim(uow, actor=actor, project=project)
    item = _item(uow, project=project, key=key)
    if item.digest != seen_digest:
        raise Stale(N_("This item was sent again after you opened it. Look at it once more."))
    comment = text.fit(text.clean(comment), limit="comment", field="comment")
    if verdict is Verdict.CHANGES_REQUESTED and not comment:
        raise Refused(
            N_("Say what the coordinator should change."), field="comment", code="comment-missing"
        )
    row.until_at = uow.now + CLAIM_LEASE
    given = uow.session.scalar(
        select(ItemVerdict).where(ItemVerdict.project_id == project.id, ItemVerdict.key == key)
    )
    if verdict is None:
        if given is not None:
            uow.session.delete(given)
    else:
        if given is None:
            given = ItemVerdict(project_id=project.id, key=key)
            uow.session.add(given)
        given.digest, given.verdict = item.digest, verdict
        given.comment = comment if verdict is Verdict.CHANGES_REQUESTED else ""
        given.given_at, given.given_by_id = uow.now, actor.user_id
    audit.record(
        uow, actor=actor, action="review:judged", agency_id=project.agency_id, project_id=project.id, subject=key,
        details={"verdict": verdict.value if verdict else None},
    )


def let_pass(uow: UnitOfWork, *, actor: Actor, project_id: int, file_id: int, reason: str) -> StoredFile:
    """A specialist lets a file pass that no scanner could check, with a reason (DOMAIN §4)."""
    project = projects.lock(uow, actor=actor, project_id=project_id, permission=Permission.FILE_PASS)
    check_not_own(uow, actor=actor, project=project)
    file = uow.session.scalar(
        select(StoredFile).where(StoredFile.id == file_id, StoredFile.project_id == project.id).with_for_update()
    )
    if file is None:
        raise NotFound(N_("There is no such file."))
    reason = text.fit(text.clean(reason), limit="reason", field="reason")
    if not reason:
        raise Refused(N_("Give a reason."), field="reason", code="reason-missing")
    file.passed_at, file.passed_by_id, file.passed_reason = uow.now, actor.user_id, reason
    audit.record(
        uow, actor=actor, action="file:passed", agency_id=project.agency_id, project_id=project.id,
        subject=f"file:{file.id}", details={"reason": reason},
    )
    return file


def _under_review(uow: UnitOfWork, *, actor: Actor, project_id: int) -> Project:
    project = projects.lock(uow, actor=actor, project_id=project_id, permission=Permission.REVIEW_CLAIM)
    if project.status is not Status.UNDER_REVIEW:
        raise Refused(N_("This project is not under review."), code="wrong-state")
    check_not_own(uow, actor=actor, project=project)
    return project


def _hold(uow: UnitOfWork, *, actor: Actor, project: Project, action: str | None) -> ReviewClaim:
    row = uow.session.get(ReviewClaim, project.id)
    if row is None:
        row = ReviewClaim(project_id=project.id)
        uow.session.add(row)
    if row.user_id != actor.user_id:
        row.since_at = uow.now
    row.user_id, row.until_at, row.lost_by_id = actor.user_id, uow.now + CLAIM_LEASE, None
    if action is not None:
        audit.record(uow, actor=actor, action=action, agency_id=project.agency_id, project_id=project.id)
    return row


def _item(uow: UnitOfWork, *, project: Project, key: str) -> SubmissionItem:
    submission = uow.session.scalar(submissions.latest(project.id))
    for item in submission.items if submission else ():
        if item.key == key:
            return item
    raise NotFound(N_("There is no such item in the submission."))
