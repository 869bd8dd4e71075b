# SPDX-License-Identifier: MIT
"""The package in Windows Installer's hands, under Wine: installed, repaired, replaced, removed.

docs/packaging.md lists what Wine cannot show."""
from __future__ import annotations

import shutil
from pathlib import Path
from typing import Optional

import pytest

from harness.runner import build_folder
from harness.service import Service, State
from protocol.support.service_program import EVENT_SOURCE
from release.support.machine import (DONE, ENVIRONMENT, FAILED, OPENVPN, OPENVPN_KEY, OURS,
                                     SERVICE, SETUP_KEY, STATE_KEY, WINDOWS_KEY, Machine,
                                     start_client)
from release.support.packages import Packages, replacing, tampered
from release.support.update_server import UpdateServer

AUTOMATIC, ON_DEMAND = 2, 3
PROGRAM = rf"{OURS}\bin\gatehouse-service.exe"
#: A folder that users can write to.
PLANTED = r"C:\packages\planted"
#: The name of an earlier package, which is still there at an upgrade.
OLD = "old.msi"
SWITCHES = ("-stop", "-undo", "-remove", "-unblock")
#: What the service may have in the folder of updates (src/update/files.h).
LEFT_BY_UPDATES = ["record", "attempt", "turn", "install.log", "gatehouse-service.exe",
                   "Gatehouse-1.1.0-x86_64.msi", "incoming.msi", "record.new"]
FILES = ["LICENSE.txt", "bin/gatehouse-service.exe", "bin/gatehouse.exe", "bin/update.root"]


def test_an_installation_and_its_removal(machine: Machine, packages: Packages) -> None:
    outcome = machine.install(packages.make("1.0.0"))
    assert outcome.exit_code == DONE, outcome.log
    assert machine.files() == FILES
    config = machine.service.config()
    assert (config.binary, config.start) == (f'"{PROGRAM}"', AUTOMATIC)
    assert machine.runs()
    assert list(machine.products().values()) == ["1.0.0"]
    assert rf"{OURS}\bin" in str(machine.registry.get(ENVIRONMENT, "PATH"))
    assert "The group OpenVPN Administrators is made" in outcome.log

    outcome = machine.uninstall(packages.make("1.0.0"))
    assert outcome.exit_code == DONE, outcome.log
    assert not machine.host(OURS).exists()
    assert machine.services() == []
    assert machine.products() == {}
    assert OURS not in str(machine.registry.get(ENVIRONMENT, "PATH"))
    assert not machine.host(rf"C:\ProgramData\Gatehouse\{SERVICE}.journal").exists()
    assert not machine.has_key(STATE_KEY)
    # OpenVPN's own.
    assert machine.setting("") == OPENVPN + "\\"
    assert machine.setting("config_dir") == OPENVPN + "\\config\\"


def test_properties_become_settings_and_an_uninstall_takes_them_back(
        machine: Machine, packages: Packages) -> None:
    machine.registry.set_text(OPENVPN_KEY, "priority", "HIGH_PRIORITY_CLASS")
    outcome = machine.install(
        packages.make("1.0.0"), r'CONFIG="C:\packages\configs" ADMINGROUP=Operators '
        "PRIORITY=IDLE_PRIORITY_CLASS UPDATES=check USER_PROFILES=checked")
    assert outcome.exit_code == DONE, outcome.log
    assert machine.setting("config_dir") == r"C:\packages\configs"
    assert machine.setting("ovpn_admin_group") == "Operators"
    assert machine.setting("priority") == "IDLE_PRIORITY_CLASS"
    assert machine.setting("updates") == "check"
    assert machine.setting("user_profiles") == "checked"
    assert "The group Operators is made" in outcome.log
    configs = machine.host(r"C:\packages\configs")
    assert configs.is_dir()
    machine.registry.set_text(OPENVPN_KEY, "updates", "off")  # an administrator's

    (configs / "office.ovpn").write_text("client\n", encoding="ascii")
    assert machine.uninstall(packages.make("1.0.0")).exit_code == DONE
    assert machine.setting("config_dir") == OPENVPN + "\\config\\"
    assert machine.setting("ovpn_admin_group") is None
    assert machine.setting("priority") == "HIGH_PRIORITY_CLASS"
    assert machine.setting("updates") == "off"
    assert (configs / "office.ovpn").exists()


