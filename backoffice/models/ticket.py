from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.db import Base
from backoffice.domain.tickets import Direction, TicketState
from backoffice.models.types import BigId, UtcDateTime, enum_by_value


class Ticket(Base):
    """A problem or question for the helpdesk (S16)."""

    __tablename__ = "ticket"
    __table_args__ = (Index("ix_ticket_queue", "agency_id", "state", "changed_at", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))  # null: unrouted
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"), index=True)
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submission.id"))  # a question about a submission
    requester_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    requester_email: Mapped[str] = mapped_column(String(254), index=True)
    requester_name: Mapped[str] = mapped_column(String(200), default="")
    language: Mapped[str] = mapped_column(String(5), default="lv")
    subject: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(String(40), default="")
    state: Mapped[TicketState] = mapped_column(enum_by_value(TicketState, name="state"), default=TicketState.NEW)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    search_key: Mapped[str] = mapped_column(Text, default="")
    messages: Mapped[list[TicketMessage]] = relationship(back_populates="ticket", order_by="TicketMessage.id")


class TicketMessage(Base):
    """One message of a thread: from the requester, to the requester, or a note among staff."""

    __tablename__ = "ticket_message"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    direction: Mapped[Direction] = mapped_column(enum_by_value(Direction, name="direction"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    message_id: Mapped[str] = mapped_column(String(250), default="", index=True)
    outbox_id: Mapped[int | None] = mapped_column(ForeignKey("outbox.id"))
    text: Mapped[str] = mapped_column(Text)
    quoted: Mapped[str] = mapped_column(Text, default="")
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ticket: Mapped[Ticket] = relationship(back_populates="messages")


class TicketAttachment(Base):
    __tablename__ = "ticket_attachment"
    __table_args__ = (UniqueConstraint("message_id", "file_id"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("ticket_message.id"))
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"), index=True)


class LostMail(Base):
    """A mail that did not become a ticket, with its cause, so that staff can accept it anyway."""

    __tablename__ = "lost_mail"
    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sender: Mapped[str] = mapped_column(String(254), default="")
    subject: Mapped[str] = mapped_column(Text, default="")
    cause: Mapped[str] = mapped_column(String(60))
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
