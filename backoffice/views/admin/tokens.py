"""Tokens of the agency's own systems: made and shown once, revoked on a page of its own, with their last use."""

import secrets
from typing import Any

from flask import abort, make_response, request
from flask_admin import expose
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select

from backoffice.domain.errors import DomainError
from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.text import clean_line
from backoffice.forms.base import Form
from backoffice.forms.tokens import TokenForm
from backoffice.models import Agency
from backoffice.queries import tokens
from backoffice.services import tokens as services
from backoffice.services.tokens import Scope
from backoffice.services.uow import unit_of_work
from backoffice.views.admin import sheets
from backoffice.views.admin.base import RecordView
from backoffice.views.admin.confirming import ConfirmPages
from backoffice.views.exporting import Sheet
from backoffice.views.messages import refuse


class TokenView(ConfirmPages, RecordView):
    permissions = {
        "index_view": Permission.TOKEN_MANAGE,
        "new_view": Permission.TOKEN_MANAGE,
        "revoke_view": Permission.TOKEN_MANAGE,
    }
    column_list = ("name", "scopes")
    list_template = "admin/tokens/list.html"
    list_order = tokens.LIST_ORDER
    list_descending = True
    views = ("in-force", "revoked", "all")

    def scope(self, actor: Actor) -> ColumnElement[bool]:
        return tokens.scope(actor)

    def listed(self, actor: Actor) -> Select[Any]:
        return tokens.listed(
            actor, search=clean_line(request.args.get("q", "")),
            is_in_force={"in-force": True, "revoked": False}.get(self.chosen()),
        )

    def sheet(self) -> Sheet:
        return sheets.of_tokens()

    def around(self, rows: Any) -> dict[str, Any]:
        return {
            "sentence": _(
                "With a token, a system of the agency asks whether a final report may be approved, and enters dates."
            ),
            "views": [
                self.tab("in-force", _("In force")), self.tab("revoked", _("Revoked")), self.tab("all", _("All")),
            ],
        }

    @expose("/new", methods=("GET", "POST"))
    def new_view(self) -> Any:
        """The token stands on the page that answers the press, and nowhere else, ever."""
        form = TokenForm()
        form.act_key.data = form.act_key.data or secrets.token_urlsafe(16)
        if form.validate_on_submit():
            try:
                with unit_of_work() as uow:
                    token = services.create(
                        uow, actor=self.actor, agency=uow.session.get(Agency, self.actor.agency_id) or abort(404),
                        name=form.name.data or "", act_key=form.act_key.data or "",
                        scopes=tuple(scope for scope in Scope if scope.value in (form.scope.data or [])),
                    )
            except DomainError as error:
                refuse(form, error)
            else:
                response = make_response(self.render("admin/tokens/made.html", token=token, name=form.name.data))
                response.headers["Cache-Control"] = "no-store"
                return response
        page = self.render(
            "admin/tokens/new.html", form=form, button=_("Make a token"), heading="", back=self.get_url(".index_view"),
            effects=[
                _("The token is shown once, on the next page. We keep only its fingerprint."),
                _("Whoever has it sees the state of every project of this agency, as far as you tick; never a person."),
                _("It works until it is revoked."),
            ],
        )
        return (page, 422) if form.errors else page

    @expose("/<id>/revoke", methods=("GET", "POST"))
    def revoke_view(self, id: str) -> Any:
        row = self.get_one(id)
        if row.revoked_at is not None:
            abort(404)
        return self.confirm_page(
            form=Form(), button=_("Revoke"), heading=row.name,
            effects=[
                _("From now on the token opens nothing; the system that uses it is refused."),
                _("It cannot be brought back; a new one can be made."),
            ],
            back=self.get_url(".index_view"), done=_("The token is revoked."),
            act=lambda uow: services.revoke(
                uow, actor=self.actor, token_id=row.id, agency_id=self.actor.agency_id
            ),
        )

