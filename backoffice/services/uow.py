"""The one transaction of a write (DESIGN §3)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from blinker import Signal
from sqlalchemy.orm import Session

from backoffice.db import WRITING, db
from backoffice.domain import clock

# Sent after the commit with what it leaves to be done; `jobs.queue` listens.
committed = Signal()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitOfWork:
    """The session, the one instant of this write, and what is to be woken after the commit."""

    session: Session
    now: datetime
    published: list[int] = field(default_factory=list)  # outbox ids that are due at once
    uploaded: list[int] = field(default_factory=list)  # ids of files that wait for the check
    links: list[int] = field(default_factory=list)  # ids of addresses that are to be asked
    imports: list[int] = field(default_factory=list)  # ids of import runs that wait
    ticket: int | None = None  # the number of the ticket for which all this is done: every audit event names it

    def because_of(self, ticket: int) -> "UnitOfWork":
        """The same unit of work, done for a ticket."""
        return replace(self, ticket=ticket)


@contextmanager
def unit_of_work(*, now: datetime | None = None) -> Iterator[UnitOfWork]:
    """Commit at the end, roll back on any exception; a write outside or a second one inside is a bug.

    `now` is given by the demo loader and by tests that live through time; else it is the clock's.
    """
    session: Session = db.session()
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("changes outside a unit of work")
    if session.info.get("writing"):
        raise RuntimeError("a unit of work inside another one")
    session.rollback()  # ends the read of the request: what is loaded from here on is current
    session.connection(execution_options=WRITING)
    uow = UnitOfWork(session=session, now=now or clock.now())
    session.info["writing"] = True
    session.info["now"] = uow.now  # for what follows from a change by itself (models/project.py)
    try:
        yield uow
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("writing", None)
        session.info.pop("now", None)
    if uow.published or uow.uploaded or uow.imports or uow.links:
        committed.send(uow)
