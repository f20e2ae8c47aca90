"""Dated notices (DOMAIN §7): reckoned from the facts of the day, written when their day has come, never twice.

Nothing is written ahead: a changed date needs no rows to be moved, and what is still to go out is withdrawn by the next
look when the facts no longer call for it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from backoffice.domain import calendar, clock, notices, projects
from backoffice.domain.errors import N_, Forbidden
from backoffice.domain.notices import Mail, Notice, OutboxState, Standing, Terms
from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.projects import Facts
from backoffice.models import Agency, OutboxRow
from backoffice.queries import notices as queries
from backoffice.queries.notices import Case, Person, Written
from backoffice.services import audit, outbox
from backoffice.services.outbox import Recipient
from backoffice.services.uow import UnitOfWork

PAGE = 1_000  # projects that one look reads at once

# Of each kind: how many were queued, suppressed, held.
Counts = dict[Mail, Counter[OutboxState]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A mail that has no row yet, or one (`row_id`) that was withdrawn and is called for again."""

    kind: Mail
    key: str
    to: Person
    params: dict[str, object]
    is_suppressed: bool
    row_id: int | None = None


@dataclass(slots=True, kw_only=True)
class _Plan:
    """What is to be done about one project."""

    case: Case
    drafts: list[_Draft] = field(default_factory=list)
    stale: list[int] = field(default_factory=list)  # rows that wait and are no longer called for
    lapsed: list[Written] = field(default_factory=list)  # invitations that no longer count as the one

    @property
    def is_empty(self) -> bool:
        return not (self.drafts or self.stale or self.lapsed)

    @property
    def queued(self) -> list[Mail]:
        return [draft.kind for draft in self.drafts if not draft.is_suppressed]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a page of projects calls for: which of them, how many mails, and where the next page begins."""

    project_ids: list[int]
    mails: int
    last_id: int | None


def today(agency: Agency, *, now: datetime) -> date:
    return clock.day_of(now, time_zone=agency.time_zone)


def look(session: Session, *, agency: Agency, day: date, after_id: int = 0) -> Look:
    """Reads a page of an agency's projects and writes nothing: the limit of a run is held against the whole."""
    cases = queries.page(session, agency_id=agency.id, after_id=after_id, limit=PAGE)
    plans = [plan for case in cases if not (plan := _plan(case, agency=agency, day=day)).is_empty]
    return Look(
        project_ids=[plan.case.project_id for plan in plans],
        mails=sum(len(plan.queued) for plan in plans),
        last_id=cases[-1].project_id if cases else None,
    )


def arm(
    uow: UnitOfWork, *, agency: Agency, project_ids: Sequence[int], day: date, is_held: bool = False, why_held: str = ""
) -> Counts:
    """Write what is due on `day` for these projects, due at once; withdraw what waits and is not called for."""
    counts: Counts = {}
    rows: list[OutboxRow] = []
    for case in queries.some(uow.session, project_ids=project_ids, is_locked=True):
        plan = _plan(case, agency=agency, day=day)
        _close(uow, plan=plan, day=day)
        for draft in plan.drafts:
            state = OutboxState.HELD if is_held else OutboxState.WAITING
            state = OutboxState.SUPPRESSED if draft.is_suppressed else state
            counts.setdefault(draft.kind, Counter())[state] += 1
            row = _write(uow, draft=draft, agency=agency, project_id=case.project_id, state=state)
            row.failure = why_held if state is OutboxState.HELD else ""
            rows.append(row)
    uow.session.flush()
    uow.published.extend(row.id for row in rows if row.state is OutboxState.WAITING)
    return counts


def preview_kinds(
    session: Session, *, project_ids: Sequence[int], agencies: Mapping[int, Agency], now: datetime
) -> tuple[Counter[str], Counter[str]]:
    """How many mails of each kind today's run sends about these projects, and how many it suppresses; flush first.
    Writes nothing."""
    queued: Counter[str] = Counter()
    suppressed: Counter[str] = Counter()
    for case in queries.some(session, project_ids=project_ids) if project_ids else ():
        agency = agencies[case.agency_id]
        for draft in _plan(case, agency=agency, day=today(agency, now=now)).drafts:
            (suppressed if draft.is_suppressed else queued)[draft.kind] += 1
    return queued, suppressed


def end_dates_changed(
    uow: UnitOfWork, *, former: Mapping[int, date | None], agencies: Mapping[int, Agency]
) -> Counter[str]:
    """After end dates were changed and flushed: withdraws what waits, lets an invitation lapse where the project is not
    submittable again, and tells everybody with access. `former`: project → its end date before."""
    told: Counter[str] = Counter()
    for case in queries.some(uow.session, project_ids=list(former), is_locked=True):
        agency = agencies[case.agency_id]
        day = today(agency, now=uow.now)
        _close(uow, plan=_plan(case, agency=agency, day=day), day=day)
        before = former[case.project_id]
        if not _is_news(case, before=before, agency=agency):
            continue
        dates = [value.isoformat() if value else "" for value in (before, case.end_date)]
        for person in case.people:
            row = outbox.publish(
                uow, kind=Mail.END_DATE_CHANGED,
                key=f"{case.project_id}:{dates[0]}:{dates[1]}:{uow.now:%Y%m%d%H%M%S}", to=_recipient(person, agency),
                agency_id=case.agency_id, project_id=case.project_id,
                params={"former_end_date": dates[0] or None, "end_date": dates[1] or None},
            )
            told[Mail.END_DATE_CHANGED] += row is not None
    return told


