# SPDX-License-Identifier: MIT
"""Every message that makes a change, in every form that clients send: the calls to Windows, the
machine afterwards, and the message that takes the change back. Facts: docs/protocol.md, "Session
channel" and what follows it."""
from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import List, NamedTuple, Optional, Tuple, Union

from harness.fakes import ETHERNET, TAP, TAP_ALIAS, WINTUN, WINTUN_ALIAS
from harness.messages import (AF_INET, AF_INET6, BY_NAME, NUMBERS, CreateAdapter, Dialect, Dns,
                              Flush, Interface, Message, Mtu, Nrpt, OnInterface, RegisterDns,
                              WfpBlock, Wins, address, route)
from harness.record import Call


class Release(NamedTuple):
    """An openvpn.exe: its version, its dialect, and the program that plays it."""

    version: str
    dialect: Dialect
    program: str

    def sends(self, name: str) -> bool:
        """Whether this release has such a message."""
        return NUMBERS[name][self.dialect] is not None


RELEASES = (
    Release("2.4.0", Dialect.V2_4_0, "2.4"),
    Release("2.4.12", Dialect.V2_4_7, "2.4"),
    Release("2.5", Dialect.V2_5, "2.6"),
    Release("2.6.0", Dialect.V2_5, "2.6"),
    Release("2.6.14", Dialect.V2_6_6, "2.6"),
    Release("2.7", Dialect.V2_7, "2.7"),
)
OLD = RELEASES[:-1]
NEW = RELEASES[-1:]

WINTUN_NAME = Interface(BY_NAME, WINTUN_ALIAS)
TAP_BOTH = Interface(TAP, TAP_ALIAS)
ALL_FOUR = ("10.8.0.53", "10.8.0.54", "10.8.0.55", "10.8.0.56")
#: Fills the field to its last byte, without a terminating zero.
ENDLESS_DOMAINS = ("corp.example.test," * 29)[:506] + "x.test"
assert len(ENDLESS_DOMAINS) == 512

#: Functions of Windows that change something, or notify of a change.
CHANGING = (
    "CreateUnicastIpAddressEntry", "SetUnicastIpAddressEntry", "DeleteUnicastIpAddressEntry",
    "CreateIpForwardEntry2", "SetIpForwardEntry2", "DeleteIpForwardEntry2",
    "SetIpInterfaceEntry", "FlushIpNetTable", "FlushIpNetTable2",
    "RegCreateKeyExW", "RegSetValueExW", "RegDeleteValueW", "RegDeleteKeyW", "RegDeleteTreeW",
    "DnsFlushResolverCache", "RtlPublishWnfStateData", "ControlService", "ProgramStart",
    "FwpmSubLayerAdd0", "FwpmFilterAdd0", "FwpmTransactionCommit0",
)


def spell(call: Call) -> str:
    """A call with the argument that identifies it: "RegSetValueExW NameServer", "netsh interface
    ip"."""
    if call["call"] == "ProgramStart":
        return " ".join([call["program"], *call["arguments"][1:]])
    name = str(call["call"])
    what = call.get("value", call.get("key", "")) if name.startswith("Reg") else ""
    what = re.sub(r"OpenVPNDNSRouting(X-\d+)?-\d+$", r"<rule\1>", what.rsplit("\\", 1)[-1])
    return f"{name} {what}".rstrip()


# ---- messages ----

def dns(*servers: str, domains: str = "", interface: Interface = TAP_BOTH,
        family: int = AF_INET, count: Optional[int] = None, delete: bool = False) -> Dns:
    """add_dns or delete_dns; `count` overrides the number of servers."""
    return Dns("delete_dns" if delete else "add_dns", interface, domains, family,
               len(servers) if count is None else count, packed(*servers))


def wins(*servers: str, interface: Interface = TAP_BOTH, count: Optional[int] = None,
         delete: bool = False) -> Wins:
    """add_wins or delete_wins."""
    return Wins("delete_wins" if delete else "add_wins", interface,
                len(servers) if count is None else count, packed(*servers))


def nrpt(*servers: str, resolve: Union[str, bytes] = "", search: str = "", flags: int = 0,
         interface: Interface = TAP_BOTH, delete: bool = False) -> Nrpt:
    """add_nrpt or delete_nrpt."""
    names = resolve.encode("utf-8") if isinstance(resolve, str) else resolve
    return Nrpt("delete_nrpt" if delete else "add_nrpt", interface,
                tuple(server.encode("ascii") for server in servers), names, search, flags)


