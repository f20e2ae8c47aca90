from flask import Flask

from backoffice.cli import output

outbox = output.group("outbox", "")


def init_app(app: Flask) -> None:
    app.cli.add_command(outbox)
