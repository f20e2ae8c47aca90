"""Column types shared by the tables."""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Enum, Integer, String, TypeDecorator

# SQLite counts up by itself only in a column of type INTEGER.
BigId = BigInteger().with_variant(Integer, "sqlite")

# No number is given twice, not even after the newest row went: it has left the house in a mail or a cookie.
NUMBERED_ON = {"sqlite_autoincrement": True}

# Ordered byte by byte, whatever language the database was made for (DOMAIN §8).
SortKey = String(600).with_variant(String(600, collation="C"), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC on both engines (SQLite keeps no zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without its zone")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class WordSet(TypeDecorator[tuple[str, ...]]):
    """A few short words in one text (" lv en "), so that both engines find one of them by LIKE "% lv %"."""

    impl = String(400)
    cache_ok = True

    @property
    def python_type(self) -> type[tuple[str, ...]]:
        return tuple

    def process_bind_param(self, value: Iterable[str] | None, dialect: Dialect) -> str:
        return "".join(f" {word}" for word in value or ()) + " " if value else ""

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[str, ...]:
        return tuple((value or "").split())


def enum_by_value(kind: type[StrEnum], *, name: str) -> Enum:
    """A text column with a named CHECK over the values."""
    return Enum(
        kind, name=name, native_enum=False, create_constraint=True, length=40,
        values_callable=lambda members: [member.value for member in members],
    )
