"""What a confirmation says about an approval of results, and whether it still holds (S2).

A confirmation belongs to one approval, not to a project: a later approval has its own, and the former one says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from backoffice.domain.reviews import DecisionKind
from backoffice.models import Decision, Project, Submission
from backoffice.queries import submissions


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """The approval that took its place."""

    approved_at: datetime
    number: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """One approval and what became of it. Names no person."""

    code: str
    project: Project
    submission: Submission
    approved_at: datetime
    digest: str
    undone_at: datetime | None
    reopened_at: datetime | None
    replaced_by: Replacement | None


def by_code(session: Session, code: str) -> Confirmation | None:
    """The approval with this folded code."""
    decision = session.scalar(select(Decision).where(Decision.confirmation_code == code)) if code else None
    return _confirmation(session, decision) if decision is not None else None


def latest(session: Session, project: Project) -> Confirmation | None:
    """Of the last approval of a project that was not undone; None while there is none."""
    decision = session.scalar(
        select(Decision)
        .where(
            Decision.project_id == project.id, Decision.kind == DecisionKind.APPROVE, Decision.undone_at.is_(None)
        )
        .order_by(Decision.id.desc())
        .limit(1)
    )
    return _confirmation(session, decision) if decision is not None else None


def _confirmation(session: Session, decision: Decision) -> Confirmation:
    project = session.scalars(
        select(Project).where(Project.id == decision.project_id).options(joinedload(Project.agency))
    ).one()
    later = session.scalars(
        select(Decision)
        .where(Decision.project_id == project.id, Decision.undone_at.is_(None), Decision.id > decision.id)
        .options(joinedload(Decision.submission))
        .order_by(Decision.id)
    ).all()
    return Confirmation(
        code=decision.confirmation_code or "",
        project=project,
        submission=session.scalars(submissions.by_id(decision.submission_id)).one(),
        approved_at=decision.decided_at,
        digest=decision.digest,
        undone_at=decision.undone_at,
        reopened_at=None if decision.undone_at else _reopened_at(later),
        replaced_by=None if decision.undone_at else _replacement(later),
    )


def _reopened_at(later: Sequence[Decision]) -> datetime | None:
    """From an approved project the only way on is an unlock."""
    return next((row.decided_at for row in later if row.kind is DecisionKind.UNLOCK), None)


def _replacement(later: Sequence[Decision]) -> Replacement | None:
    """The newest approval: what holds now, however many lie between."""
    found = next((row for row in reversed(later) if row.kind is DecisionKind.APPROVE), None)
    if found is None:
        return None
    return Replacement(approved_at=found.decided_at, number=found.submission.number, digest=found.digest)
