from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from backoffice.db import Base
from backoffice.domain.inbound import Cause, Outcome, Settlement
from backoffice.domain.text import search_key
from backoffice.models.agency import Agency
from backoffice.models.file import StoredFile
from backoffice.models.outbox import OutboxRow
from backoffice.models.project import Project
from backoffice.models.ticket import Ticket
from backoffice.models.types import BigId, UtcDateTime, enum_by_value
from backoffice.models.user import User


class ReceivedMail(Base):
    """Each mail that arrived, once: a copy is known by it, and a sender who writes faster than people do."""

    __tablename__ = "received_mail"
    __table_args__ = (Index("ix_received_mail_sender_at", "sender", "received_at"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)  # digest of Message-ID and content
    id_digest: Mapped[str] = mapped_column(String(64), index=True)  # of its Message-ID; empty without one
    sender: Mapped[str] = mapped_column(String(254), default="")
    about: Mapped[str] = mapped_column(String(64), default="")  # digest of its subject without numbers and “Re:”
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[Outcome] = mapped_column(enum_by_value(Outcome, name="outcome"))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("ticket_message.id"), index=True)
    ticket: Mapped[Ticket | None] = relationship()


class LostMail(Base):
    """A mail that did not become a ticket by itself, with its cause, so that staff can accept it anyway."""

    __tablename__ = "lost_mail"
    __table_args__ = (
        CheckConstraint("(settled_at IS NULL) = (settlement IS NULL)", name="settled"),
        Index("ix_lost_mail_list", "agency_id", "settled_at", "received_at", "id"),
        Index("ix_lost_mail_sender", "sender", "cause", "received_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))  # null: nobody knows whose it is
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"), index=True)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sender: Mapped[str] = mapped_column(String(254), default="")
    sender_name: Mapped[str] = mapped_column(String(200), default="")
    message_id: Mapped[str] = mapped_column(String(250), default="")
    subject: Mapped[str] = mapped_column(Text, default="")
    cause: Mapped[Cause] = mapped_column(enum_by_value(Cause, name="cause"))
    detail: Mapped[str] = mapped_column(String(500), default="")  # the words of a mail server or a scanner
    excerpt: Mapped[str] = mapped_column(Text, default="")
    subject_key: Mapped[str] = mapped_column(Text, default="")  # for search (DOMAIN §8), set with what they fold
    excerpt_key: Mapped[str] = mapped_column(Text, default="")
    size: Mapped[int] = mapped_column(BigInteger)
    attachments: Mapped[int] = mapped_column(default=0)
    list_key: Mapped[str] = mapped_column(String(250), default="", index=True)
    times: Mapped[int] = mapped_column(default=1)  # with those of the same loop that came after it
    raw_file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))  # the whole mail as it came
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)  # named by it, or made of it
    outbox_id: Mapped[int | None] = mapped_column(ForeignKey("outbox.id"), index=True)  # ours that came back
    told_id: Mapped[int | None] = mapped_column(ForeignKey("outbox.id"), index=True)  # what we wrote to the sender
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    settlement: Mapped[Settlement | None] = mapped_column(enum_by_value(Settlement, name="settlement"))
    agency: Mapped[Agency | None] = relationship()
    project: Mapped[Project | None] = relationship()
    raw_file: Mapped[StoredFile | None] = relationship()
    ticket: Mapped[Ticket | None] = relationship()
    outbox: Mapped[OutboxRow | None] = relationship(foreign_keys=[outbox_id])
    told: Mapped[OutboxRow | None] = relationship(foreign_keys=[told_id])
    settled_by: Mapped[User | None] = relationship()

    @validates("subject", "excerpt")
    def _fold(self, attribute: str, text: str) -> str:
        setattr(self, f"{attribute}_key", search_key(text))
        return text


class MutedList(Base):
    """A mailing list whose later issues an agency has put aside."""

    __tablename__ = "muted_list"
    __table_args__ = (UniqueConstraint("agency_id", "key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    key: Mapped[str] = mapped_column(String(250), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_by: Mapped[User | None] = relationship()
