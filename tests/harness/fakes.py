# SPDX-License-Identifier: MIT
"""Drives the fake system DLLs of one installation folder: faults, personas and the model.

`Fakes` has one method for each request of fakes/system/control/control.h, over any callable that
carries a request to `fake_control` and returns its answer (the bridge's "fake" operation). Rows of
interfaces, addresses and routes are dictionaries with the names that `dump` shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_args

from harness.eventually import HANG, SHORT_PAUSE, eventually

Json = dict[str, Any]
#: {"HKLM\\...": {"NameServer": {"type": "REG_SZ", "data": "10.8.0.1"}}}
RegistryDump = dict[str, dict[str, Json]]
Send = Callable[[Json], Json]
Level = Literal["anonymous", "identification", "impersonation", "delegation"]
Action = Literal["fail", "block", "block_after", "die", "die_after"]
Kind = Literal["route", "address", "interface"]
Group = Literal["network", "query", "pipes", "identity", "files", "process", "service", "registry",
                "dns", "programs", "firewall", "writes", "unknown"]

GROUPS: tuple[Group, ...] = get_args(Group)

#: Interfaces of the populated machine.
LOOPBACK, TAP, ETHERNET, WIFI, WINTUN = 1, 2, 5, 7, 9
TAP_ALIAS = "Local Area Connection 2"
WINTUN_ALIAS = "OpenVPN Wintun \u2013 B\u00fcro"

DOMAIN = "TESTBOX"
DOMAIN_SID = "S-1-5-21-2000-2000-2000"
ADMINISTRATORS = "S-1-5-32-544"
USERS = "S-1-5-32-545"
EVERYONE = "S-1-1-0"
AUTHENTICATED_USERS = "S-1-5-11"
OPENVPN_ADMINISTRATORS = f"{DOMAIN_SID}-1010"

ENABLED = 0x7
DENY_ONLY = 0x10

#: The fields that identify a row of "dump".
KEYS: Mapping[str, tuple[str, ...]] = {
    "routes": ("interface", "prefix", "next_hop"),
    "addresses": ("interface", "address"),
    "interfaces": ("luid",),
}


@dataclass(frozen=True)
class Population:
    """The initial registry of the machine, as far as machines differ."""

    #: Search lists of the system and of the group policy; "" for none.
    system_search_list: str = "corp.example,example.net"
    policy_search_list: str = ""
    #: Another program's name resolution rule is in the group policy's key, or in the local one.
    policy_rules: bool = False
    system_rules: bool = False
    #: Process ids of openvpn.exe of a service that died and left their rules behind.
    stale_rules: tuple[int, ...] = ()
    #: It left "stale.example" in the search list, too, and a value InitialSearchList.
    stale_system_list: bool = False
    stale_policy_list: bool = False


class FakesError(Exception):
    """The fakes refuse a request; `code` is the model's Win32 error, if it comes from the model."""

    def __init__(self, message: str, code: int | None) -> None:
        super().__init__(message if code is None else f"{message}: error {code}")
        self.code = code


@dataclass(frozen=True)
class Persona:
    """A pipe client's identity, as the hooks in the service process report it."""

    name: str
    sid: str
    domain: str = DOMAIN
    #: SID to SE_GROUP_* attributes.
    groups: Mapping[str, int] = field(
        default_factory=lambda: {
            EVERYONE: ENABLED,
            USERS: ENABLED,
            AUTHENTICATED_USERS: ENABLED,
        }
    )
    #: The impersonation level that the client allows.
    level: Level = "impersonation"
    #: Process id of the client; 0: every client without a persona of its own.
    pid: int = 0
    #: Log-on (authentication id) and session of Windows of the token that it shows to its server;
    #: 0: those of its process.
    logon: int = 0
    session: int = 0
    #: Its process was made after its connection: another one had the process id before.
    is_younger: bool = False

    def of(self, pid: int) -> Persona:
        return replace(self, pid=pid)

    def granting(self, level: Level) -> Persona:
        return replace(self, level=level)

    def acting(self, *, logon: int = 0, session: int = 0) -> Persona:
        return replace(self, logon=logon, session=session)

    def younger_than_its_connection(self) -> Persona:
        return replace(self, is_younger=True)

    def with_group(self, sid: str, attributes: int = ENABLED) -> Persona:
        return replace(self, groups={**self.groups, sid: attributes})

    def request(self) -> Json:
        return {
            "pid": self.pid,
            "sid": self.sid,
            "name": self.name,
            "domain": self.domain,
            "level": self.level,
            "logon": self.logon,
            "session": self.session,
            "is_younger": int(self.is_younger),
            "groups": [
                {"sid": sid, "attributes": attributes} for sid, attributes in self.groups.items()
            ],
        }


