"""How many of everything there are: counts and facets of the catalogue, from two statements for any number of filters.

The rows that have the words come out of the database once, without the filters; each filter is then a look at plain
values. A facet counts as if its own filter were off, so one pass serves all of them. Above `MOST` rows the numbers
say "at least".
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import ColumnElement, String, and_, literal, type_coerce
from sqlalchemy.orm import Session, aliased

from backoffice.domain import audiences
from backoffice.domain.results import SUMMARY_KEY
from backoffice.domain.text import parse_search, sort_key
from backoffice.models import Project, SubmissionItem
from backoffice.queries import catalogue, published
from backoffice.queries.catalogue import Filters, View
from backoffice.queries.published import Moment

MOST = 50_000
_ITEM_FILTERS = ("type", "language")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A public project with what its filters look at, and its public results that have the words."""

    values: dict[str, Sequence[str]]
    has_words: bool  # itself, or in its public final summary
    items: list[tuple[str, Sequence[str]]]  # type and languages of each result
    failed: frozenset[str]  # the filters of projects that leave it out


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Counts and facets of one search."""

    filters: Filters
    rows: tuple[_Row, ...]
    is_capped: bool

    def count(self, view: View, *, without: str = "") -> int:
        """How many results or projects; as if the filter `without` were off."""
        number = 0
        for row in self._left(without):
            fitting = len(self._items(row, without=without))
            number += fitting if view is View.RESULTS else bool(fitting or self._stands(row, without=without))
        return number

    @property
    def in_projects(self) -> int:
        """In how many projects the results are."""
        return sum(bool(self._items(row)) for row in self._left(""))

    def facet(self, view: View, name: str) -> dict[str, int]:
        """How many with each value of one filter, as if that filter were off; the commonest first."""
        found: Counter[str] = Counter()
        for row in self._left(name):
            if name in _ITEM_FILTERS:
                values = [value for item in self._items(row, without=name) for value in _of_item(item, name)]
                found.update(values if view is View.RESULTS else set(values))
                continue
            fitting = len(self._items(row))
            weight = fitting if view is View.RESULTS else int(bool(fitting or self._stands(row, without=name)))
            for value in row.values[name] if weight else ():
                found[value] += weight
        return dict(sorted(found.items(), key=lambda entry: (-entry[1], sort_key(entry[0]), entry[0])))

    def _left(self, without: str) -> Iterable[_Row]:
        return (row for row in self.rows if row.failed <= {without})

    def _items(self, row: _Row, *, without: str = "") -> list[tuple[str, Sequence[str]]]:
        types = self.filters.type if without != "type" else ()
        languages = self.filters.language if without != "language" else ()
        if not types and not languages:
            return row.items
        wanted = set(languages)
        return [
            item
            for item in row.items
            if (not types or item[0] in types) and (not wanted or not wanted.isdisjoint(item[1]))
        ]

    def _stands(self, row: _Row, *, without: str) -> bool:
        """A project may be listed without any fitting result, unless results are filtered."""
        is_filtered = any(getattr(self.filters, name) for name in _ITEM_FILTERS if name != without)
        return not is_filtered and (row.has_words or bool(row.items))


def overview(session: Session, at: Moment, filters: Filters) -> Overview:
    """Everything that has the words, once."""
    items: dict[int, list[tuple[str, Sequence[str]]]] = {}
    found = session.execute(
        published.items(at)
        .where(*catalogue.words_of(filters))
        .with_only_columns(
            Project.id, type_coerce(SubmissionItem.type, String), type_coerce(SubmissionItem.languages, String)
        )
        .limit(MOST)
    ).all()
    for project_id, kind, languages in found:
        items.setdefault(project_id, []).append((kind or "", _split(languages or "")))
    summary = aliased(SubmissionItem)
    has_words: ColumnElement[bool] = literal(True)
    query = published.projects(at)
    words = parse_search(filters.q).words
    if words:
        in_summary = and_(
            published.publication_is_due(at),
            *(summary.search_key.contains(word, autoescape=True) | Project.search_key.contains(word, autoescape=True)
              for word in words),
        )
        query = query.outerjoin(
            summary,
            and_(summary.submission_id == Project.published_submission_id, summary.key == SUMMARY_KEY, in_summary),
        )
        has_words = catalogue.is_named(filters) | summary.id.is_not(None)
    projects = session.execute(
        query.with_only_columns(
            Project.id, has_words, Project.action, Project.call_year, Project.organisation_region,
            type_coerce(Project.countries, String), Project.organisation_country, Project.topics,
            Project.is_good_practice,
        ).limit(MOST)
    ).all()
    rows, wanted_values = [], _wanted(filters)
    for project_id, is_named, action, year, region, countries, country, topics, is_good in projects:
        own = items.get(project_id, [])
        if not is_named and not own:
            continue
        values: dict[str, Sequence[str]] = {
            "audience": _audience(action), "key_action": (action[:3],), "action": (action,), "year": (str(year),),
            "region": (region,) if region else (), "country": _countries(countries or "", country),
            "topic": catalogue.topics(topics), "good_practice": ("yes",) if is_good else (),
        }
        failed = frozenset(name for name, wanted in wanted_values if wanted.isdisjoint(values[name]))
        rows.append(_Row(values=values, has_words=bool(is_named), items=own, failed=failed))
    return Overview(filters=filters, rows=tuple(rows), is_capped=MOST in (len(found), len(projects)))


def _wanted(filters: Filters) -> list[tuple[str, set[str]]]:
    names = [name for name in filters.active if name not in _ITEM_FILTERS]
    return [(name, {str(value) for value in getattr(filters, name)}) for name in names]


def _of_item(item: tuple[str, Sequence[str]], name: str) -> Sequence[str]:
    if name == "language":
        return item[1]
    return (item[0],) if item[0] else ()


@cache
def _split(words: str) -> Sequence[str]:
    return tuple(words.split())


@cache
def _audience(action: str) -> Sequence[str]:
    found = audiences.audience(action)
    return (found.value,) if found else ()


def _countries(words: str, country: str) -> Sequence[str]:
    """Every country that takes part, the coordinator's among them."""
    return sorted({*words.split(), *([country] if country else [])})
