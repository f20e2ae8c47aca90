from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.db import Base
from backoffice.domain.results import ResultType
from backoffice.models.project import Project
from backoffice.models.types import SortKey, UtcDateTime, WordSet, enum_by_value

if TYPE_CHECKING:
    from backoffice.models.file import StoredFile


class Result(Base):
    """One outcome of a project as the coordinator edits it (S7). What was submitted is in `submission_item`."""

    __tablename__ = "result"
    __table_args__ = (
        CheckConstraint("version > 0", name="version"),
        Index("ix_result_project", "project_id", "position", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    position: Mapped[int] = mapped_column(default=0)
    title: Mapped[str] = mapped_column(Text, default="")
    description: Mapped[str] = mapped_column(Text, default="")
    type: Mapped[ResultType | None] = mapped_column(enum_by_value(ResultType, name="type"))
    languages: Mapped[tuple[str, ...]] = mapped_column(WordSet, default=())
    link: Mapped[str] = mapped_column(Text, default="")
    do_not_publish: Mapped[bool] = mapped_column(default=False)
    do_not_publish_reason: Mapped[str] = mapped_column(Text, default="")
    is_open: Mapped[bool] = mapped_column(default=True)  # may the coordinator edit it now (scope of a return)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sort_key: Mapped[str] = mapped_column(SortKey, default="")
    search_key: Mapped[str] = mapped_column(Text, default="")
    project: Mapped[Project] = relationship(back_populates="results")
    files: Mapped[list[StoredFile]] = relationship(
        back_populates="result", order_by="(StoredFile.position, StoredFile.id)",
        primaryjoin="and_(StoredFile.result_id == Result.id, StoredFile.removed_at.is_(None))",
    )
