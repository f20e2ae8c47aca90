"""Replies that the helpdesk has ready, beside the agency's other texts."""

from typing import Any

from flask import abort, flash, redirect, request
from flask_admin import expose
from flask_babel import gettext as _

from backoffice.db import db
from backoffice.domain.canned import PLACES
from backoffice.domain.errors import DomainError, Forbidden, NotFound
from backoffice.domain.tickets import TicketState
from backoffice.forms.base import Form
from backoffice.forms.tickets import THEN_WORDS, CannedForm
from backoffice.models import CannedReply
from backoffice.queries import tickets as queries
from backoffice.services import canned
from backoffice.services.canned import CannedValues
from backoffice.services.uow import unit_of_work
from backoffice.views.admin.base import Guarded
from backoffice.views.messages import refuse


class CannedPages(Guarded):
    """A part of the view of texts."""

    def canned_rows(self) -> list[tuple[CannedReply, list[str], str]]:
        """Each reply, its languages, and what a ticket becomes with it."""
        return [
            (row, [code for code, text in (("lv", row.text_lv), ("en", row.text_en)) if text], THEN_WORDS[row.then])
            for row in db.session.scalars(queries.canned(self.actor))
        ]

    @expose("/replies/new", methods=("GET", "POST"))
    def new_reply_view(self) -> Any:
        return self._edit(None)

    @expose("/replies/<int:id>/", methods=("GET", "POST"))
    def reply_view(self, id: int) -> Any:
        return self._edit(self._reply(id))

    @expose("/replies/<int:id>/delete", methods=("GET", "POST"))
    def delete_reply_view(self, id: int) -> Any:
        """Messages in which it was used keep its words."""
        row, form = self._reply(id), Form()
        name = row.name
        if form.validate_on_submit():
            with unit_of_work() as uow:
                canned.delete(uow, actor=self.actor, reply_id=id)
            flash(_("“%(name)s” is deleted.", name=name), "success")
            return redirect(self.get_url(".index") + "#replies")
        return self.render("admin/settings/reply_delete.html", form=form, row=row, back=self.get_url(".index"))

    @expose("/replies/<int:id>/move", methods=("POST",))
    def move_reply_view(self, id: int) -> Any:
        self._reply(id)
        with unit_of_work() as uow:
            canned.move(uow, actor=self.actor, reply_id=id, step=1 if request.form.get("step") == "1" else -1)
        return redirect(self.get_url(".index") + "#replies")

    def _edit(self, row: CannedReply | None) -> Any:
        form = CannedForm(obj=row)
        reply_id = row.id if row else None
        if row is not None and not form.is_submitted():
            form.then.data = row.then.value
        if form.validate_on_submit():
            values = CannedValues(
                name=form.name.data or "", text_lv=form.text_lv.data or "", text_en=form.text_en.data or "",
                then=TicketState(form.then.data),
            )
            try:
                with unit_of_work() as uow:
                    canned.save(
                        uow, actor=self.actor, reply_id=reply_id, values=values, seen_version=form.version.data or 0
                    )
            except (Forbidden, NotFound):
                raise
            except DomainError as error:
                refuse(form, error)
            else:
                flash(_("Saved."), "success")
                return redirect(self.get_url(".index") + "#replies")
        places = [(f"{{{name}}}", _(words)) for name, words in PLACES.items()]
        page = self.render("admin/settings/reply.html", form=form, row=row, places=places)
        return (page, 422) if form.errors else page

    def _reply(self, reply_id: int) -> CannedReply:
        query = queries.canned(self.actor).where(CannedReply.id == reply_id)
        return db.session.scalar(query) or abort(404)
