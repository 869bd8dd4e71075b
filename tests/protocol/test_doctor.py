# SPDX-License-Identifier: MIT
"""gatehouse doctor over broken machines: what was broken, the line that says so, and the advice."""
from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import Any, Callable, FrozenSet, Iterator, List

import pytest

from harness.bridge import Bridge
from harness.fakes import TAP, WINTUN, ListedService
from harness.messages import address, route
from harness.registry import MULTI_SZ
from harness.runner import Runner, build_folder
from harness.session import Session, launch
from protocol.support.doctor import (ALWAYS, DONE, TAP_KEYS, UNHEALTHY, USAGE, Check, Machine,
                                     Outcome)
from protocol.support.journal_file import Journal

STOPPED, START_PENDING, RUNNING = 1, 2, 4
DEMAND_START, DISABLED = 3, 4
ACCESS_DENIED, BAD_DATABASE, PROCESS_ABORTED, NOT_INSTALLED = 5, 1009, 1067, 1060

#: Windows gives no process such an id.
NO_PROCESS = 0x7FFFFFFC


@pytest.fixture(scope="module")
def created(runner: Runner, bridge: Bridge, user_bridge: Bridge, worker_name: str
            ) -> Iterator[Machine]:
    """An installation for this module."""
    made = Machine(runner, bridge, user_bridge, f"{worker_name}doc")
    made.create()
    yield made
    made.destroy()


@pytest.fixture
def machine(created: Machine) -> Machine:
    """A machine on which nothing is wrong."""
    created.repair()
    return created


# ---- a machine that is right ----

def wrong(outcome: Outcome) -> List[Check]:
    """The findings that are not right, without what never is."""
    return [check for check in outcome.checks
            if check["result"] != "ok" and check["name"] not in ALWAYS]


@pytest.mark.parametrize("restricted", [False, True], ids=["administrator", "user"])
def test_nothing_is_found_on_a_machine_that_is_right(machine: Machine, restricted: bool) -> None:
    outcome = machine.run(restricted=restricted)
    assert not wrong(outcome)
    assert outcome.exit_code == DONE


def test_every_area_has_a_line(machine: Machine) -> None:
    names = {check["name"] for check in machine.run().checks}
    assert names == {
        "service.installed", "service.start", "service.account", "service.program",
        "service.access", "service.running", "service.control", "service.version", "settings.key",
        "settings.install_dir", "settings.exe_path", "settings.config_dir", "settings.bin_dir",
        "settings.config_ext", "settings.log_dir", "settings.ovpn_admin_group",
        "settings.ovpn_service_user", "settings.vpn_adapters", "settings.priority",
        "settings.log_append", "settings.ignore_dnssec", "settings.allow_writable_install",
        "settings.max_clients", "settings.max_clients_per_user", "settings.max_changes_per_user",
        "settings.max_startup_units", "settings.control_clients", "settings.client_folders",
        "settings.client_signers", "settings.exe_signers", "program.exe_path", "program.version",
        "program.access", "program.tapctl", "configs.folder", "configs.files", "configs.access",
        "adapters.vpn", "windows.dnscache", "windows.bfe", "journal.entries", "journal.aside",
        "events.errors", "left.rules", "left.search_list", "left.policy_search_list",
        "left.name_servers",
        "left.routes", "rivals.running"}


def test_each_setting_has_its_value_and_origin(machine: Machine) -> None:
    machine.set("max_clients", "7")
    outcome = machine.run()
    shown = {check["name"]: (check["value"], check["origin"]) for check in outcome.checks
             if check["name"].startswith("settings.") and "value" in check}
    assert shown["settings.install_dir"] == (machine.folder, "local")
    assert shown["settings.exe_path"] == (rf"{machine.folder}\bin\openvpn.exe", "default")
    assert shown["settings.config_dir"] == (rf"{machine.folder}\config" + "\\", "default")
    assert shown["settings.max_clients"] == ("7", "local")
    assert shown["settings.max_clients_per_user"] == ("256", "default")


def test_the_object_has_a_schema_and_a_summary(machine: Machine) -> None:
    made = machine.run().object
    assert list(made)[:5] == ["schema", "version", "instance", "time", "result"]
    assert made["schema"] == 1
    assert made["instance"] == machine.installation.instance
    assert made["result"] == "warning"
    assert (made["failures"], made["warnings"]) == (0, len(ALWAYS))


