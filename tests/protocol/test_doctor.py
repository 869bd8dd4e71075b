# SPDX-License-Identifier: MIT
"""gatehouse doctor on a machine that is right, beside connections, and where nothing works."""
from __future__ import annotations

from typing import Any

import pytest

from harness.access import let_everyone_write
from harness.fakes import TAP
from harness.messages import address, route
from protocol.support.doctor import (ALWAYS, DONE, TAP_KEYS, UNHEALTHY, USAGE, Machine,
                                     SessionMaker)

ACCESS_DENIED = 5


# ---- a machine that is right ----

@pytest.mark.parametrize("restricted", [False, True], ids=["administrator", "user"])
def test_nothing_is_found_on_a_machine_that_is_right(machine: Machine, restricted: bool) -> None:
    outcome = machine.run(restricted=restricted)
    assert not outcome.wrong()
    assert outcome.exit_code == DONE


def test_every_area_has_a_line(machine: Machine) -> None:
    names = {check["name"] for check in machine.run().checks}
    assert names == {
        "service.installed", "service.start", "service.account", "service.program",
        "service.access", "service.running", "service.control", "service.version", "settings.key",
        "settings.policy",
        "settings.install_dir", "settings.exe_path", "settings.config_dir", "settings.bin_dir",
        "settings.config_ext", "settings.log_dir", "settings.ovpn_admin_group",
        "settings.ovpn_service_user", "settings.vpn_adapters", "settings.priority",
        "settings.log_append", "settings.ignore_dnssec", "settings.query_remote",
        "settings.allow_writable_install",
        "settings.max_clients", "settings.max_clients_per_user", "settings.max_changes_per_user",
        "settings.max_startup_units", "settings.updates", "settings.update_url",
        "settings.update_channel", "settings.update_users", "settings.control_clients",
        "settings.client_folders",
        "settings.client_signers", "settings.exe_signers", "settings.firewall_users",
        "settings.firewall_programs", "settings.user_profiles", "settings.user_profiles_group",
        "settings.option_policy", "program.exe_path", "program.version",
        "program.access", "program.tapctl", "configs.folder", "configs.files", "configs.access",
        "adapters.vpn", "windows.dnscache", "windows.bfe", "firewall.state", "journal.entries",
        "journal.aside",
        "events.errors", "left.rules", "left.search_list", "left.policy_search_list",
        "left.name_servers",
        "left.routes", "rivals.running", "updates.source"}


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


def test_a_setting_of_a_group_policy_says_so(machine: Machine) -> None:
    machine.set("max_clients", "7")
    machine.set_policy("max_clients", "9")
    machine.registry.set_number(machine.policy_key, "query_remote", 0)
    machine.set_policy("config_dir", rf"{machine.folder}\log")
    outcome = machine.run()
    shown = {check["name"]: (check["result"], check["value"], check["origin"])
             for check in outcome.checks if check["name"].startswith("settings.")
             and check.get("origin") == "policy"}
    assert shown == {
        "settings.max_clients": ("ok", "9", "policy"),
        "settings.query_remote": ("ok", "0", "policy"),
        "settings.config_dir": ("ok", rf"{machine.folder}\log" + "\\", "policy")}
    policy, = outcome.named("settings.policy")
    assert policy["what"] == (
        rf"HKLM\SOFTWARE\Policies\Gatehouse{machine.installation.instance} sets 3 of the settings")
    folder, = outcome.named("configs.folder")
    assert rf"{machine.folder}\log" in folder["what"]


def test_without_a_group_policy_a_line_says_where_it_would_be(machine: Machine) -> None:
    policy, = machine.run().named("settings.policy")
    assert policy["what"] == ("No group policy sets anything (HKLM\\SOFTWARE\\Policies\\Gatehouse"
                              f"{machine.installation.instance})")


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
    assert lines[-1] == f"1 failure, {len(ALWAYS) + 2} warnings"
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


# ---- with connections ----

def test_what_could_not_be_undone_is_said(machine: Machine, open_session: SessionMaker) -> None:
    machine.fakes.fail("DeleteIpForwardEntry2", ACCESS_DENIED, times=0)
    session = open_session()
    assert session.openvpn.request(route("10.20.0.0/16", "10.8.0.1", TAP)) == 0
    session.end()
    outcome = machine.run()
    entries, = outcome.named("journal.entries")
    assert (entries["result"], entries["left"]) == ("warning", "1")
    assert "-cleanup" in entries["advice"]
    machine.fakes.clear_faults()
    machine.stop()


def test_what_a_living_connection_owns_is_not_left(machine: Machine, open_session: SessionMaker
                                                   ) -> None:
    session = open_session()
    assert session.openvpn.request(address("10.8.0.10/24", TAP)) == 0
    assert session.openvpn.request(route("10.20.0.0/16", "10.8.0.1", TAP)) == 0
    machine.leave_name_servers()
    outcome = machine.run()
    assert not outcome.wrong()
    assert outcome.named("left.routes")[0]["what"] == (
        "No adapter of a VPN has routes that no connection owns")
    assert outcome.named("service.control")[0]["sessions"] == "1"
    session.end()
    machine.fakes.delete_value(TAP_KEYS[0], "NameServer")


def test_what_a_connection_with_an_unknown_adapter_may_own_is_not_called_left(
        machine: Machine, open_session: SessionMaker) -> None:
    session = open_session()
    assert session.openvpn.request(route("10.20.0.0/16", "10.8.0.1", TAP)) == 0
    outcome = machine.run()
    routes, = outcome.named("left.routes")
    assert routes["result"] == "ok"
    assert f"process {session.openvpn.process}, openvpn.exe, may own them" in routes["what"]
    session.end()


def test_what_an_unknown_openvpn_may_own_is_not_called_left(machine: Machine,
                                                            open_session: SessionMaker) -> None:
    session = open_session()
    machine.list_service(error=ACCESS_DENIED)  # so that nobody tells of the session
    machine.leave_name_servers()
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
    let_everyone_write(machine.host / "bin" / "openvpn.exe")
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
