"""Search, filters, counts and pages of the public catalogue, all over `queries/published.py` (DOMAIN §5, §8)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload, selectinload
from sqlalchemy.sql.functions import FunctionElement

from backoffice.domain import audiences
from backoffice.domain.audiences import Audience
from backoffice.domain.results import ResultType
from backoffice.domain.reviews import DecisionKind
from backoffice.domain.text import clean_line, parse_search, search_key
from backoffice.models import Decision, Project, Submission, SubmissionFile, SubmissionItem
from backoffice.queries import keyset, published
from backoffice.queries.keyset import Page
from backoffice.queries.published import Moment, PublicProject, PublicResult


class View(StrEnum):
    RESULTS = "results"
    PROJECTS = "projects"


class Order(StrEnum):
    MATCH = "match"
    NEW = "new"
    TITLE = "title"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the address bar asks for. Values of one filter widen, filters narrow."""

    q: str = ""
    type: tuple[ResultType, ...] = ()
    language: tuple[str, ...] = ()
    audience: tuple[Audience, ...] = ()
    key_action: tuple[str, ...] = ()
    action: tuple[str, ...] = ()
    year: tuple[int, ...] = ()
    region: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()
    good_practice: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """As typed, on one line; at most eight, as the search itself takes them."""
        return tuple(dict.fromkeys(clean_line(self.q).split()))[:8]

    @property
    def active(self) -> tuple[str, ...]:
        """The names of the filters that are on, without the words."""
        return tuple(name for name in NAMES if getattr(self, name))

    def without(self, name: str) -> "Filters":
        """The same with one filter off."""
        off: dict[str, Any] = {name: "" if name == "q" else ()}
        return replace(self, **off)


NAMES = (
    "type", "language", "audience", "key_action", "action", "year", "region", "country", "topic", "good_practice",
)


class _place(FunctionElement[int]):
    """Where a text stands in another, counted from 1; 0 when it does not. Exact on both engines."""

    type = Integer()
    inherit_cache = True


@compiles(_place, "sqlite")
def _instr(element: Any, compiler: Any, **given: Any) -> str:
    return f"instr({compiler.process(element.clauses, **given)})"


@compiles(_place, "postgresql")
def _strpos(element: Any, compiler: Any, **given: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **given)})"


def page_of_results(
    session: Session, at: Moment, filters: Filters, *, order: Order, size: int, cursor: str | None = None
) -> Page[PublicResult]:
    """Best match first, newest first, or by title in Latvian order."""
    approved = (
        select(Decision.submission_id, func.max(Decision.decided_at).label("at"))
        .where(Decision.kind == DecisionKind.APPROVE, Decision.undone_at.is_(None))
        .group_by(Decision.submission_id)
        .subquery()
    )
    hits = (
        results(at, filters)
        .join(Submission, Submission.id == SubmissionItem.submission_id)
        .join(approved, approved.c.submission_id == SubmissionItem.submission_id, isouter=True)
        .with_only_columns(
            SubmissionItem.id.label("id"),
            SubmissionItem.sort_key.label("title"),
            func.coalesce(approved.c.at, Submission.submitted_at).label("at"),
            _score(filters, title=SubmissionItem.title, key=SubmissionItem.search_key, lead=literal(0)).label("score"),
        )
        .subquery()
    )
    columns = hits.c
    keys = {
        Order.MATCH: (columns.score, columns.at, columns.id),
        Order.NEW: (columns.at, columns.id),
        Order.TITLE: (columns.title, columns.id),
    }[order]
    found = keyset.page_of_columns(
        session, select(*keys), keys=keys, size=size, cursor=cursor, descending=order is not Order.TITLE
    )
    ids = [row.id for row in found.rows]
    rows = {
        item.id: published.public_result(item, project=project)
        for item, project in session.execute(
            select(SubmissionItem, Project)
            .join(Project, published.in_publication())
            .where(SubmissionItem.id.in_(ids))
            .options(selectinload(SubmissionItem.files).joinedload(SubmissionFile.file))
        )
    }
    approved_at = published.approved_at(session, [row.item.submission_id for row in rows.values()])
    dated = [replace(rows[key], approved_at=approved_at.get(rows[key].item.submission_id)) for key in ids]
    return Page(rows=dated, next=found.next, previous=found.previous)


def page_of_projects(
    session: Session, at: Moment, filters: Filters, *, order: Order, size: int, cursor: str | None = None
) -> Page[PublicProject]:
    """Best match first, then by title in Latvian order; or those that began last."""
    hits = (
        projects(at, filters)
        .with_only_columns(
            Project.id.label("id"), Project.sort_key.label("title"), Project.call_year.label("year"),
            (-_project_score(filters)).label("score"),
        )
        .subquery()
    )
    columns = hits.c
    keys = {
        Order.MATCH: (columns.score, columns.title, columns.id),
        Order.NEW: (columns.year, columns.id),
        Order.TITLE: (columns.title, columns.id),
    }[order]
    found = keyset.page_of_columns(
        session, select(*keys), keys=keys, size=size, cursor=cursor, descending=order is Order.NEW
    )
    public = _public_projects(session, at, [row.id for row in found.rows])
    return Page(rows=public, next=found.next, previous=found.previous)


def projects_by_name(session: Session, at: Moment, filters: Filters, *, most: int) -> list[PublicProject]:
    """Those whose own title, code or number has all the words: who looks for a project finds it among the results."""
    if not filters.q:
        return []
    score = _project_score(filters)
    query = projects(at, filters).where(score > 0).order_by(score.desc(), Project.sort_key, Project.id).limit(most)
    return _public_projects(session, at, list(session.scalars(query.with_only_columns(Project.id))))


