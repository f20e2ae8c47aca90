"""Access: lets a person sign in and work on one project as coordinator (S3, DOMAIN §1, §2)."""

import hashlib
from enum import StrEnum

from backoffice.domain import text
from backoffice.domain.errors import N_, NotFound, Refused
from backoffice.domain.notices import Mail
from backoffice.domain.permissions import Actor, Permission, Role
from backoffice.models import Access, EndedAddress, Project, User
from backoffice.queries import contacts as queries
from backoffice.queries import identities as identity_queries
from backoffice.queries import users as user_queries
from backoffice.services import acts, audit, identities, outbox, people, projects
from backoffice.services.contacts import checked_email
from backoffice.services.uow import UnitOfWork


class Origin(StrEnum):
    """Who gave an access; an import takes away only what an import gave."""

    IMPORT = "import"
    COORDINATOR = "coordinator"
    STAFF = "staff"


def address_digest(*, project: Project, email: str) -> str:
    """How a project remembers an address that must not come back by import, without keeping the address."""
    return hashlib.sha256(f"{project.code}:{project.created_at.isoformat()}:{email}".encode()).hexdigest()


def grant(uow: UnitOfWork, *, actor: Actor, project_id: int, email: str, name: str = "") -> Access:
    """Give a person access and send the access mail at once; who has it already keeps it, without a second mail."""
    by_coordinator = actor.role is Role.COORDINATOR
    project = projects.lock(
        uow, actor=actor, project_id=project_id,
        permission=Permission.OWN_ACCESS if by_coordinator else Permission.ACCESS_GRANT,
    )
    row, is_new = ensure(
        uow, actor=actor, project=project, email=checked_email(email), name=name,
        origin=Origin.COORDINATOR if by_coordinator else Origin.STAFF,
    )
    ended = uow.session.get(EndedAddress, (project.id, address_digest(project=project, email=row.user.email)))
    if ended is not None:
        uow.session.delete(ended)
    if is_new:
        send_access(uow, project=project, access=row)
    return row


def ensure(
    uow: UnitOfWork, *, actor: Actor | None, project: Project, email: str, name: str, origin: Origin
) -> tuple[Access, bool]:
    """The person's active access to a locked project, made when it is not there; True when it is new. Mails nobody:
    an import leaves that to the dated notice. `email` is folded."""
    user = uow.session.scalar(user_queries.by_email(email))
    if user is None:
        user = User(email=email, name=text.clean_line(name)[:200], created_at=uow.now)
        uow.session.add(user)
        uow.session.flush()
    for row in uow.session.scalars(queries.active_accesses(project.id)):
        if row.user_id == user.id:
            return row, False
    row = Access(
        project_id=project.id, user_id=user.id, origin=origin.value, granted_at=uow.now,
        granted_by_id=actor.user_id if actor else None,
    )
    row.user = user
    uow.session.add(row)
    uow.session.flush()
    audit.record(
        uow, actor=actor, action="access:granted", agency_id=project.agency_id, project_id=project.id,
        subject=f"access:{row.id}", details={"origin": origin.value}, personal={"email": email}, person_id=user.id,
    )
    return row, True


def send_again(uow: UnitOfWork, *, actor: Actor, access_id: int) -> Access:
    """"Send access again": the mail with the way in, whatever became of the first one."""
    row = uow.session.scalar(queries.access_of(actor, access_id))
    if row is None:
        raise NotFound(N_("This access has ended already."))
    project = projects.lock(uow, actor=actor, project_id=row.project_id, permission=Permission.ACCESS_GRANT)
    outbox.publish(
        uow, kind=Mail.ACCESS, key=f"{project.id}:again:{row.id}:{uow.now.isoformat()}",
        to=people.recipient(row.user, project=project), agency_id=project.agency_id, project_id=project.id,
        params={"access_id": row.id},
    )
    audit.record(
        uow, actor=actor, action="access:sent-again", agency_id=project.agency_id, project_id=project.id,
        subject=f"access:{row.id}", personal={"email": row.user.email}, person_id=row.user_id,
    )
    return row


def send_access(uow: UnitOfWork, *, project: Project, access: Access) -> None:
    """The access mail, at once."""
    outbox.publish(
        uow, kind=Mail.ACCESS, key=f"{project.id}:grant:{access.id}",
        to=people.recipient(access.user, project=project), agency_id=project.agency_id, project_id=project.id,
        params={"access_id": access.id},
    )


