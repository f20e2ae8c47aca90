"""The review: its queue, its items with their verdicts, and who holds it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from backoffice.domain.permissions import Actor
from backoffice.domain.projects import REPORT_DUE_AFTER, Status
from backoffice.domain.results import SUMMARY_KEY
from backoffice.domain.reviews import Change, QueuePlace, Verdict
from backoffice.models import (
    Access,
    ChangeRequest,
    ItemVerdict,
    Project,
    ReopenRequest,
    ReviewClaim,
    ReviewNote,
    StoredFile,
    Submission,
    SubmissionFile,
    SubmissionItem,
)
from backoffice.queries import projects, submissions, users

QUEUE_ORDER: tuple[InstrumentedAttribute[int], InstrumentedAttribute[datetime], InstrumentedAttribute[int]] = (
    Project.queue_place,
    Project.waiting_since_at,
    Project.id,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """One item as the reviewer needs it: what was sent, what it was before, what was asked, what was decided."""

    item: SubmissionItem
    before: SubmissionItem | None
    change: Change
    request: ChangeRequest | None
    verdict: Verdict | None
    comment: str
    given_at: datetime | None
    given_by_id: int | None

    @property
    def is_summary(self) -> bool:
        return self.item.key == SUMMARY_KEY

    @property
    def is_accepted(self) -> bool:
        """The final summary is accepted unless changes are asked for (DOMAIN §3)."""
        return self.verdict is Verdict.ACCEPTED or (self.is_summary and self.verdict is None)


def items(session: Session, submission: Submission) -> list[ItemView]:
    """The items of a submission in their order. A verdict counts only for the digest for which it was given."""
    verdicts = {
        row.key: row
        for row in session.scalars(select(ItemVerdict).where(ItemVerdict.project_id == submission.project_id))
    }
    requests = {row.key: row for row in session.scalars(submissions.requests_before(submission))}
    earlier = session.scalar(submissions.numbered(submission.project_id, submission.number - 1))
    before = {item.key: item for item in earlier.items} if earlier else {}
    views = []
    for item in submission.items:
        row = verdicts.get(item.key)
        given = row if row is not None and row.digest == item.digest else None
        old = before.get(item.key)
        change = Change.NEW if old is None else Change.UNCHANGED if old.digest == item.digest else Change.CHANGED
        views.append(ItemView(
            item=item, before=old, change=change, request=requests.get(item.key),
            verdict=given.verdict if given else None, comment=given.comment if given else "",
            given_at=given.given_at if given else None, given_by_id=given.given_by_id if given else None,
        ))
    return views


def removed_items(session: Session, submission: Submission) -> list[SubmissionItem]:
    """Results that the submission before had and this one has no longer."""
    earlier = session.scalar(submissions.numbered(submission.project_id, submission.number - 1))
    kept = {item.key for item in submission.items}
    return [item for item in earlier.items if item.key not in kept] if earlier else []


def claim_row(project_id: int) -> Select[ReviewClaim]:
    """Who looked last at a review, also when the lease ran out."""
    return select(ReviewClaim).where(ReviewClaim.project_id == project_id).options(joinedload(ReviewClaim.user))


def live_claim(project_id: int, *, now: datetime) -> Select[ReviewClaim]:
    """Who holds a review now."""
    return claim_row(project_id).where(ReviewClaim.until_at > now)


def files_of(submission_id: int) -> Select[StoredFile]:
    """Every file that a submission names."""
    return (
        select(StoredFile)
        .join(SubmissionFile, SubmissionFile.file_id == StoredFile.id)
        .join(SubmissionItem, SubmissionItem.id == SubmissionFile.item_id)
        .where(SubmissionItem.submission_id == submission_id)
        .order_by(StoredFile.id)
    )


def queue(
    actor: Actor,
    *,
    now: datetime,
    today: date,
    search: str = "",
    statuses: Sequence[Status] = (Status.UNDER_REVIEW,),
    claimed_by: int | None = None,
    is_claimed: bool | None = None,
    is_sent_again: bool = False,
    is_report_overdue: bool = False,
    is_answer_overdue: bool = False,
    in_charge: int | None = None,
    is_asked_to_reopen: bool = False,
    is_question_open: bool = False,
    years: Sequence[int] = (),
    actions: Sequence[str] = (),
    ended_after: date | None = None,
    responsible_ids: Sequence[int] = (),
) -> Select[Project]:
    """The review queue, oldest first (order by QUEUE_ORDER). `is_answer_overdue`: returned, and the due date passed."""
    query = projects.listed(
        actor, search=search, statuses=statuses, years=years, actions=actions, ended_after=ended_after,
        responsible_ids=responsible_ids,
    )
    claim = select(ReviewClaim.project_id).where(
        ReviewClaim.project_id == Project.id, ReviewClaim.until_at > now
    )
    if claimed_by is not None:
        query = query.where(exists(claim.where(ReviewClaim.user_id == claimed_by)))
    if is_claimed is not None:
        query = query.where(exists(claim) if is_claimed else ~exists(claim))
    if is_sent_again:
        query = query.where(
            exists(select(Submission.id).where(Submission.project_id == Project.id, Submission.number > 1))
        )
    if is_report_overdue:
        query = query.where(
            Project.end_date < today - REPORT_DUE_AFTER,
            Project.report_handed_in_on.is_(None),
            Project.report_approved_on.is_(None),
        )
    if in_charge is not None:
        query = query.where(Project.responsible_id.in_(users.charge_of(in_charge, today=today)))
    if is_question_open:
        query = query.where(Project.queue_place == QueuePlace.ASKED)
    if is_asked_to_reopen:
        query = query.where(exists(
            select(ReopenRequest.id).where(ReopenRequest.project_id == Project.id, ReopenRequest.closed_at.is_(None))
        ))
    if is_answer_overdue:
        query = query.where(Project.due_on < today)
    return query


def has_charge(session: Session, actor: Actor, *, today: date) -> bool:
    """Is the person responsible for any project, or stands in for somebody who is?"""
    query = select(Project.id).where(
        projects.scope(actor), Project.responsible_id.in_(users.charge_of(actor.user_id, today=today))
    )
    return session.scalar(query.limit(1)) is not None


def next_unclaimed(actor: Actor, *, now: datetime, but: int | None = None) -> Select[Project]:
    """The first waiting review that nobody holds, locked: two reviewers are never dealt the same. `but`: the one that
    the person has just had; the next is a different one."""
    held = select(ReviewClaim.project_id).where(
        ReviewClaim.project_id == Project.id, ReviewClaim.until_at > now
    )
    own = select(Access.id).where(
        Access.project_id == Project.id, Access.user_id == actor.user_id, Access.ended_at.is_(None)
    )
    return (
        projects.visible(actor)
        .where(Project.status == Status.UNDER_REVIEW, ~exists(held), ~exists(own), Project.id != (but or 0))
        .order_by(*QUEUE_ORDER)
        .limit(1)
        .with_for_update(of=Project, skip_locked=True)
    )


def notes(project_id: int) -> Select[ReviewNote]:
    """What colleagues wrote for each other, the newest first."""
    return (
        select(ReviewNote)
        .where(ReviewNote.project_id == project_id)
        .options(joinedload(ReviewNote.written_by))
        .order_by(ReviewNote.id.desc())
    )


def capped_count(session: Session, query: Select[Project], *, most: int = 100) -> int:
    """How many rows, counted no further than `most`: a count in a menu must stay cheap."""
    inner = query.with_only_columns(Project.id).order_by(None).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(inner)) or 0
