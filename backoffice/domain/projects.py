"""Facts of a project and what follows from them (DOMAIN §2, §3; seed S2, S8, S9)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType

from backoffice.domain.errors import N_, Refused


class Status(StrEnum):
    """Where the results stand with the agency. The end of the project is a date, never a status."""

    OPEN = "open"
    UNDER_REVIEW = "under_review"
    RETURNED = "returned"
    APPROVED = "approved"


class GrantState(StrEnum):
    RUNNING = "running"
    FINALISED = "finalised"
    TERMINATED = "terminated"
    CANCELLED = "cancelled"


class PublicationRule(StrEnum):
    """When an approved result becomes public (an agency's setting, DOMAIN §5)."""

    ON_APPROVAL = "on_approval"
    ON_REPORT_APPROVAL = "on_report_approval"


class Label(StrEnum):
    """What the coordinator reads (DOMAIN §1); computed, never stored."""

    OPEN = "open"
    SUBMITTABLE = "submittable"
    UNDER_REVIEW = "under_review"
    RETURNED = "returned"
    APPROVED = "approved"


LABELS: Mapping[Label, str] = MappingProxyType({
    Label.OPEN: N_("Open for uploading results"),
    Label.SUBMITTABLE: N_("Available for submission"),
    Label.UNDER_REVIEW: N_("Under review"),
    Label.RETURNED: N_("Additions requested"),
    Label.APPROVED: N_("Results approved"),
})
STATUS_WORDS: Mapping[Status, str] = MappingProxyType({
    Status.OPEN: N_("Open"),
    Status.UNDER_REVIEW: N_("Under review"),
    Status.RETURNED: N_("Returned"),
    Status.APPROVED: N_("Approved"),
})
GRANT_WORDS: Mapping[GrantState, str] = MappingProxyType({
    GrantState.RUNNING: N_("running"),
    GrantState.FINALISED: N_("finalised"),
    GrantState.TERMINATED: N_("terminated"),
    GrantState.CANCELLED: N_("cancelled"),
})

REPORT_DUE_AFTER = timedelta(days=60)  # MISSION: the final report is due 60 days after the end

CODE = re.compile(
    r"(?P<year>\d{4})-(?P<round>\d)-(?P<agency>[A-Z]{2}\d{2})-(?P<action>KA\d{3}(?:-[A-Z]{2,4})?)-(?P<number>\d{6,9})"
)
CENTRAL = re.compile(r"\d{5,}-EPP-.*|\d{9}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectCode:
    """The parts of `2018-1-LV01-KA201-046961` or `2021-1-LV01-KA220-SCH-000032456`."""

    text: str
    call_year: int
    round: int
    agency: str
    action: str
    number: str

    @property
    def key_action(self) -> str:
        """KA1, KA2 or KA3."""
        return self.action[:3]


def parse_code(text: str) -> ProjectCode:
    """Read a project code, folded to upper case; raise Refused with what is wrong with it."""
    folded = text.strip().upper()
    found = CODE.fullmatch(folded)
    if found is None:
        if CENTRAL.fullmatch(folded):
            raise Refused(
                N_("%(code)s is a centrally run project: its code names no National Agency."),
                field="code", code="code-central", values={"code": folded},
            )
        raise Refused(
            N_("%(code)s is not a project code. A code looks like 2018-1-LV01-KA201-046961."),
            field="code", code="code-malformed", values={"code": text.strip() or "—"},
        )
    return ProjectCode(
        text=folded, call_year=int(found["year"]), round=int(found["round"]), agency=found["agency"],
        action=found["action"], number=found["number"],
    )


def results_required(*, action: str, override: bool | None, grant_state: GrantState) -> bool:
    """The effective "results required": KA2 must, KA1 may, others not until staff say so; cancelled never."""
    if grant_state is GrantState.CANCELLED:
        return False
    return action.startswith("KA2") if override is None else override


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The facts that decide about submission, as of one day of the agency."""

    today: date
    start_date: date | None
    end_date: date | None
    grant_state: GrantState
    report_handed_in_on: date | None


def submittable(facts: Facts) -> bool:
    """S9: from the day after the end, or the report handed in, or terminated; never when cancelled."""
    if facts.grant_state is GrantState.CANCELLED:
        return False
    if facts.grant_state is GrantState.TERMINATED:
        return True
    if facts.report_handed_in_on is not None and facts.report_handed_in_on <= facts.today:
        return True
    return facts.end_date is not None and facts.today > facts.end_date


def submittable_from(facts: Facts) -> date | None:
    """The first day of submission as far as dates tell; None when no date is known or it is cancelled."""
    if facts.grant_state is GrantState.CANCELLED:
        return None
    days = [facts.end_date + timedelta(days=1)] if facts.end_date else []
    if facts.report_handed_in_on:
        days.append(facts.report_handed_in_on)
    return min(days, default=None)


def label(status: Status, *, is_submittable: bool) -> Label:
    """The coordinator's word for where the project stands."""
    if status is Status.OPEN:
        return Label.SUBMITTABLE if is_submittable else Label.OPEN
    return Label(status.value)


def report_due_on(end_date: date | None) -> date | None:
    """When the final report is due; None without an end date."""
    return end_date + REPORT_DUE_AFTER if end_date else None
