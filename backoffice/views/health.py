"""For operators: does the process live, and does it reach its database."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from backoffice.db import db

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    """The process answers."""
    return {"status": "ok"}


@bp.get("/readyz")
def readyz() -> ResponseReturnValue:
    """The database answers too; 503 until it does."""
    try:
        db.session.execute(select(1))
    except SQLAlchemyError:
        return {"status": "database unreachable"}, 503
    return {"status": "ok"}
