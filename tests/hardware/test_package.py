# SPDX-License-Identifier: MIT
"""What Windows Installer does with the package that Wine's does not."""
from __future__ import annotations

import os
from pathlib import Path
from typing import Iterator

import pytest

from hardware.support import packages, powershell
from hardware.support.second_user import User
from harness.bridge import Bridge
from harness.process import Process
from harness.service import Service, State

DONE, FAILED = 0, 1603

pytestmark = pytest.mark.disruptive


@pytest.fixture
def service(bridge: Bridge) -> Iterator[Service]:
    """The service of the installed version 1.0.0; at the end nothing is installed."""
    if reason := packages.missing(bridge):
        pytest.skip(reason)
    assert packages.install("old.msi", "PRIORITY=IDLE_PRIORITY_CLASS") == DONE
    yield Service(bridge, packages.SERVICE)
    packages.remove_all()


def version() -> str:
    """The version that is installed, by a file of the package."""
    return (packages.FOLDER / "bin" / "update.root").read_text(encoding="ascii").split()[-1]


def product_code() -> str:
    """As Windows lists it."""
    row, = powershell.ask("Get-ItemProperty HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\"
                          "Uninstall\\* | Where-Object DisplayName -eq Gatehouse | "
                          "Select-Object PSChildName")
    return str(row["PSChildName"])


def test_an_installation_makes_group_service_and_path(service: Service) -> None:
    assert service.status().state == State.RUNNING
    assert service.config().binary == f'"{packages.PROGRAM}"'
    assert service.config().dependencies == ("Dhcp",)
    assert powershell.ask("Get-LocalGroup -Name 'OpenVPN Administrators' | Select-Object Name")
    path = powershell.do("[Environment]::GetEnvironmentVariable('Path', 'Machine')")
    assert str(packages.FOLDER / "bin") in path


def test_an_upgrade_needs_no_restart_and_keeps_the_start_type(service: Service) -> None:
    service.set_automatic(False)
    assert packages.install("new.msi") == DONE  # not 3010
    assert version() == "1.1.0"
    assert service.config().start == 3
    assert service.status().state == State.RUNNING


def test_an_upgrade_that_fails_leaves_the_old_version_running(service: Service) -> None:
    before = powershell.do("[Environment]::GetEnvironmentVariable('Path', 'Machine')")
    assert packages.install("broken.msi") == FAILED
    assert version() == "1.0.0"
    assert service.status().state == State.RUNNING
    assert powershell.do("[Environment]::GetEnvironmentVariable('Path', 'Machine')") == before


def test_msiexec_repairs(service: Service) -> None:
    (packages.FOLDER / "bin" / "gatehouse.exe").unlink()
    assert packages.msiexec("/famus", product_code()) == DONE
    assert (packages.FOLDER / "bin" / "gatehouse.exe").exists()
    assert service.status().state == State.RUNNING


def test_a_users_repair_runs_no_program_of_theirs(service: Service, other_user: User,
                                                  tmp_path: Path) -> None:
    theirs = other_user.bridge()
    process = Process.start(theirs, f'"{packages.MSIEXEC}" /fa {product_code()} /qn '
                                    rf'INSTALLDIR="{tmp_path}" TAKEOVER=1')
    process.wait(packages.PATIENCE)
    assert service.config().binary == f'"{packages.PROGRAM}"'
    assert service.status().state == State.RUNNING


def test_a_removal_leaves_nothing(service: Service) -> None:
    assert packages.msiexec("/x", product_code()) == DONE
    assert not service.exists()
    assert not packages.FOLDER.exists()
    assert not powershell.ask("Get-Item HKLM:\\SOFTWARE\\Gatehouse\\Setup "
                              "-ErrorAction SilentlyContinue | Select-Object Name")
    path = powershell.do("[Environment]::GetEnvironmentVariable('Path', 'Machine')")
    assert str(packages.FOLDER) not in path


def test_a_removal_forgets_updates(service: Service) -> None:
    folder = Path(os.environ["ProgramData"]) / "Gatehouse" / "update"
    folder.mkdir()
    (folder / "record").write_bytes(b"accepted\n")
    powershell.do(f"icacls '{folder}' /inheritance:r /grant '*S-1-5-18:(OI)(CI)F' "
                  "'*S-1-5-32-544:(OI)(CI)F'")
    powershell.do(f"icacls '{folder}' /setowner '*S-1-5-32-544' /t")
    assert packages.msiexec("/x", product_code()) == DONE
    assert not folder.parent.exists()
    assert not service.exists()


def test_a_folder_with_blanks_and_umlauts(service: Service) -> None:
    packages.remove_all()
    folder = packages.FOLDER.with_name("Übung & Co")
    assert packages.install("old.msi", f"INSTALLDIR={folder}") == DONE
    assert service.config().binary == rf'"{folder}\bin\gatehouse-service.exe"'
    assert service.status().state == State.RUNNING
