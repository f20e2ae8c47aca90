"""For whom a project works, read from its action type: the sector stands in the code (MISSION, facts of the domain)."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from backoffice.domain.errors import N_


class Audience(StrEnum):
    SCHOOL = "school"
    VET = "vet"
    HIGHER = "higher"
    ADULT = "adult"
    YOUTH = "youth"


AUDIENCE_WORDS: Mapping[Audience, str] = MappingProxyType({
    Audience.SCHOOL: N_("Schools"),
    Audience.VET: N_("Vocational education"),
    Audience.HIGHER: N_("Universities"),
    Audience.ADULT: N_("Adult education"),
    Audience.YOUTH: N_("Youth work"),
})

# Since 2021 the sector is written out: KA220-SCH.
_ENDINGS: Mapping[str, Audience] = MappingProxyType({
    "SCH": Audience.SCHOOL, "VET": Audience.VET, "HED": Audience.HIGHER, "ADU": Audience.ADULT,
    "YOU": Audience.YOUTH,
})
# From 2014 to 2020 the number said it.
_NUMBERS: Mapping[str, Audience] = MappingProxyType({
    "KA101": Audience.SCHOOL, "KA201": Audience.SCHOOL, "KA219": Audience.SCHOOL, "KA229": Audience.SCHOOL,
    "KA102": Audience.VET, "KA109": Audience.VET, "KA116": Audience.VET, "KA202": Audience.VET,
    "KA103": Audience.HIGHER, "KA107": Audience.HIGHER, "KA108": Audience.HIGHER, "KA203": Audience.HIGHER,
    "KA104": Audience.ADULT, "KA204": Audience.ADULT,
    "KA105": Audience.YOUTH, "KA125": Audience.YOUTH, "KA135": Audience.YOUTH, "KA205": Audience.YOUTH,
    "KA347": Audience.YOUTH,
})


def audience(action: str) -> Audience | None:
    """Whom an action is for; None for actions of several fields."""
    number, _dash, ending = action.partition("-")
    return _ENDINGS.get(ending) or _NUMBERS.get(number)


def endings(wanted: Audience) -> tuple[str, ...]:
    """How the codes of these actions end, with their dash."""
    return tuple(f"-{ending}" for ending, known in _ENDINGS.items() if known is wanted)


def numbers(wanted: Audience) -> tuple[str, ...]:
    """The actions of 2014 to 2020 that are meant."""
    return tuple(number for number, known in _NUMBERS.items() if known is wanted)
