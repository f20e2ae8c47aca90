"""Erase a person (DOMAIN §10): the page shows first what will go; then the address is written once more.

The address travels in the form, never in the address bar: logs and histories would keep it.
"""

from typing import Any

from flask import current_app, flash, redirect, request
from flask_admin import expose
from flask_babel import gettext as _

from backoffice.db import db
from backoffice.domain.errors import N_, DomainError, Forbidden, Refused
from backoffice.domain.permissions import Permission
from backoffice.domain.text import fold_email
from backoffice.forms.persons import EraseForm, LookForm
from backoffice.queries import erasure as queries
from backoffice.queries import tickets
from backoffice.services import erasure
from backoffice.services.uow import unit_of_work
from backoffice.views.admin.base import Guarded
from backoffice.views.messages import refuse


class PersonView(Guarded):
    permissions = {"index": Permission.PERSON_ERASE, "erase_view": Permission.PERSON_ERASE}

    @expose("/")
    def index(self) -> Any:
        return redirect(self.get_url(".erase_view"))

    @expose("/erase", methods=("GET", "POST"))
    def erase_view(self) -> Any:
        """The look needs an address, the erasing the same address once more."""
        if request.method == "POST" and "again" in request.form:
            return self._erase()
        form = LookForm(data={"email": self._of_ticket()})
        if form.validate_on_submit():
            return self._shown(fold_email(form.email.data or ""), form)
        return self.render("admin/persons/look.html", form=form)

    def _erase(self) -> Any:
        form = EraseForm()
        email = fold_email(form.email.data or "")
        try:
            if not form.validate() or fold_email(form.again.data or "") != email:
                raise Refused(N_("This is another address than the one above."), field="again", code="other-address")
            with unit_of_work() as uow:
                erased = erasure.erase(uow, actor=self.actor, email=email)
        except Forbidden:
            raise
        except DomainError as error:
            refuse(form, error)
            return self._shown(email, LookForm(formdata=None, data={"email": email}), erase=form)
        for key in erased.keys:
            current_app.extensions["store"].delete(key)
        flash(_("Erased. The audit trail says that it happened, and nothing about who it was."), "success")
        return redirect(self.get_url(".erase_view"))

    def _shown(self, email: str, look: LookForm, *, erase: EraseForm | None = None) -> Any:
        """What there is, and the form that erases it; 404 to nobody: an empty answer says so in words."""
        found = queries.about(db.session(), agency_id=self.actor.agency_id or 0, email=email)
        if not found and not found.is_staff:
            refuse(look, Refused(erasure.NOTHING, field="email", code="nothing"))
            return self.render("admin/persons/look.html", form=look), 422
        page = self.render(
            "admin/persons/erase.html", found=found, button=_("Erase"), heading=email,
            form=erase or EraseForm(formdata=None, data={"email": email}), back=self.get_url(".erase_view"),
        )
        return (page, 422) if erase is not None else page

    def _of_ticket(self) -> str:
        """From a ticket the page opens with its requester."""
        number = request.args.get("ticket", "")
        if not number.isdecimal() or len(number) > 9:
            return ""
        ticket = db.session.scalar(tickets.one(self.actor, number=int(number)))
        return ticket.requester_email if ticket else ""
