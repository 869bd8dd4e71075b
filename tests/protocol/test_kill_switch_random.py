# SPDX-License-Identifier: MIT
"""Random packets under random policies of the kill switch, judged by the filters that the service
has added: only what its states allow passes, each state lets out what the stricter one does, and a
restart never lets out more. $GATEHOUSE_EXAMPLES says how many policies are tried. The same
natively, over the plan and with many more packets: tests/unit/test_kill_switch_property.c."""
from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from typing import Any, Callable, Dict, FrozenSet, List, Set, Tuple, Union

from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from harness.fakes import ETHERNET, LOOPBACK, TAP, WIFI, WINTUN
from harness.installation import Installation
from harness.session import Session
from protocol.support.kill_switch import KillSwitch, uses

SessionMaker = Callable[..., Session]
Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]

#: A failure names its packets: it need not be made smaller.
EXAMPLES = settings(max_examples=int(os.environ.get("GATEHOUSE_EXAMPLES", "6")), deadline=None,
                    derandomize=True, database=None, phases=(Phase.explicit, Phase.generate),
                    suppress_health_check=[HealthCheck.function_scoped_fixture,
                                           HealthCheck.too_slow, HealthCheck.data_too_large])

PACKETS = 40

ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58
PROTOCOLS = (TCP, TCP, UDP, UDP, ICMP, ICMPV6, ICMPV6, 2, 50)

#: At the edges of what is open.
PORTS = (0, 1, 52, 53, 54, 67, 68, 443, 546, 547, 852, 853, 1194, 50000)
TYPES = (3, 8, 128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 142, 143, 144)
IPV4 = ("9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0", "93.184.216.34", "127.0.0.1",
        "169.253.255.255", "169.254.0.1", "172.15.255.255", "172.16.0.1", "172.31.255.255",
        "172.32.0.0", "192.167.255.255", "192.168.1.1", "192.169.0.0", "198.51.100.7",
        "223.255.255.255", "224.0.0.251", "224.0.1.0", "239.255.255.250", "240.0.0.0",
        "255.255.255.255")
IPV6 = ("::1", "::ffff:10.1.2.3", "::ffff:93.184.216.34", "2001:db8:7::7", "fbff::1", "fc00::1",
        "fdff::1", "fe7f::1", "fe80::1", "febf::1", "fec0::1", "ff01::1", "ff02::1", "ff02::2",
        "ff02::16", "ff02::1:2", "ff02::1:ff00:1", "ff05::1:3", "ff06::1", "ff0e::1")
LOCAL = ("192.168.1.20", "10.8.0.2", "fe80::20", "2001:db8:1::20")

OPENVPN, SVCHOST, BROWSER = "openvpn", "svchost", "browser"


def networks(*texts: str) -> List[Any]:
    """Of both families."""
    return [ipaddress.ip_network(text) for text in texts]


PRIVATE = networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fe80::/10",
                   "fc00::/7", "::ffff:10.0.0.0/104", "::ffff:172.16.0.0/108",
                   "::ffff:192.168.0.0/112", "::ffff:169.254.0.0/112")
GROUPS = networks("224.0.0.0/24", "239.0.0.0/8", "255.255.255.255/32", "ff01::/16", "ff02::/16",
                  "ff03::/16", "ff04::/16", "ff05::/16")
LINK_LOCAL, = networks("fe80::/10")


def is_icmp(protocol: int, remote: Address) -> bool:
    """Whether it has types and codes: that of the family."""
    return protocol == (ICMP if remote.version == 4 else ICMPV6)


def is_in(address: Address, ranges: List[Any]) -> bool:
    """Whether one of them has it."""
    return any(address.version == each.version and address in each for each in ranges)


# ---- policies and packets ----

@dataclass(frozen=True)
class Gateway:
    """As `firewall start` takes it; port and protocol 0: any."""

    address: str
    port: int
    protocol: int

    def __str__(self) -> str:
        if not self.port:
            return self.address
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.port}" + {0: "", TCP: "/tcp", UDP: "/udp"}[self.protocol]

    def has(self, packet: "Packet") -> bool:
        """Whether it is its packet, whatever program sends it."""
        if packet.remote != ipaddress.ip_address(self.address):
            return False
        protocols = (self.protocol,) if self.protocol else (TCP, UDP)
        return not self.port or (packet.second == self.port and packet.protocol in protocols)


