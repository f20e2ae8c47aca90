"""The outbox: every mail is a row, written with the act that causes it (DOMAIN §7, DESIGN §3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from backoffice.domain.errors import N_, Forbidden, NotFound, Refused
from backoffice.domain.notices import DECISION_MAILS, Mail, OutboxState
from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.reviews import DECISION_MAIL_WAITS
from backoffice.models import OutboxRow
from backoffice.queries import outbox as queries
from backoffice.services import audit
from backoffice.services.uow import UnitOfWork

# A worker that died gives its row back after this. It doubles with each attempt up to the most, so that a mail server
# that is away over a weekend costs no mail: the last attempt comes after three days.
LEASE, LEASE_MOST = timedelta(minutes=5), timedelta(hours=4)
GIVE_UP_AFTER = 23  # attempts


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One person and the language in which they read."""

    email: str
    language: str
    user_id: int | None = None


def full_key(*, kind: Mail, key: str, email: str) -> str:
    """What makes a mail this very mail: its kind, the event, and the address."""
    return f"{kind.value}:{key}:{email}"[:250]


def publish(
    uow: UnitOfWork,
    *,
    kind: Mail,
    key: str,
    to: Recipient,
    agency_id: int | None,
    project_id: int | None = None,
    decision_id: int | None = None,
    params: Mapping[str, object] | None = None,
    due_at: datetime | None = None,
    state: OutboxState = OutboxState.WAITING,
) -> OutboxRow | None:
    """Write the row of one mail to one person; None when this very mail is already there (`key` and address).

    Mails about a decision wait 60 s for an undo.
    """
    named = full_key(kind=kind, key=key, email=to.email)
    if uow.session.scalar(queries.by_key(named)) is not None:
        return None
    wait = DECISION_MAIL_WAITS if kind in DECISION_MAILS else timedelta(0)
    row = OutboxRow(
        key=named, kind=kind, agency_id=agency_id, project_id=project_id, user_id=to.user_id,
        decision_id=decision_id, to=to.email, language=to.language, params=dict(params or {}), state=state,
        created_at=uow.now, due_at=due_at or uow.now + wait,
    )
    uow.session.add(row)
    uow.session.flush()
    if state is OutboxState.WAITING and row.due_at <= uow.now:
        uow.published.append(row.id)
    return row


def resend(uow: UnitOfWork, *, actor: Actor, row_id: int, is_address_checked: bool = False) -> OutboxRow:
    """The same mail once more, with the facts of now; what became of the first one stays as it is. One that waits or is
    held leaves by itself, so it is none to be sent again. Where mail came back, the address is looked at first."""
    row = uow.session.scalar(queries.one(actor, row_id))
    if row is None:
        raise NotFound(N_("There is no such mail."))
    if not actor.can(Permission.OUTBOX_RESEND):
        raise Forbidden(N_("Your role does not allow this."))
    if row.state in (OutboxState.WAITING, OutboxState.HELD):
        raise Refused(N_("This mail has not left yet."), code="not-left")
    came_back = queries.came_back(uow.session, [row.to]).get(row.to)
    if came_back is not None:
        if not is_address_checked:
            raise Refused(
                N_("Mail to this address comes back. Look whether it is right first."), field="is_checked",
                code="address-unchecked",
            )
        came_back.bounced_at = None  # it counts as good until mail comes back again
    again = publish(
        uow, kind=row.kind, key=f"again:{row.id}:{uow.now.isoformat()}",
        to=Recipient(email=row.to, language=row.language, user_id=row.user_id), agency_id=row.agency_id,
        project_id=row.project_id, decision_id=row.decision_id, params=row.params, due_at=uow.now,
    )
    if again is None:
        raise Refused(N_("A colleague did this already."), code="already")
    audit.record(
        uow, actor=actor, action="outbox:resent", agency_id=row.agency_id, project_id=row.project_id,
        subject=f"outbox:{again.id}", details={"kind": row.kind.value, "former": row.id},
        personal={"email": row.to}, person_id=row.user_id,
    )
    return again


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the job needs to render and send, as plain values."""

    row_id: int
    attempt: int
    kind: Mail
    to: str
    language: str
    agency_id: int | None
    project_id: int | None
    user_id: int | None
    params: dict[str, Any]


def lease(attempt: int) -> timedelta:
    """How long an attempt has, and how long the next one waits if it fails."""
    return min(LEASE * (1 << min(attempt - 1, 10)), LEASE_MOST)


def claim(uow: UnitOfWork, *, row_id: int) -> Claim | None:
    """Ours until the lease ends: the next due time moves, so a dead worker's row comes back by itself."""
    row = uow.session.scalar(queries.due_row(row_id, now=uow.now))
    if row is None:
        return None
    row.attempts += 1
    row.due_at = uow.now + lease(row.attempts)
    return Claim(
        row_id=row.id, attempt=row.attempts, kind=row.kind, to=row.to, language=row.language,
        agency_id=row.agency_id, project_id=row.project_id, user_id=row.user_id, params=dict(row.params),
    )


def sent(uow: UnitOfWork, *, claim: Claim, subject: str, body: str) -> None:
    """Record what went out, as it went out."""
    row = uow.session.get_one(OutboxRow, claim.row_id, with_for_update=True)
    row.state, row.sent_at, row.failure = OutboxState.SENT, uow.now, ""
    row.subject, row.body = subject, body


def failed(uow: UnitOfWork, *, claim: Claim, cause: str, is_final: bool) -> OutboxRow | None:
    """Keep the cause; the row comes due again by its lease. Gives the row when it is given up."""
    row = uow.session.get_one(OutboxRow, claim.row_id, with_for_update=True)
    row.failure = cause[:500]
    if not is_final and claim.attempt < GIVE_UP_AFTER:
        return None
    row.state = OutboxState.FAILED
    return row


def outdated(uow: UnitOfWork, *, claim: Claim, cause: str) -> None:
    """What the mail was about is no longer so: it goes to nobody."""
    row = uow.session.get_one(OutboxRow, claim.row_id, with_for_update=True)
    row.state, row.failure = OutboxState.WITHDRAWN, cause[:500]
