"""How long what is kept (DOMAIN §10): by setting of the agency; the sweep deletes and counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from backoffice.domain.errors import N_

DAYS_MIN, DAYS_MAX = 30, 3_650


class Kept(StrEnum):
    SIGN_INS = "sign_ins"
    MAILS = "mails"
    LOST_MAILS = "lost_mails"
    TICKETS = "tickets"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The days by default, and what a person reads beside the setting."""

    days: int
    label: str
    effect: str


RULES: Mapping[Kept, Rule] = MappingProxyType({
    Kept.SIGN_INS: Rule(
        days=90, label=N_("Sign-ins and network addresses"),
        effect=N_("Refused and granted sign-ins with their network address, counted from the day. They belong to no "
                  "agency: of several agencies the longest time counts."),
    ),
    Kept.MAILS: Rule(
        days=730, label=N_("Texts of mails"),
        effect=N_("Counted from the day of the mail. Who was told what and when stays in the outbox."),
    ),
    Kept.LOST_MAILS: Rule(
        days=90, label=N_("Lost and found"),
        effect=N_("Mails that became no ticket and were settled, counted from their arrival."),
    ),
    Kept.TICKETS: Rule(
        days=730, label=N_("Tickets"),
        effect=N_("Texts, screenshots and the requester, counted from the day on which the ticket was closed. Number, "
                  "dates and category stay."),
    ),
    Kept.PEOPLE: Rule(
        days=1_826, label=N_("Access and contact persons"),
        effect=N_("Counted from the approval of the project's final report; a person with nothing left is erased."),
    ),
})


def days(kept: Kept, chosen: Mapping[str, int]) -> int:
    """What the agency set, else the default."""
    return chosen.get(kept.value, RULES[kept].days)
