"""What the rows of the review queue say beside their project: a few statements for a page, however long it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from backoffice.domain.files import FileCheck
from backoffice.domain.permissions import Actor
from backoffice.domain.projects import Status
from backoffice.models import (
    Project,
    ReviewClaim,
    StoredFile,
    Submission,
    SubmissionFile,
    SubmissionItem,
    User,
)
from backoffice.queries import projects

IN_QUEUE = (Status.UNDER_REVIEW, Status.RETURNED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """The last submission of a project in numbers."""

    number: int
    submitted_at: datetime
    results: int
    changed: int
    new: int
    warnings: int  # that the coordinator confirmed
    waiting_files: int
    refused_files: int  # infected, or unscannable and not let pass


def pulses(session: Session, project_ids: Sequence[int]) -> dict[int, Pulse]:
    """Project → its last submission in numbers, compared with the one before."""
    last = (
        select(Submission.project_id, func.max(Submission.number).label("number"))
        .where(Submission.project_id.in_(project_ids))
        .group_by(Submission.project_id)
        .subquery()
    )
    pairs: dict[int, list[Submission]] = {}
    for row in session.scalars(
        select(Submission)
        .join(last, last.c.project_id == Submission.project_id)
        .where(or_(Submission.number == last.c.number, Submission.number == last.c.number - 1))
        .order_by(Submission.project_id, Submission.number.desc())
    ):
        pairs.setdefault(row.project_id, []).append(row)
    digests = _digests(session, [row.id for pair in pairs.values() for row in pair])
    files = _files(session, [pair[0].id for pair in pairs.values()])
    return {
        project_id: _pulse(
            pair[0], now=digests.get(pair[0].id, {}),
            before=digests.get(pair[1].id, {}) if len(pair) > 1 else None, files=files.get(pair[0].id, {}),
        )
        for project_id, pair in pairs.items()
    }


def _pulse(
    submission: Submission, *, now: dict[str, str], before: dict[str, str] | None, files: dict[FileCheck, int]
) -> Pulse:
    """The first submission is new as a whole: that is not worth a word."""
    old = now if before is None else before
    return Pulse(
        number=submission.number,
        submitted_at=submission.submitted_at,
        results=len(now),
        changed=sum(1 for key, digest in now.items() if key in old and old[key] != digest),
        new=sum(1 for key in now if key not in old),
        warnings=len(submission.confirmed),
        waiting_files=files.get(FileCheck.WAITING, 0),
        refused_files=files.get(FileCheck.INFECTED, 0) + files.get(FileCheck.UNSCANNABLE, 0),
    )


def _digests(session: Session, submission_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """Submission → key of each result → digest; the final summary is no result."""
    found: dict[int, dict[str, str]] = {}
    for submission_id, key, digest in session.execute(
        select(SubmissionItem.submission_id, SubmissionItem.key, SubmissionItem.digest)
        .where(SubmissionItem.submission_id.in_(submission_ids), SubmissionItem.result_id.is_not(None))
        .order_by(SubmissionItem.id)
    ):
        found.setdefault(submission_id, {})[key] = digest
    return found


def _files(session: Session, submission_ids: Sequence[int]) -> dict[int, dict[FileCheck, int]]:
    """Submission → state of the check → how many files that stand in the way of an approval."""
    found: dict[int, dict[FileCheck, int]] = {}
    for submission_id, state, count in session.execute(
        select(SubmissionItem.submission_id, StoredFile.check_state, func.count())
        .join(SubmissionFile, SubmissionFile.item_id == SubmissionItem.id)
        .join(StoredFile, StoredFile.id == SubmissionFile.file_id)
        .where(SubmissionItem.submission_id.in_(submission_ids), StoredFile.passed_at.is_(None))
        .group_by(SubmissionItem.submission_id, StoredFile.check_state)
        .order_by(SubmissionItem.submission_id)
    ):
        found.setdefault(submission_id, {})[state] = count
    return found


def claims(session: Session, project_ids: Sequence[int], *, now: datetime) -> dict[int, ReviewClaim]:
    """Project → who holds its review now."""
    query = (
        select(ReviewClaim)
        .where(ReviewClaim.project_id.in_(project_ids), ReviewClaim.until_at > now)
        .options(joinedload(ReviewClaim.user))
    )
    return {row.project_id: row for row in session.scalars(query)}


def years(session: Session, actor: Actor) -> list[int]:
    """Call years of what is or was in the queue, the newest first: the choices of a filter."""
    query = select(Project.call_year).distinct().where(projects.scope(actor), Project.status.in_(IN_QUEUE))
    return list(session.scalars(query.order_by(Project.call_year.desc())))


def actions(session: Session, actor: Actor) -> list[str]:
    query = select(Project.action).distinct().where(projects.scope(actor), Project.status.in_(IN_QUEUE))
    return list(session.scalars(query.order_by(Project.action)))


def responsibles(session: Session, actor: Actor) -> list[tuple[int, str]]:
    """Who is responsible for something in the queue: id and name."""
    query = (
        select(User)
        .where(User.id.in_(
            select(Project.responsible_id).where(projects.scope(actor), Project.status.in_(IN_QUEUE))
        ))
        .order_by(User.name_sort, User.id)
    )
    return [(row.id, row.name or row.email) for row in session.scalars(query)]
