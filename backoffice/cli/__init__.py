"""`flask` commands, one file per aggregate."""

from flask import Flask

from backoffice.cli import (
    agencies,
    audit,
    backup,
    demo,
    files,
    notices,
    outbox,
    processes,
    projects,
    tickets,
    tokens,
    users,
)


def init_app(app: Flask) -> None:
    """Register the groups."""
    for module in (agencies, audit, backup, demo, files, notices, outbox, processes, projects, tickets, tokens, users):
        module.init_app(app)