def release(uow: UnitOfWork, *, actor: Actor | None, agency: Agency) -> Counts:
    """Let a held run go; what the facts no longer call for is withdrawn. `actor` None is the command line."""
    if actor is not None and not (actor.can(Permission.OUTBOX_RELEASE) and actor.agency_id == agency.id):
        raise Forbidden(N_("Your role does not allow this."))
    counts: Counts = {}
    after_id = 0
    while rows := uow.session.scalars(queries.held(agency_id=agency.id, after_id=after_id, limit=PAGE)).all():
        after_id = rows[-1].id
        stale = _stale_of(uow.session, rows, agency=agency, day=today(agency, now=uow.now))
        for row in rows:
            row.state = OutboxState.WITHDRAWN if row.id in stale else OutboxState.WAITING
            row.failure = ""
            if row.state is OutboxState.WAITING:
                row.due_at = uow.now
                uow.published.append(row.id)
                counts.setdefault(row.kind, Counter())[row.state] += 1
        uow.session.flush()
    audit.record(
        uow, actor=actor, action="notices:released", agency_id=agency.id,
        details={"mails": {kind.value: found[OutboxState.WAITING] for kind, found in counts.items()}},
    )
    return counts


def record_hold(uow: UnitOfWork, *, agency: Agency, mails: int, day: date) -> None:
    """A run above the agency's limit is told in the audit trail."""
    audit.record(
        uow, actor=None, action="notices:held", agency_id=agency.id,
        details={"mails": mails, "limit": agency.run_limit, "day": day.isoformat()},
    )


def _stale_of(session: Session, rows: Sequence[OutboxRow], *, agency: Agency, day: date) -> set[int]:
    ids = {row.project_id for row in rows if row.project_id is not None}
    cases = queries.some(session, project_ids=sorted(ids))
    return {row_id for case in cases for row_id in _plan(case, agency=agency, day=day).stale}


def _terms(agency: Agency) -> Terms:
    return Terms(
        calendar=calendar.calendar(country=agency.country, extra=agency.extra_holidays), days=agency.notice_days,
        notices_from=agency.notices_from,
    )


def _plan(case: Case, *, agency: Agency, day: date) -> _Plan:
    """The whole decision about one project: from facts, people and rows to what is to be written."""
    terms, plan = _terms(agency), _Plan(case=case)
    facts = Facts(
        today=day, start_date=case.start_date, end_date=case.end_date, grant_state=case.grant_state,
        report_handed_in_on=case.report_handed_in_on,
    )
    standing = Standing(
        facts=facts, status=case.status, due_on=case.due_on,
        results_required=projects.results_required(
            action=case.action, override=case.results_required_override, grant_state=case.grant_state
        ),
        status_since=clock.day_of(case.status_since_at, time_zone=agency.time_zone),
        round=f"{case.status_since_at:%Y%m%d%H%M%S}",
    )
    _withdraw(plan, called_for=notices.standing(standing, terms=terms))
    if not projects.submittable(facts):
        plan.lapsed = [row for row in _invitations(case) if row.params.get("end_date") != _iso(case.end_date)]
    for notice in notices.due_today(standing, terms=terms):
        _draft(plan, notice, generation=_generation(plan, notice))
    if case.grant_state is not projects.GrantState.CANCELLED:
        _draft_access(plan, agency=agency, terms=terms, day=day)
    return plan


def _withdraw(plan: _Plan, *, called_for: list[Notice]) -> None:
    """What waits, and whose date, reason or reader is gone."""
    case = plan.case
    wanted = {(notice.mail, notice.reckoned_from) for notice in called_for}
    readers = {person.user_id for person in (*case.people, *case.responsible)}
    accesses = {person.access_id for person in case.people}
    is_cancelled = case.grant_state is projects.GrantState.CANCELLED
    for row in case.written:
        if row.state not in queries.WAITS:
            continue
        anchor = row.params.get("reckoned_from")
        if anchor is None and row.kind is not Mail.ACCESS:
            continue  # somebody sent it by hand
        if row.kind is Mail.ACCESS:
            is_moved = anchor not in (None, notices.GRANTED, _iso(case.start_date))
            is_stale = row.params.get("access_id") not in accesses or (anchor is not None and is_cancelled) or is_moved
        else:
            is_stale = (row.kind, anchor) not in wanted or row.user_id not in readers
        if is_stale:
            plan.stale.append(row.row_id)


