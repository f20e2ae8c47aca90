from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from backoffice.db import Base
from backoffice.domain.text import search_key
from backoffice.domain.visibility import BasisKind, OverrideKind, Subject
from backoffice.models.project import Project
from backoffice.models.types import UtcDateTime, enum_by_value

if TYPE_CHECKING:
    from backoffice.models.user import User


class Contact(Base):
    """A person named on a project who may be shown to the public; private by default (S10)."""

    __tablename__ = "contact"
    __table_args__ = (UniqueConstraint("project_id", "email"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    email: Mapped[str] = mapped_column(String(254), index=True)  # folded
    name: Mapped[str] = mapped_column(Text, default="")
    name_key: Mapped[str] = mapped_column(Text, default="")  # for search (DOMAIN §8), set with the name
    role: Mapped[str] = mapped_column(Text, default="")
    phone: Mapped[str] = mapped_column(String(60), default="")  # never public
    position: Mapped[int] = mapped_column(default=0)
    is_main: Mapped[bool] = mapped_column(default=False)
    is_imported: Mapped[bool] = mapped_column(default=False)
    is_edited_here: Mapped[bool] = mapped_column(default=False)  # then an import leaves name and phone alone
    coordinator_public: Mapped[bool] = mapped_column(default=False)
    coordinator_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    person_withdrew_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_ended_by_import: Mapped[bool] = mapped_column(default=False)  # one that was removed here stays away
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    project: Mapped[Project] = relationship(back_populates="contacts")

    @validates("name")
    def _fold(self, _attribute: str, name: str) -> str:
        self.name_key = search_key(name)
        return name


class Access(Base):
    """Lets a person sign in and work on one project as coordinator (S3)."""

    __tablename__ = "access"
    __table_args__ = (
        Index(
            "uq_access_active", "project_id", "user_id", unique=True,
            postgresql_where=text("ended_at IS NULL"), sqlite_where=text("ended_at IS NULL"),
        ),
        CheckConstraint("origin IN ('import', 'coordinator', 'staff')", name="origin"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    origin: Mapped[str] = mapped_column(String(20))
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    granted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    ended_reason: Mapped[str] = mapped_column(Text, default="")
    project: Mapped[Project] = relationship(back_populates="accesses")
    user: Mapped[User] = relationship(foreign_keys=[user_id])


class EndedAddress(Base):
    """A salted digest of an address whose access ended here: an import never brings it back (DOMAIN §2)."""

    __tablename__ = "ended_address"
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Override(Base):
    """Staff's hide or show of one thing; clearing it gives back the coordinator's choice."""

    __tablename__ = "override"
    __table_args__ = (
        Index(
            "uq_override_active", "subject", "subject_id", unique=True,
            postgresql_where=text("cleared_at IS NULL"), sqlite_where=text("cleared_at IS NULL"),
        ),
        CheckConstraint("kind = 'hide' OR subject = 'contact'", name="only_contacts_are_shown"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    subject: Mapped[Subject] = mapped_column(enum_by_value(Subject, name="subject"))
    subject_id: Mapped[int]  # of the result or contact; of the project for project, website and logo
    kind: Mapped[OverrideKind] = mapped_column(enum_by_value(OverrideKind, name="kind"))
    reason: Mapped[str] = mapped_column(Text)
    basis_kind: Mapped[BasisKind | None] = mapped_column(enum_by_value(BasisKind, name="basis_kind"))
    basis: Mapped[str] = mapped_column(String(60), default="")  # a ticket's number or the date of the consent
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    cleared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cleared_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_by: Mapped[User | None] = relationship(foreign_keys=[created_by_id])


class ContactLink(Base):
    """The link by which a person shown in public can withdraw or agree again; it never expires."""

    __tablename__ = "contact_link"
    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
