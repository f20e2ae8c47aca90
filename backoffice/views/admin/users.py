"""Staff of the agency: who they are and when they were last here."""

from typing import Any

from flask import request
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select

from backoffice.domain.permissions import ROLE_WORDS, Actor, Permission, Role
from backoffice.queries import users
from backoffice.views.admin.base import RecordView


class UserView(RecordView):
    permissions = {"index_view": Permission.USER_READ}
    column_list = ("name", "role")
    list_template = "admin/users/list.html"
    list_order = users.LIST_ORDER

    def scope(self, actor: Actor) -> ColumnElement[bool]:
        return users.scope(actor)

    def listed(self, actor: Actor) -> Select[Any]:
        roles = [Role(value) for value in request.args.getlist("role") if value in set(Role)]
        return users.listed(actor, search=request.args.get("q", ""), roles=[role.value for role in roles])

    def around(self, rows: Any) -> dict[str, Any]:
        return {
            "sentence": _("The staff of the agency. Coordinators are on the page of their project."),
            "role_words": {role.value: _(words) for role, words in ROLE_WORDS.items()},
        }
