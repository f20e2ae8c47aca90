"""Requests of coordinators to reopen what they sent (DOMAIN §3, "Ask to reopen")."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from backoffice.models import ReopenRequest


def waiting(project_id: int) -> Select[ReopenRequest]:
    """The request that waits for the agency's answer; there is at most one."""
    return (
        select(ReopenRequest)
        .where(ReopenRequest.project_id == project_id, ReopenRequest.closed_at.is_(None))
        .options(joinedload(ReopenRequest.asked_by))
    )


def last(project_id: int) -> Select[ReopenRequest]:
    """The last one, answered or not."""
    return (
        select(ReopenRequest)
        .where(ReopenRequest.project_id == project_id)
        .order_by(ReopenRequest.id.desc())
        .limit(1)
    )


def waiting_of(session: Session, project_ids: Sequence[int]) -> Mapping[int, ReopenRequest]:
    """Project → the request that waits, for a page of a list."""
    query = select(ReopenRequest).where(
        ReopenRequest.project_id.in_(project_ids), ReopenRequest.closed_at.is_(None)
    )
    return {row.project_id: row for row in session.scalars(query)}
