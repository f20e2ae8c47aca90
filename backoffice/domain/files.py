"""What a file may be and where its check stands (DOMAIN §4; seed S11)."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from backoffice.domain.errors import N_

MAX_RESULT_BYTES = 104_857_600  # S11: all files of one result together, shown as "100 MB"


class FileCheck(StrEnum):
    """Where the virus check of a file stands."""

    WAITING = "waiting"
    CLEAN = "clean"
    NOT_SCANNED = "not_scanned"
    UNSCANNABLE = "unscannable"
    INFECTED = "infected"


class FilePurpose(StrEnum):
    """What a stored file belongs to."""

    RESULT = "result"
    LOGO = "logo"
    SCREENSHOT = "screenshot"


CHECK_WORDS: Mapping[FileCheck, str] = MappingProxyType({
    FileCheck.WAITING: N_("waiting for the check"),
    FileCheck.CLEAN: N_("clean"),
    FileCheck.NOT_SCANNED: N_("not scanned"),
    FileCheck.UNSCANNABLE: N_("could not be checked"),
    FileCheck.INFECTED: N_("infected"),
})

# Bytes in these states are served to nobody.
NEVER_SERVED = frozenset({FileCheck.WAITING, FileCheck.INFECTED})


def blocks_submit(check: FileCheck) -> bool:
    """Infected blocks `submit`; an unfinished upload never becomes a file at all."""
    return check is FileCheck.INFECTED


def blocks_approve(check: FileCheck, *, is_passed: bool) -> bool:
    """Waiting and infected block `approve`; unscannable until a specialist lets the file pass."""
    if check is FileCheck.UNSCANNABLE:
        return not is_passed
    return check in NEVER_SERVED
