"""The catalogue for other programs: Atom feed, sitemap, JSON; the same published rows as the pages (DOMAIN §5)."""

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as Xml

from flask import Blueprint, Response, abort, current_app, jsonify
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.projects import CODE
from backoffice.models import Project
from backoffice.queries import catalogue, published
from backoffice.queries.catalogue import Order
from backoffice.queries.keyset import BadCursor
from backoffice.queries.published import PublicProject, PublicResult
from backoffice.views import frame
from backoffice.views.public import kept_fresh, moment, search

bp = Blueprint("feeds", __name__)
ENTRIES = 50
MOST_ADDRESSES = 50_000  # of one sitemap, by its own rules
ATOM = "http://www.w3.org/2005/Atom"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
PAGES = ("/", "/projects/", "/guide", "/help/", "/terms", "/privacy", "/accessibility")


@bp.get("/projects/feed.xml")
def feed() -> ResponseReturnValue:
    """The newest results; takes the filters of the catalogue."""
    asked, base = search(), _base()
    found = catalogue.page_of_results(db.session(), moment(), asked.filters, order=Order.NEW, size=ENTRIES)
    Xml.register_namespace("", ATOM)
    root = Xml.Element(f"{{{ATOM}}}feed")
    agency = frame.agency()
    times = [row.approved_at for row in found.rows if row.approved_at]
    _text(root, ATOM, "title", gettext("Project results: the newest"))
    _text(root, ATOM, "id", f"{base}/projects/feed.xml{asked.query()}")
    _text(root, ATOM, "updated", (max(times) if times else clock.now()).isoformat(timespec="seconds"))
    _link(root, f"{base}/projects/feed.xml{asked.query()}", rel="self")
    _link(root, f"{base}/projects/{asked.query()}", rel="alternate")
    _text(Xml.SubElement(root, f"{{{ATOM}}}author"), ATOM, "name", frame.agency_name(agency) if agency else "")
    for row in found.rows:
        _entry(root, row, base=base)
    return _xml(root, "application/atom+xml")


def _entry(root: Xml.Element, row: PublicResult, *, base: str) -> None:
    entry = Xml.SubElement(root, f"{{{ATOM}}}entry")
    address = f"{base}/projects/{row.project.code}#result-{row.id}"
    _text(entry, ATOM, "title", row.item.title)
    _text(entry, ATOM, "id", address)
    _text(entry, ATOM, "updated", (row.approved_at or clock.now()).isoformat(timespec="seconds"))
    _link(entry, address, rel="alternate")
    _text(entry, ATOM, "summary", row.item.description)
    source = Xml.SubElement(entry, f"{{{ATOM}}}author")
    _text(source, ATOM, "name", row.project.organisation or row.project.title)


@bp.get("/sitemap.xml")
def sitemap() -> ResponseReturnValue:
    """Every public page, the newest projects first."""
    base = _base()
    Xml.register_namespace("", SITEMAP)
    root = Xml.Element(f"{{{SITEMAP}}}urlset")
    codes = db.session.scalars(
        published.projects(moment())
        .with_only_columns(Project.code)
        .order_by(Project.call_year.desc(), Project.id.desc())
        .limit(MOST_ADDRESSES - len(PAGES))
    )
    for path in (*PAGES, *(f"/projects/{code}" for code in codes)):
        _text(Xml.SubElement(root, f"{{{SITEMAP}}}url"), SITEMAP, "loc", base + path)
    return _xml(root, "application/xml")


@bp.get("/robots.txt")
def robots() -> ResponseReturnValue:
    """What machines should leave alone is closed to them anyway; this saves both sides the tries."""
    lines = ["User-agent: *", "Disallow: /admin/", "Disallow: /my/", "Disallow: /account/", "Disallow: /contact/",
             "Disallow: /invite/", "Disallow: /login", "Disallow: /help/new", "Disallow: /help/?",
             f"Sitemap: {_base()}/sitemap.xml", ""]
    return Response("\n".join(lines), mimetype="text/plain")


@bp.get("/api/v1/public/projects")
def projects() -> ResponseReturnValue:
    """Public projects with their public results: `q` and the filters of the catalogue; `at` is the next page."""
    asked = search()
    try:
        page = catalogue.page_of_projects(
            db.session(), moment(), asked.filters, order=asked.order or Order.TITLE, size=ENTRIES, cursor=asked.at
        )
    except BadCursor:
        problem = jsonify({"type": "about:blank", "title": "The cursor is not one of ours", "status": 400})
        problem.status_code, problem.mimetype = 400, "application/problem+json"
        return problem
    following = f"{_base()}{asked.url(path='/api/v1/public/projects', at=page.next)}" if page.next else None
    return kept_fresh(jsonify({"items": list(_items(page.rows)), "next": following}))


@bp.get("/api/v1/public/projects/<code>")
def project(code: str) -> ResponseReturnValue:
    """One of them."""
    page = published.one(db.session(), moment(), code=code) if CODE.fullmatch(code.upper()) else None
    return kept_fresh(jsonify(next(_items([page])))) if page else abort(404)


def _items(pages: list[PublicProject]) -> Iterator[dict[str, Any]]:
    base = _base()
    for page in pages:
        row = page.project
        yield {
            "code": row.code, "title": row.title, "description": page.description, "call_year": row.call_year,
            "key_action": row.action[:3], "action": row.action, "action_name": row.action_type_name,
            "start_date": row.start_date.isoformat() if row.start_date else None,
            "end_date": row.end_date.isoformat() if row.end_date else None,
            "topics": catalogue.topics(row.topics), "countries": list(row.countries),
            "grant": row.grant_cents / 100 if row.grant_cents is not None else None,
            "organisation": {
                "name": row.organisation, "region": row.organisation_region, "country": row.organisation_country,
            },
            "good_practice": row.is_good_practice, "success_story": row.is_success_story,
            "website": page.website or None, "url": f"{base}/projects/{row.code}",
            "logo": f"{base}/projects/{row.code}/logo" if page.logo else None,
            "contacts": [
                {"name": person.name, "role": person.role, "email": person.email} for person in page.contacts
            ],
            "results": [_result(result, base=base) for result in page.results],
        }


def _result(row: PublicResult, *, base: str) -> dict[str, Any]:
    address = f"{base}/projects/{row.project.code}/results/{row.id}"
    return {
        "id": row.id, "title": row.item.title, "description": row.item.description,
        "type": row.item.type.value if row.item.type else None, "languages": list(row.item.languages),
        "link": row.item.link or None,
        "approved_at": row.approved_at.isoformat(timespec="seconds") if row.approved_at else None,
        "url": f"{base}/projects/{row.project.code}#result-{row.id}",
        "files": [
            {
                "id": file.stored.id, "name": file.name, "size": file.size, "media_type": file.stored.media_type,
                "sha256": file.stored.sha256, "url": f"{address}/files/{file.stored.id}",
            }
            for file in row.files
        ],
    }


def _base() -> str:
    return str(current_app.config["SETTINGS"].public_base_url)


def _text(parent: Xml.Element, space: str, name: str, text: str) -> None:
    Xml.SubElement(parent, f"{{{space}}}{name}").text = text


def _link(parent: Xml.Element, address: str, *, rel: str) -> None:
    Xml.SubElement(parent, f"{{{ATOM}}}link", href=address, rel=rel)


def _xml(root: Xml.Element, mimetype: str) -> Response:
    return kept_fresh(Response(Xml.tostring(root, encoding="utf-8", xml_declaration=True), mimetype=mimetype))
