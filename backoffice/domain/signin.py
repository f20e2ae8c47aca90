"""Sign-in: how many tries, which addresses of ours a person is sent back to, what a password must be."""

import hashlib
import ipaddress
import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from backoffice.domain import text
from backoffice.domain.errors import N_, DomainError, Refused
from backoffice.domain.notices import ONE_TIME_LINK_HOURS

PASSWORD_MIN, PASSWORD_MAX = 10, 200  # characters
LINK_LIFE = timedelta(hours=ONE_TIME_LINK_HOURS)
TERMS = "terms"  # key of the agency's text; version 0 is the one that comes with the application


class Attempt(StrEnum):
    """What became of a try; one that is not granted stays refused. The helpdesk sees them (DOMAIN §6)."""

    REFUSED = "refused"
    GRANTED = "granted"
    FORGOT = "forgot"  # asked for a link by mail
    HALFWAY = "halfway"  # the password was right, the second factor is still asked for
    PASSWORD_CLOSED = "password-closed"  # noqa: S105 - a coordinator's; it opens nothing since there is EU Login
    NOT_INVITED = "not-invited"  # by EU Login, with an address that has no access
    OTHER_ACCOUNT = "other-account"  # the address belongs to somebody who comes by another EU Login account
    DEACTIVATED = "deactivated"
    NO_ADDRESS = "no-address"  # EU Login said none
    UNVERIFIED = "address-unverified"  # EU Login has not seen that the address is the person's own
    ADDRESS_CHANGED = "address-changed"  # let in; EU Login now says another address than we know
    WROTE = "wrote"  # to the helpdesk


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most so many tries within a span of time."""

    most: int
    within: timedelta

    def wait(self, tries: Sequence[datetime], *, now: datetime) -> timedelta:
        """How long until the next try; nothing when one is free. `tries` are instants in any order."""
        recent = sorted(at for at in tries if at > now - self.within)
        if len(recent) < self.most:
            return timedelta(0)
        return recent[-self.most] + self.within - now


# An attacker who tries one account from everywhere, one who tries many accounts from one place, and the person
# who forgot: the first limit is felt long before the other two, and a stranger elsewhere cannot lock anybody out by it.
SAME_PLACE = Limit(most=5, within=timedelta(minutes=15))  # of one address from one network
SAME_ADDRESS = Limit(most=30, within=timedelta(hours=1))
SAME_NETWORK = Limit(most=60, within=timedelta(minutes=15))
LINKS_PER_ADDRESS = Limit(most=3, within=timedelta(hours=1))  # further ones are answered the same and mail nothing
LINKS_PER_NETWORK = Limit(most=20, within=timedelta(hours=1))
# A person who answers questions writes some ten messages an hour; a school shares one network, and a message with
# pictures counts twice there: reading them takes our time before anything is known about the rest.
MESSAGES_PER_ADDRESS = Limit(most=20, within=timedelta(hours=1))
MESSAGES_PER_NETWORK = Limit(most=120, within=timedelta(hours=1))


class Paused(DomainError):
    """Too many tries; the wait is said in words."""

    default_code = "too-many-tries"

    def __init__(self, wait: timedelta) -> None:
        self.seconds = math.ceil(wait.total_seconds())
        self.minutes = math.ceil(self.seconds / 60)
        super().__init__(N_("Too many tries. Wait %(minutes)s min, then try again."), values={"minutes": self.minutes})


def network_of(address: str | None) -> str:
    """What counts as one place: an IPv4 address, or the /64 that one household or office has of IPv6."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def own_path(target: str) -> str:
    """A path of ours to which `?next=` may lead, with its query; empty for anything else."""
    if not target.startswith("/") or target.startswith(("//", "/\\")) or len(target) > 2_000:
        return ""
    if any(ord(letter) < 33 or letter == "\\" for letter in target) or "\\" in unquote(target):
        return ""
    try:
        parts = urlsplit(target)
    except ValueError:
        return ""
    if parts.scheme or parts.netloc:
        return ""
    if parts.path.startswith(("/login", "/logout", "/invite/")):
        return ""
    return target


def check_password(password: str, *, email: str) -> str:
    """A password that may be set, or Refused beside `password`: long enough, and not the address itself."""
    count = text.length(password)
    if count < PASSWORD_MIN:
        raise Refused(
            N_("A password has at least %(least)s characters; three or four words are good and easy to keep."),
            field="password", code="password-short", values={"least": PASSWORD_MIN},
        )
    if count > PASSWORD_MAX:
        raise Refused(
            N_("This may have at most %(most)s characters; it has %(over)s too many."),
            field="password", code="too-long", values={"most": PASSWORD_MAX, "over": count - PASSWORD_MAX},
        )
    folded = password.casefold()
    if folded in {email.casefold(), email.casefold().partition("@")[0]} or len(set(folded)) < 4:
        raise Refused(
            N_("This password is too easy to guess. Take a few words that do not belong together."),
            field="password", code="password-easy",
        )
    return password


def masked(email: str) -> str:
    """An invited address for who came by a link of that invitation: enough to know the own one by (i…@p….example)."""
    name, _, host = email.partition("@")
    first, _, rest = host.rpartition(".")
    return f"{name[:1]}…@{first[:1]}….{rest}" if first else f"{name[:1]}…@{host[:1]}…"


def new_token() -> str:
    """What a one-time link carries; only its digest is kept."""
    return secrets.token_urlsafe(32)


def token_digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
