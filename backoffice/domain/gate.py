"""The final-report gate (S2, DOMAIN §9): may the final report be approved, as far as the results go?"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from backoffice.domain.projects import Status


class GateState(StrEnum):
    NOT_SUBMITTED = "not_submitted"
    UNDER_REVIEW = "under_review"
    RETURNED = "returned"
    APPROVED = "approved"
    REOPENED = "reopened"


_STATES = {
    Status.OPEN: GateState.NOT_SUBMITTED,
    Status.UNDER_REVIEW: GateState.UNDER_REVIEW,
    Status.RETURNED: GateState.RETURNED,
    Status.APPROVED: GateState.APPROVED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The answer about one project; `since` is the instant of the state, `by` a side, never a person."""

    project: str
    may_approve: bool
    state: GateState
    results_required: bool
    since: datetime
    by: str
    submission: int | None
    digest: str | None
    report_approved_on: date | None


def state_of(*, status: Status, was_approved: bool) -> GateState:
    """`reopened` (once approved, now not) wins over returned and under review."""
    if was_approved and status is not Status.APPROVED:
        return GateState.REOPENED
    return _STATES[status]


def may_approve(*, state: GateState, results_required: bool, report_approved_on: date | None) -> bool:
    """DOMAIN §9, word by word."""
    return not results_required or state is GateState.APPROVED or report_approved_on is not None


def side(state: GateState) -> str:
    """Who brought the state about: a submission is the coordinator's act, and so is that there is none yet; all others
    are the agency's. `reopened` stays the agency's act, also after the coordinator has sent the results again."""
    return "coordinator" if state in (GateState.NOT_SUBMITTED, GateState.UNDER_REVIEW) else "agency"
