"""Why a person writes to the helpdesk: from what happened to them lately to the likely cause, and what cures it.

Pure: `queries.happenings` gathers the facts, `services.cures` does the act, the page and the drafted answer take their
words from here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from backoffice.domain.errors import N_
from backoffice.domain.notices import OutboxState
from backoffice.domain.permissions import Permission
from backoffice.domain.projects import Status
from backoffice.domain.signin import Attempt


class Cause(StrEnum):
    """In the order in which they are looked for: what keeps a person out comes before what stops them inside."""

    ACCESS_ENDED = "access-ended"
    WRONG_ADDRESS = "wrong-address"
    NOBODY_INVITED = "nobody-invited"
    NEVER_TOLD = "never-told"
    MAIL_CAME_BACK = "mail-came-back"
    NOT_SIGNED_IN = "not-signed-in"
    LINK_EXPIRED = "link-expired"
    OTHER_ACCOUNT = "other-account"
    PASSWORD_CLOSED = "password-closed"  # noqa: S105 - names, no secrets
    WRONG_PASSWORD = "wrong-password"  # noqa: S105
    FILE_REFUSED = "file-refused"
    UNDER_REVIEW = "under-review"
    APPROVED = "approved"
    NOT_YET = "not-yet"
    CONTACT_HIDDEN = "contact-hidden"
    CONTACT_WITHDREW = "contact-withdrew"
    CONTACT_PRIVATE = "contact-private"
    NOTHING = "nothing-found"


class Cure(StrEnum):
    """What helps, each as one act of staff."""

    SEND_ACCESS = "send-access"
    GIVE_ACCESS = "give-access"
    MOVE_ACCESS = "move-access"
    SEND_LINK = "send-link"
    SHOW_CONTACT = "show-contact"
    RESEND_MAIL = "resend-mail"
    ASK_UNLOCK = "ask-unlock"


CURE_WORDS: Mapping[Cure, str] = MappingProxyType({
    Cure.SEND_ACCESS: N_("Send access again"),
    Cure.GIVE_ACCESS: N_("Give access to the new address"),
    Cure.MOVE_ACCESS: N_("Move access to the new address"),
    Cure.SEND_LINK: N_("Send a link for a new password"),
    Cure.SHOW_CONTACT: N_("Show the contact"),
    Cure.RESEND_MAIL: N_("Send a mail again"),
    Cure.ASK_UNLOCK: N_("Ask a specialist to unlock"),
})
# The same once it was done, as the thread tells it after who did it.
CURE_DONE: Mapping[Cure, str] = MappingProxyType({
    Cure.SEND_ACCESS: N_("sent access again"),
    Cure.GIVE_ACCESS: N_("gave access"),
    Cure.MOVE_ACCESS: N_("moved access"),
    Cure.SEND_LINK: N_("sent a link for a new password"),
    Cure.SHOW_CONTACT: N_("showed the contact person"),
    Cure.RESEND_MAIL: N_("sent a mail again"),
    Cure.ASK_UNLOCK: N_("asked a specialist to unlock"),
})
CURE_PERMISSIONS: Mapping[Cure, Permission] = MappingProxyType({
    Cure.SEND_ACCESS: Permission.ACCESS_GRANT,
    Cure.GIVE_ACCESS: Permission.ACCESS_GRANT,
    Cure.MOVE_ACCESS: Permission.ACCESS_GRANT,
    Cure.SEND_LINK: Permission.ACCESS_GRANT,
    Cure.SHOW_CONTACT: Permission.CONTACT_OVERRIDE,
    Cure.RESEND_MAIL: Permission.OUTBOX_RESEND,
    Cure.ASK_UNLOCK: Permission.TICKET_WORK,
})


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of the person who writes, and of the project that the ticket is about."""

    email: str  # folded
    refusal: Attempt | None = None  # how the last sign-in with this address was refused, since one went well
    has_account: bool = False
    has_signed_in: bool = False
    has_oidc: bool = False  # then nobody but staff has a password
    link_expired_at: datetime | None = None  # of the last one-time link, when it ran out unused
    bounce: str = ""  # what the mail server said about the address
    failed_mail: str = ""  # the cause of the last mail to them that failed
    access_mail: OutboxState | None = None  # of the last access mail or invitation to them about the project
    # about the project; without one, only the above counts
    has_project: bool = False
    has_access: bool = False
    access_ended_on: date | None = None
    invited: Sequence[str] = ()  # who has access now, with their addresses
    status: Status = Status.OPEN
    is_submittable: bool = False
    submittable_from: date | None = None
    file_refused: tuple[str, Mapping[str, object]] | None = None  # why the last one was not taken, with its words
    contact: str = ""  # "", "public", "private", "hidden", "withdrew": of the contact with this address


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A cause in words (an English sentence with its values), and the cures, the fitting one first."""

    cause: Cause
    sentence: str
    values: Mapping[str, object] = field(default_factory=dict)
    cures: tuple[Cure, ...] = ()


def likely(facts: Facts) -> list[Finding]:
    """Everything that may be the cause, the likeliest first; at least "nothing found"."""
    found = [*_kept_out(facts), *_stopped_inside(facts)]
    return found or [Finding(
        cause=Cause.NOTHING,
        sentence=N_("Nothing that happened to this person lately explains it. The list below shows what we know."),
    )]


def _kept_out(facts: Facts) -> list[Finding]:
    if not facts.has_project:
        return _of_account(facts)
    if facts.has_access:
        return [*_of_mail(facts), *_of_account(facts)]
    if facts.access_ended_on is not None:
        return [Finding(
            cause=Cause.ACCESS_ENDED,
            sentence=N_("The access of %(email)s to this project ended on %(day)s."),
            values={"email": facts.email, "day": facts.access_ended_on}, cures=(Cure.GIVE_ACCESS,),
        )]
    if not facts.invited:
        return [Finding(
            cause=Cause.NOBODY_INVITED, sentence=N_("Nobody has access to this project."), cures=(Cure.GIVE_ACCESS,),
        )]
    sentence = (
        N_("The project invited %(invited)s, but they sign in as %(email)s.")
        if facts.refusal is not None or facts.has_signed_in
        else N_("The project invited %(invited)s, but they write from %(email)s.")
    )
    return [Finding(
        cause=Cause.WRONG_ADDRESS, sentence=sentence,
        values={"invited": facts.invited[0], "email": facts.email},
        cures=(Cure.GIVE_ACCESS, Cure.MOVE_ACCESS, Cure.SEND_ACCESS),
    )]


def _of_mail(facts: Facts) -> list[Finding]:
    """Somebody with access who was never reached."""
    if facts.bounce or facts.access_mail is OutboxState.FAILED:
        return [Finding(
            cause=Cause.MAIL_CAME_BACK,
            sentence=N_("Mail to %(email)s comes back: %(cause)s"),
            values={"email": facts.email, "cause": facts.bounce or facts.failed_mail or "—"},
            cures=(Cure.MOVE_ACCESS, Cure.GIVE_ACCESS, Cure.SEND_ACCESS),
        )]
    if not facts.has_signed_in and facts.access_mail in (None, OutboxState.SUPPRESSED, OutboxState.WITHDRAWN):
        return [Finding(
            cause=Cause.NEVER_TOLD,
            sentence=N_("%(email)s has access, but the mail about it was never sent."),
            values={"email": facts.email}, cures=(Cure.SEND_ACCESS,),
        )]
    if not facts.has_signed_in and facts.access_mail is OutboxState.HELD:
        return [Finding(
            cause=Cause.NEVER_TOLD,
            sentence=N_("%(email)s has access, but the mail about it is still held."),
            values={"email": facts.email}, cures=(Cure.SEND_ACCESS,),
        )]
    if not facts.has_signed_in and facts.link_expired_at is None:
        is_on_its_way = facts.access_mail is OutboxState.WAITING
        return [Finding(
            cause=Cause.NOT_SIGNED_IN,
            sentence=N_("%(email)s has access now; the mail about it is on its way.") if is_on_its_way
            else N_("%(email)s has access and was told, but has not signed in yet."),
            values={"email": facts.email}, cures=() if is_on_its_way else (Cure.SEND_ACCESS,),
        )]
    return []


def _of_account(facts: Facts) -> list[Finding]:
    """Sign-in with a password; with EU Login there is none."""
    found = []
    if facts.bounce and not facts.has_project:
        found.append(Finding(
            cause=Cause.MAIL_CAME_BACK, sentence=N_("Mail to %(email)s comes back: %(cause)s"),
            values={"email": facts.email, "cause": facts.bounce},
        ))
    if facts.refusal is Attempt.OTHER_ACCOUNT and facts.has_access:
        found.append(Finding(
            cause=Cause.OTHER_ACCOUNT,
            sentence=N_("%(email)s comes with another EU Login account than before."),
            values={"email": facts.email}, cures=(Cure.MOVE_ACCESS,),
        ))
    if facts.refusal is Attempt.PASSWORD_CLOSED:
        found.append(Finding(
            cause=Cause.PASSWORD_CLOSED,
            sentence=N_("They tried a password, but coordinators sign in with EU Login now."),
        ))
    if facts.has_oidc or not facts.has_account:
        return found
    if facts.link_expired_at is not None:
        found.append(Finding(
            cause=Cause.LINK_EXPIRED,
            sentence=N_("The link to set a password ran out unused: it works for 72 hours."),
            cures=(Cure.SEND_ACCESS, Cure.SEND_LINK) if facts.has_access else (Cure.SEND_LINK,),
        ))
    if facts.refusal is Attempt.REFUSED and not facts.link_expired_at:
        found.append(Finding(
            cause=Cause.WRONG_PASSWORD,
            sentence=N_("Sign-in with %(email)s was refused: the password was not right."),
            values={"email": facts.email}, cures=(Cure.SEND_LINK,),
        ))
    return found


def _stopped_inside(facts: Facts) -> list[Finding]:
    if not facts.has_project:
        return []
    found = []
    if facts.file_refused is not None:
        sentence, values = facts.file_refused
        found.append(Finding(cause=Cause.FILE_REFUSED, sentence=sentence, values=values))
    if facts.has_access and facts.status is Status.UNDER_REVIEW:
        found.append(Finding(
            cause=Cause.UNDER_REVIEW,
            sentence=N_("The results are under review, so nothing of the submission can be changed now."),
            cures=(Cure.ASK_UNLOCK,),
        ))
    if facts.has_access and facts.status is Status.APPROVED:
        found.append(Finding(
            cause=Cause.APPROVED,
            sentence=N_("The results are approved; only a specialist can open them again."),
            cures=(Cure.ASK_UNLOCK,),
        ))
    if facts.has_access and facts.status is Status.OPEN and not facts.is_submittable:
        known = facts.submittable_from is not None
        found.append(Finding(
            cause=Cause.NOT_YET,
            sentence=N_("The results can be submitted from %(day)s on, after the end of the project.") if known
            else N_("The results cannot be submitted yet, and the end date of the project is not known."),
            values={"day": facts.submittable_from} if known else {},
        ))
    return [*found, *_of_contact(facts)]


_CONTACT: Mapping[str, tuple[Cause, str]] = MappingProxyType({
    "hidden": (Cause.CONTACT_HIDDEN, N_("The agency hid this contact person from the public.")),
    "withdrew": (Cause.CONTACT_WITHDREW, N_("The person asked not to be shown, by the link in their mail.")),
    "private": (Cause.CONTACT_PRIVATE, N_("This contact person is not shown to the public.")),
})


def _of_contact(facts: Facts) -> list[Finding]:
    if facts.contact not in _CONTACT:
        return []
    cause, sentence = _CONTACT[facts.contact]
    return [Finding(cause=cause, sentence=sentence, cures=(Cure.SHOW_CONTACT,))]


# The answer that each cure drafts, in the requester's language, below a greeting.
GREETING, GREETING_BY_NAME = N_("Hello,"), N_("Hello, %(name)s,")
DRAFTS: Mapping[Cure, str] = MappingProxyType({
    Cure.SEND_ACCESS: N_(
        "We have sent the mail about your access to the project %(code)s again, to %(email)s. Please sign in with "
        "exactly this address."
    ),
    Cure.GIVE_ACCESS: N_(
        "%(email)s now has access to the project %(code)s. Please sign in again with exactly this address; a mail "
        "with the way in is on its way."
    ),
    Cure.MOVE_ACCESS: N_(
        "Your access to the project %(code)s has moved from %(former)s to %(email)s. Please sign in again with the "
        "new address; the former one no longer opens the project."
    ),
    Cure.SEND_LINK: N_(
        "We have sent a link to set a new password to %(email)s. It works once, within 72 hours."
    ),
    Cure.SHOW_CONTACT: N_(
        "%(name)s is now shown as contact person on the public page of the project %(code)s. The person has got a "
        "mail with a link by which this can be taken back at any time."
    ),
    Cure.RESEND_MAIL: N_("We have sent the mail “%(mail)s” to %(email)s again."),
    Cure.ASK_UNLOCK: N_(
        "We have asked a specialist of the agency to open the results of the project %(code)s again. You will be "
        "told by mail once that is decided."
    ),
})
# The answer where nothing is to be done but to explain; for a refused file its own sentence does.
EXPLANATIONS: Mapping[Cause, str] = MappingProxyType({
    Cause.PASSWORD_CLOSED: N_(
        "Please sign in by the button “Sign in with EU Login”, with the account of the address %(email)s. Passwords "
        "that were set here before no longer open anything."
    ),
    Cause.NOT_YET: N_(
        "The results of the project %(code)s can be submitted from %(day)s on, after the end of the project. Until "
        "then you can add results and change them."
    ),
    Cause.UNDER_REVIEW: N_(
        "The results of the project %(code)s are under review now, so they cannot be changed. You will be told by "
        "mail once the agency has decided."
    ),
})
