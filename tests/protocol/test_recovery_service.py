# SPDX-License-Identifier: MIT
"""Recovery of a service that did not end in an orderly way; its journal; and sleep of Windows."""
from __future__ import annotations

import os
import re
from typing import Callable, List

import pytest

from harness.access import let_everyone_write
from harness.bridge import Bridge
from harness.eventually import eventually
from harness.fakes import TAP, TAP_ALIAS, canonical_sddl
from harness.installation import Installation
from harness.messages import AF_INET6, name_servers, route
from harness.process import Process
from harness.service import State
from harness.session import Session
from protocol.support.change_cases import block, mtu, on, wins
from protocol.support.journal_file import EVERY_KIND, SLOT_SIZE, Journal, crash, events

SessionMaker = Callable[..., Session]
InstallationMaker = Callable[..., Installation]
Spoil = Callable[[Journal], None]

#: A user-defined control that the hooks translate into one that only Windows may send.
SEND_RESUME = 200

ACCESS_DENIED, DISK_FULL = 5, 112
SHARE_READ, OPEN_REPARSE_POINT = "0x1", 0x200000
ROUTE = ("10.20.0.0/16", "10.8.0.1")
TAP_SETTINGS = (r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters\Interfaces"
                r"\{5E1D0002-AB12-4CD3-8A07-060504030201}")

#: Starts in a row that may die before the end of their recovery.
MOST_STARTS = 10

ENDED = "did not end normally"
NOT_USED = "Not used: "


def ask_for_everything(session: Session) -> None:
    """Make every kind of change that a crash may leave behind."""
    for message in EVERY_KIND:
        assert session.openvpn.request(message) == 0


# A crash.

def test_after_a_crash_the_next_start_puts_everything_back(
        installation: Installation, start_session: SessionMaker) -> None:
    ask_for_everything(start_session())
    crash(installation)
    assert len(installation.differences()) >= len(EVERY_KIND)
    installation.start()
    assert not installation.differences()


def test_recovery_ends_before_the_pipe_exists(installation: Installation,
                                              start_session: SessionMaker) -> None:
    ask_for_everything(start_session())
    crash(installation)
    mark = installation.record.mark()
    installation.start()
    calls = [call["call"] for call in installation.record.calls(
        "DeleteIpForwardEntry2", "RegDeleteKeyW", "CreateNamedPipeW", since=mark)]
    assert "DeleteIpForwardEntry2" in calls[:calls.index("CreateNamedPipeW")]
    assert "RegDeleteKeyW" in calls[:calls.index("CreateNamedPipeW")]
    assert "DeleteIpForwardEntry2" not in calls[calls.index("CreateNamedPipeW"):]


