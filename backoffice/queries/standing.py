"""Where a review stands for one person: what the page shows, and what stands in the way of a decision (DOMAIN §3).

The services guard the decisions; this says the same before the button is pressed, from the same table. A test walks
through the states and holds the two together.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from backoffice.domain.errors import N_, Refused
from backoffice.domain.files import blocks_approve
from backoffice.domain.permissions import Actor
from backoffice.domain.projects import Status
from backoffice.domain.reviews import Verdict
from backoffice.domain.transitions import TRANSITIONS, Guard, Name
from backoffice.models import Decision, Project, ReviewClaim, StoredFile, Submission, SubmissionItem
from backoffice.queries import projects, reviews, submissions
from backoffice.queries.reviews import ItemView


class Holder(StrEnum):
    """Whose claim it is, as the person sees it. One's own that ran out and that nobody took is still one's own."""

    ME = "me"
    COLLEAGUE = "colleague"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A project in review with all that buttons and confirm pages ask for."""

    project: Project
    today: date
    submission: Submission | None
    items: list[ItemView]
    removed: list[SubmissionItem]
    files: dict[int, StoredFile]
    claim: ReviewClaim | None
    holder: Holder
    is_own_project: bool
    decisions: list[Decision]

    @property
    def results(self) -> list[ItemView]:
        return [view for view in self.items if not view.is_summary]

    @property
    def asked(self) -> list[ItemView]:
        return [view for view in self.items if view.verdict is Verdict.CHANGES_REQUESTED]

    @property
    def undecided(self) -> list[ItemView]:
        return [view for view in self.items if view.verdict is None and not view.is_accepted]

    @property
    def blocking_files(self) -> list[StoredFile]:
        """Files with which nobody can approve."""
        return [
            file for file in self.files.values()
            if blocks_approve(file.check_state, is_passed=file.passed_at is not None)
        ]

    @property
    def passed_files(self) -> list[StoredFile]:
        return [file for file in self.files.values() if file.passed_at is not None]

    @property
    def last_decision(self) -> Decision | None:
        return self.decisions[0] if self.decisions else None

    @property
    def lost_by(self) -> int | None:
        """The person from whom a colleague took the review over, while the colleague holds it."""
        return self.claim.lost_by_id if self.claim and self.holder is Holder.COLLEAGUE else None


def standing(session: Session, *, actor: Actor, project: Project, now: datetime) -> Standing:
    """Everything of one review, read once for a page."""
    submission = session.scalar(submissions.latest(project.id))
    claim = session.scalar(reviews.claim_row(project.id)) if project.status is Status.UNDER_REVIEW else None
    if claim is not None and claim.user_id == actor.user_id:
        holder = Holder.ME
    else:
        holder = Holder.COLLEAGUE if claim is not None and claim.until_at > now else Holder.NOBODY
    return Standing(
        project=project,
        today=projects.today(project.agency, now=now),
        submission=submission,
        items=reviews.items(session, submission) if submission else [],
        removed=reviews.removed_items(session, submission) if submission else [],
        files={file.id: file for file in session.scalars(reviews.files_of(submission.id))} if submission else {},
        claim=claim,
        holder=holder,
        is_own_project=session.scalar(projects.has_access(actor.user_id, project.id)) is not None,
        decisions=list(session.scalars(submissions.decisions(project.id))),
    )


def obstacle(case: Standing, name: Name) -> Refused | None:
    """Why this decision cannot be taken now; None when only the confirm page stands before it."""
    row = TRANSITIONS[name]
    if case.submission is None:
        return Refused(N_("Nothing was submitted yet."), code="wrong-state")
    if case.project.status not in row.sources:
        return Refused(_NOT_NOW[case.project.status], code="wrong-state")
    return next((found for guard in row.guards if (found := _check(case, guard)) is not None), None)


_NOT_NOW = {
    Status.OPEN: N_("The project is open; nothing waits for a decision."),
    Status.UNDER_REVIEW: N_("The results are under review."),
    Status.RETURNED: N_("The results are with the coordinator, who can change them now."),
    Status.APPROVED: N_("The results are approved."),
}


def _check(case: Standing, guard: Guard) -> Refused | None:
    if guard is Guard.NOT_OWN_PROJECT and case.is_own_project:
        return Refused(
            N_("You have access to this project yourself, so a colleague decides on it."), code="own-project"
        )
    if guard in (Guard.CLAIM, Guard.NO_CLAIM_OF_A_COLLEAGUE):
        return _claim(case, is_needed=guard is Guard.CLAIM)
    if guard is Guard.ALL_ACCEPTED and not all(view.is_accepted for view in case.items):
        return Refused(N_("Approve opens when every result is accepted."), code="not-accepted")
    if guard is Guard.FILES_CHECKED and case.blocking_files:
        return Refused(
            N_("“%(file)s” is not checked or not clean; it cannot be published."), code="file-unchecked",
            values={"file": case.blocking_files[0].name},
        )
    return None


def _claim(case: Standing, *, is_needed: bool) -> Refused | None:
    if case.holder is Holder.COLLEAGUE and case.claim is not None:
        return Refused(
            N_("%(name)s holds this review until %(until)s."), code="claim-lost" if is_needed else "claimed",
            values={"name": case.claim.user.name or case.claim.user.email, "until": case.claim.until_at},
        )
    if is_needed and case.holder is Holder.NOBODY:
        return Refused(
            N_("Claim the review first, so that no colleague decides at the same time."), code="no-claim"
        )
    return None