@dataclass(frozen=True)
class LocalGroup:
    """A local group, as NetLocalGroupGetMembers and the account look-ups report it."""

    name: str
    sid: str
    members: tuple[str, ...] = ()
    domain: str = DOMAIN

    def request(self) -> Json:
        return {
            "name": self.name,
            "domain": self.domain,
            "sid": self.sid,
            "members": list(self.members),
        }


@dataclass(frozen=True)
class ListedService:
    """What programs are told of a service, whatever it really is; in numbers of Windows. With an
    error it can't be opened: 1060, it is not installed."""

    name: str
    state: int = 4
    start: int = 2
    exit_code: int = 0
    #: 0: that of the program that asks.
    pid: int = 0
    binary: str = ""
    account: str = "LocalSystem"
    error: int = 0


#: Groups of a token that say how its user has logged on.
INTERACTIVE, REMOTE_INTERACTIVE, FROM_NETWORK = "S-1-5-4", "S-1-5-14", "S-1-5-2"

PLAIN_USER = Persona("alice", f"{DOMAIN_SID}-1001")
GROUP_MEMBER_BY_TOKEN = Persona("bob", f"{DOMAIN_SID}-1002").with_group(OPENVPN_ADMINISTRATORS)
#: Added to the group after logon: only the group's list of members has it (LOCAL_GROUPS).
GROUP_MEMBER_BY_DATABASE = Persona("carol", f"{DOMAIN_SID}-1003")
ADMINISTRATOR = Persona("dora", f"{DOMAIN_SID}-1004").with_group(ADMINISTRATORS, 0xF)
#: An administrator who has not elevated: the group is in the token for denials only.
FILTERED_ADMINISTRATOR = Persona("erik", f"{DOMAIN_SID}-1005").with_group(ADMINISTRATORS, DENY_ONLY)
SERVICE_USER = Persona(
    "OpenVPNService",
    "S-1-5-80-3330000000-3330000001-3330000002-3330000003-3330000004",
    "NT SERVICE",
)

#: Groups that go with GROUP_MEMBER_BY_DATABASE.
LOCAL_GROUPS = (
    LocalGroup("Administrators", ADMINISTRATORS, (ADMINISTRATOR.sid,), "BUILTIN"),
    LocalGroup("Users", USERS, (), "BUILTIN"),
    LocalGroup(
        "OpenVPN Administrators", OPENVPN_ADMINISTRATORS, (GROUP_MEMBER_BY_DATABASE.sid,)
    ),
)


