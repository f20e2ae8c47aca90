from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.db import Base
from backoffice.domain.files import FileCheck, FilePurpose
from backoffice.models.result import Result
from backoffice.models.types import UtcDateTime, enum_by_value


class StoredFile(Base):
    """A file whose bytes lie in the store under `storage_key`. A removed one stays while a submission names it."""

    __tablename__ = "stored_file"
    __table_args__ = (
        CheckConstraint("size > 0", name="size"),
        CheckConstraint("(purpose = 'result') = (result_id IS NOT NULL)", name="result"),
        Index(
            "ix_stored_file_due", "due_at", "id",
            postgresql_where=text("check_state = 'waiting'"), sqlite_where=text("check_state = 'waiting'"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"), index=True)
    result_id: Mapped[int | None] = mapped_column(ForeignKey("result.id"), index=True)
    purpose: Mapped[FilePurpose] = mapped_column(enum_by_value(FilePurpose, name="purpose"))
    name: Mapped[str] = mapped_column(Text)
    storage_key: Mapped[str] = mapped_column(String(100), unique=True)
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    media_type: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(20))  # pdf, docx, … by content
    position: Mapped[int] = mapped_column(default=0)
    check_state: Mapped[FileCheck] = mapped_column(
        enum_by_value(FileCheck, name="check_state"), default=FileCheck.WAITING
    )
    check_cause: Mapped[str] = mapped_column(String(500), default="")
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)  # when the check is next tried: lease and backoff in one
    passed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    passed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    passed_reason: Mapped[str] = mapped_column(Text, default="")
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    result: Mapped[Result | None] = relationship(back_populates="files")
