# SPDX-License-Identifier: MIT
"""The modelled machine as tests/hardware sees a real one: what PowerShell says of it, and where the
fakes keep its registry."""
from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List

import pytest

from hardware import test_network as network
from hardware import test_pipes as pipes
from hardware import test_speed as speed
from hardware.support import looks, powershell
from hardware.support.adapter import Adapter
from hardware.support.watchdog import Task
from harness.eventually import eventually
from harness.fakes import ETHERNET, PLAIN_USER, TAP, TAP_ALIAS, Json
from harness.installation import Installation

Rows = List[Dict[str, Any]]


def tap_of(installation: Installation) -> Adapter:
    """Its TAP adapter."""
    row, = [row for row in installation.fakes.dump()["interfaces"] if row["index"] == TAP]
    return Adapter(TAP_ALIAS, TAP, row["guid"], int(row["luid"], 16))


def addresses(dump: Json) -> Rows:
    """As Get-NetIPAddress."""
    return [{"IPAddress": row["address"], "PrefixLength": row["prefix_length"]}
            for row in dump["addresses"] if row["interface"] == TAP]


def routes(dump: Json) -> Rows:
    """As Get-NetRoute. It shows no routes that Windows derives from addresses (protocol 2)."""
    return [{"DestinationPrefix": row["prefix"], "NextHop": row["next_hop"],
             "InterfaceIndex": row["interface"], "RouteMetric": row["metric"]}
            for row in dump["routes"] if row["protocol"] != 2]


def interfaces(dump: Json) -> Rows:
    """As Get-NetIPInterface."""
    tap, = [row for row in dump["interfaces"] if row["index"] == TAP]
    return [{"Family": name, "NlMtu": tap[key]["mtu"], "InterfaceMetric": tap[key]["metric"],
             "Automatic": "Enabled" if tap[key]["use_automatic_metric"] else "Disabled"}
            for name, key in (("IPv4", "ipv4"), ("IPv6", "ipv6"))]


class PowerShell:
    """Windows' own view of the modelled machine."""

    def __init__(self, installation: Installation) -> None:
        self._fakes = installation.fakes

    def ask(self, script: str, seconds: float = powershell.PATIENCE) -> Rows:
        """As powershell.ask()."""
        dump = self._fakes.dump()
        if script.startswith("[pscustomobject]"):
            return [{"addresses": addresses(dump), "routes": routes(dump),
                     "interface": interfaces(dump), "servers": [], "rules": []}]
        by_command = {"Get-NetIPAddress": addresses, "Get-NetRoute": routes,
                      "Get-NetIPInterface": interfaces}
        return by_command[script.split()[0]](dump)

    def do(self, script: str, seconds: float = powershell.PATIENCE) -> str:
        """As powershell.do()."""
        if script.startswith("$networks = "):
            return "1000\n"  # each route of New-NetRoute takes a second
        metric = re.search(r"-InterfaceMetric (\d+)", script)
        self._fakes.set_interface(TAP, ipv4={
            "use_automatic_metric": int(metric is None),
            "metric": int(metric[1]) if metric else 25})
        return ""


def rehearse(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The installation as one of `Release`, with Windows' view of its machine."""
    shell = PowerShell(installation)
    for name in ("ask", "do"):
        monkeypatch.setattr(powershell, name, getattr(shell, name))
    monkeypatch.setattr(powershell, "run", None)  # nothing else may be asked

    def in_store(key: str) -> str:
        return key.replace("HKLM", installation.registry_store, 1)

    for name in ("TCPIP", "TCPIP6", "RULES", "POLICY"):
        monkeypatch.setattr(looks, name, in_store(getattr(looks, name)))
    monkeypatch.setattr(network, "BOOT",
                        network.BOOT.replace("HKLM", installation.volatile_store, 1))

    def is_blocked(address: str, port: int, *, is_udp: bool = False) -> bool:
        interface = TAP if address.startswith("198.51.100.") else ETHERNET
        answer = installation.fakes.verdict(interface, address, remote_port=port,
                                            protocol=17 if is_udp else 6, program=r"C:\x\x.exe")
        return bool(answer["action"] == "block")

    monkeypatch.setattr(network, "is_blocked", is_blocked)
    monkeypatch.setattr(Task, "arm", lambda self, seconds: None)
    monkeypatch.setattr(Task, "disarm", lambda self: None)
    monkeypatch.setattr(looks, "filters", lambda: len(installation.fakes.firewall()["filters"]))
    monkeypatch.setattr(pipes, "now", lambda: str(installation.record.mark()))
    monkeypatch.setattr(speed, "NETWORKS", speed.NETWORKS[:20])
    monkeypatch.setattr(speed, "COUNT", 20)

    def kill() -> None:
        installation.crash()
        assert not eventually(installation.strangers, lambda left: not left)

    monkeypatch.setattr(installation, "kill", kill, raising=False)
    monkeypatch.setattr(installation, "events",
                        lambda since: installation.record.events(int(since)), raising=False)
    installation.fakes.personas(PLAIN_USER)
    yield installation
    if not installation.is_running():
        installation.start()
