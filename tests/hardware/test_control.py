# SPDX-License-Identifier: MIT
"""The control pipe: who may open it, and whether an exit event is found in its user's session."""
from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Callable, Iterator

import pytest

from hardware.support import app_container
from hardware.support.release import Release
from hardware.support.second_user import User
from harness.bridge import Bridge, BridgeError
from harness.control import ACCESS_DENIED, NOT_FOUND
from harness.pipe import Pipe
from harness.runner import bridge_program
from harness.session import Session

#: Rights of a client, without the one to make instances.
CLIENT = 0x80000000 | 0x2 | 0x100


def error_of_opening(bridge: Bridge, name: str) -> int:
    """0, or the error of opening the pipe as a client."""
    try:
        Pipe.connect(bridge, name, access=CLIENT).close()
    except BridgeError as error:
        return error.code
    return 0


@pytest.fixture
def low_bridge(tmp_path: Path) -> Iterator[Bridge]:
    """A bridge of low integrity: Windows starts a program with the label of its file."""
    program = tmp_path / "bridge.exe"
    shutil.copy2(bridge_program(), program)
    subprocess.run(["icacls.exe", str(program), "/setintegritylevel", "Low"], check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=60)
    made = Bridge([str(program)])
    yield made
    made.close()


@pytest.fixture
def container_bridge(tmp_path: Path) -> Iterator[Bridge]:
    """A bridge in an AppContainer."""
    program = tmp_path / "bridge.exe"
    shutil.copy2(bridge_program(), program)
    subprocess.run(["icacls.exe", str(tmp_path), "/grant", "*S-1-15-2-1:(OI)(CI)RX"], check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=60)
    made = Bridge([sys.executable, app_container.__file__, str(program)])
    yield made
    made.close()


def test_a_client_of_the_control_pipe_may_make_no_instance(release: Release, other_user: User
                                                           ) -> None:
    theirs = other_user.bridge()
    assert error_of_opening(theirs, release.control_name) == 0
    with pytest.raises(BridgeError) as refused:
        Pipe.create(theirs, release.control_name)
    assert refused.value.code == ACCESS_DENIED


def test_a_program_of_low_integrity_may_not_open_the_control_pipe(
        release: Release, bridge: Bridge, low_bridge: Bridge) -> None:
    assert error_of_opening(bridge, release.control_name) == 0
    assert error_of_opening(low_bridge, release.control_name) == ACCESS_DENIED


def test_a_program_in_an_app_container_may_not_open_the_control_pipe(
        release: Release, bridge: Bridge, container_bridge: Bridge) -> None:
    assert error_of_opening(bridge, release.control_name) == 0
    assert container_bridge.process, "the program does not run in its container"
    assert error_of_opening(container_bridge, release.control_name) == ACCESS_DENIED


def test_the_control_pipe_is_closed_to_the_network(release: Release, bridge: Bridge) -> None:
    local = release.control_name
    assert error_of_opening(bridge, local) == 0
    assert error_of_opening(bridge, local.replace("\\\\.\\", "\\\\127.0.0.1\\", 1)) != 0


def test_a_second_user_sees_and_ends_no_session_of_the_first(
        release: Release, bridge: Bridge, other_user: User, connect: Callable[..., Session]
        ) -> None:
    session = connect(client_bridge=bridge)
    control = release.control(other_user.bridge())
    assert not control.sessions()
    assert control.ask("stop", str(session.reply.process)).code == ACCESS_DENIED
    assert control.ask("attach", str(session.reply.process)).code == ACCESS_DENIED
    assert control.ask("cleanup").code == ACCESS_DENIED
    assert session.process.is_alive()


def test_identification_tells_the_service_who_is_an_administrator(
        release: Release, bridge: Bridge, other_user: User, connect: Callable[..., Session]
        ) -> None:
    """The control pipe's clients do not let the service act as them."""
    theirs = other_user.bridge()
    session = connect(client_bridge=theirs)
    process = str(session.reply.process)
    assert [record["pid"] for record in release.control(theirs).sessions()] == [process]
    assert process in [record["pid"] for record in release.control(bridge).sessions()]


@pytest.mark.parametrize("prefix", ["", "Local\\", "Global\\"])
def test_an_exit_event_is_found_in_the_users_session(
        release: Release, bridge: Bridge, connect: Callable[..., Session], prefix: str) -> None:
    """The service is in session 0; openvpn.exe, which has the event made, in ours. By force its
    exit code would be 1."""
    session = connect(client_bridge=bridge,
                      options=f"--service {prefix}gatehouse_hardware_exit 0")
    control = release.control(bridge)
    assert control.ask("stop", str(session.reply.process)).code == 0
    assert session.process.wait() == 0
    assert control.ask("stop", str(session.reply.process)).code == NOT_FOUND
