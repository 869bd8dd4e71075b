# SPDX-License-Identifier: MIT
"""gatehouse doctor over broken machines: what was broken, the line that says so, and the advice."""
from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import Any, Callable, FrozenSet

import pytest

from harness.access import let_everyone_write
from harness.bridge import Bridge
from harness.fakes import TAP, WINTUN, ListedService
from harness.messages import route
from harness.registry import MULTI_SZ
from harness.runner import build_folder
from harness.session import launch
from protocol.support.doctor import ALWAYS, DONE, UNHEALTHY, Machine
from protocol.support.journal_file import Journal

STOPPED, START_PENDING, RUNNING = 1, 2, 4
DEMAND_START, DISABLED = 3, 4
ACCESS_DENIED, BAD_DATABASE, PROCESS_ABORTED, NOT_INSTALLED = 5, 1009, 1067, 1060

#: Windows gives no process such an id.
NO_PROCESS = 0x7FFFFFFC


@dataclass(frozen=True)
class Row:
    """What was broken, and the line that says so. `more`: other lines that are not right then."""

    breaks: Callable[[Machine], object]
    name: str
    result: str
    what: str
    advice: str = ""
    more: FrozenSet[str] = frozenset()


def policy(name: str, text: str, local: str = "") -> Callable[[Machine], None]:
    """A value of a setting in the group policy, and a local one."""
    def breaks(machine: Machine) -> None:
        if local:
            machine.set(name, local)
        machine.set_policy(name, text)
    return breaks


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
    return lambda machine: let_everyone_write(machine.host / name)


def setting(name: str, text: str) -> Callable[[Machine], None]:
    """A value of a setting; {folder} is that of the installation."""
    return lambda machine: machine.set(name, text.format(folder=machine.folder))


def updates(url: str = "", *, has_root: bool = False) -> Callable[[Machine], None]:
    """Updates are to be installed."""
    def breaks(machine: Machine) -> None:
        root = machine.host / "update.root"
        root.unlink(missing_ok=True)
        machine.set("updates", "install")
        if url:
            machine.set("update_url", url)
        if has_root:
            root.write_text("root")
    return breaks


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
    let_everyone_write(machine.host / "bin" / "openvpn.exe")


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


def left_route(machine: Machine) -> None:
    """A route through the VPN's adapter, and there is no connection."""
    machine.fakes.add_route(TAP, "10.66.0.0/16", "10.8.0.1")


SERVICE = "OpenVPNServiceInteractive"
FIREWALL_UNKNOWN = frozenset({"firewall.state"})
SILENT = FIREWALL_UNKNOWN | {"service.control"}
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
        "warning", "not Gatehouse: ", "-takeover -start"),
    "service: program missing": Row(
        listed(binary=r'"{folder}\gone\gatehouse-service.exe"'), "service.program", "failure",
        r"is missing: {folder}\gone\gatehouse-service.exe: ", "-takeover -start", OWNED),
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
        service_that_does_not_answer, "service.control", "failure", "did not answer", "Try again",
        FIREWALL_UNKNOWN),
    "service: another program has its pipe": Row(
        another_pipe, "service.control", "failure", "can't verify that the pipe belongs", "",
        FIREWALL_UNKNOWN | {"service.running"}),
    "version: program replaced without a restart": Row(
        replaced_program, "service.version", "warning",
        "runs is version 0.1.0, its program is version 9.1.0", "-stop -start"),
    "version: this program is another release": Row(
        lambda machine: machine.change_version("gatehouse-doctor.exe"), "service.version",
        "warning", "service is version 0.1.0, this program is version 9.1.0", "same release"),
    "settings: no key": Row(
        no_key, "settings.key", "failure", "can't be opened",
        r'reg.exe add "HKLM\SOFTWARE\OpenVPN{instance}" /ve', WITHOUT_SETTINGS),
    "policy: key not readable": Row(
        lambda machine: machine.fakes.policy_key_error(ACCESS_DENIED), "settings.policy",
        "warning", "not readable by this account", "as administrator",
        frozenset({"adapters.other"})),  # the local list of drivers is laxer than the default
    "policy: out of range": Row(
        policy("max_clients", "0"), "settings.max_clients", "warning",
        "2048 (default): the value of the group policy must be a decimal number from 1 to 16384; "
        "the stricter of the local value and the default is in force",
        r"Correct it in the group policy that sets HKLM\SOFTWARE\Policies\Gatehouse{instance}"
        r"\max_clients"),
    "policy: stricter local value": Row(
        policy("control_clients", "all", "installed"), "settings.control_clients", "warning",
        "installed (local): the value of the group policy must be any or installed", "Correct it"),
    "policy: laxer local value": Row(
        policy("priority", "REALTIME", "HIGH_PRIORITY_CLASS"), "settings.priority", "warning",
        "NORMAL_PRIORITY_CLASS (default): ", "Correct it"),
    "policy: no setting": Row(
        policy("max_client", "9"), "settings.policy", "warning",
        r"HKLM\SOFTWARE\Policies\Gatehouse{instance} has the value max_client, which this version "
        "does not know", "Correct its name"),
    "policy: not for policies": Row(
        policy("exe_path", r"C:\evil.exe"), "settings.exe_path", "warning",
        r"{folder}\bin\openvpn.exe (default): the value of the group policy is nothing that a "
        "policy can set", "Remove it from the group policy"),
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
    "updates: from nowhere": Row(
        updates(has_root=True), "updates.source", "warning", "update_url is not set",
        "/v updates", frozenset({"updates.root"})),
    "updates: nothing to trust": Row(
        updates(url="https://example.com/"), "updates.root", "warning",
        r"this file is missing: {folder}\update.root", "Install a release that has it"),
    "updates: wrong": Row(
        setting("updates", "yes"), "settings.updates", "failure",
        "yes: must be off, check or install", "/v updates"),
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
        Machine.leave_name_servers, "left.name_servers", "warning",
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
    assert {check["name"] for check in outcome.wrong()} - {row.name} == row.more
    failures = [check for check in outcome.checks if check["result"] == "failure"]
    assert outcome.exit_code == (UNHEALTHY if failures else DONE)
    assert len(failures) == outcome.object["failures"]


def test_the_table_has_enough_rows() -> None:
    assert len(ROWS) >= 25


def test_changes_that_a_dead_service_has_left_are_counted(
        machine: Machine, bridge: Bridge, user_bridge: Bridge) -> None:
    left_journal(machine, bridge, user_bridge)
    outcome = machine.run()
    entries, = outcome.named("journal.entries")
    assert entries["result"] == "failure"
    assert entries["what"].startswith("1 changes of connections are still in place")
    assert entries["advice"].endswith("-cleanup")
    assert outcome.not_ok() - ALWAYS == {"journal.entries", "service.running"} | SILENT