def test_lines_for_people_are_aligned(machine: Machine) -> None:
    machine.stop()
    outcome = machine.run("")
    lines = outcome.output.splitlines()
    place = lines[0].index(f"OpenVPNServiceInteractive{machine.installation.instance}")
    named = [line for line in lines if line.split(" ")[0] in ("ok", "warning", "failure")]
    assert all(line[place - 1] == " " and line[place] != " " for line in named)
    running = [number for number, line in enumerate(lines) if "service.running" in line][0]
    assert lines[running].startswith("failure  service.running ")
    assert lines[running + 1].startswith(place * " " + "-> Run as administrator: ")
    assert lines[-1] == f"1 failure, {len(ALWAYS) + 1} warnings"
    assert outcome.exit_code == UNHEALTHY


def test_it_changes_nothing(machine: Machine) -> None:
    def state() -> Any:
        files = {path: path.stat().st_mtime_ns for path in machine.host.rglob("*")
                 if path.is_file() and not path.name.startswith(("record.", "doctor", "machine."))
                 and path.suffix != ".dat"}
        settings = {name: machine.registry.get(machine.key, name)
                    for name in machine.registry.values(machine.key)}
        return (machine.fakes.dump(), machine.fakes.registry(), files, settings,
                machine.service.status())

    machine.populate(stale_rules=(12,), stale_system_list=True)
    before = state()
    machine.run()
    assert state() == before


# ---- broken machines ----

@dataclass(frozen=True)
class Row:
    """What was broken, and the line that says so. `more`: other lines that are not right then."""

    breaks: Callable[[Machine], object]
    name: str
    result: str
    what: str
    advice: str = ""
    more: FrozenSet[str] = frozenset()


def files(machine: Machine, **targets: str) -> None:
    """Write texts in place of files; `__` stands for a slash, and `_exe` for .exe."""
    for name, text in targets.items():
        path = machine.host / name.replace("__", "/").replace("_exe", ".exe")
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def remove(*names: str) -> Callable[[Machine], None]:
    """Remove files or folders."""
    def breaks(machine: Machine) -> None:
        for name in names:
            path = machine.host / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    return breaks


def open_to_all(name: str) -> Callable[[Machine], None]:
    """Let every user change a file or folder."""
    return lambda machine: (machine.host / name).chmod(0o777)


def setting(name: str, text: str) -> Callable[[Machine], None]:
    """A value of a setting; {folder} is that of the installation."""
    return lambda machine: machine.set(name, text.format(folder=machine.folder))


def listed(**fields: Any) -> Callable[[Machine], None]:
    """What is told of our service; {folder} in its command line is that of the installation."""
    def breaks(machine: Machine) -> None:
        made = {key: value.format(folder=machine.folder) if isinstance(value, str) else value
                for key, value in fields.items()}
        machine.list_service(**made)
    return breaks


def stopped(**fields: Any) -> Callable[[Machine], None]:
    """The same of a service that does not run."""
    def breaks(machine: Machine) -> None:
        machine.stop()
        listed(**fields)(machine)
    return breaks


def others(*services: ListedService) -> Callable[[Machine], None]:
    """What is told of other services."""
    return lambda machine: machine.fakes.services(*services)


def service_in_folder_with_blanks(machine: Machine) -> None:
    """Its command line has no quotes."""
    (machine.host / "a b").mkdir()
    shutil.copy2(machine.host / machine.installation.image, machine.host / "a b")
    machine.list_service(binary=rf"{machine.folder}\a b\{machine.installation.image} -instance "
                         f"interactive {machine.installation.instance}")


def service_that_does_not_start(machine: Machine) -> None:
    """It has stopped because of a setting."""
    machine.stop()
    machine.set("priority", "REALTIME_PRIORITY_CLASS")
    assert not machine.installation.try_start().is_alive


def service_that_does_not_answer(machine: Machine) -> None:
    """It hangs while it looks at who asks."""
    machine.fakes.fault("ImpersonateNamedPipeClient", "block", times=0)


def replaced_program(machine: Machine) -> None:
    """An update without a restart."""
    machine.change_version(machine.installation.image)


def another_pipe(machine: Machine) -> None:
    """Another program listens under the name of the control pipe."""
    machine.stop()
    machine.squat(machine.installation.control_name)


