"""Addresses that are in use, and what was found behind them."""

import hashlib
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, exists, select, union
from sqlalchemy.orm import Session

from backoffice.domain.links import TROUBLE
from backoffice.models import LinkCheck, Project, Result


def digest(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()


def of_urls(session: Session, urls: Collection[str]) -> dict[str, LinkCheck]:
    """Address → what was found, where it was asked."""
    keys = {digest(url) for url in urls if url}
    if not keys:
        return {}
    query = select(LinkCheck).where(LinkCheck.digest.in_(keys)).order_by(LinkCheck.id)
    return {row.url: row for row in session.scalars(query)}


def trouble(session: Session, url: str) -> LinkCheck | None:
    """What is wrong with an address, as far as it is known."""
    row = of_urls(session, [url]).get(url)
    return row if row is not None and row.state in TROUBLE else None


def in_use() -> Select[str]:
    """Websites of projects and links of results, each once."""
    websites = select(Project.website).where(Project.website != "")
    links = select(Result.link).where(Result.link != "", Result.deleted_at.is_(None))
    used = union(websites, links).subquery()
    return select(used.c[0])


def unknown(*, limit: int) -> Select[str]:
    """Addresses in use that nobody has asked yet."""
    used = in_use().subquery()
    return select(used.c[0]).where(~exists().where(LinkCheck.url == used.c[0])).limit(limit)


def unused(*, limit: int) -> Select[int]:
    """Rows whose address nobody names any more."""
    return (
        select(LinkCheck.id)
        .where(
            ~exists().where(Project.website == LinkCheck.url),
            ~exists().where(Result.link == LinkCheck.url, Result.deleted_at.is_(None)),
        )
        .order_by(LinkCheck.id)
        .limit(limit)
    )


def due(*, now: datetime, limit: int) -> Select[int]:
    return (
        select(LinkCheck.id).where(LinkCheck.due_at <= now).order_by(LinkCheck.due_at, LinkCheck.id).limit(limit)
    )


def claimable(check_id: int, *, now: datetime) -> Select[LinkCheck]:
    """A check that is due, for its claim."""
    return (
        select(LinkCheck)
        .where(LinkCheck.id == check_id, LinkCheck.due_at <= now)
        .with_for_update(skip_locked=True)
    )
