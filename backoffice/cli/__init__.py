"""`flask` commands, one file per aggregate."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the groups."""
