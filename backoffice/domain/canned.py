"""Replies that are ready: `{…}` stand for what the ticket says; both languages, the ticket's first (S16)."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from backoffice.domain.errors import N_

PLACES: Mapping[str, str] = MappingProxyType({
    "name": N_("name of who wrote"),
    "number": N_("number of the ticket"),
    "subject": N_("subject of the ticket"),
    "project": N_("title of the project"),
    "code": N_("code of the project"),
    "helper": N_("name of who answers"),
    "agency": N_("name of the agency"),
})
_PLACE = re.compile(r"\{([^{}\n]{1,40})\}")


def filled(written: str, values: Mapping[str, str]) -> str:
    """The text with every place filled; one for which the ticket has nothing becomes „…”, to be seen and mended."""
    return _PLACE.sub(lambda found: (values.get(found[1]) or "…") if found[1] in PLACES else found[0], written)


def unknown_places(written: str) -> list[str]:
    """What stands in braces and is no place."""
    return [f"{{{name}}}" for name in dict.fromkeys(_PLACE.findall(written)) if name not in PLACES]
