"""What a cell of a list means: text, date, money, address. A cell that means nothing says why (RowFault)."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

from email_validator import EmailNotValidError, validate_email

from backoffice.domain.errors import N_, Refused
from backoffice.domain.text import clean, clean_line, length, web_address

Cell = str | int | float | bool | date | time | timedelta

# The spreadsheet's own words for a cell that could not be computed.
_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"})
# As our own exports write what begins like a formula.
_DEFUSED = re.compile("'[=+\\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]")
# Controls, and characters that turn the direction of what follows: in a name they only disguise.
_HIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?)?", re.ASCII)
_EUROPEAN = re.compile(r"(\d{1,2})([/.])(\d{1,2})\2(\d{4})\.?", re.ASCII)
_MONEY = re.compile(r"\d+(?:[.,]\d+)?", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}([., ])\d{3}(?:\1\d{3})*(?:(?!\1)[.,]\d{1,2})?", re.ASCII)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d)", re.IGNORECASE)
_NOTHING = frozenset({"-", "–", "—", "n/a", "na", "none", "no", "null"})
MONEY_LIMIT = Decimal(10) ** 10
NOT_MONEY = N_("“%(text)s” is not an amount in euros.")
YEARS = range(1987, 2100)  # Erasmus began in 1987

YES_NO: Mapping[str, bool] = MappingProxyType({
    "yes": True, "true": True, "1": True, "jā": True, "ja": True,
    "no": False, "false": False, "0": False, "nē": False, "ne": False,
})


class RowFault(Exception):
    """Why a row is refused: its column, and an English sentence with its values, translated where shown."""

    def __init__(self, *, column: str, reason: str, values: Mapping[str, object] | None = None) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason
        self.values: Mapping[str, object] = dict(values or {})


def _text(column: str, cell: Cell) -> str:
    """The characters of a cell that is meant as text; what the spreadsheet made a date of is no text any more."""
    if isinstance(cell, str):
        if cell.strip() in _ERRORS:
            raise RowFault(column=column, reason=N_("The cell holds the spreadsheet's error %(error)s."),
                           values={"error": cell.strip()})
        return cell[1:] if _DEFUSED.match(cell) else cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int):
        return str(cell)
    if isinstance(cell, float):
        return format(Decimal(format(cell, ".15g")), "f")
    raise RowFault(
        column=column,
        reason=N_("The spreadsheet made a date of this cell. Format the column as text and write it anew."),
    )


def is_empty(cell: Cell | None) -> bool:
    """Nothing, or blanks only: such a cell changes nothing."""
    if not isinstance(cell, str):
        return cell is None
    return not cell.strip() or (len(cell) < 8 and not clean(cell))


def line(column: str, cell: Cell, *, most: int | None = None) -> str:
    """A name or title: one line, without characters that hide or turn text."""
    text = _text(column, cell)
    if found := _HIDDEN.search(text):
        raise RowFault(
            column=column, reason=N_("The cell holds an invisible control character (%(mark)s). Delete it."),
            values={"mark": f"U+{ord(found[0]):04X}"},
        )
    return _fitting(column, clean_line(text), most)


def paragraphs(column: str, cell: Cell, *, most: int | None = None) -> str:
    """A longer text: line breaks stay, invisible characters go (word processors leave them behind)."""
    return _fitting(column, clean(_text(column, cell)), most)


def _fitting(column: str, text: str, most: int | None) -> str:
    if most is not None and len(text) > most and (found := length(text)) > most:
        raise RowFault(column=column, reason=N_("The text has %(found)s characters; at most %(most)s fit."),
                       values={"found": found, "most": most})
    return text


def day(column: str, cell: Cell) -> date:
    """`yyyy-mm-dd`, `dd/mm/yyyy`, `dd.mm.yyyy` or the spreadsheet's own date."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = "" if isinstance(cell, time | timedelta) else clean_line(_text(column, cell))
    if found := _ISO.fullmatch(text):
        year, month, of_month = (int(part) for part in found.groups())
    elif found := _EUROPEAN.fullmatch(text):
        of_month, month, year = int(found[1]), int(found[3]), int(found[4])
    else:
        raise RowFault(
            column=column, values={"text": text[:40]},
            reason=N_("“%(text)s” is not a date. Write 2026-08-31, 31/08/2026 or 31.08.2026."),
        )
    try:
        value = date(year, month, of_month)
    except ValueError:
        raise RowFault(
            column=column, reason=N_("There is no such day as %(text)s."), values={"text": text}
        ) from None
    if year not in YEARS:
        raise RowFault(column=column, reason=N_("The year %(year)s cannot be right."), values={"year": str(year)})
    return value


