"""Members of the staff after they were created: a new link, and deactivation with an heir (DOMAIN §6)."""

from datetime import date

from sqlalchemy import select, update

from backoffice.domain import clock
from backoffice.domain.errors import N_, Forbidden, NotFound, Refused
from backoffice.domain.notices import Mail
from backoffice.domain.permissions import Actor, Permission, StaffRole
from backoffice.domain.tickets import TicketState
from backoffice.models import Agency, Project, ReviewClaim, Ticket, User
from backoffice.queries import users as queries
from backoffice.services import audit, identities, second_factor
from backoffice.services.uow import UnitOfWork
from backoffice.services.users import send_link


def reset(uow: UnitOfWork, *, actor: Actor, user_id: int) -> User:
    """A new one-time link to set a password; second factor and EU Login account fall, every session ends."""
    user = _locked(uow, actor=actor, user_id=user_id)
    if user.deactivated_at is not None:
        raise Refused(N_("This person was deactivated."), code="deactivated")
    second_factor.clear(uow, user=user)
    identities.release(uow, actor=actor, user=user, reason="", agency_id=user.agency_id)
    user.session_epoch += 1
    send_link(uow, user=user, kind=Mail.PASSWORD_LINK)
    _record(uow, actor=actor, user=user, action="user:reset")
    return user


def deactivate(uow: UnitOfWork, *, actor: Actor, user_id: int, heir_id: int | None) -> User:
    """Ends the sign-in at once. Projects and open tickets go to the heir, claims go back to the queue; the last
    agency admin stays."""
    user = _locked(uow, actor=actor, user_id=user_id)
    if user.deactivated_at is not None:
        return user
    if user.role is StaffRole.AGENCY_ADMIN and _admins(uow, agency_id=user.agency_id) == 1:
        raise Refused(N_("The last admin of the agency cannot be deactivated."), code="last-admin")
    leaves = queries.work_of(uow.session, user.id)
    heir = uow.session.scalar(queries.heirs(actor, user_id=user.id).where(User.id == heir_id)) if heir_id else None
    if leaves and heir is None:
        raise Refused(
            N_("Choose who takes over: %(projects)s projects and %(tickets)s open tickets."), field="heir",
            code="heir-missing", values={"projects": leaves.projects, "tickets": leaves.tickets},
        )
    if heir is not None:
        uow.session.execute(
            update(Project).where(Project.responsible_id == user.id).values(responsible_id=heir.id)
        )
        uow.session.execute(
            update(Ticket)
            .where(Ticket.assignee_id == user.id, Ticket.state != TicketState.CLOSED)
            .values(assignee_id=heir.id)
        )
    for claim in uow.session.scalars(select(ReviewClaim).where(ReviewClaim.user_id == user.id)):
        uow.session.delete(claim)
    user.deactivated_at = uow.now
    user.session_epoch += 1
    _record(uow, actor=actor, user=user, action="user:deactivated", heir_id=heir.id if heir else None)
    return user


def set_absence(
    uow: UnitOfWork, *, actor: Actor, user_id: int, until: date | None, stand_in_id: int | None
) -> User:
    """Away until a day: mails about one's projects go to the stand-in, who sees them as "My projects" meanwhile. One's
    own, or by an admin."""
    user = uow.session.scalar(select(User).where(User.id == user_id, queries.scope(actor)).with_for_update(of=User))
    if user is None:
        raise NotFound(N_("There is no such user."))
    if user.id != actor.user_id and not actor.can(Permission.USER_MANAGE):
        raise Forbidden(N_("Your role does not allow this."))
    agency = uow.session.get(Agency, user.agency_id) if user.agency_id else None
    if until is not None:
        if agency is not None and until < clock.day_of(uow.now, time_zone=agency.time_zone):
            raise Refused(N_("Choose today or a later day."), field="absent_until", code="past")
        found = queries.heirs(actor, user_id=user.id).where(User.id == stand_in_id)
        if stand_in_id is None or uow.session.scalar(found) is None:
            raise Refused(N_("Choose who stands in."), field="stand_in", code="missing")
    user.absent_until, user.stand_in_id = until, stand_in_id if until else None
    audit.record(
        uow, actor=actor, action="user:absence-set", agency_id=user.agency_id, subject=f"user:{user.id}",
        details={"until": until.isoformat() if until else "", "stand_in": user.stand_in_id}, person_id=user.id,
    )
    return user


def set_role(uow: UnitOfWork, *, actor: Actor, user_id: int, role: StaffRole) -> User:
    """Another role; every session ends, so that nothing is done with the rights of before. The last agency admin
    stays one."""
    user = _locked(uow, actor=actor, user_id=user_id)
    if user.deactivated_at is not None:
        raise Refused(N_("This person was deactivated."), code="deactivated")
    if role is StaffRole.PLATFORM_ADMIN:
        raise Forbidden(N_("Your role does not allow this."))
    if role is user.role:
        return user
    if user.role is StaffRole.AGENCY_ADMIN and _admins(uow, agency_id=user.agency_id) == 1:
        raise Refused(N_("The last admin of the agency keeps this role."), field="role", code="last-admin")
    former, user.role = user.role, role
    user.session_epoch += 1
    audit.record(
        uow, actor=actor, action="user:role-changed", agency_id=user.agency_id, subject=f"user:{user.id}",
        details={"from": former.value if former else "", "to": role.value}, personal={"email": user.email},
        person_id=user.id,
    )
    return user


def _locked(uow: UnitOfWork, *, actor: Actor, user_id: int) -> User:
    user = uow.session.scalar(select(User).where(User.id == user_id, queries.scope(actor)).with_for_update(of=User))
    if user is None:
        raise NotFound(N_("There is no such user."))
    if not actor.can(Permission.USER_MANAGE):
        raise Forbidden(N_("Your role does not allow this."))
    return user


def _admins(uow: UnitOfWork, *, agency_id: int | None) -> int:
    """Counted under the lock of all of them, so that two admins cannot deactivate each other."""
    rows = uow.session.scalars(
        select(User)
        .where(User.agency_id == agency_id, User.role == StaffRole.AGENCY_ADMIN, User.deactivated_at.is_(None))
        .order_by(User.id)
        .with_for_update(of=User)
    ).all()
    return len(rows)


def _record(uow: UnitOfWork, *, actor: Actor, user: User, action: str, heir_id: int | None = None) -> None:
    audit.record(
        uow, actor=actor, action=action, agency_id=user.agency_id, subject=f"user:{user.id}",
        details={"heir": heir_id} if heir_id else {}, personal={"email": user.email}, person_id=user.id,
    )


