# SPDX-License-Identifier: MIT
"""The kill switch of an installed service, over the fake filtering engine: an upgrade leaves it up,
and nothing of it is left behind an uninstall."""
from __future__ import annotations

import pytest

from harness.installation import Installation
from protocol.support.kill_switch import GATEWAYS, KillSwitch, is_open
from release.support.machine import DONE, OURS, Machine, with_fakes
from release.support.packages import Packages, replacing


@pytest.fixture
def installed(machine: Machine, packages: Packages) -> Installation:
    """The installed service, restarted with the fakes beside it."""
    outcome = machine.install(packages.make("1.0.0"), name="old.msi")
    assert outcome.exit_code == DONE, outcome.log
    return with_fakes(machine, rf"{OURS}\bin")


def test_an_upgrade_keeps_it_and_an_uninstall_removes_it(
        installed: Installation, machine: Machine, packages: Packages) -> None:
    switch = KillSwitch(installed, machine.bridge)
    before = switch.objects()
    switch.start(*GATEWAYS)
    state = switch.state()
    assert not is_open(installed)

    upgrade = packages.make("1.1.0", queries=replacing(r"C:\packages\old.msi"))
    outcome = machine.install(upgrade)
    assert outcome.exit_code == DONE, outcome.log
    assert switch.state() == state
    assert not is_open(installed)

    outcome = machine.uninstall(upgrade)
    assert outcome.exit_code == DONE, outcome.log
    assert "The kill switch was up. It is removed" in outcome.log
    assert "No filter of the kill switch is left." in outcome.log
    assert switch.objects() == before
