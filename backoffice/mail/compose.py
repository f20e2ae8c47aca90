"""From an outbox row to its message: reads what the row's ids name, as it is now (DESIGN §3).

A row whose facts are gone (an access that ended, a decision that was undone) raises Outdated: it is withdrawn.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, TypeVar

from flask_babel import force_locale, gettext
from sqlalchemy.orm import Session

from backoffice.config import Settings
from backoffice.domain.notices import Mail
from backoffice.domain.permissions import ROLE_WORDS, Role
from backoffice.domain.tickets import TicketState
from backoffice.domain.visibility import Subject
from backoffice.mail import facts, invitations, messages, parts, tickets
from backoffice.mail.facts import Outdated, ProjectFacts, To
from backoffice.mail.render import Message
from backoffice.models import (
    Access,
    Agency,
    Contact,
    Decision,
    OutboxRow,
    Override,
    Project,
    ReopenRequest,
    Result,
    StoredFile,
    Submission,
    Ticket,
    User,
)
from backoffice.queries import contacts
from backoffice.services.import_people import REPLACED
from backoffice.services.outbox import Claim, Recipient
from backoffice.services.signin import may_have_password

# Mails that carry a one-time link to set a password to who has none or was never here; for the last two it is the mail.
LINKS = frozenset({Mail.ACCESS, Mail.INVITATION, Mail.PASSWORD_LINK, Mail.STAFF_ACCESS})
ALWAYS_LINKS = frozenset({Mail.PASSWORD_LINK, Mail.STAFF_ACCESS})
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """All that the composers of mails about a project share."""

    session: Session
    claim: Claim
    to: To
    row: Project
    project: ProjectFacts
    token: str | None
    secret_key: str

    def get(self, kind: type[Row], name: str) -> Row:
        found = self.session.get(kind, self.claim.params.get(name))
        if found is None:
            raise Outdated(f"there is no such {name} any longer")
        return found


def link_holder(session: Session, claim: Claim, *, staff_only: bool) -> int | None:
    """For whom a one-time link is to be made before this mail is rendered; None when it needs none. `staff_only`: with
    EU Login coordinators have no password (DOMAIN §7)."""
    if claim.kind not in LINKS or claim.user_id is None or (staff_only and claim.kind not in ALWAYS_LINKS):
        return None
    user = session.get(User, claim.user_id)
    if user is None or not may_have_password(user, staff_only=staff_only):
        return None
    is_needed = claim.kind in ALWAYS_LINKS or user.password_hash is None
    return user.id if is_needed else None


def compose(session: Session, claim: Claim, *, settings: Settings, now: datetime, token: str | None) -> Message:
    """The mail of a claimed row; `token` is the one-time link's, if it has one."""
    to = facts.recipient(session, Recipient(email=claim.to, language=claim.language, user_id=claim.user_id))
    if claim.kind in ALWAYS_LINKS:
        return _account(session, claim, to=to, settings=settings, token=token)
    if claim.kind in tickets.COMPOSERS:
        return tickets.COMPOSERS[claim.kind](session, claim, settings=settings, to=to)
    composer = _COMPOSERS.get(claim.kind)
    project = session.get(Project, claim.project_id) if claim.project_id else None
    if composer is None or project is None:
        raise Outdated(f"there is nothing to say in a mail of the kind {claim.kind.value}")
    values = facts.of_project(session, project, settings=settings, language=to.language, now=now)
    return composer(_Case(
        session=session, claim=claim, to=to, row=project, project=values, token=token, secret_key=settings.secret_key
    ))


def _account(session: Session, claim: Claim, *, to: To, settings: Settings, token: str | None) -> Message:
    user = session.get(User, claim.user_id) if claim.user_id else None
    if user is None or token is None:
        raise Outdated("the account was deactivated, or signs in with EU Login")
    row = session.get(Agency, claim.agency_id) if claim.agency_id else None
    agency = facts.of_agency(session, row, settings=settings, language=to.language)
    link = f"{settings.public_base_url}/invite/{token}"
    if claim.kind is Mail.PASSWORD_LINK:
        return messages.password_link(to=to, agency=agency, link=link)
    with force_locale(to.language):
        role = gettext(ROLE_WORDS[Role(user.role.value) if user.role else Role.COORDINATOR])
    return messages.staff_access(to=to, agency=agency, role=role, link=link)


