# SPDX-License-Identifier: MIT
"""openvpn.exe as a process of Windows, and the programs that the service runs."""
from __future__ import annotations

from typing import Callable, Iterator

import pytest

from hardware.support import adapter as adapters
from hardware.support import here, looks, windows
from hardware.support.adapter import Adapter
from hardware.support.release import Release
from harness.bridge import Bridge
from harness.messages import CreateAdapter, resolution
from harness.openvpn import Openvpn
from harness.session import Session

TAP = 1

#: The mandatory label of system integrity, in SDDL.
SYSTEM = ";SI)"


@pytest.fixture
def closed(release: Release, bridge: Bridge, user_bridge: Bridge) -> Iterator[Openvpn]:
    """An openvpn.exe that keeps the access list of the service's."""
    openvpn = Openvpn(bridge)
    config = release.write_config("closed.ovpn",
                                  f"{openvpn.config()}setenv GATEHOUSE_ACCESS closed\n")
    client = release.connect(user_bridge)
    reply = client.start(rf"{release.folder}\config", f'--config "{config}"')
    assert reply.code == 0, reply
    openvpn.accept()
    yield openvpn
    openvpn.close()
    client.close()


def test_an_administrator_sees_that_openvpn_lives(closed: Openvpn) -> None:
    assert windows.can_be_opened(closed.process) == 0


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
