from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base
from backoffice.models.types import UtcDateTime


class Restoration(Base):
    """The database came from a backup. What was given out after that backup is not given out again: numbers of tickets
    go on above `ticket_floor`."""

    __tablename__ = "restoration"
    id: Mapped[int] = mapped_column(primary_key=True)
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    restored_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ticket_floor: Mapped[int]


class DutyRun(Base):
    """When a duty of the clock last came to its end; operators watch its age."""

    __tablename__ = "duty_run"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime)
