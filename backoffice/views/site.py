"""What every page shares: blueprints, headers, errors and what the templates may ask for."""

from typing import Any

from flask import Flask, current_app, session
from flask_babel import get_locale
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map
from werkzeug.wrappers import Response

from backoffice import auth
from backoffice.views import (
    account,
    api,
    contact_link,
    coordinator,
    drafts,
    errors,
    eu_login,
    feeds,
    frame,
    guide,
    health,
    language,
    legal,
    metrics,
    public,
    second_factor,
    sitting,
    template_words,
    tickets,
    uploads,
    verify,
)
from backoffice.views import auth as auth_views
from backoffice.views.messages import day, euros, moment, month, number, say, size, words

CSP = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: blob:", "media-src 'self'",
    "connect-src 'self'", "font-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
))
# One a line: every part adds its own.
BLUEPRINTS = (
    account,
    api,
    auth_views,
    contact_link,
    coordinator,
    drafts,
    eu_login,
    feeds,
    guide,
    health,
    legal,
    metrics,
    public,
    second_factor,
    sitting,
    tickets,
    uploads,
    verify,
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class RowNumber(IntegerConverter):
    """A number in an address, no larger than a database holds; another is of nothing, and the address is unknown."""

    def __init__(self, map: Map, **options: Any) -> None:
        super().__init__(map, **{"max": 2**31 - 1, **options})


def init_app(app: Flask) -> None:
    """Register the blueprints and what stands around every answer."""
    metrics.init_app(app)  # first, so that it sees all of a request
    health.init_app(app)
    for module in BLUEPRINTS:
        app.register_blueprint(module.bp)
    oidc = app.config["SETTINGS"].oidc
    # The button "Sign out" leads to EU Login, and a browser looks at where a form leads in the end.
    app.extensions["policy"] = CSP.replace("form-action 'self'", f"form-action 'self' {oidc.origin}") if oidc else CSP
    proxies = app.config["SETTINGS"].trusted_proxies
    if proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies
        )
    frame.init_app(app)
    template_words.init_app(app)
    app.before_request(language.keep_choice)
    app.after_request(_headers)
    errors.init_app(app)
    app.jinja_env.globals.update(
        get_locale=get_locale, person=auth.person, say=say, sitting=auth.seconds_left, words=words
    )
    app.jinja_env.filters.update(day=day, euros=euros, moment=moment, month=month, number=number, size=size)
    app.jinja_env.add_extension("jinja2.ext.do")


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if "_user_id" in session and response.status_code < 500:
        auth.renew()
    response.headers.setdefault("Content-Security-Policy", current_app.extensions["policy"])
    if "_user_id" in session:  # asks no database: this runs after a failure, too
        # Pages of a signed-in person are theirs alone; the back button asks again.
        response.headers.setdefault("Cache-Control", "no-store")
    return response
