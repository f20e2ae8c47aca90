"""Bearer tokens of an agency's own systems, as an admin sees them."""

from sqlalchemy import ColumnElement, Select, false, select
from sqlalchemy.orm import InstrumentedAttribute

from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.text import parse_search
from backoffice.models import ApiToken

LIST_ORDER: tuple[InstrumentedAttribute[int]] = (ApiToken.id,)


def scope(actor: Actor) -> ColumnElement[bool]:
    """Tokens of the own agency."""
    return ApiToken.agency_id == actor.agency_id if actor.can(Permission.TOKEN_MANAGE) else false()


def listed(actor: Actor, *, search: str = "", is_in_force: bool | None = None) -> Select[ApiToken]:
    """To be ordered by LIST_ORDER."""
    query = select(ApiToken).where(scope(actor))
    for word in parse_search(search).words:
        query = query.where(ApiToken.name_key.contains(word, autoescape=True))
    if is_in_force is not None:
        query = query.where(ApiToken.revoked_at.is_(None) if is_in_force else ApiToken.revoked_at.is_not(None))
    return query


def in_force(digest: str) -> Select[ApiToken]:
    """The token with this digest, unless it was revoked."""
    return select(ApiToken).where(ApiToken.digest == digest, ApiToken.revoked_at.is_(None))
