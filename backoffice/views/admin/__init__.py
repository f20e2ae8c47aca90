"""The Flask-Admin back-office, made anew for each application."""

from flask import Flask
from flask_admin import Admin

from backoffice.db import db
from backoffice.models import ApiToken, AuditEvent, Contact, LostMail, OutboxRow, Project, Result, Ticket, User
from backoffice.theme import theme
from backoffice.views.admin.agencies import AgencyView
from backoffice.views.admin.audit import AuditView
from backoffice.views.admin.contacts import ContactView
from backoffice.views.admin.dashboard import TodayView
from backoffice.views.admin.figures import FiguresView
from backoffice.views.admin.imports import ImportView
from backoffice.views.admin.lost_mails import LostMailView
from backoffice.views.admin.needs import NeedsDataView
from backoffice.views.admin.outbox import OutboxView
from backoffice.views.admin.permissions import PermissionView
from backoffice.views.admin.persons import PersonView
from backoffice.views.admin.projects import ProjectView
from backoffice.views.admin.results import ResultView
from backoffice.views.admin.review import ReviewView
from backoffice.views.admin.settings import SettingsView, TextView
from backoffice.views.admin.tickets import TicketView
from backoffice.views.admin.tokens import TokenView
from backoffice.views.admin.users import UserView


def init_app(app: Flask) -> None:
    """Build the Admin of this application: it keeps state, so it is never made at import."""
    admin = Admin(app, name="Project results", theme=theme.ADMIN, index_view=TodayView())
    for view in _views():
        admin.add_view(view)


def _views() -> list[object]:
    """Every view of the back-office, in the order of the menu."""
    return [
        ReviewView(Project, db, name="Review", endpoint="review", url="review"),
        ProjectView(Project, db, name="Projects", endpoint="projects", url="projects"),
        ResultView(Result, db, name="Results", endpoint="results", url="results"),
        ContactView(Contact, db, name="Contacts", endpoint="contacts", url="contacts"),
        NeedsDataView(name="Needs data", endpoint="needs", url="needs-data"),
        FiguresView(name="Figures", endpoint="figures", url="figures"),
        AuditView(AuditEvent, db, name="Audit trail", endpoint="audit", url="audit"),
        TicketView(Ticket, db, name="Tickets", endpoint="tickets", url="tickets"),
        LostMailView(LostMail, db, name="Lost and found", endpoint="lost_mails", url="lost-and-found"),
        AgencyView(name="Agencies", endpoint="agencies", url="agencies"),
        UserView(User, db, name="Users", endpoint="users", url="users"),
        OutboxView(OutboxRow, db, name="Outbox", endpoint="outbox", url="outbox"),
        ImportView(name="Import", endpoint="imports", url="import"),
        TokenView(ApiToken, db, name="Tokens", endpoint="tokens", url="tokens"),
        TextView(name="Texts", endpoint="texts", url="texts"),
        PersonView(name="Erase a person", endpoint="persons", url="persons"),
        PermissionView(name="Who may what", endpoint="permissions", url="permissions"),
        SettingsView(name="Settings", endpoint="settings", url="settings"),
    ]
