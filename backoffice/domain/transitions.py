"""The lifecycle as one table (DOMAIN §3). Services run it, buttons and tests read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from backoffice.domain.errors import N_, Refused
from backoffice.domain.permissions import Permission
from backoffice.domain.projects import Status


class Name(StrEnum):
    SUBMIT = "submit"
    RETURN = "return"
    APPROVE = "approve"
    UNLOCK = "unlock"
    UNDO = "undo"


class Guard(StrEnum):
    """Conditions beside status and permission; the service holds one function for each."""

    NOT_OWN_PROJECT = "not_own_project"  # nobody decides on a project to which they have access themselves
    SUBMITTABLE = "submittable"
    NOT_CANCELLED = "not_cancelled"
    CHECKLIST = "checklist"
    CLAIM = "claim"
    NO_CLAIM_OF_A_COLLEAGUE = "no_claim_of_a_colleague"
    DIGEST = "digest"
    COMMENT_FOR_EACH = "comment_for_each"
    ALL_ACCEPTED = "all_accepted"
    FILES_CHECKED = "files_checked"
    REASON = "reason"
    OWN_DECISION = "own_decision"  # undo is for who decided
    MAIL_NOT_LEFT = "mail_not_left"
    NOTHING_FOLLOWED = "nothing_followed"  # no edit, no submission, no further decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One row of the table: from, to, who, under which guards, and what it writes."""

    name: Name
    sources: frozenset[Status]
    target: Status | None  # None: the state from which the decision came
    permission: Permission
    guards: tuple[Guard, ...]
    audit: str
    mail: str

    def leads_to(self, before: Status) -> Status:
        """The state after it; `before` is where a decision that is undone came from."""
        return self.target or before


TRANSITIONS: Mapping[Name, Transition] = MappingProxyType({
    row.name: row
    for row in (
        Transition(
            name=Name.SUBMIT, sources=frozenset({Status.OPEN, Status.RETURNED}), target=Status.UNDER_REVIEW,
            permission=Permission.OWN_SUBMIT, guards=(Guard.SUBMITTABLE, Guard.NOT_CANCELLED, Guard.CHECKLIST),
            audit="project:submitted", mail="receipt",
        ),
        Transition(
            name=Name.RETURN, sources=frozenset({Status.UNDER_REVIEW}), target=Status.RETURNED,
            permission=Permission.REVIEW_DECIDE,
            guards=(Guard.NOT_OWN_PROJECT, Guard.CLAIM, Guard.DIGEST, Guard.COMMENT_FOR_EACH, Guard.REASON),
            audit="project:returned", mail="additions-requested",
        ),
        Transition(
            name=Name.APPROVE, sources=frozenset({Status.UNDER_REVIEW}), target=Status.APPROVED,
            permission=Permission.REVIEW_DECIDE,
            guards=(Guard.NOT_OWN_PROJECT, Guard.CLAIM, Guard.DIGEST, Guard.ALL_ACCEPTED, Guard.FILES_CHECKED),
            audit="project:approved", mail="results-approved",
        ),
        Transition(
            name=Name.UNLOCK, sources=frozenset({Status.UNDER_REVIEW, Status.APPROVED}), target=Status.RETURNED,
            permission=Permission.REVIEW_DECIDE,
            guards=(Guard.NOT_OWN_PROJECT, Guard.NO_CLAIM_OF_A_COLLEAGUE, Guard.DIGEST, Guard.REASON),
            audit="project:unlocked", mail="unlocked",
        ),
        Transition(
            name=Name.UNDO, sources=frozenset({Status.RETURNED, Status.APPROVED}), target=None,
            permission=Permission.REVIEW_DECIDE,
            guards=(Guard.NOT_OWN_PROJECT, Guard.OWN_DECISION, Guard.MAIL_NOT_LEFT, Guard.NOTHING_FOLLOWED),
            audit="project:undone", mail="",
        ),
    )
})

DUE_DAYS_MIN, DUE_DAYS_MAX, DUE_DAYS_DEFAULT = 1, 90, 14


def check(transition: Transition, status: Status) -> None:
    """Refuse a transition from a status that the table does not name."""
    if status not in transition.sources:
        raise Refused(_ALREADY[status], code="wrong-state")


_ALREADY: Mapping[Status, str] = MappingProxyType({
    Status.OPEN: N_("Nothing was sent yet: the project is open for uploading results."),
    Status.UNDER_REVIEW: N_("This was already sent: the results are under review."),
    Status.RETURNED: N_("The results were already returned to the coordinator."),
    Status.APPROVED: N_("The results are already approved."),
})


def allowed(status: Status) -> frozenset[Name]:
    """The transitions that the table allows from a status, for pages that show or grey a button."""
    return frozenset(name for name, row in TRANSITIONS.items() if status in row.sources)
