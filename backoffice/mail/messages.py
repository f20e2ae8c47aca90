"""Every mail: one function each, values in, a message out (DOMAIN §7). Confirm pages and the job call the same ones.

The words lie in `templates/email/<name>/`. A `link` with a one-time token is made when the mail is rendered for
sending, since only its digest is kept; a preview shows the address without it.
"""

from collections.abc import Sequence
from datetime import date, datetime

from backoffice.domain.notices import Mail
from backoffice.mail.facts import AgencyFacts, Asked, ItemFacts, ProjectFacts, To
from backoffice.mail.render import Message, render


def access(*, to: To, project: ProjectFacts, link: str) -> Message:
    """S3: access to the platform, with the clause of the grant agreement and why (S1, S2); the one-time link for who
    has no password yet."""
    return _about(Mail.ACCESS, to=to, project=project, values={"link": link})


def invitation(*, to: To, project: ProjectFacts, link: str, is_new_here: bool) -> Message:
    """S13: the results can be submitted now. To somebody who never signed in it carries the access too."""
    return _about(Mail.INVITATION, to=to, project=project, values={"link": link, "is_new_here": is_new_here})


def ending_soon(*, to: To, project: ProjectFacts) -> Message:
    """The project ends in a month; the advice about a public contact (S10)."""
    return _about(Mail.ENDING_SOON, to=to, project=project, values={})


def reminder(*, to: To, project: ProjectFacts, note: str = "") -> Message:
    """Ended, and not submitted. `note`: a sentence of who sends it by hand."""
    return _about(Mail.REMINDER, to=to, project=project, values={"note": note})


def last_reminder(*, to: To, project: ProjectFacts) -> Message:
    """The final report is due in a week."""
    return _about(Mail.LAST_REMINDER, to=to, project=project, values={})


def overdue(*, to: To, project: ProjectFacts) -> Message:
    """The final report was due; the responsible specialist gets a copy."""
    return _about(Mail.OVERDUE, to=to, project=project, values={})


def receipt(
    *, to: To, project: ProjectFacts, number: int, submitted_at: datetime, digest: str, items: Sequence[ItemFacts]
) -> Message:
    """What arrived and when, and that it is closed until the agency answers (S14)."""
    return _about(Mail.RECEIPT, to=to, project=project, values={
        "number": number, "submitted_at": project.local(submitted_at), "digest": digest, "items": items,
    })


def submission_received(
    *, to: To, project: ProjectFacts, number: int, submitted_at: datetime, items: Sequence[ItemFacts]
) -> Message:
    """To the responsible specialist, else to the agency's review address."""
    return _about(Mail.SUBMISSION_RECEIVED, to=to, project=project, values={
        "number": number, "submitted_at": project.local(submitted_at), "items": items,
    })


def additions_requested(
    *,
    to: To,
    project: ProjectFacts,
    asked: Sequence[Asked],
    reason: str,
    reopens_all: bool,
    accepted: int,
    due_on: date,
) -> Message:
    """Each comment beside what it is about; `accepted`: how many other results need nothing more."""
    return _about(Mail.ADDITIONS_REQUESTED, to=to, project=project, values={
        "asked": asked, "reason": reason, "reopens_all": reopens_all, "accepted": accepted, "due_on": due_on,
    })


def unlocked(
    *, to: To, project: ProjectFacts, reason: str, reopened: Sequence[ItemFacts], due_on: date
) -> Message:
    """The agency reopened it, with its reason; what was approved stays public meanwhile."""
    return _about(Mail.UNLOCKED, to=to, project=project, values={
        "reason": reason, "reopened": reopened, "due_on": due_on,
    })


def results_approved(
    *,
    to: To,
    project: ProjectFacts,
    number: int,
    public: Sequence[ItemFacts],
    later: Sequence[ItemFacts],
    private: Sequence[ItemFacts],
) -> Message:
    """What the public sees now, what after the report's approval, what not. It never says that a report is approved."""
    return _about(Mail.RESULTS_APPROVED, to=to, project=project, values={
        "number": number, "public": public, "later": later, "private": private,
    })


