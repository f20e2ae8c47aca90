"""The second factor of local accounts of staff: set up, ask for, take away."""

from datetime import datetime

from sqlalchemy import delete, func, select

from backoffice.domain import second_factor
from backoffice.domain.errors import N_, Refused
from backoffice.domain.signin import Attempt
from backoffice.models import RecoveryCode, SignInAttempt, User
from backoffice.services import audit
from backoffice.services.uow import UnitOfWork

WRONG = N_("This code is not right. Codes change every 30 seconds; wait for the next one and type it.")


def enrol(uow: UnitOfWork, *, user_id: int, secret: str, code: str, at: datetime) -> list[str]:
    """Keep a secret once its first code was right; the recovery codes, which are shown this one time. `at` is the time
    of the machine: a phone knows of no shifted clock."""
    user = uow.session.get_one(User, user_id, with_for_update=True)
    if user.totp_secret is not None:
        raise Refused(N_("A second factor is set up already."), field="code", code="code-there")
    step = second_factor.step_of(code, secret=secret, at=at, used=None)
    if step is None:
        raise Refused(WRONG, field="code", code="code-wrong")
    user.totp_secret, user.totp_used_step = secret, step
    _forget_codes(uow, user_id=user.id)
    codes = second_factor.new_recovery_codes()
    uow.session.add_all(
        RecoveryCode(user_id=user.id, digest=second_factor.recovery_digest(code, user_id=user.id)) for code in codes
    )
    _record(uow, user=user, action="user:second-factor-set")
    return codes


def check(uow: UnitOfWork, *, user_id: int, attempt_id: int, code: str, at: datetime) -> int | None:
    """Is the code right? How many recovery codes are left when it was one of them, -1 when it came from the phone;
    None for a wrong one: its try, written before, stays refused."""
    user = uow.session.get_one(User, user_id, with_for_update=True)
    if user.totp_secret is None:
        return None
    step = second_factor.step_of(code, secret=user.totp_secret, at=at, used=user.totp_used_step)
    left = -1
    if step is not None:
        user.totp_used_step = step
    else:
        digest = second_factor.recovery_digest(code, user_id=user.id)
        row = uow.session.scalar(
            select(RecoveryCode).where(
                RecoveryCode.user_id == user.id, RecoveryCode.digest == digest, RecoveryCode.used_at.is_(None)
            )
        )
        if row is None:
            return None
        row.used_at = uow.now
        uow.session.flush()
        left = uow.session.scalar(
            select(func.count()).select_from(RecoveryCode).where(
                RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None)
            )
        ) or 0
        _record(uow, user=user, action="user:recovery-code-used")
    uow.session.get_one(SignInAttempt, attempt_id).outcome = Attempt.GRANTED
    user.last_sign_in_at = uow.now
    return left


def clear(uow: UnitOfWork, *, user: User) -> None:
    """The next sign-in with the password sets a new one up."""
    user.totp_secret, user.totp_used_step = None, None
    _forget_codes(uow, user_id=user.id)


def _forget_codes(uow: UnitOfWork, *, user_id: int) -> None:
    uow.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def _record(uow: UnitOfWork, *, user: User, action: str) -> None:
    audit.record(
        uow, actor=None, action=action, agency_id=user.agency_id, subject=f"user:{user.id}", person_id=user.id
    )
