"""Sign-in: tries, one-time links, terms (DOMAIN §7)."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from backoffice.domain import signin
from backoffice.domain.errors import N_, NotFound
from backoffice.domain.notices import Mail
from backoffice.domain.signin import TERMS, Attempt, Limit, Paused
from backoffice.models import PasswordLink, SignInAttempt, TermsAcceptance, User
from backoffice.queries import signin as queries
from backoffice.queries import texts
from backoffice.queries import users as user_queries
from backoffice.services import audit, users
from backoffice.services.uow import UnitOfWork


def begin_sign_in(uow: UnitOfWork, *, email: str, network: str) -> int:
    """Note a try before its password is looked at, so that tries side by side cannot pass the limit; raises Paused.
    The address is as typed, folded: a stranger learns nothing from the limit."""
    _one_at_a_time(uow, network)
    _pause(uow, limit=signin.SAME_PLACE, email=email, network=network)
    _pause(uow, limit=signin.SAME_ADDRESS, email=email)
    _pause(uow, limit=signin.SAME_NETWORK, network=network)
    row = SignInAttempt(email=email, network=network, at=uow.now, outcome=Attempt.REFUSED)
    uow.session.add(row)
    uow.session.flush()
    return row.id


def grant_sign_in(
    uow: UnitOfWork, *, attempt_id: int, user_id: int, password_hash: str | None = None, is_halfway: bool = False
) -> User:
    """The password was right. `password_hash`: the same password under today's costs, when the kept one is older.
    `is_halfway`: the second factor is still asked for; tries of it are counted on, not anew."""
    uow.session.get_one(SignInAttempt, attempt_id).outcome = Attempt.HALFWAY if is_halfway else Attempt.GRANTED
    user = uow.session.get_one(User, user_id, with_for_update=True)
    if not is_halfway:
        user.last_sign_in_at = uow.now
    if password_hash:
        user.password_hash = password_hash
    return user


def note(uow: UnitOfWork, *, attempt_id: int, outcome: Attempt) -> None:
    """What became of a try that was not granted, for the helpdesk."""
    uow.session.get_one(SignInAttempt, attempt_id).outcome = outcome


def ask_for_link(uow: UnitOfWork, *, email: str, network: str, staff_only: bool = False) -> None:
    """Mail a one-time link to the account of a folded address; for an unknown one nothing shows either. Raises Paused
    for one network alone; one address is mailed so often and no more, silently. `staff_only`: coordinators come by EU
    Login, and a password of theirs would open nothing."""
    _one_at_a_time(uow, network)
    _pause(uow, limit=signin.LINKS_PER_NETWORK, network=network, outcome=Attempt.FORGOT)
    is_enough = bool(_wait(uow, limit=signin.LINKS_PER_ADDRESS, email=email, outcome=Attempt.FORGOT))
    uow.session.add(SignInAttempt(email=email, network=network, at=uow.now, outcome=Attempt.FORGOT))
    user = uow.session.scalar(user_queries.by_email(email))
    if user is not None and may_have_password(user, staff_only=staff_only) and not is_enough:
        users.send_link(uow, user=user, kind=Mail.PASSWORD_LINK)


def may_have_password(user: User, *, staff_only: bool) -> bool:
    """Once there is EU Login, staff alone keep local accounts (DOMAIN §7)."""
    return user.deactivated_at is None and (user.role is not None or not staff_only)


def note_message(uow: UnitOfWork, *, email: str, network: str) -> None:
    """A message to the helpdesk from a folded address, known or not, or pictures that are about to be read, of which
    the address is not known yet; raises Paused when there were too many."""
    _one_at_a_time(uow, network)
    if email:
        _pause(uow, limit=signin.MESSAGES_PER_ADDRESS, email=email, outcome=Attempt.WROTE)
    _pause(uow, limit=signin.MESSAGES_PER_NETWORK, network=network, outcome=Attempt.WROTE)
    uow.session.add(SignInAttempt(email=email, network=network, at=uow.now, outcome=Attempt.WROTE))


def issue_link(uow: UnitOfWork, *, user_id: int) -> str | None:
    """A new one-time link of a person, as its token; None for who may not sign in. Links sent before stay good until
    one is used: a mail that was thought lost may have arrived."""
    user = uow.session.get(User, user_id)
    if user is None or user.deactivated_at is not None:
        return None
    token = signin.new_token()
    uow.session.add(PasswordLink(
        user_id=user.id, digest=signin.token_digest(token), created_at=uow.now,
        expires_at=uow.now + signin.LINK_LIFE,
    ))
    return token


def link_holder(
    link: PasswordLink | None, *, user: User | None, now: datetime, staff_only: bool = False
) -> User | None:
    """Whose password a link may set; None when it is used, too old, or of somebody who may not sign in by password."""
    if link is None or user is None or link.used_at is not None or link.expires_at <= now:
        return None
    return user if may_have_password(user, staff_only=staff_only) else None


def use_link(uow: UnitOfWork, *, token: str, password_hash: str, staff_only: bool = False) -> User:
    """Set the password; the link, all others of the person and all their sessions end with it."""
    link = uow.session.scalar(queries.link(signin.token_digest(token)).with_for_update())
    user = uow.session.get(User, link.user_id, with_for_update=True) if link else None
    holder = link_holder(link, user=user, now=uow.now, staff_only=staff_only)
    if holder is None:
        raise NotFound(N_("This link was used already, or it is older than 72 hours."), code="link-used")
    for row in uow.session.scalars(queries.unused_links(holder.id)):
        row.used_at = uow.now
    holder.password_hash = password_hash
    holder.session_epoch += 1
    holder.last_sign_in_at = uow.now
    audit.record(
        uow, actor=None, action="user:password-set", agency_id=holder.agency_id, subject=f"user:{holder.id}"
    )
    return holder


def accept_terms(uow: UnitOfWork, *, user_id: int) -> User:
    """Record the version that holds now, of each agency that is concerned."""
    user = uow.session.get_one(User, user_id, with_for_update=True)
    for agency in queries.terms_to_accept(uow.session, user):
        version = texts.version(uow.session, agency_id=agency.id, key=TERMS)
        uow.session.add(
            TermsAcceptance(user_id=user.id, agency_id=agency.id, version=version, accepted_at=uow.now)
        )
        audit.record(
            uow, actor=None, action="terms:accepted", agency_id=agency.id, subject=f"user:{user.id}",
            details={"version": version},
        )
    return user


def _pause(
    uow: UnitOfWork,
    *,
    limit: Limit,
    email: str | None = None,
    network: str | None = None,
    outcome: Attempt = Attempt.REFUSED,
) -> None:
    wait = _wait(uow, limit=limit, email=email, network=network, outcome=outcome)
    if wait:
        raise Paused(wait)


def _wait(
    uow: UnitOfWork, *, limit: Limit, outcome: Attempt, email: str | None = None, network: str | None = None
) -> timedelta:
    tries = queries.tries_at(
        uow.session, outcome=outcome, since=uow.now - limit.within, email=email, network=network
    )
    return limit.wait(tries, now=uow.now)


def _one_at_a_time(uow: UnitOfWork, network: str) -> None:
    """Tries of one network queue up: each sees those before it. SQLite has one writer at a time anyway."""
    if uow.session.get_bind().dialect.name == "postgresql":
        uow.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"sign-in:{network}"))))
