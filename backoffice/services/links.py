"""The check of addresses: asked when one is entered or submitted, and monthly; the outcome stays with its date."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import delete

from backoffice.domain.links import AGAIN, EVERY, LATER, LinkState
from backoffice.models import LinkCheck, Project
from backoffice.queries import links as queries
from backoffice.services.uow import UnitOfWork

LEASE = timedelta(minutes=5)
FRESH = timedelta(hours=1)  # what was asked so lately is not asked again


def want(uow: UnitOfWork, *, urls: Collection[str]) -> None:
    """Have these addresses asked soon, by a worker: nobody waits for them."""
    wanted = sorted({url for url in urls if url})
    known = queries.of_urls(uow.session, wanted)
    rows = []
    for url in wanted:
        row = known.get(url)
        if row is None:
            row = LinkCheck(digest=queries.digest(url), url=url, due_at=uow.now)
            uow.session.add(row)
        elif row.checked_at is not None and row.checked_at > uow.now - FRESH:
            continue
        row.due_at = uow.now
        rows.append(row)
    uow.session.flush()
    uow.links.extend(row.id for row in rows)


def want_all_of(uow: UnitOfWork, *, project: Project) -> None:
    """Every address of a project: what is submitted is looked at."""
    want(uow, urls=[project.website, *(result.link for result in project.results)])


def claim(uow: UnitOfWork, *, check_id: int) -> str | None:
    """The address of a check that is due; None when another worker has it."""
    row = uow.session.scalar(queries.claimable(check_id, now=uow.now))
    if row is None:
        return None
    row.due_at = uow.now + LEASE
    return row.url


def record(uow: UnitOfWork, *, check_id: int, state: LinkState, leads_to: str, cause: str) -> None:
    """What was found; the day from which it is so stays while it stays so."""
    row = uow.session.get(LinkCheck, check_id)
    if row is None:
        return
    if row.state is not state:
        row.state, row.since_at = state, uow.now
    row.leads_to, row.cause, row.checked_at = leads_to, cause[:200], uow.now
    row.due_at = uow.now + (EVERY if state is LinkState.ALIVE else AGAIN)


def postpone(uow: UnitOfWork, *, check_id: int) -> None:
    """Our own network is away: that is no word about the address."""
    row = uow.session.get(LinkCheck, check_id)
    if row is not None:
        row.due_at = uow.now + LATER


def tidy(uow: UnitOfWork, *, limit: int) -> tuple[int, int]:
    """Rows for addresses that came by an import; none for those that nobody names any more."""
    gone = uow.session.scalars(queries.unused(limit=limit)).all()
    uow.session.execute(delete(LinkCheck).where(LinkCheck.id.in_(gone)))
    new = uow.session.scalars(queries.unknown(limit=limit)).all()
    known = set(queries.of_urls(uow.session, new))
    fresh = [url for url in dict.fromkeys(new) if url not in known]
    uow.session.add_all(LinkCheck(digest=queries.digest(url), url=url, due_at=uow.now) for url in fresh)
    return len(fresh), len(gone)
