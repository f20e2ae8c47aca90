from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, validates

from backoffice.db import Base
from backoffice.domain.projects import PublicationRule
from backoffice.domain.text import search_key
from backoffice.models.types import UtcDateTime, enum_by_value


class Agency(Base):
    """A National Agency and what differs by agency (CONTRACT, Settings)."""

    __tablename__ = "agency"
    __table_args__ = (
        CheckConstraint("due_days BETWEEN 1 AND 90", name="due_days"),
        CheckConstraint("run_limit > 0", name="run_limit"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(10), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    name_lv: Mapped[str] = mapped_column(String(200), default="")
    country: Mapped[str] = mapped_column(String(2), default="LV")  # its public holidays count as no working days
    time_zone: Mapped[str] = mapped_column(String(40), default="Europe/Riga")
    language: Mapped[str] = mapped_column(String(5), default="lv")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    notices_from: Mapped[date]  # a notice due before this day is written as suppressed (DOMAIN §7)
    run_limit: Mapped[int] = mapped_column(default=500)
    due_days: Mapped[int] = mapped_column(default=14)
    publication_rule: Mapped[PublicationRule] = mapped_column(
        enum_by_value(PublicationRule, name="publication_rule"), default=PublicationRule.ON_APPROVAL
    )
    review_address: Mapped[str] = mapped_column(String(254), default="")
    helpdesk_address: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(60), default="")
    sender_name: Mapped[str] = mapped_column(String(200), default="")
    legal_clause: Mapped[str] = mapped_column(String(60), default="I.9.2")
    notice_days: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)  # mail → days; empty: the defaults
    keep_days: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)  # what is kept → days; empty: the defaults
    extra_holidays: Mapped[list[Any]] = mapped_column(JSON, default=list)  # ISO dates of the agency's own


class AgencyText(Base):
    """A text that the agency edits: terms, privacy, accessibility, reasons, mails; every version stays."""

    __tablename__ = "agency_text"
    __table_args__ = (UniqueConstraint("agency_id", "key", "language", "version"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    key: Mapped[str] = mapped_column(String(60))
    language: Mapped[str] = mapped_column(String(5))
    version: Mapped[int]
    subject: Mapped[str] = mapped_column(String(250), default="")
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class ApiToken(Base):
    """A bearer token of an agency's own system; only its digest is kept."""

    __tablename__ = "api_token"
    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    name_key: Mapped[str] = mapped_column(Text, default="")  # for search (DOMAIN §8), set with the name
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[Any]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @validates("name")
    def _fold(self, _attribute: str, name: str) -> str:
        self.name_key = search_key(name)
        return name
