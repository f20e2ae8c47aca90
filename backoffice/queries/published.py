"""What the public may see, said once in SQL (DOMAIN §5).

Every public output draws from here: pages, search, counts, downloads, feed, sitemap, JSON, meta tags. The same rules
as pure functions are in `domain/visibility.py`; a test compares both over every combination.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload, selectinload

from backoffice.domain import clock
from backoffice.domain.files import NEVER_SERVED
from backoffice.domain.projects import GrantState, PublicationRule
from backoffice.domain.results import SUMMARY_KEY
from backoffice.domain.reviews import DecisionKind
from backoffice.domain.visibility import OverrideKind, Subject
from backoffice.models import (
    Agency,
    Contact,
    Decision,
    Override,
    Project,
    StoredFile,
    SubmissionFile,
    SubmissionItem,
)
from backoffice.queries import contacts

_FILES = selectinload(SubmissionItem.files).joinedload(SubmissionFile.file)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What an instant means to each agency: which day it is there, and whether approval alone publishes."""

    days: tuple[tuple[date, tuple[int, ...]], ...]
    on_approval: tuple[int, ...]


def moment(session: Session, *, now: datetime) -> Moment:
    """Asked once for each request; everything else takes it."""
    days: dict[date, list[int]] = {}
    on_approval = []
    rows = session.execute(select(Agency.id, Agency.time_zone, Agency.publication_rule).order_by(Agency.id))
    for agency_id, time_zone, rule in rows:
        days.setdefault(clock.day_of(now, time_zone=time_zone), []).append(agency_id)
        if rule is PublicationRule.ON_APPROVAL:
            on_approval.append(agency_id)
    return Moment(
        days=tuple((day, tuple(ids)) for day, ids in sorted(days.items())), on_approval=tuple(on_approval)
    )


def project_is_public(at: Moment) -> ColumnElement[bool]:
    """From its start date (unknown: at once) on the agency's day, unless cancelled or hidden."""
    has_begun = [and_(Project.agency_id.in_(ids), Project.start_date <= day) for day, ids in at.days]
    return and_(
        Project.grant_state != GrantState.CANCELLED,
        or_(Project.start_date.is_(None), *has_begun),
        ~_is_hidden(Subject.PROJECT, Project.id),
    )


def publication_is_due(at: Moment) -> ColumnElement[bool]:
    """By the agency's rule: at the approval of the results, or of the final report."""
    return or_(Project.agency_id.in_(at.on_approval), Project.report_approved_on.is_not(None))


def item_is_public(at: Moment) -> ColumnElement[bool]:
    """A result of the last approved submission that the coordinator wants published and nobody hides.

    For queries that join SubmissionItem to its Project by `in_publication`.
    """
    return and_(
        project_is_public(at),
        publication_is_due(at),
        SubmissionItem.result_id.is_not(None),
        SubmissionItem.do_not_publish.is_(False),
        ~_is_hidden(Subject.RESULT, SubmissionItem.result_id),
    )


def in_publication() -> ColumnElement[bool]:
    """The join of an item with the project whose publication it belongs to."""
    return SubmissionItem.submission_id == Project.published_submission_id


def summary_is_public(at: Moment) -> ColumnElement[bool]:
    """The final summary replaces the description by the rule of results."""
    return and_(
        project_is_public(at),
        publication_is_due(at),
        SubmissionItem.key == SUMMARY_KEY,
        SubmissionItem.description != "",
    )


def projects(at: Moment) -> Select[Project]:
    return select(Project).where(project_is_public(at))


def items(at: Moment) -> Select[SubmissionItem]:
    """Public results; `Project` is joined."""
    return select(SubmissionItem).join(Project, in_publication()).where(item_is_public(at))


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicFile:
    """A file of a published result that may be handed out; `name` is what the submission called it."""

    name: str
    size: int
    stored: StoredFile


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicResult:
    """A published result, as it was approved."""

    item: SubmissionItem
    project: Project
    files: tuple[PublicFile, ...]
    approved_at: datetime | None = None

    @property
    def id(self) -> int:
        return self.item.result_id or 0  # never 0: `items` leaves the final summary out

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicProject:
    """Everything that the page of a project may show."""

    project: Project
    description: str
    results: tuple[PublicResult, ...]
    contacts: tuple[Contact, ...]
    website: str
    logo: StoredFile | None
    approved_at: datetime | None

    @property
    def size(self) -> int:
        return sum(result.size for result in self.results)


def one(session: Session, at: Moment, *, code: str) -> PublicProject | None:
    """A public project by its code; None is all that a stranger learns of any other."""
    project = session.scalar(
        projects(at)
        .where(Project.code == code.strip().upper())
        .options(joinedload(Project.agency), joinedload(Project.logo), selectinload(Project.partners))
    )
    return with_everything(session, at, [project])[0] if project else None


