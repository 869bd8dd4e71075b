# SPDX-License-Identifier: MIT
"""openvpn.exe as a process of Windows, and the programs that the service runs."""
from __future__ import annotations

from typing import Callable

import pytest

from hardware.support import adapter as adapters
from hardware.support import here, looks, windows
from hardware.support.adapter import Adapter
from hardware.support.release import Release
from harness.bridge import Bridge
from harness.messages import CreateAdapter, resolution
from harness.session import Session

TAP = 1

#: Mandatory labels: high and system integrity.
HIGH, SYSTEM = "HI", "SI"


def test_an_administrator_sees_that_openvpn_lives(release: Release,
                                                  connect: Callable[..., Session]) -> None:
    session = connect()
    assert release.is_running()
    assert windows.can_be_opened(session.openvpn.process) == 0


@pytest.mark.adapter
def test_cleanup_leaves_the_rules_of_living_sessions(release: Release, bridge: Bridge,
                                                     plugged: Adapter,
                                                     connect: Callable[..., Session]) -> None:
    session = connect()
    before = looks.registry(bridge, plugged)
    assert session.openvpn.request(
        resolution(plugged.name, "198.51.100.53", resolve=[here.DOMAIN])) == 0
    with_rule = looks.registry(bridge, plugged)
    assert with_rule != before
    release.command("-cleanup")
    assert looks.registry(bridge, plugged) == with_rule
    session.end()


def test_openvpn_as_an_object_has_no_higher_label_than_its_user(
        connect: Callable[..., Session]) -> None:
    """A process that SYSTEM makes may get SYSTEM's label: its user could not end it then."""
    session = connect()
    windows.use_debug_privilege()
    label = windows.integrity_label(session.openvpn.process)
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
