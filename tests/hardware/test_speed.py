# SPDX-License-Identifier: MIT
"""How long many routes take, beside what Windows' own command takes for as many."""
from __future__ import annotations

import ipaddress
import time
from typing import Callable, List

import pytest

from hardware.support import here, looks, powershell
from hardware.support.adapter import Adapter
from harness.eventually import eventually
from harness.messages import route
from harness.session import Session

pytestmark = pytest.mark.adapter

COUNT = 1000

#: Seconds for either side, and after which New-NetRoute's loop ends: what it has made by then gives
#: its time for one route.
PATIENCE, MOST = 60, 45

NETWORKS: List[str] = [str(network) for network in
                       ipaddress.ip_network("198.18.0.0/15").subnets(new_prefix=25)][:COUNT]


def milliseconds_of_new_net_route(adapter: Adapter) -> float:
    """For each route, in one PowerShell that has loaded its commands before. They are removed."""
    listed = ",".join(powershell.quoted(here.allowed(network)) for network in NETWORKS)
    made = ("New-NetRoute -PolicyStore ActiveStore -DestinationPrefix $network -InterfaceIndex "
            f"{adapter.index} -NextHop 0.0.0.0 -RouteMetric 7 | Out-Null")
    spent = powershell.do(
        f"$networks = @({listed}); $network = $networks[0]; {made}; $made = 0; "
        "$watch = [Diagnostics.Stopwatch]::StartNew(); "
        "foreach ($network in $networks[1..($networks.Count - 1)]) { "
        f"if ($watch.Elapsed.TotalSeconds -gt {MOST}) {{ break }}; {made}; $made++ }}; "
        "$spent = $watch.Elapsed.TotalMilliseconds / $made; "
        f"Get-NetRoute -InterfaceIndex {adapter.index} | "
        "Where-Object { $networks -contains $_.DestinationPrefix } | "
        "Remove-NetRoute -Confirm:$false; "
        "$spent.ToString([Globalization.CultureInfo]::InvariantCulture)", 4 * PATIENCE)
    return float(spent)


def test_a_thousand_routes_take_less_time_than_by_new_net_route(
        plugged: Adapter, connect: Callable[..., Session],
        record_property: Callable[[str, object], None]) -> None:
    """Each route is asked for and acknowledged by itself, as by openvpn.exe; the figures are in the
    report of the run."""
    session = connect()
    began = time.monotonic()
    for network in NETWORKS:
        asked = route(here.allowed(network), "0.0.0.0", plugged.index, 7)
        assert session.openvpn.request(asked) == 0
    added = time.monotonic() - began
    assert len(looks.routes()) >= COUNT
    began = time.monotonic()
    session.end()
    removed = time.monotonic() - began
    assert not eventually(looks.routes, lambda left: not left, longest_pause=1)
    theirs = milliseconds_of_new_net_route(plugged) * COUNT / 1000
    for name, seconds in (("seconds_added", added), ("seconds_removed", removed),
                          ("seconds_new_net_route", theirs)):
        record_property(name, round(seconds, 2))
    assert added < min(theirs, PATIENCE)
    assert removed < PATIENCE
