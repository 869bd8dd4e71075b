# SPDX-License-Identifier: MIT
"""Changes of the network as Windows shows them, and that they go."""
from __future__ import annotations

import contextlib
import socket
import struct
import threading
from dataclasses import dataclass
from typing import Callable, Iterator, List, Sequence

import pytest

from hardware.support import adapter as adapters
from hardware.support import here, looks, powershell, windows
from hardware.support.adapter import Adapter
from hardware.support.block import ELSEWHERE, MOST, is_blocked
from hardware.support.release import Release
from hardware.support.watchdog import Task
from harness.bridge import Bridge
from harness.eventually import HANG, eventually
from harness.messages import (AF_INET, AF_INET6, Interface, Message, Mtu, OnInterface, WfpBlock,
                              address, name_servers, resolution, route)
from harness.session import Session

pytestmark = pytest.mark.adapter

#: Errors that say that an interface does not exist; which of them Windows uses is the question.
GONE = (2, 87, 1168)

#: Flags of packet filters: they hold all that leaves outside the tunnel, or DNS alone
#: (docs/protocol.md, "Packet filters").
EVERYTHING, DNS_ONLY = 1, 2

BOOT = r"HKLM\SOFTWARE\Gatehouse\Boot"


@dataclass(frozen=True)
class Case:
    """A change: its messages, and what a look shows of it."""

    name: str
    messages: Callable[[Adapter], Sequence[Message]]
    shows: str


CASES = (
    Case("IPv4 address", lambda tap: [address(here.allowed("198.51.100.10/24"), tap.index)],
         "198.51.100.10/24"),
    Case("IPv6 address", lambda tap: [address(here.allowed("2001:db8:1::10/64"), tap.index)],
         "2001:db8:1::10/64"),
    Case("IPv4 route", lambda tap: [
        address("198.51.100.10/24", tap.index),
        route(here.allowed("203.0.113.0/25"), "198.51.100.1", tap.index, 7)],
        "203.0.113.0/25 via 198.51.100.1"),
    Case("route with a large metric", lambda tap: [
        address("198.51.100.10/24", tap.index),
        route(here.allowed("203.0.113.128/25"), "198.51.100.1", tap.index, 0x7FFFFFFF)],
        "203.0.113.128/25 via 198.51.100.1"),
    Case("IPv6 route", lambda tap: [
        address("2001:db8:1::10/64", tap.index),
        route(here.allowed("2001:db8:2::/48"), "2001:db8:1::1", tap.index, 7)],
        "2001:db8:2::/48 via 2001:db8:1::1"),
    Case("name servers", lambda tap: [
        name_servers(tap.name, "198.51.100.53", domains=here.DOMAIN)], "198.51.100.53"),
    Case("NRPT rule", lambda tap: [
        resolution(tap.name, "198.51.100.53", resolve=[here.DOMAIN])], "OpenVPNDNSRouting"),
    Case("IPv4 MTU", lambda tap: [Mtu("set_mtu", Interface(tap.index), AF_INET, 1380)],
         "MTU 1380"),
    Case("IPv6 MTU", lambda tap: [Mtu("set_mtu", Interface(tap.index), AF_INET6, 1380)],
         "MTU 1380"),
    Case("DHCP", lambda tap: [OnInterface("enable_dhcp", Interface(tap.index))], "EnableDHCP"),
)


#: Changes that outlive a restart of Windows.
LASTING = [case for case in CASES if case.name in ("name servers", "NRPT rule", "IPv4 MTU", "DHCP")]


def make(session: Session, messages: Sequence[Message]) -> None:
    """Ask for each; all are granted."""
    for message in messages:
        assert session.openvpn.request(message) == 0, message


def check_is_again(before: looks.Look, bridge: Bridge, adapter: Adapter) -> None:
    """The network is as it was."""
    assert eventually(lambda: looks.network(bridge, adapter), lambda now: now == before,
                      longest_pause=1) == before


ENDS = {"end": Session.end, "kill of openvpn.exe": Session.kill}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.name))
def test_a_change_goes_with_its_session(case: Case, end: Callable[[Session], None], bridge: Bridge,
                                        plugged: Adapter, connect: Callable[..., Session]) -> None:
    before = looks.network(bridge, plugged)
    session = connect()
    make(session, case.messages(plugged))
    assert case.shows in str(looks.network(bridge, plugged))
    end(session)
    check_is_again(before, bridge, plugged)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.name))
def test_a_change_goes_with_the_start_after_a_kill(case: Case, release: Release, bridge: Bridge,
                                                   plugged: Adapter,
                                                   connect: Callable[..., Session]) -> None:
    before = looks.network(bridge, plugged)
    make(connect(), case.messages(plugged))
    assert case.shows in str(looks.network(bridge, plugged))
    release.kill()
    release.start()
    check_is_again(before, bridge, plugged)


