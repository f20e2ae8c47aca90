"""For operators: does the process live, and can it serve."""

from alembic.script import ScriptDirectory
from alembic.util import CommandError
from flask import Blueprint, Flask, current_app
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from backoffice.db import db

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    """The process answers; asks nobody else, so that a database that is away restarts no web server."""
    return {"status": "ok"}


@bp.get("/readyz")
def readyz() -> ResponseReturnValue:
    """The database answers and has the tables of this version; 503 until it does. A newer schema is well: during an
    update the old version serves on."""
    try:
        found = str(db.session.scalar(text("SELECT version_num FROM alembic_version")))
    except SQLAlchemyError:
        db.session.rollback()
        return {"status": "database unreachable or empty"}, 503
    if found in current_app.extensions["older-revisions"]:
        return {"status": "the database waits for flask db upgrade"}, 503
    return {"status": "ok"}


def init_app(app: Flask) -> None:
    """Which schemas are behind this version: read once, they are part of it."""
    with app.app_context():
        scripts = ScriptDirectory.from_config(app.extensions["migrate"].migrate.get_config())
        try:
            known = {script.revision for script in scripts.walk_revisions()}
        except CommandError:
            known = set()
    app.extensions["older-revisions"] = frozenset(known - set(scripts.get_heads()))
