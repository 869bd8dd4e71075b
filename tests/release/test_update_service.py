# SPDX-License-Identifier: MIT
"""Updates, as the service takes them over and has them installed, over the binary that ships.

msiexec.exe is a stand-in that changes nothing: a test does what Windows Installer would do to the
service while the stand-in is blocked."""
from __future__ import annotations

import shutil
from typing import Callable, Dict, Tuple

import pytest

from harness.bridge import Bridge
from harness.control import ControlReply
from harness.eventually import eventually
from harness.fakes import (ADMINISTRATOR, INTERACTIVE, LOCAL_GROUPS, PLAIN_USER, Persona)
from harness.programs import runs
from harness.session import Session
from protocol.support.kill_switch import KillSwitch
from protocol.support.service_program import Program
from release.support.repository import SIGNER, Offer, signer_id
from release.support.updated_service import (ACCEPTED, FAILED, INSTALLED, REFUSED, WAITS, Updated)

SessionMaker = Callable[..., Session]
UpdatedMaker = Callable[..., Updated]

#: Codes of Windows Installer, and of Windows.
INSTALL_FAILURE, ALREADY_RUNNING, RESTART_NEEDED, DISK_FULL = 1603, 1618, 3010, 112

ALICE = PLAIN_USER.with_group(INTERACTIVE)
BOB = Persona("bob", f"{ALICE.sid}9").with_group(INTERACTIVE)


def accepted(reply: ControlReply) -> str:
    """The state that an accepted offer has."""
    assert reply.code == 0, reply
    return reply.records[0]["state"]


def refusal(reply: ControlReply) -> str:
    """The short name of a refusal."""
    assert reply.code and reply.reason, reply
    return reply.records[0]["refusal"]


# The whole way.

def test_an_update_is_taken_over_installed_and_reported(updated: Updated) -> None:
    fakes = updated.installation.fakes
    fakes.fault("msiexec", "block")
    reply = updated.offer(updated.repository.offer())
    assert accepted(reply) in ("waiting", "installing")
    assert reply.records[0]["version"] == updated.release
    fakes.wait_blocked("msiexec")
    assert updated.wait_state("installing")["installed"] == updated.version
    updated.restart(updated.release)
    assert updated.result()["state"] == "installing"
    fakes.clear_faults()
    result = updated.wait_state("installed")
    assert (result["version"], result["installed"], result["code"], result["reason"]) == (
        updated.release, updated.release, "0", "")
    assert len(updated.events(ACCEPTED)) == len(updated.events(INSTALLED)) == 1
    assert not updated.events(FAILED)


@pytest.mark.parametrize("signer, is_accepted", [
    ("Signer from 2027 on", True), (SIGNER, False)])
def test_a_newer_root_exchanges_the_certificate_that_signs_packages(
        updated: Updated, signer: str, is_accepted: bool) -> None:
    """From then on packages of the old one are refused."""
    repository = updated.repository
    root = repository.root(2, signers=[signer_id("Signer from 2027 on")])
    package = repository.package(signer=signer)
    reply = updated.offer(Offer(repository.windows(repository.manifest(package)),
                                repository.windows(package), (root,)))
    if is_accepted:
        assert accepted(reply) in ("waiting", "installing")
        updated.wait_state("failed")  # the stand-in has changed nothing
        assert len(updated.installers()) == 1
    else:
        assert refusal(reply) == "package-signer"
        assert not updated.installers()


def test_windows_installer_is_started_by_its_path_without_handles_or_a_shell(updated: Updated
                                                                             ) -> None:
    accepted(updated.offer(updated.repository.offer()))
    updated.wait_state("failed")
    run, = updated.installers()
    folder = rf"{updated.installation.folder}\ProgramData\Gatehouse\update"
    package = rf"{folder}\Gatehouse-{updated.release}-x86_64.msi"
    assert run.arguments == ("/i", package, "/qn", "/norestart", "/l*v",
                             rf"{folder}\install.log")
    started, = [call for call in updated.installation.record.calls("CreateProcessW")
                if "msiexec" in call["application"]]
    assert started["application"].lower() == r"c:\windows\system32\msiexec.exe"
    assert started["command_line"] == (
        rf'"{started["application"]}" /i "{package}" /qn /norestart /l*v "{folder}\install.log"')
    assert not started["inherit"]
    assert run.directory.lower() == r"c:\windows\system32"