def no_key(machine: Machine) -> None:
    """The registry key of the settings is gone."""
    machine.registry.delete_tree(machine.key)


def key_error(code: int) -> Callable[[Machine], None]:
    """The registry key of the settings can't be opened."""
    return lambda machine: machine.fakes.product_key_error(code)


def program_without_version(machine: Machine) -> None:
    """A program that has no version resource."""
    (machine.host / "bin" / "openvpn.exe").unlink()
    shutil.copy2(build_folder() / "bin" / "bridge.exe", machine.host / "bin" / "openvpn.exe")


def allowed_program(machine: Machine) -> None:
    """A developer's machine."""
    machine.set("allow_writable_install", "1")
    (machine.host / "bin" / "openvpn.exe").chmod(0o777)


def no_adapter(machine: Machine) -> None:
    """No adapter of a VPN is left."""
    machine.fakes.delete_interface(TAP)
    machine.fakes.delete_interface(WINTUN)


def no_adapter_nor_tapctl(machine: Machine) -> None:
    """Nor can one be made."""
    no_adapter(machine)
    (machine.host / "bin" / "tapctl.exe").unlink()


def left_journal(machine: Machine, bridge: Bridge, user_bridge: Bridge) -> None:
    """The service has died with a connection, and was not started again."""
    session = launch(machine.installation, bridge, client_bridge=user_bridge)
    assert session.openvpn.request(route("10.20.0.0/16", "10.8.0.1", TAP)) == 0
    machine.crash()
    machine.fakes.delete_route(TAP, "10.20.0.0/16", "10.8.0.1")
    session.close()
    machine.list_service(state=STOPPED, exit_code=PROCESS_ABORTED)


def damaged_journal(machine: Machine) -> None:
    """No journal at all."""
    machine.stop()
    machine.list_service(state=STOPPED)
    Journal(machine.installation).path.write_bytes(b"\xee" * 640)


def set_aside(word: str) -> Callable[[Machine], object]:
    """A file beside the journal."""
    return lambda machine: Journal(machine.installation).beside(word).write_bytes(b"")


def untrusted_folder(machine: Machine) -> None:
    """-install has found the journal's folder open to others."""
    (machine.host / "ProgramData" / "Gatehouse.untrusted-0a1b2c3d").mkdir()


def left_name_servers(machine: Machine) -> None:
    """The VPN's adapter has name servers, and there is no connection."""
    machine.fakes.set_value(TAP_KEYS[0], "NameServer", "REG_SZ", "10.8.0.53")


def left_route(machine: Machine) -> None:
    """A route through the VPN's adapter, and there is no connection."""
    machine.fakes.add_route(TAP, "10.66.0.0/16", "10.8.0.1")


SERVICE = "OpenVPNServiceInteractive"
SILENT = frozenset({"service.control"})
#: Nobody is known to have installed it, so the owner of these is no one to be trusted.
OWNED = frozenset({"program.access", "configs.access"})
UNKNOWN_PROGRAM = frozenset({"program.exe_path"})
WITHOUT_SETTINGS = UNKNOWN_PROGRAM | {"adapters.other"}