def money(column: str, cell: Cell) -> Decimal:
    """An amount in euros with a decimal point or comma, to the cent."""
    text = re.sub(r"[\s'’]", " ", _text(column, cell).replace("€", " ").replace("EUR", " ")).strip()
    try:
        if isinstance(cell, float | int) and not isinstance(cell, bool):
            amount = Decimal(text).quantize(Decimal("0.01"))
        else:
            amount = _amount(column, text)
    except InvalidOperation:
        amount = Decimal(-1)
    if not 0 <= amount < MONEY_LIMIT:
        raise RowFault(column=column, reason=NOT_MONEY, values={"text": text[:40]})
    return amount


def _amount(column: str, text: str) -> Decimal:
    """The decimal sign is the last mark, unless it only groups thousands; where that cannot be told: a fault."""
    if re.fullmatch(r"\d{1,3}[.,]\d{3}", text):
        raise RowFault(
            column=column, values={"text": text},
            reason=N_("“%(text)s” may mean thousands or decimals. Write the amount without grouping, as 12345.00."),
        )
    if _GROUPED.fullmatch(text):
        whole, mark, cents = text, "", ""
        if found := re.search(r"[.,](\d{1,2})$", text):
            whole, mark, cents = text[: found.start()], ".", found[1]
        plain = re.sub(r"[., ]", "", whole) + mark + cents
    elif _MONEY.fullmatch(text):
        plain = text.replace(",", ".")
    else:
        raise RowFault(column=column, reason=NOT_MONEY, values={"text": text[:40]})
    amount = Decimal(plain)
    if (to_the_cent := amount.quantize(Decimal("0.01"))) != amount:
        raise RowFault(
            column=column, reason=N_("“%(text)s” has more than two decimals."), values={"text": text[:40]}
        )
    return to_the_cent


def email(column: str, cell: Cell) -> str:
    """An address that mail can reach, in lower case."""
    text = line(column, cell)
    try:
        found = validate_email(
            text, check_deliverability=False, allow_smtputf8=False, globally_deliverable=False,
        ).normalized
        if "." not in found.rpartition("@")[2]:
            raise EmailNotValidError
    except EmailNotValidError:
        raise RowFault(column=column, reason=N_("“%(text)s” is not an e-mail address."),
                       values={"text": text[:80]}) from None
    return found.casefold()


def website(column: str, cell: Cell) -> str:
    """An http(s) address; one that came without its scheme gets `http://`; words for "none" are none."""
    text = line(column, cell)
    if text.casefold() in _NOTHING:
        return ""
    if not _SCHEME.match(text):
        text = f"http://{text.lstrip('/')}"
    try:
        return web_address(text, field=column)
    except Refused:
        raise RowFault(
            column=column, reason=N_("“%(text)s” is not a web address that begins with https:// or http://."),
            values={"text": text[:80]},
        ) from None


def lenient_website(column: str, cell: Cell) -> str:
    """As `website`, for lists of others' addresses: what is no address is left out, a script is still refused."""
    text = line(column, cell)
    try:
        return website(column, text)
    except RowFault:
        found = _SCHEME.match(text)
        if found and not text.casefold().startswith(("http:", "https:")) and "." not in found[0]:
            raise
        return ""


def yes_no(column: str, cell: Cell) -> bool:
    """Yes or no."""
    text = line(column, cell)
    if (found := YES_NO.get(text.casefold())) is None:
        raise RowFault(column=column, reason=N_("“%(text)s” is neither Yes nor No."), values={"text": text[:40]})
    return found
