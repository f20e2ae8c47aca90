"""The Flask-Admin back-office, made anew for each application."""

from flask import Flask
from flask_admin import Admin

from backoffice.theme import theme
from backoffice.views.admin.base import IndexView


def init_app(app: Flask) -> None:
    """Build the Admin of this application: it keeps state, so it is never made at import."""
    admin = Admin(app, name="Project results", theme=theme.ADMIN, index_view=IndexView())
    for view in _views():
        admin.add_view(view)


def _views() -> list[object]:
    """Every view of the back-office, in the order of the menu."""
    return []