ROWS = {
    "service: not installed": Row(
        Machine.forget_service, "service.installed", "failure", "is not installed",
        "gatehouse-service.exe -instance interactive {instance} -install -start", SILENT | OWNED),
    "service: stopped": Row(
        Machine.stop, "service.running", "failure", "The service is stopped",
        "gatehouse-service.exe -instance interactive {instance} -start", SILENT),
    "service: ended with an error": Row(
        stopped(state=STOPPED, exit_code=PROCESS_ABORTED), "service.running", "failure",
        "ended with an error: ", "-start", SILENT),
    "service: does not start": Row(
        service_that_does_not_start, "service.running", "failure", "ended with an error: ",
        "-start", SILENT | {"settings.priority", "events.errors"}),
    "service: is starting": Row(
        stopped(state=START_PENDING), "service.running", "warning", "is starting",
        "Wait a minute", SILENT),
    "service: its process has gone": Row(
        stopped(state=RUNNING, pid=NO_PROCESS), "service.running", "failure", "has ended unnoticed",
        "Restart the computer", SILENT),
    "service: disabled": Row(
        listed(start=DISABLED), "service.start", "failure", "is disabled",
        f'sc.exe config "{SERVICE}{{instance}}" start= auto'),
    "service: started by hand": Row(
        listed(start=DEMAND_START), "service.start", "warning", "does not start with Windows",
        "start= auto"),
    "service: another account": Row(
        listed(account=r"NT AUTHORITY\LocalService"), "service.account", "failure",
        r"runs as NT AUTHORITY\LocalService", "obj= LocalSystem"),
    "service: another product": Row(
        listed(binary=r'"{folder}\bin\openvpn.exe" -instance interactive x'), "service.program",
        "warning", "not Gatehouse: ", "-remove -install -start"),
    "service: program missing": Row(
        listed(binary=r'"{folder}\gone\gatehouse-service.exe"'), "service.program", "failure",
        r"is missing: {folder}\gone\gatehouse-service.exe: ", "-remove -install -start", OWNED),
    "service: path without quotes": Row(
        service_in_folder_with_blanks, "service.program", "warning", "blanks and no quotes",
        "-remove -install -start"),
    "service: program open to users": Row(
        open_to_all("gatehouse-service.exe"), "service.access", "failure",
        r"{folder}\gatehouse-service.exe may be changed by ", "icacls.exe"),
    "service: not readable": Row(
        listed(error=ACCESS_DENIED), "service.installed", "warning",
        "not readable by this account", "as administrator",
        SILENT | OWNED | {"service.running"}),
    "service: does not answer": Row(
        service_that_does_not_answer, "service.control", "failure", "did not answer", "Try again"),
    "service: another program has its pipe": Row(
        another_pipe, "service.control", "failure", "can't verify that the pipe belongs", "",
        frozenset({"service.running"})),
    "version: program replaced without a restart": Row(
        replaced_program, "service.version", "warning",
        "runs is version 0.1.0, its program is version 9.1.0", "-stop -start"),
    "version: this program is another release": Row(
        lambda machine: machine.change_version("gatehouse-doctor.exe"), "service.version",
        "warning", "service is version 0.1.0, this program is version 9.1.0", "same release"),
    "settings: no key": Row(
        no_key, "settings.key", "failure", "can't be opened",
        r'reg.exe add "HKLM\SOFTWARE\OpenVPN{instance}" /ve', WITHOUT_SETTINGS),
    "settings: key not readable": Row(
        key_error(ACCESS_DENIED), "settings.key", "warning", "not readable by this account",
        "as administrator", WITHOUT_SETTINGS),
    "settings: broken registry": Row(
        key_error(BAD_DATABASE), "settings.key", "failure", "can't be opened", "reg.exe add",
        WITHOUT_SETTINGS),
    "settings: no folder": Row(
        lambda machine: machine.registry.delete(machine.key, ""), "settings.install_dir",
        "failure", "is missing and has no default", 'reg.exe add "HKLM',
        UNKNOWN_PROGRAM | {f"settings.{name}" for name in (
            "exe_path", "config_dir", "bin_dir", "log_dir")}),
    "settings: number for a path": Row(
        lambda machine: machine.registry.set_number(machine.key, "exe_path", 1),
        "settings.exe_path", "failure", "is no REG_SZ",
        r'reg.exe delete "HKLM\SOFTWARE\OpenVPN{instance}" /v exe_path', UNKNOWN_PROGRAM),
    "settings: list for a word": Row(
        lambda machine: machine.registry.set_raw(machine.key, "priority", MULTI_SZ, bytes(4)),
        "settings.priority", "failure", "is no REG_SZ", "/v priority"),
    "settings: out of range": Row(
        setting("max_clients", "0"), "settings.max_clients", "failure",
        "0: must be a decimal number from 1 to 16384; the service does not start with it",
        "/v max_clients"),
    "settings: unknown priority": Row(
        setting("priority", "REALTIME"), "settings.priority", "failure",
        "REALTIME: has an unknown name", "/v priority"),
    "settings: neither on nor off": Row(
        setting("ignore_dnssec", "x"), "settings.ignore_dnssec", "failure", "must be 0 or 1",
        "/v ignore_dnssec"),
    "settings: too long": Row(
        setting("ovpn_admin_group", 300 * "x"), "settings.ovpn_admin_group", "failure",
        "is longer than 255 characters", "/v ovpn_admin_group"),
    "settings: wrong but not used": Row(
        setting("log_append", "2"), "settings.log_append", "warning", "must be 0 or 1",
        "/v log_append"),
    "program: missing": Row(
        remove("bin/openvpn.exe"), "program.exe_path", "failure",
        r"There is no openvpn.exe at exe_path: {folder}\bin\openvpn.exe: ", "Install OpenVPN"),
    "program: not a whole path": Row(
        setting("exe_path", r"bin\openvpn.exe"), "program.exe_path", "failure",
        r"no whole path: bin\openvpn.exe", "exe_path"),
    "program: a folder": Row(
        setting("exe_path", r"{folder}\bin"), "program.exe_path", "failure",
        r"is a folder: {folder}\bin", "exe_path"),
    "program: not a program": Row(
        lambda machine: files(machine, bin__openvpn_exe="x"), "program.exe_path", "failure",
        "is no program: ", "Install OpenVPN"),
    "program: no version": Row(
        program_without_version, "program.version", "warning", "does not say its version",
        "release of OpenVPN"),
    "program: open to users": Row(
        open_to_all("bin/openvpn.exe"), "program.access", "failure",
        r"{folder}\bin\openvpn.exe may be changed by ", "icacls.exe"),
    "program: its folder is open to users": Row(
        open_to_all("bin"), "program.access", "failure", r"{folder}\bin may be changed by ",
        "icacls.exe"),
    "program: open to users, and allowed": Row(
        allowed_program, "program.access", "warning", "allowed by allow_writable_install"),
    "program: no tapctl": Row(
        remove("bin/tapctl.exe"), "program.tapctl", "warning", "There is no tapctl.exe", "bin_dir"),
    "configs: no folder": Row(
        remove("config"), "configs.folder", "failure", r"{folder}\config\: ", "Make the folder"),
    "configs: none": Row(
        remove("config/home.ovpn"), "configs.files", "warning", "0 configurations (*.ovpn)",
        "Put the configurations"),
    "configs: open to users": Row(
        open_to_all("config"), "configs.access", "failure", r"{folder}\config may be changed by ",
        "icacls.exe"),
    "adapters: none": Row(
        no_adapter, "adapters.vpn", "warning", "There is no adapter with a driver of "
        "tap0901,wintun; openvpn.exe has one made", "tapctl.exe create"),
    "adapters: none, and none can be made": Row(
        no_adapter_nor_tapctl, "adapters.vpn", "failure", "There is no adapter", "Install OpenVPN",
        frozenset({"program.tapctl"})),
    "adapters: a driver that is not a VPN's": Row(
        setting("vpn_adapters", "tap0901"), "adapters.other", "warning",
        "has the driver wintun, which is not in vpn_adapters", "add wintun"),
    "windows: DNS client stopped": Row(
        others(ListedService("Dnscache", state=STOPPED)), "windows.dnscache", "failure",
        "does not run", r"Services\Dnscache /v Start"),
    "windows: filtering engine stopped": Row(
        others(ListedService("BFE", state=STOPPED)), "windows.bfe", "failure", "does not run",
        "net start BFE"),
    "windows: filtering engine missing": Row(
        others(ListedService("BFE", error=NOT_INSTALLED)), "windows.bfe", "failure", "is missing",
        "BFE"),
    "windows: filtering engine not readable": Row(
        others(ListedService("BFE", error=ACCESS_DENIED)), "windows.bfe", "warning",
        "not readable by this account", "as administrator"),
    "journal: damaged": Row(
        damaged_journal, "journal.entries", "failure", "damaged, or of a newer version",
        "Start the service", SILENT | {"service.running"}),
    "journal: a damaged one was set aside": Row(
        set_aside("damaged"), "journal.aside", "warning", ".journal.damaged", "Check the disk"),
    "journal: a newer one was set aside": Row(
        set_aside("newer"), "journal.aside", "warning", ".journal.newer", "Install that version"),
    "journal: one that no start survives": Row(
        set_aside("suspect"), "journal.aside", "warning", ".journal.suspect", "event log"),
    "journal: a folder of others was set aside": Row(
        untrusted_folder, "journal.aside", "warning", "Gatehouse.untrusted-0a1b2c3d",
        "Find out who"),
    "events: errors": Row(
        lambda machine: machine.write_event("It did not work"), "events.errors", "warning",
        "It did not work: The reason (0x5)", "recovery.md"),
    "events: not readable": Row(
        lambda machine: machine.fakes.fail("OpenEventLogW", ACCESS_DENIED), "events.errors",
        "warning", "not readable by this account", "as administrator"),
    "left: rules": Row(
        lambda machine: machine.populate(stale_rules=(NO_PROCESS,)), "left.rules", "failure",
        f"sends names (.) to 10.8.0.1: OpenVPNDNSRouting-{NO_PROCESS}", "-cleanup"),
    "left: search list": Row(
        lambda machine: machine.populate(stale_system_list=True), "left.search_list", "warning",
        "it is corp.example,example.net,stale.example, and was corp.example,example.net",
        "-cleanup"),
    "left: search list of the policy": Row(
        lambda machine: machine.populate(policy_search_list="p.example", stale_policy_list=True),
        "left.policy_search_list", "warning", "it is p.example,stale.example, and was p.example",
        "-cleanup"),
    "left: name servers": Row(
        left_name_servers, "left.name_servers", "warning",
        "Local Area Connection 2 has the name servers 10.8.0.53, which no connection owns",
        'netsh.exe interface ipv4 set dnsservers "Local Area Connection 2" dhcp'),
    "left: routes": Row(
        left_route, "left.routes", "warning",
        "Local Area Connection 2 has 1 route, the first to 10.66.0.0/16", "-cleanup"),
    "rivals: by name": Row(
        others(ListedService("MullvadVPN")), "rivals.running", "warning",
        "Mullvad VPN runs (service MullvadVPN)", 'net stop "MullvadVPN"'),
    "rivals: by the beginning of a name": Row(
        others(ListedService("WireGuardTunnel$home")), "rivals.running", "warning",
        "WireGuard runs (service WireGuardTunnel$home)", "net stop"),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))
