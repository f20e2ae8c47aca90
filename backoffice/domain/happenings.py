"""What may have happened to a person lately, in the words of the page beside a ticket."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from backoffice.domain.errors import N_
from backoffice.domain.reviews import DecisionKind
from backoffice.domain.signin import Attempt


class Kind(StrEnum):
    """Each is one line of the list."""

    SIGN_IN_REFUSED = "sign-in-refused"
    SIGNED_IN = "signed-in"
    LINK_ASKED = "link-asked"
    LINK_SENT = "link-sent"
    LINK_USED = "link-used"
    LINK_EXPIRED = "link-expired"
    MAIL_SENT = "mail-sent"
    MAIL_FAILED = "mail-failed"
    MAIL_SUPPRESSED = "mail-suppressed"
    MAIL_HELD = "mail-held"
    ADDRESS_REFUSED = "address-refused"
    ACCESS_GIVEN = "access-given"
    ACCESS_ENDED = "access-ended"
    FILE_REFUSED = "file-refused"
    FILE_INFECTED = "file-infected"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    UNLOCKED = "unlocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One line: what, when, how often in a row, and the words that fill its sentence. `note` is a sentence of its own,
    filled by the same words: the cause, as far as it is known."""

    kind: Kind
    at: datetime
    count: int = 1
    values: Mapping[str, object] = field(default_factory=dict)
    note: str = ""


KIND_WORDS: Mapping[Kind, str] = MappingProxyType({
    Kind.SIGN_IN_REFUSED: N_("Sign-in refused"),
    Kind.SIGNED_IN: N_("Signed in"),
    Kind.LINK_ASKED: N_("Asked for a link to sign in"),
    Kind.LINK_SENT: N_("Link to sign in sent"),
    Kind.LINK_USED: N_("Link to sign in used"),
    Kind.LINK_EXPIRED: N_("Link to sign in ran out unused"),
    Kind.MAIL_SENT: N_("Mail sent: %(mail)s"),
    Kind.MAIL_FAILED: N_("Mail came back: %(mail)s"),
    Kind.MAIL_SUPPRESSED: N_("Mail was never sent: %(mail)s"),
    Kind.MAIL_HELD: N_("Mail is held: %(mail)s"),
    Kind.ADDRESS_REFUSED: N_("The mail server refuses the address"),
    Kind.ACCESS_GIVEN: N_("Access given"),
    Kind.ACCESS_ENDED: N_("Access ended"),
    Kind.FILE_REFUSED: N_("File refused"),
    Kind.FILE_INFECTED: N_("File found infected: %(name)s"),
    Kind.SUBMITTED: N_("Submission %(number)s sent"),
    Kind.RETURNED: N_("Returned for additions"),
    Kind.APPROVED: N_("Results approved"),
    Kind.UNLOCKED: N_("Unlocked"),
})
# Good, bad or plain; an icon goes with each, so that colour never says it alone.
MARKS: Mapping[Kind, tuple[str, str]] = MappingProxyType({
    Kind.SIGN_IN_REFUSED: ("bad", "stop"),
    Kind.SIGNED_IN: ("good", "ok"),
    Kind.LINK_ASKED: ("", "key"),
    Kind.LINK_SENT: ("", "key"),
    Kind.LINK_USED: ("good", "key"),
    Kind.LINK_EXPIRED: ("bad", "clock"),
    Kind.MAIL_SENT: ("", "mail"),
    Kind.MAIL_FAILED: ("bad", "mail"),
    Kind.MAIL_SUPPRESSED: ("bad", "mail"),
    Kind.MAIL_HELD: ("wait", "mail"),
    Kind.ADDRESS_REFUSED: ("bad", "warn"),
    Kind.ACCESS_GIVEN: ("good", "key"),
    Kind.ACCESS_ENDED: ("bad", "x"),
    Kind.FILE_REFUSED: ("bad", "file"),
    Kind.FILE_INFECTED: ("bad", "warn"),
    Kind.SUBMITTED: ("", "send"),
    Kind.RETURNED: ("wait", "back"),
    Kind.APPROVED: ("good", "ok"),
    Kind.UNLOCKED: ("wait", "unlock"),
})
DECISION_KINDS: Mapping[DecisionKind, Kind] = MappingProxyType({
    DecisionKind.RETURN: Kind.RETURNED,
    DecisionKind.APPROVE: Kind.APPROVED,
    DecisionKind.UNLOCK: Kind.UNLOCKED,
})
# Why a sign-in was refused, by what its row says; one that is not named here stands without a cause.
REFUSAL_WORDS: Mapping[str, str] = MappingProxyType({
    Attempt.REFUSED.value: N_("the password was not right"),
    Attempt.HALFWAY.value: N_("the second factor was not given"),
    Attempt.PASSWORD_CLOSED.value: N_("by a password; coordinators sign in with EU Login"),
    Attempt.NOT_INVITED.value: N_("by EU Login, with an address that has no access"),
    Attempt.OTHER_ACCOUNT.value: N_("by EU Login, with another account than before"),
    Attempt.DEACTIVATED.value: N_("the account is deactivated"),
    Attempt.NO_ADDRESS.value: N_("EU Login gave no address"),
    Attempt.UNVERIFIED.value: N_("the address is not confirmed at EU Login"),
})