def test_it_runs_on_when_the_service_is_stopped(updated: Updated) -> None:
    fakes = updated.installation.fakes
    fakes.fault("msiexec", "block")
    accepted(updated.offer(updated.repository.offer()))
    blocked = fakes.wait_blocked("msiexec")
    updated.installation.stop()
    assert fakes.wait_blocked("msiexec") == blocked
    fakes.clear_faults()


def test_the_rescue_copy_is_the_program_that_ran_before(updated: Updated) -> None:
    accepted(updated.offer(updated.repository.offer()))
    updated.wait_state("failed")
    copy = updated.folder / "gatehouse-service.exe"
    program = updated.installation.host_folder / updated.installation.image
    assert copy.read_bytes() == program.read_bytes()


def test_the_rescue_copy_opens_a_machine_whose_package_was_half_removed(updated: Updated) -> None:
    installation = updated.installation
    installation.service.set_automatic(True)
    switch = KillSwitch(installation, updated.bridge)
    switch.start("lockdown")
    installation.fakes.fault("msiexec", "block")
    accepted(updated.offer(updated.repository.offer()))
    installation.fakes.wait_blocked("msiexec")
    installation.stop()
    assert switch.blocks()
    # Where it lies it would load Windows' own libraries; here it loads the fakes'.
    program = installation.host_folder / installation.image
    program.unlink()
    shutil.copy(updated.folder / "gatehouse-service.exe", program)
    outcome = Program(installation, updated.bridge).command("-unblock")
    assert outcome.exit_code == 0, outcome
    assert not switch.blocks()
    installation.fakes.clear_faults()
    installation.service.set_automatic(False)


def test_the_folder_and_all_in_it_are_for_administrators_alone(updated: Updated) -> None:
    accepted(updated.offer(updated.repository.offer()))
    updated.wait_state("failed")
    made = [call for call in updated.installation.record.calls("CreateDirectoryW", "CreateFileW")
            if r"\update" in call.get("path", call.get("name", "")).lower()
            and call.get("security")]
    assert made
    for call in made:
        assert call["security"].startswith("O:BAG:BAD:P(A;"), call
        assert "WD" not in call["security"] and "BU" not in call["security"], call


# What Windows Installer answers.

CODES: Dict[str, Tuple[int, str, str]] = {
    "failed": (INSTALL_FAILURE, "failed", "ended without the new version"),
    "disk full": (DISK_FULL, "failed", "The disk is full"),
    "restart needed": (RESTART_NEEDED, "restart_needed", "Windows must be restarted"),
    "no package": (1620, "failed", "no package of Windows Installer"),
    "unknown": (1999, "failed", "The installation has failed"),
    "success without the new version": (0, "failed", "ended without the new version"),
}


@pytest.mark.parametrize("code, state, reason", CODES.values(), ids=CODES.keys())
def test_each_outcome_is_reported(updated: Updated, code: int, state: str, reason: str) -> None:
    if code:
        updated.installation.fakes.fail("msiexec", code)
    accepted(updated.offer(updated.repository.offer()))
    result = updated.wait_state("failed", "restart_needed")
    assert (result["state"], result["code"]) == (state, str(code or INSTALL_FAILURE))
    assert reason in result["reason"]
    assert len(updated.events(FAILED if state == "failed" else WAITS)) == 1
    status = updated.ask("status").records[0]
    assert (status["update"], status["update_version"]) == (state, updated.release)


def test_what_has_failed_is_not_tried_again_by_itself(updated: Updated) -> None:
    updated.installation.fakes.fail("msiexec", INSTALL_FAILURE)
    accepted(updated.offer(updated.repository.offer()))
    updated.wait_state("failed")
    updated.restart()
    result = updated.result()
    assert (result["state"], result["code"]) == ("failed", str(INSTALL_FAILURE))
    assert len(updated.installers()) == 1


def test_a_user_may_not_try_it_again_but_an_administrator_may(
        updated: Updated, user_bridge: Bridge) -> None:
    fakes, offer = updated.installation.fakes, updated.repository.offer()
    fakes.personas(ALICE.of(user_bridge.process), ADMINISTRATOR)
    fakes.fail("msiexec", INSTALL_FAILURE, times=0)
    accepted(updated.offer(offer, bridge=user_bridge))
    updated.wait_state("failed")
    assert refusal(updated.offer(offer, bridge=user_bridge)) == "failed-before"
    accepted(updated.offer(offer))
    assert eventually(lambda: len(updated.installers()), lambda count: count == 2) == 2
    updated.wait_state("failed")
    accepted(updated.offer(updated.repository.offer(version=2), bridge=user_bridge))
    updated.wait_state("failed")