def test_what_is_broken_is_said(machine: Machine, row: Row) -> None:
    row.breaks(machine)
    outcome = machine.run()
    words = {"folder": machine.folder, "instance": machine.installation.instance}
    found = [check for check in outcome.named(row.name) if check["result"] == row.result]
    assert found, outcome.named(row.name)
    assert row.what.format(**words) in found[0]["what"]
    assert row.advice.format(**words) in found[0].get("advice", "")
    assert {check["name"] for check in wrong(outcome)} - {row.name} == row.more
    failures = [check for check in outcome.checks if check["result"] == "failure"]
    assert outcome.exit_code == (UNHEALTHY if failures else DONE)
    assert len(failures) == outcome.object["failures"]


def test_the_table_has_enough_rows() -> None:
    assert len(ROWS) >= 25


# ---- with connections ----

Connect = Callable[[], Session]


@pytest.fixture
def connect(machine: Machine, bridge: Bridge, user_bridge: Bridge) -> Iterator[Connect]:
    """Starts connections of an ordinary user, which end with the test."""
    sessions: List[Session] = []

    def start() -> Session:
        sessions.append(launch(machine.installation, bridge, client_bridge=user_bridge))
        return sessions[-1]

    yield start
    for session in sessions:
        session.close()


def test_changes_that_a_dead_service_has_left_are_counted(
        machine: Machine, bridge: Bridge, user_bridge: Bridge) -> None:
    left_journal(machine, bridge, user_bridge)
    outcome = machine.run()
    entries, = outcome.named("journal.entries")
    assert entries["result"] == "failure"
    assert entries["what"].startswith("1 changes of connections are still in place")
    assert entries["advice"].endswith("-cleanup")
    assert outcome.not_ok() - ALWAYS == {"journal.entries", "service.running", "service.control"}