class Fakes:
    """The fakes of one folder."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def _ask(self, verb: str, **arguments: Any) -> Json:
        answer = self._send({"do": verb, **arguments})
        if "error" in answer:
            raise FakesError(f"{verb}: {answer['error']}", answer.get("error_code"))
        return answer

    def reset(self, registry: Population = Population()) -> None:
        """Populate afresh, without faults, personas and counters. The record stays."""
        self._ask("reset", registry=asdict(registry))

    def reboot(self, bfe: bool = True) -> None:
        """Reboot the machine: what Windows' kernel keeps in memory is lost. Processes are ended by
        Installation.reboot(). Without the filtering engine, Windows is not yet further than the
        start of TCP/IP, and only filters for the boot count, until start_bfe()."""
        self._ask("reboot", without_bfe=not bfe)

    def dump(self) -> Json:
        """Interfaces, addresses, routes and filters, sorted; equal machines give equal dumps."""
        return self._ask("dump")

    def registry(self) -> RegistryDump:
        """Every key of the fakes' registry; a value is {"type", "data" or "raw"}."""
        registry: RegistryDump = self._ask("registry")["registry"]
        return registry

    def set_value(self, key: str, value: str, kind: str, data: str | int | list[str]) -> None:
        r"""Set a registry value, as another program would: "HKLM\\...", "NameServer", "REG_SZ"."""
        self._ask("edit_registry", action="set", key=key, value=value, type=kind, data=data)

    def delete_value(self, key: str, value: str) -> None:
        """Delete a registry value. Raises FakesError 2 when it is missing."""
        self._ask("edit_registry", action="delete", key=key, value=value)

    def create_key(self, key: str) -> None:
        """Create a registry key if it is missing."""
        self._ask("edit_registry", action="create_key", key=key)

    def delete_key(self, key: str) -> None:
        """Delete a registry key and everything below it."""
        self._ask("edit_registry", action="delete_key", key=key)

    def fault(
        self, call: str, action: Action, *, code: int = 0, nth: int = 1, times: int = 1
    ) -> None:
        """Apply `action` to `times` calls (0: all) of a function, beginning with the nth from
        now."""
        self._ask("fault", call=call, action=action, code=code, nth=nth, times=times)

    def fail(self, call: str, code: int, *, nth: int = 1, times: int = 1) -> None:
        self.fault(call, "fail", code=code, nth=nth, times=times)

    def clear_faults(self) -> None:
        """Remove all faults; blocked calls continue."""
        self._ask("clear_faults")

    def counters(self, *groups: Group) -> dict[str, int]:
        """Number of calls since reset() of each function of these groups (default: all groups).
        Functions without calls are missing."""
        counters: dict[str, int] = self._ask("counters", groups=groups or GROUPS)["counters"]
        return counters

    def deaths(self) -> list[Json]:
        """Processes that faults have ended since reset(): "call", "pid", and whether it died
        "after" the call's effect. At most 64."""
        deaths: list[Json] = self._ask("deaths")["deaths"]
        return deaths

    def wait_death(self, count: int = 1, seconds: float = HANG) -> Json:
        """Wait until faults have ended so many processes since reset(); the last of these."""
        deaths = eventually(self.deaths, lambda rows: len(rows) >= count, seconds, SHORT_PAUSE)
        if len(deaths) < count:
            raise TimeoutError(f"fewer than {count} processes have died by a fault")
        return deaths[count - 1]

    def waiting(self) -> list[Json]:
        """Calls that a fault blocks: "call", "pid", "tid"."""
        waiting: list[Json] = self._ask("waiting")["waiting"]
        return waiting

    def wait_blocked(self, call: str, seconds: float = HANG) -> Json:
        """Wait until `call` is blocked."""
        def at_call() -> list[Json]:
            return [waiter for waiter in self.waiting() if waiter["call"] == call]

        blocked = eventually(at_call, bool, seconds, SHORT_PAUSE)
        if not blocked:
            raise TimeoutError(f"nobody is blocked at {call}")
        return blocked[0]

    def personas(self, *personas: Persona) -> None:
        """Replace the table. A client without a persona is seen with its real token."""
        self._ask("personas", personas=[persona.request() for persona in personas])

    def local_groups(self, *groups: LocalGroup) -> None:
        """Replace the table."""
        self._ask("local_groups", local_groups=[group.request() for group in groups])

    def services(self, *services: ListedService) -> None:
        """Replace the table of what programs are told of services."""
        self._ask("services", services=[asdict(service) for service in services])

    def edit(self, kind: Kind, action: Literal["add", "set", "delete"], **row: Any) -> None:
        """Change the model as another program, DHCP or the user does."""
        self._ask("edit", kind=kind, action=action, row=row)

    def add_route(self, interface: int, prefix: str, next_hop: str, **fields: Any) -> None:
        self.edit("route", "add", interface=interface, prefix=prefix, next_hop=next_hop, **fields)

    def set_route(self, interface: int, prefix: str, next_hop: str, **fields: Any) -> None:
        self.edit("route", "set", interface=interface, prefix=prefix, next_hop=next_hop, **fields)

    def delete_route(self, interface: int, prefix: str, next_hop: str) -> None:
        self.edit("route", "delete", interface=interface, prefix=prefix, next_hop=next_hop)

    def add_address(self, interface: int, address: str, **fields: Any) -> None:
        self.edit("address", "add", interface=interface, address=address, **fields)

    def delete_address(self, interface: int, address: str) -> None:
        self.edit("address", "delete", interface=interface, address=address)

    def set_interface(self, interface: int, **fields: Any) -> None:
        """For example ipv4={"metric": 7, "use_automatic_metric": 0}, alias="Tunnel", index=12."""
        self.edit("interface", "set", interface=interface, **fields)

    def add_interface(self, index: int, alias: str, **fields: Any) -> None:
        self.edit("interface", "add", index=index, alias=alias, **fields)

    def delete_interface(self, interface: int) -> None:
        self.edit("interface", "delete", interface=interface)

    def firewall(self) -> Json:
        """The state of the filtering engine: "phase" ("running", "boot" or "stopped"), "filters",
        "providers", "sublayers", "sessions"."""
        return self._ask("firewall")

    def stop_bfe(self) -> None:
        """Stop the filtering engine: what is not persistent ends, and so do transactions and
        sessions. No program can open a session until start_bfe()."""
        self._ask("stop_bfe")

    def start_bfe(self) -> None:
        """Start the filtering engine. Persistent filters whose provider names a service that does
        not start automatically are disabled."""
        self._ask("start_bfe")

    def restart_bfe(self) -> None:
        """Restart the filtering engine: what is not persistent ends, and the handles to it that
        programs have are worth nothing."""
        self._ask("restart_bfe")

    def abort_transaction(self) -> None:
        """Abort the open transaction of the filtering engine, as it does itself after an hour."""
        self._ask("abort_transaction")

    def delete_filter(self, number: int) -> None:
        """Delete the filter with this "id", as an administrator would."""
        self._ask("edit_firewall", action="delete_filter", id=number)

    def delete_sublayer(self, key: str) -> None:
        """Another program deletes one. FakesError while filters are in it."""
        self._ask("edit_firewall", action="delete_sublayer", key=key)

    def delete_provider(self, key: str) -> None:
        """Another program deletes one. FakesError while it has other objects."""
        self._ask("edit_firewall", action="delete_provider", key=key)

    def add_sublayer(self, weight: int, name: str = "Fabrikam") -> None:
        """Another program adds a sublayer. FakesError when the weight is taken."""
        self._ask("edit_firewall", action="add_sublayer", weight=weight, name=name)

    def add_filter(self, layer: str, action: Literal["block", "permit"], *, hard: bool = False,
                   sublayer: str = "Fabrikam", **more: Any) -> None:
        """Another program adds a filter for all packets of a layer ("ALE_AUTH_CONNECT_V4"), the
        heaviest of its sublayer. A hard permit overrides the sublayers below. `more`: key, provider
        and persistent, for one that looks like another program's."""
        self._ask("edit_firewall", action="add_filter", layer=layer, filter_action=action,
                  hard=hard, sublayer=sublayer, **more)

    def hold_firewall(self) -> None:
        """Another program, whose process is the bridge, has a transaction open from now on."""
        self._ask("edit_firewall", action="hold")

    def release_firewall(self) -> None:
        """It aborts that transaction and ends its session."""
        self._ask("edit_firewall", action="release")

    def verdict(self, interface: int, remote_address: str, **packet: Any) -> Json:
        """What Windows would do with a packet: "action" ("permit" or "block") and the deciding
        "filter", None when none matches. `packet`: remote_port, local_port, protocol, program,
        local_address, direction ("in", "out" or "forward"), loopback; of ICMP icmp_type and
        icmp_code; forwarded: departure, inbound_pass_thru, outbound_pass_thru. FakesError when it
        is not known: two filters of the same weight disagree, or the engine is stopped."""
        return self._ask(
            "verdict", interface=interface, remote_address=remote_address, **packet
        )

    def open_flow(self, name: str, interface: int, remote_address: str, **packet: Any) -> Json:
        """Send the first packet of a connection; as verdict()."""
        return self._ask(
            "flow", name=name, interface=interface, remote_address=remote_address, **packet
        )

    def flow_packet(self, name: str) -> Json:
        """The next packet of a connection, in either direction: "action", and "judged_again",
        whether a change of the filters made Windows ask them again."""
        return self._ask("flow", name=name)

    def recording(self, *groups: Group) -> None:
        """Record only these groups from now on."""
        self._ask("recording", groups=list(groups))

    def next_process(self, process: int) -> None:
        """The next openvpn.exe has this process id, as far as the service is told: Windows uses ids
        of processes that have gone again."""
        self._ask("settings", next_process=process)

    def product_key_error(self, code: int) -> None:
        """The error with which programs open the registry keys of the product; 0: none."""
        self._ask("settings", product_key_error=code)

    def policy_key_error(self, code: int) -> None:
        """The same of the keys of its group policy."""
        self._ask("settings", policy_key_error=code)

    def service_is_system(self, value: bool) -> None:
        """Whether the service's own token is reported as LocalSystem's."""
        self._ask("settings", service_is_system=value)