@pytest.fixture
def upgrade(packages: Packages) -> Path:
    """A package that replaces OLD."""
    return packages.make("1.1.0", queries=replacing(rf"C:\packages\{OLD}"))


def test_an_upgrade_keeps_what_was_given_and_the_start_type(
        machine: Machine, packages: Packages, upgrade: Path) -> None:
    folder = r"C:\Program Files\OpenVPN\Übung & Co"
    outcome = machine.install(packages.make("1.0.0"), name=OLD,
                              properties=f'INSTALLDIR="{folder}" ADMINGROUP=Operators')
    assert outcome.exit_code == DONE, outcome.log
    machine.service.set_automatic(False)
    before = machine.service.status().process
    updates = add_updates(machine)
    outcome = machine.install(upgrade)
    assert outcome.exit_code == DONE, outcome.log
    assert list(machine.products().values()) == ["1.1.0"]
    assert (updates / "record").exists()
    assert machine.files(folder) == FILES
    assert machine.host(rf"{folder}\bin\update.root").read_text() == "root of 1.1.0\n"
    config = machine.service.config()
    assert (config.binary, config.start) == (rf'"{folder}\bin\gatehouse-service.exe"', ON_DEMAND)
    assert machine.runs()
    assert machine.service.status().process != before
    assert machine.setting("ovpn_admin_group") == "Operators"


def test_an_upgrade_undoes_and_purges_nothing(machine: Machine, packages: Packages, upgrade: Path
                                              ) -> None:
    machine.install(packages.make("1.0.0"), name=OLD)
    machine.install(upgrade)
    removal = machine.host(rf"C:\packages\{OLD}.log").read_text(encoding="utf-8", errors="replace")
    assert [switch for switch in SWITCHES if f'gatehouse-service.exe" {switch}' in removal] == [
        "-stop", "-undo"]
    outcome = machine.uninstall(upgrade)
    assert [switch for switch in SWITCHES if f'gatehouse-service.exe" {switch}' in outcome.log] == [
        "-stop", "-undo", "-remove", "-unblock"]


@pytest.mark.long
def test_an_upgrade_may_move_the_program(machine: Machine, packages: Packages, upgrade: Path
                                         ) -> None:
    machine.install(packages.make("1.0.0"), name=OLD)
    outcome = machine.install(upgrade, r'INSTALLDIR="C:\packages\other place"')
    assert outcome.exit_code == DONE, outcome.log
    assert not machine.host(OURS).exists()
    program = r"C:\packages\other place\bin\gatehouse-service.exe"
    assert machine.service.config().binary == f'"{program}"'
    assert machine.registry.get(EVENT_SOURCE, "EventMessageFile") == program
    assert machine.runs()
    assert machine.uninstall(upgrade).exit_code == DONE
    assert machine.services() == []


@pytest.mark.long
def test_the_same_version_is_replaced(machine: Machine, packages: Packages) -> None:
    machine.install(packages.make("1.0.0"), name=OLD)
    again = packages.make("1.0.0", "another build", replacing(rf"C:\packages\{OLD}"))
    outcome = machine.install(again)
    assert outcome.exit_code == DONE, outcome.log
    assert list(machine.products().values()) == ["1.0.0"]
    assert machine.runs()


@pytest.mark.long
def test_a_service_that_was_stopped_stays_so_in_an_upgrade(
        machine: Machine, packages: Packages, upgrade: Path) -> None:
    machine.install(packages.make("1.0.0"), name=OLD)
    machine.service.control(1)
    machine.wait_stopped()
    assert machine.install(upgrade).exit_code == DONE
    assert machine.service.status().state == State.STOPPED