def test_what_could_not_be_undone_is_said(machine: Machine, connect: Connect) -> None:
    machine.fakes.fail("DeleteIpForwardEntry2", ACCESS_DENIED, times=0)
    session = connect()
    assert session.openvpn.request(route("10.20.0.0/16", "10.8.0.1", TAP)) == 0
    session.end()
    outcome = machine.run()
    entries, = outcome.named("journal.entries")
    assert (entries["result"], entries["left"]) == ("warning", "1")
    assert "-cleanup" in entries["advice"]
    machine.fakes.clear_faults()
    machine.stop()


def test_what_a_living_connection_owns_is_not_left(machine: Machine, connect: Connect
                                                   ) -> None:
    session = connect()
    assert session.openvpn.request(address("10.8.0.10/24", TAP)) == 0
    assert session.openvpn.request(route("10.20.0.0/16", "10.8.0.1", TAP)) == 0
    left_name_servers(machine)
    outcome = machine.run()
    assert not wrong(outcome)
    assert outcome.named("left.routes")[0]["what"] == (
        "No adapter of a VPN has routes that no connection owns")
    assert outcome.named("service.control")[0]["sessions"] == "1"
    session.end()
    machine.fakes.delete_value(TAP_KEYS[0], "NameServer")


def test_what_a_connection_with_an_unknown_adapter_may_own_is_not_called_left(
        machine: Machine, connect: Connect) -> None:
    session = connect()
    assert session.openvpn.request(route("10.20.0.0/16", "10.8.0.1", TAP)) == 0
    outcome = machine.run()
    routes, = outcome.named("left.routes")
    assert routes["result"] == "ok"
    assert f"process {session.openvpn.process}, openvpn.exe, may own them" in routes["what"]
    session.end()


