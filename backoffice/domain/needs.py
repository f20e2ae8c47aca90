"""What keeps a project or a mail from going on: the kinds of rows of "Needs data" (DOMAIN §2, §7)."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from backoffice.domain.errors import N_


class Need(StrEnum):
    """In the order of the list."""

    FILE = "file"
    UNREACHABLE = "unreachable"
    NO_END = "no-end-date"
    NO_ACCESS = "no-access"
    UNTOLD = "untold"
    UNDECIDED = "undecided"
    LINK = "link"
    DIFFERENCE = "difference"


NEED_WORDS: Mapping[Need, str] = MappingProxyType({
    Need.FILE: N_("File not clean"),
    Need.UNREACHABLE: N_("Mail comes back"),
    Need.NO_END: N_("No end date"),
    Need.NO_ACCESS: N_("No access"),
    Need.UNTOLD: N_("Never told about their access"),
    Need.UNDECIDED: N_("Unknown action type"),
    Need.LINK: N_("Website does not answer"),
    Need.DIFFERENCE: N_("Import differs"),
})
RANKS: Mapping[Need, int] = MappingProxyType({need: rank for rank, need in enumerate(Need)})
BY_RANK = tuple(Need)