def with_everything(session: Session, at: Moment, rows: Sequence[Project]) -> list[PublicProject]:
    """Results, contacts and texts of public projects, in the order of the rows; few statements for many rows."""
    ids = [row.id for row in rows]
    found: dict[int, list[SubmissionItem]] = {project_id: [] for project_id in ids}
    query = items(at).add_columns(Project.id).where(Project.id.in_(ids)).order_by(SubmissionItem.position)
    for item, project_id in session.execute(query.options(_FILES)):
        found[project_id].append(item)
    summaries = dict(session.execute(
        select(Project.id, SubmissionItem.description)
        .join(Project, in_publication())
        .where(summary_is_public(at), Project.id.in_(ids))
        .order_by(Project.id)
    ).all())
    approved = approved_at(session, [row.published_submission_id for row in rows])
    hidden = _hidden_subjects(session, ids)
    people = _contacts(session, ids)
    public = []
    for row in rows:
        at_ = approved.get(row.published_submission_id or 0)
        results = tuple(public_result(item, project=row, approved_at=at_) for item in found[row.id])
        logo = row.logo if row.logo_file_id and (Subject.LOGO, row.id) not in hidden else None
        public.append(PublicProject(
            project=row,
            description=summaries.get(row.id, row.summary),
            results=results,
            contacts=tuple(people.get(row.id, ())),
            website="" if (Subject.WEBSITE, row.id) in hidden else row.website,
            logo=logo if logo is not None and logo.check_state not in NEVER_SERVED else None,
            approved_at=at_ if results else None,
        ))
    return public


def public_result(item: SubmissionItem, *, project: Project, approved_at: datetime | None = None) -> PublicResult:
    """An item of `items`, with those of its files that may be handed out."""
    files = tuple(
        PublicFile(name=row.name, size=row.size, stored=row.file)
        for row in item.files
        if row.file.check_state not in NEVER_SERVED
    )
    return PublicResult(item=item, project=project, files=files, approved_at=approved_at)


def result(session: Session, at: Moment, *, code: str, result_id: int) -> PublicResult | None:
    """A public result of a public project, with its files."""
    row = session.execute(
        items(at)
        .add_columns(Project)
        .where(Project.code == code.strip().upper(), SubmissionItem.result_id == result_id)
        .options(_FILES)
    ).first()
    return public_result(row[0], project=row[1]) if row else None


def logo(session: Session, at: Moment, *, code: str) -> StoredFile | None:
    """The logo of a public project (S5)."""
    return session.scalar(
        select(StoredFile)
        .join(Project, Project.logo_file_id == StoredFile.id)
        .where(
            project_is_public(at),
            Project.code == code.strip().upper(),
            StoredFile.check_state.not_in(NEVER_SERVED),
            ~_is_hidden(Subject.LOGO, Project.id),
        )
    )


def approved_at(session: Session, submission_ids: Sequence[int | None]) -> dict[int, datetime]:
    """When each of the submissions was approved."""
    ids = [key for key in submission_ids if key]
    query = (
        select(Decision.submission_id, Decision.decided_at)
        .where(
            Decision.submission_id.in_(ids), Decision.kind == DecisionKind.APPROVE, Decision.undone_at.is_(None)
        )
        .order_by(Decision.id)
    )
    return dict(session.execute(query).all()) if ids else {}


def _is_hidden(
    subject: Subject, subject_id: InstrumentedAttribute[int] | InstrumentedAttribute[int | None]
) -> ColumnElement[bool]:
    """Staff hide it now; works at once, in every state. The few hidden ones are looked up once, not for each row."""
    return subject_id.in_(
        select(Override.subject_id).where(
            Override.subject == subject, Override.cleared_at.is_(None), Override.kind == OverrideKind.HIDE
        )
    )


def _hidden_subjects(session: Session, project_ids: Sequence[int]) -> set[tuple[Subject, int]]:
    query = select(Override.subject, Override.subject_id).where(
        Override.project_id.in_(project_ids), Override.cleared_at.is_(None), Override.kind == OverrideKind.HIDE
    )
    return set(session.execute(query).all())


def _contacts(session: Session, project_ids: Sequence[int]) -> dict[int, list[Contact]]:
    """By `contact_is_public` itself: the precedence of four voices is one truth, in Python (S10)."""
    overrides = {
        row.subject_id: row
        for row in session.scalars(
            select(Override)
            .where(
                Override.project_id.in_(project_ids),
                Override.subject == Subject.CONTACT,
                Override.cleared_at.is_(None),
            )
            .order_by(Override.id)
        )
    }
    found: dict[int, list[Contact]] = {}
    rows = session.scalars(
        select(Contact)
        .where(Contact.project_id.in_(project_ids), Contact.ended_at.is_(None))
        .order_by(Contact.position, Contact.id)
    )
    for row in rows:
        if contacts.is_public(row, overrides.get(row.id)):
            found.setdefault(row.project_id, []).append(row)
    return found
