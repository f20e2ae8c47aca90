from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.db import Base
from backoffice.domain.tickets import Category, Channel, Direction, FoundBy, TicketState
from backoffice.models.agency import Agency
from backoffice.models.file import StoredFile
from backoffice.models.outbox import OutboxRow
from backoffice.models.project import Project
from backoffice.models.types import BigId, UtcDateTime, enum_by_value
from backoffice.models.user import User

NEVER = datetime(2999, 1, 1, tzinfo=UTC)


class Ticket(Base):
    """A problem or question for the helpdesk (S16)."""

    __tablename__ = "ticket"
    __table_args__ = (
        Index("ix_ticket_queue", "agency_id", "state", "changed_at", "id"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed"),
        CheckConstraint("merged_into_id IS NULL OR state = 'closed'", name="merged"),
        CheckConstraint("merged_into_id <> id AND follows_id <> id", name="not_itself"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))  # null: unrouted
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"), index=True)
    project_found_by: Mapped[FoundBy | None] = mapped_column(enum_by_value(FoundBy, name="project_found_by"))
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submission.id"))  # a question about a submission
    requester_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    requester_email: Mapped[str] = mapped_column(String(254), index=True)  # folded; empty: nobody can be answered
    requester_name: Mapped[str] = mapped_column(String(200), default="")
    language: Mapped[str] = mapped_column(String(5), default="lv")
    subject: Mapped[str] = mapped_column(Text)
    channel: Mapped[Channel] = mapped_column(enum_by_value(Channel, name="channel"), default=Channel.FORM)
    context: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # page, last_error, browser: what the form saw
    category: Mapped[Category | None] = mapped_column(enum_by_value(Category, name="category"))
    state: Mapped[TicketState] = mapped_column(enum_by_value(TicketState, name="state"), default=TicketState.NEW)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))  # an old one that could not be reopened
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answer_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # null: the agency owes no answer
    first_answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    unlock_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # a specialist was asked to unlock
    solved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the requester was erased (DOMAIN §10)
    # answer_due_at, and for a ticket that needs no answer a day that never comes, so that the queue has one order.
    queue_at: Mapped[datetime] = mapped_column(UtcDateTime, default=NEVER, index=True)
    search_key: Mapped[str] = mapped_column(Text, default="")  # of every word in the thread, notes too: staff only
    messages: Mapped[list[TicketMessage]] = relationship(back_populates="ticket", order_by="TicketMessage.id")
    agency: Mapped[Agency | None] = relationship()
    project: Mapped[Project | None] = relationship()
    requester: Mapped[User | None] = relationship(foreign_keys=[requester_id])
    assignee: Mapped[User | None] = relationship(foreign_keys=[assignee_id])


class TicketMessage(Base):
    """One message of a thread: from the requester, to the requester, or a note among staff."""

    __tablename__ = "ticket_message"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    direction: Mapped[Direction] = mapped_column(enum_by_value(Direction, name="direction"))
    channel: Mapped[Channel] = mapped_column(enum_by_value(Channel, name="channel"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))  # null: a person without an account
    message_id: Mapped[str] = mapped_column(String(250), default="", index=True)  # of a mail that came in
    in_reply_to: Mapped[str] = mapped_column(String(250), default="")
    # Out: the mail that carries it. In: the mail that confirmed its receipt.
    outbox_id: Mapped[int | None] = mapped_column(ForeignKey("outbox.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text, default="")  # sanitised
    quoted: Mapped[str] = mapped_column(Text, default="")
    context: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    raw_file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))  # the whole mail as it came
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # a reply that was taken back in time
    ticket: Mapped[Ticket] = relationship(back_populates="messages")
    author: Mapped[User | None] = relationship()
    outbox: Mapped[OutboxRow | None] = relationship()
    attachments: Mapped[list[TicketAttachment]] = relationship(
        back_populates="message", order_by="TicketAttachment.position, TicketAttachment.id"
    )


class TicketAttachment(Base):
    """A file of a message; a picture that stands in the text is named there by its content id."""

    __tablename__ = "ticket_attachment"
    __table_args__ = (UniqueConstraint("message_id", "file_id"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("ticket_message.id"))
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    content_id: Mapped[str] = mapped_column(String(250), default="")
    is_inline: Mapped[bool] = mapped_column(default=False)
    is_blacked_out: Mapped[bool] = mapped_column(default=False)
    message: Mapped[TicketMessage] = relationship(back_populates="attachments")
    file: Mapped[StoredFile] = relationship()


class TicketDraft(Base):
    """What a member of the staff has begun to write; colleagues see that they do, and since when."""

    __tablename__ = "ticket_draft"
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    since_at: Mapped[datetime] = mapped_column(UtcDateTime)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    user: Mapped[User] = relationship()


class CannedReply(Base):
    """A reply that the agency has ready, in both languages; `{…}` stand for what the ticket says."""

    __tablename__ = "canned_reply"
    __table_args__ = (UniqueConstraint("agency_id", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    name: Mapped[str] = mapped_column(String(100))
    text_lv: Mapped[str] = mapped_column(Text, default="")
    text_en: Mapped[str] = mapped_column(Text, default="")
    then: Mapped[TicketState] = mapped_column(enum_by_value(TicketState, name="then"), default=TicketState.WAITING)
    position: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