def _invite(case: _Case) -> str:
    """The one-time link of who has no password yet; with EU Login the link of the invitation, for everybody."""
    base = case.project.agency.base_url
    if case.token:
        return f"{base}/invite/{case.token}"
    if not case.project.agency.by_eu_login:
        return ""
    own = [row.id for row in case.row.accesses if row.user_id == case.claim.user_id and row.ended_at is None]
    return invitations.link(access_id=own[-1], base_url=base, secret_key=case.secret_key) if own else ""


def _access(case: _Case) -> Message:
    if case.get(Access, "access_id").ended_at is not None:
        raise Outdated("the access has ended")
    return messages.access(to=case.to, project=case.project, link=_invite(case))


def _invitation(case: _Case) -> Message:
    user = case.session.get(User, case.claim.user_id) if case.claim.user_id else None
    return messages.invitation(
        to=case.to, project=case.project, link=_invite(case),
        is_new_here=user is not None and user.last_sign_in_at is None,
    )


def _overdue(case: _Case) -> Message:
    return messages.overdue(to=_for_staff(case), project=case.project)


def _receipt(case: _Case) -> Message:
    submission = case.get(Submission, "submission_id")
    return messages.receipt(
        to=case.to, project=case.project, number=submission.number, submitted_at=submission.submitted_at,
        digest=submission.digest, items=parts.listed(submission.items),
    )


def _submission_received(case: _Case) -> Message:
    submission = case.get(Submission, "submission_id")
    return messages.submission_received(
        to=case.to, project=case.project, number=submission.number, submitted_at=submission.submitted_at,
        items=parts.listed(submission.items),
    )


def _decision(case: _Case) -> Message:
    decision = case.get(Decision, "decision_id")
    if decision.undone_at is not None:
        raise Outdated("the decision was undone")
    return parts.decision(
        case.session, to=case.to, project=case.project, row=case.row,
        case=parts.DecisionFacts(
            kind=decision.kind, submission=decision.submission, scope=tuple(decision.scope), reason=decision.reason,
            due_on=decision.due_on, comments={request.key: request.comment for request in decision.requests},
        ),
    )


def _reopen_requested(case: _Case) -> Message:
    if "asked_by_id" in case.claim.params:  # the helpdesk asks; a coordinator's request has a row of its own
        return _unlock_asked(case)
    row = case.get(ReopenRequest, "request_id")
    if row.closed_at is not None:
        raise Outdated("the request was answered")
    return messages.reopen_requested(
        to=case.to, project=case.project, asked_by=parts.name_of(row.asked_by), reason=row.reason
    )


def _unlock_asked(case: _Case) -> Message:
    """The helpdesk asks, on a ticket."""
    ticket, helper = case.get(Ticket, "ticket_id"), case.session.get(User, case.claim.params.get("asked_by_id"))
    return messages.reopen_requested(
        to=case.to, project=case.project, asked_by=parts.name_of(helper),
        reason=str(case.claim.params.get("reason") or ""), ticket=ticket.number,
    )


def _reopen_declined(case: _Case) -> Message:
    row = case.get(ReopenRequest, "request_id")
    return messages.reopen_declined(to=case.to, project=case.project, reason=row.reason, answer=row.answer)


def _question(case: _Case) -> Message:
    ticket = case.get(Ticket, "ticket_id")
    if ticket.state is not TicketState.WAITING:
        raise Outdated("the question was answered")
    first = ticket.messages[0]
    return messages.question(
        to=case.to, project=case.project, number=ticket.number, asked_by=parts.name_of(first.author),
        question=first.text,
    )


def _additions(case: _Case) -> Message:
    due_on = case.row.due_on
    if due_on is None:
        raise Outdated("the additions were submitted")
    asked = parts.asked_now(case.session, case.row)
    if case.claim.kind is Mail.ADDITIONS_OVERDUE:
        return messages.additions_overdue(to=case.to, project=case.project, asked=asked, due_on=due_on)
    note = str(case.claim.params.get("note") or "")
    return messages.additions_reminder(to=case.to, project=case.project, asked=asked, due_on=due_on, note=note)


def _end_date_changed(case: _Case) -> Message:
    return messages.end_date_changed(
        to=case.to, project=case.project, before=_date(case.claim.params.get("former_end_date")),
        after=_date(case.claim.params.get("end_date")),
    )


