"""The chain over the audit trail: each seal covers its event and the seal before, so that a change, a gap or a swap
shows (DOMAIN §10). Persons' values are outside of it: erasing them leaves the chain whole."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from backoffice.models import AuditEvent, AuditPersonal, AuditSeal

FIRST = ""  # what the first seal follows
PAGE = 5_000


def personal_digest(*, field: str, value: str, salt: str) -> str:
    """What an event keeps of a personal value. Without the salt, which goes with the value, it tells nothing."""
    return hashlib.sha256(f"{field}:{salt}:{value}".encode()).hexdigest()[:16]


def seal_digest(event: AuditEvent, *, before: str) -> str:
    """Over all that the event says, and the seal before."""
    told = json.dumps(
        [
            event.id, event.at.isoformat(), event.actor_id, event.actor_role, event.agency_id, event.project_id,
            event.action, event.subject, event.details,
        ],
        ensure_ascii=False, sort_keys=True, separators=(",", ":"),
    )
    return hashlib.sha256(f"{before}\n{told}".encode()).hexdigest()


def last_seal() -> Select[AuditSeal]:
    return select(AuditSeal).order_by(AuditSeal.number.desc()).limit(1)


def unsealed(*, after_id: int = 0, limit: int = PAGE) -> Select[AuditEvent]:
    """Events that no seal covers yet, the oldest first."""
    return (
        select(AuditEvent)
        .outerjoin(AuditSeal, AuditSeal.event_id == AuditEvent.id)
        .where(AuditSeal.number.is_(None), AuditEvent.id > after_id)
        .order_by(AuditEvent.id)
        .limit(limit)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A place where the trail is not what was sealed."""

    event_id: int
    why: str


@dataclass(slots=True, kw_only=True)
class Verification:
    """What a look over the whole chain found. `head` is worth noting elsewhere: with it a cut end shows, too."""

    checked: int = 0
    unsealed: int = 0
    head: str = ""
    broken: list[Broken] = field(default_factory=list)


def verify(session: Session) -> Verification:
    """Walk the chain from its first seal; memory stays flat, however long it is."""
    found, before, number = Verification(), FIRST, 0
    for page in _pages(session):
        personal = _personal(session, {event.id for _seal, event in page})
        for seal, event in page:
            if seal.number != number + 1:
                found.broken.append(Broken(event_id=event.id, why="seals before it are missing"))
            elif seal.digest != seal_digest(event, before=before):
                found.broken.append(Broken(event_id=event.id, why="it is not what was sealed"))
            for row in personal.get(event.id, ()):
                kept = personal_digest(field=row.field, value=row.value, salt=row.salt)
                if event.details.get(f"{row.field}_digest") != kept:
                    found.broken.append(Broken(event_id=event.id, why=f"its value of {row.field} was changed"))
            found.checked += 1
            number, before = seal.number, seal.digest
        session.expunge_all()
    total = session.scalar(select(func.count()).select_from(AuditEvent)) or 0
    found.unsealed, found.head = total - found.checked, before
    return found


def _pages(session: Session) -> Iterator[list[tuple[AuditSeal, AuditEvent]]]:
    number = 0
    while True:
        rows = session.execute(
            select(AuditSeal, AuditEvent)
            .join(AuditEvent, AuditEvent.id == AuditSeal.event_id)
            .where(AuditSeal.number > number)
            .order_by(AuditSeal.number)
            .limit(PAGE)
        ).all()
        if not rows:
            return
        number = rows[-1][0].number
        yield [(seal, event) for seal, event in rows]


def _personal(session: Session, event_ids: set[int]) -> Mapping[int, list[AuditPersonal]]:
    found: dict[int, list[AuditPersonal]] = {}
    query = select(AuditPersonal).where(AuditPersonal.event_id.between(min(event_ids), max(event_ids)))
    for row in session.scalars(query.order_by(AuditPersonal.event_id, AuditPersonal.field)):
        if row.event_id in event_ids:
            found.setdefault(row.event_id, []).append(row)
    return found