def test_another_installation_is_waited_for(updated: Updated) -> None:
    updated.installation.fakes.fail("msiexec", ALREADY_RUNNING)
    accepted(updated.offer(updated.repository.offer()))
    result = updated.wait_result(lambda result: result["code"] == str(ALREADY_RUNNING))
    assert result["state"] == "waiting"
    assert "Another installation is running" in result["reason"]
    assert len(updated.events(WAITS)) == 1
    updated.installation.fakes.fault("msiexec", "block")
    updated.installation.fakes.wait_blocked("msiexec")
    updated.restart(updated.release)
    updated.installation.fakes.clear_faults()
    updated.wait_state("installed")


def test_a_restart_that_is_needed_is_waited_for_and_then_judged(updated: Updated) -> None:
    updated.installation.fakes.fail("msiexec", RESTART_NEEDED)
    accepted(updated.offer(updated.repository.offer()))
    updated.wait_state("restart_needed")
    assert refusal(updated.offer(updated.repository.offer())) == "busy"
    updated.restart()
    assert updated.result()["state"] == "restart_needed"
    updated.installation.stop()
    updated.installation.reboot()
    updated.replace_program(updated.release)
    updated.installation.start()
    assert updated.result()["state"] == "installed"


# Sessions.

def test_a_user_cannot_end_the_sessions_of_others(
        updated: Updated, bridge: Bridge, user_bridge: Bridge, start_session: SessionMaker
        ) -> None:
    fakes, offer = updated.installation.fakes, updated.repository.offer()
    fakes.personas(ALICE.of(user_bridge.process), BOB)
    fakes.local_groups(*LOCAL_GROUPS)
    session = start_session(updated.installation, client_bridge=bridge)
    reply = updated.offer(offer, bridge=user_bridge)
    assert (refusal(reply), "--when-idle" in reply.reason) == ("sessions", True)
    assert accepted(updated.offer(offer, "when-idle", bridge=user_bridge)) == "waiting"
    assert not updated.installers()
    session.end()
    updated.wait_state("failed")
    assert len(updated.installers()) == 1


def test_ones_own_sessions_are_no_reason_to_wait(
        updated: Updated, user_bridge: Bridge, start_session: SessionMaker) -> None:
    fakes = updated.installation.fakes
    fakes.personas(ALICE)
    fakes.local_groups(*LOCAL_GROUPS)
    session = start_session(updated.installation, client_bridge=user_bridge)
    accepted(updated.offer(updated.repository.offer(), "when-idle", bridge=user_bridge))
    updated.wait_state("failed")
    session.end()


def test_what_waits_is_replaced_by_the_next_offer(
        updated: Updated, bridge: Bridge, user_bridge: Bridge, start_session: SessionMaker
        ) -> None:
    fakes = updated.installation.fakes
    fakes.personas(ALICE.of(user_bridge.process), ADMINISTRATOR)
    fakes.local_groups(*LOCAL_GROUPS)
    session = start_session(updated.installation, client_bridge=bridge)
    first = updated.repository.offer()
    assert accepted(updated.offer(first, "when-idle", bridge=user_bridge)) == "waiting"
    accepted(updated.offer(updated.repository.offer(version=2)))
    updated.wait_state("failed")
    assert len(updated.installers()) == 1
    session.end()
    assert updated.result()["manifest"] == "2"


def test_a_bad_offer_does_not_harm_what_waits(
        updated: Updated, bridge: Bridge, user_bridge: Bridge, start_session: SessionMaker
        ) -> None:
    fakes, repository = updated.installation.fakes, updated.repository
    fakes.personas(ALICE.of(user_bridge.process), BOB)
    fakes.local_groups(*LOCAL_GROUPS)
    session = start_session(updated.installation, client_bridge=bridge)
    offer = repository.offer()
    accepted(updated.offer(offer, "when-idle", bridge=user_bridge))
    repository.package()
    assert refusal(updated.offer(offer, "when-idle", bridge=user_bridge)) == "package-digest"
    session.end()
    result = updated.wait_state("failed")
    assert result["code"] == str(INSTALL_FAILURE)
    assert len(updated.installers()) == 1


