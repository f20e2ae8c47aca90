"""Staff of the agency: who they are, a new one, a new link, and deactivation with an heir (DOMAIN §6)."""

from typing import Any

from flask import abort, flash, redirect, request
from flask_admin import expose
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.errors import DomainError
from backoffice.domain.permissions import ROLE_WORDS, Actor, Permission, Role, StaffRole
from backoffice.forms.base import Form
from backoffice.forms.users import AbsenceForm, HeirForm, NewUserForm, RoleForm
from backoffice.models import Agency
from backoffice.queries import users
from backoffice.services import staff
from backoffice.services.uow import unit_of_work
from backoffice.services.users import create_staff
from backoffice.views.admin import sheets
from backoffice.views.admin.base import RecordView
from backoffice.views.admin.confirming import ConfirmPages
from backoffice.views.exporting import Sheet
from backoffice.views.messages import refuse


class UserView(ConfirmPages, RecordView):
    permissions = {
        "index_view": Permission.USER_READ,
        "new_view": Permission.USER_MANAGE,
        "reset_view": Permission.USER_MANAGE,
        "role_view": Permission.USER_MANAGE,
        "absence_view": Permission.USER_READ,
        "deactivate_view": Permission.USER_MANAGE,
    }
    column_list = ("name", "role")
    list_template = "admin/users/list.html"
    list_order = users.LIST_ORDER
    confirm_template = "admin/users/confirm.html"

    def scope(self, actor: Actor) -> ColumnElement[bool]:
        return users.scope(actor)

    def listed(self, actor: Actor) -> Select[Any]:
        roles = [Role(value) for value in request.args.getlist("role") if value in set(Role)]
        return users.listed(actor, search=request.args.get("q", ""), roles=[role.value for role in roles])

    def sheet(self) -> Sheet:
        return sheets.of_users()

    def around(self, rows: Any) -> dict[str, Any]:
        return {
            "sentence": _("The staff of the agency. Coordinators are on the page of their project."),
            "today": clock.day_of(clock.now(), time_zone=self._zone()),
            "me": self.actor.user_id,
            "role_words": {role.value: _(words) for role, words in ROLE_WORDS.items()},
        }

    def _zone(self) -> str:
        agency = db.session.get(Agency, self.actor.agency_id)
        return agency.time_zone if agency else "Europe/Riga"

    @expose("/new", methods=("GET", "POST"))
    def new_view(self) -> Any:
        """A new member of the staff, told by a mail with a one-time link."""
        form = NewUserForm()
        if form.validate_on_submit():
            try:
                with unit_of_work() as uow:
                    create_staff(
                        uow, actor=self.actor, email=form.email.data or "", role=StaffRole(form.role.data),
                        agency=uow.session.get(Agency, self.actor.agency_id), name=form.name.data or "",
                    )
            except DomainError as error:
                refuse(form, error)
            else:
                flash(_("%(email)s was added; the mail with the link is on its way.", email=form.email.data), "success")
                return redirect(self.get_url(".index_view"))
        page = self.render(
            self.confirm_template, form=form, button=_("Add user"), heading="", back=self.get_url(".index_view"),
            effects=[
                _("The person gets a mail with a link to set a password; it works for 72 hours."),
                _("They see this agency only."),
            ],
        )
        return (page, 422) if form.errors else page

    @expose("/<id>/reset", methods=("GET", "POST"))
    def reset_view(self, id: str) -> Any:
        user = self.get_one(id)
        return self.confirm_page(
            form=Form(), button=_("Send a new link"), heading=user.name or user.email,
            effects=[
                _("Every session of this person ends now."),
                _("The second factor is taken away and set up anew."),
                _("The EU Login account that came with the address is let go; the next one is taken."),
                _("The person gets a mail with a link to set a password; it works for 72 hours."),
            ],
            back=self.get_url(".index_view"), done=_("The mail with the link is on its way."),
            act=lambda uow: staff.reset(uow, actor=self.actor, user_id=user.id),
        )

    @expose("/<id>/role", methods=("GET", "POST"))
    def role_view(self, id: str) -> Any:
        user = self.get_one(id)
        if user.deactivated_at is not None:
            abort(404)
        form = RoleForm(data={"role": user.role.value})
        return self.confirm_page(
            form=form, button=_("Change role"), heading=user.name or user.email,
            effects=[
                _("Every session of this person ends now; they sign in again with the rights of the new role."),
                _("Projects and tickets in charge stay theirs."),
            ],
            back=self.get_url(".index_view"), done=_("The role is changed."),
            act=lambda uow: staff.set_role(
                uow, actor=self.actor, user_id=user.id, role=StaffRole(form.role.data)
            ),
        )

    @expose("/<id>/absence", methods=("GET", "POST"))
    def absence_view(self, id: str) -> Any:
        """Who is away, until when, and who stands in: one's own, or by an admin."""
        user = self.get_one(id)
        if user.deactivated_at is not None:
            abort(404)
        if user.id != self.actor.user_id and not self.actor.can(Permission.USER_MANAGE):
            abort(403)
        form = AbsenceForm(data={"absent_until": user.absent_until, "stand_in": user.stand_in_id or 0})
        form.stand_in.choices = [
            (0, _("Nobody")),
            *((row.id, row.name or row.email) for row in db.session.scalars(users.heirs(self.actor, user_id=user.id))),
        ]
        return self.confirm_page(
            form=form, button=_("Set absence"), heading=user.name or user.email,
            effects=[
                _("Mails about this person's projects go to the stand-in until then."),
                _("The projects stand under “My projects” of the stand-in, too."),
                _("The day after, all is as before by itself."),
            ],
            back=self.get_url(".index_view"), done=_("Saved."),
            act=lambda uow: staff.set_absence(
                uow, actor=self.actor, user_id=user.id, until=form.absent_until.data,
                stand_in_id=form.stand_in.data or None,
            ),
        )

    @expose("/<id>/deactivate", methods=("GET", "POST"))
    def deactivate_view(self, id: str) -> Any:
        user = self.get_one(id)
        if user.deactivated_at is not None:
            abort(404)
        work = users.work_of(db.session(), user.id)
        form = HeirForm()
        form.heir.choices = [
            (0, _("Nobody")),
            *((row.id, row.name or row.email) for row in db.session.scalars(users.heirs(self.actor, user_id=user.id))),
        ]
        return self.confirm_page(
            form=form, button=_("Deactivate"), heading=user.name or user.email,
            effects=[
                _("The person is signed out at once and cannot sign in any more."),
                _(
                    "Projects in charge: %(projects)s; open tickets: %(tickets)s. They go to whom you choose.",
                    projects=work.projects, tickets=work.tickets,
                ),
                _("Reviews that the person holds go back to the queue."),
                _("Name and acts stay in the audit trail."),
            ],
            back=self.get_url(".index_view"), done=_("Deactivated."),
            act=lambda uow: staff.deactivate(
                uow, actor=self.actor, user_id=user.id, heir_id=form.heir.data or None
            ),
        )