def differences(before: Json, after: Json) -> list[str]:
    """The differences of two dumps, one line for each row."""
    lines = []
    for table, keys in KEYS.items():
        old = {tuple(row[key] for key in keys): row for row in before[table]}
        new = {tuple(row[key] for key in keys): row for row in after[table]}
        for key in sorted(old.keys() | new.keys(), key=str):
            if old.get(key) != new.get(key):
                lines.append(f"{table} {key}: {old.get(key)} -> {new.get(key)}")
    gone = [row for row in before["filters"] if row not in after["filters"]]
    new_filters = [row for row in after["filters"] if row not in before["filters"]]
    lines += [f"filters: {row} -> None" for row in gone]
    lines += [f"filters: None -> {row}" for row in new_filters]
    return lines


def registry_differences(before: RegistryDump, after: RegistryDump) -> list[str]:
    """The differences of two registry dumps, one line for each key or value."""
    lines = []
    for key in sorted(before.keys() | after.keys()):
        if key not in after or key not in before:
            lines.append(f"registry {key}: {'gone' if key in before else 'new'}")
        old, new = before.get(key, {}), after.get(key, {})
        for value in sorted(old.keys() | new.keys()):
            if old.get(value) != new.get(value):
                lines.append(f"registry {key} {value}: {old.get(value)} -> {new.get(value)}")
    return lines


def canonical_sddl(sddl: str) -> str:
    """SDDL with the rights of each entry in a fixed order: Windows and Wine order them
    differently."""
    entries = sddl.split("(")
    for number, entry in enumerate(entries[1:], 1):
        parts = entry.split(";")
        rights = parts[2] if len(parts) > 2 else ""
        if rights and not rights.startswith("0x") and len(rights) % 2 == 0:
            pairs = sorted(rights[at : at + 2] for at in range(0, len(rights), 2))
            parts[2] = "".join(pairs)
        entries[number] = ";".join(parts)
    return "(".join(entries)
