"""Agencies and their admins: all that a platform admin does (DOMAIN §6). No project, no file, no person of theirs."""

from typing import Any

from flask import abort
from flask_admin import expose
from flask_babel import gettext as _

from backoffice.db import db
from backoffice.domain.permissions import Permission, StaffRole
from backoffice.forms.agencies import AgencyAdminForm, AgencyForm
from backoffice.models import Agency
from backoffice.queries import agencies
from backoffice.services import agencies as services
from backoffice.services.users import create_staff
from backoffice.views.admin.confirming import ConfirmPages


class AgencyView(ConfirmPages):
    permissions = {
        "index": Permission.AGENCY_MANAGE,
        "new_view": Permission.AGENCY_MANAGE,
        "admin_view": Permission.AGENCY_MANAGE,
    }
    confirm_template = "admin/agencies/confirm.html"

    @expose("/")
    def index(self) -> Any:
        """Every agency with its admins and how much it has."""
        return self.render("admin/agencies/list.html", rows=agencies.with_admins(db.session()))

    @expose("/new", methods=("GET", "POST"))
    def new_view(self) -> Any:
        form = AgencyForm()
        return self.confirm_page(
            form=form, button=_("Add agency"), heading="",
            effects=[
                _("It starts empty: no project, no staff. Its admin imports the projects and adds the others."),
                _("It mails nobody of the past: dated mails count from today on."),
                _("The code cannot be changed later."),
            ],
            back=self.get_url(".index"), done=_("The agency is there. Now add its admin."),
            act=lambda uow: services.create(
                uow, actor=self.actor, code=form.code.data or "", name=form.name.data or "",
                name_lv=form.name_lv.data or "", time_zone=form.time_zone.data or "",
                language=str(form.language.data or ""),
            ),
        )

    @expose("/<code>/admin", methods=("GET", "POST"))
    def admin_view(self, code: str) -> Any:
        """An admin of the agency, told by a mail with a one-time link."""
        agency = db.session.scalar(agencies.by_code(code)) or abort(404)
        agency_id, form = agency.id, AgencyAdminForm()
        return self.confirm_page(
            form=form, button=_("Add admin"), heading=agency.name,
            effects=[
                _("The person gets a mail with a link to set a password; it works for 72 hours."),
                _("They see this agency only, and add its other people."),
            ],
            back=self.get_url(".index"), done=_("The admin was added; the mail with the link is on its way."),
            act=lambda uow: create_staff(
                uow, actor=self.actor, email=form.email.data or "", role=StaffRole.AGENCY_ADMIN,
                agency=uow.session.get_one(Agency, agency_id), name=form.name.data or "",
            ),
        )
