from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base
from backoffice.models.types import BigId, UtcDateTime


class AuditEvent(Base):
    """Who did what, when. Field names, ids and digests only; persons' values lie in `audit_personal` (DOMAIN §10)."""

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_project", "project_id", "id"),
        Index("ix_audit_event_agency", "agency_id", "id"),
        Index("ix_audit_event_subject", "subject", "id"),
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    actor_role: Mapped[str] = mapped_column(String(20), default="")  # empty: the system itself
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"))
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(80), default="")  # "result:12"
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class AuditPersonal(Base):
    """The personal values of an event; erasing a person deletes these rows and the chain still verifies."""

    __tablename__ = "audit_personal"
    event_id: Mapped[int] = mapped_column(ForeignKey("audit_event.id"), primary_key=True)
    field: Mapped[str] = mapped_column(String(60), primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    value: Mapped[str] = mapped_column(Text)
    salt: Mapped[str] = mapped_column(String(32))  # goes with the value: then the event's digest tells nothing


class AuditSeal(Base):
    """The chain over the events: each seal covers its event and the seal before; written by the sweep. Numbered by
    itself, since an event may be committed after others with higher ids."""

    __tablename__ = "audit_seal"
    number: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(ForeignKey("audit_event.id"), unique=True)
    digest: Mapped[str] = mapped_column(String(64))
