""""Needs data": one list over eight causes, each found by its own select, in pages by one key (DESIGN §4)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeVar

from sqlalchemy import Select, and_, exists, func, literal, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased, joinedload

from backoffice.domain.files import FileCheck
from backoffice.domain.links import TROUBLE
from backoffice.domain.needs import BY_RANK, RANKS, Need
from backoffice.domain.notices import Mail, OutboxState
from backoffice.domain.permissions import Actor
from backoffice.domain.projects import GrantState, Status
from backoffice.domain.visibility import OverrideKind, Subject
from backoffice.models import (
    Access,
    AddressState,
    ImportDifference,
    LinkCheck,
    OutboxRow,
    Override,
    Project,
    StoredFile,
    SubmissionFile,
    SubmissionItem,
    User,
)
from backoffice.queries import keyset, projects

MOST = 1000  # counted no further
T = TypeVar("T")
_Columns = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that is missing, with what its cure needs."""

    need: Need
    project: Project
    difference: ImportDifference | None = None
    access: Access | None = None
    address: AddressState | None = None
    file: StoredFile | None = None
    link: LinkCheck | None = None
    reached: int = 0  # of the people with access, those whose mail arrives
    people: int = 0

    @property
    def key(self) -> str:
        """Names the row on its page."""
        ref = self.difference or self.access or self.file or self.project
        return f"{self.need.value}-{ref.id}"


    @property
    def mark(self) -> str:
        """Its project as an act on many takes it."""
        return f"{self.project.id}.{self.project.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    rows: list[Row]
    next: str | None
    previous: str | None


def page(
    session: Session, actor: Actor, *, today: date, need: Need | None, search: str, size: int, cursor: str | None
) -> Found:
    """A page of one kind or of all; raises keyset.BadCursor."""
    kinds = [need] if need else list(Need)
    parts = [_select(actor, kind, today=today, search=search) for kind in kinds]
    listed = union_all(*parts).subquery()
    keys = (listed.c.rank, listed.c.sort_key, listed.c.project_id, listed.c.ref_id)
    found = keyset.page_of_columns(session, select(*keys), keys=keys, size=size, cursor=cursor)
    return Found(
        rows=_rows(session, [(BY_RANK[row.rank], row.project_id, row.ref_id) for row in found.rows]),
        next=found.next, previous=found.previous,
    )


def counts(session: Session, actor: Actor, *, today: date) -> dict[Need, int]:
    """How many of each kind, in one statement, none counted further than MOST."""
    return dict(zip(Need, session.execute(_counting(actor, today)).one(), strict=True))


@lru_cache(maxsize=64)
def _counting(actor: Actor, today: date) -> Select[Any]:
    """Put together once a day: that takes longer than a small agency's database needs for the answer."""
    parts = [
        select(func.count()).select_from(_select(actor, need, today=today).limit(MOST).subquery()).scalar_subquery()
        for need in Need
    ]
    return select(*parts)


def _select(actor: Actor, need: Need, *, today: date, search: str = "") -> _Columns:
    ref, build = _KINDS[need]
    columns: _Columns = select(
        literal(RANKS[need]).label("rank"), Project.sort_key.label("sort_key"), Project.id.label("project_id"),
        ref.label("ref_id"),
    )
    query = build(columns, today)
    return query.where(projects.scope(actor), *projects.matching(search))


def _no_end(query: _Columns, _today: date) -> _Columns:
    return query.select_from(Project).where(
        Project.end_date.is_(None), Project.report_handed_in_on.is_(None), Project.status == Status.OPEN,
        Project.grant_state.in_((GrantState.RUNNING, GrantState.FINALISED)),
    )


def _no_access(query: _Columns, _today: date) -> _Columns:
    """Running or terminated, not approved, and nobody can sign in to it."""
    somebody = exists().where(Access.project_id == Project.id, Access.ended_at.is_(None))
    return query.select_from(Project).where(
        Project.status != Status.APPROVED, Project.grant_state.in_((GrantState.RUNNING, GrantState.TERMINATED)),
        ~somebody,
    )


def _undecided(query: _Columns, _today: date) -> _Columns:
    """An action for which no rule says whether results are required: neither KA1 nor KA2 (DOMAIN §2)."""
    return query.select_from(Project).where(
        Project.results_required_override.is_(None), Project.grant_state != GrantState.CANCELLED,
        ~Project.action.startswith("KA1"), ~Project.action.startswith("KA2"),
    )


def _difference(query: _Columns, _today: date) -> _Columns:
    return query.join_from(ImportDifference, Project, Project.id == ImportDifference.project_id).where(
        ImportDifference.kept_at.is_(None)
    )


def _unreachable(query: _Columns, _today: date) -> _Columns:
    return (
        query.join_from(AddressState, User, User.email == AddressState.email)
        .join(Access, and_(Access.user_id == User.id, Access.ended_at.is_(None)))
        .join(Project, Project.id == Access.project_id)
        .where(AddressState.bounced_at.is_not(None), Project.grant_state != GrantState.CANCELLED)
    )


