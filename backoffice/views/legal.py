"""Terms, privacy and accessibility: an agency's own words, or those that we ship (linked from every foot).

Which agency: `?agency=CODE`; without it the one whose page led here, as the links in the foot carry it, else the first.
"""

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from backoffice.db import db
from backoffice.domain import prose
from backoffice.queries import agencies, texts
from backoffice.views import frame

bp = Blueprint("legal", __name__)


@bp.get("/terms")
def terms() -> ResponseReturnValue:
    return _text("terms")


@bp.get("/privacy")
def privacy() -> ResponseReturnValue:
    return _text("privacy")


@bp.get("/accessibility")
def accessibility() -> ResponseReturnValue:
    return _text("accessibility")


def _text(key: str) -> ResponseReturnValue:
    language = str(get_locale())
    agency = frame.agency()
    text = texts.current(db.session(), agency_id=agency.id if agency else None, key=key, language=language)
    if text is None:
        abort(404)
    return render_template(
        "public/text.html", text=text, agency=agency, key=key,
        blocks=prose.blocks(texts.filled(text.body, agency, language=language)),
        agencies=db.session.scalars(agencies.in_order()).all(),
    )
