"""Whether an address that somebody entered still answers (DOMAIN §4 "link does not answer")."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from urllib.parse import urlsplit

from backoffice.domain.errors import N_

EVERY = timedelta(days=30)
AGAIN = timedelta(days=1)  # what did not answer is asked again soon: a server may have been down for an hour
LATER = timedelta(hours=1)  # while our own network is away


class LinkState(StrEnum):
    ALIVE = "alive"
    DEAD = "dead"
    MOVED = "moved"  # leads to another site
    NOT_PUBLIC = "not-public"  # an address inside a network: nobody outside can open it


TROUBLE = (LinkState.DEAD, LinkState.MOVED, LinkState.NOT_PUBLIC)
WEBSITE_WORDS: Mapping[LinkState, str] = MappingProxyType({
    LinkState.DEAD: N_("The website has not answered since %(day)s."),
    LinkState.MOVED: N_("The website leads to another site since %(day)s: %(to)s."),
    LinkState.NOT_PUBLIC: N_("The website is an address that nobody outside can open; looked at on %(day)s."),
})


def is_same_site(one: str, other: str) -> bool:
    """The same host, with or without `www.`, or one below the other: a move within a site is none."""
    first, second = _host(one), _host(other)
    return first == second or first.endswith("." + second) or second.endswith("." + first)


def is_for_show(url: str) -> bool:
    """A name that is set apart for examples: the demo is full of them, and they say nothing about a website."""
    host = _host(url)
    return host.endswith(".example") or any(host == name or host.endswith("." + name) for name in _EXAMPLES)


_EXAMPLES = ("example.com", "example.net", "example.org")


def _host(address: str) -> str:
    return (urlsplit(address).hostname or "").casefold().removeprefix("www.").rstrip(".")
