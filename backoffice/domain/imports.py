"""What an import may bring, and what a row of it says (DOMAIN §2 "Import owns"; CONTRACT "projects import")."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from backoffice.domain import cells, text
from backoffice.domain.cells import Cell, RowFault, is_empty
from backoffice.domain.errors import N_, Refused
from backoffice.domain.import_runs import Touched
from backoffice.domain.projects import GrantState, ProjectCode, parse_code

CODE, TITLE, AGENCY = "Project Identifier", "Project Title", "Agency"
START, END = "Start date", "End date"
HANDED_IN, APPROVED = "Final report handed in on", "Final report approved on"
GRANT = "EU Grant award in euros"
GRANT_STATE, PROJECT_STATUS = "Grant state", "Project Status"
CONTACT, CONTACT_EMAIL, CONTACT_PHONE = "Contact person", "Contact e-mail", "Contact phone"
SECOND, SECOND_EMAIL = "Second contact person", "Second contact e-mail"
RESPONSIBLE = "Responsible"

Value = str | int | date | bool | GrantState | tuple[str, ...]
Parser = Callable[[str, Cell], Value]


def _line(most: int | None) -> Parser:
    return lambda column, cell: cells.line(column, cell, most=most)


def _paragraphs(most: int | None) -> Parser:
    return lambda column, cell: cells.paragraphs(column, cell, most=most)


_STATES: Mapping[str, GrantState] = MappingProxyType({
    "running": GrantState.RUNNING, "ongoing": GrantState.RUNNING,
    "finalised": GrantState.FINALISED, "finalized": GrantState.FINALISED,
    "terminated": GrantState.TERMINATED,
    "cancelled": GrantState.CANCELLED, "canceled": GrantState.CANCELLED,
})


def _state(column: str, cell: Cell) -> GrantState:
    word = cells.line(column, cell)
    if (found := _STATES.get(word.casefold())) is None:
        raise RowFault(
            column=column, values={"text": word[:40]},
            reason=N_("“%(text)s” is not a grant state. Write running, finalised, terminated or cancelled."),
        )
    return found


def _cents(column: str, cell: Cell) -> int:
    return int(cells.money(column, cell) * 100)


def _words(column: str, cell: Cell) -> tuple[str, ...]:
    """`LV,EE, LT` as single words, each once."""
    text = cells.line(column, cell, most=380)
    return tuple(dict.fromkeys(re.sub(r"[,;\s]+", " ", text).split()))


# Column → the fact of the project it fills, and how its cell is read.
FACTS: Mapping[str, tuple[str, Parser]] = MappingProxyType({
    TITLE: ("title", _line(text.LIMITS["project_title"])),
    "Project Summary": ("summary", _paragraphs(None)),
    START: ("start_date", cells.day),
    END: ("end_date", cells.day),
    GRANT: ("grant_cents", _cents),
    GRANT_STATE: ("grant_state", _state),
    HANDED_IN: ("report_handed_in_on", cells.day),
    APPROVED: ("report_approved_on", cells.day),
    "Programme": ("programme", _line(100)),
    "Key Action": ("key_action_name", _line(250)),
    "Action Type": ("action_type_name", _line(250)),
    "Topics": ("topics", _line(2_000)),
    "Participating countries": ("countries", _words),
    "Coordinating organisation name": ("organisation", _line(500)),
    "Coordinating organisation type": ("organisation_type", _line(250)),
    "Coordinator's address": ("organisation_address", _line(500)),
    "Coordinator's region": ("organisation_region", _line(250)),
    "Coordinator's country": ("organisation_country", _line(100)),
    "Coordinator's website": ("organisation_website", cells.lenient_website),
    # These four fill only what nobody has set here.
    "Project Website": ("website", cells.website),
    "Final summary": ("final_summary", _paragraphs(text.LIMITS["final_summary"])),
    "Is Good Practice": ("is_good_practice", cells.yes_no),
    "Is Success Story": ("is_success_story", cells.yes_no),
})
# Read for something else than a fact, or known and never read (written in exports only).
_OTHERS = (
    CODE, AGENCY, PROJECT_STATUS, CONTACT, CONTACT_EMAIL, CONTACT_PHONE, SECOND, SECOND_EMAIL, RESPONSIBLE,
    "Call year", "Results Available", "Results Platform Project Card",
)
# Word in the header → field of a partner, and how many characters it holds.
PARTNER_FIELDS: Mapping[str, tuple[str, int]] = MappingProxyType({
    "name": ("name", 500), "organisation type": ("type", 250), "address": ("address", 500),
    "region": ("region", 250), "country": ("country", 100), "website": ("website", 2_000),
})


def _fold(name: str) -> str:
    """Case, blanks, hyphens and the form of apostrophes do not matter in a header."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", name).casefold() if letter.isalnum())


_COLUMNS = {_fold(name): name for name in (*FACTS, *_OTHERS)}
_PARTNER = re.compile(rf"partner(\d{{1,3}})({'|'.join(map(_fold, PARTNER_FIELDS))})")
PARTNER_NAMES = tuple(name for name, _ in PARTNER_FIELDS.values())
_PARTNER_FIELD = {_fold(name): name for name in PARTNER_FIELDS}
_PARTNER_COLUMN = re.compile(r"Partner (\d+) (.+)")


