"""Acts on many projects in one transaction (DOMAIN §3): assign, remind, send access again, mark report, hide.

The page before tried and told; here each project is looked at again under its lock, and one that changed since is left
out rather than done on what nobody saw.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from backoffice.domain import bulk as rules
from backoffice.domain import text
from backoffice.domain.bulk import Act, Ask, Why
from backoffice.domain.errors import N_, Forbidden, Refused
from backoffice.domain.notices import Mail
from backoffice.domain.permissions import Actor
from backoffice.domain.projects import Status
from backoffice.domain.visibility import Subject
from backoffice.queries import bulk as queries
from backoffice.queries.bulk import Entry
from backoffice.services import access, acts, audit, facts, outbox, overrides, reports
from backoffice.services.outbox import Recipient
from backoffice.services.reports import UNTOUCHED, ReportDates
from backoffice.services.uow import UnitOfWork

CHANGED = Why(code="changed", message=N_("Changed since you looked"))


@dataclass(slots=True, kw_only=True)
class Done:
    """What came of it; `is_repeated`: it was done before, by the same press."""

    projects: int = 0
    left_out: Counter[str] = field(default_factory=Counter)  # code → how many
    reasons: dict[str, Why] = field(default_factory=dict)
    is_repeated: bool = False


def run(uow: UnitOfWork, *, actor: Actor, ask: Ask, seen: Mapping[int, int], act_key: str) -> Done:
    """`seen`: project → the version that the page before showed."""
    if not actor.can(rules.PERMISSIONS[ask.act]):
        raise Forbidden(N_("Your role does not allow this."))
    before = acts.outcome(uow, actor=actor, key=act_key)
    if before is not None:
        return Done(projects=int(before), is_repeated=True)
    if len(seen) > rules.MOST:
        raise Refused(N_("At most %(most)s projects at once."), code="too-many", values={"most": rules.MOST})
    note = text.fit(text.clean(ask.text), limit="reason", field="text")
    if ask.act is Act.HIDE and not note:
        raise Refused(N_("Give a reason."), field="text", code="reason-missing")
    rows = queries.chosen(uow.session, actor, ids=list(seen), is_locked=True)
    if ask.act is Act.ASSIGN and rows:
        facts.check_responsible(uow.session, project=rows[0], responsible_id=ask.responsible_id)
    done = Done()
    for row in rows:
        if row.version != seen[row.id]:
            _left_out(done, CHANGED)
    current = [row for row in rows if row.version == seen[row.id]]
    plan = queries.plan(uow.session, actor, rows=current, ask=ask, now=uow.now)
    for entry in plan.wont:
        if entry.why is not None:
            _left_out(done, entry.why)
    for entry in plan.will:
        _do(uow, actor=actor, ask=ask, note=note, entry=entry)
        done.projects += 1
    acts.remember(uow, actor=actor, key=act_key, outcome=str(done.projects))
    return done


def _do(uow: UnitOfWork, *, actor: Actor, ask: Ask, note: str, entry: Entry) -> None:
    project = entry.project
    if ask.act is Act.ASSIGN:
        facts.assign(uow, actor=actor, project_id=project.id, responsible_id=ask.responsible_id)
    elif ask.act is Act.ACCESS:
        for person in entry.to:
            access.send_again(uow, actor=actor, access_id=person.access_id)
    elif ask.act is Act.REPORT:
        dates = ReportDates(
            handed_in_on=ask.handed_in_on or UNTOUCHED, approved_on=ask.approved_on or UNTOUCHED, reason=note
        )
        reports.mark(uow, actor=actor, project_id=project.id, dates=dates)
    elif ask.act is Act.HIDE:
        overrides.hide(uow, actor=actor, subject=Subject.PROJECT, subject_id=project.id, reason=note)
    else:
        _remind(uow, actor=actor, note=note, entry=entry)


def _remind(uow: UnitOfWork, *, actor: Actor, note: str, entry: Entry) -> None:
    """By hand, beside the dated reminders, which go on as planned."""
    project = entry.project
    kind = Mail.ADDITIONS_REMINDER if project.status is Status.RETURNED and project.due_on else Mail.REMINDER
    for person in entry.to:
        outbox.publish(
            uow, kind=kind, key=f"{project.id}:hand:{uow.now:%Y%m%d%H%M%S%f}",
            to=Recipient(
                email=person.email, language=person.language or project.agency.language, user_id=person.user_id
            ),
            agency_id=project.agency_id, project_id=project.id, params={"note": note} if note else {},
        )
    audit.record(
        uow, actor=actor, action="project:reminded", agency_id=project.agency_id, project_id=project.id,
        details={"mails": len(entry.to), "mail": kind.value},
    )


def _left_out(done: Done, why: Why) -> None:
    done.left_out[why.code] += 1
    done.reasons.setdefault(why.code, why)
