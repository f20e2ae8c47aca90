"""The final-report gate over the rows (DOMAIN §9)."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from backoffice.domain import gate
from backoffice.domain.gate import Gate
from backoffice.models import ApiToken, Project, Submission
from backoffice.queries import projects

PAGE = 100  # projects in one answer of the list


class BadCursor(ValueError):
    """A cursor that was not made by us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    items: list[Gate]
    next: str | None


def token(digest: str) -> Select[ApiToken]:
    """A token in force."""
    return select(ApiToken).where(ApiToken.digest == digest, ApiToken.revoked_at.is_(None))


def project(*, agency_id: int, code: str) -> Select[Project]:
    return select(Project).where(Project.agency_id == agency_id, Project.code == code.strip().upper())


def one(session: Session, row: Project) -> Gate:
    return _gates(session, [row])[0]


def page(session: Session, *, agency_id: int, since: datetime | None = None, cursor: str | None = None) -> Listed:
    """Projects of the agency by the instant of their state; many of one instant come once each, by their id."""
    keys = (Project.status_since_at, Project.id)
    query = select(Project).where(Project.agency_id == agency_id).order_by(*keys).limit(PAGE + 1)
    if since is not None:
        query = query.where(Project.status_since_at >= since)
    if cursor is not None:
        query = query.where(tuple_(*keys) > tuple_(*_decode(cursor)))
    rows = session.scalars(query).all()
    more, rows = len(rows) > PAGE, rows[:PAGE]
    return Listed(items=_gates(session, rows), next=_encode(rows[-1]) if more else None)


def _gates(session: Session, rows: Sequence[Project]) -> list[Gate]:
    """One query for the submissions of all of them."""
    found = session.execute(
        select(Submission.project_id, Submission.number, Submission.digest)
        .where(Submission.project_id.in_([row.id for row in rows]))
        .order_by(Submission.project_id, Submission.number)
    )
    latest = {project_id: (number, digest) for project_id, number, digest in found}
    return [_gate(row, *latest.get(row.id, (None, None))) for row in rows]


def _gate(row: Project, number: int | None, digest: str | None) -> Gate:
    state = gate.state_of(status=row.status, was_approved=row.first_approved_at is not None)
    required = projects.results_required(row)
    return Gate(
        project=row.code,
        may_approve=gate.may_approve(
            state=state, results_required=required, report_approved_on=row.report_approved_on
        ),
        state=state,
        results_required=required,
        since=row.status_since_at,
        by=gate.side(state, status=row.status),
        submission=number,
        digest=digest,
        report_approved_on=row.report_approved_on,
    )


def _encode(row: Project) -> str:
    raw = json.dumps([row.status_since_at.astimezone(UTC).isoformat(), row.id])
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[datetime, int]:
    try:
        at, row_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        instant = datetime.fromisoformat(at)
        if instant.tzinfo is None or type(row_id) is not int:
            raise BadCursor(cursor)
    except (ValueError, TypeError, binascii.Error, OverflowError) as error:
        raise BadCursor(cursor) from error
    return instant, row_id