@dataclass(frozen=True)
class Packet:
    """Its numbers are ports, local and remote, or type and code of ICMP."""

    way: str
    interface: int
    departure: int
    program: str
    protocol: int
    local: Address
    remote: Address
    first: int
    second: int

    def request(self, machine: Installation) -> Dict[str, Any]:
        """The arguments of fakes.verdict()."""
        request: Dict[str, Any] = {
            "direction": self.way, "interface": self.interface, "protocol": self.protocol,
            "local_address": str(self.local), "remote_address": str(self.remote)}
        numbers = (("icmp_type", "icmp_code") if is_icmp(self.protocol, self.remote)
                   else ("local_port", "remote_port"))
        request.update(zip(numbers, (self.first, self.second)))
        if self.way == "forward":
            return {**request, "departure": self.departure}
        programs = {OPENVPN: rf"{machine.folder}\bin\openvpn.exe",
                    SVCHOST: r"C:\Windows\System32\svchost.exe", BROWSER: r"C:\browser.exe"}
        return {**request, "program": programs[self.program]}


def addresses(version: int) -> st.SearchStrategy[Address]:
    """At an edge, or beside one."""
    edges = [ipaddress.ip_address(text) for text in (IPV4 if version == 4 else IPV6)]
    bits = edges[0].max_prefixlen

    def flip(address: Address, bit: int) -> Address:
        return address if bit >= bits else type(address)(int(address) ^ 1 << bit)

    return st.builds(flip, st.sampled_from(edges), st.integers(0, 4 * bits))


@st.composite
def packets(draw: st.DrawFn, gateways: List[Gateway]) -> Packet:
    """Also those that gateways may get."""
    protocol = draw(st.sampled_from(PROTOCOLS))
    remote = draw(st.one_of(
        addresses(4), addresses(6),
        st.sampled_from([ipaddress.ip_address(each.address) for each in gateways])))
    local = draw(st.sampled_from([each for each in map(ipaddress.ip_address, LOCAL)
                                  if each.version == remote.version]))
    has_types = is_icmp(protocol, remote)
    interfaces = st.sampled_from((ETHERNET, ETHERNET, WIFI, TAP, WINTUN))
    return Packet(draw(st.sampled_from(("out", "out", "out", "in", "in", "forward"))),
                  draw(interfaces), draw(interfaces),
                  draw(st.sampled_from((OPENVPN, SVCHOST, BROWSER))), protocol, local, remote,
                  draw(st.sampled_from(TYPES if has_types else PORTS)),
                  draw(st.sampled_from((0, 0, 0, 1, 53) if has_types else PORTS)))


@st.composite
def cases(draw: st.DrawFn) -> Tuple[List[Gateway], List[Packet]]:
    """Gateways of a policy, and packets."""
    gateways = draw(st.lists(st.builds(
        Gateway, st.one_of(st.just("198.51.100.7"), st.just("2001:db8:7::7"),
                           st.just("93.184.216.34")),
        st.sampled_from((0, 53, 443, 1194)), st.sampled_from((0, TCP, UDP))),
        min_size=1, max_size=3))
    made = draw(st.lists(packets(gateways), min_size=PACKETS, max_size=PACKETS))
    return gateways, made


# ---- what may pass ----

def is_dhcp(packet: Packet) -> bool:
    """For an address of this machine."""
    ports = packet.first, packet.second
    if packet.protocol != UDP:
        return False
    if packet.local.version == 4:
        return ports == (68, 67) and (
            packet.way == "in" or str(packet.remote) == "255.255.255.255" or
            (packet.program == SVCHOST and is_in(packet.remote, PRIVATE)))
    return ports == (546, 547) and packet.local in LINK_LOCAL and (
        packet.remote in LINK_LOCAL if packet.way == "in"
        else str(packet.remote) in ("ff02::1:2", "ff05::1:3"))


#: Types of neighbour and multicast listener discovery by where they may go, and come from.
SENT: Dict[Tuple[int, ...], List[Any]] = {
    (133,): networks("ff02::2/128"), (135,): networks("ff02::1:ff00:0/104", "fe80::/10"),
    (136,): networks("fe80::/10", "ff02::1/128"), (131, 132, 143): networks("ff02::/16")}
RECEIVED: Dict[Tuple[int, ...], List[Any]] = {
    (134, 137, 130): networks("fe80::/10"), (135, 136): networks("::/0")}


def is_discovery(packet: Packet) -> bool:
    """Of neighbours, routers, and listeners to multicast."""
    table = SENT if packet.way == "out" else RECEIVED
    return (packet.protocol == ICMPV6 and packet.remote.version == 6 and packet.second == 0 and
            any(packet.first in types and is_in(packet.remote, ranges)
                for types, ranges in table.items()))


