"""People as EU Login knows them: issuer and subject, matched once with the invited address (DOMAIN §7).

Nothing here ever guesses. A person is found by issuer and subject; only who has no such line yet is found by the
address, and only once. What breaks the line is mended by an act of staff ("Move access", `services/access.py`) or, when
a provider gives everybody new subjects, by the operator (`flask users rebind`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from backoffice.domain.permissions import Actor
from backoffice.domain.signin import Attempt
from backoffice.domain.text import clean_line, fold_email
from backoffice.models import Identity, SignInAttempt, User
from backoffice.queries import agencies
from backoffice.queries import identities as queries
from backoffice.queries import users as user_queries
from backoffice.services import audit
from backoffice.services.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Who stands at the door, as the provider says."""

    issuer: str
    subject: str
    email: str
    name: str
    is_email_unverified: bool
    network: str


def enter(uow: UnitOfWork, *, arrival: Arrival) -> tuple[User | None, Attempt]:
    """The person who may come in, or nobody; either way the try is written, so that the helpdesk sees it."""
    email = fold_email(arrival.email)[:254]
    user, outcome = _find(uow, arrival=arrival, email=email)
    uow.session.add(SignInAttempt(email=email, network=arrival.network, at=uow.now, outcome=outcome))
    if user is None:
        return None, outcome
    if outcome is Attempt.ADDRESS_CHANGED:
        # By the address that we know, too: whoever looks the person up finds this.
        uow.session.add(SignInAttempt(email=user.email, network=arrival.network, at=uow.now, outcome=Attempt.GRANTED))
    user.last_sign_in_at = uow.now
    user.name = user.name or clean_line(arrival.name)[:200]
    return user, outcome


def release(uow: UnitOfWork, *, actor: Actor | None, user: User, reason: str, agency_id: int | None) -> int:
    """The next sign-in with the person's address is matched anew; sessions end. How many lines there were."""
    rows = uow.session.scalars(queries.of_user(user.id)).all()
    for row in rows:
        _record(uow, actor=actor, row=row, action="identity:released", reason=reason, agency_id=agency_id)
        uow.session.delete(row)
    if rows:
        user.session_epoch += 1
        uow.session.flush()
    return len(rows)


@dataclass(slots=True, kw_only=True)
class Rebinding:
    """What a rebinding does, or would do."""

    rebound: int = 0
    released: int = 0
    unknown: list[str] = field(default_factory=list)  # subjects of the list that nobody here has
    missing: list[str] = field(default_factory=list)  # addresses of people whom the list does not name


def rebind(
    uow: UnitOfWork, *, issuer: str, new_issuer: str, mapping: Mapping[str, str] | None, reason: str
) -> Rebinding:
    """After a provider re-issued its subjects: new ones by its own list, old subject → new one; without a list the
    lines are released, and the next sign-in of each person is matched with the address, once. A new issuer alone moves
    the lines as they are. The command line alone does this."""
    done = Rebinding()
    rows = uow.session.scalars(queries.of_issuer(issuer)).all()
    if mapping is not None:
        known = {row.subject for row in rows}
        done.unknown = sorted(set(mapping) - known)
    taken: list[tuple[Identity, str]] = []
    by_new_way = uow.session.scalars(queries.of_issuer(new_issuer)).all() if new_issuer != issuer else []
    there = {row.subject for row in by_new_way}
    for row in rows:
        user = uow.session.get_one(User, row.user_id)
        if mapping is None and new_issuer == issuer:
            done.released += release(uow, actor=None, user=user, reason=reason, agency_id=user.agency_id)
            continue
        if mapping is not None and row.subject not in mapping:
            done.missing.append(user.email)
            continue
        subject = mapping[row.subject] if mapping is not None else row.subject
        if subject in there:  # has come by the new way already
            done.released += release(uow, actor=None, user=user, reason=reason, agency_id=user.agency_id)
            continue
        taken.append((row, subject))
    for row, _subject in taken:  # subjects may change places: all step aside before the first takes a new one
        row.subject = f"moving:{row.id}"
    uow.session.flush()
    for row, subject in taken:
        user = uow.session.get_one(User, row.user_id)
        row.issuer, row.subject, row.linked_at = new_issuer, subject, uow.now
        user.session_epoch += 1
        _record(uow, actor=None, row=row, action="identity:rebound", reason=reason, agency_id=user.agency_id)
        done.rebound += 1
    uow.session.flush()
    return done


def _find(uow: UnitOfWork, *, arrival: Arrival, email: str) -> tuple[User | None, Attempt]:
    known = uow.session.scalar(queries.holder(arrival.issuer, arrival.subject).with_for_update(of=User))
    if known is not None:
        if known.deactivated_at is not None:
            return None, Attempt.DEACTIVATED
        return known, Attempt.ADDRESS_CHANGED if email and email != known.email else Attempt.GRANTED
    if not email:
        return None, Attempt.NO_ADDRESS
    if arrival.is_email_unverified:
        return None, Attempt.UNVERIFIED
    user = uow.session.scalar(queries.invited(email).with_for_update(of=User))
    if user is None:
        there = uow.session.scalar(user_queries.by_email(email))
        is_off = there is not None and there.deactivated_at is not None
        return None, Attempt.DEACTIVATED if is_off else Attempt.NOT_INVITED
    for row in uow.session.scalars(queries.of_user(user.id)):
        if row.issuer == arrival.issuer:  # the same one, when two first sign-ins came side by side
            return (user, Attempt.GRANTED) if row.subject == arrival.subject else (None, Attempt.OTHER_ACCOUNT)
    row = Identity(user_id=user.id, issuer=arrival.issuer, subject=arrival.subject, linked_at=uow.now)
    uow.session.add(row)
    uow.session.flush()
    agency = user.agency or uow.session.scalar(agencies.of_person(user.id))
    _record(uow, actor=None, row=row, action="identity:linked", reason="", agency_id=agency.id if agency else None)
    return user, Attempt.GRANTED


def _record(
    uow: UnitOfWork, *, actor: Actor | None, row: Identity, action: str, reason: str, agency_id: int | None
) -> None:
    audit.record(
        uow, actor=actor, action=action, agency_id=agency_id, subject=f"user:{row.user_id}",
        details={"issuer": row.issuer, **({"reason": reason} if reason else {})}, personal={"subject": row.subject},
        person_id=row.user_id,
    )
