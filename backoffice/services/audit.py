"""Who did what: written in the transaction of the act itself."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from backoffice.domain.permissions import Actor
from backoffice.models import AuditEvent, AuditPersonal
from backoffice.queries.audit_chain import personal_digest
from backoffice.services.uow import UnitOfWork


def record(
    uow: UnitOfWork,
    *,
    actor: Actor | None,
    action: str,
    agency_id: int | None,
    project_id: int | None = None,
    subject: str = "",
    details: Mapping[str, object] | None = None,
    personal: Mapping[str, str] | None = None,
    person_id: int | None = None,
) -> AuditEvent:
    """Add an event. `actor` None is the system. `personal` values go to their own table, the event keeps digests
    (DOMAIN §10); `person_id` is the user whom they are about."""
    entry = Entry(
        action=action, agency_id=agency_id, project_id=project_id, subject=subject, details=details or {},
        personal={name: (value, person_id) for name, value in (personal or {}).items()},
    )
    return record_many(uow, actor=actor, entries=[entry])[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An event to be recorded. `personal`: field → its value and the user whom it is about."""

    action: str
    agency_id: int | None
    project_id: int | None = None
    subject: str = ""
    details: Mapping[str, object] = field(default_factory=dict)
    personal: Mapping[str, tuple[str, int | None]] = field(default_factory=dict)


def record_many(uow: UnitOfWork, *, actor: Actor | None, entries: Sequence[Entry]) -> list[AuditEvent]:
    """Add many events in two steps to the database, however many they are."""
    salts = [{name: secrets.token_hex(8) for name in entry.personal} for entry in entries]
    events = [
        _event(uow, actor=actor, entry=entry, salts=own) for entry, own in zip(entries, salts, strict=True)
    ]
    uow.session.add_all(events)
    if any(entry.personal for entry in entries):
        uow.session.flush()  # numbers the events
        uow.session.add_all(
            AuditPersonal(event_id=event.id, field=name, value=value, user_id=user_id, salt=own[name])
            for event, entry, own in zip(events, entries, salts, strict=True)
            for name, (value, user_id) in entry.personal.items()
        )
    return events


def _event(uow: UnitOfWork, *, actor: Actor | None, entry: Entry, salts: Mapping[str, str]) -> AuditEvent:
    shown = dict(entry.details)
    if uow.ticket is not None:
        shown.setdefault("ticket", uow.ticket)
    for name, (value, _) in entry.personal.items():
        shown[f"{name}_digest"] = personal_digest(field=name, value=value, salt=salts[name])
    return AuditEvent(
        at=uow.now,
        actor_id=actor.user_id if actor else None,
        actor_role=actor.role.value if actor else "",
        agency_id=entry.agency_id,
        project_id=entry.project_id,
        action=entry.action,
        subject=entry.subject,
        details=shown,
    )
