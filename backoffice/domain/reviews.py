"""Verdicts, scope and claims (DOMAIN §1, §3)."""

from collections.abc import Mapping
from datetime import timedelta
from enum import IntEnum, StrEnum
from types import MappingProxyType

from backoffice.domain.errors import N_

CLAIM_LEASE = timedelta(minutes=20)  # renewed by work on the review, ends by itself
DECISION_MAIL_WAITS = timedelta(seconds=60)  # so that a decision can be undone before anybody was told


class Verdict(StrEnum):
    """A reviewer's word about one item. No verdict means: not looked at."""

    ACCEPTED = "accepted"
    CHANGES_REQUESTED = "changes_requested"


class DecisionKind(StrEnum):
    RETURN = "return"
    APPROVE = "approve"
    UNLOCK = "unlock"


class QueuePlace(IntEnum):
    """Where a review stands in the queue before its age counts: a question to the coordinator lets it wait behind the
    others, the answer brings it to the front."""

    ANSWERED = 0
    PLAIN = 1
    ASKED = 2


class ReopenOutcome(StrEnum):
    """What became of a coordinator's request to reopen."""

    UNLOCKED = "unlocked"
    RETURNED = "returned"  # a return came first and opened what it named
    DECLINED = "declined"


class Reopens(StrEnum):
    """What a return without any comment on an item reopens; "additions only" is the default (DOMAIN §3)."""

    ADDITIONS = "additions"
    ALL = "all"


class Change(StrEnum):
    """What became of an item since the submission before."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


VERDICT_WORDS: Mapping[Verdict | None, str] = MappingProxyType({
    Verdict.ACCEPTED: N_("Accepted"),
    Verdict.CHANGES_REQUESTED: N_("Changes asked"),
    None: N_("Not decided"),
})
CHANGE_WORDS: Mapping[Change, str] = MappingProxyType({
    Change.NEW: N_("New"),
    Change.CHANGED: N_("Changed"),
    Change.UNCHANGED: N_("Unchanged"),
})
