# SPDX-License-Identifier: MIT
"""Installations, and the checks at the end of every test: they must be able to fail."""
from __future__ import annotations

from typing import Callable

import pytest

from harness import process
from harness.bridge import Bridge
from harness.checks import check_at_rest
from harness.fakes import TAP
from harness.installation import Installation
from harness.messages import route
from harness.service import State
from harness.session import Session

TCPIP = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters"

InstallationMaker = Callable[..., Installation]
SessionMaker = Callable[..., Session]


def test_a_remaining_process_is_detected(installation: Installation, bridge: Bridge,
                                         start_session: SessionMaker) -> None:
    child = start_session().openvpn.spawn()
    with pytest.raises(AssertionError, match=f"process={child}"):
        check_at_rest(installation, 0.05)
    process.kill(bridge, child)


def test_a_changed_machine_is_detected(installation: Installation) -> None:
    installation.fakes.add_route(TAP, "10.77.0.0/16", "10.8.0.1")
    with pytest.raises(AssertionError, match="10.77.0.0"):
        check_at_rest(installation, 0.05)
    installation.fakes.delete_route(TAP, "10.77.0.0/16", "10.8.0.1")
    check_at_rest(installation, 0.05)


def test_a_setting_can_be_missing(make_installation: InstallationMaker) -> None:
    status = make_installation(settings=(("", None),)).try_start()
    assert status.state == State.STOPPED
    assert status.exit_code


def test_a_program_that_is_there_is_not_written_again(
        make_installation: InstallationMaker) -> None:
    made = make_installation()
    path = made.host_folder / "gatehouse.exe"
    program = made.add_program(path.name)
    path.write_bytes(path.read_bytes() + b"it may be running")
    assert made.add_program(path.name) == program
    assert path.read_bytes().endswith(b"it may be running")


def test_a_service_stops_and_starts_again(make_installation: InstallationMaker) -> None:
    made = make_installation()
    first = made.start().process
    assert made.stop().exit_code == 0
    assert made.start().process != first
    made.stop()


def test_a_crash_leaves_what_was_done(make_installation: InstallationMaker,
                                      start_session: SessionMaker) -> None:
    made = make_installation()
    made.start()
    session = start_session(made)
    assert session.openvpn.request(route("10.78.0.0/16", "10.8.0.1", TAP)) == 0
    made.crash()
    assert not made.is_running()
    session.process.wait()  # openvpn.exe is in a job of the service's
    assert any("10.78.0.0" in line for line in made.differences())
    assert made.start().state == State.RUNNING
    made.populate()


def test_a_record_begins_anew_with_its_installation(make_installation: InstallationMaker) -> None:
    made = make_installation()
    for _ in range(3):  # a file system may use the inode again
        made.start()
        assert made.record.calls("CreateNamedPipeW")
        made.create()
        assert not made.record.calls()
        made.populate()


def test_a_reboot_leaves_what_is_on_the_disk(installation: Installation,
                                             start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(route("10.78.0.0/16", "10.8.0.1", TAP)) == 0
    installation.fakes.set_value(TCPIP, "Domain", "REG_SZ", "other.example")
    installation.fakes.set_interface(TAP, ipv4={"metric": 7})
    installation.reboot()
    assert not installation.processes()
    interface, registry = installation.differences()
    assert interface.startswith("interfaces")
    assert registry.startswith(f"registry {TCPIP} Domain")
    installation.populate()
    installation.start()


@pytest.mark.parametrize("release", ["2.4", "2.6", "2.7"])
def test_openvpn_can_have_any_version(make_installation: InstallationMaker,
                                      start_session: SessionMaker, release: str) -> None:
    made = make_installation(openvpn=release)
    made.start()
    session = start_session(made)
    image = (made.host_folder / "bin" / "openvpn.exe").read_bytes()
    assert f"{release}.".encode("utf-16-le") in image
    session.end()


def test_many_sessions_run_at_once(installation: Installation, start_session: SessionMaker) -> None:
    sessions = [start_session() for _ in range(20)]
    for number, session in enumerate(sessions):
        assert session.openvpn.request(route(f"10.79.{number}.0/24", "10.8.0.1", TAP)) == 0
    assert len(installation.differences()) == len(sessions)
    for session in sessions:
        session.openvpn.die(1)
