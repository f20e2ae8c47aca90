"""Bearer tokens of an agency's own systems: hashed, scoped, revocable (issue of the gate)."""

import hashlib
import secrets
from enum import StrEnum

from sqlalchemy import select

from backoffice.domain import text
from backoffice.domain.errors import N_, Forbidden, NotFound, Refused
from backoffice.domain.permissions import Actor, Permission
from backoffice.models import Agency, ApiToken
from backoffice.services import acts, audit
from backoffice.services.uow import UnitOfWork

NAME_MAX = 100  # characters


class Scope(StrEnum):
    GATE_READ = "gate:read"
    REPORT_WRITE = "report:write"


def digest(token: str) -> str:
    """What is kept of a token. It is random and long, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def create(
    uow: UnitOfWork,
    *,
    actor: Actor | None,
    agency: Agency,
    name: str,
    scopes: tuple[Scope, ...],
    token: str | None = None,
    act_key: str = "",
) -> str:
    """A new token, shown this once. `token` is given by the demo only; `actor` None is the command line."""
    if actor is not None:
        if acts.outcome(uow, actor=actor, key=act_key) is not None:
            raise Refused(
                N_("The token was made already and is shown no second time. Revoke it and make another one."),
                code="already",
            )
        _check(actor, agency_id=agency.id)
    name = text.clean_line(name)[:NAME_MAX]
    if not name:
        raise Refused(N_("The name is missing."), field="name", code="required")
    if not scopes:
        raise Refused(N_("Name at least one scope."), field="scope", code="required")
    token = token or secrets.token_urlsafe(32)
    row = ApiToken(
        agency_id=agency.id, name=name, digest=digest(token), scopes=[scope.value for scope in scopes],
        created_at=uow.now,
    )
    uow.session.add(row)
    uow.session.flush()
    audit.record(
        uow, actor=actor, action="token:created", agency_id=agency.id, subject=f"token:{row.id}",
        details={"name": name, "scopes": row.scopes},
    )
    if actor is not None:
        acts.remember(uow, actor=actor, key=act_key, outcome=str(row.id))
    return token


def revoke(uow: UnitOfWork, *, actor: Actor | None, token_id: int, agency_id: int | None = None) -> ApiToken:
    """From now on the token opens nothing. `agency_id` limits the reach to one agency."""
    if actor is not None:
        _check(actor, agency_id=agency_id)
    query = select(ApiToken).where(ApiToken.id == token_id, ApiToken.revoked_at.is_(None)).with_for_update()
    row = uow.session.scalar(query if agency_id is None else query.where(ApiToken.agency_id == agency_id))
    if row is None:
        raise NotFound(N_("There is no such token, or it was revoked already."))
    row.revoked_at = uow.now
    audit.record(
        uow, actor=actor, action="token:revoked", agency_id=row.agency_id, subject=f"token:{row.id}",
        details={"name": row.name},
    )
    return row


def used(uow: UnitOfWork, *, token_id: int) -> None:
    """Remember the last use: one of the few writes that a GET may cause (DESIGN §3)."""
    row = uow.session.get(ApiToken, token_id)
    if row is not None:
        row.last_used_at = uow.now


def _check(actor: Actor, *, agency_id: int | None) -> None:
    """An admin, for the own agency."""
    if not actor.can(Permission.TOKEN_MANAGE) or actor.agency_id != agency_id:
        raise Forbidden(N_("Your role does not allow this."))
