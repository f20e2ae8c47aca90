"""Who sees what (DOMAIN §5): pure rules; the one published-rows query in `queries/` says the same in SQL."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from backoffice.domain.projects import GrantState, PublicationRule


class OverrideKind(StrEnum):
    HIDE = "hide"
    SHOW = "show"


class Subject(StrEnum):
    """What an override is about. A file has none of its own: it goes with its result."""

    PROJECT = "project"
    RESULT = "result"
    CONTACT = "contact"
    WEBSITE = "website"
    LOGO = "logo"


class BasisKind(StrEnum):
    """On what staff may show a contact: a ticket, or a written consent of a date."""

    TICKET = "ticket"
    CONSENT = "consent"


def project_is_public(
    *, today: date, start_date: date | None, grant_state: GrantState, override: OverrideKind | None
) -> bool:
    """Public from its start (unknown: at once), unless cancelled or hidden by staff."""
    if grant_state is GrantState.CANCELLED or override is OverrideKind.HIDE:
        return False
    return start_date is None or start_date <= today


def result_is_public(
    *,
    is_project_public: bool,
    is_in_publication: bool,
    do_not_publish: bool,
    override: OverrideKind | None,
    rule: PublicationRule,
    is_report_approved: bool,
) -> bool:
    """In the last approved submission, wanted by the coordinator, not hidden, and due by the agency's rule."""
    if not is_project_public or not is_in_publication or do_not_publish or override is OverrideKind.HIDE:
        return False
    return rule is PublicationRule.ON_APPROVAL or is_report_approved


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChoice:
    """The voices about one contact, with their instants: the later word of the right person wins."""

    override: OverrideKind | None = None
    override_at: datetime | None = None
    person_withdrew_at: datetime | None = None
    coordinator_public: bool = False
    coordinator_at: datetime | None = None


def contact_is_public(choice: ContactChoice) -> bool:
    """S10 and DOMAIN §5, in this order: staff's hide, the person, staff's show with a basis, the coordinator."""
    if choice.override is OverrideKind.HIDE:
        return False
    is_shown = choice.override is OverrideKind.SHOW
    if choice.person_withdrew_at is not None:
        return is_shown and choice.override_at is not None and choice.override_at > choice.person_withdrew_at
    if is_shown:
        coordinator_withdrew_later = (
            not choice.coordinator_public
            and choice.coordinator_at is not None
            and choice.override_at is not None
            and choice.coordinator_at > choice.override_at
        )
        return not coordinator_withdrew_later
    return choice.coordinator_public


def live_fact_is_public(*, is_project_public: bool, has_value: bool, override: OverrideKind | None) -> bool:
    """Website and logo: public at once when added (S6), unless hidden by staff."""
    return is_project_public and has_value and override is not OverrideKind.HIDE