@pytest.mark.parametrize("case", LASTING, ids=lambda case: str(case.name))
def test_a_change_goes_with_a_start_that_takes_itself_for_the_first_of_a_boot(
        case: Case, release: Release, bridge: Bridge, plugged: Adapter,
        connect: Callable[..., Session]) -> None:
    """Windows is not restarted: the key is deleted that a restart deletes."""
    before = looks.network(bridge, plugged)
    make(connect(), case.messages(plugged))
    assert case.shows in str(looks.network(bridge, plugged))
    release.kill()
    assert looks.has_key(bridge, rf"{BOOT}\{release.service.name}")
    release.registry.delete_tree(rf"{BOOT}\{release.service.name}")
    release.start()
    check_is_again(before, bridge, plugged)


def test_what_another_program_sets_beside_a_change_stays(bridge: Bridge, plugged: Adapter,
                                                         connect: Callable[..., Session]) -> None:
    """MTU and metric are in the same row of Windows: each is written alone, and put back alone."""
    before = looks.interface(plugged)
    session = connect()
    make(session, [Mtu("set_mtu", Interface(plugged.index), AF_INET, 1380)])
    chosen = f"-InterfaceIndex {plugged.index} -AddressFamily IPv4"
    powershell.do(f"Set-NetIPInterface {chosen} -InterfaceMetric 4321")
    try:
        session.end()
        after = looks.interface(plugged)
    finally:
        powershell.do(f"Set-NetIPInterface {chosen} -AutomaticMetric Enabled")
    assert "metric 4321," in after["IPv4"]
    assert after["IPv4"].split(",")[0] == before["IPv4"].split(",")[0]


def test_filters_for_name_service_hold_nothing_else(plugged: Adapter,
                                                    connect: Callable[..., Session]) -> None:
    def look() -> List[bool]:
        return [is_blocked(ELSEWHERE, 53), is_blocked(ELSEWHERE, 53, is_udp=True),
                is_blocked(ELSEWHERE, 443)]

    assert look() == [False, False, False], "something else blocks here"
    session = connect()
    make(session, [WfpBlock("add_wfp_block", DNS_ONLY, Interface(plugged.index))])
    held = look()
    session.end()
    assert held == [True, True, False]
    assert look() == [False, False, False]


def test_filters_for_everything_leave_the_tunnel_open(release: Release, plugged: Adapter,
                                                      connect: Callable[..., Session]) -> None:
    """Everything else is blocked: for 20 seconds at most, after which Windows kills the service."""
    session = connect()
    make(session, [address(here.allowed("198.51.100.10/24"), plugged.index)])
    eventually(lambda: "198.51.100.10/24" in looks.addresses(plugged), bool)
    process = release.service.status().process
    watchdog = Task("Gatehouse hardware test filters", "taskkill.exe", f"/F /PID {process}")
    watchdog.arm(MOST)
    try:
        make(session, [WfpBlock("add_wfp_block", EVERYTHING, Interface(plugged.index))])
        held = [is_blocked(ELSEWHERE, 443), is_blocked("198.51.100.99", 443)]
        session.end()
    finally:
        watchdog.disarm()
    assert held == [True, False]
    assert not is_blocked(ELSEWHERE, 443)


def test_filters_go_with_the_process(release: Release, plugged: Adapter,
                                     connect: Callable[..., Session]) -> None:
    before = looks.filters()
    session = connect()
    make(session, [WfpBlock("add_wfp_block", DNS_ONLY, Interface(plugged.index))])
    try:
        assert looks.filters() > before
    finally:
        release.kill()
    assert looks.filters() == before


@pytest.mark.parametrize("mtu", [576, 1280, 9000, 65535], ids=str)
def test_an_mtu_that_windows_changes_is_put_back(mtu: int, bridge: Bridge, plugged: Adapter,
                                                 connect: Callable[..., Session]) -> None:
    """Granted or refused: whatever Windows makes of it, it is as before at the end."""
    before = looks.interface(plugged)
    session = connect()
    session.openvpn.request(Mtu("set_mtu", Interface(plugged.index), AF_INET, mtu))
    session.end()
    assert eventually(lambda: looks.interface(plugged), lambda now: now == before,
                      longest_pause=1) == before


def test_the_undo_of_an_adapter_that_has_gone_ends(release: Release,
                                                   connect: Callable[..., Session]) -> None:
    session = connect()
    with adapters.made("gone") as gone:
        make(session, [Mtu("set_mtu", Interface(gone.index), AF_INET, 1380)])
    assert windows.error_of_unknown_luid(gone.luid) in GONE
    session.end()
    release.stop()
    assert release.command("-cleanup") == 0


