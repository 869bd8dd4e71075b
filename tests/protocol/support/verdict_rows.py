# SPDX-License-Identifier: MIT
"""The packets of tests/golden/kill-switch-verdicts.txt, on the machine of an installation."""
from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from functools import lru_cache
from typing import Any, Dict, Iterator, List, Sequence, Tuple

from harness.fakes import ETHERNET, LOOPBACK, TAP, WIFI, WINTUN
from harness.installation import Installation

ROWS = Path(__file__).parents[2] / "golden" / "kill-switch-verdicts.txt"

#: The states, as the file names them.
COLUMNS = ("off", "bt", "L", "L+", "C", "T", "T+")

PASSES, BLOCKED, DOES_NOT_OCCUR = "P", "B", "-"

#: Those that the machine has, and those that while_interfaces_exist() adds. TUN and TUN2 are for
#: sessions, TUN3 is for none, W is another vendor's, GONE has had the LUID of a session's tunnel.
INTERFACES = {"LO": LOOPBACK, "E": ETHERNET, "TUN": TAP, "TUN2": WINTUN, "H": WIFI,
              "TUN3": 30, "GONE": 31, "W": 32}
_ADDED = ("TUN3", "GONE", "W")

#: Those of sessions.
TUNNELS = ("TUN", "TUN2")

_PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1, "icmp6": 58, "igmp": 2, "gre": 47, "esp": 50,
              "ipv6": 41}

_PROGRAMS = {
    "openvpn": r"{folder}\bin\openvpn.exe",
    "openvpn-of-user": r"C:\Users\u\openvpn.exe",
    "svchost": r"C:\Windows\System32\svchost.exe",
    "browser": r"C:\Program Files\Browser\browser.exe",
    "system": r"C:\Windows\System32\ntoskrnl.exe",
    "openvpnserv": r"C:\Program Files\OpenVPN\bin\openvpnserv.exe",
    "gatehouse": r"{folder}\gatehouse.exe",
}


@dataclass(frozen=True)
class Row:
    """A packet and its verdict in each state."""

    number: int
    way: str
    over: str
    program: str
    protocol: str
    local: Tuple[str, int]
    remote: Tuple[str, int]
    flags: str
    verdicts: Dict[str, str]

    def __str__(self) -> str:
        return (f"row {self.number}: {self.way} {self.over} {self.program} {self.protocol} "
                f"{self.local} {self.remote} {self.flags}")

    @classmethod
    def read(cls, line: str) -> "Row":
        """From its line."""
        number, way, over, program, protocol, local, local_port, remote, remote_port, flags, *rest \
            = line.split()
        assert len(rest) == len(COLUMNS), line
        return cls(int(number), way, over, program, protocol, (local, int(local_port)),
                   (remote, int(remote_port)), flags, dict(zip(COLUMNS, rest)))

    @property
    def interfaces(self) -> Sequence[str]:
        """The names of those that it is about."""
        return self.over.split(">")

    @property
    def layer(self) -> str:
        """Of the filtering engine."""
        way = {"out": "ALE_AUTH_CONNECT", "in": "ALE_AUTH_RECV_ACCEPT", "fwd": "IPFORWARD"}
        return f"{way[self.way]}_{'V6' if ':' in self.remote[0] else 'V4'}"

    def verdict(self, column: str, tunnels: Sequence[str] = TUNNELS) -> str:
        """In a state of the table, in which these tunnels may be used. Also "C+": connecting, with
        the LAN."""
        if column in ("T", "T+") and set(self.interfaces) & (set(TUNNELS) - set(tunnels)):
            column = column.replace("T", "C")
        if column == "C+":
            return max(self.verdicts["C"], self.verdicts["L+"])
        return self.verdicts[column]

    def packet(self, installation: Installation) -> Dict[str, Any]:
        """The arguments of fakes.verdict()."""
        arrival, _, departure = self.over.partition(">")
        packet: Dict[str, Any] = {
            "interface": INTERFACES[arrival], "protocol": _PROTOCOLS[self.protocol],
            "local_address": self.local[0], "remote_address": self.remote[0]}
        if self.way == "fwd":
            return {**packet, "direction": "forward", "departure": INTERFACES[departure],
                    "outbound_pass_thru": self.flags == "outbound-pass-thru"}
        ports = (("icmp_type", "icmp_code") if self.protocol in ("icmp", "icmp6")
                 else ("local_port", "remote_port"))
        return {**packet, "direction": self.way, ports[0]: self.local[1], ports[1]: self.remote[1],
                "program": self._program(installation)}

    def _program(self, installation: Installation) -> str:
        path = _PROGRAMS[self.program.lower()].format(folder=installation.folder)
        return path.upper() if self.program.isupper() else path


@lru_cache(maxsize=None)
def read_rows() -> Tuple[Row, ...]:
    """All of the file."""
    lines = ROWS.read_text(encoding="utf-8").splitlines()
    return tuple(Row.read(line) for line in lines if line.strip() and not line.startswith("#"))


def rows_of_the_machine() -> Tuple[Row, ...]:
    """Those about interfaces that every machine has."""
    return tuple(row for row in read_rows() if not set(row.interfaces) & set(_ADDED))


@contextlib.contextmanager
def while_interfaces_exist(installation: Installation) -> Iterator[None]:
    """The machine has every interface that the rows name."""
    for name in _ADDED:
        installation.fakes.add_interface(INTERFACES[name], name)
    yield
    for name in _ADDED:
        installation.fakes.delete_interface(INTERFACES[name])


def wrong_verdicts(installation: Installation, column: str, tunnels: Sequence[str] = TUNNELS,
                   rows: Sequence[Row] = ()) -> List[str]:
    """What does not have the verdict of the column, by the filters that exist now, among these rows
    or all. Their interfaces must exist."""
    return [f"{row}: {answer}" for row, answer in
            _wrong_answers(installation, column, tunnels, rows)]


def passing_wrongly(installation: Installation, column: str, tunnels: Sequence[str] = TUNNELS,
                    rows: Sequence[Row] = ()) -> List[Row]:
    """What passes, though the column says that it is blocked."""
    return [row for row, answer in _wrong_answers(installation, column, tunnels, rows)
            if answer["action"] == "permit"]


def _wrong_answers(installation: Installation, column: str, tunnels: Sequence[str],
                   rows: Sequence[Row]) -> Iterator[Tuple[Row, Dict[str, Any]]]:
    for row in rows or read_rows():
        expected = row.verdict(column, tunnels)
        if expected == DOES_NOT_OCCUR:
            continue
        answer = installation.fakes.verdict(**row.packet(installation))
        if (PASSES if answer["action"] == "permit" else BLOCKED) != expected:
            yield row, answer
