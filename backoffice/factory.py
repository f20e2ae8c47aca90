"""The one place that wires everything."""

from datetime import timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import inspect, select
from sqlalchemy.exc import SQLAlchemyError

from backoffice import auth, cli
from backoffice.config import Settings, SettingsError
from backoffice.db import READING, configure, db
from backoffice.domain import clock
from backoffice.extensions import babel, csrf, migrate
from backoffice.jobs import queue
from backoffice.mail import sender
from backoffice.models import User
from backoffice.oidc import Provider
from backoffice.storage.scanner import open_scanner
from backoffice.storage.stores import open_store
from backoffice.theme import theme
from backoffice.views import admin, language, site
from backoffice.views.requests import Request

ROOT = Path(__file__).parent.parent
TRANSLATIONS = ROOT / "backoffice" / "translations"
# A request may carry one result of 100 MB and its form; the sum per result is a rule of its own (S11).
MAX_REQUEST_BYTES = 130 * 1024 * 1024


def create_app(settings: Settings | None = None) -> Flask:
    """An application from settings; without any, from the environment."""
    settings = settings or Settings.from_env()
    clock.shift(settings.clock_shift)
    if settings.database_url.startswith("sqlite:///"):
        _make_folder(Path(settings.database_url.removeprefix("sqlite:///")).parent)
    app = Flask("backoffice", template_folder="../templates")
    app.request_class = Request
    app.url_map.converters["int"] = site.RowNumber
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={"execution_options": READING},
        BABEL_DEFAULT_LOCALE="lv",
        BABEL_TRANSLATION_DIRECTORIES=str(TRANSLATIONS),
        TESTING=settings.env == "test",
        MAX_CONTENT_LENGTH=MAX_REQUEST_BYTES,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.public_base_url.startswith("https://"),
        SESSION_IDLE=timedelta(hours=2),  # a page warns five minutes before, and one press stays (auth.renew)
        WTF_CSRF_TIME_LIMIT=None,  # the token lives as long as the session; a form may stay open for hours
    )
    db.init_app(app)
    with app.app_context():
        configure(db.engine)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"), render_as_batch=True)
    babel.init_app(app, locale_selector=language.select_locale, timezone_selector=language.select_timezone)
    csrf.init_app(app)
    auth.init_app(app)
    app.extensions["oidc"] = Provider(settings.oidc) if settings.oidc else None
    sender.init_app(app)
    queue.init_app(app, redis_url=settings.redis_url)
    _open_storage(app, settings)
    theme.init_app(app, translations=TRANSLATIONS)
    admin.init_app(app)
    site.init_app(app)
    cli.init_app(app)
    if settings.is_production:
        _refuse_demo_accounts(app)
    return app


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"DATABASE_URL: {folder} cannot be written ({error.strerror})") from error


def _refuse_demo_accounts(app: Flask) -> None:
    """Everybody knows their password. An empty database, before its first migration, has none."""
    with app.app_context():
        try:
            is_migrated = inspect(db.engine).has_table(User.__tablename__)
            found = db.session.scalars(select(User.email).where(User.is_demo).limit(1)).all() if is_migrated else []
        except SQLAlchemyError as error:
            raise SettingsError(f"DATABASE_URL: the database does not answer ({type(error).__name__})") from error
        finally:
            db.session.remove()
            db.engine.dispose()  # a web server forks: no connection is handed on
    if found:
        raise SettingsError(
            f"DATABASE_URL: this database holds accounts of the demo ({found[0]} …); production needs one of its own"
        )


def _open_storage(app: Flask, settings: Settings) -> None:
    """Where bytes live and who looks for viruses in them; a wrong URL stops the start with its one line."""
    try:
        app.extensions["store"] = open_store(settings.storage_url)
        app.extensions["scanner"] = open_scanner(settings.clamd_url)
    except ValueError as error:
        raise SettingsError(str(error)) from error
