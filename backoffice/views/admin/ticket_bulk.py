"""The same act on the tickets that were marked: first what will happen to which, then one press (DESIGN §4)."""

import secrets
from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, request
from flask_admin import expose
from flask_babel import gettext as _
from flask_babel import ngettext

from backoffice.db import db
from backoffice.domain.errors import Refused
from backoffice.domain.tickets import Category
from backoffice.forms.tickets import BulkAssignForm, BulkCategoryForm, BulkForm
from backoffice.queries import tickets as queries
from backoffice.services import ticket_bulk
from backoffice.services.ticket_bulk import Bulk, Line, Order, Pick
from backoffice.services.uow import unit_of_work
from backoffice.views.admin import ticket_words
from backoffice.views.admin.ticket_page import NOBODY, TicketPages
from backoffice.views.messages import refuse, words


class BulkPages(TicketPages):
    @expose("/bulk", methods=("GET", "POST"))
    def bulk_view(self) -> Any:
        """GET tries and tells; POST does it in one transaction, and tells what could not be done after all."""
        asked = request.values.get("act", "")
        picks = _picks(request.values.getlist("t"))
        if asked not in set(Bulk) or not picks:
            flash(_("Mark some tickets first."), "info")
            return redirect(self.get_url(".index_view"))
        act = Bulk(asked)
        form = self._form(act)
        lines = ticket_bulk.would(db.session(), actor=self.actor, picks=picks, order=Order(act=act))
        into = self._into(lines) if act is Bulk.MERGE else 0
        if request.method == "POST" and form.validate_on_submit():
            try:
                with unit_of_work() as uow:
                    order = self._order(act, form, into=into)
                    done = ticket_bulk.run(
                        uow, actor=self.actor, picks=picks, order=order, act_key=form.act_key.data or ""
                    )
                    left = [(line.ticket.number, line.refusal) for line in done if line.refusal]
                    count = len(done) - len(left)
            except Refused as error:
                refuse(form, error)
            else:
                self._tell(count, [f"#{number}: {words(error)}" for number, error in left if error])
                return redirect(self.get_url(".index_view"))
        return self._tried(act, form, picks=picks, into=into)

    def _tried(self, act: Bulk, form: BulkForm, *, picks: Sequence[Pick], into: int) -> Any:
        if not form.is_submitted():
            form.act_key.data = secrets.token_urlsafe(16)
        order = Order(act=act, into_number=into)
        lines = ticket_bulk.would(db.session(), actor=self.actor, picks=picks, order=order)
        everybody = lines if act is not Bulk.MERGE else ticket_bulk.would(
            db.session(), actor=self.actor, picks=picks, order=Order(act=act)
        )
        page = self.render(
            "admin/ticket/bulk.html", form=form, act=act.value, picks=[f"{p.ticket_id}.{p.version}" for p in picks],
            will=[line for line in lines if line.refusal is None],
            not_=[(line, words(line.refusal)) for line in lines if line.refusal is not None],
            into=into, targets=[line.ticket for line in everybody], back=self.get_url(".index_view"),
            category=ticket_words.category,
        )
        return (page, 422) if form.errors else page

    def _form(self, act: Bulk) -> BulkForm:
        if act is Bulk.CATEGORY:
            return BulkCategoryForm()
        if act is not Bulk.ASSIGN:
            return BulkForm()
        form = BulkAssignForm()
        people = [(str(user.id), user.name or user.email) for user in db.session.scalars(queries.helpers(self.actor))]
        form.assignee.choices = [*people, (NOBODY, _("nobody"))]
        if not form.is_submitted():
            form.assignee.data = str(self.actor.user_id)
        return form

    def _order(self, act: Bulk, form: BulkForm, *, into: int) -> Order:
        assignee = form.assignee.data if isinstance(form, BulkAssignForm) else NOBODY
        category = form.category.data if isinstance(form, BulkCategoryForm) else ""
        return Order(
            act=act, user_id=int(assignee) if assignee and assignee != NOBODY else None,
            category=Category(category) if category else None, into_number=into,
        )

    def _into(self, lines: Sequence[Line]) -> int:
        """The ticket that goes on: the chosen one of those marked, else the oldest."""
        numbers = sorted(line.ticket.number for line in lines)
        asked = request.values.get("into", "")
        chosen = int(asked) if asked.isdecimal() and len(asked) < 10 else 0
        return chosen if chosen in numbers else next(iter(numbers), 0)

    def _tell(self, count: int, left: Sequence[str]) -> None:
        if count:
            flash(ngettext("Done for %(num)s ticket.", "Done for %(num)s tickets.", count), "success")
        if left:
            flash(_("Not done: %(what)s", what="; ".join(left)), "warning")


def _picks(values: Sequence[str]) -> list[Pick]:
    """`id.version` of each mark; what is none is left out."""
    found = []
    for value in values[: ticket_bulk.MOST]:
        ticket_id, _dot, version = value.partition(".")
        if all(part.isascii() and part.isdecimal() and len(part) < 10 for part in (ticket_id, version)):
            found.append(Pick(ticket_id=int(ticket_id), version=int(version)))
    return found
