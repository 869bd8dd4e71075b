# SPDX-License-Identifier: MIT
"""A failure right after each action of the package that runs as SYSTEM: what it has done is taken
back. (That an earlier version comes back is a question for Windows: tests/hardware.)"""
from __future__ import annotations

from typing import Dict, List, Optional, Tuple

import pytest

from harness.service import Config
from release.support.machine import (DONE, FAILED, OPENVPN_KEY, OURS, SETUP_KEY,
                                     Machine, start_client)
from release.support.packages import Packages, failing_after
from release.support.update_server import UpdateServer

GIVEN = r'CONFIG="C:\packages\configs" PRIORITY=IDLE_PRIORITY_CLASS'
#: Places in the sequence right behind an action; gatehouse.wxs says which.
INSTALLING = {"WriteEnvironmentStrings": 5200, "WriteSettings": 5920, "InstallService": 5940,
              "StartInstances": 5960, "PublishProduct": 6400}
#: (Wine puts back nothing once files have been removed.)
REMOVING = {"StopInstances": 1920, "RemoveService": 1950, "RemoveSettings": 1960}
PUT_ASIDE = 3490

#: What an installation changes: files, settings, the record of them, the service, and the folder of
#: configs. (Wine does not put the search path back.)
State = Tuple[List[str], Dict[str, Optional[str]], bool, Optional[Config], bool]


def state_of(machine: Machine) -> State:
    """What is on the machine."""
    settings = {name: machine.setting(name) for name in machine.registry.values(OPENVPN_KEY)}
    service = machine.service.config() if machine.service.exists() else None
    files = machine.files() if machine.host(OURS).exists() else []
    return (files, settings, machine.has_key(SETUP_KEY), service,
            machine.host(r"C:\packages\configs").exists())


@pytest.mark.long
@pytest.mark.parametrize("action", INSTALLING)
def test_a_failed_installation_leaves_nothing(machine: Machine, packages: Packages, action: str
                                              ) -> None:
    before = state_of(machine)
    broken = packages.make("1.0.0", action, failing_after(INSTALLING[action]))
    outcome = machine.install(broken, GIVEN)
    assert outcome.exit_code == FAILED, outcome.log
    assert state_of(machine) == before
    assert machine.products() == {}


@pytest.mark.long
@pytest.mark.parametrize("action", ["WriteSettings", "InstallService", "StartInstances"])
def test_a_failed_installation_gives_a_service_back(machine: Machine, packages: Packages,
                                                    action: str) -> None:
    machine.add_openvpn(with_service=True)
    before = state_of(machine)
    broken = packages.make("1.0.0", action, failing_after(INSTALLING[action]))
    outcome = machine.install(broken, GIVEN + " TAKEOVER=1")
    assert outcome.exit_code == FAILED, outcome.log
    assert state_of(machine) == before


@pytest.mark.long
@pytest.mark.parametrize("action", REMOVING)
def test_a_failed_removal_leaves_all(machine: Machine, packages: Packages, action: str) -> None:
    broken = packages.make("1.0.0", f"removing {action}",
                           failing_after(REMOVING[action], 'REMOVE="ALL"'))
    outcome = machine.install(broken, GIVEN)
    assert outcome.exit_code == DONE, outcome.log
    record = machine.host(r"C:\ProgramData\Gatehouse\update\record")
    record.parent.mkdir(exist_ok=True)
    record.write_bytes(b"accepted\n")
    before = state_of(machine)
    outcome = machine.uninstall(broken)
    assert outcome.exit_code == FAILED, outcome.log
    assert state_of(machine) == before
    assert record.exists()
    assert machine.runs()


@pytest.mark.long
def test_a_failed_removal_leaves_a_client_that_runs(
        machine: Machine, packages: Packages, server: UpdateServer) -> None:
    """Wine makes the file anew by itself, so that nothing is put back, and what was put aside is
    left for the next removal."""
    broken = packages.make("1.0.0", "removing the client",
                           failing_after(PUT_ASIDE, 'REMOVE="ALL"'))
    assert machine.install(broken, f"UPDATES=check UPDATE_URL={server.url}").exit_code == DONE
    client = start_client(machine, server)
    files, *others = state_of(machine)
    outcome = machine.uninstall(broken)
    assert outcome.exit_code == FAILED
    left, *others_left = state_of(machine)
    assert {*files} <= {*left} <= {*files, "bin/gatehouse.exe.old1"}, outcome.log
    assert others_left == others
    client.kill()
    client.close()


@pytest.mark.long
def test_a_service_that_does_not_start_takes_the_installation_back(
        machine: Machine, packages: Packages) -> None:
    before = state_of(machine)
    outcome = machine.install(packages.make("1.0.0"), "PRIORITY=HIGHEST")
    assert outcome.exit_code == FAILED
    assert "priority has an unknown name" in outcome.log
    assert state_of(machine) == before
