from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base
from backoffice.domain.links import LinkState
from backoffice.models.types import UtcDateTime, enum_by_value


class LinkCheck(Base):
    """Whether an address answered when it was last asked; one row for each address, however many name it."""

    __tablename__ = "link_check"
    __table_args__ = (Index("ix_link_check_due", "due_at", "id"), Index("ix_link_check_state", "state", "id"))
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)  # of the address, which may be too long for an index
    url: Mapped[str] = mapped_column(Text)
    state: Mapped[LinkState | None] = mapped_column(enum_by_value(LinkState, name="state"))  # null: not asked yet
    since_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # it is so
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    leads_to: Mapped[str] = mapped_column(Text, default="")
    cause: Mapped[str] = mapped_column(String(200), default="")
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
