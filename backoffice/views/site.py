"""What every page shares: blueprints, headers, errors and what the templates may ask for."""

from typing import Any

from flask import Flask, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from backoffice import auth
from backoffice.db import db
from backoffice.domain.errors import DomainError, Forbidden, NotFound
from backoffice.views import auth as auth_views
from backoffice.views import coordinator, health, language, legal, public
from backoffice.views.messages import day, moment, say, size, words

CSP = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: blob:", "media-src 'self'",
    "connect-src 'self'", "font-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
))
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def init_app(app: Flask) -> None:
    """Register the blueprints and what stands around every answer."""
    for module in (auth_views, coordinator, health, legal, public):
        app.register_blueprint(module.bp)
    proxies = app.config["SETTINGS"].trusted_proxies
    if proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies
        )
    app.before_request(language.keep_choice)
    app.after_request(_headers)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(CSRFError, _form_expired)
    app.register_error_handler(DomainError, _domain_error)
    app.register_error_handler(Exception, _unknown)
    app.jinja_env.globals.update(get_locale=get_locale, person=auth.person, say=say, words=words)
    app.jinja_env.filters.update(day=day, moment=moment, size=size)
    app.jinja_env.add_extension("jinja2.ext.do")


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", CSP)
    if auth.person() is not None:
        # Pages of a signed-in person are theirs alone; the back button asks again.
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _page(status: int, *, code: str, sentence: str = "") -> ResponseReturnValue:
    return render_template("errors/error.html", status=status, code=code, sentence=sentence), status


def _http_error(error: HTTPException) -> Any:
    if error.response is not None or error.code is None or error.code < 400:
        return error
    if request.path.startswith("/api/"):
        return error
    return _page(error.code, code=f"http-{error.code}")


def _form_expired(_error: CSRFError) -> ResponseReturnValue:
    return _page(400, code="form-expired")


def _domain_error(error: DomainError) -> ResponseReturnValue:
    """A rule that no view caught beside its field: still a page in words, never a traceback."""
    status = 404 if isinstance(error, NotFound) else 403 if isinstance(error, Forbidden) else 409
    return _page(status, code=error.code, sentence="" if status == 404 else words(error))


def _unknown(error: Exception) -> ResponseReturnValue:
    """An unknown exception never reaches a page; the log has it whole."""
    if current_app.testing:
        raise error
    current_app.logger.exception("unexpected error on %s", request.path)
    db.session.rollback()
    return _page(500, code="http-500")