def is_of_the_lan(packet: Packet) -> bool:
    """As far as allow-lan opens it: not to name servers."""
    if packet.way == "in":
        return is_in(packet.remote, PRIVATE)
    return (is_in(packet.remote, PRIVATE + GROUPS) and
            not (packet.protocol in (TCP, UDP) and packet.second in (53, 853)))


@dataclass(frozen=True)
class State:
    """What it is started with, and the tunnels."""

    name: str
    gateways: Tuple[Gateway, ...]
    lan: bool
    tunnels: FrozenSet[int] = frozenset()

    def may_pass(self, packet: Packet, own: Set[Address]) -> bool:
        """`own`: addresses of the machine, to which it is loopback."""
        if packet.way == "forward":
            return bool({packet.interface, packet.departure} & self.tunnels)
        return (packet.interface in self.tunnels or packet.interface == LOOPBACK or
                packet.remote in own or packet.remote.is_loopback or is_dhcp(packet) or
                is_discovery(packet) or (self.lan and is_of_the_lan(packet)) or
                (packet.way == "out" and packet.program == OPENVPN and
                 any(gateway.has(packet) for gateway in self.gateways)))


# ---- the test ----

class Judge:
    """Sends the packets in every state."""

    def __init__(self, machine: Installation, made: List[Packet]) -> None:
        self._machine = machine
        self._packets = made
        self._own = {ipaddress.ip_address(row["address"].split("%")[0])
                     for row in machine.fakes.dump()["addresses"]}

    def passing(self) -> Set[int]:
        """The numbers of those that pass."""
        return {number for number, packet in enumerate(self._packets)
                if self._machine.fakes.verdict(
                    **packet.request(self._machine))["action"] == "permit"}

    def check(self, state: State) -> Set[int]:
        """Nothing passes that may not."""
        passing = self.passing()
        wrong = [self._packets[number] for number in passing
                 if not state.may_pass(self._packets[number], self._own)]
        assert not wrong, f"pass in {state}: {wrong}"
        return passing


@EXAMPLES
@given(case=cases())
def test_no_state_lets_out_more_than_it_says(
        switch: KillSwitch, guarded: Installation, start_session: SessionMaker,
        case: Tuple[List[Gateway], List[Packet]]) -> None:
    gateways, made = case
    words = [str(gateway) for gateway in gateways]
    note(" ".join(words))
    judge = Judge(guarded, made)
    engine, off = switch.objects(), judge.passing()
    seen: Dict[str, Set[int]] = {}

    def start(state: State) -> None:
        switch.start(*(["allow-lan"] if state.lan else []),
                     *(words if state.gateways else ["lockdown"]))
        seen[state.name] = judge.check(state)

    session = start_session()
    start(State("L", (), False))
    start(State("L+", (), True))
    start(State("C", tuple(gateways), False))
    start(State("C+", tuple(gateways), True))
    uses(session, TAP)
    tunnels = frozenset({TAP})
    seen["T+"] = judge.check(State("T+", tuple(gateways), True, tunnels))
    start(State("T", tuple(gateways), False, tunnels))
    session.end()
    assert judge.passing() == seen["C"]
    for less, more in (("L", "L+"), ("C", "C+"), ("T", "T+"), ("L", "C"), ("C", "T"),
                       ("L+", "C+"), ("C+", "T+")):
        assert seen[less] <= seen[more], (less, more)
    assert seen["T+"] <= off
    switch.stop()
    assert judge.passing() == off
    assert switch.objects() == engine


@EXAMPLES
@given(case=cases())
def test_a_restart_never_lets_out_more(switch: KillSwitch, guarded: Installation,
                                       start_session: SessionMaker,
                                       case: Tuple[List[Gateway], List[Packet]]) -> None:
    gateways, made = case
    judge = Judge(guarded, made)
    words = [str(gateway) for gateway in gateways]
    switch.start("allow-lan", *words)
    connecting = judge.passing()
    uses(start_session())
    connected = judge.passing()
    guarded.crash()
    assert judge.passing() == connected
    guarded.reboot(bfe=False)
    booting = judge.passing()
    guarded.fakes.start_bfe()
    locked = judge.check(State("L+", (), True))
    assert booting <= locked <= connecting <= connected
    guarded.start()
    assert judge.passing() == connecting
    switch.stop()
