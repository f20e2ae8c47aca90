"""`flask` commands, one file per aggregate."""

from flask import Flask

from backoffice.cli import files, processes, projects, tokens


def init_app(app: Flask) -> None:
    """Register the groups."""
    for module in (files, processes, projects, tokens):
        module.init_app(app)