def test_a_downgrade_is_refused(machine: Machine, packages: Packages) -> None:
    machine.install(packages.make("1.1.0"))
    assert machine.install(packages.make("1.0.0")).exit_code == FAILED
    assert list(machine.products().values()) == ["1.1.0"]
    assert machine.runs()


def test_a_repair_restores_files_and_settings(machine: Machine, packages: Packages) -> None:
    machine.install(packages.make("1.0.0"), "PRIORITY=IDLE_PRIORITY_CLASS")
    machine.service.set_automatic(False)
    machine.host(rf"{OURS}\bin\gatehouse.exe").unlink()
    machine.registry.delete(OPENVPN_KEY, "priority")
    code, = machine.products()
    outcome = machine.msiexec(f"/i {code} REINSTALL=ALL REINSTALLMODE=amus")
    assert outcome.exit_code == DONE, outcome.log
    assert machine.files() == FILES
    assert machine.setting("priority") == "IDLE_PRIORITY_CLASS"
    assert machine.service.config().start == ON_DEMAND
    assert machine.runs()


def test_who_repairs_gives_no_properties(machine: Machine, packages: Packages) -> None:
    """Every user may have Windows repair what is installed, and what lies below INSTALLDIR runs as
    SYSTEM."""
    machine.install(packages.make("1.0.0"))
    code, = machine.products()
    outcome = machine.msiexec(f"/i {code} REINSTALL=ALL REINSTALLMODE=amus UPDATES=install "
                              r'INSTALLDIR="C:\packages" CONFIG="C:\packages\configs"')
    assert outcome.exit_code == DONE, outcome.log
    assert r"C:\packages\bin" not in outcome.log
    assert not machine.host(r"C:\packages\configs").exists()
    assert machine.service.config().binary == f'"{PROGRAM}"'
    assert machine.setting("updates") is None


@pytest.mark.parametrize("action, data, sentence", [
    ("StartInstances", r"C:\windows\system32\reg.exe|", "is not the program of the service"),
    ("StartInstances", rf'{PROGRAM}|x" -version "', "is no id of an instance"),
    ("StartInstances", rf"{PLANTED}\bin\gatehouse-service.exe|", f"{PLANTED} may be changed by "),
    ("WriteSettings", f"p:INSTALLDIR={PLANTED}\\", f"{PLANTED} may be changed by "),
    ("WriteSettings", r"s:exe_path=C:\packages\openvpn.exe", "is no setting of the package"),
    ("WriteSettings", "p:ConfigFolder=C:", "is no property of the package"),
], ids=["another program", "switches", "a program of a user", "a folder of a user", "a setting",
        "a property"])
def test_what_is_done_as_system_is_not_up_to_the_caller(
        machine: Machine, packages: Packages, action: str, data: str, sentence: str) -> None:
    """The data of the actions passes through a process of whoever has a package repaired."""
    planted = machine.host(PLANTED)
    (planted / "bin").mkdir(parents=True)
    shutil.copyfile(build_folder() / "bin" / "gatehouse-service.exe",
                    planted / "bin" / "gatehouse-service.exe")
    planted.chmod(0o777)
    package = packages.make("1.0.0", f"{action} {data}", tampered(action, data))
    outcome = machine.install(package)
    assert (outcome.exit_code, sentence in outcome.log) == (FAILED, True), outcome.log
    assert machine.products() == {}


