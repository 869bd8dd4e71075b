# SPDX-License-Identifier: MIT
"""openvpn.exe as a process of Windows, and the programs that the service runs."""
from __future__ import annotations

import contextlib
from typing import Callable, Iterator

import pytest

from hardware.support import adapter as adapters
from hardware.support import here, looks, windows
from hardware.support.adapter import Adapter
from hardware.support.release import Release
from hardware.support.second_user import User
from harness.bridge import Bridge, BridgeError
from harness.messages import CreateAdapter, resolution
from harness.openvpn import Openvpn
from harness.process import Process
from harness.session import Session

TAP = 1

ERROR_ACCESS_DENIED = 5

#: The mandatory label of system integrity, in SDDL.
SYSTEM = ";SI)"


@contextlib.contextmanager
def closed_openvpn(release: Release, bridge: Bridge, client_bridge: Bridge) -> Iterator[Openvpn]:
    """An openvpn.exe of this client's that keeps the access list of the service's."""
    openvpn = Openvpn(bridge)
    config = release.write_config("closed.ovpn",
                                  f"{openvpn.config()}setenv GATEHOUSE_ACCESS closed\n")
    client = release.connect(client_bridge)
    reply = client.start(rf"{release.folder}\config", f'--config "{config}"')
    assert reply.code == 0, reply
    openvpn.accept()
    yield openvpn
    openvpn.close()
    client.close()


@pytest.fixture
def closed(release: Release, bridge: Bridge, user_bridge: Bridge) -> Iterator[Openvpn]:
    """One of a restricted user's."""
    with closed_openvpn(release, bridge, user_bridge) as openvpn:
        yield openvpn


def test_an_administrator_sees_that_openvpn_lives(closed: Openvpn) -> None:
    assert windows.can_be_opened(closed.process) == 0


def error_of_opening(bridge: Bridge, process: int) -> int:
    """0, or the error of opening a process to look at it and to end it."""
    try:
        Process.open(bridge, process).close()
    except BridgeError as error:
        return error.code
    return 0


def test_a_second_user_can_open_neither_openvpn_nor_the_service(
        release: Release, closed: Openvpn, other_user: User) -> None:
    theirs = other_user.bridge()
    assert error_of_opening(theirs, theirs.process) == 0
    assert error_of_opening(theirs, closed.process) == ERROR_ACCESS_DENIED
    assert error_of_opening(theirs, release.service.status().process) == ERROR_ACCESS_DENIED


def test_a_user_can_end_an_openvpn_of_their_own(release: Release, bridge: Bridge, other_user: User
                                                ) -> None:
    theirs = other_user.bridge()
    with closed_openvpn(release, bridge, theirs) as openvpn:
        process = Process.open(theirs, openvpn.process)
        process.kill()
        assert not process.is_alive()
        process.close()


@pytest.mark.adapter
def test_cleanup_leaves_the_rules_of_living_sessions(release: Release, bridge: Bridge,
                                                     plugged: Adapter, closed: Openvpn) -> None:
    before = looks.registry(bridge, plugged)
    assert closed.request(
        resolution(plugged.name, "198.51.100.53", resolve=[here.DOMAIN])) == 0
    with_rule = looks.registry(bridge, plugged)
    assert with_rule != before
    release.command("-cleanup")
    assert looks.registry(bridge, plugged) == with_rule
    closed.exit(0)


def test_openvpn_as_an_object_has_no_higher_label_than_its_user(closed: Openvpn) -> None:
    """A process that SYSTEM makes may get SYSTEM's label: its user could not end it then."""
    windows.use_debug_privilege()
    label = windows.integrity_label(closed.process)
    assert SYSTEM not in label, label


@pytest.mark.adapter
def test_an_adapter_is_made_with_the_privileges_that_are_left(
        release: Release, connect: Callable[..., Session]) -> None:
    assert release.is_running()
    session = connect()
    before = set(adapters.names())
    try:
        assert session.openvpn.request(CreateAdapter("create_adapter", TAP)) == 0
        assert len(set(adapters.names()) - before) == 1
    finally:
        for name in set(adapters.names()) - before:
            adapters.delete(name)
