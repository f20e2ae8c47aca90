"""Who sees what (DOMAIN §5): the pure rules over every combination that matters."""

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from backoffice.domain.projects import GrantState, PublicationRule
from backoffice.domain.visibility import (
    ContactChoice,
    OverrideKind,
    contact_is_public,
    project_is_public,
    result_is_public,
)

TODAY = date(2026, 11, 25)
THEN = datetime(2026, 11, 1, tzinfo=UTC)
LATER = THEN + timedelta(days=1)
HIDE, SHOW = OverrideKind.HIDE, OverrideKind.SHOW


@pytest.mark.parametrize(
    ("start", "state", "override", "is_public"),
    [
        (None, GrantState.RUNNING, None, True),
        (TODAY, GrantState.RUNNING, None, True),
        (TODAY + timedelta(days=1), GrantState.RUNNING, None, False),
        (TODAY, GrantState.CANCELLED, None, False),
        (TODAY, GrantState.TERMINATED, None, True),
        (TODAY, GrantState.RUNNING, HIDE, False),
    ],
)
def test_a_project_is_public_from_its_start(
    start: date | None, state: GrantState, override: OverrideKind | None, is_public: bool
) -> None:
    assert (
        project_is_public(today=TODAY, start_date=start, grant_state=state, override=override) is is_public
    )


@pytest.mark.parametrize(
    ("project", "published", "withheld", "hidden", "rule", "report"),
    list(product([True, False], [True, False], [True, False], [True, False], PublicationRule, [True, False])),
)
def test_a_result_is_public_when_every_voice_says_so(
    project: bool, published: bool, withheld: bool, hidden: bool, rule: PublicationRule, report: bool
) -> None:
    expected = (
        project and published and not withheld and not hidden and (rule is PublicationRule.ON_APPROVAL or report)
    )
    assert expected is result_is_public(
        is_project_public=project, is_in_publication=published, do_not_publish=withheld,
        override=HIDE if hidden else None, rule=rule, is_report_approved=report,
    )


@pytest.mark.parametrize(
    ("choice", "is_public"),
    [
        (ContactChoice(), False),  # S10: private by default
        (ContactChoice(coordinator_public=True, coordinator_at=THEN), True),
        (ContactChoice(coordinator_public=True, override=HIDE, override_at=THEN), False),
        (ContactChoice(override=SHOW, override_at=THEN), True),
        (ContactChoice(coordinator_public=True, person_withdrew_at=THEN), False),
        (ContactChoice(override=SHOW, override_at=LATER, person_withdrew_at=THEN), True),
        (ContactChoice(override=SHOW, override_at=THEN, person_withdrew_at=LATER, coordinator_public=True), False),
        (ContactChoice(override=SHOW, override_at=THEN, coordinator_public=False, coordinator_at=LATER), False),
        (ContactChoice(override=SHOW, override_at=LATER, coordinator_public=False, coordinator_at=THEN), True),
        (ContactChoice(override=SHOW, override_at=THEN, coordinator_public=True, coordinator_at=LATER), True),
    ],
)
def test_of_the_voices_about_a_contact_the_right_one_wins(choice: ContactChoice, is_public: bool) -> None:
    assert contact_is_public(choice) is is_public
