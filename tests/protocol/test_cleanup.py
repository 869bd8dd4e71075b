# SPDX-License-Identifier: MIT
"""-cleanup, with and without a running service; and what -install and -remove do for it."""
from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Callable, Iterator

import pytest

from harness.access import let_administrators_write, let_everyone_write
from harness.bridge import Bridge
from harness.fakes import TAP, TAP_ALIAS
from harness.installation import Installation
from harness.messages import resolution, route
from harness.service import State
from harness.session import Session
from protocol.support.journal_file import EVERY_KIND, Journal, crash, events
from protocol.support.service_program import DONE, FAILED, Outcome, Program

SessionMaker = Callable[..., Session]
InstallationMaker = Callable[..., Installation]

ACCESS_DENIED, SHARING_VIOLATION = 5, 32
FAILURE_ACTIONS, FAILURE_ACTIONS_FLAG, CHANGE_CONFIG, START = 2, 4, 0x2, 0x10
LOST, KEPT = ("10.20.0.0/16", "10.8.0.1"), ("10.21.0.0/16", "10.8.0.1")
NOTHING_LEFT = "Nothing is left to undo."

TCPIP = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters"

#: A rule of a process that has ended.
DEAD_RULE = (r"HKLM\SYSTEM\CurrentControlSet\Services\Dnscache\Parameters\DnsPolicyConfig"
             r"\OpenVPNDNSRouting-4000000")


@pytest.fixture
def program(installation: Installation, bridge: Bridge) -> Program:
    """The program of the installation whose service runs."""
    return Program(installation, bridge)


def lose_a_route(installation: Installation, session: Session) -> None:
    """End a session whose route can't be deleted."""
    assert session.openvpn.request(route(*LOST, TAP)) == 0
    installation.fakes.fail("DeleteIpForwardEntry2", ACCESS_DENIED, times=0)
    session.end()
    assert len(installation.differences()) == 1


# The service does not run.

def test_after_a_crash_it_puts_everything_back(program: Program,
                                               start_session: SessionMaker) -> None:
    session = start_session()
    for message in EVERY_KIND:
        assert session.openvpn.request(message) == 0
    crash(program.installation)
    outcome = program.command("-cleanup")
    assert (outcome.exit_code, NOTHING_LEFT in outcome.output) == (DONE, True)
    assert re.search(r"put back: \d+, gone already: 0, .*changed them: 0\.", outcome.output)
    assert not program.installation.differences()


def test_it_names_what_it_cannot_undo(program: Program, start_session: SessionMaker) -> None:
    installation = program.installation
    session = start_session()
    assert session.openvpn.request(route(*LOST, TAP)) == 0
    assert session.openvpn.request(route(*KEPT, TAP)) == 0
    crash(installation)
    installation.fakes.fail("DeleteIpForwardEntry2", ACCESS_DENIED, nth=2, times=0)
    outcome = program.command("-cleanup")
    assert outcome.exit_code == FAILED
    assert re.search(rf"^Not undone: route {re.escape(LOST[0])}", outcome.output, re.MULTILINE)
    assert "1 network changes could not be undone" in outcome.output
    assert KEPT[0] not in outcome.output
    installation.fakes.clear_faults()
    assert program.command("-cleanup").exit_code == DONE
    assert not installation.differences()