def _invitations(case: Case) -> list[Written]:
    """The invitation that counts as the one; rows that wait are withdrawn instead of lapsing."""
    return [
        row for row in case.written
        if row.kind is Mail.INVITATION and not row.params.get("lapsed_on") and row.state is not OutboxState.WITHDRAWN
        and row.state not in queries.WAITS
    ]


def _generation(plan: _Plan, notice: Notice) -> int:
    """How many invitations lapsed before this one."""
    if notice.mail is not Mail.INVITATION:
        return 0
    rows = [row for row in plan.case.written if row.kind is Mail.INVITATION and row.params.get("lapsed_on")]
    return len({(row.params.get("reckoned_from"), row.params["lapsed_on"]) for row in rows})


def _draft(plan: _Plan, notice: Notice, *, generation: int) -> None:
    """The mails of one notice, unless it was written before: who gets access later was told by the access mail."""
    case = plan.case
    gone = {*plan.stale, *(row.row_id for row in plan.lapsed)}
    mine = [
        row for row in case.written
        if row.kind is notice.mail and row.row_id not in gone and row.state is not OutboxState.WITHDRAWN
        and not row.params.get("lapsed_on")
        and (notice.mail is Mail.INVITATION or row.params.get("reckoned_from") == notice.reckoned_from)
    ]
    if mine:
        return
    readers = {person.email: person for person in case.people}
    copies: set[str] = set()
    if notice.mail is Mail.OVERDUE and readers:
        copies = {person.email for person in case.responsible} - readers.keys()
        readers |= {person.email: person for person in case.responsible if person.email in copies}
    anchor = notice.reckoned_from + (f"#{generation}" if generation else "")
    for person in readers.values():
        params: dict[str, object] = {
            "reckoned_from": notice.reckoned_from, "due_on": notice.due.isoformat(), "end_date": _iso(case.end_date),
        }
        if person.email in copies:
            params["is_copy"] = True
        _add(plan, notice, person=person, key=f"{case.project_id}:{anchor}", params=params)


def _draft_access(plan: _Plan, *, agency: Agency, terms: Terms, day: date) -> None:
    """For whoever an import gave access: the mail about it, unless there is one."""
    case = plan.case
    gone = set(plan.stale)
    for person in case.people:
        if person.granted_at is None:
            continue
        granted_on = clock.day_of(person.granted_at, time_zone=agency.time_zone)
        notice = notices.access_notice(start_date=case.start_date, granted_on=granted_on, terms=terms)
        done = any(
            row.kind is Mail.ACCESS and row.params.get("access_id") == person.access_id and row.row_id not in gone
            and row.state is not OutboxState.WITHDRAWN
            and (row.state is not OutboxState.SUPPRESSED or row.params.get("reckoned_from") == notice.reckoned_from)
            for row in case.written
        )
        if notice.due <= day and not done:
            _add(
                plan, notice, person=person, key=f"{case.project_id}:{notice.reckoned_from}:{person.access_id}",
                params={"reckoned_from": notice.reckoned_from, "access_id": person.access_id},
            )


def _add(plan: _Plan, notice: Notice, *, person: Person, key: str, params: dict[str, object]) -> None:
    full = outbox.full_key(kind=notice.mail, key=key, email=person.email)
    before = next((row for row in plan.case.written if row.key == full), None)
    plan.drafts.append(_Draft(
        kind=notice.mail, key=full, to=person, params=params, is_suppressed=notice.is_suppressed,
        row_id=before.row_id if before else None,
    ))


def _close(uow: UnitOfWork, *, plan: _Plan, day: date) -> None:
    """Withdraw and let lapse; what a draft brings back is written after it."""
    if plan.stale:
        uow.session.execute(
            update(OutboxRow)
            .where(OutboxRow.id.in_(plan.stale), OutboxRow.state.in_(queries.WAITS))
            .values(state=OutboxState.WITHDRAWN)
        )
    for row in uow.session.scalars(queries.rows([row.row_id for row in plan.lapsed])) if plan.lapsed else ():
        row.params = {**row.params, "lapsed_on": day.isoformat()}


def _write(
    uow: UnitOfWork, *, draft: _Draft, agency: Agency, project_id: int, state: OutboxState
) -> OutboxRow:
    to = _recipient(draft.to, agency)
    row = uow.session.get(OutboxRow, draft.row_id) if draft.row_id is not None else None
    if row is None:
        row = OutboxRow(key=draft.key, kind=draft.kind, agency_id=agency.id, project_id=project_id, created_at=uow.now)
        uow.session.add(row)
    row.to, row.language, row.user_id = to.email, to.language, to.user_id
    row.params, row.state, row.due_at, row.attempts = draft.params, state, uow.now, 0
    return row


def _recipient(person: Person, agency: Agency) -> Recipient:
    return Recipient(email=person.email, language=person.language or agency.language, user_id=person.user_id)


def _is_news(case: Case, *, before: date | None, agency: Agency) -> bool:
    """A correction in the past of the agency's notices, or of a cancelled project, is told to nobody."""
    if case.grant_state is projects.GrantState.CANCELLED or before == case.end_date:
        return False
    return any(day is not None and day >= agency.notices_from for day in (before, case.end_date))


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
