from flask import Flask

from backoffice.cli import output

notices = output.group("notices", "")


def init_app(app: Flask) -> None:
    app.cli.add_command(notices)