def test_the_event_log_says_what_was_restored(installation: Installation,
                                              start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(route(*ROUTE, TAP)) == 0
    crash(installation)
    installation.start()
    event, = events(installation, ENDED)
    assert "1 network changes were undone, 0 were gone already, 0 were left" in event


def test_what_another_program_has_changed_since_is_left_and_logged(
        installation: Installation, start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(name_servers(TAP_ALIAS, "10.8.0.53")) == 0
    crash(installation)
    installation.fakes.set_value(TAP_SETTINGS, "NameServer", "REG_SZ", "192.0.2.1")
    installation.start()
    assert len(installation.differences()) == 1
    assert "1 were left as they are now" in events(installation, ENDED)[0]
    installation.fakes.set_value(TAP_SETTINGS, "NameServer", "REG_SZ", "10.99.0.53,10.99.0.54")


def test_a_start_after_a_stop_logs_nothing(installation: Installation,
                                           start_session: SessionMaker) -> None:
    ask_for_everything(start_session())
    installation.stop()
    installation.start()
    assert not events(installation, ENDED)


def test_a_crash_during_the_recovery_is_recovered_from(
        installation: Installation, start_session: SessionMaker) -> None:
    ask_for_everything(start_session())
    crash(installation)
    installation.fakes.fault("DeleteIpForwardEntry2", "die_after")
    mark = installation.record.mark()
    installation.service.start()
    installation.record.wait_for("DeleteIpForwardEntry2", since=mark)
    assert not eventually(installation.processes, lambda rows: not rows)
    installation.start()
    assert not installation.differences()


def test_a_journal_that_ends_every_start_is_put_aside(installation: Installation,
                                                      start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(route(*ROUTE, TAP)) == 0
    crash(installation)
    installation.fakes.fault("DeleteIpForwardEntry2", "die", times=0)
    for count in range(1, MOST_STARTS + 1):
        assert not installation.service.run().is_alive
        installation.wait_death(count)
    installation.start()
    assert len(installation.fakes.deaths()) == MOST_STARTS
    assert events(installation, "kept as .suspect")
    suspect = Journal(installation).beside("suspect")
    assert len(suspect.read_bytes()) > len(Journal(installation).path.read_bytes())
    suspect.unlink()
    assert len(installation.differences()) == 1, "what it tells of is still there"
    installation.fakes.clear_faults()
    installation.fakes.delete_route(TAP, *ROUTE)


def test_the_moved_journal_stays_when_another_fault_ends_every_start(
        installation: Installation) -> None:
    suspect = Journal(installation).beside("suspect")
    suspect.write_bytes(b"kept")
    installation.stop()
    for count in range(1, 2 * MOST_STARTS + 2):
        # After the start is noted: in the search for what other services have left.
        installation.fakes.fault("RegOpenKeyExW", "die", nth=5)
        assert not installation.service.run().is_alive
        installation.wait_death(count)
    assert suspect.read_bytes() == b"kept"
    assert not events(installation, "starts of this service")
    suspect.unlink()
    installation.start()


def test_what_fails_is_logged_and_retried_at_the_next_start(
        installation: Installation, start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(route(*ROUTE, TAP)) == 0
    crash(installation)
    installation.fakes.fail("DeleteIpForwardEntry2", ACCESS_DENIED, times=0)
    installation.start()
    assert len(installation.differences()) == 1
    assert any(ROUTE[0] in event for event in events(installation, "Not undone yet: "))
    assert events(installation, "1 network changes could not be undone")
    crash(installation)
    installation.fakes.clear_faults()
    installation.start()
    assert not installation.differences()


def test_progress_is_reported_while_a_recovery_hangs(
        installation: Installation, start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(route(*ROUTE, TAP)) == 0
    crash(installation)
    installation.fakes.fault("DeleteIpForwardEntry2", "block")
    mark = installation.record.mark()
    installation.service.start()
    installation.fakes.wait_blocked("DeleteIpForwardEntry2")
    installation.record.wait_for("SetServiceStatus", since=mark,
                                 where=lambda call: bool(call["check_point"] == 3))
    assert installation.service.status().state == State.START_PENDING
    installation.fakes.clear_faults()
    assert installation.service.wait(State.RUNNING, State.STOPPED).state == State.RUNNING
    assert not installation.differences()


def test_after_a_restart_of_windows_only_what_lies_on_the_disk_is_put_back(
        installation: Installation, start_session: SessionMaker) -> None:
    ask_for_everything(start_session())
    installation.reboot()
    assert installation.differences()
    # Another program adds the same route again: what the restart undid is not ours any more.
    installation.fakes.add_route(TAP, *ROUTE)
    installation.start()
    change, = installation.differences()
    assert ROUTE[0] in change
    installation.fakes.delete_route(TAP, *ROUTE)


def test_after_a_restart_what_programs_have_set_is_put_back_too(
        installation: Installation, start_session: SessionMaker) -> None:
    session = start_session()
    for message in (wins("10.8.0.55"), on("enable_dhcp"), block(2), mtu(1400, AF_INET6)):
        assert session.openvpn.request(message) == 0
    installation.reboot()
    left = installation.differences()
    for what in ("NameServerList", "EnableDHCP", "metric", "mtu"):
        assert any(what in row for row in left), left
    installation.start()
    assert not installation.differences()


# The journal's place.

def test_folder_and_file_are_for_administrators_alone(make_installation: InstallationMaker
                                                      ) -> None:
    installation = make_installation()
    installation.start()
    journal = Journal(installation)
    made = installation.record.calls(
        "CreateFileW", where=lambda call: str(call["path"]).endswith(journal.path.name))
    assert {canonical_sddl(call["security"]) for call in made} == {
        canonical_sddl("O:BAG:BAD:P(A;;FA;;;SY)(A;;FA;;;BA)")}
    # Wine shows access lists as modes.
    assert journal.folder.stat().st_mode & 0o027 == 0
    assert journal.path.stat().st_mode & 0o027 == 0


def test_the_journal_is_opened_for_exclusive_writing(installation: Installation) -> None:
    installation.stop()
    mark = installation.record.mark()
    installation.start()
    name = Journal(installation).path.name
    opened = installation.record.calls(
        "CreateFileW", since=mark, where=lambda call: str(call["path"]).endswith(name))
    assert opened
    assert {call["share"] for call in opened} == {SHARE_READ}


def test_a_link_in_its_place_is_not_followed(installation: Installation) -> None:
    # Wine shows no links to files, so the recorded call is checked.
    installation.stop()
    mark = installation.record.mark()
    installation.start()
    name = Journal(installation).path.name
    flags = [int(call["flags"], 16) for call in installation.record.calls(
        "CreateFileW", since=mark, where=lambda call: str(call["path"]).endswith(name))]
    assert flags
    assert all(each & OPEN_REPARSE_POINT for each in flags)


def test_nobody_moves_the_folder_away_meanwhile(installation: Installation, bridge: Bridge) -> None:
    folder = rf"{installation.folder}\ProgramData\Gatehouse"
    move = Process.start(bridge, f'cmd.exe /c move "{folder}" "{folder}.away"')
    assert move.wait() != 0
    assert Journal(installation).path.exists()
    installation.stop()
    move = Process.start(bridge, f'cmd.exe /c move "{folder}" "{folder}.away"')
    assert move.wait() == 0
    installation.start()


def test_what_is_not_a_folder_is_not_even_opened(make_installation: InstallationMaker) -> None:
    # Its owner could have an oplock on it, on which an open would hang.
    installation = make_installation()
    journal = Journal(installation)
    journal.folder.parent.mkdir(parents=True, exist_ok=True)
    journal.folder.write_bytes(b"")
    installation.start()
    assert "is a file" in events(installation, NOT_USED)[0]
    assert not installation.record.calls(
        "CreateFileW", where=lambda call: str(call["path"]).endswith(r"\Gatehouse"))


def open_folder(journal: Journal) -> None:
    """Anybody may write into the folder."""
    let_everyone_write(journal.folder)


def link_folder(journal: Journal) -> None:
    """The folder is a link."""
    other = journal.folder.with_name("elsewhere")
    journal.folder.rename(other)
    journal.folder.symlink_to(other)


def file_for_folder(journal: Journal) -> None:
    """A file lies in the folder's place."""
    journal.path.unlink()
    journal.folder.rmdir()
    journal.folder.write_bytes(b"")
    journal.folder.chmod(0o600)


def open_file(journal: Journal) -> None:
    """Anybody may write the file."""
    journal.path.chmod(0o666)


def name_file_twice(journal: Journal) -> None:
    """The file has another name, in a folder that anybody may write to."""
    os.link(journal.path, journal.folder.with_name("second"))


@pytest.mark.parametrize("spoil, why", [
    (open_folder, "may be changed by"), (link_folder, "is a link"),
    (file_for_folder, "is a file"),
    (open_file, "may be changed by"), (name_file_twice, "has a second name")])
def test_a_journal_that_users_may_have_written_is_not_used(
        make_installation: InstallationMaker, start_session: SessionMaker, spoil: Spoil,
        why: str) -> None:
    installation = make_installation()
    installation.start()
    session = start_session(on=installation)
    assert session.openvpn.request(route(*ROUTE, TAP)) == 0
    crash(installation)
    spoil(Journal(installation))
    installation.start()
    assert installation.is_running()
    assert len(installation.differences()) == 1
    event = events(installation, NOT_USED)[0]
    assert why in event
    installation.fakes.delete_route(TAP, *ROUTE)


def test_without_a_journal_sessions_are_still_undone(make_installation: InstallationMaker,
                                                     start_session: SessionMaker) -> None:
    installation = make_installation()
    installation.start()
    installation.stop()
    open_folder(Journal(installation))
    installation.start()
    session = start_session(on=installation)
    ask_for_everything(session)
    session.end()
    assert not installation.differences()


def test_a_journal_that_cannot_be_opened_is_logged(make_installation: InstallationMaker) -> None:
    installation = make_installation()
    installation.fakes.fail("CreateFileW", ACCESS_DENIED, nth=2)  # the first is the folder
    installation.start()
    event, = events(installation, "can't be opened")
    assert Journal(installation).path.name in event


def test_what_was_being_written_at_a_death_is_overwritten(installation: Installation,
                                                          start_session: SessionMaker) -> None:
    journal = Journal(installation)
    ask_for_everything(start_session())
    crash(installation)
    journal.path.write_bytes(journal.path.read_bytes() + b"R")  # a torn end: it is written anew
    journal.beside("new").write_bytes(b"half of a journal")
    installation.start()
    assert not journal.beside("new").exists()
    assert len(journal.path.read_bytes()) % SLOT_SIZE == 0


def test_without_a_journal_the_log_says_what_to_do(make_installation: InstallationMaker) -> None:
    installation = make_installation()
    installation.start()
    installation.stop()
    open_folder(Journal(installation))
    installation.start()
    event, = events(installation, NOT_USED)
    assert re.search(r"Not used: .*\\ProgramData\\Gatehouse, because it may be changed by .+\. "
                     r"Until an administrator deletes it and restarts the service", event)


# The journal's content.

def test_a_damaged_journal_is_kept_logged_and_used(installation: Installation,
                                                   start_session: SessionMaker) -> None:
    ask_for_everything(start_session())
    crash(installation)
    journal = Journal(installation)
    journal.damage_header()
    damaged = journal.path.read_bytes()
    installation.start()
    assert not installation.differences()
    assert journal.beside("damaged").read_bytes() == damaged
    assert any(f"64 of {len(damaged)} bytes" in event
               for event in events(installation, "is damaged"))
    journal.beside("damaged").unlink()


def test_a_journal_of_a_newer_version_is_kept_logged_and_not_used(
        installation: Installation, start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(route(*ROUTE, TAP)) == 0
    crash(installation)
    journal = Journal(installation)
    journal.make_newer()
    newer = journal.path.read_bytes()
    installation.start()
    assert len(installation.differences()) == 1
    assert journal.beside("newer").read_bytes() == newer
    assert events(installation, "was written by a newer version of this service")
    journal.beside("newer").unlink()
    installation.fakes.delete_route(TAP, *ROUTE)


def test_what_the_journal_cannot_record_is_not_changed(installation: Installation,
                                                       start_session: SessionMaker) -> None:
    session = start_session()
    installation.fakes.fail("WriteFile", DISK_FULL)
    assert session.openvpn.request(route(*ROUTE, TAP)) == DISK_FULL
    assert not installation.differences()
    assert session.openvpn.request(route(*ROUTE, TAP)) == 0


def test_what_cannot_be_flushed_is_not_changed_if_it_outlives_a_restart(
        installation: Installation, start_session: SessionMaker) -> None:
    session = start_session()
    installation.fakes.fail("FlushFileBuffers", DISK_FULL, times=0)
    assert session.openvpn.request(name_servers(TAP_ALIAS, "10.8.0.53")) == DISK_FULL
    assert not installation.differences()
    assert session.openvpn.request(route(*ROUTE, TAP)) == 0


def test_a_mark_that_cannot_be_written_is_not_needed(installation: Installation,
                                                     start_session: SessionMaker) -> None:
    session = start_session()
    installation.fakes.fail("WriteFile", DISK_FULL, nth=2)
    assert session.openvpn.request(route(*ROUTE, TAP)) == 0
    crash(installation)
    assert len(installation.differences()) == 1
    installation.start()
    assert not installation.differences()


def test_what_the_journal_cannot_record_is_still_undone(installation: Installation,
                                                        start_session: SessionMaker) -> None:
    session = start_session()
    ask_for_everything(session)
    crash(installation)
    installation.fakes.fail("WriteFile", DISK_FULL, times=0)
    installation.start()
    assert not installation.differences()
    crash(installation)
    installation.fakes.clear_faults()
    installation.start()
    assert not installation.differences()


# Windows has slept.

def resume(installation: Installation) -> None:
    """Windows reports that it woke up, and the service has checked its changes."""
    since = installation.record.mark()
    installation.service.control(SEND_RESUME)
    installation.record.wait_for(
        "ReportEventW", since=since,
        where=lambda call: "After Windows slept: " in str(call["strings"]))


def test_what_sleep_has_lost_or_changed_is_made_again(installation: Installation,
                                                      start_session: SessionMaker) -> None:
    session = start_session()
    for message in (route(*ROUTE, TAP), name_servers(TAP_ALIAS, "10.8.0.53")):
        assert session.openvpn.request(message) == 0
    wanted = installation.differences()
    installation.fakes.delete_route(TAP, *ROUTE)
    installation.fakes.set_value(TAP_SETTINGS, "NameServer", "REG_SZ", "192.0.2.1")
    assert installation.differences() != wanted
    resume(installation)
    assert installation.differences() == wanted
    # The end of the session restores what another program has set meanwhile.
    session.end()
    change, = installation.differences()
    assert "192.0.2.1" in change
    installation.fakes.set_value(TAP_SETTINGS, "NameServer", "REG_SZ", "10.99.0.53,10.99.0.54")


def test_what_sleep_has_brought_back_goes_again_and_comes_back(
        installation: Installation, start_session: SessionMaker) -> None:
    session = start_session()
    ask_for_everything(session)
    wanted = installation.differences()
    installation.fakes.add_route(TAP, "10.99.0.0/16", "10.8.0.1", metric=50)
    installation.fakes.delete_route(TAP, *ROUTE)
    resume(installation)
    assert installation.differences() == wanted
    session.end()
    assert not installation.differences()


def test_a_resume_that_finds_everything_as_it_was_says_nothing(
        installation: Installation, start_session: SessionMaker) -> None:
    session = start_session()
    ask_for_everything(session)
    mark = installation.record.mark()
    installation.service.control(SEND_RESUME)
    installation.record.wait_for("GetIpForwardEntry2", since=mark)
    installation.stop()
    assert not events(installation, "After Windows slept: ")


def test_what_cannot_be_made_again_at_once_is_retried(installation: Installation,
                                                      start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(route(*ROUTE, TAP)) == 0
    wanted = installation.differences()
    installation.fakes.delete_route(TAP, *ROUTE)
    installation.fakes.fail("CreateIpForwardEntry2", ACCESS_DENIED)
    resume(installation)
    assert installation.differences() == wanted


def test_a_stop_waits_for_the_check_after_sleep(installation: Installation,
                                                start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(route(*ROUTE, TAP)) == 0
    installation.fakes.delete_route(TAP, *ROUTE)
    installation.fakes.fault("CreateIpForwardEntry2", "block")
    installation.service.control(SEND_RESUME)
    installation.fakes.wait_blocked("CreateIpForwardEntry2")
    installation.service.control(1)
    session.openvpn.exit(0)
    assert installation.service.wait(State.STOP_PENDING).state == State.STOP_PENDING
    installation.fakes.clear_faults()
    assert installation.service.wait(State.STOPPED).exit_code == 0
    assert not installation.differences()


def test_many_resumes_are_handled_as_one(
        installation: Installation, start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(route(*ROUTE, TAP)) == 0
    installation.fakes.delete_route(TAP, *ROUTE)
    installation.fakes.fault("CreateIpForwardEntry2", "block")
    installation.service.control(SEND_RESUME)
    blocked = installation.fakes.wait_blocked("CreateIpForwardEntry2")
    for _ in range(5):
        installation.service.control(SEND_RESUME)
    threads: List[int] = [row["tid"] for row in installation.fakes.waiting()]
    assert threads == [blocked["tid"]]
    installation.fakes.clear_faults()
    installation.record.wait_for(
        "ReportEventW", where=lambda call: "After Windows slept: " in str(call["strings"]))
    installation.stop()
    assert len(events(installation, "After Windows slept: ")) == 1
