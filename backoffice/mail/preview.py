"""The very mail on a confirm page, before the act: the same functions, without a one-time token."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from backoffice.config import Settings
from backoffice.domain.projects import Status
from backoffice.domain.reviews import DecisionKind, Reopens, Verdict
from backoffice.mail import facts, messages, parts
from backoffice.mail.facts import ProjectFacts, To
from backoffice.mail.parts import DecisionFacts
from backoffice.mail.render import HIDDEN, Message
from backoffice.models import Project, Submission, User
from backoffice.queries.reviews import ItemView
from backoffice.services.outbox import Recipient


def returned(
    session: Session,
    *,
    settings: Settings,
    now: datetime,
    project: Project,
    submission: Submission,
    items: Sequence[ItemView],
    to: Recipient,
    reason: str,
    reopens: Reopens,
    due_on: date,
) -> Message:
    """The mail of a return, as the verdicts and the form stand."""
    asked = [view for view in items if view.verdict is Verdict.CHANGES_REQUESTED]
    scope = [view.item.key for view in (asked or (items if reopens is Reopens.ALL else ()))]
    return _decision(session, settings=settings, now=now, project=project, to=to, decision=DecisionFacts(
        kind=DecisionKind.RETURN, submission=submission, scope=scope, reason=reason, due_on=due_on,
        comments={view.item.key: view.comment for view in asked},
    ))


def approved(
    session: Session, *, settings: Settings, now: datetime, project: Project, submission: Submission, to: Recipient
) -> Message:
    """The mail of an approval."""
    return _decision(session, settings=settings, now=now, project=project, to=to, decision=DecisionFacts(
        kind=DecisionKind.APPROVE, submission=submission, comments={},
    ))


def unlocked(
    session: Session,
    *,
    settings: Settings,
    now: datetime,
    project: Project,
    submission: Submission,
    to: Recipient,
    reason: str,
    scope: Sequence[str],
    due_on: date,
) -> Message:
    """The mail of an unlock; `scope`: the keys of the items that reopen."""
    return _decision(session, settings=settings, now=now, project=project, to=to, decision=DecisionFacts(
        kind=DecisionKind.UNLOCK, submission=submission, scope=scope, reason=reason, due_on=due_on, comments={},
    ))


def reopen_declined(
    session: Session, *, settings: Settings, now: datetime, project: Project, to: Recipient, reason: str, answer: str
) -> Message:
    """The mail of a request that is declined in these words."""
    return messages.reopen_declined(
        to=facts.recipient(session, to), reason=reason, answer=answer,
        project=_facts(session, settings=settings, now=now, project=project, to=to),
    )


def question(
    session: Session, *, settings: Settings, now: datetime, project: Project, to: Recipient, asked_by: str, text: str
) -> Message:
    """The mail of a question; the ticket that it opens gets its number only then."""
    return messages.question(
        to=facts.recipient(session, to), number=0, asked_by=asked_by, question=text,
        project=_facts(session, settings=settings, now=now, project=project, to=to),
    )


def access(session: Session, *, settings: Settings, now: datetime, project: Project, to: Recipient) -> Message:
    """The access mail: with the place of the one-time link for who has no password yet, or of the invitation's own."""
    values = _facts(session, settings=settings, now=now, project=project, to=to)
    user = session.get(User, to.user_id) if to.user_id else None
    is_new = user is None or user.password_hash is None or settings.is_oidc_set
    link = f"{settings.public_base_url}/invite/{HIDDEN}" if is_new else ""
    return messages.access(to=_to(session, to), project=values, link=link)


def reminder(session: Session, *, settings: Settings, now: datetime, project: Project, to: Recipient) -> Message:
    """A reminder that is sent by hand, without its own sentence: of the additions, where these are waited for."""
    values = _facts(session, settings=settings, now=now, project=project, to=to)
    if project.status is not Status.RETURNED or project.due_on is None:
        return messages.reminder(to=_to(session, to), project=values)
    asked = parts.asked_now(session, project)
    return messages.additions_reminder(to=_to(session, to), project=values, asked=asked, due_on=project.due_on)


def _decision(
    session: Session, *, settings: Settings, now: datetime, project: Project, to: Recipient, decision: DecisionFacts
) -> Message:
    values = _facts(session, settings=settings, now=now, project=project, to=to)
    return parts.decision(session, to=_to(session, to), project=values, row=project, case=decision)


def _facts(session: Session, *, settings: Settings, now: datetime, project: Project, to: Recipient) -> ProjectFacts:
    return facts.of_project(session, project, settings=settings, language=to.language, now=now)


def _to(session: Session, to: Recipient) -> To:
    return facts.recipient(session, to)
