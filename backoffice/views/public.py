"""What everybody sees: the catalogue, its search, the page of a project, downloads (S4 to S7, S10, S12)."""

import hashlib
import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from backoffice import auth
from backoffice.db import db
from backoffice.domain import clock, prose
from backoffice.domain.audiences import AUDIENCE_WORDS, audience
from backoffice.domain.excerpts import excerpt, language_of, marked
from backoffice.domain.projects import CODE
from backoffice.domain.results import ResultType
from backoffice.queries import catalogue, overview, published
from backoffice.queries.catalogue import Filters, Order, View
from backoffice.queries.keyset import BadCursor
from backoffice.queries.overview import Overview
from backoffice.queries.published import Moment, PublicProject, PublicResult
from backoffice.storage import bundle
from backoffice.views import catalogue_files, exporting, frame, listing, serving
from backoffice.views.listing import Asked

bp = Blueprint("public", __name__)
SIZE = 20
BY_NAME = 3  # projects shown before the results because their own name fits
RELATED = 3
# Facets as fieldsets of ticks: how many are seen before "more".
TICKS = {"type": 5, "language": 4, "audience": 5}
SELECTS = ("year", "region", "country", "topic", "action")
ICONS = {
    ResultType.SUMMARY: "note", ResultType.HANDBOOK: "book", ResultType.CURRICULUM: "list",
    ResultType.ELEARNING: "tool", ResultType.SCIENTIFIC: "chart", ResultType.STATISTICAL: "table",
    ResultType.POLICY: "flag", ResultType.PRESENTATION: "image", ResultType.PRESS: "mail",
    ResultType.PUBLICATION: "copy", ResultType.WEBSITE: "globe", ResultType.APPLICATION: "box",
    ResultType.VIDEO: "play", ResultType.PHOTO: "img2", ResultType.OTHER: "file",
}


@bp.app_template_filter("host")
def _host(address: str) -> str:
    """The part of an address that people recognise."""
    return (urlsplit(address).hostname or address).removeprefix("www.")


@bp.context_processor
def _helpers() -> dict[str, Any]:
    return {
        "icons": ICONS, "marked": marked, "excerpt": excerpt, "language_of": language_of, "country": listing.country,
        "label": listing.label, "paragraphs": prose.paragraphs, "tongues": listing.tongues,
        "views": View,
    }


def moment() -> Moment:
    """The instant of this request, the same for everything that it shows."""
    if "public_moment" not in g:
        g.public_moment = published.moment(db.session(), now=clock.now())
    return g.public_moment  # type: ignore[no-any-return]


def search() -> Asked:
    """What the address asks for."""
    return listing.asked(request.args, action_names=catalogue.action_names(db.session(), moment()))


def kept_fresh(response: Response, *, about: str = "") -> Response:
    """What can be hidden is asked for anew each time; an unchanged page costs a short answer (DOMAIN §5)."""
    if auth.person() is None:
        response.headers["Cache-Control"] = "no-cache"
        response.vary.add("Accept-Language")
        response.vary.add("Cookie")
        response.set_etag(hashlib.sha256(response.get_data() + about.encode()).hexdigest()[:32], weak=True)
        response.make_conditional(request)
    return response


@bp.get("/")
def start() -> ResponseReturnValue:
    """The way in: what there is, what kinds, and the newest."""
    return _catalogue(is_start=not request.args.keys() - {"lang", "agency"})


@bp.get("/projects/")
def projects() -> ResponseReturnValue:
    """The search. Without a chosen view: results, or projects where only projects fit."""
    return _catalogue(is_start=False)


def _catalogue(*, is_start: bool) -> ResponseReturnValue:
    session, at, asked = db.session(), moment(), search()
    found = overview.overview(session, at, asked.filters)
    numbers = {view: found.count(view) for view in View}
    view = asked.view or (View.RESULTS if numbers[View.RESULTS] or not numbers[View.PROJECTS] else View.PROJECTS)
    orders = [Order.NEW, Order.TITLE] if view is View.RESULTS else [Order.TITLE, Order.NEW]
    orders = [Order.MATCH, *orders] if asked.filters.words else orders
    order = asked.order if asked.order in orders else orders[0]
    if kind := exporting.asked():
        return catalogue_files.answer(kind, at=at, asked=asked, view=view, order=order)
    page_of = catalogue.page_of_results if view is View.RESULTS else catalogue.page_of_projects
    try:
        page = page_of(session, at, asked.filters, order=order, size=SIZE, cursor=asked.at)
    except BadCursor:
        abort(404)
    is_first = asked.at is None
    by_name = (
        catalogue.projects_by_name(session, at, asked.filters, most=BY_NAME)
        if view is View.RESULTS and is_first
        else []
    )
    facets = {
        name: listing.options(found.facet(view, name), search=asked, name=name)
        for name in (*TICKS, "key_action", *SELECTS, "good_practice")
    }
    return kept_fresh(current_app.make_response(render_template(
        "public/catalogue.html", is_start=is_start, asked=asked, view=view, order=order, orders=orders, page=page,
        numbers=numbers, by_name=by_name, facets=facets, ticks=TICKS, selects=SELECTS,
        in_projects=found.in_projects, is_capped=found.is_capped,
        order_words={order: gettext(words) for order, words in listing.ORDER_WORDS.items()},
        nearest=[] if numbers[view] else _nearest(at, asked, found, view=view),
    )))