def test_the_next_start_has_nothing_left_to_do(program: Program,
                                               start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(route(*LOST, TAP)) == 0
    crash(program.installation)
    assert program.command("-cleanup").exit_code == DONE
    program.installation.start()
    assert not events(program.installation, "did not end normally")


def test_without_a_journal_there_is_nothing_to_undo_and_nothing_is_made(
        make_installation: InstallationMaker, bridge: Bridge) -> None:
    installation = make_installation()
    outcome = Program(installation, bridge).command("-cleanup")
    assert (outcome.exit_code, NOTHING_LEFT in outcome.output) == (DONE, True)
    assert not Journal(installation).folder.exists()


def test_rules_that_a_service_without_a_journal_has_left_go(program: Program,
                                                            bridge: Bridge) -> None:
    installation = program.installation
    installation.stop()
    before = installation.fakes.registry()
    installation.fakes.set_value(DEAD_RULE, "Version", "REG_DWORD", 2)
    assert program.command("-cleanup").exit_code == DONE
    assert installation.fakes.registry() == before


def test_rules_of_a_process_that_cannot_be_opened_stay(program: Program,
                                                       start_session: SessionMaker) -> None:
    """An administrator is not in the access list of somebody else's openvpn.exe."""
    installation = program.installation
    session = start_session()
    assert session.openvpn.request(resolution(TAP_ALIAS, "10.8.0.1", resolve=[".corp"])) == 0
    made = installation.differences()
    installation.fakes.fail("OpenProcess", ACCESS_DENIED, times=0)
    assert program.command("-cleanup").exit_code == DONE
    assert installation.differences() == made
    installation.fakes.clear_faults()
    session.end()
    assert not installation.differences()


def test_a_search_list_that_a_service_without_a_journal_has_left_goes(program: Program) -> None:
    installation = program.installation
    installation.stop()
    before = installation.fakes.registry()
    installation.fakes.set_value(TCPIP, "SearchList", "REG_SZ", "lan.example,vpn.example")
    installation.fakes.set_value(TCPIP, "InitialSearchList", "REG_SZ", "lan.example")
    assert program.command("-cleanup").exit_code == DONE
    values = installation.fakes.registry()[TCPIP]
    assert values["SearchList"]["data"] == "lan.example"
    assert "InitialSearchList" not in values
    installation.populate()
    assert installation.fakes.registry() == before


def test_what_stays_of_a_service_without_a_journal_is_reported(program: Program) -> None:
    installation = program.installation
    installation.stop()
    installation.fakes.set_value(DEAD_RULE, "Version", "REG_DWORD", 2)
    installation.fakes.fail("RegDeleteKeyW", ACCESS_DENIED, times=0)
    installation.fakes.fail("RegDeleteTreeW", ACCESS_DENIED, times=0)
    outcome = program.command("-cleanup")
    assert outcome.exit_code == FAILED
    assert "A name resolution rule of an earlier service can't be deleted" in outcome.output
    installation.fakes.clear_faults()
    assert program.command("-cleanup").exit_code == DONE


@pytest.mark.usefixtures("well_known_name")
def test_without_an_instance_it_is_the_well_known_service_s(unused: Program) -> None:
    assert unused.run("-cleanup") == Outcome(DONE, neither("OpenVPNServiceInteractive"))


def neither(name: str) -> str:
    """What it says when there is nothing that the name stands for."""
    return (f'There is neither a service "{name}" nor a journal of one, so there is nothing of it '
            "to undo. Check the instance id.\n")


def test_an_instance_that_does_not_exist_is_said_to_be_none(unused: Program) -> None:
    assert unused.command("-cleanup") == Outcome(DONE, neither(unused.service.name))


def test_what_others_have_left_goes_also_without_a_service_and_a_journal(unused: Program) -> None:
    before = unused.installation.fakes.registry()
    unused.installation.fakes.set_value(DEAD_RULE, "Version", "REG_DWORD", 2)
    assert unused.command("-cleanup") == Outcome(DONE, neither(unused.service.name))
    assert unused.installation.fakes.registry() == before


def test_a_journal_without_a_service_is_used(unused: Program, start_session: SessionMaker) -> None:
    unused.command("-install -start")
    lose_a_route(unused.installation, start_session(on=unused.installation))
    unused.command("-remove")
    outcome = unused.command("-cleanup")
    assert "There is neither" not in outcome.output
    assert outcome.exit_code == FAILED
    unused.installation.fakes.clear_faults()
    assert unused.command("-cleanup").exit_code == DONE


def test_a_journal_that_users_may_have_written_is_not_used(program: Program,
                                                           start_session: SessionMaker) -> None:
    installation = program.installation
    session = start_session()
    assert session.openvpn.request(route(*LOST, TAP)) == 0
    crash(installation)
    folder = Journal(installation).folder
    let_everyone_write(folder)
    outcome = program.command("-cleanup")
    assert outcome.exit_code == FAILED
    assert re.search(r"^Not used: .*\\Gatehouse, because it may be changed by ", outcome.output)
    assert installation.differences()
    let_administrators_write(folder)
    assert program.command("-cleanup").exit_code == DONE


def test_it_leaves_living_connections_of_other_instances_alone(
        program: Program, bridge: Bridge, start_session: SessionMaker) -> None:
    session = start_session()
    for message in EVERY_KIND:
        assert session.openvpn.request(message) == 0
    held = program.installation.differences()
    other = program.installation.sibling("b")
    try:
        other.registry.delete_tree(other.key)  # so that it does not know the path of openvpn.exe
        assert Program(other, bridge).command("-cleanup").exit_code == DONE
    finally:
        other.remove_sibling()
    assert program.installation.differences() == held


# The service runs.

def test_what_a_session_has_left_is_undone_by_the_service(program: Program,
                                                          start_session: SessionMaker) -> None:
    installation = program.installation
    lose_a_route(installation, start_session())
    living = start_session()
    installation.fakes.clear_faults()
    assert living.openvpn.request(route(*KEPT, TAP)) == 0
    outcome = program.command("-cleanup")
    assert (outcome.exit_code, NOTHING_LEFT in outcome.output) == (DONE, True)
    assert "Of 1 network changes that belong to no connection, 1 are undone" in outcome.output
    change, = installation.differences()
    assert KEPT[0] in change
    assert living.process.is_alive()


def test_a_service_that_was_started_again_answers_too(program: Program,
                                                      start_session: SessionMaker) -> None:
    lose_a_route(program.installation, start_session())
    assert program.command("-cleanup").exit_code == FAILED
    program.installation.stop()
    program.installation.start()
    program.installation.fakes.clear_faults()
    outcome = program.command("-cleanup")
    assert (outcome.exit_code, NOTHING_LEFT in outcome.output) == (DONE, True)


def test_what_the_service_cannot_undo_is_named(program: Program,
                                               start_session: SessionMaker) -> None:
    installation = program.installation
    lose_a_route(installation, start_session())
    outcome = program.command("-cleanup")
    assert outcome.exit_code == FAILED
    assert re.search(rf"^Not undone: route {re.escape(LOST[0])}", outcome.output, re.MULTILINE)
    installation.fakes.clear_faults()
    assert program.command("-cleanup").exit_code == DONE


def test_what_living_sessions_have_changed_is_not_touched(program: Program,
                                                          start_session: SessionMaker) -> None:
    session = start_session()
    for message in EVERY_KIND:
        assert session.openvpn.request(message) == 0
    held = program.installation.differences()
    assert program.command("-cleanup").exit_code == DONE
    assert program.installation.differences() == held


def test_a_living_service_that_cannot_be_asked_keeps_its_journal(program: Program,
                                                                 start_session: SessionMaker
                                                                 ) -> None:
    session = start_session()
    assert session.openvpn.request(route(*LOST, TAP)) == 0
    program.installation.fakes.fail("SetNamedPipeHandleState", ACCESS_DENIED)
    mark = program.installation.record.mark()
    outcome = program.command("-cleanup")
    assert outcome.exit_code == FAILED
    assert "The service can't be asked to undo what is left" in outcome.output
    assert not program.installation.record.calls("CreateFileW", since=mark, where=lambda call: bool(
        call["path"].endswith(".journal") and call["share"] == "0x1"))
    assert len(program.installation.differences()) == 1


def test_it_waits_for_a_starting_service(program: Program, start_session: SessionMaker) -> None:
    installation = program.installation
    session = start_session()
    assert session.openvpn.request(route(*LOST, TAP)) == 0
    crash(installation)
    installation.fakes.fault("DeleteIpForwardEntry2", "block")
    installation.service.start()
    installation.fakes.wait_blocked("DeleteIpForwardEntry2")
    mark = installation.record.mark()
    run = program.begin("-cleanup")
    installation.record.wait_for("OpenServiceW", since=mark)
    assert run.is_alive()
    installation.fakes.clear_faults()
    outcome = run.end()
    assert (outcome.exit_code, NOTHING_LEFT in outcome.output) == (DONE, True)
    assert installation.service.status().state == State.RUNNING
    assert not installation.differences()


def test_a_service_without_a_journal_answers_too(make_installation: InstallationMaker,
                                                 bridge: Bridge) -> None:
    installation = make_installation()
    folder = Journal(installation).folder
    folder.mkdir(parents=True)
    let_everyone_write(folder)
    installation.start()
    before = installation.fakes.registry()
    installation.fakes.set_value(DEAD_RULE, "Version", "REG_DWORD", 2)
    outcome = Program(installation, bridge).command("-cleanup")
    assert outcome.exit_code == FAILED
    assert "The journal of the service can't be read" in outcome.output
    assert installation.fakes.registry() == before


# Who may.

@pytest.mark.parametrize("switch", ["-cleanup", "-undo", "-unblock"])
def test_it_refuses_users_who_are_not_administrators(program: Program, switch: str) -> None:
    program.installation.fakes.service_is_system(False)
    assert program.command(switch, restricted=True) == Outcome(
        FAILED, 'This needs administrator rights: open a command prompt with "Run as '
                'administrator" and try again.\n')


# -install and -remove.

@pytest.fixture
def unused(make_installation: InstallationMaker, bridge: Bridge) -> Iterator[Program]:
    """The program of an installation without a service."""
    installation = make_installation()
    installation.service.delete()
    made = Program(installation, bridge)
    yield made
    if made.service.exists():
        if made.service.status().state == State.RUNNING:
            installation.stop()
        made.service.delete()


def aside_of(program: Program, outcome: Outcome) -> Path:
    """The path to which -install has moved the folder, from its output."""
    path = rf"{program.installation.folder}\ProgramData\Gatehouse"
    warning = re.search(rf"^Warning: {re.escape(path)} was not for administrators alone. "
                        rf"It was renamed to {re.escape(path)}(\.untrusted-[0-9a-f]{{8}}):",
                        outcome.output, re.MULTILINE)
    assert warning, outcome.output
    folder = Journal(program.installation).folder
    return folder.with_name(folder.name + warning.group(1))


def test_install_makes_the_folder_for_administrators_alone(unused: Program) -> None:
    unused.command("-install")
    folder = Journal(unused.installation).folder
    assert folder.stat().st_mode & 0o027 == 0


def test_install_puts_aside_a_folder_that_users_may_write_to(unused: Program) -> None:
    folder = Journal(unused.installation).folder
    folder.mkdir(parents=True)
    (folder / "planted").write_bytes(b"")
    let_everyone_write(folder)
    outcome = unused.command("-install")
    assert outcome.exit_code == DONE
    aside = aside_of(unused, outcome)
    assert (aside / "planted").exists()
    assert folder.stat().st_mode & 0o027 == 0
    assert not list(folder.iterdir())


def test_install_puts_aside_a_folder_that_denies_administrators(unused: Program) -> None:
    folder = Journal(unused.installation).folder
    folder.mkdir(parents=True)
    (folder / "planted").write_bytes(b"")
    folder.chmod(0o700)
    unused.installation.fakes.fail("CreateFileW", ACCESS_DENIED)
    outcome = unused.command("-install")
    assert outcome.exit_code == DONE
    assert (aside_of(unused, outcome) / "planted").exists()
    assert not list(folder.iterdir())


def test_install_says_what_to_do_about_a_folder_that_does_not_move(unused: Program) -> None:
    Journal(unused.installation).folder.mkdir(parents=True)
    unused.installation.fakes.fail("CreateFileW", ACCESS_DENIED, times=0)
    unused.installation.fakes.fail("MoveFileExW", SHARING_VIOLATION)
    outcome = unused.command("-install")
    path = re.escape(rf"{unused.installation.folder}\ProgramData\Gatehouse")
    warning = rf"^Warning: {path} cannot be made, or not be closed to users: "
    assert re.search(warning, outcome.output, re.MULTILINE)
    assert "Delete it" in outcome.output


def test_install_has_windows_restart_it_after_a_crash(unused: Program) -> None:
    # Wine ignores these settings, so the recorded call is checked.
    unused.command("-install")
    asked, = unused.installation.record.calls(
        "ChangeServiceConfig2W", where=lambda call: bool(call["level"] == FAILURE_ACTIONS))
    assert (asked["reset"], asked["actions"]) == (86400, [
        "restart after 1000", "restart after 30000", "restart after 600000"])


def test_install_has_windows_start_it_again_after_a_start_that_failed(unused: Program) -> None:
    unused.command("-install")
    asked, = unused.installation.record.calls(
        "ChangeServiceConfig2W", where=lambda call: bool(call["level"] == FAILURE_ACTIONS_FLAG))
    assert asked["also_after_errors"]


def test_install_asks_for_the_right_to_start_that_a_restart_takes(unused: Program) -> None:
    unused.command("-install")
    asked, = unused.installation.record.calls("CreateServiceW")
    assert int(asked["access"], 16) == CHANGE_CONFIG | START


def test_remove_takes_journal_and_folder_away(unused: Program) -> None:
    unused.command("-install")
    unused.installation.start()
    journal = Journal(unused.installation)
    assert journal.path.exists()
    assert unused.command("-remove").exit_code == DONE
    assert not journal.folder.exists()


def test_remove_takes_copies_of_profiles_away(unused: Program) -> None:
    unused.command("-install")
    unused.command("-start")
    unused.command("-stop")
    journal = Journal(unused.installation)
    left = journal.path.with_suffix(".profiles")
    left.mkdir(mode=0o700)
    (left / "00.ovpn").write_text("<key>", encoding="ascii")
    assert unused.command("-remove").exit_code == DONE
    assert not left.exists() and not journal.folder.exists()


def test_remove_deletes_nothing_where_there_was_no_journal(unused: Program) -> None:
    # Otherwise whoever makes the folder decides where its path leads.
    unused.command("-install")
    Journal(unused.installation).folder.rmdir()
    mark = unused.installation.record.mark()
    assert unused.command("-remove").exit_code == DONE
    assert not unused.installation.record.calls("DeleteFileW", "RemoveDirectoryW", since=mark)


def test_remove_leaves_the_folder_to_other_instances(unused: Program) -> None:
    unused.command("-install")
    journal = Journal(unused.installation)
    other = journal.folder / "OpenVPNServiceInteractiveOther.journal"
    other.write_bytes(b"")
    unused.command("-remove")
    assert [path.name for path in journal.folder.iterdir()] == [other.name]


def test_remove_keeps_a_journal_with_open_entries(
        unused: Program, start_session: SessionMaker) -> None:
    installation = unused.installation
    unused.command("-install")
    installation.start()
    lose_a_route(installation, start_session(on=installation))
    outcome = unused.command("-remove")
    assert outcome.exit_code == DONE
    assert "Network changes that could not be undone: 1." in outcome.output
    installation.fakes.clear_faults()
    assert unused.command("-cleanup").exit_code == DONE
    assert not installation.differences()
    assert os.path.exists(Journal(installation).path)
