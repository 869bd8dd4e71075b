# SPDX-License-Identifier: MIT
"""The setup that carries OpenVPN, and OpenVPN that comes, changes and goes after ours; OpenVPN's
package is a stand-in."""
from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from harness.runner import build_folder
from release.support.machine import (DONE, FAILED, OPENVPN, OPENVPN_KEY, OURS, Machine)
from release.support.packages import EPOCH, Packages, product
from releasing.bundle import build_bundle, features

PROGRAM = f'"{OURS}\\bin\\gatehouse-service.exe"'
THEIRS = rf"{OPENVPN}\bin\openvpnserv.exe"
SETUP_FOLDER = r"C:\Program Files\Gatehouse setup"


@pytest.fixture
def bare(machine: Machine) -> Machine:
    """A machine without OpenVPN."""
    machine.clear()
    return machine


@pytest.fixture(scope="session")
def bundle(packages: Packages, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The setup of version 1.0.0."""
    if not shutil.which("makensis"):
        pytest.skip("makensis is not installed: ci/setup installs it")
    out = tmp_path_factory.mktemp("bundle") / "setup.exe"
    build_bundle(packages.make("1.0.0"), packages.openvpn(), product(build_folder()), "x86_64",
                 "1.0.0", EPOCH, out)
    return out


def run_setup(machine: Machine, bundle: Path) -> int:
    """Run it silently; its exit code."""
    machine.host(r"C:\packages").mkdir(exist_ok=True)
    shutil.copyfile(bundle, machine.host(r"C:\packages\setup.exe"))
    return machine.run(r"C:\packages\setup.exe /S")


def install_openvpn(machine: Machine, packages: Packages, properties: str = "",
                    version: str = "2.7.0") -> None:
    """By its own package."""
    outcome = machine.install(packages.openvpn(version), properties, name=f"openvpn{version}.msi")
    assert outcome.exit_code == DONE, outcome.log


def runs_ours(machine: Machine) -> bool:
    """Whether the service runs our program."""
    return machine.service.config().binary == PROGRAM


# The setup.

def test_the_setup_installs_openvpn_without_its_service_and_ours(bare: Machine, bundle: Path
                                                                 ) -> None:
    assert run_setup(bare, bundle) == DONE
    assert sorted(bare.products().values()) == ["1.0.0", "2.7.0"]
    assert bare.files(OPENVPN) == ["bin/openvpn.exe"]
    assert runs_ours(bare)
    assert bare.runs()
    assert not bare.host(SETUP_FOLDER).exists()


@pytest.mark.long
def test_the_setup_leaves_an_installed_openvpn(bare: Machine, packages: Packages, bundle: Path
                                               ) -> None:
    install_openvpn(bare, packages, "ADDLOCAL=OpenVPN", "2.6.0")
    assert run_setup(bare, bundle) == DONE
    assert sorted(bare.products().values()) == ["1.0.0", "2.6.0"]
    assert bare.runs()


@pytest.mark.long
def test_the_setup_ends_with_the_exit_code_of_a_package(bare: Machine, packages: Packages,
                                                        bundle: Path) -> None:
    install_openvpn(bare, packages)  # with its service
    assert run_setup(bare, bundle) == FAILED
    log = bare.host(rf"{SETUP_FOLDER}\Gatehouse.msi.log").read_bytes().decode("utf-8", "replace")
    assert "belongs to another program" in log
    assert list(bare.products().values()) == ["2.7.0"]


def test_features_are_those_that_openvpn_installs_by_itself(packages: Packages) -> None:
    assert features(packages.openvpn()) == ["OpenVPN"]


@pytest.mark.parametrize("arch", ["x86_64", "i686"])
def test_two_setups_are_identical(packages: Packages, tmp_path: Path, arch: str) -> None:
    if not shutil.which("makensis"):
        pytest.skip("makensis is not installed: ci/setup installs it")
    for name, time in (("a", 1), ("b", 2000000000)):
        inputs = [shutil.copyfile(source, tmp_path / f"{name}-{source.name}")
                  for source in (packages.make("1.0.0"), packages.openvpn())]
        for path in inputs:
            os.utime(path, (time, time))
        build_bundle(inputs[0], inputs[1], product(build_folder()), arch, "1.0.0", EPOCH,
                     tmp_path / f"{name}.exe")
    assert (tmp_path / "a.exe").read_bytes() == (tmp_path / "b.exe").read_bytes()


# OpenVPN after ours.

@pytest.fixture
def both(bare: Machine, packages: Packages) -> Machine:
    """OpenVPN without its service, then ours."""
    install_openvpn(bare, packages, "ADDLOCAL=OpenVPN")
    assert bare.install(packages.make("1.0.0")).exit_code == DONE
    return bare


@pytest.mark.long
def test_an_upgrade_of_openvpn_without_its_service_changes_nothing(both: Machine,
                                                                   packages: Packages) -> None:
    install_openvpn(both, packages, "ADDLOCAL=OpenVPN", "2.7.1")
    assert sorted(both.products().values()) == ["1.0.0", "2.7.1"]
    assert runs_ours(both)
    assert both.runs()


@pytest.mark.long
def test_openvpns_service_takes_ours_and_we_take_it_back(both: Machine, packages: Packages) -> None:
    # Wine leaves a service that exists; Windows has it run the program of the new package.
    both.service.control(1)
    both.wait_stopped()
    both.service.delete()
    install_openvpn(both, packages, "ADDLOCAL=ALL", "2.7.1")
    assert not runs_ours(both)
    report = doctor(both)
    assert "not Gatehouse: " in report
    assert THEIRS in report
    assert both.install(packages.make("1.0.0")).exit_code == FAILED
    assert both.run(f"{PROGRAM} -takeover -start") == DONE
    assert runs_ours(both)
    assert both.uninstall(packages.make("1.0.0")).exit_code == DONE
    assert both.service.config().binary.strip('"') == THEIRS


@pytest.mark.long
def test_without_openvpn_the_service_says_why_it_does_not_start(both: Machine, packages: Packages
                                                                ) -> None:
    assert both.uninstall(packages.openvpn(), "openvpn2.7.0.msi").exit_code == DONE
    assert both.registry.get(OPENVPN_KEY, "") is None
    both.service.control(1)
    both.wait_stopped()
    assert both.run(f"{PROGRAM} -start") != DONE
    install_openvpn(both, packages, "ADDLOCAL=OpenVPN", "2.7.1")
    assert both.run(f"{PROGRAM} -start") == DONE
    assert both.uninstall(packages.make("1.0.0")).exit_code == DONE
    assert both.files(OPENVPN) == ["bin/openvpn.exe"]


@pytest.mark.long
def test_an_uninstall_after_openvpn_has_gone(both: Machine, packages: Packages) -> None:
    assert both.uninstall(packages.openvpn(), "openvpn2.7.0.msi").exit_code == DONE
    assert both.uninstall(packages.make("1.0.0")).exit_code == DONE
    assert both.services() == []
    assert both.products() == {}


def doctor(machine: Machine) -> str:
    """What the client that the package has installed says of the machine."""
    report = machine.host(r"C:\packages\report.txt")
    machine.run(rf'"{OURS}\bin\gatehouse.exe" doctor', output=r"C:\packages\report.txt")
    return report.read_text(encoding="utf-8")
