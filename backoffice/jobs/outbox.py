"""Mails leave in three steps: claim the row, act outside any transaction, record (DESIGN §3). At least once: a mail
that went although its record was lost goes again under the same Message-ID."""

import logging
from datetime import datetime
from enum import StrEnum

from flask import Flask, current_app

from backoffice.config import Settings
from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.notices import Mail
from backoffice.jobs import pulse
from backoffice.mail import compose, facts, sender
from backoffice.mail.sender import Away, Deferred, Post, Rejected
from backoffice.models import OutboxRow
from backoffice.queries import outbox as queries
from backoffice.services import contact_links, deliveries, outbox, signin
from backoffice.services.outbox import Claim
from backoffice.services.uow import UnitOfWork, unit_of_work

log = logging.getLogger(__name__)


class Outcome(StrEnum):
    """What became of one row in this round."""

    NOT_DUE = "not due"  # sent already, withdrawn, or a colleague's
    SENT = "sent"
    NOT_SENT = "not sent"
    AWAY = "away"  # the mail server is: the others would fare no better


def deliver(row_id: int) -> None:
    """Send one mail; woken after the commit that wrote it."""
    with sender.open_post(_app()) as post:
        _deliver(row_id, post)


def sweep() -> list[int]:
    """Send all that is due, in its own loop, over one connection; gives the ids that were tried. It enqueues nothing,
    so that a queue without a worker does not grow."""
    tried: list[int] = []
    with sender.open_post(_app()) as post:
        while ids := _due(without=set(tried)):
            for row_id in ids:
                tried.append(row_id)
                if _deliver(row_id, post) is Outcome.AWAY:
                    return tried
    pulse.note("mails")
    return tried


def due_since(*, since: datetime, now: datetime) -> list[int]:
    """What has just become due."""
    ids = list(db.session.scalars(queries.due(now=now).where(OutboxRow.due_at > since)))
    db.session.rollback()
    return ids


def _due(*, without: set[int]) -> list[int]:
    ids = [row_id for row_id in db.session.scalars(queries.due(now=clock.now())) if row_id not in without]
    db.session.rollback()
    return ids


def _deliver(row_id: int, post: Post) -> Outcome:
    with unit_of_work() as uow:
        claim = outbox.claim(uow, row_id=row_id)
        token = _token(uow, claim) if claim else None
    if claim is None:
        return Outcome.NOT_DUE
    try:
        return _send(claim, post, token=token)
    except Exception as error:
        log.exception("mail %s could not be made", claim.row_id)
        return _failed(claim, cause=f"a fault of ours: {type(error).__name__}")


def _send(claim: Claim, post: Post, *, token: str | None) -> Outcome:
    settings: Settings = current_app.config["SETTINGS"]
    try:
        message = compose.compose(db.session(), claim, settings=settings, now=clock.now(), token=token)
    except facts.Outdated as reason:
        with unit_of_work() as uow:
            outbox.outdated(uow, claim=claim, cause=str(reason))
        return Outcome.NOT_SENT
    finally:
        db.session.rollback()  # nothing is held while the mail server takes its time
    try:
        post.send(message, row_id=claim.row_id)
    except Rejected as error:
        return _failed(claim, cause=str(error), is_final=True, is_address=error.is_address)
    except Deferred as error:
        return _failed(claim, cause=str(error))
    except Away as error:
        log.warning("no mail can be sent: %s", error)
        _failed(claim, cause=str(error))
        return Outcome.AWAY
    kept = message.without(token)
    with unit_of_work() as uow:
        outbox.sent(uow, claim=claim, subject=kept.subject, body=kept.text)
    return Outcome.SENT


def _token(uow: UnitOfWork, claim: Claim) -> str | None:
    """The one-time link of this mail, made with the claim: only its digest is kept, so every attempt has its own."""
    if claim.kind in (Mail.CONTACT_PUBLIC, Mail.CONTACT_HIDDEN):
        return contact_links.issue(uow, contact_id=int(claim.params.get("contact_id") or 0))
    settings: Settings = current_app.config["SETTINGS"]
    user_id = compose.link_holder(uow.session, claim, staff_only=settings.is_oidc_set)
    return signin.issue_link(uow, user_id=user_id) if user_id is not None else None


def _failed(claim: Claim, *, cause: str, is_final: bool = False, is_address: bool = False) -> Outcome:
    with unit_of_work() as uow:
        deliveries.failed(uow, claim=claim, cause=cause, is_final=is_final, is_refused_address=is_address)
    return Outcome.NOT_SENT


def _app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return]