def reopen_requested(
    *, to: To, project: ProjectFacts, asked_by: str, reason: str, ticket: int | None = None
) -> Message:
    """To the responsible specialist, else to the agency's review address. `ticket`: the helpdesk asks, on a ticket."""
    return _about(Mail.REOPEN_REQUESTED, to=to, project=project, values={
        "asked_by": asked_by, "reason": reason, "ticket": ticket,
        "ticket_url": f"{project.agency.base_url}/admin/tickets/{ticket}/" if ticket else "",
    })


def reopen_declined(*, to: To, project: ProjectFacts, reason: str, answer: str) -> Message:
    """The agency's words, and what they answer."""
    return _about(Mail.REOPEN_DECLINED, to=to, project=project, values={"reason": reason, "answer": answer})


def question(*, to: To, project: ProjectFacts, number: int, asked_by: str, question: str) -> Message:
    """A question that is not a return; the number in the subject ties a reply by mail to its ticket."""
    return _about(Mail.QUESTION, to=to, project=project, values={
        "number": number, "asked_by": asked_by, "question": question, "answer_url": f"{project.my_url}#question",
    })


def additions_reminder(
    *, to: To, project: ProjectFacts, asked: Sequence[Asked], due_on: date, note: str = ""
) -> Message:
    return _about(Mail.ADDITIONS_REMINDER, to=to, project=project, values={
        "asked": asked, "due_on": due_on, "note": note,
    })


def additions_overdue(*, to: To, project: ProjectFacts, asked: Sequence[Asked], due_on: date) -> Message:
    return _about(Mail.ADDITIONS_OVERDUE, to=to, project=project, values={"asked": asked, "due_on": due_on})


def end_date_changed(*, to: To, project: ProjectFacts, before: date | None, after: date | None) -> Message:
    return _about(Mail.END_DATE_CHANGED, to=to, project=project, values={"before": before, "after": after})


def result_hidden(*, to: To, project: ProjectFacts, result: str, reason: str) -> Message:
    """The reason, and how to object without signing in."""
    return _about(Mail.RESULT_HIDDEN, to=to, project=project, values={"result": result, "reason": reason})


def file_infected(*, to: To, project: ProjectFacts, file: str, result: str) -> Message:
    """To the coordinators and the responsible specialist."""
    return _about(Mail.FILE_INFECTED, to=to, project=project, values={"file": file, "result": result})


def access_revoked(*, to: To, project: ProjectFacts, reason: str) -> Message:
    return _about(Mail.ACCESS_REVOKED, to=to, project=project, values={"reason": reason})


def contact_public(*, to: To, project: ProjectFacts, link: str) -> Message:
    """Whoever becomes public learns it, with a link to withdraw; only the button of its page acts."""
    return _about(Mail.CONTACT_PUBLIC, to=to, project=project, values={"link": link})


def contact_hidden(*, to: To, project: ProjectFacts, reason: str, link: str = "") -> Message:
    """The reason, and how to object without signing in: by an answer, or on the page of the link."""
    return _about(Mail.CONTACT_HIDDEN, to=to, project=project, values={"reason": reason, "link": link})


def delivery_failed(*, to: To, project: ProjectFacts, address: str, subject: str, cause: str) -> Message:
    """To the agency: somebody about this project cannot be reached."""
    return _about(Mail.DELIVERY_FAILED, to=to, project=project, values={
        "address": address, "failed_subject": subject, "cause": cause,
        "outbox_url": f"{project.agency.base_url}/admin/outbox/?state=failed",
    })


def password_link(*, to: To, agency: AgencyFacts, link: str) -> Message:
    """To who asked for it, or for whom an admin did."""
    return render(Mail.PASSWORD_LINK.value, to=to, agency=agency, values={"link": link})


def staff_access(*, to: To, agency: AgencyFacts, role: str, link: str) -> Message:
    """To a member of the staff whom an admin created; `role` in words."""
    return render(Mail.STAFF_ACCESS.value, to=to, agency=agency, values={"role": role, "link": link})


def _about(kind: Mail, *, to: To, project: ProjectFacts, values: dict[str, object]) -> Message:
    return render(kind.value, to=to, agency=project.agency, values={**values, "project": project})
