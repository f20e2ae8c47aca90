from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from backoffice.db import Base
from backoffice.domain.permissions import StaffRole
from backoffice.domain.text import search_key, sort_key
from backoffice.models.agency import Agency
from backoffice.models.types import NUMBERED_ON, BigId, UtcDateTime, enum_by_value


class User(Base):
    """A person who can sign in. `role` is the staff role, if any; coordinators hold access rows instead."""

    __tablename__ = "user_account"
    __table_args__ = (
        CheckConstraint(
            "role IS NULL OR (role = 'platform_admin') = (agency_id IS NULL)", name="staff_has_agency"
        ),
        NUMBERED_ON,
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)  # folded
    name: Mapped[str] = mapped_column(String(200), default="")
    name_key: Mapped[str] = mapped_column(Text, default="")  # for search and order (DOMAIN §8), set with the name
    name_sort: Mapped[str] = mapped_column(Text, default="")
    phone: Mapped[str] = mapped_column(String(60), default="")
    role: Mapped[StaffRole | None] = mapped_column(enum_by_value(StaffRole, name="role"))
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    totp_secret: Mapped[str | None] = mapped_column(String(64))
    totp_used_step: Mapped[int | None] = mapped_column(BigId)  # of the last code that was taken: none opens twice
    language: Mapped[str | None] = mapped_column(String(5))
    session_epoch: Mapped[int] = mapped_column(default=0)  # counted up to end every session at once
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_sign_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deactivated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    absent_until: Mapped[date | None]
    stand_in_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    is_demo: Mapped[bool] = mapped_column(default=False)  # production refuses to start with one
    version: Mapped[int] = mapped_column(default=1)
    agency: Mapped[Agency | None] = relationship(foreign_keys=[agency_id])

    @validates("name")
    def _fold(self, _attribute: str, name: str) -> str:
        self.name_key, self.name_sort = search_key(name), sort_key(name)
        return name


class Identity(Base):
    """A person as a sign-in service knows them: issuer and subject, never the address."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    issuer: Mapped[str] = mapped_column(String(250))
    subject: Mapped[str] = mapped_column(String(250))
    linked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RecoveryCode(Base):
    """Stands in for the second factor once, when the phone is lost. Only its digest is kept."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("user_id", "digest"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    digest: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class TermsAcceptance(Base):
    """Which version of whose terms a person accepted at the first sign-in."""

    __tablename__ = "terms_acceptance"
    __table_args__ = (UniqueConstraint("user_id", "agency_id", "version"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    version: Mapped[int]
    accepted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PasswordLink(Base):
    """A one-time link to set a password; 72 h, used up only by the click on its page. Only its digest is kept."""

    __tablename__ = "password_link"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignInAttempt(Base):
    """A refused or granted sign-in: the ground of the rate limit and of the helpdesk's answer (kept 90 days)."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        Index("ix_sign_in_attempt_email_at", "email", "at"),
        Index("ix_sign_in_attempt_network_at", "network", "at"),
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    network: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(String(40))


class AddressState(Base):
    """What the mail system said about an address: a hard bounce marks it (DOMAIN §7)."""

    __tablename__ = "address_state"
    email: Mapped[str] = mapped_column(String(254), primary_key=True)
    bounced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cause: Mapped[str] = mapped_column(String(500), default="")


class ActKey(Base):
    """A one-time value of a form: the second press of the same button answers with the first outcome."""

    __tablename__ = "act_key"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)  # null: not signed in
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(String(500), default="")
