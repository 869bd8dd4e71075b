# SPDX-License-Identifier: MIT
"""Two sessions set the same resource: the remaining one keeps what it requested, and when both have
ended everything is as before, in whatever order and way they end."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Sequence, Tuple

import pytest

from harness.fakes import TAP, TAP_ALIAS, Population
from harness.installation import Installation
from harness.messages import (AF_INET, AF_INET6, Dialect, Interface, Message, Mtu, OnInterface,
                              WfpBlock, name_servers, resolution, route, wins_servers)
from harness.session import Session
from protocol.support.session_ends import End, exit_openvpn, kill_openvpn, stop_service

SessionMaker = Callable[..., Session]
Read = Callable[[Installation], Any]

pytestmark = pytest.mark.undo

SERVICES = r"HKLM\SYSTEM\CurrentControlSet\Services"
POLICY = r"HKLM\SOFTWARE\Policies\Microsoft\Windows NT\DNSClient"
TCPIP = rf"{SERVICES}\Tcpip\Parameters"
GUID = "{5E1D0002-AB12-4CD3-8A07-060504030201}"
IPV4 = rf"{TCPIP}\Interfaces\{GUID}"
IPV6 = rf"{SERVICES}\Tcpip6\Parameters\Interfaces\{GUID}"
NETBT = rf"{SERVICES}\NetBT\Parameters\Interfaces\Tcpip_{GUID}"

BLOCK_DNS = 2


# ---- reading the machine ----

def value(key: str, name: str) -> Read:
    """A registry value."""
    return lambda installation: installation.fakes.registry()[key].get(name, {}).get("data")


def of_family(family: str, name: str) -> Read:
    """A setting of the tunnel adapter."""
    def read(installation: Installation) -> Any:
        row, = [row for row in installation.fakes.dump()["interfaces"] if row["index"] == TAP]
        return row[family][name]

    return read


def metrics(installation: Installation) -> Any:
    """The interface metrics of both families, and the number of filters."""
    return (of_family("ipv4", "metric")(installation), of_family("ipv6", "metric")(installation),
            len(installation.fakes.dump()["filters"]))


def route_metric(installation: Installation) -> Any:
    """The metric of the shared route; None without one."""
    rows = [row for row in installation.fakes.dump()["routes"] if row["prefix"] == "10.20.0.0/16"]
    return rows[0]["metric"] if rows else None


def static_address(installation: Installation) -> Any:
    """Whether DHCP is on, and the adapter's IPv4 addresses."""
    return (value(IPV4, "EnableDHCP")(installation),
            [row["address"] for row in installation.fakes.dump()["addresses"]
             if row["interface"] == TAP and ":" not in row["address"]])


# ---- resources that two sessions can set ----

@dataclass(frozen=True)
class Kind:
    """The requests of the older and the newer session, and the resulting state of the machine."""

    requests: Tuple[Message, Message]
    read: Read
    #: While only the older session runs, only the newer one, and both.
    alone: Tuple[Any, Any]
    both: Any
    population: Population = Population()
    openvpn: str = "2.7"


def domains(which: str) -> Message:
    """A domain of its own beside one that both request."""
    return name_servers(TAP_ALIAS, domains=f"shared.example,{which}.example")


def mtu(family: int, size: int) -> Message:
    """An MTU of the tunnel adapter."""
    return Mtu("set_mtu", interface=Interface(TAP), family=family, mtu=size)


def listed(prefix: str, *names: str) -> str:
    """Joins a search list."""
    return ",".join([*filter(None, [prefix]), *(f"{name}.example" for name in names)])


def search_lists(key: str, prefix: str, population: Population) -> Kind:
    """The search domains of both in the list of `key`, which is `prefix` before."""
    return Kind((domains("old"), domains("new")), value(key, "SearchList"),
                (listed(prefix, "shared", "old"), listed(prefix, "shared", "new")),
                listed(prefix, "shared", "old", "shared", "new"), population)


BLOCK = WfpBlock("add_wfp_block", flags=BLOCK_DNS, interface=Interface(TAP))
DHCP = OnInterface("enable_dhcp", interface=Interface(TAP))
ROUTES = (route("10.20.0.0/16", "10.8.0.1", TAP, metric=5),
          route("10.20.0.0/16", "10.8.0.1", TAP, metric=9))

#: The populated machine has a filter of another program.
FILTERS_BEFORE, FILTERS_OF_ONE = 1, 8

