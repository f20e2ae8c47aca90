from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base
from backoffice.models.types import BigId, UtcDateTime


class FormDraft(Base):
    """What a person typed into a form and did not save yet; only this person ever reads it."""

    __tablename__ = "form_draft"
    __table_args__ = (UniqueConstraint("user_id", "place"), Index("ix_form_draft_kept_at", "kept_at"))
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    place: Mapped[str] = mapped_column(String(250))  # the address to which the form is sent
    fields: Mapped[dict[str, Any]] = mapped_column(JSON)
    kept_at: Mapped[datetime] = mapped_column(UtcDateTime)
