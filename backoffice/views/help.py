"""Where help is (S16, S17): the helpdesk's address with what to send, and the named specialist of each own project.

The form that makes a ticket of it is not built yet; until then a mail with the same three answers does it."""

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from backoffice import auth
from backoffice.db import db
from backoffice.queries import projects
from backoffice.views import frame

bp = Blueprint("help", __name__, url_prefix="/help")


@bp.get("/")
def index() -> ResponseReturnValue:
    """For everyone; who is signed in as coordinator also reads whom to ask about each project."""
    agency = frame.agency()
    actor = auth.coordinator()
    own = db.session.scalars(projects.own(actor)).all() if actor else []
    address = (agency.helpdesk_address if agency else "") or current_app.config["SETTINGS"].helpdesk_address
    return render_template("tickets/help.html", agency=agency, address=address, projects=own)