def packed(*servers: str) -> Tuple[bytes, ...]:
    """Addresses in the form that messages use."""
    return tuple(ipaddress.ip_address(server).packed.ljust(16, b"\0") for server in servers)


def block(flags: int, interface: int = TAP, *, delete: bool = False) -> WfpBlock:
    """add_wfp_block or delete_wfp_block."""
    return WfpBlock("delete_wfp_block" if delete else "add_wfp_block", flags, Interface(interface))


def on(name: str, interface: int = TAP, alias: str = "") -> OnInterface:
    """add_block_dns, delete_block_dns, enable_dhcp."""
    return OnInterface(name, Interface(interface, alias))


def mtu(value: int, family: int = AF_INET, interface: Interface = Interface(TAP)) -> Mtu:
    """set_mtu."""
    return Mtu("set_mtu", interface, family, value)


# ---- what the messages do ----

@dataclass(frozen=True)
class Case:
    """A valid message. `calls` are the calls that change something, as spell() writes them, in
    order; `changes` are regular expressions, one for each line of Installation.differences(); `end`
    is the message that takes the change back, None when only the end of the session does."""

    label: str
    message: Message
    calls: Tuple[str, ...]
    changes: Tuple[str, ...] = ()
    end: Optional[Message] = None
    releases: Tuple[Release, ...] = RELEASES

    def sent_by(self, release: Release) -> bool:
        """Whether this release sends it with this meaning."""
        return release in self.releases and release.sends(self.message.name)


_IP = r"Tcpip\\Parameters\\Interfaces\\\{5E1D000%d-"
_IP6 = r"Tcpip6\\Parameters\\Interfaces\\\{5E1D000%d-"
_RULES = r"Dnscache\\Parameters\\DnsPolicyConfig"
_APPLY = "ControlService"
_METRIC = "SetIpInterfaceEntry"


def _set(place: str, name: str, data: str, old: str = r".*") -> str:
    return rf"registry .*{place}.* {name}: {old} -> .*'data': {data}\}}$"


def _name_servers(servers: str, interface: int = TAP, place: str = _IP) -> str:
    return _set(place % interface, "NameServer", f"'{servers}'")


def _search(domains: str) -> Tuple[str]:
    """The machine's list with the domains appended."""
    return (_set(r"Tcpip\\Parameters", "SearchList", f"'corp.example,example.net,{domains}'"),)


_SEARCH_CALLS = ("RegSetValueExW SearchList",)

_ADDRESSES: List[Case] = [
    Case("IPv4", address("10.8.0.10/24", TAP), ("CreateUnicastIpAddressEntry",),
         (r"addresses .*'10.8.0.10",), address("10.8.0.10/24", TAP, delete=True)),
    Case("IPv6", address("fd00:8::10/64", TAP), ("CreateUnicastIpAddressEntry",),
         (r"addresses .*'fd00:8::10",), address("fd00:8::10/64", TAP, delete=True)),
    Case("by a name in other letters", address("10.9.0.10/24", BY_NAME, name=WINTUN_ALIAS),
         ("CreateUnicastIpAddressEntry",), (r"addresses \(9, '10.9.0.10",),
         address("10.9.0.10/24", BY_NAME, name=WINTUN_ALIAS, delete=True)),
    Case("a length counts by its low eight bits", address("10.8.0.11/280", TAP),
         ("CreateUnicastIpAddressEntry",), (r"addresses .*'10.8.0.11.*'prefix_length': 24",),
         address("10.8.0.11/24", TAP, delete=True)),
    Case("one that was there", address("10.8.0.2/24", TAP, delete=True),
         ("DeleteUnicastIpAddressEntry",), (r"addresses .*'10.8.0.2'.* -> None",),
         address("10.8.0.2/24", TAP)),
]

