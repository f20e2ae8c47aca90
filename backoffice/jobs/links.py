"""Asks addresses whether they answer: claim, ask outside any transaction, record (DESIGN §3)."""

import logging
from time import monotonic

from flask import current_app

from backoffice.config import Settings
from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.links import is_for_show
from backoffice.queries import links as queries
from backoffice.services import links
from backoffice.services.uow import unit_of_work
from backoffice.storage import probe
from backoffice.storage.probe import IsPublic, NetworkAway

BATCH = 500
WITHIN_S = 600  # of one sweep; the next hour goes on
log = logging.getLogger(__name__)


def check(check_id: int) -> bool:
    """Ask one address that is due; False when our own network is away."""
    with unit_of_work() as uow:
        url = links.claim(uow, check_id=check_id)
    settings: Settings = current_app.config["SETTINGS"]
    if url is None or (settings.is_demo and is_for_show(url)):
        return True
    allowed: IsPublic = current_app.extensions.get("link_rule", probe.is_public)
    try:
        answer = probe.ask(url, allowed=allowed)
    except NetworkAway as trouble:
        log.warning("links are asked later, the network is away: %s", trouble)
        with unit_of_work() as uow:
            links.postpone(uow, check_id=check_id)
        return False
    with unit_of_work() as uow:
        links.record(
            uow, check_id=check_id, state=answer.state, leads_to=answer.leads_to, cause=answer.cause
        )
    return True


def sweep() -> int:
    """Everything that is due: monthly, and what could not be asked when it was entered. Gives the number asked."""
    with unit_of_work() as uow:
        links.tidy(uow, limit=BATCH)
    ids = list(db.session.scalars(queries.due(now=clock.now(), limit=BATCH)))
    db.session.rollback()
    until = monotonic() + WITHIN_S
    for number, check_id in enumerate(ids):
        if monotonic() > until or not check(check_id):
            return number
    return len(ids)