def test_what_an_unknown_openvpn_may_own_is_not_called_left(machine: Machine,
                                                            connect: Connect) -> None:
    session = connect()
    machine.list_service(error=ACCESS_DENIED)  # so that nobody tells of the session
    left_name_servers(machine)
    machine.add_rule(session.openvpn.process)
    outcome = machine.run()
    servers, = outcome.named("left.name_servers")
    assert servers["result"] == "ok"
    assert f"process {session.openvpn.process}, openvpn.exe, may own them" in servers["what"]
    assert outcome.named("left.rules")[0]["result"] == "ok"
    session.end()


# ---- when nothing works ----

def test_it_works_when_nothing_else_does(machine: Machine) -> None:
    machine.forget_service()
    machine.registry.delete_tree(machine.key)
    machine.populate(system_rules=True)
    for call in ("CreateFileW", "OpenEventLogW", "OpenSCManagerW", "GetIpForwardTable2",
                 "RegEnumKeyExW", "RegQueryValueExW"):
        machine.fakes.fail(call, ACCESS_DENIED, times=0)
    outcome = machine.run(restricted=True)
    assert outcome.exit_code == UNHEALTHY
    failures = {check["name"] for check in outcome.checks if check["result"] == "failure"}
    assert failures == {"settings.key"}
    denied = {check["name"] for check in outcome.checks
              if "not readable by this account" in check["what"]}
    assert denied >= {"service.installed", "journal.entries", "events.errors", "adapters.vpn",
                      "left.rules", "left.search_list", "windows.bfe", "rivals.running"}


def test_a_check_that_hangs_costs_its_own_lines_only(machine: Machine) -> None:
    (machine.host / "bin" / "openvpn.exe").chmod(0o777)
    machine.fakes.fault("LookupAccountSidW", "block", times=0)
    outcome = machine.run()
    hung = [check["name"] for check in outcome.checks if "not looked at" in check["what"]]
    assert hung == ["doctor.service", "doctor.program"]
    assert outcome.named("left.rules") and outcome.named("settings.exe_path")
    assert outcome.exit_code == DONE


@pytest.mark.parametrize("days, result", [(6, "warning"), (8, "ok")])
def test_old_errors_are_over(machine: Machine, days: int, result: str) -> None:
    machine.write_event("Long ago", days=days)
    assert machine.run().named("events.errors")[0]["result"] == result


def test_only_errors_of_this_instance_are_told_and_repeated_ones_once(machine: Machine) -> None:
    machine.write_event("Of another instance", instance="$other")
    machine.write_event("No error", kind=4)
    machine.write_event("first")
    for _ in range(3):
        machine.write_event("again\x1b[2J")
    found = machine.run().named("events.errors")
    assert [check["event"] for check in found] == [
        "again?[2J: The reason (0x5)", "first: The reason (0x5)"]
    assert found[0]["what"].endswith("(3 times)")


def test_the_last_five_errors_are_told(machine: Machine) -> None:
    for number in range(7):
        machine.write_event(f"number {number}")
    found = machine.run().named("events.errors")
    assert [check["event"].split(":")[0] for check in found] == [
        f"number {number}" for number in (6, 5, 4, 3, 2)]


@pytest.mark.parametrize("arguments, words", [
    ("--json now", "unexpected argument: now"), ("--json --report=", "needs a value"),
    ("--json --timeout 5", "unknown option: --timeout")])