KINDS: Dict[str, Kind] = {
    "name servers": Kind(
        (name_servers(TAP_ALIAS, "10.8.0.1"), name_servers(TAP_ALIAS, "10.9.0.1", "10.9.0.2")),
        value(IPV4, "NameServer"), ("10.8.0.1", "10.9.0.1,10.9.0.2"), "10.9.0.1,10.9.0.2"),
    "IPv6 name servers": Kind(
        (name_servers(TAP_ALIAS, "fd00:8::1"), name_servers(TAP_ALIAS, "fd00:9::1")),
        value(IPV6, "NameServer"), ("fd00:8::1", "fd00:9::1"), "fd00:9::1"),
    "same name servers": Kind(
        (name_servers(TAP_ALIAS, "10.8.0.1"), name_servers(TAP_ALIAS, "10.8.0.1")),
        value(IPV4, "NameServer"), ("10.8.0.1", "10.8.0.1"), "10.8.0.1"),
    "name servers by a rule and plainly": Kind(
        (resolution(TAP_ALIAS, "10.8.0.1"), name_servers(TAP_ALIAS, "10.9.0.1")),
        value(IPV4, "NameServer"), ("10.8.0.1", "10.9.0.1"), "10.9.0.1"),
    "connection suffix": Kind(
        (name_servers(TAP_ALIAS, domains="one.example"),
         name_servers(TAP_ALIAS, domains="two.example")),
        value(IPV4, "Domain"), ("one.example", "two.example"), "two.example", openvpn="2.6"),
    "system search list": search_lists(TCPIP, "corp.example,example.net", Population()),
    "policy search list": search_lists(
        POLICY, "gp.example", Population(policy_search_list="gp.example")),
    "interface search list": search_lists(
        IPV4, "office.example,branch.example", Population(system_search_list="")),
    "metric": Kind((BLOCK, BLOCK), metrics,
                   ((3, 3, FILTERS_BEFORE + FILTERS_OF_ONE),) * 2,
                   (3, 3, FILTERS_BEFORE + 2 * FILTERS_OF_ONE)),
    "MTU": Kind((mtu(AF_INET, 1340), mtu(AF_INET, 1400)), of_family("ipv4", "mtu"),
                (1340, 1400), 1400),
    "IPv6 MTU": Kind((mtu(AF_INET6, 1340), mtu(AF_INET6, 1400)), of_family("ipv6", "mtu"),
                     (1340, 1400), 1400),
    "WINS servers": Kind(
        (wins_servers(TAP, "10.8.0.7"), wins_servers(TAP, "10.9.0.7", "10.9.0.8")),
        value(NETBT, "NameServerList"), (["10.8.0.7"], ["10.9.0.7", "10.9.0.8"]),
        ["10.9.0.7", "10.9.0.8"]),
    "DHCP": Kind((DHCP, DHCP), static_address, ((1, []), (1, [])), (1, [])),
    "shared route": Kind(ROUTES, route_metric, (5, 9), 9),
}
ALL_KINDS = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
ORDERS = pytest.mark.parametrize("first", [0, 1], ids=["older ends first", "newer ends first"])


# ---- ways to end ----

#: How the first session ends, and how the last.
ENDS: Dict[str, Tuple[End, End]] = {
    "exit": (exit_openvpn, exit_openvpn), "killed": (kill_openvpn, kill_openvpn),
    "service stopped": (exit_openvpn, stop_service)}
ALL_ENDS = pytest.mark.parametrize("ends", ENDS.values(), ids=ENDS.keys())


# ---- the tests ----

class Overlap:
    """Starts the two sessions of a kind, on a machine of its kind."""

    def __init__(self, installation: Installation, start: SessionMaker) -> None:
        self.installation = installation
        self._start = start

    def sessions(self, kind: Kind) -> List[Session]:
        """Both, the older one first."""
        if kind.population != Population():
            self.installation.populate(kind.population)
        dialect = Dialect.V2_7 if kind.openvpn == "2.7" else Dialect.V2_6_6
        sessions = [self._start(self.installation), self._start(self.installation)]
        for session, request, says in zip(sessions, kind.requests, (kind.alone[0], kind.both)):
            assert session.openvpn.request(request, dialect) == 0
            assert kind.read(self.installation) == says
        return sessions


@pytest.fixture
def overlap(request: pytest.FixtureRequest, start_session: SessionMaker) -> Overlap:
    """On the installation for clients of the kind's version."""
    if request.getfixturevalue("kind").openvpn == "2.7":
        installation: Installation = request.getfixturevalue("installation")
    else:
        installation = request.getfixturevalue("make_installation")(openvpn="2.6")
        installation.start()
    return Overlap(installation, start_session)


@ALL_KINDS
@ORDERS
@ALL_ENDS
def test_remaining_session_keeps_its_own_until_it_ends(
        overlap: Overlap, kind: Kind, first: int,
        ends: Tuple[End, End]) -> None:
    sessions = overlap.sessions(kind)
    ends[0](overlap.installation, sessions[first])
    assert kind.read(overlap.installation) == kind.alone[1 - first]
    ends[1](overlap.installation, sessions[1 - first])
    assert not overlap.installation.differences()


@ALL_KINDS
def test_stop_of_the_service_ends_both(overlap: Overlap, kind: Kind) -> None:
    stop_service(overlap.installation, *overlap.sessions(kind))
    assert not overlap.installation.differences()


# ---- all kinds at once ----

def ask_for_all(session: Session, which: int, kinds: Sequence[Kind]) -> None:
    """The requests of the older (0) or the newer (1) session for each kind."""
    for kind in kinds:
        assert session.openvpn.request(kind.requests[which]) == 0


@ORDERS
@ALL_ENDS
def test_kinds_do_not_affect_each_other(
        installation: Installation, start_session: SessionMaker, first: int,
        ends: Tuple[End, End]) -> None:
    names = ("system search list", "name servers", "IPv6 name servers", "metric", "MTU",
             "IPv6 MTU", "WINS servers", "shared route", "DHCP")
    kinds = [KINDS[name] for name in names]
    sessions = [start_session(), start_session()]
    for which, session in enumerate(sessions):
        ask_for_all(session, which, kinds)
    ends[0](installation, sessions[first])
    living = {name: kind.read(installation) for name, kind in zip(names, kinds)}
    assert living == {name: kind.alone[1 - first] for name, kind in zip(names, kinds)}
    ends[1](installation, sessions[1 - first])
    assert not installation.differences()
