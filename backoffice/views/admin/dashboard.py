"""Today: what waits for the person who opens the back-office, and how the agency stands."""

from datetime import date
from typing import Any

from flask import abort
from flask_admin import expose
from flask_babel import format_date, get_locale, ngettext
from flask_babel import gettext as _
from sqlalchemy import select

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.permissions import Permission
from backoffice.domain.projects import Status
from backoffice.models import Agency, AuditEvent, Project, User
from backoffice.queries import figures, menu, projects, reviews, tickets
from backoffice.queries import today as queries
from backoffice.queries.tickets import View
from backoffice.queries.today import Week
from backoffice.views import plots
from backoffice.views.admin import review_facts
from backoffice.views.admin.base import IndexView
from backoffice.views.admin.figures import days_to_decide
from backoffice.views.audit_words import action, mark
from backoffice.views.messages import hour, moment

MOST = 100  # counted no further


class TodayView(IndexView):
    """The first page. Everything on it is a link to where it is done."""

    @expose()
    def index(self) -> Any:
        session, actor, now = db.session(), self.actor, clock.now()
        agency = session.get(Agency, actor.agency_id) or abort(404)
        today = projects.today(agency, now=now)
        year_begins = clock.start_of(date(today.year, 1, 1), time_zone=agency.time_zone)
        numbers = queries.numbers(session, actor, today=today, year_begins=year_begins)
        free = queries.free(actor, now=now)
        oldest = queries.oldest(session, free)
        waiting = queries.oldest(session, reviews.queue(actor, now=now, today=today))
        return self.render(
            "admin/today.html",
            heading=_day(today),
            claims=self._claims(queries.claimed(session, actor), today=today),
            free=reviews.capped_count(session, free, most=MOST),
            free_age=review_facts.age(oldest.waiting_since_at, agency=agency, today=today) if oldest else None,
            overdue=session.scalars(queries.overdue(actor, today=today).limit(5)).all(),
            overdue_count=numbers.returned_overdue,
            due=lambda project: review_facts.answer_due(project, today=today),
            numbers=numbers,
            oldest=review_facts.age(waiting.waiting_since_at, agency=agency, today=today) if waiting else None,
            happened=_happened(queries.latest(session, actor)),
            may_claim=actor.can(Permission.REVIEW_CLAIM),
            waits=self._waits(today=today),
            weeks=(weeks := queries.weeks(session, actor, today=today, time_zone=agency.time_zone)),
            plot_of_weeks=_expected(weeks),
            plot_of_days=days_to_decide(
                figures.months_of(session, actor, agency=agency, year=today.year, today=today)
            ),
            most=MOST,
        )

    def _waits(self, *, today: date) -> list[dict[str, Any]]:
        """Beside the reviews: what the role of this person is to see to."""
        session, actor, found = db.session(), self.actor, list[dict[str, Any]]()
        if actor.can(Permission.TICKET_WORK) and (count := tickets.counts(session, actor)[View.TO_ANSWER]):
            found.append({
                "kind": "info", "icon": "chat", "url": self.get_url("tickets.index_view"), "button": _("Answer"),
                "text": ngettext("%(num)s ticket needs an answer", "%(num)s tickets need an answer", count),
            })
        if actor.can(Permission.REVIEW_DECIDE):
            asked = reviews.queue(
                actor, now=clock.now(), today=today, statuses=(Status.UNDER_REVIEW, Status.APPROVED),
                is_asked_to_reopen=True,
            )
            if count := reviews.capped_count(session, asked, most=MOST):
                found.append({
                    "kind": "wait", "icon": "unlock", "url": self.get_url("review.index_view", view="asked"),
                    "button": _("Look"),
                    "text": ngettext(
                        "%(num)s coordinator asks to reopen", "%(num)s coordinators ask to reopen", count
                    ),
                })
        agency_id = actor.agency_id if actor.can(Permission.OUTBOX_RELEASE) else None
        if agency_id and (count := menu.waiting(session, agency_id=agency_id).mails):
            found.append({
                "kind": "bad", "icon": "send", "url": self.get_url("outbox.index_view"), "button": _("Look"),
                "text": ngettext("%(num)s mail failed or is held", "%(num)s mails failed or are held", count),
            })
        return found

    def _claims(self, rows: Any, *, today: date) -> list[dict[str, Any]]:
        """One's own reviews: how far each is and until when one holds it."""
        found = db.session.scalars(select(Project).where(Project.id.in_([row.project_id for row in rows])))
        by_id = {project.id: project for project in found}
        return [
            {
                "project": by_id[row.project_id],
                "report": review_facts.report(by_id[row.project_id], today=today),
                "until": _("you hold it until %(time)s", time=hour(row.until_at)) if row.until_at > clock.now()
                else _("your claim ran out, nobody took it"),
            }
            for row in rows if row.project_id in by_id
        ]


def _expected(weeks: list[Week]) -> plots.Plot:
    """Bars by week: dark what came, light what the end dates let expect."""
    said = "; ".join(
        f"{format_date(week.begins, 'd.M.')} {week.received or week.expected}"
        for week in weeks if week.received or week.expected
    )
    return plots.standing(
        _("Submissions by week, received and expected: %(numbers)s.", numbers=said or "–"),
        [
            # Every second label: twelve dates do not fit beside each other on a phone.
            (str(format_date(week.begins, "d.M.")) if number % 2 == 0 else "", _bars(week))
            for number, week in enumerate(weeks)
        ],
    )


def _bars(week: Week) -> list[tuple[int, str]]:
    """This week may have both."""
    bars = [(week.received, "a"), (week.expected, "b")]
    return [bar for bar in bars if bar[0]] or bars[:1]


def _day(today: date) -> str:
    """Wednesday, 25 November · Trešdiena, 25. novembris"""
    pattern = "EEEE, d. MMMM" if str(get_locale()) == "lv" else "EEEE, d MMMM"
    words = str(format_date(today, pattern))
    return words[:1].upper() + words[1:]


def _happened(events: list[AuditEvent]) -> list[dict[str, Any]]:
    """The last decisions and submissions as a line of events."""
    titles = {
        row.id: row for row in db.session.scalars(
            select(Project).where(Project.id.in_({event.project_id for event in events}))
        )
    }
    names = dict(db.session.execute(
        select(User.id, User.name).where(User.id.in_({event.actor_id for event in events if event.actor_id}))
    ).all())
    return [
        {
            "project": titles[event.project_id], "words": action(event.action), "mark": mark(event.action),
            "note": ", ".join(word for word in (moment(event.at), names.get(event.actor_id or 0, "")) if word),
        }
        for event in events if event.project_id in titles
    ]

