"""What stands beside the items: when the report is due, how long it waits, and how it came to this."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain import clock
from backoffice.domain import projects as rules
from backoffice.domain.calendar import Calendar, calendar
from backoffice.domain.errors import N_
from backoffice.domain.permissions import Actor
from backoffice.domain.results import SUMMARY_KEY
from backoffice.domain.reviews import DecisionKind
from backoffice.models import Agency, AuditEvent, Decision, Project, ReviewClaim, Submission, User
from backoffice.queries.standing import Standing
from backoffice.views.messages import day, moment

# What an import owns (DOMAIN §2), as the column of `project` is called.
FACT_WORDS: Mapping[str, str] = MappingProxyType({
    "title": N_("title"),
    "summary": N_("project description"),
    "start_date": N_("start date"),
    "end_date": N_("end date"),
    "grant_cents": N_("grant"),
    "grant_state": N_("grant state"),
    "organisation": N_("coordinating organisation"),
    "partners": N_("partners"),
    "report_handed_in_on": N_("report handed in"),
    "report_approved_on": N_("report approved"),
    "contacts": N_("contact persons"),
})
AMBER, RED = 11, 21  # working days of waiting from which the number is coloured (look §5)


def calendar_of(agency: Agency) -> Calendar:
    return calendar(country=agency.country, extra=[str(day) for day in agency.extra_holidays])


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """How long something waits, in working days, with the colour of its number."""

    days: int
    since: date

    @property
    def kind(self) -> str:
        return "late" if self.days >= RED else "warn" if self.days >= AMBER else ""

    @property
    def words(self) -> str:
        return str(ngettext("%(num)s working day", "%(num)s working days", self.days))


def age(since: datetime, *, agency: Agency, today: date) -> Age:
    start = clock.day_of(since, time_zone=agency.time_zone)
    return Age(days=calendar_of(agency).working_days_between(start, today), since=start)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Where the final report stands, in words: `kind` of its status, "" where nothing presses."""

    kind: str
    words: str
    note: str


def report(project: Project, *, today: date) -> Report:
    if project.report_approved_on is not None:
        return Report(kind="good", words=_("Approved"), note=day(project.report_approved_on))
    if project.report_handed_in_on is not None:
        return Report(kind="", words=_("handed in"), note=day(project.report_handed_in_on))
    due = rules.report_due_on(project.end_date)
    if due is None:
        return Report(kind="", words=_("no end date"), note="")
    if due >= today:
        return Report(kind="", words=_("due %(day)s", day=day(due)), note="")
    late = calendar_of(project.agency).working_days_between(due, today)
    by = ngettext("by %(num)s working day", "by %(num)s working days", late)
    return Report(kind="bad", words=_("Overdue"), note=by)


def answer_due(project: Project, *, today: date) -> Report | None:
    """When the coordinator is to answer a return."""
    if project.due_on is None:
        return None
    if project.due_on >= today:
        return Report(kind="", words=_("due %(day)s", day=day(project.due_on)), note="")
    late = calendar_of(project.agency).working_days_between(project.due_on, today)
    by = ngettext("by %(num)s working day", "by %(num)s working days", late)
    return Report(kind="bad", words=_("Overdue"), note=by)


def name_of(user: User | None, *, actor: Actor) -> str:
    if user is None:
        return str(_("the system"))
    return str(_("you")) if user.id == actor.user_id else user.name or user.email


def initials(claim: ReviewClaim) -> str:
    """First letters of first and last name, as beside every person."""
    words = (claim.user.name or claim.user.email).split()
    return "".join(word[0] for word in (words[0], *words[1:][-1:])).upper()


def time_left(claim: ReviewClaim) -> str:
    minutes = max(1, round((claim.until_at - clock.now()).total_seconds() / 60))
    return str(ngettext("%(num)s minute left", "%(num)s minutes left", minutes))


def decided(decision: Decision, *, actor: Actor) -> str:
    """ "approved by you on 25 November 2026, 14:32" in a whole sentence, for who comes second."""
    sentence = {
        DecisionKind.APPROVE: _("This was already decided: approved by %(name)s, %(when)s."),
        DecisionKind.RETURN: _("This was already decided: returned for additions by %(name)s, %(when)s."),
        DecisionKind.UNLOCK: _("This was already decided: unlocked by %(name)s, %(when)s."),
    }[decision.kind]
    values = {"name": name_of(decision.decided_by, actor=actor), "when": moment(decision.decided_at)}
    return str(sentence % values)


def history(session: Session, case: Standing, *, actor: Actor) -> list[dict[str, Any]]:
    """Submissions, decisions and the claim, newest first."""
    sent = session.scalars(
        select(Submission).where(Submission.project_id == case.project.id).order_by(Submission.number.desc())
    ).all()
    people = _people(session, sent)
    lines: list[tuple[datetime, dict[str, Any]]] = [
        (row.submitted_at, _sent(row, people=people)) for row in sent
    ]
    lines += [(row.decided_at, _decision(row, actor=actor)) for row in case.decisions]
    if case.claim is not None:
        is_mine = case.claim.user_id == actor.user_id
        lines.append((case.claim.since_at, {
            "text": _("You claimed it") if is_mine else _("%(name)s claimed it", name=case.claim.user.name),
            "note": moment(case.claim.since_at), "kind": "info", "icon": "user",
        }))
    return [line for _at, line in sorted(lines, key=lambda pair: pair[0], reverse=True)]


def _people(session: Session, sent: Sequence[Submission]) -> Mapping[int, User]:
    ids = {row.submitted_by_id for row in sent if row.submitted_by_id}
    return {row.id: row for row in session.scalars(select(User).where(User.id.in_(ids)))}


def _sent(row: Submission, *, people: Mapping[int, User]) -> dict[str, Any]:
    who = people.get(row.submitted_by_id or 0)
    note = moment(row.submitted_at) + (f", {who.name or who.email}" if who else "")
    text = _("Submitted") if row.number == 1 else _("Submitted again, number %(number)s", number=row.number)
    return {"text": text, "note": note, "kind": "review", "icon": "half"}


def _decision(row: Decision, *, actor: Actor) -> dict[str, Any]:
    count = sum(key != SUMMARY_KEY for key in row.scope)
    text, kind, icon = {
        DecisionKind.APPROVE: (_("Approved"), "good", "ok"),
        DecisionKind.RETURN: (
            ngettext("Returned: %(num)s result reopened", "Returned: %(num)s results reopened", count), "wait", "back"
        ),
        DecisionKind.UNLOCK: (
            ngettext("Unlocked: %(num)s result reopened", "Unlocked: %(num)s results reopened", count), "wait", "unlock"
        ),
    }[row.kind]
    note = f"{moment(row.decided_at)}, {name_of(row.decided_by, actor=actor)}"
    return {"text": text, "note": note, "kind": kind, "icon": icon}


def imported_since(session: Session, case: Standing) -> list[str]:
    """Names of the facts that an import changed after the submission (DOMAIN §2)."""
    if case.submission is None:
        return []
    events = session.scalars(
        select(AuditEvent)
        .where(
            AuditEvent.project_id == case.project.id, AuditEvent.action == "project:import-changed",
            AuditEvent.at > case.submission.submitted_at,
        )
        .order_by(AuditEvent.id)
    )
    fields = dict.fromkeys(str(field) for event in events for field in event.details.get("fields", ()))
    return [str(_(FACT_WORDS[field])) if field in FACT_WORDS else field.replace("_", " ") for field in fields]
