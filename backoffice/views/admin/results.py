"""All results of the agency: where each stands, and hide with a reason."""

from typing import Any

from flask import request
from flask_admin import expose
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import joinedload

from backoffice.db import db
from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.projects import Status
from backoffice.domain.results import TYPE_WORDS, ResultType
from backoffice.domain.visibility import Subject
from backoffice.models import Override, Project, Result
from backoffice.queries import contacts, results
from backoffice.views.admin import sheets
from backoffice.views.admin.base import RecordView
from backoffice.views.admin.confirming import back_to
from backoffice.views.admin.overrides import OverridePages
from backoffice.views.exporting import Sheet


class ResultView(OverridePages, RecordView):
    permissions = {
        "index_view": Permission.RESULT_READ,
        "hide_view": Permission.RESULT_HIDE,
        "clear_view": Permission.RESULT_HIDE,
    }
    column_list = ("title", "type", "status", "public")
    list_template = "admin/results/list.html"
    list_order = (Result.sort_key, Result.id)
    views = ("all", "public", "hidden", "withheld")

    def scope(self, actor: Actor) -> ColumnElement[bool]:
        return results.scope(actor) & Result.deleted_at.is_(None)

    def listed(self, actor: Actor) -> Select[Any]:
        return results.listed(
            actor,
            search=request.args.get("q", ""),
            view=self.chosen(),
            types=[ResultType(value) for value in request.args.getlist("type") if value in set(ResultType)],
            statuses=[Status(value) for value in request.args.getlist("status") if value in set(Status)],
        ).options(joinedload(Result.project))

    def chosen(self, argument: str = "view") -> str:
        asked = request.args.get(argument, "")
        return asked if asked in self.views else self.views[0]

    def sheet(self) -> Sheet:
        return sheets.of_results()

    def around(self, rows: Any) -> dict[str, Any]:
        hidden = contacts.by_subject(
            db.session.scalars(contacts.active_of(Subject.RESULT, [row.id for row in rows])).all()
        )
        public = set(db.session.scalars(results.published_ids([row.id for row in rows])))
        types = [value for value in request.args.getlist("type") if value in set(ResultType)]
        return {
            "sentence": _("Every result that coordinators entered. Hiding works at once, in every state."),
            "views": [
                self.tab("all", _("All")),
                self.tab("public", _("Approved and public")),
                self.tab("hidden", _("Hidden by the agency")),
                self.tab("withheld", _("Do not publish")),
            ],
            "overrides": {row.id: hidden.get((Subject.RESULT, row.id)) for row in rows},
            "published": public,
            "types": [(kind.value, _(TYPE_WORDS[kind])) for kind in ResultType],
            "chosen_types": types,
            "type_words": TYPE_WORDS,
            "chips": [self.chip(_(TYPE_WORDS[ResultType(value)]), "type", value) for value in types],
        }

    @expose("/<id>/hide", methods=("GET", "POST"))
    def hide_view(self, id: str) -> Any:
        result = self.get_one(id)
        return self.hide_page(
            subject=Subject.RESULT, subject_id=result.id, heading=result.title or _("Result without a title"),
            effects=[
                _("The result vanishes from the public page, the search and all lists at once."),
                _("Its files answer “not found” at once, also where a copy was kept."),
                _("All coordinators of the project are mailed with your reason."),
                _("The verdict of the review stays as it is."),
            ],
            back=back_to(self._project_url(result)),
        )

    @expose("/<id>/clear", methods=("GET", "POST"))
    def clear_view(self, id: str) -> Any:
        result = self.get_one(id)
        row: Override | None = db.session.scalar(contacts.active_override(Subject.RESULT, result.id))
        return self.clear_page(
            override_id=row.id if row else 0, heading=result.title or _("Result without a title"),
            effects=[_("The coordinator's choice holds again; an approved result is public at once.")],
            back=back_to(self._project_url(result)),
        )

    def _project_url(self, result: Result) -> str:
        project = db.session.get_one(Project, result.project_id)
        return str(self.get_url("projects.details_view", code=project.code))
