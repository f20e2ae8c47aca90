"""The second factor of local accounts of staff: codes by time (RFC 6238), and recovery codes for a lost phone."""

import hashlib
import hmac
import secrets
from datetime import datetime

import pyotp

STEP_S = 30
RECOVERY_CODES = 10
RECOVERY_FEW = 3  # from here on the person is told how many are left
_ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"  # no letter that looks like another


def is_asked(*, is_staff: bool, is_demo: bool) -> bool:
    """Of staff with a local account; of the demo's accounts never (CONTRACT, Demo)."""
    return is_staff and not is_demo


def new_secret() -> str:
    return pyotp.random_base32()


def uri(secret: str, *, email: str, issuer: str) -> str:
    """What the QR code carries."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer)


def grouped(secret: str) -> str:
    """Four letters at a time, for who types the secret."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def step_of(code: str, *, secret: str, at: datetime, used: int | None) -> int | None:
    """The step whose code this is, of now or a neighbour, as clocks differ; None for a wrong one and for one of a step
    that was taken before: what somebody has seen typed opens nothing."""
    digits = "".join(letter for letter in code if not letter.isspace())
    now = int(at.timestamp()) // STEP_S
    totp = pyotp.TOTP(secret)
    for step in (now, now - 1, now + 1):
        fits = hmac.compare_digest(totp.generate_otp(step).encode(), digits.encode())
        if fits and (used is None or step > used):
            return step
    return None


def new_recovery_codes() -> list[str]:
    """Ten of twelve letters each: nobody guesses one, so only their digests need to be kept."""
    return [
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
        for _ in range(RECOVERY_CODES)
    ]


def recovery_digest(code: str, *, user_id: int) -> str:
    """Blanks, dashes and case do not count."""
    letters = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.sha256(f"recovery:{user_id}:{letters}".encode()).hexdigest()
