"""The check of an address speaks to public addresses only, within its bounds, and keeps nothing (a real server)."""

import ipaddress
import time
from collections.abc import Iterator

import pytest

from backoffice.domain.links import LinkState, is_same_site
from backoffice.storage import probe
from tests.support import sites
from tests.support.sites import Site


@pytest.fixture
def site() -> Iterator[Site]:
    with sites.served() as site:
        yield site


def here(address: probe.IpAddress) -> bool:
    """For these tests this machine is the open internet, but for one of its addresses."""
    return str(address) == "127.0.0.1"


@pytest.mark.parametrize("address", [
    "127.0.0.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",  # noqa: S104 - nothing is bound
    "255.255.255.255", "198.18.0.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::",
])
def test_what_lies_inside_a_network_is_not_public(address: str) -> None:
    assert not probe.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "91.198.174.192", "2606:4700:4700::1111", "64:ff9b::808:808"])
def test_the_open_internet_is_public(address: str) -> None:
    assert probe.is_public(ipaddress.ip_address(address))


def test_a_page_answers_and_one_that_is_gone_does_not(site: Site) -> None:
    assert probe.ask(f"{site.address}/", allowed=here).state is LinkState.ALIVE
    gone = probe.ask(f"{site.address}/gone", allowed=here)
    assert (gone.state, gone.cause) == (LinkState.DEAD, "answers 404")
    assert probe.ask("http://127.0.0.1:1/", allowed=here).state is LinkState.DEAD


@pytest.mark.parametrize("inside", ["http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://[::1]:{port}/"])
def test_nothing_is_asked_of_this_machine_itself(site: Site, inside: str) -> None:
    answer = probe.ask(inside.format(port=site.address.rpartition(":")[2]))
    assert answer.state is LinkState.NOT_PUBLIC
    assert site.asked == []


def test_each_redirect_is_looked_at_again(site: Site) -> None:
    port = site.address.rpartition(":")[2]
    site.moves["/in"] = f"http://127.0.0.2:{port}/secret"
    assert probe.ask(f"{site.address}/in", allowed=here).state is LinkState.NOT_PUBLIC
    site.moves["/file"] = "file:///etc/passwd"
    assert probe.ask(f"{site.address}/file", allowed=here).state is LinkState.NOT_PUBLIC
    assert [path for path, _ in site.asked] == ["/in", "/file"]


def test_a_redirect_within_the_site_is_fine_another_site_is_told(site: Site) -> None:
    site.moves["/old"] = "/new?x=1"
    assert probe.ask(f"{site.address}/old", allowed=here).state is LinkState.ALIVE
    assert "Cookie" not in site.asked[-1][1]
    site.moves["/sold"] = f"http://localhost:{site.address.rpartition(':')[2]}/shop"
    moved = probe.ask(f"{site.address}/sold", allowed=lambda _address: True)
    assert moved.state is LinkState.MOVED
    assert moved.leads_to.endswith("/shop")
    site.moves["/round"] = "/round"
    assert probe.ask(f"{site.address}/round", allowed=here).cause == "too many redirects"


@pytest.mark.parametrize("path", ["/slow", "/drip"])
def test_a_server_that_takes_its_time_is_let_go(site: Site, path: str) -> None:
    began = time.monotonic()
    assert probe.ask(f"{site.address}{path}", allowed=here, deadline_s=0.6).state is LinkState.DEAD
    assert time.monotonic() - began < 3


def test_a_page_without_an_end_is_read_no_further(site: Site) -> None:
    began = time.monotonic()
    assert probe.ask(f"{site.address}/endless", allowed=here).state is LinkState.ALIVE
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(("one", "other", "same"), [
    ("https://www.school.lv/a", "http://school.lv/b", True), ("https://school.lv", "https://lab.school.lv/", True),
    ("https://school.lv", "https://school.lv.evil.example", False),
    ("https://school.lv", "https://parked.example", False),
])
def test_a_site_is_its_host(one: str, other: str, same: bool) -> None:
    assert is_same_site(one, other) is same
