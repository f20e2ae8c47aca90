from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.db import Base
from backoffice.domain.import_runs import RunState
from backoffice.models.file import StoredFile
from backoffice.models.types import UtcDateTime, enum_by_value
from backoffice.models.user import User

_AT_WORK = text("state IN ('reading', 'writing')")


class ImportRun(Base):
    """An import by the page: its list, what the preview found, and what came of it."""

    __tablename__ = "import_run"
    __table_args__ = (
        CheckConstraint("attempts >= 0", name="attempts"),
        Index("ix_import_run_due", "due_at", "id", postgresql_where=_AT_WORK, sqlite_where=_AT_WORK),
        Index("ix_import_run_agency", "agency_id", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str] = mapped_column(Text)
    state: Mapped[RunState] = mapped_column(enum_by_value(RunState, name="state"), default=RunState.READING)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    written_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)  # when it is next tried: lease and backoff in one
    attempts: Mapped[int] = mapped_column(default=0)
    position: Mapped[int] = mapped_column(BigInteger, default=0)  # bytes read of `size`
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    list_file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"), index=True)  # null: deleted
    rows_file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"), index=True)  # what came of each row
    outcome: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # the numbers
    shown: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # the first rows of each kind
    failure: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # sentence and values
    list_file: Mapped[StoredFile | None] = relationship(foreign_keys=[list_file_id])
    rows_file: Mapped[StoredFile | None] = relationship(foreign_keys=[rows_file_id])
    by: Mapped[User] = relationship(foreign_keys=[by_id])
