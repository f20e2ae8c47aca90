"""How many rows there are of all that a transition writes: what a refusal must leave as it is."""

from sqlalchemy import func, select

from backoffice.db import db
from backoffice.models import AuditEvent, ChangeRequest, Decision, OutboxRow, Project, ReviewClaim, Submission


def facts() -> tuple[int, ...]:
    """How many rows there are of all that a transition writes, and the project's version."""
    db.session.rollback()
    kinds = (AuditEvent, OutboxRow, Decision, Submission, ChangeRequest, ReviewClaim)
    counts = [db.session.scalar(select(func.count()).select_from(kind)) or 0 for kind in kinds]
    return (*counts, *db.session.scalars(select(Project.version).order_by(Project.id)))