_ROUTES: List[Case] = [
    Case("IPv4", route("10.20.0.0/16", "10.8.0.1", TAP), ("CreateIpForwardEntry2",),
         (r"routes \(2, '10.20.0.0/16', '10.8.0.1'\): None",),
         route("10.20.0.0/16", "10.8.0.1", TAP, delete=True)),
    Case("IPv6 with a metric", route("fd00:20::/64", "fe80::8", TAP, 50),
         ("CreateIpForwardEntry2",), (r"routes \(2, 'fd00:20::/64', 'fe80::8'\): .*'metric': 50",),
         route("fd00:20::/64", "fe80::8", TAP, 50, delete=True)),
    Case("by a name in other letters",
         route("10.21.0.0/16", "10.9.0.1", BY_NAME, name=WINTUN_ALIAS),
         ("CreateIpForwardEntry2",), (r"routes \(9, '10.21.0.0/16'",),
         route("10.21.0.0/16", "10.9.0.1", BY_NAME, name=WINTUN_ALIAS, delete=True)),
    Case("to the VPN server, beside the tunnel",
         route("203.0.113.7/32", "192.168.1.1", ETHERNET), ("CreateIpForwardEntry2",),
         (r"routes \(5, '203.0.113.7/32'",),
         route("203.0.113.7/32", "192.168.1.1", ETHERNET, delete=True)),
    Case("one that was there", route("10.99.0.0/16", "10.8.0.1", TAP, 50, delete=True),
         ("DeleteIpForwardEntry2",), (r"routes \(2, '10.99.0.0/16', .* -> None",),
         route("10.99.0.0/16", "10.8.0.1", TAP, 50)),
]


def _dns_case(label: str, message: Dns, servers: str, family: int = AF_INET,
              interface: int = TAP) -> Case:
    place = _IP if family == AF_INET else _IP6
    return Case(label, message, ("RegSetValueExW NameServer", _APPLY),
                (_name_servers(servers, interface, place),),
                dns(interface=message.interface, family=family, delete=True))


def _domains_case(label: str, domains: str) -> Case:
    return Case(label, dns(domains=domains), (*_SEARCH_CALLS, _APPLY), _search(domains),
                dns(domains=domains, delete=True), NEW)


_DNS: List[Case] = [
    _dns_case("two servers", dns("10.8.0.53", "10.8.0.54"), "10.8.0.53,10.8.0.54"),
    _dns_case("IPv6", dns("fd00:8::53", family=AF_INET6), "fd00:8::53", AF_INET6),
    _dns_case("by a name in other letters", dns("10.8.0.53", interface=WINTUN_NAME), "10.8.0.53",
              interface=WINTUN),
    _dns_case("index that is none", dns("10.8.0.53", interface=Interface(77, TAP_ALIAS)),
              "10.8.0.53"),
    _dns_case("addr_len 4", dns(*ALL_FOUR), ",".join(ALL_FOUR)),
    _dns_case("addr_len 5", dns(*ALL_FOUR, count=5), ",".join(ALL_FOUR)),
    _dns_case("addr_len 0xffffffff", dns(*ALL_FOUR, count=0xFFFFFFFF), ",".join(ALL_FOUR)),
    Case("addr_len 0", dns(), (_APPLY,)),
    Case("family of no server", dns(family=0), (_APPLY,)),
    Case("nothing to delete", dns(delete=True), (_APPLY,)),
    _domains_case("domains", "a.example.test,b.example.test"),
    _domains_case("domains in other letters", "b\u00fcro.example,\u4f8b\u3048.test"),
    _domains_case("domains without an end", ENDLESS_DOMAINS),
    Case("servers and domains", dns("10.8.0.53", domains="a.example"),
         ("RegSetValueExW NameServer", *_SEARCH_CALLS, _APPLY),
         (_name_servers("10.8.0.53"), *_search("a.example")),
         dns(domains="a.example", delete=True), NEW),
    Case("suffix", dns(domains="tunnel.example"), ("RegSetValueExW Domain", _APPLY),
         (_set(_IP % TAP, "Domain", "'tunnel.example'"),),
         dns(domains="tunnel.example", delete=True), OLD),
    Case("suffix in other letters", dns(domains="b\u00fcro.example"),
         ("RegSetValueExW Domain", _APPLY), (_set(_IP % TAP, "Domain", "'b\u00fcro.example'"),),
         dns(domains="b\u00fcro.example", delete=True), OLD),
    Case("servers and suffix", dns("10.8.0.53", domains="tunnel.example"),
         ("RegSetValueExW NameServer", "RegSetValueExW Domain", _APPLY),
         (_set(_IP % TAP, "Domain", "'tunnel.example'"), _name_servers("10.8.0.53")),
         dns(domains="tunnel.example", delete=True), OLD),
]

