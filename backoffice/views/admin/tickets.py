"""The queue of the helpdesk: saved views, filters in the address bar, the time left in working hours."""

from typing import Any

from flask import flash, redirect, request
from flask_admin import expose
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import ColumnElement, Select

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.errors import Refused
from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.tickets import ANSWER_HOURS, CATEGORY_WORDS, STATE_WORDS, Category, TicketState
from backoffice.models import Agency
from backoffice.queries import keyset
from backoffice.queries import tickets as queries
from backoffice.queries.tickets import Filters, View
from backoffice.services import ticket_triage
from backoffice.services.uow import unit_of_work
from backoffice.views.admin import sheets, ticket_words
from backoffice.views.admin.ticket_acts import ActPages
from backoffice.views.admin.ticket_bulk import BulkPages
from backoffice.views.admin.ticket_cures import CurePages
from backoffice.views.admin.ticket_pictures import PicturePages
from backoffice.views.exporting import Sheet
from backoffice.views.messages import words

P = Permission
NOBODY = "0"
ORDERS = ("time", "newest", "oldest")


class TicketView(ActPages, CurePages, BulkPages, PicturePages):
    permissions = {
        "index_view": P.TICKET_READ,
        "new_view": P.TICKET_WORK,
        "page_view": P.TICKET_READ,
        "live_view": P.TICKET_READ,
        "mail_view": P.TICKET_READ,
        "file_view": P.TICKET_READ,
        "black_out_view": P.TICKET_WORK,
        "write_view": P.TICKET_NOTE,
        "draft_view": P.TICKET_NOTE,
        "send_now_view": P.TICKET_WORK,
        "take_back_view": P.TICKET_WORK,
        "take_view": P.TICKET_WORK,
        "sort_view": P.TICKET_WORK,
        "state_view": P.TICKET_WORK,
        "merge_view": P.TICKET_WORK,
        "route_view": P.TICKET_WORK,
        "bulk_view": P.TICKET_WORK,
        "cure_view": P.TICKET_WORK,
        "explain_view": P.TICKET_WORK,
        "project_view": P.TICKET_WORK,
    }
    column_list = ("subject",)
    list_template = "admin/ticket/list.html"
    list_order = queries.LEAST_TIME_LEFT
    views = tuple(view.value for view in View)

    def scope(self, actor: Actor) -> ColumnElement[bool]:
        return queries.scope(actor)

    def order(self) -> tuple[keyset.Keys, bool]:
        """What the agency owes first; what waits longest; what was solved last."""
        keys: dict[str, tuple[keyset.Keys, bool]] = {
            "time": (queries.LEAST_TIME_LEFT, False), "newest": (queries.LATEST, True),
            "oldest": (queries.LATEST, False),
        }
        return keys[self._ordered()]

    def _ordered(self) -> str:
        asked = request.args.get("order", "")
        if asked in ORDERS:
            return asked
        return {View.WAITING: "oldest", View.SOLVED: "newest", View.ALL: "newest"}.get(View(self.chosen()), "time")

    def listed(self, actor: Actor) -> Select[Any]:
        return queries.queue(actor, view=View(self.chosen()), filters=Filters(
            search=request.args.get("q", ""), states=self._states(), categories=self._categories(),
            assignee_ids=self._assignees(), has_screenshots=request.args.get("screenshots") == "yes",
            project_code=self._code(),
        ))

    def _states(self) -> list[TicketState]:
        return [TicketState(value) for value in request.args.getlist("state") if value in set(TicketState)]

    def _categories(self) -> list[Category]:
        return [Category(value) for value in request.args.getlist("category") if value in set(Category)]

    def _assignees(self) -> list[int]:
        asked = request.args.getlist("assignee")
        return [int(value) for value in asked if value.isascii() and value.isdecimal() and len(value) < 10]

    def _code(self) -> str:
        return request.args.get("project", "").strip().upper()[:60]

    def sheet(self) -> Sheet:
        return sheets.of_tickets()

    def around(self, rows: Any) -> dict[str, Any]:
        """Ages and pictures of the page in a few queries, whatever its length."""
        now, session = clock.now(), db.session()
        agency = session.get(Agency, self.actor.agency_id)
        hours, counts = queries.hours(agency), queries.counts(session, self.actor)
        helpers = [(str(user.id), user.name or user.email) for user in session.scalars(queries.helpers(self.actor))]
        return {
            "sentence": self._sentence(counts[View.TO_ANSWER], agency),
            "views": [
                self.tab(view.value, label, count=counts[view])
                for view, label in self._labels().items()
                if view is not View.UNROUTED or counts[view] or self.chosen() == view
            ],
            "view": self.chosen(),
            "ages": {row.id: ticket_words.age(row, hours=hours, now=now) for row in rows},
            "shots": queries.screenshot_counts(session, [row.id for row in rows]),
            "category": ticket_words.category,
            "initials": ticket_words.initials,
            "me": self.actor.user_id,
            "chips": self._chips(dict(helpers)),
            "states_of": [(state.value, _(words)) for state, words in STATE_WORDS.items()],
            "categories": [(each.value, _(words)) for each, words in CATEGORY_WORDS.items()],
            "helpers": helpers,
            "ordered": self._ordered(),
            "orders": [
                (label, self.get_url(".index_view", **self.kept("order"), order=name))
                for name, label in self._orders().items()
            ],
            "order_words": self._orders(),
        }

    def _orders(self) -> dict[str, str]:
        return {"time": _("Least time left first"), "newest": _("Newest first"), "oldest": _("Oldest first")}

    def _labels(self) -> dict[View, str]:
        return {
            View.TO_ANSWER: _("To answer"), View.MINE: _("Mine"), View.NOBODYS: _("Nobody's"),
            View.WAITING: _("Waiting for requester"), View.SOLVED: _("Solved"), View.UNROUTED: _("Of no agency"),
            View.ALL: _("All"),
        }

    def _sentence(self, to_answer: int, agency: Agency | None) -> str:
        """How many need an answer and how quick the agency is today."""
        need = ngettext("%(num)s needs an answer.", "%(num)s need an answer.", to_answer)
        first = queries.first_answers(db.session(), agency=agency, now=clock.now()) if agency else None
        if first is None:
            return " ".join((need, _("The target is an answer within %(hours)s working hours.", hours=ANSWER_HOURS)))
        return " ".join((need, _(
            "First answer today after %(time)s on average; the target is %(hours)s working hours.",
            time=ticket_words.duration(first), hours=ANSWER_HOURS,
        )))

    def _chips(self, helpers: dict[str, str]) -> list[tuple[Any, str]]:
        chips = [self.chip(_(STATE_WORDS[state]), "state", state.value) for state in self._states()]
        chips += [self.chip(_(CATEGORY_WORDS[each]), "category", each.value) for each in self._categories()]
        chips += [
            self.chip(_("Assigned to %(name)s", name=helpers[str(user_id)]), "assignee", str(user_id))
            for user_id in self._assignees() if str(user_id) in helpers
        ]
        if request.args.get("screenshots") == "yes":
            chips.append(self.chip(_("With screenshots"), "screenshots", "yes"))
        if self._code():
            chips.append(self.chip(self._code(), "project", request.args["project"]))
        return chips

    @expose("/<int:number>/take", methods=("POST",))
    def take_view(self, number: int) -> Any:
        """From the queue or from the page: mine from now on."""
        ticket_id = self.one(number).id
        try:
            with unit_of_work() as uow:
                ticket_triage.take(uow, actor=self.actor, ticket_id=ticket_id)
        except Refused as error:
            flash(words(error), "warning")
        return redirect(self.get_url(".page_view", number=number))