def end(uow: UnitOfWork, *, actor: Actor, access_id: int, reason: str = "") -> None:
    """End a person's access: at once, everywhere. The last person cannot leave without naming another (DOMAIN)."""
    by_coordinator = actor.role is Role.COORDINATOR
    row = uow.session.scalar(queries.access_of(actor, access_id))
    if row is None:
        raise NotFound(N_("This access has ended already."))
    project = projects.lock(
        uow, actor=actor, project_id=row.project_id,
        permission=Permission.OWN_ACCESS if by_coordinator else Permission.ACCESS_GRANT,
    )
    active = uow.session.scalars(queries.active_accesses(project.id)).all()
    if by_coordinator and len(active) == 1:
        raise Refused(
            N_("You are the last person with access. Give access to somebody else first."), code="last-person"
        )
    reason = text.fit(text.clean(reason), limit="reason", field="reason")
    if not reason and not by_coordinator:  # whoever loses it to the agency is told why
        raise Refused(N_("Give a reason."), field="reason", code="reason-missing")
    close(uow, actor=actor, project=project, access=row, reason=reason)
    uow.session.merge(EndedAddress(
        project_id=project.id, digest=address_digest(project=project, email=row.user.email), at=uow.now
    ))
    outbox.publish(
        uow, kind=Mail.ACCESS_REVOKED, key=f"{project.id}:{row.id}",
        to=people.recipient(row.user, project=project), agency_id=project.agency_id, project_id=project.id,
        params={"access_id": row.id, "reason": reason},
    )


def hand_over(uow: UnitOfWork, *, actor: Actor, project_id: int, email: str, name: str = "") -> Access:
    """A coordinator leaves and somebody else goes on: both or neither. The audit names who gave and who ended it."""
    project = projects.lock(uow, actor=actor, project_id=project_id, permission=Permission.OWN_ACCESS)
    own = next(
        (row for row in uow.session.scalars(queries.active_accesses(project.id)) if row.user_id == actor.user_id), None
    )
    if own is None:
        raise NotFound(N_("This access has ended already."))
    if checked_email(email) == own.user.email:
        raise Refused(N_("This is your own address. Name your successor's."), field="email", code="own-address")
    successor = grant(uow, actor=actor, project_id=project.id, email=email, name=name)
    end(uow, actor=actor, access_id=own.id)
    return successor


def close(uow: UnitOfWork, *, actor: Actor | None, project: Project, access: Access, reason: str) -> None:
    """End the row of a locked project; sessions of the person end, the audit keeps both. Mails nobody."""
    access.ended_at, access.ended_reason = uow.now, reason
    access.ended_by_id = actor.user_id if actor else None
    access.user.session_epoch += 1
    audit.record(
        uow, actor=actor, action="access:ended", agency_id=project.agency_id, project_id=project.id,
        subject=f"access:{access.id}", details={"reason": reason}, personal={"email": access.user.email},
        person_id=access.user_id,
    )


def move(
    uow: UnitOfWork, *, actor: Actor, access_id: int, email: str, reason: str, act_key: str | None = None
) -> Access:
    """"Move access": staff's act when the line between a person, an address and an EU Login account broke.

    To another address: the access goes over to it, the former address is told and never comes back by import. To the
    same address: it stays, and the EU Login account that came with it so far is let go. Either way the next sign-in
    with the address is matched anew, with whatever account it comes, as long as the person has nothing else here.
    """
    done = acts.outcome(uow, actor=actor, key=act_key or "")
    if done is not None:
        return uow.session.get_one(Access, int(done))
    row = uow.session.scalar(queries.access_of(actor, access_id))
    if row is None:
        raise NotFound(N_("This access has ended already."))
    project = projects.lock(uow, actor=actor, project_id=row.project_id, permission=Permission.ACCESS_GRANT)
    reason = text.fit(text.clean(reason), limit="reason", field="reason")
    if not reason:
        raise Refused(N_("Say why, for the audit trail."), field="reason", code="missing")
    email, former = checked_email(email), row.user
    is_same = email == former.email
    if is_same and former.role is not None:
        raise Refused(
            N_("This person belongs to the staff: an admin lets the account go, under Users, by “Send a new link”."),
            field="email", code="staff",
        )
    has_more = uow.session.scalar(identity_queries.other_access(former.id, without=row.id)) is not None
    let_go = 0
    if is_same or (former.role is None and not has_more):
        let_go = identities.release(uow, actor=actor, user=former, reason=reason, agency_id=project.agency_id)
    if is_same and not let_go:
        raise Refused(
            N_("Nobody has come by EU Login with this address yet, so there is nothing to move. Give another address."),
            field="email", code="nothing-to-move",
        )
    moved = row if is_same else _hand_over(uow, actor=actor, project=project, row=row, email=email, reason=reason)
    audit.record(
        uow, actor=actor, action="access:moved", agency_id=project.agency_id, project_id=project.id,
        subject=f"access:{moved.id}", details={"reason": reason, "from": row.id, "to": moved.id},
        personal={"email": email, "former_email": former.email}, person_id=former.id,
    )
    acts.remember(uow, actor=actor, key=act_key or "", outcome=str(moved.id))
    return moved


def _hand_over(
    uow: UnitOfWork, *, actor: Actor, project: Project, row: Access, email: str, reason: str
) -> Access:
    """The access of a locked project to another address: given there first, ended here; both persons are told."""
    moved = grant(uow, actor=actor, project_id=project.id, email=email, name=row.user.name)
    end(uow, actor=actor, access_id=row.id, reason=reason)
    return moved