def column(name: str) -> str | None:
    """The known column that a header's cell names; None for a column that is ignored."""
    folded = _fold(name)
    if folded.startswith(_fold(GRANT)):
        return GRANT  # the public list explains the amount in the header itself
    if found := _PARTNER.fullmatch(folded):
        return f"Partner {int(found[1])} {_PARTNER_FIELD[found[2]]}"
    return _COLUMNS.get(folded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A contact as a row names it."""

    email: str
    name: str
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """A partner organisation as a row names it."""

    name: str = ""
    type: str = ""
    address: str = ""
    region: str = ""
    country: str = ""
    website: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedRow:
    """What a row says about a project. What is absent or None changes nothing."""

    code: ProjectCode
    facts: Mapping[str, Value]
    partners: tuple[Partner, ...] | None
    contact: Person | None
    second_contact: Person | None
    responsible: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """A row that was left out: where it stands, the column by its name in the file, and why."""

    record: int
    line: int
    column: str
    reason: str
    values: Mapping[str, object] = field(default_factory=dict)
    others: tuple[tuple[str, str, Mapping[str, object]], ...] = ()  # further faults: column, reason, values


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What came of a batch, and added up, of a run."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: int = 0
    refused: list[RefusedRow] = field(default_factory=list)  # of this batch; a run keeps them on disk
    refused_count: int = 0
    mails: Counter[str] = field(default_factory=Counter)
    suppressed: Counter[str] = field(default_factory=Counter)  # due before the agency began: never sent
    touched: list[Touched] = field(default_factory=list)  # of this batch, where somebody wants to see them
    known: Counter[str] = field(default_factory=Counter)  # by agency: rows that name a project of before
    differences: int = 0

    def add(self, batch: "Outcome") -> None:
        """Count a batch in; its refused rows are the caller's to keep."""
        self.added += batch.added
        self.changed += batch.changed
        self.unchanged += batch.unchanged
        self.skipped += batch.skipped
        self.refused_count += len(batch.refused)
        self.differences += batch.differences
        self.mails.update(batch.mails)
        self.suppressed.update(batch.suppressed)
        self.known.update(batch.known)


def read_code(row: Mapping[str, Cell]) -> ProjectCode:
    """The project of a row; the agency in the code must be the one in the "Agency" cell."""
    if is_empty(row.get(CODE)):
        raise RowFault(column=CODE, reason=N_("The row has no project code."))
    written = cells.line(CODE, row[CODE])
    try:
        code = parse_code(written)
    except Refused as refused:
        raise RowFault(column=CODE, reason=refused.message, values=refused.values) from None
    if not is_empty(row.get(AGENCY)):
        agency = cells.line(AGENCY, row[AGENCY]).upper()
        if agency != code.agency:
            raise RowFault(
                column=AGENCY, values={"agency": agency[:20], "expected": code.agency},
                reason=N_("The row says agency %(agency)s, the project code says %(expected)s."),
            )
    return code


def read_row(row: Mapping[str, Cell], *, code: ProjectCode) -> tuple[ImportedRow, list[RowFault]]:
    """Everything that the row says, and every fault in it: a row with a fault is refused as a whole."""
    faults: list[RowFault] = []
    facts: dict[str, Value] = {}
    for name, (fact, parser) in FACTS.items():
        value = _read(row, name, parser, faults)
        if value is not None and value not in ("", ()):
            facts[fact] = value
    if "grant_state" not in facts and GRANT_STATE not in {fault.column for fault in faults}:
        state = _read(row, PROJECT_STATUS, _state, faults)
        if state is not None:
            facts["grant_state"] = state
    start, end = facts.get("start_date"), facts.get("end_date")
    if isinstance(start, date) and isinstance(end, date) and end < start:
        faults.append(end_before_start())
    contact = _person(row, CONTACT, CONTACT_EMAIL, CONTACT_PHONE, faults)
    second = _person(row, SECOND, SECOND_EMAIL, None, faults)
    responsible = _read(row, RESPONSIBLE, cells.email, faults)
    return ImportedRow(
        code=code, facts=facts, partners=_partners(row, faults), contact=contact, second_contact=second,
        responsible=responsible if isinstance(responsible, str) else None,
    ), faults


def end_before_start(column: str = END) -> RowFault:
    return RowFault(column=column, reason=N_("The project ends before it starts."))


def in_the_future(name: str) -> RowFault:
    return RowFault(column=name, reason=N_("The date lies in the future: a report is entered when it is there."))


def _read(row: Mapping[str, Cell], name: str, parser: Parser, faults: list[RowFault]) -> Value | None:
    cell = row.get(name)
    if cell is None or is_empty(cell):
        return None
    try:
        return parser(name, cell)
    except RowFault as fault:
        faults.append(fault)
        return None


def _person(
    row: Mapping[str, Cell], name: str, email: str, phone: str | None, faults: list[RowFault]
) -> Person | None:
    """A contact is known by its address; a name alone names nobody whom we could keep apart from others."""
    address = _read(row, email, cells.email, faults)
    words = _read(row, name, _line(text.LIMITS["contact_name"]), faults)
    number = _read(row, phone, _line(60), faults) if phone else None
    if not isinstance(address, str):
        return None
    return Person(email=address, name=str(words or ""), phone=str(number or ""))


def _partners(row: Mapping[str, Cell], faults: list[RowFault]) -> tuple[Partner, ...] | None:
    """The partners in the order of their numbers; None when the row names none, which changes nothing."""
    found: dict[int, dict[str, str]] = {}
    for name in row:
        if not name.startswith("Partner ") or (match := _PARTNER_COLUMN.fullmatch(name)) is None:
            continue
        key, most = PARTNER_FIELDS[match[2]]
        value = _read(row, name, cells.lenient_website if key == "website" else _paragraphs(most), faults)
        if isinstance(value, str) and value:
            found.setdefault(int(match[1]), {})[key] = " ".join(value.split())
    return tuple(Partner(**found[number]) for number in sorted(found)) or None