def _untold(query: _Columns, today: date) -> _Columns:
    """A project that runs, somebody who never signed in, and an access mail that was only written down."""
    told = aliased(OutboxRow)
    return (
        query.join_from(Access, Project, Project.id == Access.project_id)
        .join(User, User.id == Access.user_id)
        .where(
            Access.ended_at.is_(None), User.last_sign_in_at.is_(None), User.deactivated_at.is_(None),
            Project.status == Status.OPEN, Project.grant_state == GrantState.RUNNING,
            or_(Project.end_date.is_(None), Project.end_date >= today),
            exists().where(
                OutboxRow.project_id == Project.id, OutboxRow.user_id == User.id, OutboxRow.kind == Mail.ACCESS,
                OutboxRow.state == OutboxState.SUPPRESSED,
            ),
            ~exists().where(
                told.project_id == Project.id, told.user_id == User.id,
                told.kind.in_((Mail.ACCESS, Mail.INVITATION)),
                told.state.in_((OutboxState.WAITING, OutboxState.SENT, OutboxState.HELD)),
            ),
        )
    )


def _file(query: _Columns, _today: date) -> _Columns:
    """A published file that was found infected, or that the scanner cannot check and nobody let pass."""
    return (
        query.join_from(StoredFile, SubmissionFile, SubmissionFile.file_id == StoredFile.id)
        .join(SubmissionItem, SubmissionItem.id == SubmissionFile.item_id)
        .join(Project, Project.published_submission_id == SubmissionItem.submission_id)
        .where(
            or_(
                StoredFile.check_state == FileCheck.INFECTED,
                and_(StoredFile.check_state == FileCheck.UNSCANNABLE, StoredFile.passed_at.is_(None)),
            )
        )
        .distinct()
    )


def _link(query: _Columns, _today: date) -> _Columns:
    """A website that is dead or leads to another site, and that the public still sees."""
    hidden = exists().where(
        Override.project_id == Project.id, Override.subject.in_((Subject.WEBSITE, Subject.PROJECT)),
        Override.cleared_at.is_(None), Override.kind == OverrideKind.HIDE,
    )
    return query.join_from(LinkCheck, Project, Project.website == LinkCheck.url).where(
        LinkCheck.state.in_(TROUBLE), Project.grant_state != GrantState.CANCELLED, ~hidden
    )


_Build = Callable[[_Columns, date], _Columns]
_KINDS: Mapping[Need, tuple[InstrumentedAttribute[int], _Build]] = MappingProxyType({
    Need.FILE: (StoredFile.id, _file),
    Need.UNREACHABLE: (Access.id, _unreachable),
    Need.NO_END: (Project.id, _no_end),
    Need.NO_ACCESS: (Project.id, _no_access),
    Need.UNTOLD: (Access.id, _untold),
    Need.UNDECIDED: (Project.id, _undecided),
    Need.LINK: (LinkCheck.id, _link),
    Need.DIFFERENCE: (ImportDifference.id, _difference),
})


def _rows(session: Session, found: Sequence[tuple[Need, int, int]]) -> list[Row]:
    """Everything of a page in a few queries, however many rows."""
    owners = _by_id(session, select(Project).where(Project.id.in_({project_id for _, project_id, _ in found})))
    refs = {need: {ref for kind, _, ref in found if kind is need} for need in Need}
    access_ids = refs[Need.UNREACHABLE] | refs[Need.UNTOLD]
    differences = _by_id(session, select(ImportDifference).where(ImportDifference.id.in_(refs[Need.DIFFERENCE])))
    accesses = _by_id(session, select(Access).where(Access.id.in_(access_ids)).options(joinedload(Access.user)))
    links = _by_id(session, select(LinkCheck).where(LinkCheck.id.in_(refs[Need.LINK])))
    files = _by_id(session, select(StoredFile).where(StoredFile.id.in_(refs[Need.FILE])))
    bounced = {
        row.email: row
        for row in session.scalars(
            select(AddressState).where(AddressState.email.in_({row.user.email for row in accesses.values()}))
        )
    }
    people = _people(session, {accesses[ref].project_id for ref in refs[Need.UNREACHABLE]})
    rows = []
    for need, project_id, ref in found:
        access = accesses.get(ref) if need in (Need.UNREACHABLE, Need.UNTOLD) else None
        all_of_them, reached = people.get(project_id, (0, 0))
        rows.append(Row(
            need=need, project=owners[project_id], access=access,
            difference=differences.get(ref) if need is Need.DIFFERENCE else None,
            file=files.get(ref) if need is Need.FILE else None,
            link=links.get(ref) if need is Need.LINK else None,
            address=bounced.get(access.user.email) if access and need is Need.UNREACHABLE else None,
            people=all_of_them, reached=reached,
        ))
    return rows


def _people(session: Session, project_ids: set[int]) -> dict[int, tuple[int, int]]:
    """Project → how many people have access, and how many of them mail reaches."""
    state = aliased(AddressState)
    query = (
        select(
            Access.project_id, func.count(Access.id),
            func.count(Access.id).filter(state.bounced_at.is_(None)),
        )
        .join(User, User.id == Access.user_id)
        .outerjoin(state, state.email == User.email)
        .where(Access.project_id.in_(project_ids), Access.ended_at.is_(None))
        .group_by(Access.project_id)
    )
    return {project_id: (everybody, reached) for project_id, everybody, reached in session.execute(query)}


def _by_id(session: Session, query: Select[T]) -> dict[int, T]:
    return {row.id: row for row in session.scalars(query)}  # type: ignore[attr-defined]