_RULE = r"registry .*" + _RULES + r"\\OpenVPNDNSRouting-\d+"
_RULE_CALLS = ("RegCreateKeyExW DnsPolicyConfig", "RegCreateKeyExW <rule>", "RegSetValueExW Name",
               "RegSetValueExW GenericDNSServers", "RegSetValueExW ConfigOptions",
               "RegSetValueExW Version", _APPLY)
_DNSSEC = ("DNSSECValidationRequired", "DNSSECQueryIPSECRequired", "DNSSECQueryIPSECEncryption")
_DNSSEC_CALLS = (*_RULE_CALLS[:4], *(f"RegSetValueExW {name}" for name in _DNSSEC),
                 *_RULE_CALLS[4:])
_DNSSEC_CHANGES = tuple(rf"{_RULE} {name}: None -> .*'data': {number}\}}"
                        for name, number in zip(_DNSSEC, (1, 0, 0)))


def _one_rule(key: str, names: str, servers: str, options: int = 8) -> Tuple[str, ...]:
    return (f"{key}: new",
            rf"{key} ConfigOptions: None -> .*'data': {options}\}}",
            rf"{key} GenericDNSServers: None -> .*'{servers}'\}}",
            rf"{key} Name: None -> .*REG_MULTI_SZ', 'data': \[{names}\]\}}",
            rf"{key} Version: None -> .*'data': 2\}}")


def _rule_changes(names: str, servers: str, options: int = 8, more: Tuple[str, ...] = ()
                  ) -> Tuple[str, ...]:
    return (rf"registry .*{_RULES}: new", *_one_rule(_RULE, names, servers, options), *more)


#: The domains of the populated machine's other networks, and their name servers.
_EXCLUDED = (("'.office.example', '.branch.example'", "10.99.0.53;10.99.0.54;fd00:99::53"),
             ("'.wired.example', '.lab.example'", "192.168.1.53;9.9.9.9;2001:db8:1::53"),
             ("'.wlan.example', '.guest.example'",
              "192.168.77.1;192.168.77.53;2001:db8:77::53;2001:db8:77::54"))
_EXCLUDE_CALLS: Tuple[str, ...] = tuple(
    call.replace("<rule>", f"<ruleX-{number:02x}>")
    for number in range(1, 1 + len(_EXCLUDED)) for call in _RULE_CALLS[1:-1])
_EXCLUDE_CHANGES: Tuple[str, ...] = tuple(
    line for number, (names, servers) in enumerate(_EXCLUDED, 1)
    for line in _one_rule(_RULE.replace("Routing-", f"RoutingX-{number:02x}-"), names, servers))


_END_NRPT = nrpt(delete=True)
_NRPT: List[Case] = [
    Case("some domains", nrpt("10.8.0.53", "fd00:8::53", resolve=".a.example\0.b.example"),
         _RULE_CALLS,
         _rule_changes(r"'\.a\.example', '\.b\.example'", "10.8.0.53;fd00:8::53"), _END_NRPT),
    Case("a domain in other letters", nrpt("10.8.0.53", resolve=".b\u00fcro.example"), _RULE_CALLS,
         _rule_changes("'.b\u00fcro.example'", "10.8.0.53"), _END_NRPT),
    Case("with DNSSEC", nrpt("10.8.0.53", resolve=".a.example", flags=1), _DNSSEC_CALLS,
         _rule_changes("'.a.example'", "10.8.0.53", 10, _DNSSEC_CHANGES), _END_NRPT),
    Case("unknown flags", nrpt("10.8.0.53", resolve=".a.example", flags=0xFFFFFFFE), _RULE_CALLS,
         _rule_changes("'.a.example'", "10.8.0.53"), _END_NRPT),
    Case("search domains", nrpt("10.8.0.53", resolve=".a.example", search="s.example"),
         (*_RULE_CALLS[:-1], "RegSetValueExW NameServer", *_SEARCH_CALLS, _APPLY),
         (*_rule_changes("'.a.example'", "10.8.0.53"), _name_servers("10.8.0.53"),
          *_search("s.example")), _END_NRPT),
    Case("everything", nrpt("10.8.0.53", "fd00:8::53"),
         (*_RULE_CALLS[:-1], *_EXCLUDE_CALLS, *["RegSetValueExW NameServer"] * 2, _APPLY),
         (*_rule_changes(r"'\.'", "10.8.0.53;fd00:8::53"), *_EXCLUDE_CHANGES,
          _name_servers("10.8.0.53"), _name_servers("fd00:8::53", place=_IP6)), _END_NRPT),
    Case("nothing to delete", nrpt(delete=True), (_APPLY,)),
]


