# SPDX-License-Identifier: MIT
"""A second brand beside Gatehouse: neither touches what the other has."""
from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Dict, List, Optional, Tuple

import pytest

from harness.process import Process
from harness.runner import PROJECT
from harness.service import Config, Service
from release.support.machine import (DONE, OPENVPN, OPENVPN_KEY, OURS, SETUP_KEY, Machine)
from release.support.packages import Packages

pytestmark = pytest.mark.long

ACME = "Acme VPN"
ACME_KEY, ACME_STATE = r"HKLM\SOFTWARE\AcmeVPN", r"HKLM\SOFTWARE\Acme VPN"
ACME_FOLDER = rf"C:\Program Files\{ACME}"
ACME_SERVICE = "AcmeVPNServiceInteractive"
POLICIES = r"HKLM\SOFTWARE\Policies"
EVENT_SOURCES = r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application"

#: Files, settings, the record, and the service.
Side = Tuple[List[str], Dict[str, Optional[str]], Dict[str, Optional[str]], Config, int]


@pytest.fixture(scope="session")
def acme() -> Path:
    """The build of the other brand."""
    build = PROJECT / "build" / "acme"
    for command in (["cmake", "-C", "tests/release/acme.cmake", "--preset", "mingw",
                     "-B", str(build)],
                    ["cmake", "--build", str(build), "--target", "gatehouse-service", "gatehouse",
                     "gatehouse-setup"]):
        done = subprocess.run(command, cwd=PROJECT, stdin=subprocess.DEVNULL, encoding="utf-8",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        assert done.returncode == 0, done.stdout[-4000:]
    return build


@pytest.fixture
def two(machine: Machine, packages: Packages, acme: Path) -> Machine:
    """A machine with both."""
    outcome = machine.install(packages.make("1.0.0"), "PRIORITY=IDLE_PRIORITY_CLASS")
    assert outcome.exit_code == DONE, outcome.log
    outcome = machine.install(packages.make("3.0.0", build=acme), name="acme.msi")
    assert outcome.exit_code == DONE, outcome.log
    return machine


def values_of(machine: Machine, key: str) -> Dict[str, Optional[str]]:
    """The values of a key, and "" for none."""
    return {name: str(machine.registry.get(key, name)) for name in machine.registry.values(key)}


def side_of(machine: Machine, folder: str, key: str, record: str, name: str) -> Side:
    """What one brand has on the machine, its running process included."""
    service = Service(machine.bridge, name)
    assert service.status().is_alive
    return (machine.files(folder), values_of(machine, key), values_of(machine, record),
            service.config(), service.status().process)


def ours(machine: Machine) -> Side:
    """Gatehouse's."""
    return side_of(machine, OURS, OPENVPN_KEY, rf"{SETUP_KEY}\Properties", machine.service.name)


def theirs(machine: Machine) -> Side:
    """Acme's."""
    return side_of(machine, ACME_FOLDER, ACME_KEY, rf"{ACME_STATE}\Setup\Properties", ACME_SERVICE)


def test_the_other_brand_has_its_own_settings_and_configs(two: Machine) -> None:
    settings = theirs(two)[1]
    assert settings == {"": OPENVPN + "\\", "config_dir": rf"{ACME_FOLDER}\config"}
    assert two.host(rf"{ACME_FOLDER}\config").is_dir()
    assert two.setting("priority") == "IDLE_PRIORITY_CLASS"
    assert "acmevpnserv" in two.registry.keys(EVENT_SOURCES)


def policy_of(machine: Machine, folder: str) -> str:
    """What the doctor of a brand says of its group policy."""
    output = rf"{folder}\doctor.json"
    process = Process.start(machine.bridge, rf'"{folder}\bin\gatehouse.exe" doctor --json',
                            output=output)
    process.wait()
    process.close()
    found, = [check for check in json.loads(machine.host(output).read_text(encoding="utf-8"))[
        "checks"] if check["name"] == "settings.policy"]
    return str(found["what"])


def test_each_brand_obeys_a_policy_of_its_own(two: Machine) -> None:
    two.registry.set_text(rf"{POLICIES}\{ACME}", "max_clients", "9")
    try:
        assert policy_of(two, ACME_FOLDER) == (
            rf"HKLM\SOFTWARE\Policies\{ACME} sets 1 of the settings")
        assert policy_of(two, OURS) == (
            r"No group policy sets anything (HKLM\SOFTWARE\Policies\Gatehouse)")
    finally:
        two.registry.delete_tree(rf"{POLICIES}\{ACME}")


def test_removing_the_other_brand_leaves_ours(two: Machine, packages: Packages, acme: Path) -> None:
    before = ours(two)
    outcome = two.uninstall(packages.make("3.0.0", build=acme), "acme.msi")
    assert outcome.exit_code == DONE, outcome.log
    assert ours(two) == before
    assert not two.host(ACME_FOLDER).exists()
    assert not two.has_key(ACME_KEY) and not two.has_key(ACME_STATE)
    assert not Service(two.bridge, ACME_SERVICE).exists()
    assert "acmevpnserv" not in two.registry.keys(EVENT_SOURCES)


def test_removing_ours_leaves_the_other_brand(two: Machine, packages: Packages) -> None:
    before = theirs(two)
    outcome = two.uninstall(packages.make("1.0.0"))
    assert outcome.exit_code == DONE, outcome.log
    assert theirs(two) == before
    assert not two.service.exists()


def test_an_upgrade_of_one_leaves_the_other(two: Machine, packages: Packages) -> None:
    before = theirs(two)
    outcome = two.install(packages.make("1.1.0"))
    assert outcome.exit_code == DONE, outcome.log
    assert theirs(two) == before
    assert sorted(two.products().values()) == ["1.1.0", "3.0.0"]
