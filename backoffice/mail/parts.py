"""What several mails and their previews have in common: a submission's items, and the three decision mails."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from backoffice.domain.reviews import DecisionKind
from backoffice.domain.visibility import Subject, Withheld, project_is_public, why_withheld
from backoffice.mail import facts, messages
from backoffice.mail.facts import ItemFacts, ProjectFacts, To
from backoffice.mail.render import Message
from backoffice.models import Project, Submission, SubmissionItem, User
from backoffice.queries import contacts, submissions


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFacts:
    """A decision, taken or about to be: what its mail says."""

    kind: DecisionKind
    submission: Submission
    scope: Sequence[str] = ()  # item keys that reopen
    reason: str = ""
    due_on: date | None = None
    comments: Mapping[str, str]  # item key → comment that is sent with a return


def listed(items: Sequence[SubmissionItem]) -> list[ItemFacts]:
    """The results of a submission, and its final summary when there is one."""
    known = facts.items(list(items))
    return [known[item.key] for item in items if item.result_id is not None or item.description]


def decision(session: Session, *, to: To, project: ProjectFacts, row: Project, case: DecisionFacts) -> Message:
    """The mail of a return, an approval or an unlock."""
    if case.kind is DecisionKind.APPROVE:
        return _approved(session, to=to, project=project, row=row, submission=case.submission)
    if case.due_on is None:
        raise ValueError("a decision that reopens has a due date")
    known = _known(case.submission)
    if case.kind is DecisionKind.UNLOCK:
        return messages.unlocked(
            to=to, project=project, reason=case.reason, due_on=case.due_on,
            reopened=[item for key, item in known.items() if key in case.scope],
        )
    asked = _asked(known, case.comments)
    others = [key for key, item in known.items() if item.number and key not in case.comments]
    return messages.additions_requested(
        to=to, project=project, asked=asked, reason=case.reason, due_on=case.due_on,
        reopens_all=not asked and bool(case.scope), accepted=len(others),
    )


def name_of(user: User | None) -> str:
    """A person in a sentence of a mail."""
    return (user.name or user.email) if user else "—"


def _known(submission: Submission) -> Mapping[str, ItemFacts]:
    return facts.items(list(submission.items))


def _asked(known: Mapping[str, ItemFacts], comments: Mapping[str, str]) -> list[facts.Asked]:
    return [facts.Asked(item=item, comment=comments[key]) for key, item in known.items() if key in comments]


def asked_now(session: Session, project: Project) -> list[facts.Asked]:
    """The comments that wait for the coordinator, beside what they are about."""
    latest = session.scalar(submissions.latest(project.id))
    known = facts.items(latest.items) if latest else {}
    return [
        facts.Asked(item=known[request.key], comment=request.comment)
        for request in session.scalars(submissions.current_requests(project.id))
        if request.key in known
    ]


def _approved(
    session: Session, *, to: To, project: ProjectFacts, row: Project, submission: Submission
) -> Message:
    overrides = contacts.by_subject(session.scalars(contacts.active_overrides(row.id)).all())
    on_project = overrides.get((Subject.PROJECT, row.id))
    is_public = project_is_public(
        today=project.today, start_date=row.start_date, grant_state=row.grant_state,
        override=on_project.kind if on_project else None,
    )
    known = _known(submission)
    sorted_out: dict[Withheld | None, list[ItemFacts]] = {}
    for item in submission.items:
        if item.result_id is None:
            continue
        override = overrides.get((Subject.RESULT, item.result_id))
        cause = why_withheld(
            is_project_public=is_public, do_not_publish=item.do_not_publish,
            override=override.kind if override else None, rule=row.agency.publication_rule,
            is_report_approved=row.report_approved_on is not None,
        )
        sorted_out.setdefault(cause, []).append(known[item.key])
    private = [Withheld.PROJECT, Withheld.DO_NOT_PUBLISH, Withheld.HIDDEN]
    return messages.results_approved(
        to=to, project=project, number=submission.number, public=sorted_out.get(None, []),
        later=sorted_out.get(Withheld.REPORT, []),
        private=[item for cause in private for item in sorted_out.get(cause, [])],
    )
