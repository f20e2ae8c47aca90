"""In which language and zone a page answers (CONTRACT, Pages)."""

from flask import g, request, session
from sqlalchemy import select

from backoffice import auth
from backoffice.db import db
from backoffice.models import Agency

LANGUAGES = ("lv", "en")
COOKIE = auth.LANGUAGE


def select_locale() -> str:
    """`?lang=` wins and is kept; else the account's, the cookie's, Accept-Language, the agency's."""
    if not request:
        return LANGUAGES[0]
    asked = request.args.get("lang")
    if asked in LANGUAGES:
        return str(asked)
    kept = session.get(COOKIE)
    if kept in LANGUAGES:
        return str(kept)
    who = auth.person()
    if who is not None and who.language in LANGUAGES:
        return str(who.language)
    return request.accept_languages.best_match(LANGUAGES) or _agency_language()


def select_timezone() -> str:
    """The agency's zone; staff have one agency, and so far every agency of the public site shares the first's."""
    return str(_zone_and_language()[0])


def _agency_language() -> str:
    return str(_zone_and_language()[1])


def _zone_and_language() -> tuple[str, str]:
    if "zone_and_language" not in g:
        who = auth.person()
        query = select(Agency.time_zone, Agency.language).order_by(Agency.id).limit(1)
        if who is not None and who.staff is not None and who.staff.agency_id is not None:
            query = query.where(Agency.id == who.staff.agency_id)
        row = db.session.execute(query).first()
        g.zone_and_language = (row.time_zone, row.language) if row else ("Europe/Riga", LANGUAGES[0])
    return g.zone_and_language  # type: ignore[no-any-return]


def keep_choice() -> None:
    """Remember `?lang=` in the session cookie, so that the next page answers in it too."""
    asked = request.args.get("lang")
    if asked in LANGUAGES:
        session[COOKIE] = asked
