"""Facts of a project that staff may set against an import (DOMAIN §2): their names, and how their texts are read."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from backoffice.domain.errors import N_, Refused
from backoffice.domain.projects import GrantState

Value = date | GrantState | int | bool | None

# Field of the project → what people call it. What an import brings beside these is compared, never held.
FACT_WORDS: Mapping[str, str] = MappingProxyType({
    "start_date": N_("Start"),
    "end_date": N_("End of the project"),
    "grant_state": N_("Grant state"),
    "responsible_id": N_("Responsible specialist"),
    "report_handed_in_on": N_("Final report handed in"),
    "report_approved_on": N_("Final report approved"),
    "is_good_practice": N_("Good practice"),
    "is_success_story": N_("Success story"),
})
DIFFERENCE_WORDS: Mapping[str, str] = MappingProxyType({
    **FACT_WORDS,
    "final_summary": N_("Final summary"),
    "contact": N_("Contact person"),
    "second_contact": N_("Second contact person"),
    "access": N_("Person with access"),
})
# What an import names and we must not bring back by ourselves: whom staff or the person took away.
PEOPLE = frozenset({"contact", "second_contact", "access"})
_DATES = frozenset({"start_date", "end_date", "report_handed_in_on", "report_approved_on"})
_MARKS = frozenset({"is_good_practice", "is_success_story"})


def written(value: object) -> str:
    """A fact as the text in which differences and forms keep it."""
    if value is None:
        return ""
    return value.value if isinstance(value, GrantState) else str(value)


def read(field: str, text: str) -> Value:
    """The value that a difference keeps as text; raises Refused for a field that staff do not hold."""
    if field not in FACT_WORDS:
        raise Refused(N_("This can only be kept as it is."), code="not-held")
    if not text:
        return None
    if field in _DATES:
        return date.fromisoformat(text)
    if field in _MARKS:
        return text == "True"
    return GrantState(text) if field == "grant_state" else int(text)
