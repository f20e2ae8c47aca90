"""Contact persons of the agency's projects, and who may be seen by the public (S10)."""

from typing import Any

from flask import abort, request
from flask_admin import expose
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, select

from backoffice.db import db
from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.visibility import Subject
from backoffice.models import Contact, User
from backoffice.queries import audit, contacts, outbox
from backoffice.views.admin import sheets
from backoffice.views.admin.base import RecordView
from backoffice.views.admin.confirming import back_to
from backoffice.views.admin.overrides import OverridePages
from backoffice.views.audit_words import action
from backoffice.views.exporting import Sheet


class ContactView(OverridePages, RecordView):
    permissions = {
        "index_view": Permission.CONTACT_READ,
        "history_view": Permission.CONTACT_READ,
        "hide_view": Permission.CONTACT_OVERRIDE,
        "show_view": Permission.CONTACT_OVERRIDE,
        "clear_view": Permission.CONTACT_OVERRIDE,
    }
    column_list = ("name", "email")
    list_template = "admin/contacts/list.html"
    list_order = contacts.LIST_ORDER
    views = ("all", "overridden", "public")

    def scope(self, actor: Actor) -> ColumnElement[bool]:
        return contacts.scope(actor) & Contact.ended_at.is_(None)

    def listed(self, actor: Actor) -> Select[Any]:
        return contacts.listed(actor, search=request.args.get("q", ""), view=self.chosen())

    def chosen(self, argument: str = "view") -> str:
        asked = request.args.get(argument, "")
        return asked if asked in self.views else self.views[0]

    def sheet(self) -> Sheet:
        return sheets.of_contacts()

    def around(self, rows: Any) -> dict[str, Any]:
        found = contacts.by_subject(
            db.session.scalars(contacts.active_of(Subject.CONTACT, [row.id for row in rows])).all()
        )
        overrides = {row.id: found.get((Subject.CONTACT, row.id)) for row in rows}
        return {
            "sentence": _("An override goes before the coordinator's choice, until the person says otherwise."),
            "views": [
                self.tab("all", _("All")),
                self.tab("overridden", _("With an override")),
                self.tab("public", _("Public by the coordinator")),
            ],
            "overrides": overrides,
            "came_back": outbox.came_back(db.session(), {row.email for row in rows}),
            "public": {row.id for row in rows if contacts.is_public(row, overrides[row.id])},
        }

    @expose("/<id>/")
    def history_view(self, id: str) -> Any:
        """Every word about one person's being public: staff's with basis and reason, the coordinator's, the own."""
        contact = self.get_one(id)
        rows = db.session.scalars(contacts.history(Subject.CONTACT, contact.id)).all()
        active = next((row for row in rows if row.cleared_at is None), None)
        events = db.session.scalars(audit.of_subject(contact.project_id, subject=f"contact:{contact.id}")).all()
        actors = {event.actor_id for event in events} | {row.cleared_by_id for row in rows}
        return self.render(
            "admin/contacts/history.html", contact=contact, rows=rows, active=active, events=events, action=action,
            is_public=contacts.is_public(contact, active),
            people={
                user.id: user.name or user.email
                for user in db.session.scalars(select(User).where(User.id.in_(actors - {None})))
            },
        )

    @expose("/<id>/hide", methods=("GET", "POST"))
    def hide_view(self, id: str) -> Any:
        contact = self.get_one(id)
        return self.hide_page(
            subject=Subject.CONTACT, subject_id=contact.id, heading=contact.name or contact.email,
            effects=[
                _("Name, role and address vanish from the public page, the search and all lists at once."),
                _("%(email)s is mailed with your reason and may object by answering.", email=contact.email),
                _("The person keeps access to the project, if they have it."),
            ],
            back=back_to(self._list_url(contact)),
        )

    @expose("/<id>/show", methods=("GET", "POST"))
    def show_view(self, id: str) -> Any:
        contact = self.get_one(id)
        return self.show_page(
            contact_id=contact.id, heading=contact.name or contact.email,
            effects=[
                _("Name, role and address stand on the public page at once; the phone number never does."),
                _("A later “no” of the coordinator or of the person counts more."),
            ],
            back=back_to(self._list_url(contact)),
        )

    @expose("/<id>/clear", methods=("GET", "POST"))
    def clear_view(self, id: str) -> Any:
        contact = self.get_one(id)
        row = db.session.scalar(contacts.active_override(Subject.CONTACT, contact.id)) or abort(404)
        return self.clear_page(
            override_id=row.id, heading=contact.name or contact.email,
            effects=[
                _("Then the coordinator's choice holds: public.")
                if contacts.is_public(contact, None)
                else _("Then the coordinator's choice holds: not public.")
            ],
            back=back_to(self._list_url(contact)),
        )

    def _list_url(self, contact: Contact) -> str:
        return str(self.get_url(".index_view", q=contact.email))