def test_a_wrong_command_line_is_refused(machine: Machine, arguments: str, words: str) -> None:
    outcome = machine.run(arguments)
    assert outcome.exit_code == USAGE
    assert words in outcome.output


# ---- the report ----

SECRETS = ("hunter2", "SESS_ID_AT_abcdefgh", "0123456789abcdef0123456789abcdef", "203.0.113.77",
           "alice@mail.example", "TheKeyItself")

LOG = r"""2026-11-28 10:00:00 OpenVPN 2.7.0 [git:v2.7.0] Windows
2026-11-28 10:00:01 MANAGEMENT: CMD 'username "Auth" "hunter2"'
2026-11-28 10:00:02 TCP/UDP: Preserving recently used remote address: [AF_INET]203.0.113.77:1194
2026-11-28 10:00:03 VERIFY OK: depth=0, CN=alice@mail.example
2026-11-28 10:00:04 PUSH: Received control message: 'PUSH_REPLY,route 10.1.0.0,auth-token {token}'
2026-11-28 10:00:05 key 0123456789abcdef0123456789abcdef
-----BEGIN PRIVATE KEY-----
TheKeyItself
-----END PRIVATE KEY-----
2026-11-28 10:00:06 Initialization Sequence Completed
"""


def write_log(machine: Machine) -> str:
    """A log of openvpn.exe with secrets, and an older one; returns the folder of user data."""
    folder = machine.host / "local" / "Gatehouse" / "log"
    shutil.rmtree(machine.host / "local", ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "older.log").write_text("The older log\n")
    (folder / "home.log").write_text(LOG.replace("{token}", SECRETS[1]))
    os.utime(folder / "older.log", (1, 1))
    return rf"{machine.folder}\local"


def report(machine: Machine, more: str = "") -> str:
    """Run it, and return the report."""
    path = machine.host / "log" / "report.txt"
    path.unlink(missing_ok=True)
    local = write_log(machine)
    outcome = machine.run(rf"--report {machine.folder}\log\report.txt {more}", local=local)
    assert outcome.exit_code == DONE, outcome.output
    return path.read_text(encoding="utf-8")


def test_a_report_has_everything(machine: Machine, connect: Connect) -> None:
    machine.write_event("It did not work")
    session = connect()
    text = report(machine)
    session.end()
    parts = [line for line in text.splitlines() if line.startswith("== ")]
    assert parts == ["== doctor ==", "== status ==", "== events ==", "== log =="]
    for words in ("Report of gatehouse doctor, version 0.1.0", "ok       service.running",
                  f"process {session.openvpn.process}", "error It did not work: The reason (0x5)",
                  "Initialization Sequence Completed", "OpenVPN 2.7.0 [git:v2.7.0] Windows",
                  "route 10.1.0.0"):
        assert words in text
    assert "The older log" not in text


def test_a_report_leaves_secrets_and_names_out(machine: Machine, connect: Connect
                                               ) -> None:
    machine.write_event("Authorizing user 'bob@CORP' from 203.0.113.77, token=hunter2", kind=4)
    session = connect()
    user = session.openvpn.describe()["user"]
    text = report(machine)
    session.end()
    assert [secret for secret in (*SECRETS, "bob@CORP", user) if secret in text] == []
    assert text.count("<address 1>") == 2
    assert "PUSH_REPLY,route 10.1.0.0,auth-token " in text
    assert "\x1b" not in text


def test_a_report_overwrites_nothing(machine: Machine) -> None:
    path = machine.host / "log" / "report.txt"
    path.write_text("precious")
    outcome = machine.run(rf"--json --report {machine.folder}\log\report.txt")
    assert outcome.exit_code == 1
    assert path.read_text() == "precious"
    assert "does not exist yet" in outcome.output


def test_a_report_needs_no_service_and_no_log(machine: Machine) -> None:
    machine.stop()
    path = machine.host / "log" / "report.txt"
    path.unlink(missing_ok=True)
    outcome = machine.run(rf"--report {machine.folder}\log\report.txt",
                          local=rf"{machine.folder}\nowhere")
    assert outcome.exit_code == UNHEALTHY
    text = path.read_text(encoding="utf-8")
    assert "failure  service.running" in text
    assert "There is no log of openvpn.exe" in text
