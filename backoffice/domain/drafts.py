"""What is typed in a form and not saved yet, kept for its writer (cases: sessions and text)."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from backoffice.domain.errors import N_, Refused

PLACE_MAX = 250  # characters of the address to which a form is sent
MOST = 120_000  # characters of all fields together: more than any form of ours takes
MARK_LASTS = timedelta(days=14)  # a page that is open for longer can keep nothing any more
KEPT_FOR = timedelta(days=30)

# Of the session or of a single sending: never part of what was typed.
NOT_TYPED = frozenset({"csrf_token", "account", "opened", "preview", "looked"})


def typed(fields: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """What a draft keeps of a form; Refused when it is more than any form of ours."""
    kept = {name[:100]: list(values) for name, values in fields.items() if name not in NOT_TYPED}
    if sum(len(name) + sum(map(len, values)) for name, values in kept.items()) > MOST:
        raise Refused(N_("This is too long to be kept."), code="too-long")
    return kept
