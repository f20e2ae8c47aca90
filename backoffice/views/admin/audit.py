"""The audit trail: read by all staff, changed by nobody."""

from typing import Any

from flask import request
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, select

from backoffice.db import db
from backoffice.domain.permissions import Actor, Permission
from backoffice.models import AuditEvent, Project, User
from backoffice.queries import audit, projects
from backoffice.views.admin import sheets
from backoffice.views.admin.base import RecordView
from backoffice.views.audit_words import GROUP_WORDS, action, details
from backoffice.views.exporting import Sheet


class AuditView(RecordView):
    permissions = {"index_view": Permission.AUDIT_READ}
    column_list = ("at", "action")
    list_template = "admin/audit/list.html"
    list_order = audit.ORDER
    list_descending = True
    page_size = 50

    def scope(self, actor: Actor) -> ColumnElement[bool]:
        return audit.scope(actor)

    def listed(self, actor: Actor) -> Select[Any]:
        project = self._project()
        return audit.listed(
            actor, search=request.args.get("q", ""), groups=self._groups(),
            project_id=project.id if project else None, ticket=self._ticket(),
        )

    def _ticket(self) -> int | None:
        """All that was done on a ticket and because of it."""
        asked = request.args.get("ticket", "")
        return int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 10 else None

    def _groups(self) -> list[str]:
        return [group for group in request.args.getlist("group") if group in audit.GROUPS]

    def _project(self) -> Project | None:
        code = request.args.get("project", "")
        return db.session.scalar(projects.visible(self.actor).where(Project.code == code)) if code else None

    def sheet(self) -> Sheet:
        return sheets.of_audit()

    def around(self, rows: Any) -> dict[str, Any]:
        """Names, projects and personal values of the page in three queries, whatever its length."""
        people = db.session.execute(
            select(User.id, User.name, User.email).where(User.id.in_({row.actor_id for row in rows if row.actor_id}))
        )
        codes = db.session.execute(
            select(Project.id, Project.code, Project.title).where(
                Project.id.in_({row.project_id for row in rows if row.project_id})
            )
        )
        personal: dict[int, list[str]] = {}
        for value in db.session.scalars(audit.personal_of([row.id for row in rows])):
            personal.setdefault(value.event_id, []).append(value.value)
        project = self._project()
        return {
            "sentence": _("Everything that happened, newest first. Nobody can change it."),
            "people": {row.id: row.name or row.email for row in people},
            "projects": {row.id: (row.code, row.title) for row in codes},
            "personal": personal,
            "project": project,
            "groups": [(name, _(words), name in self._groups()) for name, words in GROUP_WORDS.items()],
            "action": action,
            "details": details,
            "ticket_of": _ticket_of,
            "chips": self._chips(project),
        }

    def _chips(self, project: Project | None) -> list[tuple[Any, str]]:
        chips = [self.chip(project.code, "project", project.code)] if project else []
        number = self._ticket()
        return [*chips, self.chip(f"#{number}", "ticket", request.args["ticket"])] if number else chips


def _ticket_of(event: AuditEvent) -> str:
    """The number of the ticket that an event is about, or because of which it happened."""
    if event.subject.startswith("ticket:"):
        return event.subject.removeprefix("ticket:")
    number = event.details.get("ticket")
    return str(number) if isinstance(number, int) else ""
