"""The sweep of what has been kept long enough (DOMAIN §10), with its numbers; each batch in its own transaction."""

from collections import Counter
from collections.abc import Callable
from typing import cast

from flask import current_app

from backoffice.db import db
from backoffice.domain.retention import Kept
from backoffice.models import Agency
from backoffice.queries import agencies
from backoffice.services import drafts, import_runs, retention
from backoffice.services.uow import UnitOfWork, unit_of_work
from backoffice.storage.store import Store


def run() -> dict[str, int]:
    """How much of each kind went, over all agencies."""
    total = Counter[Kept]()
    total[Kept.SIGN_INS] = _all(retention.sign_ins)
    _all(drafts.sweep)
    _all(import_runs.forget)
    ids = [agency.id for agency in db.session.scalars(agencies.in_order())]
    db.session.rollback()
    for agency_id in ids:
        total += _of_agency(agency_id)
    return {kept.value: total[kept] for kept in Kept}


def _of_agency(agency_id: int) -> Counter[Kept]:
    counts = Counter[Kept]({
        Kept.MAILS: _all(lambda uow: retention.mails(uow, agency=uow.session.get_one(Agency, agency_id))),
        Kept.LOST_MAILS: _all(lambda uow: retention.lost_mails(uow, agency=uow.session.get_one(Agency, agency_id))),
        Kept.TICKETS: _tickets(agency_id),
        Kept.PEOPLE: _all(lambda uow: retention.people(uow, agency=uow.session.get_one(Agency, agency_id))),
    })
    if counts.total():
        with unit_of_work() as uow:
            retention.record(uow, agency=uow.session.get_one(Agency, agency_id), counts=counts)
    return counts


def _all(step: Callable[[UnitOfWork], int]) -> int:
    """Batch after batch, until one finds nothing."""
    total = 0
    while True:
        with unit_of_work() as uow:
            count = step(uow)
        if not count:
            return total
        total += count


def _tickets(agency_id: int) -> int:
    total, store = 0, cast(Store, current_app.extensions["store"])
    while True:
        with unit_of_work() as uow:
            count, keys = retention.tickets(uow, agency=uow.session.get_one(Agency, agency_id))
        for key in keys:
            store.delete(key)
        if not count:
            return total
        total += count
