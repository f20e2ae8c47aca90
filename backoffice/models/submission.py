from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.db import Base
from backoffice.domain.results import ResultType
from backoffice.domain.reviews import DecisionKind, ReopenOutcome, Verdict
from backoffice.models.file import StoredFile
from backoffice.models.project import Project
from backoffice.models.types import BigId, SortKey, UtcDateTime, WordSet, enum_by_value
from backoffice.models.user import User


class Submission(Base):
    """A numbered, immutable snapshot of what was submitted. Names persons by id only."""

    __tablename__ = "submission"
    __table_args__ = (UniqueConstraint("project_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    confirmed: Mapped[list[Any]] = mapped_column(JSON, default=list)  # the warnings that were confirmed
    project: Mapped[Project] = relationship(back_populates="submissions", foreign_keys=[project_id])
    items: Mapped[list[SubmissionItem]] = relationship(
        back_populates="submission", order_by="SubmissionItem.position"
    )
    decisions: Mapped[list[Decision]] = relationship(back_populates="submission", order_by="Decision.id")


class SubmissionItem(Base):
    """A result of a submission, or its final summary (`result_id` is null): texts and choices as submitted."""

    __tablename__ = "submission_item"
    __table_args__ = (
        UniqueConstraint("submission_id", "key"),
        Index("ix_submission_item_sort", "sort_key", "id"),
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    key: Mapped[str] = mapped_column(String(40))  # "summary" or "result:<id>"
    result_id: Mapped[int | None] = mapped_column(ForeignKey("result.id"), index=True)
    position: Mapped[int]
    title: Mapped[str] = mapped_column(Text, default="")
    description: Mapped[str] = mapped_column(Text, default="")
    type: Mapped[ResultType | None] = mapped_column(enum_by_value(ResultType, name="type"))
    languages: Mapped[tuple[str, ...]] = mapped_column(WordSet, default=())
    link: Mapped[str] = mapped_column(Text, default="")
    do_not_publish: Mapped[bool] = mapped_column(default=False)
    do_not_publish_reason: Mapped[str] = mapped_column(Text, default="")
    answer: Mapped[str] = mapped_column(Text, default="")  # to the comment of the return before
    digest: Mapped[str] = mapped_column(String(64))
    sort_key: Mapped[str] = mapped_column(SortKey, default="")
    search_key: Mapped[str] = mapped_column(Text, default="")
    submission: Mapped[Submission] = relationship(back_populates="items")
    files: Mapped[list[SubmissionFile]] = relationship(back_populates="item", order_by="SubmissionFile.position")


class SubmissionFile(Base):
    """A file as a submission names it: name, size and hash at that moment."""

    __tablename__ = "submission_file"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("submission_item.id"), index=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"), index=True)
    position: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    item: Mapped[SubmissionItem] = relationship(back_populates="files")
    file: Mapped[StoredFile] = relationship()


class ItemVerdict(Base):
    """A reviewer's word about one item; counts only while the item's digest is the one it was given for."""

    __tablename__ = "item_verdict"
    __table_args__ = (
        UniqueConstraint("project_id", "key"),
        CheckConstraint("verdict = 'accepted' OR comment <> ''", name="changes_have_comment"),
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    key: Mapped[str] = mapped_column(String(40))
    digest: Mapped[str] = mapped_column(String(64))
    verdict: Mapped[Verdict] = mapped_column(enum_by_value(Verdict, name="verdict"))
    comment: Mapped[str] = mapped_column(Text, default="")
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    given_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class Decision(Base):
    """Return, approve or unlock, with all that undo needs to give back the state before."""

    __tablename__ = "decision"
    __table_args__ = (Index("ix_decision_project", "project_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    kind: Mapped[DecisionKind] = mapped_column(enum_by_value(DecisionKind, name="kind"))
    number: Mapped[int]  # of its kind on this project: a second return mails again, with its own number
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    reason: Mapped[str] = mapped_column(Text, default="")
    scope: Mapped[list[Any]] = mapped_column(JSON, default=list)  # item keys that reopen
    due_on: Mapped[date | None]
    digest: Mapped[str] = mapped_column(String(64))
    confirmation_code: Mapped[str | None] = mapped_column(String(16), unique=True)  # of an approval
    before: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # what undo gives back
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    submission: Mapped[Submission] = relationship(back_populates="decisions")
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])
    requests: Mapped[list[ChangeRequest]] = relationship(back_populates="decision", order_by="ChangeRequest.id")


class ChangeRequest(Base):
    """A comment that was sent with a return, about one item, and the coordinator's answer."""

    __tablename__ = "change_request"
    __table_args__ = (UniqueConstraint("decision_id", "key"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"))
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    key: Mapped[str] = mapped_column(String(40))
    digest: Mapped[str] = mapped_column(String(64))  # of the item when the change was asked for
    comment: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_current: Mapped[bool] = mapped_column(default=True)  # of the return that waits for the coordinator
    decision: Mapped[Decision] = relationship(back_populates="requests")


class ReviewClaim(Base):
    """Who is looking at a review now: a lease that ends by itself (DOMAIN §3)."""

    __tablename__ = "review_claim"
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    since_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lost_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))  # from whom it was taken over
    user: Mapped[User] = relationship(foreign_keys=[user_id])


class ReviewNote(Base):
    """A note for colleagues; never shown outside the agency."""

    __tablename__ = "review_note"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    written_by: Mapped[User | None] = relationship()


class ReopenRequest(Base):
    """A coordinator's "Ask to reopen"; one open at a time."""

    __tablename__ = "reopen_request"
    __table_args__ = (
        Index(
            "uq_reopen_request_open", "project_id", unique=True,
            postgresql_where=text("closed_at IS NULL"), sqlite_where=text("closed_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    reason: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    outcome: Mapped[ReopenOutcome | None] = mapped_column(enum_by_value(ReopenOutcome, name="outcome"))
    answer: Mapped[str] = mapped_column(Text, default="")
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    asked_by: Mapped[User | None] = relationship(foreign_keys=[asked_by_id])