def _result_hidden(case: _Case) -> Message:
    override = case.get(Override, "override_id")
    result = case.session.get(Result, override.subject_id)
    return messages.result_hidden(
        to=case.to, project=case.project, result=result.title if result else "", reason=override.reason
    )


def _contact_hidden(case: _Case) -> Message:
    override = case.get(Override, "override_id")
    return messages.contact_hidden(
        to=_named(case, override.subject_id), project=case.project, reason=override.reason, link=_contact_url(case)
    )


def _contact_public(case: _Case) -> Message:
    if case.token is None:
        raise Outdated("the person is no contact of the project any longer")
    contact = case.get(Contact, "contact_id")
    if not contacts.is_public(contact, case.session.scalar(contacts.active_override(Subject.CONTACT, contact.id))):
        raise Outdated("the person is not public any longer")
    return messages.contact_public(
        to=_named(case, contact.id), project=case.project, link=_contact_url(case)
    )


def _contact_url(case: _Case) -> str:
    return f"{case.project.agency.base_url}/contact/{case.token}" if case.token else ""


def _file_infected(case: _Case) -> Message:
    file = case.get(StoredFile, "file_id")
    return messages.file_infected(
        to=_for_staff(case), project=case.project, file=file.name, result=file.result.title if file.result else ""
    )


def _access_revoked(case: _Case) -> Message:
    reason = str(case.claim.params.get("reason") or "")
    if reason == REPLACED:  # the import's own sentence; what a person wrote stays as written
        with force_locale(case.to.language):
            reason = gettext(REPLACED)
    return messages.access_revoked(to=case.to, project=case.project, reason=reason)


def _delivery_failed(case: _Case) -> Message:
    failed = case.get(OutboxRow, "outbox_id")
    return messages.delivery_failed(
        to=case.to, project=case.project, address=failed.to, subject=failed.subject or failed.kind.value,
        cause=failed.failure,
    )


def _for_staff(case: _Case) -> To:
    """The same words go to coordinators and, as a copy, to the agency; the way on differs."""
    user = case.session.get(User, case.claim.user_id) if case.claim.user_id else None
    is_coordinator = user is not None and any(
        access.user_id == user.id and access.ended_at is None for access in case.row.accesses
    )
    return To(email=case.to.email, language=case.to.language, name=case.to.name, is_staff=not is_coordinator)


def _named(case: _Case, contact_id: Any) -> To:
    contact = case.session.get(Contact, contact_id) if contact_id else None
    name = case.to.name or (contact.name if contact else "")
    return To(email=case.to.email, language=case.to.language, name=name)


def _date(text: Any) -> date | None:
    return date.fromisoformat(text) if text else None


_COMPOSERS: Mapping[Mail, Callable[[_Case], Message]] = MappingProxyType({
    Mail.ACCESS: _access,
    Mail.ENDING_SOON: lambda case: messages.ending_soon(to=case.to, project=case.project),
    Mail.INVITATION: _invitation,
    Mail.REMINDER: lambda case: messages.reminder(
        to=case.to, project=case.project, note=str(case.claim.params.get("note") or "")
    ),
    Mail.LAST_REMINDER: lambda case: messages.last_reminder(to=case.to, project=case.project),
    Mail.OVERDUE: _overdue,
    Mail.RECEIPT: _receipt,
    Mail.SUBMISSION_RECEIVED: _submission_received,
    Mail.ADDITIONS_REQUESTED: _decision,
    Mail.UNLOCKED: _decision,
    Mail.RESULTS_APPROVED: _decision,
    Mail.REOPEN_REQUESTED: _reopen_requested,
    Mail.REOPEN_DECLINED: _reopen_declined,
    Mail.QUESTION: _question,
    Mail.ADDITIONS_REMINDER: _additions,
    Mail.ADDITIONS_OVERDUE: _additions,
    Mail.END_DATE_CHANGED: _end_date_changed,
    Mail.RESULT_HIDDEN: _result_hidden,
    Mail.CONTACT_HIDDEN: _contact_hidden,
    Mail.CONTACT_PUBLIC: _contact_public,
    Mail.FILE_INFECTED: _file_infected,
    Mail.ACCESS_REVOKED: _access_revoked,
    Mail.DELIVERY_FAILED: _delivery_failed,
})