def offer_that_waits(updated: Updated, bridge: Bridge, user_bridge: Bridge,
                     start_session: SessionMaker) -> None:
    """A user offers an update while another one has a session."""
    fakes = updated.installation.fakes
    fakes.personas(ALICE.of(user_bridge.process), BOB)
    fakes.local_groups(*LOCAL_GROUPS)
    start_session(updated.installation, client_bridge=bridge)
    accepted(updated.offer(updated.repository.offer(), "when-idle", bridge=user_bridge))


def test_what_waits_goes_on_waiting_after_a_restart_of_the_service(
        updated: Updated, bridge: Bridge, user_bridge: Bridge, start_session: SessionMaker
        ) -> None:
    offer_that_waits(updated, bridge, user_bridge, start_session)
    updated.installation.stop()
    assert not updated.installers()
    updated.installation.start()
    updated.wait_state("failed")
    assert len(updated.installers()) == 1


def test_a_package_that_was_damaged_while_it_waited_is_not_installed(
        updated: Updated, bridge: Bridge, user_bridge: Bridge, start_session: SessionMaker
        ) -> None:
    fakes = updated.installation.fakes
    fakes.personas(ALICE.of(user_bridge.process), BOB)
    fakes.local_groups(*LOCAL_GROUPS)
    session = start_session(updated.installation, client_bridge=bridge)
    accepted(updated.offer(updated.repository.offer(), "when-idle", bridge=user_bridge))
    package, = updated.folder.glob("*.msi")
    data = bytearray(package.read_bytes())
    data[5000] ^= 1
    package.write_bytes(data)
    session.end()
    result = updated.wait_state("failed")
    assert (result["code"], "damaged" in result["reason"]) == ("23", True)
    assert not updated.installers()


# Who may, and whether at all.

def test_the_settings_decide(make_updated: UpdatedMaker, user_bridge: Bridge) -> None:
    expected = {"off": "off", "check": "check-only"}
    for setting, name in expected.items():
        updated = make_updated(updates=setting)
        updated.installation.start()
        assert refusal(updated.offer(updated.repository.offer())) == name
        assert updated.result()["updates"] == setting
        updated.installation.stop()


def test_update_users_may_and_others_not(make_updated: UpdatedMaker, user_bridge: Bridge) -> None:
    updated = make_updated(update_users="administrators")
    updated.installation.start()
    updated.installation.fakes.personas(ALICE.of(user_bridge.process), ADMINISTRATOR)
    offer = updated.repository.offer()
    assert refusal(updated.offer(offer, bridge=user_bridge)) == "user"
    accepted(updated.offer(offer))
    updated.wait_state("failed")


def test_nothing_is_made_before_an_offer_is_allowed(make_updated: UpdatedMaker) -> None:
    updated = make_updated(updates="off")
    updated.installation.start()
    updated.offer(updated.repository.offer())
    assert updated.result()["state"] == "none"
    assert not updated.folder.exists()
    assert not runs(updated.installation)
    assert len(updated.events(REFUSED)) == 1


def test_result_tells_where_to_look(updated: Updated) -> None:
    result = updated.result()
    assert (result["root"], result["manifest"], result["channel"], result["update_url"]) == (
        "1", "0", "stable", "https://localhost/")
    accepted(updated.offer(updated.repository.offer(version=7, roots=[
        updated.repository.root(2), updated.repository.root(3)])))
    result = updated.wait_state("failed")
    assert (result["root"], result["manifest"]) == ("3", "7")
    updated.restart()
    result = updated.result()
    assert (result["root"], result["manifest"]) == ("3", "7")


def test_what_waits_is_not_installed_once_updates_are_off(
        updated: Updated, bridge: Bridge, user_bridge: Bridge, start_session: SessionMaker
        ) -> None:
    offer_that_waits(updated, bridge, user_bridge, start_session)
    updated.installation.stop()
    updated.installation.registry.set_text(updated.installation.key, "updates", "off")
    updated.installation.start()
    assert updated.result()["state"] == "waiting"
    assert not updated.installers()
    updated.installation.stop()
    updated.installation.registry.set_text(updated.installation.key, "updates", "install")
    updated.installation.start()
    updated.wait_state("failed")
    assert len(updated.installers()) == 1