@pytest.mark.parametrize("allowed", [None, "text", "number"])
def test_a_folder_that_users_can_write_to_is_refused_unless_it_is_allowed(
        machine: Machine, packages: Packages, allowed: Optional[str]) -> None:
    machine.host(PLANTED).mkdir(parents=True)
    machine.host(PLANTED).chmod(0o777)
    if allowed == "text":
        machine.registry.set_text(OPENVPN_KEY, "allow_writable_install", "1")
    elif allowed == "number":
        machine.registry.set_number(OPENVPN_KEY, "allow_writable_install", 1)
    outcome = machine.install(packages.make("1.0.0"), f'INSTALLDIR="{PLANTED}"')
    assert outcome.exit_code == (DONE if allowed else FAILED), outcome.log
    assert (f"{PLANTED} may be changed by " in outcome.log) == (allowed is None)
    assert machine.service.exists() == (allowed is not None)


def test_without_openvpn_it_is_refused(machine: Machine, packages: Packages) -> None:
    machine.host(rf"{OPENVPN}\bin\openvpn.exe").unlink()
    outcome = machine.install(packages.make("1.0.0"))
    assert outcome.exit_code == FAILED
    assert "https://openvpn.net/community/" in outcome.log
    assert "winget install --exact --id OpenVPNTechnologies.OpenVPN" in outcome.log
    assert not machine.host(OURS).exists()
    assert machine.services() == []


@pytest.mark.long
def test_before_windows_10_it_is_refused(machine: Machine, packages: Packages) -> None:
    machine.registry.delete(WINDOWS_KEY, "CurrentMajorVersionNumber")
    assert machine.install(packages.make("1.0.0")).exit_code == FAILED
    assert machine.services() == []


def test_openvpns_own_service_is_left_or_taken_over_and_given_back(
        machine: Machine, packages: Packages) -> None:
    machine.add_openvpn(with_service=True)
    theirs = machine.service.config()
    outcome = machine.install(packages.make("1.0.0"), "TAKEOVER=0")
    assert outcome.exit_code == FAILED
    assert f"The service {SERVICE} belongs to another program" in outcome.log
    assert theirs.binary in outcome.log
    assert "TAKEOVER=1" in outcome.log
    assert machine.service.config() == theirs

    outcome = machine.install(packages.make("1.0.0"), "TAKEOVER=1")
    assert outcome.exit_code == DONE, outcome.log
    assert machine.service.config().binary == f'"{PROGRAM}"'
    assert machine.runs()

    outcome = machine.uninstall(packages.make("1.0.0"))
    assert outcome.exit_code == DONE, outcome.log
    assert machine.service.config() == theirs


@pytest.mark.long
def test_a_service_that_openvpn_has_taken_back_stays_at_an_uninstall(
        machine: Machine, packages: Packages) -> None:
    machine.install(packages.make("1.0.0"))
    machine.service.control(1)
    machine.wait_stopped()
    machine.service.delete()
    machine.add_openvpn(with_service=True)
    theirs = machine.service.config()
    outcome = machine.uninstall(packages.make("1.0.0"))
    assert outcome.exit_code == DONE, outcome.log
    assert machine.service.config() == theirs
    assert not machine.host(rf"C:\ProgramData\Gatehouse\{SERVICE}.journal").exists()
    assert not machine.has_key(SETUP_KEY)


def add_updates(machine: Machine) -> Path:
    """What updates have left in their folder, and a file that is nobody's of ours."""
    folder = machine.host(r"C:\ProgramData\Gatehouse\update")
    folder.mkdir(parents=True, exist_ok=True)
    for name in LEFT_BY_UPDATES:
        (folder / name).write_bytes(b"x")
    return folder


def test_an_uninstall_deletes_what_updates_have_left(machine: Machine, packages: Packages) -> None:
    machine.install(packages.make("1.0.0"))
    folder = add_updates(machine)
    outcome = machine.uninstall(packages.make("1.0.0"))
    assert outcome.exit_code == DONE, outcome.log
    assert not folder.exists()
    assert not folder.parent.exists()


