"""Every refusal and failure is a page in words: what is the case, why, and what to do now."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Flask, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from backoffice.db import db
from backoffice.domain import ticket_context
from backoffice.domain.errors import N_, DomainError, Forbidden, NotFound
from backoffice.views import drafts, frame
from backoffice.views.messages import words


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """What a page of one status says when the rule that said no has no sentence of its own."""

    title: str
    text: str
    icon: str = "info"


_EXPIRED = "form-expired"
_TOO_BIG = "file-too-big"
_PAGES: Mapping[str, _Page] = MappingProxyType({
    _EXPIRED: _Page(
        title=N_("This page was open for too long"),
        text=N_(
            "Nothing was changed, and what you typed is not lost: go back with the Back button of your browser, and "
            "it is still in the form. Open the page in a second window, sign in there if you are asked to, then load "
            "this page anew and send it again."
        ),
        icon="hist",
    ),
    _TOO_BIG: _Page(
        title=N_("This is too big to send"),
        text=N_(
            "Nothing was stored. All files of one result together may have at most 100 MB. Make the files smaller, "
            "or give a link to where they can be found."
        ),
        icon="stop",
    ),
    "http-400": _Page(
        title=N_("Something is missing in this address"),
        text=N_("The link may have been cut off, or the form did not arrive whole. Nothing was changed."),
        icon="warn",
    ),
    "http-403": _Page(
        title=N_("Your role does not open this page"),
        text=N_("Nothing was changed. An admin of your agency can give you another role."),
        icon="lock",
    ),
    "http-404": _Page(
        title=N_("There is nothing at this address"),
        text=N_("It may have been moved, or the link was cut off by a mail program."),
        icon="find",
    ),
    "http-405": _Page(
        title=N_("This address only takes what a button sends"),
        text=N_("Nothing was changed. Go back and press the button there."),
        icon="info",
    ),
    "http-409": _Page(title=N_("Nothing was changed"), text=N_("Load the page anew and look again."), icon="warn"),
    "http-429": _Page(
        title=N_("Too many tries"),
        text=N_("To keep accounts safe we take a pause. Wait a few minutes, then try again."),
        icon="clock",
    ),
    "http-500": _Page(
        title=N_("Something went wrong on our side"),
        text=N_("The fault is noted. Try again in a moment; if it happens again, tell the helpdesk its number."),
        icon="stop",
    ),
})
_CODES = {413: _TOO_BIG}
_KEPT = ("Allow", "Retry-After", "WWW-Authenticate")  # what a program reads of the plain answer
# When not even the database answers there is no language to choose and no frame to fill.
_LAST = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Project results</title></head><body><main>
<h1>Something went wrong on our side</h1><p data-error="http-500">The fault is noted. {fault} Try again in a moment.
</p><p lang="lv">Kaut kas nenotika, kā vajadzētu. Kļūda ir pierakstīta. {fault} Pēc brīža mēģiniet vēlreiz.
</p></main></body></html>"""


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(CSRFError, _form_expired)
    app.register_error_handler(DomainError, _domain_error)
    app.register_error_handler(Exception, _unknown)


def page(status: int, *, code: str, sentence: str = "", fault: str = "") -> ResponseReturnValue:
    """The page of a status; `sentence` is what the rule itself says, `code` its stable name for `data-error`."""
    known = _PAGES.get(code) or _PAGES.get(f"http-{status}") or _PAGES["http-400" if status < 500 else "http-500"]
    return render_template(
        "errors/error.html", status=status, code=code, sentence=sentence, page=known, fault=fault,
        frame=frame.template(), back_url=_where_from(), help_url=_help_url(known, code=code, fault=fault),
    ), status


def _help_url(known: _Page, *, code: str, fault: str) -> str:
    """The form of a ticket that knows on which page what went wrong."""
    error = f"{gettext(known.title)} ({', '.join(filter(None, (code, fault)))})"
    return "/help/new?" + urlencode({"page": ticket_context.page(request.path), "error": error})


def _where_from() -> str:
    """The page of ours from which the person came; nothing for other sites, and nothing that leads here again."""
    referrer = urlsplit(request.referrer or "")
    is_ours = referrer.netloc == request.host and referrer.path and referrer.path != request.path
    return referrer._replace(scheme="", netloc="").geturl() if is_ours else ""


def _http_error(error: HTTPException) -> Any:
    if error.response is not None or error.code is None or error.code < 400:
        return error
    if request.path.startswith("/api/"):
        problem = jsonify({"type": "about:blank", "title": error.name, "status": error.code})
        problem.status_code, problem.mimetype = error.code, "application/problem+json"
        problem.headers["Cache-Control"] = "no-store"
        problem.headers.update({name: value for name, value in error.get_headers() if name in _KEPT})
        return problem
    code = _CODES.get(error.code, f"http-{error.code}")
    made = page(error.code, code=code) if error.code < 500 else _failed(error.code, fault="")
    response = current_app.make_response(made)
    response.headers.update({name: value for name, value in error.get_headers() if name in _KEPT})
    return response


def _form_expired(_error: CSRFError) -> ResponseReturnValue:
    return drafts.rescue() or page(400, code=_EXPIRED)


def _domain_error(error: DomainError) -> ResponseReturnValue:
    """A rule that no view caught beside its field: still a page in words, never a traceback."""
    status = 404 if isinstance(error, NotFound) else 403 if isinstance(error, Forbidden) else 409
    return page(status, code=error.code, sentence="" if status == 404 else words(error))


def _unknown(error: Exception) -> ResponseReturnValue:
    """An unknown exception never reaches a page; the log has it whole, under the number that the page shows."""
    if current_app.testing:
        raise error
    fault = secrets.token_hex(3).upper()
    current_app.logger.exception("fault %s on %s", fault, request.path)
    return _failed(500, fault=fault)


def _failed(status: int, *, fault: str) -> ResponseReturnValue:
    """A page that asks the database for nothing, since that may be what is broken."""
    try:
        db.session.rollback()
        frame.bare()
        return page(status, code=f"http-{status}", fault=fault)
    except SQLAlchemyError:
        return _LAST.format(fault=fault), status
