"""Asks an address whether it answers, as a stranger would, and nothing more.

The address was typed by somebody outside: it must not make our machine speak to itself or to its neighbours. The name
is resolved here, every address that it gives must be a public one, and the connection goes to the very address that
was looked at. Each redirect is looked at anew. Time, redirects and bytes are bounded; no cookie is kept or sent.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from urllib.parse import urljoin, urlsplit

from backoffice.domain.links import LinkState, is_same_site

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IsPublic = Callable[[IpAddress], bool]

DEADLINE_S = 15.0  # for the address with all its redirects
STEP_S = 8.0
MOST_REDIRECTS = 5
MOST_BYTES = 4_096
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Answers that say "here somebody is, who wants to know you" rather than "nothing is here".
GUARDED = frozenset({401, 403, 405, 406, 429})
AGENT = "project-results link check"
# NAT64 and its like carry an address of the other kind inside.
_CARRIERS = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48")))


class NetworkAway(Exception):
    """Our own network does not answer: that says nothing about the address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    state: LinkState
    leads_to: str = ""
    cause: str = ""


class _NotPublic(Exception):
    """The address lies inside a network."""


def is_public(address: IpAddress) -> bool:
    """An address of the open internet; an address that carries another is that other."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and any(address in network for network in _CARRIERS):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def ask(url: str, *, allowed: IsPublic = is_public, deadline_s: float = DEADLINE_S) -> Answer:
    """What stands at an address. Raises NetworkAway where nothing can be said."""
    until, here = monotonic() + deadline_s, url
    try:
        for _ in range(MOST_REDIRECTS + 1):
            status, location = _get(here, allowed=allowed, until=until)
            if status not in REDIRECTS or not location:
                return _judge(url, here, status)
            here = urljoin(here, location)
        return Answer(state=LinkState.DEAD, cause="too many redirects")
    except _NotPublic:
        return Answer(state=LinkState.NOT_PUBLIC, leads_to=here if here != url else "", cause="not a public address")
    except socket.gaierror as error:
        if error.errno in (socket.EAI_AGAIN, getattr(socket, "EAI_SYSTEM", None)):
            raise NetworkAway(str(error)) from error
        return Answer(state=LinkState.DEAD, cause="no such name")
    except ssl.SSLCertVerificationError as error:
        return Answer(state=LinkState.DEAD, cause=f"certificate: {error.verify_message}"[:200])
    except TimeoutError:
        return Answer(state=LinkState.DEAD, cause="no answer in time")
    except OSError as error:
        if error.errno in _AWAY:
            raise NetworkAway(str(error)) from error
        return Answer(state=LinkState.DEAD, cause=(error.strerror or type(error).__name__)[:200])
    except (http.client.HTTPException, ValueError) as error:
        return Answer(state=LinkState.DEAD, cause=f"no web server ({type(error).__name__})"[:200])


_AWAY = frozenset({101, 100})  # ENETUNREACH, ENETDOWN: it is we who have no network


def _judge(url: str, here: str, status: int) -> Answer:
    leads_to = here if here != url else ""
    if status >= 400 and status not in GUARDED:
        return Answer(state=LinkState.DEAD, leads_to=leads_to, cause=f"answers {status}")
    if not is_same_site(url, here):
        return Answer(state=LinkState.MOVED, leads_to=leads_to)
    return Answer(state=LinkState.ALIVE, leads_to=leads_to)


def _get(url: str, *, allowed: IsPublic, until: float) -> tuple[int, str]:
    """The status of one address, and where it leads."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _NotPublic
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = _resolved(parts.hostname, port, allowed=allowed)
    left = until - monotonic()
    if left <= 0:
        raise TimeoutError
    is_tls = parts.scheme == "https"
    connection = _Pinned(parts.hostname, port, address=address, is_tls=is_tls, timeout=min(STEP_S, left))
    # A server that sends a byte now and then never times out by itself.
    watch = threading.Timer(left, connection.cut)
    watch.daemon = True
    watch.start()
    try:
        target = parts.path or "/"
        connection.request("GET", f"{target}?{parts.query}" if parts.query else target, headers={
            "User-Agent": AGENT, "Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close",
        })
        response = connection.getresponse()
        if monotonic() >= until:  # cut off in the middle of its head
            raise TimeoutError
        with suppress(OSError, http.client.HTTPException):  # whoever has given a head has answered
            response.read(MOST_BYTES)
        return response.status, response.getheader("Location") or ""
    except (OSError, http.client.HTTPException) as error:
        if monotonic() >= until:
            raise TimeoutError from error
        raise
    finally:
        watch.cancel()
        connection.close()


def _resolved(host: str, port: int, *, allowed: IsPublic) -> str:
    """The first address of a name, all of which are public ones."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(allowed(ipaddress.ip_address(one.partition("%")[0])) for one in addresses):
        raise _NotPublic
    return addresses[0]


class _Pinned(http.client.HTTPConnection):
    """Connects to the address that was looked at, not to what the name may give a moment later."""

    def __init__(self, host: str, port: int, *, address: str, is_tls: bool, timeout: float) -> None:
        super().__init__(host, port, timeout=timeout)
        self._address, self._is_tls = address, is_tls
        self.default_port = 443 if is_tls else 80

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._is_tls:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)

    def cut(self) -> None:
        """From the watch: whoever waits on the socket wakes up with an error."""
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)