def test_an_uninstall_leaves_what_others_have_put_beside_updates(
        machine: Machine, packages: Packages) -> None:
    machine.install(packages.make("1.0.0"))
    folder = add_updates(machine)
    (folder / "notes.txt").write_text("an administrator's\n", encoding="ascii")
    assert machine.uninstall(packages.make("1.0.0")).exit_code == DONE
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def test_an_uninstall_follows_no_link_in_the_place_of_the_folder_of_updates(
        machine: Machine, packages: Packages) -> None:
    machine.install(packages.make("1.0.0"))
    folder = add_updates(machine)
    elsewhere = folder.rename(machine.host(r"C:\packages") / "elsewhere")
    folder.symlink_to(elsewhere)
    outcome = machine.uninstall(packages.make("1.0.0"))
    assert outcome.exit_code == DONE, outcome.log
    assert "The folder of updates stays" in outcome.log
    assert len(list(elsewhere.iterdir())) == len(LEFT_BY_UPDATES)


def test_a_client_that_runs_makes_no_restart_necessary(
        machine: Machine, packages: Packages, upgrade: Path, server: UpdateServer) -> None:
    """As a rule it is the one that has asked for the upgrade."""
    settings = f"UPDATES=check UPDATE_URL={server.url}"
    machine.install(packages.make("1.0.0"), settings, name=OLD)
    client = start_client(machine, server)
    outcome = machine.install(upgrade)
    assert outcome.exit_code == DONE, outcome.log
    assert machine.files() == sorted([*FILES, "bin/gatehouse.exe.old1"])
    client.kill()
    client.close()
    assert machine.uninstall(upgrade).exit_code == DONE
    assert not machine.host(OURS).exists()


def test_no_other_program_that_runs_is_put_aside(
        machine: Machine, packages: Packages, server: UpdateServer) -> None:
    folder = machine.host(PLANTED) / "bin"
    folder.mkdir(parents=True)
    for name in ("gatehouse-service.exe", "gatehouse.exe"):
        shutil.copyfile(build_folder() / "bin" / name, folder / name)
    machine.host(PLANTED).chmod(0o777)
    package = packages.make("1.0.0", "another client", tampered(
        "PutClientAside", rf"{PLANTED}\bin\gatehouse-service.exe"))
    settings = f"UPDATES=check UPDATE_URL={server.url}"
    assert machine.install(package, settings).exit_code == DONE
    client = start_client(machine, server, PLANTED)
    outcome = machine.uninstall(package)
    assert outcome.exit_code == DONE
    assert f"{PLANTED} may be changed by " in outcome.log
    assert sorted(path.name for path in folder.iterdir()) == [
        "gatehouse-service.exe", "gatehouse.exe"]
    client.kill()
    client.close()


@pytest.fixture
def second(machine: Machine, packages: Packages) -> Service:
    """A further instance of the installed program, which runs."""
    machine.install(packages.make("1.0.0"), name=OLD)
    machine.registry.set_text(OPENVPN_KEY + "$b", "", OPENVPN + "\\")
    assert machine.run(f'"{PROGRAM}" -instance interactive $b -install -start') == DONE
    return Service(machine.bridge, SERVICE + "$b")


def test_further_instances_are_named_by_an_uninstall_that_refuses(
        machine: Machine, packages: Packages, second: Service) -> None:
    outcome = machine.uninstall(packages.make("1.0.0"))
    assert outcome.exit_code == FAILED
    assert f"Other instances of the service use this program: {second.name}" in outcome.log
    assert machine.runs()
    assert second.status().is_alive
    machine.run(f'"{PROGRAM}" -instance interactive $b -remove')
    assert machine.uninstall(packages.make("1.0.0")).exit_code == DONE


@pytest.mark.long
def test_an_upgrade_stops_further_instances_and_starts_them_again(
        machine: Machine, second: Service, upgrade: Path) -> None:
    before = second.status().process
    outcome = machine.install(upgrade)
    assert outcome.exit_code == DONE, outcome.log
    assert list(machine.products().values()) == ["1.1.0"]
    assert second.status().is_alive
    assert second.status().process != before
    assert machine.runs()
