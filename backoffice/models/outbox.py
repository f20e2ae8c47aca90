from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, validates

from backoffice.db import Base
from backoffice.domain.notices import Mail, OutboxState
from backoffice.domain.text import search_key
from backoffice.models.types import NUMBERED_ON, BigId, UtcDateTime, enum_by_value

_WAITING = text("state = 'waiting'")


class OutboxRow(Base):
    """A mail to one person and its state. Holds ids and texts that staff edited; the job renders at sending and
    records subject and body with "sent"."""

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("attempts >= 0", name="attempts"),
        Index("ix_outbox_due", "due_at", "id", postgresql_where=_WAITING, sqlite_where=_WAITING),
        Index("ix_outbox_agency", "agency_id", "id"),
        Index("ix_outbox_project", "project_id", "id"),
        NUMBERED_ON,
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(250), unique=True)  # running twice sends nothing twice
    kind: Mapped[Mail] = mapped_column(enum_by_value(Mail, name="kind"))
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("decision.id"), index=True)
    to: Mapped[str] = mapped_column("to_address", String(254), index=True)
    language: Mapped[str] = mapped_column(String(5))
    params: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[OutboxState] = mapped_column(enum_by_value(OutboxState, name="state"), default=OutboxState.WAITING)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str] = mapped_column(String(500), default="")
    subject: Mapped[str] = mapped_column(Text, default="")
    subject_key: Mapped[str] = mapped_column(Text, default="")  # for search (DOMAIN §8), set with the subject
    body: Mapped[str] = mapped_column(Text, default="")

    @validates("subject")
    def _fold(self, _attribute: str, subject: str) -> str:
        self.subject_key = search_key(subject)
        return subject
