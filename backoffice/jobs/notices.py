"""The run of the dated notices (DOMAIN §7): each agency by its own day, in batches with short locks.

A look over all projects counts first, since a run above the agency's limit is held as a whole.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.notices import OutboxState
from backoffice.jobs import pulse
from backoffice.models import Agency
from backoffice.queries import agencies
from backoffice.services import notices
from backoffice.services.notices import Counts
from backoffice.services.uow import unit_of_work

BATCH = 200  # projects of one unit of work
MORNING = timedelta(hours=6)  # after the agency's midnight; nobody is reminded of anything at midnight


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    """What a run of one agency has to do."""

    day: date
    project_ids: Sequence[int]
    is_held: bool


def run(*, on: date | None = None, is_now: bool = False, held_because: str = "") -> Counts:
    """Write what is due; `on` reckons as on that day. `is_now`: a person asked, the morning need not come first.
    `held_because`: all of it waits for an admin's word, for this reason."""
    total: Counts = {}
    agency_ids = [agency.id for agency in db.session.scalars(agencies.in_order())]
    for agency_id in agency_ids:
        due = _look(agency_id, on=on, is_now=is_now or on is not None)
        for start in range(0, len(due.project_ids), BATCH):
            with unit_of_work() as uow:
                counts = notices.arm(
                    uow, agency=uow.session.get_one(Agency, agency_id), day=due.day,
                    is_held=due.is_held or bool(held_because), why_held=held_because,
                    project_ids=due.project_ids[start:start + BATCH],
                )
            _add(total, counts)
    pulse.note("notices")
    return total


def release() -> Counts:
    """Let the held runs of every agency go."""
    total: Counts = {}
    with unit_of_work() as uow:
        for agency in uow.session.scalars(agencies.in_order()).all():
            _add(total, notices.release(uow, actor=None, agency=agency))
    return total


def _look(agency_id: int, *, on: date | None, is_now: bool) -> _Due:
    """Which projects have something to be done, and whether the run is above the agency's limit."""
    session, now = db.session(), clock.now()
    agency = session.get_one(Agency, agency_id)
    day = on or notices.today(agency, now=now)
    ids: list[int] = []
    mails, after_id = 0, 0
    is_morning = is_now or now >= clock.start_of(day, time_zone=agency.time_zone) + MORNING
    while is_morning:
        page = notices.look(session, agency=agency, day=day, after_id=after_id)
        ids += page.project_ids
        mails += page.mails
        if page.last_id is None:
            break
        after_id = page.last_id
    is_held = mails > agency.run_limit
    session.rollback()  # the look holds nothing up
    if is_held:
        with unit_of_work() as uow:
            notices.record_hold(uow, agency=uow.session.get_one(Agency, agency_id), mails=mails, day=day)
    return _Due(day=day, project_ids=ids, is_held=is_held)


def _add(total: Counts, counts: Counts) -> None:
    for kind, found in counts.items():
        total.setdefault(kind, Counter[OutboxState]()).update(found)