def _flush(family: int, call: str) -> Case:
    return Case(f"family {family}", Flush("flush_neighbors", family, Interface(TAP)), (call,))


_BLOCK_CALLS = ("FwpmSubLayerAdd0", *["FwpmFilterAdd0"] * 8, "FwpmTransactionCommit0", _METRIC,
                _METRIC)
_BLOCK_CHANGES = (r"interfaces .*'metric': 3", *[r"filters: None -> "] * 8)


def _block_case(flags: int) -> Case:
    return Case(f"flags {flags:#x}", block(flags), _BLOCK_CALLS, _BLOCK_CHANGES,
                block(flags, delete=True))


def _wins_case(label: str, message: Wins, *servers: str) -> Case:
    runs = ("netsh interface ip delete wins 2 all",
            f"netsh interface ip set wins 2 static {servers[0]}",
            *(f"netsh interface ip add wins 2 {server}" for server in servers[1:]))
    data = ", ".join(f"'{server}'" for server in servers)
    return Case(label, message, runs,
                (_set(r"NetBT\\Parameters\\Interfaces\\Tcpip_\{5E1D0002-", "NameServerList",
                      rf"\[{data}\]"),), wins(delete=True, interface=message.interface))


_OTHERS: List[Case] = [
    _flush(AF_INET, "FlushIpNetTable"),
    _flush(AF_INET6, "FlushIpNetTable2"),
    *(_block_case(flags) for flags in (0, 1, 2, 3, 0xFFFFFFFF)),
    Case("no block to delete", block(2, delete=True), ()),
    Case("2.6", on("add_block_dns"),
         ("FwpmSubLayerAdd0", *["FwpmFilterAdd0"] * 6, "FwpmTransactionCommit0", _METRIC, _METRIC),
         (r"interfaces .*'metric': 3", *[r"filters: None -> "] * 6), on("delete_block_dns")),
    Case("no block to delete", on("delete_block_dns"), ()),
    _wins_case("one server", wins("10.8.0.55"), "10.8.0.55"),
    _wins_case("addr_len 4", wins(*ALL_FOUR), *ALL_FOUR),
    _wins_case("addr_len 5", wins(*ALL_FOUR, count=5), *ALL_FOUR),
    _wins_case("addr_len 0xffffffff", wins(*ALL_FOUR, count=0xFFFFFFFF), *ALL_FOUR),
    Case("addr_len 0", wins(count=0), ()),
    Case("interface 0", wins("10.8.0.55", interface=Interface(0)), ()),
    Case("nothing to delete", wins(delete=True), ()),
    Case("DHCP", on("enable_dhcp"), ("netsh interface ipv4 set address name=2 source=dhcp",),
         (r"addresses .*'10.8.0.2'.* -> None", _set(_IP % TAP, "EnableDHCP", "1"),
          r"registry .* IPAddress: .* -> None", r"registry .* SubnetMask: .* -> None")),
    Case("IPv4", mtu(1340), (_METRIC,), (r"interfaces .*'mtu': 1340",)),
    Case("IPv6", mtu(1400, AF_INET6), (_METRIC,), (r"interfaces .*'mtu': 1400",)),
    Case("register", RegisterDns("register_dns"), ("ipconfig /flushdns", "ipconfig /registerdns")),
]

CASES: Tuple[Case, ...] = (*_ADDRESSES, *_ROUTES, *_DNS, *_NRPT, *_OTHERS)

#: Not among the cases: the adapter stays for later connections.
ADAPTERS = {
    CreateAdapter("create_adapter", 0): "tapctl create --hwid ovpn-dco",
    CreateAdapter("create_adapter", 1): r"tapctl create --hwid root\tap0901",
}
