# SPDX-License-Identifier: MIT
"""The fake netsh.exe, ipconfig.exe and tapctl.exe, run as processes."""
from __future__ import annotations

from typing import Callable, Iterator, Optional

import pytest

from harness.bridge import Bridge
from harness.eventually import eventually
from harness.fakes import TAP, FakesError
from harness.installation import PRIVILEGES, Installation
from harness.messages import CreateAdapter
from harness.process import Process
from harness.programs import Program, program_path, runs
from harness.session import Session

WINS = (r"HKLM\SYSTEM\CurrentControlSet\Services\NetBT\Parameters\Interfaces"
        r"\Tcpip_{5E1D0002-AB12-4CD3-8A07-060504030201}")

Start = Callable[..., Process]

#: The type of adapter of a create_adapter message that is a TAP adapter.
TAP_ADAPTER = 1


@pytest.fixture
def start(installation: Installation, bridge: Bridge) -> Iterator[Start]:
    """Starts a program of an installation with a command line."""
    started = []

    def begin(program: Program, arguments: str, output: Optional[str] = None,
              on: Optional[Installation] = None) -> Process:
        command = f'"{program_path(on or installation, program)}" {arguments}'
        started.append(Process.start(bridge, command, output=output))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.close()
    installation.populate()


def test_its_arguments_are_recorded(installation: Installation, bridge: Bridge,
                                    start: Start) -> None:
    process = start("netsh", r'interface ip add wins 2  "10.8.0.7" a\"b *')
    assert process.wait() == 1
    run, = runs(installation)
    assert run.arguments == ("interface", "ip", "add", "wins", "2", "10.8.0.7", 'a"b', "*")
    assert run.command_line.endswith(r'add wins 2  "10.8.0.7" a\"b *')
    assert (run.process, run.parent) == (process.id, bridge.process)


def test_netsh_changes_this_installation_only(installation: Installation, start: Start,
                                              make_installation: Callable[..., Installation]
                                              ) -> None:
    other = make_installation()
    assert start("netsh", "interface ip set wins 2 static 10.8.0.1").wait() == 0
    assert installation.fakes.registry()[WINS]["NameServerList"]["data"] == ["10.8.0.1"]
    assert not other.differences() and not runs(other)
    assert start("ipconfig", "/flushdns", on=other).wait() == 0
    assert [run.program for run in runs(other)] == ["ipconfig"]


def test_netsh_turns_dhcp_on_in_the_model(installation: Installation, start: Start) -> None:
    command = f'interface ipv4 set address name="{TAP}" source=dhcp'
    assert start("netsh", command).wait() == 0
    changes = "\n".join(installation.differences())
    assert "10.8.0.2" in changes and "EnableDHCP" in changes
    assert start("netsh", command).wait() == 1
    assert start("netsh", f"interface ipv4 set address {TAP} static 10.8.0.2 255.255.255.0"
                 ).wait() == 0
    assert "10.8.0.2" not in "\n".join(
        line for line in installation.differences() if line.startswith("addresses"))


def test_tapctl_prints_the_adapter_it_created(installation: Installation, start: Start) -> None:
    output = rf"{installation.folder}\log\tapctl.txt"
    assert start("tapctl", r"create --hwid root\tap0901", output=output).wait() == 0
    guid = (installation.host_folder / "log" / "tapctl.txt").read_text().strip()
    made, = [row for row in installation.fakes.dump()["interfaces"] if row["guid"] == guid]
    assert (made["component_id"], made["vpn"]) == (r"root\tap0901", 1)
    assert start("tapctl", f"delete {guid}").wait() == 0
    assert not installation.differences()


def test_tapctl_needs_the_privilege_to_load_drivers(
        make_installation: Callable[..., Installation],
        start_session: Callable[..., Session]) -> None:
    """It has the token that Windows leaves to the service."""
    machine = make_installation()
    machine.service.delete()
    machine.service.create(machine.binary, [privilege for privilege in PRIVILEGES
                                            if privilege != "SeLoadDriverPrivilege"])
    machine.start()
    session = start_session(on=machine)
    assert session.openvpn.request(CreateAdapter("create_adapter", adapter_type=TAP_ADAPTER)) != 0
    assert [run.program for run in runs(machine)] == ["tapctl"]
    session.end()
    assert not machine.differences()


def test_it_fails_with_a_code_and_no_effect(installation: Installation, start: Start) -> None:
    installation.fakes.fail("netsh", 7)
    assert start("netsh", "interface ip set wins 2 static 10.8.0.1").wait() == 7
    assert not installation.differences()


def test_a_blocked_program_that_is_killed_has_changed_nothing(installation: Installation,
                                                              start: Start) -> None:
    installation.fakes.fault("netsh", "block")
    process = start("netsh", "interface ip set wins 2 static 10.8.0.1")
    assert installation.fakes.wait_blocked("netsh")["pid"] == process.id
    process.kill()
    assert [run.process for run in runs(installation)] == [process.id]
    assert not installation.record.calls("netsh")
    assert not eventually(installation.fakes.waiting, lambda rows: not rows)
    assert not installation.differences()


def test_a_blocked_program_continues_when_released(
        installation: Installation, start: Start) -> None:
    installation.fakes.fault("ipconfig", "block")
    process = start("ipconfig", "/registerdns")
    installation.fakes.wait_blocked("ipconfig")
    assert process.is_alive()
    installation.fakes.clear_faults()
    assert process.wait() == 0


def test_programs_support_no_other_faults(installation: Installation) -> None:
    with pytest.raises(FakesError):
        installation.fakes.fail("netsh", 0)
