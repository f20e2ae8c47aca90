"""Does a printed confirmation still hold? Anybody who has its code may ask; nothing personal is said (S2)."""

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from backoffice.db import db
from backoffice.domain import confirmations as rules
from backoffice.domain.results import SUMMARY_KEY
from backoffice.domain.text import clean_line
from backoffice.queries import confirmations as queries
from backoffice.queries.confirmations import Confirmation
from backoffice.views import frame

bp = Blueprint("verify", __name__, url_prefix="/verify")


@bp.get("/")
def index() -> ResponseReturnValue:
    """The form; a typed code leads to its own address."""
    typed = request.args.get("code", "")
    if typed.strip():
        return redirect(url_for(".show", code=rules.fold(typed) or typed.strip()[:100]))
    return _answer("form", typed="", is_unknown=False)


@bp.get("/<code>")
def show(code: str) -> ResponseReturnValue:
    """What became of the approval with this code."""
    found = queries.by_code(db.session(), rules.fold(code))
    if found is None:
        return _answer("form", status=404, typed=clean_line(code)[:100], is_unknown=True)
    frame.of_agency(found.project.agency_id)
    return _answer(
        "answer", confirmation=found, agency=frame.agency_name(found.project.agency), code=rules.shown(found.code),
        digest=groups(found.digest), replaced_digest=groups(found.replaced_by.digest) if found.replaced_by else "",
    )


def values(found: Confirmation) -> dict[str, Any]:
    """What the page to print says, for staff and coordinators alike."""
    return {
        "confirmation": found,
        "agency": frame.agency_name(found.project.agency),
        "code": rules.shown(found.code),
        "digest": groups(found.digest),
        "items": [item for item in found.submission.items if item.key != SUMMARY_KEY],
        "address": url_for("verify.index", _external=False),
    }


def groups(digest: str) -> str:
    """A digest in groups of eight: a person can compare it with another one."""
    return " ".join(digest[start:start + 8] for start in range(0, len(digest), 8))


def _answer(template: str, *, status: int = 200, **values: Any) -> ResponseReturnValue:
    """Never kept: a reopening is in the very next answer."""
    response = make_response(render_template(f"verify/{template}.html", **values), status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