def _nearest(at: Moment, asked: Asked, all_of_it: Overview, *, view: View) -> list[tuple[str, str, int]]:
    """When nothing fits: what would, with one filter or one word less, the most first."""
    session, found = db.session(), []
    words = asked.filters.words
    for word in words if len(words) > 1 else ():
        rest = " ".join(other for other in words if other != word)
        number = overview.overview(session, at, replace(asked.filters, q=rest)).count(view)
        found.append((word, asked.url(q=rest), number))
    for name in asked.filters.active:
        if len(asked.filters.active) + len(words) > 1:
            number = all_of_it.count(view, without=name)
            values = ", ".join(asked.label(name, value) for value in getattr(asked.filters, name))
            found.append((values, asked.without(name), number))
    return sorted((row for row in found if row[2]), key=lambda row: -row[2])[:3]


@bp.get("/projects/<code>")
def project(code: str) -> ResponseReturnValue:
    """A project and what of it is published. What a stranger may not see is not there."""
    page = _project(code)
    frame.of_agency(page.project.agency_id)
    return kept_fresh(current_app.make_response(render_template(
        "public/project.html", page=page, project=page.project, related=() if page.results else _related(page),
        topics=catalogue.topics(page.project.topics), audience=_audience(page.project.action),
        partner_countries=list(dict.fromkeys(
            listing.country(partner.country) for partner in page.project.partners if partner.country
        )),
    )))


def _audience(action: str) -> str:
    """For whom the project works, as its action says."""
    found = audience(action)
    return str(gettext(AUDIENCE_WORDS[found])) if found else ""


def _project(code: str) -> PublicProject:
    return published.one(db.session(), moment(), code=_known(code)) or abort(404)


def _result(code: str, result_id: int) -> PublicResult:
    return published.result(db.session(), moment(), code=_known(code), result_id=result_id) or abort(404)


def _known(code: str) -> str:
    """Only what can be a code is looked for; codes are written in capitals, whoever types them."""
    return code.upper() if CODE.fullmatch(code.upper()) else abort(404)


def _related(page: PublicProject) -> list[PublicResult]:
    """Results of other projects on the same subject, for a visitor who would leave with nothing."""
    topics = tuple(catalogue.topics(page.project.topics))
    filters = Filters(topic=topics) if topics else Filters(action=(page.project.action,))
    found = catalogue.page_of_results(db.session(), moment(), filters, order=Order.NEW, size=RELATED)
    return found.rows


@bp.get("/projects/<code>/logo")
def logo(code: str) -> ResponseReturnValue:
    """The re-encoded picture (S5)."""
    file = published.logo(db.session(), moment(), code=_known(code)) or abort(404)
    return serving.serve(file, is_inline=True, visibility="public")


@bp.get("/projects/<code>/results/<int:result_id>/files/<int:file_id>")
def file(code: str, result_id: int, file_id: int) -> ResponseReturnValue:
    """A file of a public result; `?inline=1` shows what a browser can show. Hidden is 404 at once."""
    found = next((file for file in _result(code, result_id).files if file.stored.id == file_id), None) or abort(404)
    is_inline = request.args.get("inline") == "1"
    return serving.serve(found.stored, is_inline=is_inline, name=found.name, visibility="public")


@bp.get("/projects/<code>/results/<int:result_id>/download")
def download(code: str, result_id: int) -> ResponseReturnValue:
    """All files of a result: the only one as it is, several as one ZIP that is written while it is sent."""
    result = _result(code, result_id)
    if not result.files:
        abort(404)
    if len(result.files) == 1:
        only = result.files[0]
        return serving.serve(only.stored, name=only.name, visibility="public")
    store = serving.store()
    if not all(store.exists(file.stored.storage_key) for file in result.files):
        current_app.logger.error("bytes of result %s are missing", result.id)
        abort(404)
    entries = [
        bundle.Entry(name=file.name, key=file.stored.storage_key, size=file.size, at=file.stored.uploaded_at)
        for file in result.files
    ]
    title = re.sub(r"[^\w.-]+", " ", result.item.title).strip()[:80].strip(" .") or "result"
    response = Response(bundle.stream(store, entries), mimetype="application/zip")
    response.headers["Content-Disposition"] = serving.disposition(f"{title}.zip", is_inline=False)
    response.headers["Content-Security-Policy"] = serving.SANDBOX
    response.headers["Cache-Control"] = "no-cache"
    content = "".join(f"{file.name}\0{file.stored.sha256}\0" for file in result.files)
    response.set_etag(hashlib.sha256(content.encode()).hexdigest()[:32] + "-public")
    return response.make_conditional(request)
