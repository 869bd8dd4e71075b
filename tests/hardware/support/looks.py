# SPDX-License-Identifier: MIT
"""How the network is: what the tests compare before and after."""
from __future__ import annotations

from typing import Any, Dict, List

from hardware.support import here, powershell
from hardware.support.adapter import Adapter
from hardware.support.powershell import Row
from harness.bridge import Bridge, BridgeError
from harness.registry import ERROR_FILE_NOT_FOUND, Registry

SERVICES = r"HKLM\SYSTEM\CurrentControlSet\Services"
TCPIP = SERVICES + r"\Tcpip\Parameters"
TCPIP6 = SERVICES + r"\Tcpip6\Parameters"
RULES = SERVICES + r"\Dnscache\Parameters\DnsPolicyConfig"
POLICY = r"HKLM\SOFTWARE\Policies\Microsoft\Windows NT\DNSClient"

#: Values of an interface that sessions change.
VALUES = ("NameServer", "SearchList", "Domain", "EnableDHCP", "IPAddress", "SubnetMask")

Look = Dict[str, Any]


def keys(bridge: Bridge, key: str) -> List[str]:
    """Names of the sub-keys; none when there is no such key."""
    try:
        return sorted(Registry(bridge).keys(key))
    except BridgeError as error:
        if error.code != ERROR_FILE_NOT_FOUND:
            raise
        return []


def has_key(bridge: Bridge, key: str) -> bool:
    """Whether there is such a key."""
    parent, _, name = key.rpartition("\\")
    return name.lower() in (each.lower() for each in keys(bridge, parent))


def _ask_addresses(adapter: Adapter) -> str:
    return (f"Get-NetIPAddress | Where-Object InterfaceIndex -eq {adapter.index} | "
            "Select-Object IPAddress, PrefixLength")


def _addresses(rows: List[Row]) -> List[str]:
    return sorted(f"{row['IPAddress']}/{row['PrefixLength']}" for row in rows
                  if not row["IPAddress"].lower().startswith(("fe80:", "169.254.")))


def addresses(adapter: Adapter) -> List[str]:
    """Those of the adapter, without the ones that Windows gives itself."""
    return _addresses(powershell.ask(_ask_addresses(adapter)))


_ASK_ROUTES = "Get-NetRoute | Select-Object DestinationPrefix, NextHop, InterfaceIndex, RouteMetric"


def _routes(rows: List[Row]) -> List[str]:
    found = []
    for row in rows:
        try:
            here.allowed(row["DestinationPrefix"])
        except ValueError:
            continue
        found.append(f"{row['DestinationPrefix']} via {row['NextHop']} on {row['InterfaceIndex']}"
                     f" metric {row['RouteMetric']}")
    return sorted(found)


def routes() -> List[str]:
    """All routes into the networks of the tests, with their metric."""
    return _routes(powershell.ask(_ASK_ROUTES))


def _ask_interface(adapter: Adapter) -> str:
    return (f"Get-NetIPInterface | Where-Object InterfaceIndex -eq {adapter.index} | Select-Object "
            "@{n='Family';e={[string]$_.AddressFamily}}, NlMtu, InterfaceMetric, "
            "@{n='Automatic';e={[string]$_.AutomaticMetric}}")


def _interface(rows: List[Row]) -> Dict[str, str]:
    return {row["Family"]: f"MTU {row['NlMtu']}, metric {row['InterfaceMetric']}, "
                           f"automatic {row['Automatic']}" for row in rows}


def interface(adapter: Adapter) -> Dict[str, str]:
    """MTU and metric of each address family."""
    return _interface(powershell.ask(_ask_interface(adapter)))


def _ask_servers(adapter: Adapter) -> str:
    return (f"Get-DnsClientServerAddress | Where-Object InterfaceIndex -eq {adapter.index} | "
            "Select-Object @{n='Line';e={\"$($_.AddressFamily) $($_.ServerAddresses -join ' ')\"}}")


_ASK_RULES = ("Get-DnsClientNrptRule | Select-Object @{n='Line';e={"
              "\"$($_.Name) $($_.Namespace -join ' ') $($_.NameServers -join ' ')\"}}")


def _lines(rows: List[Row]) -> List[str]:
    return sorted(row["Line"] for row in rows)


def registry(bridge: Bridge, adapter: Adapter) -> Look:
    """What sessions change in the registry."""
    values = Registry(bridge)
    found: Look = {}
    for family in (TCPIP, TCPIP6):
        key = rf"{family}\Interfaces\{adapter.guid}"
        found[key] = {name: values.get(key, name) for name in VALUES}
    for key in (TCPIP, POLICY):
        found[key] = {name: values.get(key, name) for name in ("SearchList", "InitialSearchList")}
    for key in (RULES, POLICY + r"\DnsPolicyConfig"):
        found[key] = keys(bridge, key) if has_key(bridge, key) else None
    return found


def network(bridge: Bridge, adapter: Adapter) -> Look:
    """Everything that sessions change, but packet filters: what Windows says, and the registry."""
    seen, = powershell.ask(
        f"[pscustomobject]@{{addresses=@({_ask_addresses(adapter)}); routes=@({_ASK_ROUTES}); "
        f"interface=@({_ask_interface(adapter)}); servers=@({_ask_servers(adapter)}); "
        f"rules=@({_ASK_RULES})}}")
    return {"addresses": _addresses(seen["addresses"]), "routes": _routes(seen["routes"]),
            "interface": _interface(seen["interface"]), "servers": _lines(seen["servers"]),
            "rules": _lines(seen["rules"]), "registry": registry(bridge, adapter)}


def filters() -> int:
    """How many packet filters of the service there are, by netsh's list."""
    text = powershell.do(
        "$file = Join-Path $env:TEMP 'gatehouse-filters.xml'; "
        "netsh.exe wfp show filters file=$file | Out-Null; "
        "(Select-String -Path $file -Pattern 'OpenVPN' -AllMatches).Matches.Count; "
        "Remove-Item $file")
    return int(text.strip() or 0)
