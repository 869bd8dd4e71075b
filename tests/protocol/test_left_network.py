# SPDX-License-Identifier: MIT
"""The machine moves to another network in mid-session, with and without a sleep."""
from __future__ import annotations

import time
from typing import Callable, Dict, Iterator, List, Set

import pytest

from harness.eventually import eventually
from harness.fakes import ETHERNET, WIFI
from harness.installation import Installation
from harness.messages import route
from harness.session import Session
from protocol.support.journal_file import crash, events

SessionMaker = Callable[..., Session]

SEND_RESUME = 200
ACCESS_DENIED = 5

HOME_ADDRESS, HOME_GATEWAY = "192.168.1.20", "192.168.1.1"
OFFICE_ADDRESS, OFFICE_GATEWAY = "172.16.5.9", "172.16.5.1"
DEFAULT, DEFAULT_IPV6 = "0.0.0.0/0", "::/0"
SERVER = "203.0.113.5/32"


def routes_to(installation: Installation, prefix: str) -> List[Dict[str, object]]:
    return [row for row in installation.fakes.dump()["routes"]
            if row["interface"] == ETHERNET and row["prefix"] == prefix]


def has_route(installation: Installation, prefix: str, gateway: str) -> bool:
    return any(row["next_hop"] == gateway for row in routes_to(installation, prefix))


def leave_home(installation: Installation) -> None:
    """Windows takes the routes with an address that it has derived from it; the others go with
    DHCP's lease."""
    fakes = installation.fakes
    fakes.delete_address(ETHERNET, HOME_ADDRESS)
    for prefix, gateway in ((DEFAULT, HOME_GATEWAY), ("172.20.0.0/16", "192.168.1.254")):
        if has_route(installation, prefix, gateway):
            fakes.delete_route(ETHERNET, prefix, gateway)
    fakes.add_address(ETHERNET, OFFICE_ADDRESS, prefix_length=24)
    fakes.add_route(ETHERNET, DEFAULT, OFFICE_GATEWAY)


def check_left_out(installation: Installation) -> None:
    """The default route of the new network is the only one, and the log says why."""
    assert not has_route(installation, DEFAULT, HOME_GATEWAY)
    assert has_route(installation, DEFAULT, OFFICE_GATEWAY)
    assert events(installation, "not put back, because its next hop is not on link")


def resume(installation: Installation) -> None:
    installation.service.control(SEND_RESUME)


