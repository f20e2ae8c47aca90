from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Connection,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    event,
    inspect,
)
from sqlalchemy.orm import Mapped, Mapper, mapped_column, object_session, relationship

from backoffice.db import Base
from backoffice.domain.projects import GrantState, Status
from backoffice.domain.reviews import QueuePlace
from backoffice.models.agency import Agency
from backoffice.models.types import BigId, SortKey, UtcDateTime, WordSet, enum_by_value
from backoffice.models.user import User

if TYPE_CHECKING:
    from backoffice.models.contact import Access, Contact
    from backoffice.models.file import StoredFile
    from backoffice.models.result import Result
    from backoffice.models.submission import Submission


class Project(Base):
    """A funded project. `version` counts changes of what is submitted and every transition; services bump it
    under the row's lock, imports and claims leave it alone."""

    __tablename__ = "project"
    __table_args__ = (
        CheckConstraint("end_date IS NULL OR start_date IS NULL OR end_date >= start_date", name="dates"),
        CheckConstraint("grant_cents IS NULL OR grant_cents >= 0", name="grant_cents"),
        CheckConstraint("version > 0", name="version"),
        Index("ix_project_queue", "agency_id", "status", "queue_place", "waiting_since_at", "id"),
        Index("ix_project_list", "agency_id", "sort_key", "id"),
        Index("ix_project_public", "sort_key", "id"),
        Index("ix_project_end", "agency_id", "end_date", "id"),
        Index("ix_project_number", "number"),
        Index("ix_project_gate", "agency_id", "gate_changed_at", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    code: Mapped[str] = mapped_column(String(60), unique=True)
    call_year: Mapped[int]
    round: Mapped[int]
    action: Mapped[str] = mapped_column(String(20))  # from the code: KA201, KA220-SCH
    number: Mapped[str] = mapped_column(String(20))
    # what the import owns
    title: Mapped[str] = mapped_column(Text)
    summary: Mapped[str] = mapped_column(Text, default="")
    programme: Mapped[str] = mapped_column(String(100), default="")
    key_action_name: Mapped[str] = mapped_column(String(250), default="")
    action_type_name: Mapped[str] = mapped_column(String(250), default="")
    topics: Mapped[str] = mapped_column(Text, default="")
    countries: Mapped[tuple[str, ...]] = mapped_column(WordSet, default=())
    start_date: Mapped[date | None]
    end_date: Mapped[date | None]
    grant_cents: Mapped[int | None] = mapped_column(BigInteger)
    grant_state: Mapped[GrantState] = mapped_column(
        enum_by_value(GrantState, name="grant_state"), default=GrantState.RUNNING
    )
    organisation: Mapped[str] = mapped_column(Text, default="")
    organisation_type: Mapped[str] = mapped_column(String(250), default="")
    organisation_address: Mapped[str] = mapped_column(Text, default="")
    organisation_region: Mapped[str] = mapped_column(String(250), default="")
    organisation_country: Mapped[str] = mapped_column(String(100), default="")
    organisation_website: Mapped[str] = mapped_column(Text, default="")
    report_handed_in_on: Mapped[date | None]
    report_approved_on: Mapped[date | None]
    imported_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # what staff set
    results_required_override: Mapped[bool | None]
    results_required_reason: Mapped[str] = mapped_column(Text, default="")
    responsible_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    is_good_practice: Mapped[bool] = mapped_column(default=False)
    is_success_story: Mapped[bool] = mapped_column(default=False)
    # what the coordinator sets
    website: Mapped[str] = mapped_column(Text, default="")
    is_website_entered_here: Mapped[bool] = mapped_column(default=False)
    final_summary: Mapped[str] = mapped_column(Text, default="")
    is_final_summary_entered_here: Mapped[bool] = mapped_column(default=False)
    is_summary_open: Mapped[bool] = mapped_column(default=True)  # may the final summary be edited now
    logo_file_id: Mapped[int | None] = mapped_column(
        ForeignKey("stored_file.id", use_alter=True, name="fk_project_logo_file_id")
    )
    # where the review stands
    status: Mapped[Status] = mapped_column(enum_by_value(Status, name="status"), default=Status.OPEN)
    status_since_at: Mapped[datetime] = mapped_column(UtcDateTime)
    waiting_since_at: Mapped[datetime] = mapped_column(UtcDateTime)
    queue_place: Mapped[int] = mapped_column(default=QueuePlace.PLAIN)
    due_on: Mapped[date | None]
    published_submission_id: Mapped[int | None] = mapped_column(
        ForeignKey("submission.id", use_alter=True, name="fk_project_published_submission_id")
    )
    first_approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    gate_changed_at: Mapped[datetime] = mapped_column(UtcDateTime)  # kept by the listener below
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # filled by the services from the texts above (DOMAIN §8), the same on both engines
    search_key: Mapped[str] = mapped_column(Text, default="")
    sort_key: Mapped[str] = mapped_column(SortKey, default="")

    agency: Mapped[Agency] = relationship()
    responsible: Mapped[User | None] = relationship(foreign_keys=[responsible_id])
    logo: Mapped[StoredFile | None] = relationship(foreign_keys=[logo_file_id])
    partners: Mapped[list[Partner]] = relationship(back_populates="project", order_by="Partner.position")
    results: Mapped[list[Result]] = relationship(
        back_populates="project", order_by="(Result.position, Result.id)",
        primaryjoin="and_(Result.project_id == Project.id, Result.deleted_at.is_(None))",
    )
    contacts: Mapped[list[Contact]] = relationship(
        back_populates="project", order_by="(Contact.position, Contact.id)",
        primaryjoin="and_(Contact.project_id == Project.id, Contact.ended_at.is_(None))",
    )
    accesses: Mapped[list[Access]] = relationship(back_populates="project", order_by="Access.id")
    submissions: Mapped[list[Submission]] = relationship(
        back_populates="project", order_by="Submission.number", foreign_keys="Submission.project_id"
    )


# What the answer of the final-report gate is reckoned from (DOMAIN §9).
GATE_FACTS = (
    "status", "status_since_at", "first_approved_at", "report_approved_on", "results_required_override", "grant_state",
)


@event.listens_for(Project, "before_insert")
@event.listens_for(Project, "before_update")
def _follow_gate(_mapper: Mapper[Project], _connection: Connection, project: Project) -> None:
    """Whoever changes one of these facts moves the project in the list of the gate: a service, an import, an undo to
    come. It stands here because a caller that forgot it would let the agency's own system miss the change."""
    session = object_session(project)
    now = session.info.get("now") if session else None
    state = inspect(project)
    if now is not None and any(state.attrs[name].history.has_changes() for name in GATE_FACTS):
        project.gate_changed_at = now


class Partner(Base):
    """A partner organisation, as the public export numbers them."""

    __tablename__ = "partner"
    __table_args__ = (UniqueConstraint("project_id", "position"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    type: Mapped[str] = mapped_column(String(250), default="")
    address: Mapped[str] = mapped_column(Text, default="")
    region: Mapped[str] = mapped_column(String(250), default="")
    country: Mapped[str] = mapped_column(String(100), default="")
    website: Mapped[str] = mapped_column(Text, default="")
    project: Mapped[Project] = relationship(back_populates="partners")


class StaffFact(Base):
    """A fact that staff set: it stays until they release it, whatever an import says (DOMAIN §2)."""

    __tablename__ = "staff_fact"
    __table_args__ = (UniqueConstraint("project_id", "field"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    field: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(Text, default="")
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class ImportDifference(Base):
    """What an import said and we did not take: a row of "Needs data" with both values."""

    __tablename__ = "import_difference"
    __table_args__ = (UniqueConstraint("project_id", "field"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    field: Mapped[str] = mapped_column(String(60))
    ours: Mapped[str] = mapped_column(Text, default="")
    theirs: Mapped[str] = mapped_column(Text, default="")
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    kept_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # staff kept ours; said again it is no news
    kept_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
