"""The review queue: saved views, filters in the address bar, and who holds which review."""

from datetime import date
from typing import Any

from flask import abort, flash, g, redirect, request
from flask_admin import expose
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import ColumnElement, Select

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.errors import Refused
from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.projects import Status
from backoffice.models import Agency, Project
from backoffice.queries import happenings, projects, questions, queue, reopening, reviews, undo
from backoffice.services import reviews as services
from backoffice.services.uow import unit_of_work
from backoffice.views.admin import review_facts, sheets
from backoffice.views.admin.base import RecordView
from backoffice.views.admin.review_decisions import DecisionPages
from backoffice.views.admin.review_letters import LetterPages
from backoffice.views.admin.review_page import ReviewPages
from backoffice.views.admin.review_undo import UndoPages
from backoffice.views.exporting import Sheet
from backoffice.views.messages import day, words

MOST = 100  # a saved view counts no further
_STATUSES = {"silent": (Status.RETURNED,), "asked": (Status.UNDER_REVIEW, Status.APPROVED)}
P = Permission


class ReviewView(ReviewPages, DecisionPages, LetterPages, UndoPages, RecordView):
    permissions = {
        "index_view": P.REVIEW_READ,
        "page_view": P.REVIEW_READ,
        "file_view": P.FILE_READ,
        "claim_next_view": P.REVIEW_CLAIM,
        "claim_view": P.REVIEW_CLAIM,
        "take_over_view": P.REVIEW_CLAIM,
        "release_view": P.REVIEW_CLAIM,
        "keep_view": P.REVIEW_CLAIM,
        "judge_view": P.REVIEW_CLAIM,
        "note_view": P.REVIEW_CLAIM,
        "pass_view": P.FILE_PASS,
        "return_view": P.REVIEW_DECIDE,
        "approve_view": P.REVIEW_DECIDE,
        "unlock_view": P.REVIEW_DECIDE,
        "undo_view": P.REVIEW_DECIDE,
        "decline_view": P.REVIEW_DECIDE,
        "ask_view": P.REVIEW_DECIDE,
        "settle_view": P.REVIEW_DECIDE,
    }
    column_list = ("title",)
    list_template = "admin/review/list.html"
    list_order = reviews.QUEUE_ORDER
    views = ("waiting", "my", "mine", "late", "again", "question", "asked", "silent")

    def scope(self, actor: Actor) -> ColumnElement[bool]:
        return projects.scope(actor)

    def chosen(self, argument: str = "view") -> str:
        """Who is in charge of projects begins with those; a search or a filter without a view looks at all."""
        asked = request.args.get(argument, "")
        if asked in self.views:
            return asked
        return "my" if not self.kept(argument) and self._has_charge() else "waiting"

    def _has_charge(self) -> bool:
        if "has_charge" not in g:
            g.has_charge = reviews.has_charge(db.session(), self.actor, today=self.today())
        return bool(g.has_charge)

    def listed(self, actor: Actor) -> Select[Any]:
        claimed = request.args.get("claimed", "")
        return self._queue(
            self.chosen(),
            search=request.args.get("q", ""),
            years=[int(year) for year in self._years()],
            actions=request.args.getlist("action"),
            responsible_ids=self._responsible_ids(),
            ended_after=self._ended_after(),
            is_claimed=claimed == "yes" if claimed in ("yes", "no") else None,
        )

    def _queue(
        self,
        view: str,
        *,
        search: str = "",
        years: list[int] | None = None,
        actions: list[str] | None = None,
        responsible_ids: list[int] | None = None,
        ended_after: date | None = None,
        is_claimed: bool | None = None,
    ) -> Select[Project]:
        """One saved view, with the filters of the address bar or, for its count, without."""
        return reviews.queue(
            self.actor,
            now=clock.now(),
            today=self.today(),
            search=search,
            statuses=_STATUSES.get(view, (Status.UNDER_REVIEW,)),
            claimed_by=self.actor.user_id if view == "mine" else None,
            is_claimed=is_claimed,
            is_sent_again=view == "again",
            is_report_overdue=view == "late",
            is_answer_overdue=view == "silent",
            in_charge=self.actor.user_id if view == "my" else None,
            is_asked_to_reopen=view == "asked",
            is_question_open=view == "question",
            years=years or (),
            actions=actions or (),
            ended_after=ended_after,
            responsible_ids=responsible_ids or (),
        )

    def _years(self) -> list[str]:
        return [year for year in request.args.getlist("year") if year.isascii() and year.isdecimal() and len(year) == 4]

    def _responsible_ids(self) -> list[int]:
        asked = request.args.getlist("responsible")
        return [int(value) for value in asked if value.isascii() and value.isdecimal() and len(value) < 10]

    def _ended_after(self) -> date | None:
        try:
            return date.fromisoformat(request.args.get("ended_after", ""))
        except ValueError:
            return None

    def agency(self) -> Agency:
        return db.session.get(Agency, self.actor.agency_id) or abort(404)

    def today(self) -> date:
        return projects.today(self.agency(), now=clock.now())

    def sheet(self) -> Sheet:
        return sheets.of_queue(self.agency())

    def around(self, rows: Any) -> dict[str, Any]:
        """Ages, numbers and claims of the page in a few queries, whatever its length."""
        agency, today, ids = self.agency(), self.today(), [row.id for row in rows]
        return {
            "sentence": self._sentence(),
            "undoable": undo.undoable(db.session(), actor=self.actor, now=clock.now()),
            "views": self._tabs(),
            "view": self.chosen(),
            "ages": {row.id: review_facts.age(row.waiting_since_at, agency=agency, today=today) for row in rows},
            "reports": {row.id: review_facts.report(row, today=today) for row in rows},
            "dues": {row.id: review_facts.answer_due(row, today=today) for row in rows},
            "pulses": queue.pulses(db.session(), ids),
            "questions": questions.of_projects(db.session(), ids),
            "unlocks": happenings.unlock_asked(db.session(), actor=self.actor, project_ids=ids),
            "reopenings": reopening.waiting_of(db.session(), ids),
            "claims": queue.claims(db.session(), ids, now=clock.now()),
            "left": review_facts.time_left,
            "initials": review_facts.initials,
            "me": self.actor.user_id,
            "chips": self._chips(),
            "years": [(str(year), str(year)) for year in queue.years(db.session(), self.actor)],
            "actions": [(action, action) for action in queue.actions(db.session(), self.actor)],
            "responsibles": queue.responsibles(db.session(), self.actor),
        }

    def _tabs(self) -> list[dict[str, Any]]:
        labels = {
            "waiting": _("Waiting"), "my": _("My projects"), "mine": _("Claimed by me"),
            "late": _("Final report overdue"), "again": _("Sent again"), "question": _("Waiting for an answer"),
            "asked": _("Asked to reopen"), "silent": _("Returned, no answer"),
        }
        tabs = []
        for view, label in labels.items():
            count = reviews.capped_count(db.session(), self._queue(view), most=MOST)
            tab = self.tab(view, label)
            tabs.append(tab | {"count": f"{MOST - 1}+" if count == MOST else count})
        return tabs

    def _sentence(self) -> str:
        """How many wait and for how long: the state of the queue, whatever is filtered."""
        waiting = self._queue("waiting")
        oldest = db.session.scalar(waiting.order_by(Project.waiting_since_at, Project.id).limit(1))
        if oldest is None:
            return str(_("Nothing waits for review."))
        count = reviews.capped_count(db.session(), waiting, most=10_000)
        age = review_facts.age(oldest.waiting_since_at, agency=self.agency(), today=self.today())
        return " ".join((
            ngettext("%(num)s submission waits for the agency.", "%(num)s submissions wait for the agency.", count),
            _("The oldest has waited %(days)s.", days=age.words),
        ))

    def _chips(self) -> list[tuple[Any, str]]:
        names = {str(user_id): name for user_id, name in queue.responsibles(db.session(), self.actor)}
        chips = [self.chip(_("Call year %(year)s", year=year), "year", year) for year in self._years()]
        ended = self._ended_after()
        if ended:
            label = _("Project ended after %(day)s", day=day(ended))
            chips.append(self.chip(label, "ended_after", ended.isoformat()))
        chips += [
            self.chip(_("Action type %(action)s", action=action), "action", action)
            for action in request.args.getlist("action") if action
        ]
        chips += [
            self.chip(_("Responsible: %(name)s", name=names[str(user_id)]), "responsible", str(user_id))
            for user_id in self._responsible_ids() if str(user_id) in names
        ]
        claimed = {"yes": _("Claimed by somebody"), "no": _("Claimed by nobody")}
        asked = request.args.get("claimed", "")
        return chips + ([self.chip(claimed[asked], "claimed", asked)] if asked in claimed else [])

    @expose("/claim-next", methods=("POST",))
    def claim_next_view(self) -> Any:
        with unit_of_work() as uow:
            project = services.claim_next(uow, actor=self.actor, but=self._come_from())
            code = project.code if project else None
        if code is None:
            flash(_("Nothing is free to claim: every submission that waits is held by somebody."), "info")
            return redirect(self.get_url(".index_view"))
        return redirect(self.get_url(".page_view", code=code))

    def _come_from(self) -> int | None:
        """The review on whose page "Next" was pressed."""
        code = request.form.get("but", "")
        return db.session.scalar(projects.one(self.actor, code=code).with_only_columns(Project.id)) if code else None

    @expose("/<code>/claim", methods=("POST",))
    def claim_view(self, code: str) -> Any:
        project = self._one(code)
        try:
            with unit_of_work() as uow:
                services.claim(uow, actor=self.actor, project_id=project.id)
        except Refused as error:
            flash(words(error), "warning")
        return self._to_page(code)

    @expose("/<code>/take-over", methods=("POST",))
    def take_over_view(self, code: str) -> Any:
        project = self._one(code)
        try:
            with unit_of_work() as uow:
                services.take_over(uow, actor=self.actor, project_id=project.id)
        except Refused as error:
            flash(words(error), "warning")
        else:
            flash(_("You hold this review now. Your colleague is told on the page."), "success")
        return self._to_page(code)

    @expose("/<code>/release", methods=("POST",))
    def release_view(self, code: str) -> Any:
        project = self._one(code)
        with unit_of_work() as uow:
            services.release(uow, actor=self.actor, project_id=project.id)
        flash(_("“%(title)s” is back in the queue. Your verdicts are kept.", title=project.title), "success")
        return redirect(self.get_url(".index_view"))

    @expose("/<code>/keep", methods=("POST",))
    def keep_view(self, code: str) -> Any:
        """The button, and the heartbeat of the open page, which wants no page for an answer."""
        project = self._one(code)
        is_beat = "beat" in request.args
        g.is_silent = is_beat
        try:
            with unit_of_work() as uow:
                services.keep(uow, actor=self.actor, project_id=project.id)
        except Refused as error:
            if is_beat:
                return "", 409
            flash(words(error), "warning")
        return ("", 204) if is_beat else self._to_page(code)

    def _one(self, code: str) -> Project:
        return db.session.scalar(projects.one(self.actor, code=code)) or abort(404)

    def _to_page(self, code: str) -> Any:
        return redirect(self.get_url(".page_view", code=code))
