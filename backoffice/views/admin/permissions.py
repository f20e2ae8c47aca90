"""Who may what: the very table that routes, buttons and tests read, as a page (DOMAIN §6)."""

from typing import Any

from flask_admin import expose
from flask_babel import gettext as _

from backoffice.domain.permissions import GRANTS, PERMISSION_WORDS, ROLE_WORDS, Permission, Role
from backoffice.views.admin.base import Guarded


class PermissionView(Guarded):
    permissions = {"index": Permission.PERMISSION_READ}

    @expose("/")
    def index(self) -> Any:
        """One row for each permission, one column for each role; the reader's own stands out."""
        rows = [
            (permission.value, _(PERMISSION_WORDS[permission]) if permission in PERMISSION_WORDS else permission.value,
             [permission in GRANTS[role] for role in Role])
            for permission in sorted(Permission, key=lambda each: each.value)
        ]
        return self.render(
            "admin/permissions/table.html", rows=rows, roles=[_(ROLE_WORDS[role]) for role in Role],
            own=list(Role).index(self.actor.role),
        )
