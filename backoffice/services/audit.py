"""Who did what: written in the transaction of the act itself."""

import hashlib
from collections.abc import Mapping

from backoffice.domain.permissions import Actor
from backoffice.models import AuditEvent, AuditPersonal
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
    shown = dict(details or {})
    for name, value in (personal or {}).items():
        shown[f"{name}_digest"] = hashlib.sha256(f"{name}:{value}:{uow.now.isoformat()}".encode()).hexdigest()[:16]
    event = AuditEvent(
        at=uow.now,
        actor_id=actor.user_id if actor else None,
        actor_role=actor.role.value if actor else "",
        agency_id=agency_id,
        project_id=project_id,
        action=action,
        subject=subject,
        details=shown,
    )
    uow.session.add(event)
    if personal:
        uow.session.flush()
        uow.session.add_all(
            AuditPersonal(event_id=event.id, field=name, value=value, user_id=person_id)
            for name, value in personal.items()
        )
    return event
