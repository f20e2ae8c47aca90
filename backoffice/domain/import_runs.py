"""An import by the page: read first, written when the admin says so (DOMAIN §2; both by the same code)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from backoffice.domain.errors import N_

KEEP_DAYS = 90  # the list and its rows name persons; the numbers stay
SHOWN = 100  # rows of each kind that a page shows; the file has all of them
MAX_BYTES = 104_857_600
CUT = 300  # characters of a long text, before and after


class RunState(StrEnum):
    READING = "reading"  # waits for its preview, or is being read
    READ = "read"  # the preview is there, nothing is written
    WRITING = "writing"
    DONE = "done"
    FAILED = "failed"  # refused as a whole, or given up


class Effect(StrEnum):
    """What a row does beside changing facts."""

    END_MOVES = "end-moves"
    STATE_CHANGES = "state-changes"
    CONTACT_CHANGES = "contact-changes"
    ACCESS_GIVEN = "access-given"
    ACCESS_ENDS = "access-ends"
    REVIEWER_SEES = "reviewer-sees"
    NO_END = "no-end"
    NO_CONTACT = "no-contact"


EFFECT_WORDS: Mapping[Effect, str] = MappingProxyType({
    Effect.END_MOVES: N_("The end date moves, and with it when results can be submitted."),
    Effect.STATE_CHANGES: N_("The grant state changes what can be submitted and which mails go."),
    Effect.CONTACT_CHANGES: N_("The contact person changes; a new one is private."),
    Effect.ACCESS_GIVEN: N_("A person gets access and is told."),
    Effect.ACCESS_ENDS: N_("The former person loses access and is told."),
    Effect.REVIEWER_SEES: N_("Under review: the reviewer is shown the change."),
    Effect.NO_END: N_("No end date: a row in “Needs data”."),
    Effect.NO_CONTACT: N_("No contact person in the file."),
})

# The facts that a row can change, as pages call them.
FIELD_WORDS: Mapping[str, str] = MappingProxyType({
    "title": N_("Title"), "summary": N_("Project description"), "start_date": N_("Start"),
    "end_date": N_("End of the project"), "grant_cents": N_("Grant"), "grant_state": N_("Grant state"),
    "report_handed_in_on": N_("Report handed in"), "report_approved_on": N_("Report approved"),
    "programme": N_("Programme"), "key_action_name": N_("Key action"), "action_type_name": N_("Action type"),
    "topics": N_("Topics"), "countries": N_("Countries"), "organisation": N_("Coordinator"),
    "organisation_type": N_("Type of organisation"), "organisation_address": N_("Address"),
    "organisation_region": N_("Region"), "organisation_country": N_("Country"),
    "organisation_website": N_("Website of the organisation"), "website": N_("Website"),
    "final_summary": N_("Final summary"), "is_good_practice": N_("Good practice"),
    "is_success_story": N_("Success story"), "responsible_id": N_("Responsible"), "partners": N_("Partners"),
    "contact": N_("Contact person"), "second_contact": N_("Second contact person"),
    "former_contact": N_("Former contact person"), "access": N_("Access"), "former_access": N_("Former access"),
})


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """A row that adds or changes a project."""

    record: int
    line: int
    code: str
    title: str
    is_new: bool
    fields: tuple[tuple[str, str, str], ...]  # field, before, after
    effects: tuple[Effect, ...]
