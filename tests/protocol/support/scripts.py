# SPDX-License-Identifier: MIT
"""Sessions that make every kind of change, and take back and repeat some of them; crash tests
interrupt them at every call. create_adapter is left out, because its adapter stays for later
connections."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple

from harness.fakes import ETHERNET, TAP, WIFI, WINTUN
from harness.messages import (AF_INET, AF_INET6, Flush, Interface, Message, RegisterDns, address,
                              encode, route)
from protocol.support.change_cases import (RELEASES, WINTUN_NAME, Release, block, dns, mtu, nrpt,
                                           on, wins)


@dataclass(frozen=True)
class Script:
    """The requests of an openvpn.exe of this release; each is acknowledged with 0."""

    name: str
    release: Release
    messages: Tuple[Message, ...]

    def data(self) -> Tuple[bytes, ...]:
        """The messages as they are sent."""
        return tuple(encode(message, self.release.dialect) for message in self.messages)


#: Changes that a session of any release makes.
_COMMON: Tuple[Message, ...] = (
    address("10.9.0.10/24", WINTUN),
    address("fd00:9::10/64", WINTUN),
    address("10.8.0.2/24", TAP, delete=True),
    route("203.0.113.7/32", "192.168.1.1", ETHERNET),
    route("10.20.0.0/16", "10.9.0.1", WINTUN, 7),
    route("fd00:20::/64", "fe80::9", WINTUN),
    route("0.0.0.0/0", "192.168.77.1", WIFI, delete=True),
    route("0.0.0.0/0", "10.9.0.1", WINTUN),
    mtu(1400, AF_INET6, Interface(WINTUN)),
)

#: Changes that the session takes back, or makes again, before it ends.
_COMMON_ENDS: Tuple[Message, ...] = (
    route("10.20.0.0/16", "10.9.0.1", WINTUN, 7, delete=True),
    route("10.20.0.0/16", "10.9.0.1", WINTUN, 9),
    address("10.9.0.10/24", WINTUN, delete=True),
)

NEWEST = Script("2.7", RELEASES[-1], (
    *_COMMON,
    block(3, WINTUN),
    dns("10.8.0.53", domains="a.example"),
    dns("fd00:8::53", family=AF_INET6),
    nrpt("10.8.0.53", resolve=".a.example\0.b.example", search="s.example", flags=1),
    nrpt("10.9.0.53", "fd00:9::53", interface=WINTUN_NAME),  # replaces the first, for all names
    Flush("flush_neighbors", AF_INET, Interface(TAP)),
    Flush("flush_neighbors", AF_INET6, Interface(TAP)),
    *_COMMON_ENDS,
    dns(domains="a.example", delete=True),
    dns("10.8.0.54", domains="c.example"),
    nrpt(interface=WINTUN_NAME, delete=True),
    nrpt("10.8.0.53", resolve=".c.example"),
    block(3, WINTUN, delete=True),
    block(2),
))

#: Requests that run programs, which take far longer than all others.
PROGRAMS = Script("2.7 programs", RELEASES[-1], (
    route("10.20.0.0/16", "10.8.0.1", TAP),
    wins("10.8.0.55", "10.8.0.56"),
    on("enable_dhcp"),
    RegisterDns("register_dns"),
    wins(delete=True),
    wins("10.8.0.57"),
))

OLDER = Script("2.6", RELEASES[-2], (
    *_COMMON,
    on("add_block_dns"),
    dns("10.8.0.53", domains="tunnel.example"),
    *_COMMON_ENDS,
    on("delete_block_dns"),
    on("add_block_dns", WINTUN),
    dns(domains="tunnel.example", delete=True),
    dns("10.8.0.54", domains="other.example"),
))

SCRIPTS: Tuple[Script, ...] = (NEWEST, PROGRAMS, OLDER)
