"""Today: what waits for the person who opens the back-office, and how the agency stands."""

from datetime import date
from typing import Any

from flask import abort
from flask_admin import expose
from flask_babel import format_date, get_locale
from flask_babel import gettext as _
from sqlalchemy import select

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.permissions import Permission
from backoffice.models import Agency, AuditEvent, Project, User
from backoffice.queries import projects, reviews
from backoffice.queries import today as queries
from backoffice.views.admin import review_facts
from backoffice.views.admin.base import IndexView
from backoffice.views.audit_words import action
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
            most=MOST,
        )

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
            "project": titles[event.project_id], "words": action(event.action),
            "note": ", ".join(word for word in (moment(event.at), names.get(event.actor_id or 0, "")) if word),
        }
        for event in events if event.project_id in titles
    ]

