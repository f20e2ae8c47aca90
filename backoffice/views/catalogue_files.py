"""The catalogue as a file: what the search finds, all pages of it, drawn from the published rows alone (DOMAIN §5)."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from flask import Response, current_app
from flask_babel import gettext as _

from backoffice.db import db
from backoffice.domain.results import TYPE_WORDS
from backoffice.queries import catalogue, exports
from backoffice.queries.catalogue import Order, View
from backoffice.queries.keyset import Page
from backoffice.queries.published import Moment, PublicProject, PublicResult
from backoffice.storage.sheets import Format, Row
from backoffice.views import exporting
from backoffice.views.listing import Asked

SIZE = 200
T = TypeVar("T")


def answer(kind: Format, *, at: Moment, asked: Asked, view: View, order: Order) -> Response:
    """Results as a list of their own, projects in the Commission's columns."""
    header, rows = (_results if view is View.RESULTS else _projects)(at, asked, order)
    return exporting.answer(kind, name=view.value, header=header, rows=rows)


def _results(at: Moment, asked: Asked, order: Order) -> tuple[list[str], Iterator[Row]]:
    def page(cursor: str | None) -> Page[PublicResult]:
        return catalogue.page_of_results(
            db.session(), at, asked.filters, order=order, size=SIZE, cursor=cursor
        )

    header = [
        _("Code"), _("Project"), _("Coordinator"), _("Result"), _("Description in English"), _("Type"),
        _("Languages"), _("Link"), _("Files"), _("Approved on"), _("Address"),
    ]
    return header, (_result(row) for rows in _walk(page) for row in rows)


def _result(row: PublicResult) -> Row:
    item, project = row.item, row.project
    return (
        project.code, project.title, project.organisation, item.title, item.description,
        _(TYPE_WORDS[item.type]) if item.type else "", ", ".join(item.languages), item.link,
        "; ".join(file.name for file in row.files), row.approved_at.date() if row.approved_at else None,
        f"{_base()}/projects/{project.code}#result-{row.id}",
    )


def _projects(at: Moment, asked: Asked, order: Order) -> tuple[list[str], Iterator[Row]]:
    session = db.session()
    partners = exports.most_partners(session, catalogue.projects(at, asked.filters))

    def page(cursor: str | None) -> Page[PublicProject]:
        return catalogue.page_of_projects(session, at, asked.filters, order=order, size=SIZE, cursor=cursor)

    rows = (
        row for pages in _walk(page) for row in exports.public_rows(session, pages, base=_base(), partners=partners)
    )
    return exports.header(partners=partners), rows


def _walk(page: Callable[[str | None], Page[T]]) -> Iterator[list[T]]:
    cursor: str | None = None
    while True:
        found = page(cursor)
        yield found.rows
        cursor = found.next
        if cursor is None:
            return


def _base() -> str:
    return str(current_app.config["SETTINGS"].public_base_url)
