# SPDX-License-Identifier: MIT
"""Who may send what, and where, in each state of the kill switch: a table of the verdicts of the
filtering engine's fake on the filters that the release binaries have put there."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Sequence, Tuple

from harness.bridge import Bridge
from harness.eventually import eventually
from harness.fakes import ETHERNET, INTERACTIVE, LOOPBACK, PLAIN_USER, TAP
from harness.installation import Installation
from harness.messages import address
from harness.session import Session, launch

#: As RFC 5737 and RFC 3849 give them to examples.
GATEWAY, SERVER, SERVER_IPV6 = "198.51.100.7", "203.0.113.80", "2001:db8:99::1"

TCP, UDP = 6, 17

#: Under {folder}, the installation's; the engine knows programs by their paths.
BROWSER = r"C:\Program Files\Browser\browser.exe"
SVCHOST = r"C:\Windows\System32\svchost.exe"
OPENVPN = r"{folder}\bin\openvpn.exe"


@dataclass(frozen=True)
class Traffic:
    """One kind of traffic, by the first packet of a connection."""

    title: str
    program: str
    interface: int
    protocol: int
    remote: str
    remote_port: int
    more: Dict[str, Any] = field(default_factory=dict)

    def passes(self, installation: Installation) -> bool:
        """Whether the filters that are there let it out."""
        answer = installation.fakes.verdict(
            self.interface, self.remote, remote_port=self.remote_port, protocol=self.protocol,
            program=self.program.format(folder=installation.folder), **self.more)
        return bool(answer["action"] == "permit")


KINDS = (
    Traffic("browser to the Internet, IPv4", BROWSER, ETHERNET, TCP, SERVER, 443),
    Traffic("browser to the Internet, IPv6", BROWSER, ETHERNET, TCP, SERVER_IPV6, 443),
    Traffic("DNS query to the router", SVCHOST, ETHERNET, UDP, "192.168.1.1", 53),
    Traffic("openvpn.exe to its gateway", OPENVPN, ETHERNET, UDP, GATEWAY, 1194),
    Traffic("browser to that gateway", BROWSER, ETHERNET, UDP, GATEWAY, 1194),
    Traffic("browser through the tunnel", BROWSER, TAP, TCP, SERVER, 443),
    Traffic("DNS query through the tunnel", SVCHOST, TAP, UDP, "10.8.7.1", 53),
    Traffic("printer in the local network", BROWSER, ETHERNET, TCP, "192.168.1.50", 9100),
    Traffic("DHCP", SVCHOST, ETHERNET, UDP, "255.255.255.255", 67, {"local_port": 68}),
    Traffic("openvpn.exe's management", BROWSER, LOOPBACK, TCP, "127.0.0.1", 7505,
            {"local_address": "127.0.0.1"}),
)

PASSES, HELD = "yes", "-"
#: The filters would let it into a tunnel whose openvpn.exe has ended.
NOWHERE = "(yes)"

#: What stands over a column, in two lines.
Head = Tuple[str, str]


@dataclass(frozen=True)
class Column:
    """What each kind of traffic has in one state."""

    head: Head
    cells: Sequence[str]


def observe(installation: Installation, head: Head) -> Column:
    """As it is now."""
    has_tunnel = any(row.image.lower() == "openvpn.exe" for row in installation.strangers())

    def cell(kind: Traffic) -> str:
        if not kind.passes(installation):
            return HELD
        return NOWHERE if kind.interface == TAP and not has_tunnel else PASSES

    return Column(head, [cell(kind) for kind in KINDS])


class Tour:
    """Through the states of the kill switch of an installation; it is down before and after. The
    service runs at the end, too."""

    def __init__(self, installation: Installation, administrator: Bridge, user: Bridge) -> None:
        self._installation = installation
        self._administrator = administrator
        self._user = user

    def columns(self) -> List[Column]:
        """What there is to see in each."""
        self._installation.service.set_automatic(True)
        self._installation.start()
        self._installation.fakes.personas(PLAIN_USER.with_group(INTERACTIVE))
        columns = [observe(self._installation, head) for head in self._states()]
        self._installation.service.set_automatic(False)
        return columns

    def _states(self) -> Iterator[Head]:
        yield "", "before"
        self._ask("start", "lockdown")
        yield "lock-", "down"
        self._ask("start", f"{GATEWAY}:1194/udp")
        yield "connec-", "ting"
        session = self._connect()
        yield "connec-", "ted"
        session.kill()
        session.close()
        yield "openvpn", "killed"
        session = self._connect()
        self._installation.crash()
        left = eventually(self._installation.processes, lambda rows: not rows)
        assert not left, left
        session.close()
        yield "service", "killed"
        self._installation.reboot()
        yield "Windows", "restarted"
        self._installation.start()
        self._ask("stop")
        yield "", "stop"

    def _ask(self, *words: str) -> None:
        """What the user asks of the kill switch must be granted."""
        control = self._installation.control(self._user)
        try:
            reply = control.ask("firewall", *words)
            assert reply.code == 0, reply
        finally:
            control.close()

    def _connect(self) -> Session:
        """A session whose tunnel has its address."""
        session = launch(self._installation, self._administrator, client_bridge=self._user)
        assert session.openvpn.request(address("10.8.7.2/24", TAP)) == 0
        return session


def table(columns: Sequence[Column]) -> List[str]:
    """Its lines: two of heads, and one for each kind of traffic."""
    rows = [["", *(column.head[line] for column in columns)] for line in (0, 1)]
    rows += [[kind.title, *(column.cells[number] for column in columns)]
             for number, kind in enumerate(KINDS)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(columns) + 1)]
    return ["  ".join([row[0].ljust(widths[0]),
                       *(cell.ljust(width) for cell, width in zip(row[1:], widths[1:]))]).rstrip()
            for row in rows]
