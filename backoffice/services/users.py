"""Accounts of people who can sign in (DOMAIN §6)."""

from backoffice.domain import text
from backoffice.domain.errors import N_, Forbidden, Refused
from backoffice.domain.notices import Mail
from backoffice.domain.permissions import Actor, Permission, StaffRole
from backoffice.models import Agency, User
from backoffice.queries import agencies
from backoffice.queries import users as queries
from backoffice.services import audit, outbox
from backoffice.services.agencies import LANGUAGES
from backoffice.services.contacts import checked_email
from backoffice.services.outbox import Recipient
from backoffice.services.uow import UnitOfWork


def create_staff(
    uow: UnitOfWork, *, actor: Actor | None, email: str, role: StaffRole, agency: Agency | None, name: str = ""
) -> User:
    """A member of the staff, told by a mail with a one-time link. `actor` None: the command line. A coordinator's
    account becomes staff as well: one person, one account."""
    if actor is not None and not actor.can(Permission.USER_MANAGE) and not actor.can(Permission.AGENCY_MANAGE):
        raise Forbidden(N_("Your role does not allow this."))
    if (role is StaffRole.PLATFORM_ADMIN) != (agency is None):
        raise Refused(
            N_("Everybody but a platform admin belongs to one agency."), field="agency", code="agency"
        )
    folded = checked_email(email)
    user = uow.session.scalar(queries.by_email(folded))
    if user is not None and user.role is not None:
        raise Refused(
            N_("There is an account of the staff with this address already: %(email)s"), field="email",
            code="duplicate", values={"email": folded},
        )
    if user is None:
        user = User(email=folded, created_at=uow.now, session_epoch=0)
        uow.session.add(user)
    else:
        user.session_epoch += 1  # the rights change: sessions end
    user.name = text.clean_line(name)[:200] or user.name or ""
    user.role, user.agency_id = role, agency.id if agency else None
    uow.session.flush()
    audit.record(
        uow, actor=actor, action="user:created", agency_id=user.agency_id, subject=f"user:{user.id}",
        details={"role": role.value}, personal={"email": folded}, person_id=user.id,
    )
    send_link(uow, user=user, kind=Mail.STAFF_ACCESS)
    return user


def set_language(uow: UnitOfWork, *, user_id: int, language: str) -> User:
    """In which pages and mails are written to the person; empty: the agency's, as if nothing had been said."""
    if language not in ("", *LANGUAGES):
        raise Refused(N_("The language is lv or en."), field="language", code="language")
    user = uow.session.get_one(User, user_id, with_for_update=True)
    user.language = language or None
    return user


def end_sessions(uow: UnitOfWork, *, user_id: int) -> None:
    """Everywhere at once, this browser among them."""
    user = uow.session.get_one(User, user_id, with_for_update=True)
    user.session_epoch += 1
    audit.record(
        uow, actor=None, action="user:sessions-ended", agency_id=user.agency_id, subject=f"user:{user.id}"
    )


def send_link(uow: UnitOfWork, *, user: User, kind: Mail) -> None:
    """A mail with a one-time link; the link itself is made when the mail is rendered."""
    agency = user.agency or uow.session.scalar(agencies.of_person(user.id))
    language = user.language or (agency.language if agency else "lv")
    outbox.publish(
        uow, kind=kind, key=f"{user.id}:{uow.now.isoformat()}",
        to=Recipient(email=user.email, language=language, user_id=user.id),
        agency_id=agency.id if agency else None, params={"user_id": user.id},
    )