def test_windows_tells_of_routes_when_a_cable_is_plugged_in(tap: Adapter) -> None:
    """Machines with Modern Standby may not tell of their resume; then this must be enough."""
    with adapters.connected(tap):
        powershell.do(f"New-NetIPAddress -InterfaceIndex {tap.index} -IPAddress "
                      f"{here.allowed('198.51.100.77')} -PrefixLength 24 | Out-Null")
    try:
        with windows.route_changes() as told, adapters.connected(tap):
            assert told.wait(HANG)
    finally:
        powershell.do("Remove-NetIPAddress -Confirm:$false -IPAddress 198.51.100.77")


@pytest.mark.disruptive
def test_a_session_can_end_without_the_filtering_engine(
        release: Release, plugged: Adapter, connect: Callable[..., Session]) -> None:
    before = looks.filters()
    session = connect()
    make(session, [WfpBlock("add_wfp_block", DNS_ONLY, Interface(plugged.index))])
    try:
        powershell.do("Stop-Service -Name BFE -Force")
    except powershell.CommandFailed as error:
        pytest.skip(f"BFE can't be stopped here: {error}")
    try:
        session.end()
    finally:
        powershell.do("Start-Service -Name BFE; Start-Service -Name mpssvc")
    assert release.command("-cleanup") == 0
    assert looks.filters() == before


@pytest.mark.disruptive
def test_filters_are_made_again_when_the_filtering_engine_restarts(
        plugged: Adapter, connect: Callable[..., Session]) -> None:
    before = looks.filters()
    session = connect()
    make(session, [WfpBlock("add_wfp_block", DNS_ONLY, Interface(plugged.index))])
    try:
        powershell.do("Restart-Service -Name BFE -Force; Start-Service -Name mpssvc")
        assert eventually(looks.filters, lambda count: count > before, longest_pause=1) > before
    finally:
        session.end()
    assert looks.filters() == before


# ---- what the DNS client remembers ----

def _answer(query: bytes) -> bytes:
    """198.51.100.99 for every question, valid for an hour."""
    end = query.index(b"\0", 12) + 5
    record = struct.pack(">HHHIH", 0xC00C, 1, 1, 3600, 4) + socket.inet_aton("198.51.100.99")
    return query[:2] + b"\x81\x80\0\x01\0\x01\0\0\0\0" + query[12:end] + record


@contextlib.contextmanager
def name_server(at: str) -> Iterator[List[bytes]]:
    """A name server; the list of questions that have come."""
    asked: List[bytes] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((at, 53))
        server.settimeout(0.2)
        stopped = threading.Event()

        def serve() -> None:
            while not stopped.is_set():
                with contextlib.suppress(socket.timeout, ConnectionResetError):
                    query, client = server.recvfrom(4096)
                    asked.append(query)
                    server.sendto(_answer(query), client)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield asked
        finally:
            stopped.set()
            thread.join(HANG)


def test_rules_are_in_force_after_their_empty_key_was_deleted(
        release: Release, bridge: Bridge, plugged: Adapter, connect: Callable[..., Session]
        ) -> None:
    """A start deletes it, whoever has made it. Windows' DNS client may watch the key."""
    if looks.has_key(bridge, looks.RULES) and looks.keys(bridge, looks.RULES):
        pytest.skip("this computer has rules of its own")
    release.registry.create(looks.RULES)
    release.stop()
    release.start()
    assert not looks.has_key(bridge, looks.RULES)
    session = connect()
    make(session, [address(here.allowed("198.51.100.10/24"), plugged.index)])
    eventually(lambda: "198.51.100.10/24" in looks.addresses(plugged), bool)
    with name_server("198.51.100.10") as asked:
        make(session, [resolution(plugged.name, "198.51.100.10", resolve=[here.DOMAIN])])
        powershell.do(f"Resolve-DnsName -Type A -Name again.{here.DOMAIN} | Out-Null")
        assert asked
    session.end()


def test_answers_of_a_tunnels_name_server_go_with_its_session(
        plugged: Adapter, connect: Callable[..., Session]) -> None:
    name = f"host.{here.DOMAIN}"
    session = connect()
    make(session, [address(here.allowed("198.51.100.10/24"), plugged.index)])
    eventually(lambda: "198.51.100.10/24" in looks.addresses(plugged), bool)
    with name_server("198.51.100.10") as asked:
        make(session, [resolution(plugged.name, "198.51.100.10", resolve=[here.DOMAIN])])
        powershell.do(f"Resolve-DnsName -Type A -Name {name} | Out-Null")
        assert asked
    assert windows.is_in_dns_cache(name)
    session.end()
    assert not eventually(lambda: windows.is_in_dns_cache(name), lambda there: not there, 10)
