"""What would be submitted, what was, and what was asked."""

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, selectinload

from backoffice.domain.results import FileFact, ItemFact
from backoffice.domain.reviews import DecisionKind
from backoffice.models import ChangeRequest, Decision, Project, Submission, SubmissionFile, SubmissionItem


def current_items(project: Project) -> list[ItemFact]:
    """The items as they stand now: the results in order, then the final summary (always an item, even when empty)."""
    items = [
        ItemFact(
            result_id=result.id,
            title=result.title,
            description=result.description,
            type=result.type,
            languages=result.languages,
            link=result.link,
            do_not_publish=result.do_not_publish,
            do_not_publish_reason=result.do_not_publish_reason if result.do_not_publish else "",
            files=tuple(
                FileFact(file_id=file.id, name=file.name, size=file.size, sha256=file.sha256) for file in result.files
            ),
        )
        for result in project.results
    ]
    items.append(ItemFact(
        result_id=None, title="", description=project.final_summary, type=None, languages=(), link="",
        do_not_publish=False, do_not_publish_reason="", files=(),
    ))
    return items


def latest(project_id: int) -> Select[Submission]:
    """The last submission with its items and files."""
    return (
        select(Submission)
        .where(Submission.project_id == project_id)
        .order_by(Submission.number.desc())
        .limit(1)
        .options(
            selectinload(Submission.items).selectinload(SubmissionItem.files).joinedload(SubmissionFile.file)
        )
    )


def numbered(project_id: int, number: int) -> Select[Submission]:
    """One submission of a project with its items and files."""
    return (
        select(Submission)
        .where(Submission.project_id == project_id, Submission.number == number)
        .options(
            selectinload(Submission.items).selectinload(SubmissionItem.files).joinedload(SubmissionFile.file)
        )
    )


def by_id(submission_id: int) -> Select[Submission]:
    """One submission with its items and files."""
    return (
        select(Submission)
        .where(Submission.id == submission_id)
        .options(
            selectinload(Submission.items).selectinload(SubmissionItem.files).joinedload(SubmissionFile.file)
        )
    )


def by_digest(project_id: int, digest: str) -> Select[Submission]:
    """The last submission of a project with this digest: what a page showed that was opened before."""
    return (
        select(Submission)
        .where(Submission.project_id == project_id, Submission.digest == digest)
        .order_by(Submission.number.desc())
        .limit(1)
        .options(
            selectinload(Submission.items).selectinload(SubmissionItem.files).joinedload(SubmissionFile.file)
        )
    )


def current_requests(project_id: int) -> Select[ChangeRequest]:
    """The comments that wait for the coordinator's change or answer."""
    return (
        select(ChangeRequest)
        .where(ChangeRequest.project_id == project_id, ChangeRequest.is_current)
        .order_by(ChangeRequest.id)
    )


def decisions(project_id: int) -> Select[Decision]:
    """All decisions of a project that stand, the newest first."""
    return (
        select(Decision)
        .where(Decision.project_id == project_id, Decision.undone_at.is_(None))
        .options(joinedload(Decision.decided_by), selectinload(Decision.requests))
        .order_by(Decision.id.desc())
    )


def requests_before(submission: Submission) -> Select[ChangeRequest]:
    """What the return that led to this submission had asked for."""
    last = (
        select(Decision.id)
        .join(Submission, Submission.id == Decision.submission_id)
        .where(
            Decision.project_id == submission.project_id,
            Decision.undone_at.is_(None),
            Submission.number < submission.number,
        )
        .order_by(Decision.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(ChangeRequest)
        .join(Decision, Decision.id == ChangeRequest.decision_id)
        .where(ChangeRequest.decision_id == last, Decision.kind == DecisionKind.RETURN)
        .order_by(ChangeRequest.id)
    )