def test_a_default_route_of_the_old_network_stays_away(
        installation: Installation, start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(route(DEFAULT, HOME_GATEWAY, ETHERNET, delete=True)) == 0
    leave_home(installation)
    session.end()
    check_left_out(installation)
    assert events(installation, f"route 0.0.0.0/0 via {HOME_GATEWAY}")
    installation.populate()


def test_a_default_route_of_the_old_network_stays_away_after_a_crash(
        installation: Installation, start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(route(DEFAULT, HOME_GATEWAY, ETHERNET, delete=True)) == 0
    crash(installation)
    leave_home(installation)
    installation.start()
    check_left_out(installation)
    installation.populate()


def test_a_default_route_comes_back_where_there_is_no_other(
        installation: Installation, start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(route(DEFAULT, HOME_GATEWAY, ETHERNET, delete=True)) == 0
    leave_home(installation)
    installation.fakes.delete_route(ETHERNET, DEFAULT, OFFICE_GATEWAY)
    session.end()
    assert has_route(installation, DEFAULT, HOME_GATEWAY)
    installation.populate()


def test_a_default_route_of_ipv4_is_no_other_one_of_ipv6(
        installation: Installation, start_session: SessionMaker) -> None:
    fakes, address, gateway = installation.fakes, "2001:db8:1::20", "2001:db8:1::1"

    def defaults() -> Set[object]:
        return {row["next_hop"] for row in fakes.dump()["routes"]
                if row["interface"] == WIFI and str(row["prefix"]).endswith("/0")}

    of_ipv4 = defaults()
    fakes.add_address(WIFI, address, prefix_length=64)
    fakes.add_route(WIFI, DEFAULT_IPV6, gateway)
    session = start_session()
    assert session.openvpn.request(route(DEFAULT_IPV6, gateway, WIFI, delete=True)) == 0
    fakes.delete_address(WIFI, address)
    assert of_ipv4 and defaults() == of_ipv4
    session.end()
    assert defaults() == {*of_ipv4, gateway}
    installation.populate()


def test_an_address_of_another_interface_puts_nothing_on_link(
        installation: Installation, start_session: SessionMaker) -> None:
    """The cable leads to the office, and Wi-Fi still leads home."""
    session = start_session()
    assert session.openvpn.request(route(DEFAULT, HOME_GATEWAY, ETHERNET, delete=True)) == 0
    leave_home(installation)
    installation.fakes.add_address(WIFI, HOME_ADDRESS, prefix_length=24)
    session.end()
    check_left_out(installation)
    installation.populate()


def test_a_lost_route_waits_for_its_network(
        installation: Installation, start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(route(SERVER, HOME_GATEWAY, ETHERNET)) == 0
    installation.fakes.delete_route(ETHERNET, SERVER, HOME_GATEWAY)
    leave_home(installation)
    resume(installation)
    assert eventually(lambda: events(installation, "is not made again yet"), bool)
    assert not has_route(installation, SERVER, HOME_GATEWAY)
    installation.fakes.add_address(ETHERNET, HOME_ADDRESS, prefix_length=24)
    resume(installation)
    assert eventually(lambda: has_route(installation, SERVER, HOME_GATEWAY), bool)
    session.end()
    assert not has_route(installation, SERVER, HOME_GATEWAY)
    installation.populate()


# Without a sleep: Windows tells of addresses and interfaces that come.

def test_a_lost_route_comes_back_with_an_address(
        installation: Installation, start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(route(SERVER, HOME_GATEWAY, ETHERNET)) == 0
    installation.fakes.delete_route(ETHERNET, SERVER, HOME_GATEWAY)
    leave_home(installation)
    assert eventually(lambda: events(installation, "is not made again yet"), bool)
    assert not has_route(installation, SERVER, HOME_GATEWAY)
    installation.fakes.add_address(ETHERNET, HOME_ADDRESS, prefix_length=24)
    assert eventually(lambda: has_route(installation, SERVER, HOME_GATEWAY), bool)
    session.end()
    assert not has_route(installation, SERVER, HOME_GATEWAY)
    installation.populate()


def test_what_is_left_to_undo_is_tried_when_an_address_comes(
        installation: Installation, start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(route(SERVER, HOME_GATEWAY, ETHERNET)) == 0
    installation.fakes.fail("DeleteIpForwardEntry2", ACCESS_DENIED, times=0)
    session.end()
    assert has_route(installation, SERVER, HOME_GATEWAY)
    installation.fakes.clear_faults()
    installation.fakes.add_address(ETHERNET, OFFICE_ADDRESS, prefix_length=24)
    assert eventually(lambda: events(installation, "After this machine's network changed: "), bool)
    assert not has_route(installation, SERVER, HOME_GATEWAY)
    installation.populate()


def test_many_changes_are_verified_once(
        installation: Installation, start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(route(SERVER, HOME_GATEWAY, ETHERNET)) == 0
    installation.fakes.delete_route(ETHERNET, SERVER, HOME_GATEWAY)
    for last in range(10, 20):
        installation.fakes.add_address(ETHERNET, f"192.168.1.{last}", prefix_length=24)
    since = time.monotonic()
    assert eventually(lambda: has_route(installation, SERVER, HOME_GATEWAY), bool)
    assert time.monotonic() - since > 0.9, "nothing has come for a second"
    assert eventually(lambda: events(installation, "After this machine's network changed: "), bool)
    session.end()
    assert len(events(installation, "After this machine's network changed: ")) == 1
    installation.populate()


@pytest.fixture
def untold(installation: Installation) -> Iterator[Installation]:
    """Its service is told of no change of the network."""
    installation.stop()
    installation.fakes.fail("NotifyUnicastIpAddressChange", ACCESS_DENIED)
    installation.start()
    yield installation
    installation.stop()
    installation.start()


def test_a_lost_route_comes_back_when_dhcp_is_late_after_a_resume(
        untold: Installation, start_session: SessionMaker) -> None:
    """The service looks several times, and needs not be told of the address."""
    session = start_session()
    assert session.openvpn.request(route(SERVER, HOME_GATEWAY, ETHERNET)) == 0
    untold.fakes.delete_route(ETHERNET, SERVER, HOME_GATEWAY)
    leave_home(untold)
    resume(untold)
    assert eventually(lambda: events(untold, "is not made again yet"), bool)
    assert not has_route(untold, SERVER, HOME_GATEWAY)
    untold.fakes.add_address(ETHERNET, HOME_ADDRESS, prefix_length=24)
    assert eventually(lambda: has_route(untold, SERVER, HOME_GATEWAY), bool)
    session.end()
    assert not has_route(untold, SERVER, HOME_GATEWAY)
    untold.populate()


def test_a_service_that_is_not_told_of_changes_serves_and_says_so(
        untold: Installation, start_session: SessionMaker) -> None:
    assert eventually(
        lambda: events(untold, "does not tell this service of changes"), bool)
    session = start_session()
    assert session.openvpn.request(route(SERVER, HOME_GATEWAY, ETHERNET)) == 0
    session.end()
