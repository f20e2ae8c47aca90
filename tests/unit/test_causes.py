"""From facts to the likely cause: one telling case for each."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from backoffice.domain.causes import CURE_DONE, CURE_PERMISSIONS, CURE_WORDS, DRAFTS, Cause, Cure, Facts, likely
from backoffice.domain.notices import OutboxState
from backoffice.domain.projects import Status
from backoffice.domain.signin import Attempt

NOW = datetime(2026, 11, 25, 12, 38, tzinfo=UTC)
STRANGER = Facts(email="new@school.example", has_project=True, invited=("old@school.example",), is_submittable=True)
# Signed in before, mail arrived, project open and submittable: nothing is in the way.
INSIDE = replace(
    STRANGER, has_access=True, has_account=True, has_signed_in=True, access_mail=OutboxState.SENT,
    invited=("new@school.example",),
)


@pytest.mark.parametrize(
    ("facts", "cause", "cure"),
    [
        (replace(STRANGER, refusal=Attempt.NOT_INVITED), Cause.WRONG_ADDRESS, Cure.GIVE_ACCESS),
        (replace(STRANGER, access_ended_on=date(2026, 11, 2)), Cause.ACCESS_ENDED, Cure.GIVE_ACCESS),
        (replace(STRANGER, invited=()), Cause.NOBODY_INVITED, Cure.GIVE_ACCESS),
        (replace(INSIDE, has_signed_in=False, access_mail=OutboxState.SUPPRESSED), Cause.NEVER_TOLD, Cure.SEND_ACCESS),
        (replace(INSIDE, has_signed_in=False, access_mail=OutboxState.HELD), Cause.NEVER_TOLD, Cure.SEND_ACCESS),
        (replace(INSIDE, bounce="550 5.1.1 no such user"), Cause.MAIL_CAME_BACK, Cure.MOVE_ACCESS),
        (replace(INSIDE, has_signed_in=False, link_expired_at=NOW), Cause.LINK_EXPIRED, Cure.SEND_ACCESS),
        (replace(INSIDE, has_signed_in=False), Cause.NOT_SIGNED_IN, Cure.SEND_ACCESS),
        (replace(INSIDE, has_signed_in=False, access_mail=OutboxState.WAITING), Cause.NOT_SIGNED_IN, None),
        (replace(INSIDE, refusal=Attempt.REFUSED), Cause.WRONG_PASSWORD, Cure.SEND_LINK),
        (replace(INSIDE, refusal=Attempt.REFUSED, has_oidc=True), Cause.NOTHING, None),
        (replace(INSIDE, refusal=Attempt.PASSWORD_CLOSED, has_oidc=True), Cause.PASSWORD_CLOSED, None),
        (replace(INSIDE, refusal=Attempt.OTHER_ACCOUNT, has_oidc=True), Cause.OTHER_ACCOUNT, Cure.MOVE_ACCESS),
        (replace(INSIDE, file_refused=("too big", {})), Cause.FILE_REFUSED, None),
        (replace(INSIDE, status=Status.UNDER_REVIEW), Cause.UNDER_REVIEW, Cure.ASK_UNLOCK),
        (replace(INSIDE, status=Status.APPROVED), Cause.APPROVED, Cure.ASK_UNLOCK),
        (replace(INSIDE, is_submittable=False, submittable_from=date(2027, 1, 1)), Cause.NOT_YET, None),
        (replace(INSIDE, contact="hidden"), Cause.CONTACT_HIDDEN, Cure.SHOW_CONTACT),
        (replace(INSIDE, contact="private"), Cause.CONTACT_PRIVATE, Cure.SHOW_CONTACT),
        (replace(INSIDE, contact="public"), Cause.NOTHING, None),
        (Facts(email="new@school.example"), Cause.NOTHING, None),
    ],
)
def test_the_likely_cause_comes_first_with_its_cure(facts: Facts, cause: Cause, cure: Cure | None) -> None:
    found = likely(facts)
    assert found[0].cause is cause
    assert (found[0].cures or (None,))[0] is cure


def test_what_keeps_a_person_out_comes_before_what_would_stop_them_inside() -> None:
    found = likely(replace(INSIDE, bounce="550", status=Status.UNDER_REVIEW, contact="private"))
    assert [one.cause for one in found] == [Cause.MAIL_CAME_BACK, Cause.UNDER_REVIEW, Cause.CONTACT_PRIVATE]


def test_each_cure_has_words_a_permission_and_an_answer() -> None:
    assert set(CURE_WORDS) == set(CURE_DONE) == set(CURE_PERMISSIONS) == set(DRAFTS) == set(Cure)


@pytest.mark.parametrize("facts", [STRANGER, replace(INSIDE, link_expired_at=NOW), replace(INSIDE, bounce="550")])
def test_each_sentence_has_the_words_that_fill_it(facts: Facts) -> None:
    for finding in likely(facts):
        assert finding.sentence % finding.values
