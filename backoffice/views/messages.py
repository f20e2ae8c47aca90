"""Domain errors and values in the language of the reader."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache

from babel import dates as babel_dates
from flask_babel import format_date, format_datetime, format_decimal, get_locale, gettext

from backoffice.domain.errors import DomainError
from backoffice.forms.base import Coded, Form

KB, MB = 1024, 1024 * 1024


def words(error: DomainError) -> str:
    """The sentence of a refusal."""
    return say(error.message, error.values)


def say(message: str, values: Mapping[str, object] | None = None) -> str:
    """A sentence of the domain, its dates and numbers written as the reader writes them."""
    if not message:
        return ""  # the catalogue keeps its own head under the empty sentence
    return str(gettext(message, **{name: _shown(value) for name, value in (values or {}).items()}))


def refuse(form: Form, error: DomainError) -> None:
    """Put a refusal beside the field that it concerns; without one, at the head of the form."""
    shown = Coded(words(error), code=error.code)
    field = form._fields.get(error.field or "")
    if field is None:
        form.form_errors.append(shown)
    else:
        field.errors = [*field.errors, shown]


def day(value: date) -> str:
    """25 November 2026 · 25.11.2026. (GLOSSARY)"""
    if isinstance(value, datetime):
        return str(format_date(value, "dd.MM.yyyy." if _is_latvian() else "d MMMM yyyy"))
    return _day(value, str(get_locale() or "en"))


@lru_cache(maxsize=4_096)
def _day(value: date, language: str) -> str:
    """A plain day has no zone: the same day is always written alike, and lists say the same days over and over."""
    return str(babel_dates.format_date(value, "dd.MM.yyyy." if language == "lv" else "d MMMM yyyy", locale=language))


def moment(value: datetime) -> str:
    """25 November 2026, 14:32 · 25.11.2026. plkst. 14.32, in the zone of the page."""
    pattern = "dd.MM.yyyy. 'plkst'. HH.mm" if _is_latvian() else "d MMMM yyyy, HH:mm"
    return str(format_datetime(value, pattern))


def hour(value: datetime) -> str:
    """14:32 · 14.32, in the zone of the page: where the day is plain."""
    return str(format_datetime(value, "HH.mm" if _is_latvian() else "HH:mm"))


def size(bytes_: int) -> str:
    """41.9 MB, 12 kB; with a no-break space and the comma of the language."""
    if bytes_ >= MB:
        return f"{format_decimal(round(bytes_ / MB, 1))}\u00a0MB"
    return f"{format_decimal(max(1, round(bytes_ / KB)))}\u00a0kB"


def month(value: date) -> str:
    """November 2026 · 2026. gada novembris"""
    return str(format_date(value, "y. 'gada' LLLL" if _is_latvian() else "LLLL y"))


def euros(cents: int) -> str:
    """€250,000 · 250 000 €; cents only where there are any."""
    amount = format_decimal(cents / 100, "#,##0.00" if cents % 100 else "#,##0")
    return f"{amount}\u00a0€" if _is_latvian() else f"€{amount}"


def number(value: int) -> str:
    """1,284 · 1 284"""
    return str(format_decimal(value))


def _is_latvian() -> bool:
    return str(get_locale()) == "lv"


def _shown(value: object) -> object:
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return format_decimal(value)
    return value
