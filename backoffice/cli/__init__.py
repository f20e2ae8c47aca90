"""`flask` commands, one file per aggregate."""

from flask import Flask

from backoffice.cli import processes


def init_app(app: Flask) -> None:
    """Register the groups."""
    for module in (processes,):
        module.init_app(app)
