"""The final-report gate over the rows (DOMAIN §9).

The list runs by `gate_changed_at`, the instant of the last change of anything that the answer is made of, and not by
`since`, which is the instant of the state: a report date moves `may_approve` and an undo takes the state back to an
earlier instant, and whoever asks "what is new since my last look" must see both.
"""

import base64
import binascii
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from backoffice.domain import gate
from backoffice.domain.gate import Gate, GateState
from backoffice.domain.projects import CODE
from backoffice.domain.reviews import DecisionKind
from backoffice.models import Decision, Project, Submission
from backoffice.queries import projects

PAGE = 100  # projects in one answer of the list
_MOST = 2**62  # greater numbers fit into no column


class BadCursor(ValueError):
    """A cursor that was not made by us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    items: list[Gate]
    next: str | None


def project(*, agency_id: int, code: str) -> Select[Project]:
    return select(Project).where(Project.agency_id == agency_id, Project.code == _known_form(code))


def _known_form(code: str) -> str:
    """Folded; what cannot be a code is looked for as none, since not every text may be sent to a database."""
    folded = code.strip().upper()
    return folded if CODE.fullmatch(folded) else ""


def one(session: Session, row: Project) -> Gate:
    return _gates(session, [row])[0]


def page(session: Session, *, agency_id: int, since: datetime | None = None, cursor: str | None = None) -> Listed:
    """Projects of the agency by the instant of their last change; many of one instant come once each, by their id.

    A project that changes while somebody walks moves to the end: it may come twice, it is never missed.
    """
    keys = (Project.gate_changed_at, Project.id)
    query = select(Project).where(Project.agency_id == agency_id).order_by(*keys).limit(PAGE + 1)
    if since is not None:
        query = query.where(Project.gate_changed_at >= since)
    if cursor is not None:
        query = query.where(tuple_(*keys) > tuple_(*_decode(cursor)))
    rows = session.scalars(query).all()
    more, rows = len(rows) > PAGE, rows[:PAGE]
    return Listed(items=_gates(session, rows), next=_encode(rows[-1]) if more else None)


def instant(text: str) -> datetime:
    """An ISO instant with its offset, in UTC; raises ValueError. A "+" that came as a blank is taken for what it is."""
    found = datetime.fromisoformat(re.sub(r" (?=\d\d:\d\d$)", "+", text))
    if found.tzinfo is None:
        raise ValueError(text)
    try:
        return found.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error


def _gates(session: Session, rows: Sequence[Project]) -> list[Gate]:
    """One query for the submissions of all of them, one for the reopenings."""
    found = session.execute(
        select(Submission.project_id, Submission.number, Submission.digest)
        .where(Submission.project_id.in_([row.id for row in rows]))
        .order_by(Submission.project_id, Submission.number)
    )
    latest = {project_id: (number, digest) for project_id, number, digest in found}
    reopened = _reopened(session, [row for row in rows if row.first_approved_at is not None])
    return [_gate(row, *latest.get(row.id, (None, None)), reopened_at=reopened.get(row.id)) for row in rows]


def _reopened(session: Session, rows: Sequence[Project]) -> dict[int, datetime]:
    """When each was reopened: the state stays `reopened` through resubmission and return, until the next approval."""
    decisions = session.execute(
        select(Decision.project_id, Decision.kind, Decision.decided_at)
        .where(Decision.project_id.in_([row.id for row in rows]), Decision.undone_at.is_(None))
        .order_by(Decision.project_id, Decision.id)
    )
    found: dict[int, datetime] = {}
    for project_id, kind, decided_at in decisions:
        if kind is DecisionKind.APPROVE:
            found.pop(project_id, None)
        elif kind is DecisionKind.UNLOCK:
            found.setdefault(project_id, decided_at)
    return found


def _gate(row: Project, number: int | None, digest: str | None, *, reopened_at: datetime | None) -> Gate:
    state = gate.state_of(status=row.status, was_approved=row.first_approved_at is not None)
    required = projects.results_required(row)
    is_reopened = state is GateState.REOPENED and reopened_at is not None
    return Gate(
        project=row.code,
        may_approve=gate.may_approve(
            state=state, results_required=required, report_approved_on=row.report_approved_on
        ),
        state=state,
        results_required=required,
        since=reopened_at if is_reopened and reopened_at else row.status_since_at,
        by=gate.side(state),
        submission=number,
        digest=digest,
        report_approved_on=row.report_approved_on,
    )


def _encode(row: Project) -> str:
    raw = json.dumps([row.gate_changed_at.astimezone(UTC).isoformat(), row.id])
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[datetime, int]:
    try:
        at, row_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if type(row_id) is not int or not 0 < row_id < _MOST or not isinstance(at, str):
            raise BadCursor(cursor)
        return instant(at), row_id
    except (ValueError, TypeError, binascii.Error, OverflowError, RecursionError) as error:
        raise BadCursor(cursor) from error
