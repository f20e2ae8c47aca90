"""What all checks of contents share: the file, what may still be unpacked, how it says no (DOMAIN §4)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from backoffice.domain.errors import N_, Refused
from backoffice.domain.files import FileKind, clean_name, extension

# Honest statistics unpack eightfold (60 MB to 480 MB) and must pass; a reader's disk can hold this much.
MAX_UNPACKED = 1 << 30
# Deflate reaches 1,032; spreadsheets full of the same cell reach some fifty.
MAX_RATIO = 100
# What unpacks to no more than this harms nobody, however well it was packed.
RATIO_FROM = 20_000_000
# A large e-book has some thousand parts; a ZIP of more files than this cannot be reviewed by a person.
MAX_ENTRIES = 10_000
# A ZIP may hold ZIPs (folders packed one by one); those hold none.
MAX_ZIPS = 2
# A workbook in a document in an archive in an archive, and an attachment; nothing honest is deeper.
MAX_DEPTH = 5

BOMB = N_(
    "“%(name)s” unpacks to far more than its size, or holds too many files. Upload the files that matter "
    "one by one, or as a smaller ZIP."
)
NESTED = N_("“%(name)s” holds archives within archives. Pack all files into one ZIP and upload that.")
DAMAGED = N_(
    "“%(name)s” is damaged or cut off and cannot be opened. Open it in its own program, save it again or "
    "as PDF, and upload that."
)
ENCRYPTED = N_("“%(name)s” is protected with a password. Save it without a password and upload that.")
NOT_WHAT_IT_SAYS = N_(
    "What is in “%(name)s” is not what its name says. Open it in the program that made it, save it again "
    "or as PDF, and upload that."
)


@dataclass(slots=True, kw_only=True)
class Budget:
    """What one uploaded file may still unpack, however deep its parts lie."""

    unpacked: int = MAX_UNPACKED
    entries: int = MAX_ENTRIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """What a file is, by its content."""

    kind: FileKind
    media_type: str
    extension: str  # the usual one of its kind, with the dot
    name: str  # cleaned, with an ending
    pages: int | None = None  # of a PDF
    entries: int | None = None  # files in a ZIP


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One file that is looked at, or one part of it; `name` is what a person reads in a refusal."""

    path: Path
    name: str
    folder: Path  # for unpacked parts; whoever began deletes it
    examine: "Callable[[Look], Inspected]"
    budget: Budget
    depth: int = 0
    zips: int = 0

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    @property
    def ending(self) -> str:
        return extension(self.name)

    def head(self, size: int = 4096) -> bytes:
        with self.path.open("rb") as file:
            return file.read(size)

    def refuse(
        self, message: str, code: str, *, part: str = "", values: Mapping[str, object] | None = None
    ) -> Refused:
        """The refusal to raise; a part of the file is named after it."""
        return Refused(message, field="files", code=code, values={"name": self.shown(part), **(values or {})})

    def shown(self, part: str) -> str:
        return f"{self.name} › {clean_name(part)}" if part else self.name

    def inner(self, path: Path, *, part: str, is_zip: bool = False) -> Inspected:
        """Look at an unpacked part by the same rules."""
        if self.depth >= MAX_DEPTH:
            raise self.refuse(NESTED, "file-bomb", part=part)
        return self.examine(
            Look(
                path=path, name=self.shown(part), folder=self.folder, examine=self.examine,
                budget=self.budget, depth=self.depth + 1, zips=self.zips + is_zip,
            )
        )


def damaged(look: Look) -> Refused:
    return look.refuse(DAMAGED, "file-damaged")


def bomb(look: Look) -> Refused:
    return look.refuse(BOMB, "file-bomb")
