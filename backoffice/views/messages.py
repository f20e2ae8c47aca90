"""Domain errors and values in the language of the reader."""

from collections.abc import Mapping
from datetime import date, datetime

from flask_babel import format_date, format_datetime, format_decimal, gettext

from backoffice.domain.errors import DomainError


def words(error: DomainError) -> str:
    """The sentence of a refusal."""
    return say(error.message, error.values)


def say(message: str, values: Mapping[str, object] | None = None) -> str:
    """A sentence of the domain, its dates and numbers written as the reader writes them."""
    return str(gettext(message, **{name: _shown(value) for name, value in (values or {}).items()}))


def _shown(value: object) -> object:
    if isinstance(value, datetime):
        return format_datetime(value, "short")
    if isinstance(value, date):
        return format_date(value, "long")
    if isinstance(value, int) and not isinstance(value, bool):
        return format_decimal(value)
    return value