def _public_projects(session: Session, at: Moment, ids: Sequence[int]) -> list[PublicProject]:
    rows = {
        row.id: row
        for row in session.scalars(
            select(Project)
            .where(Project.id.in_(ids))
            .options(joinedload(Project.logo), joinedload(Project.agency), selectinload(Project.partners))
        )
    }
    return published.with_everything(session, at, [rows[key] for key in ids])


def topics(text: str) -> list[str]:
    """The topics of a project, as the export joins them."""
    return [topic.strip() for topic in text.split(";") if topic.strip()]


def action_names(session: Session, at: Moment) -> dict[str, str]:
    """The long name of each action, as the export says it."""
    query = published.projects(at).with_only_columns(Project.action, func.max(Project.action_type_name))
    return dict(session.execute(query.group_by(Project.action)).all())


def results(at: Moment, filters: Filters) -> Select[SubmissionItem]:
    """Public results that fit; `Project` is joined."""
    query = published.items(at)
    return query.where(*_of_results(filters), *_of_projects(filters), *words_of(filters))


def projects(at: Moment, filters: Filters) -> Select[Project]:
    """Public projects. Words may stand in the project, in its public results or its public final summary."""
    query = published.projects(at).where(*_of_projects(filters))
    wants_results = bool(filters.type or filters.language)
    words = parse_search(filters.q).words
    if not words and not wants_results:
        return query
    inside = select(SubmissionItem.id).where(published.in_publication(), *words_of(filters))
    fitting = exists(inside.where(published.item_is_public(at), *_of_results(filters)).correlate(Project))
    if wants_results:
        return query.where(fitting)
    summary = exists(inside.where(published.summary_is_public(at)).correlate(Project))
    return query.where(or_(is_named(filters), fitting, summary))


def is_named(filters: Filters) -> ColumnElement[bool]:
    """Every word stands in the project itself."""
    words = parse_search(filters.q).words
    return and_(true(), *(Project.search_key.contains(word, autoescape=True) for word in words))


def words_of(filters: Filters) -> list[ColumnElement[bool]]:
    """Every word, without case and diacritics, in the result or in its project."""
    return [
        or_(
            SubmissionItem.search_key.contains(word, autoescape=True),
            Project.search_key.contains(word, autoescape=True),
        )
        for word in parse_search(filters.q).words
    ]


def _of_results(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.type:
        found.append(SubmissionItem.type.in_(filters.type))
    if filters.language:
        found.append(or_(*(_has_word(SubmissionItem.languages, code) for code in filters.language)))
    return found


def _of_projects(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.audience:
        found.append(or_(*(_is_for(audience) for audience in filters.audience)))
    if filters.key_action:
        found.append(func.substr(Project.action, 1, 3).in_(filters.key_action))
    if filters.action:
        found.append(Project.action.in_(filters.action))
    if filters.year:
        found.append(Project.call_year.in_(filters.year))
    if filters.region:
        found.append(Project.organisation_region.in_(filters.region))
    if filters.country:
        found.append(or_(
            Project.organisation_country.in_(filters.country),
            *(_has_word(Project.countries, code) for code in filters.country),
        ))
    if filters.topic:
        joined = literal("; ") + Project.topics + literal(";")
        found.append(or_(*(_has(joined, f"; {topic};") for topic in filters.topic)))
    if filters.good_practice:
        found.append(Project.is_good_practice.is_(True))
    return found


def _has_word(column: InstrumentedAttribute[tuple[str, ...]], word: str) -> ColumnElement[bool]:
    return type_coerce(column, String).contains(f" {word} ", autoescape=True)


def _is_for(audience: Audience) -> ColumnElement[bool]:
    endings = [Project.action.endswith(ending) for ending in audiences.endings(audience)]
    return or_(Project.action.in_(audiences.numbers(audience)), *endings)


def _has(text: ColumnElement[str] | InstrumentedAttribute[str], part: str) -> ColumnElement[bool]:
    return _place(text, literal(part)) > 0


def _project_score(filters: Filters) -> ColumnElement[int]:
    """As `_score`; the very code or number before everything."""
    typed = search_key(filters.q)
    by_title = _score(
        filters, title=Project.title, key=Project.search_key, lead=func.length(Project.code) + 1
    )
    return case((or_(Project.number == typed, Project.code == typed.upper()), 9), else_=by_title)


def _score(
    filters: Filters, *, title: InstrumentedAttribute[str], key: InstrumentedAttribute[str], lead: ColumnElement[int]
) -> ColumnElement[int]:
    """Exact spelling in the title, then any spelling in the title, then the rest. `lead`: letters of the search key
    before the title."""
    words = filters.words
    if not words:
        return literal(0)
    exact = and_(true(), *(or_(*(_has(title, form) for form in _forms(word))) for word in words))
    folded = and_(
        true(),
        *(
            type_coerce(_place(key, literal(word)).between(1, lead + func.length(title)), Boolean)
            for word in parse_search(filters.q).words
        ),
    )
    return case((exact, 2), (folded, 1), else_=0)


def _forms(word: str) -> list[str]:
    """Small and capital letters are no difference of spelling; SQLite by itself knows only the plain ones."""
    return list(dict.fromkeys((word, word.lower(), word.capitalize(), word.upper())))
