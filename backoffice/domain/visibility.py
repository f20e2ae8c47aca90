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


class Withheld(StrEnum):
    """Why an approved result is not public."""

    PROJECT = "project"  # the project itself is not public
    DO_NOT_PUBLISH = "do_not_publish"
    HIDDEN = "hidden"
    REPORT = "report"  # the agency publishes only once the final report is approved


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
    return is_in_publication and not why_withheld(
        is_project_public=is_project_public, do_not_publish=do_not_publish, override=override, rule=rule,
        is_report_approved=is_report_approved,
    )


def why_withheld(
    *,
    is_project_public: bool,
    do_not_publish: bool,
    override: OverrideKind | None,
    rule: PublicationRule,
    is_report_approved: bool,
) -> Withheld | None:
    """Why a result would stay out of sight although it is approved; None when the public sees it."""
    if do_not_publish:
        return Withheld.DO_NOT_PUBLISH
    if override is OverrideKind.HIDE:
        return Withheld.HIDDEN
    if not is_project_public:
        return Withheld.PROJECT
    if rule is PublicationRule.ON_REPORT_APPROVAL and not is_report_approved:
        return Withheld.REPORT
    return None


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
