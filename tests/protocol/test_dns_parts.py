# SPDX-License-Identifier: MIT
"""DNS and NRPT requests with an odd part are served without it, and the event log says so:
docs/protocol.md, "Refused, or served in part"."""
from __future__ import annotations

from typing import Callable, List, Optional

import pytest

from harness.fakes import RegistryDump
from harness.installation import Installation
from harness.messages import AF_INET6, ERROR_MESSAGE_DATA, Dialect, Message
from harness.session import Session
from protocol.support.change_cases import dns, nrpt

SessionMaker = Callable[..., Session]

PARAMETERS = r"HKLM\SYSTEM\CurrentControlSet\Services\{}\Parameters"
TAP_KEY = r"\Interfaces\{5E1D0002-AB12-4CD3-8A07-060504030201}"
TCPIP, TCPIP6 = PARAMETERS.format("Tcpip"), PARAMETERS.format("Tcpip6")
RULES = PARAMETERS.format("Dnscache") + r"\DnsPolicyConfig"

ERROR_FILE_NOT_FOUND, ERROR_OUTOFMEMORY = 2, 14
SEARCH_LIST = "corp.example,example.net"


def value(registry: RegistryDump, key: str, name: str) -> Optional[object]:
    """A value's data; None when there is none."""
    return registry.get(key, {}).get(name, {}).get("data")


def rule(installation: Installation, session: Session) -> Optional[object]:
    """The names in the session's rule."""
    key = rf"{RULES}\OpenVPNDNSRouting-{session.openvpn.process}"
    return value(installation.fakes.registry(), key, "Name")


def about(installation: Installation, session: Session) -> List[str]:
    """The events about requests of this session."""
    return [event for event in installation.record.events()
            if f"of process {session.openvpn.process} " in event]


@pytest.mark.parametrize("resolve, search, names, added, left_out", [
    ("..corp,.lab.example", "", [".corp", ".lab.example"], "", ""),
    (".corp", ".", [".corp"], "", "(1): ."),
    (".corp,.a..b", "", [".corp"], "", "(1): a..b"),
    (b".corp,.b\xfcro\0\0", "", [".corp"], "", "(1): b\ufffdro"),
    (".corp,." + 64 * "x", "vpn.example,c d", [".corp"], ",vpn.example", "(2): xxxx"),
    ("..", "..vpn.example", ["."], ",vpn.example", ""),
])
def test_odd_domain_costs_no_other(installation: Installation, start_session: SessionMaker,
                                   resolve: "str | bytes", search: str, names: List[str],
                                   added: str, left_out: str) -> None:
    session = start_session()
    assert session.openvpn.request(nrpt("10.8.0.53", resolve=resolve, search=search)) == 0
    assert rule(installation, session) == names
    assert value(installation.fakes.registry(), TCPIP, "SearchList") == SEARCH_LIST + added
    events = about(installation, session)
    assert len(events) == (1 if left_out else 0)
    assert all("add_nrpt_cfg" in event and "served in part" in event and left_out in event
               for event in events)
    session.end()
    assert not installation.differences()


@pytest.mark.parametrize("message", [
    nrpt("10.8.0.53", resolve=".a..b,.c d", search="vpn.example"), dns(domains="a..b,c d"),
], ids=["NRPT", "DNS"])
def test_nothing_but_odd_domains_is_an_error(installation: Installation,
                                             start_session: SessionMaker, message: Message) -> None:
    session = start_session()
    assert session.openvpn.request(message) == ERROR_MESSAGE_DATA
    event, = about(installation, session)
    assert "refused: " in event and "a..b, c d" in event and "(0x20000002)" in event
    assert not installation.differences()


def test_adapter_without_ipv6_gets_the_servers_of_ipv4(installation: Installation,
                                                       start_session: SessionMaker) -> None:
    installation.fakes.delete_key(TCPIP6 + TAP_KEY)
    before = installation.differences()
    session = start_session()
    assert session.openvpn.request(nrpt("10.8.0.53", "fd00:8::53", search="vpn.example")) == 0
    registry = installation.fakes.registry()
    assert value(registry, TCPIP + TAP_KEY, "NameServer") == "10.8.0.53"
    assert rule(installation, session) == ["."]
    event, = about(installation, session)
    assert "served in part" in event and "IPv6" in event and "(0x2)" in event
    assert session.openvpn.request(dns("fd00:8::53", family=AF_INET6)) == ERROR_FILE_NOT_FOUND
    assert len(about(installation, session)) == 2
    session.end()
    assert installation.differences() == before
    installation.populate()


@pytest.mark.parametrize("resolve, servers", [
    ("", "10.8.0.53"), (".corp", "10.99.0.53,10.99.0.54")], ids=["all names", "some names"])
def test_full_search_list_costs_the_search_domains_only(
        installation: Installation, start_session: SessionMaker, resolve: str, servers: str
        ) -> None:
    installation.fakes.set_value(TCPIP, "SearchList", "REG_SZ", ",".join(["a.example"] * 204))
    before = installation.differences()
    session = start_session()
    assert session.openvpn.request(
        nrpt("10.8.0.53", resolve=resolve, search="too.long.example")) == 0
    assert value(installation.fakes.registry(), TCPIP + TAP_KEY, "NameServer") == servers
    event, = about(installation, session)
    assert "search domains left out" in event and "(0xe)" in event
    session.end()
    assert installation.differences() == before
    installation.populate()


def test_suffix_of_2_6_is_left_out_in_the_same_way(older: Installation,
                                                   start_session: SessionMaker) -> None:
    session = start_session(older)
    request = dns("10.8.0.53", domains="a..b")
    assert session.openvpn.request(request, Dialect.V2_6_6) == 0
    registry = older.fakes.registry()
    assert value(registry, TCPIP + TAP_KEY, "NameServer") == "10.8.0.53"
    assert value(registry, TCPIP + TAP_KEY, "Domain") == "old.example"
    event, = about(older, session)
    assert "add_dns_cfg" in event and "a..b" in event
    session.end()
    assert not older.differences()
