from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.db import Base
from backoffice.models.types import UtcDateTime


class PendingUpload(Base):
    """A file that arrives in pieces and is no file of a result yet; it goes by itself after `expires_at`."""

    __tablename__ = "pending_upload"
    __table_args__ = (CheckConstraint("size > 0 AND received >= 0 AND received <= size", name="received"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)  # its address; nobody guesses it
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    result_id: Mapped[int | None] = mapped_column(ForeignKey("result.id"), index=True)  # null: of a result to come
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    mark: Mapped[str] = mapped_column(String(60), default="")  # by which a browser finds the same file again
    waits_for_form: Mapped[bool] = mapped_column(default=False)  # else it becomes a file with its last byte
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    pieces: Mapped[list[UploadPiece]] = relationship(
        order_by="UploadPiece.start", cascade="all, delete-orphan", back_populates="upload"
    )

    @property
    def is_whole(self) -> bool:
        return self.received == self.size


class UploadPiece(Base):
    """Bytes that arrived in one go, under a key of the store."""

    __tablename__ = "upload_piece"
    id: Mapped[int] = mapped_column(primary_key=True)
    upload_id: Mapped[int] = mapped_column(ForeignKey("pending_upload.id"), index=True)
    start: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int] = mapped_column(BigInteger)
    storage_key: Mapped[str] = mapped_column(String(100), unique=True)
    upload: Mapped[PendingUpload] = relationship(back_populates="pieces")
