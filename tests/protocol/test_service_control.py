# SPDX-License-Identifier: MIT
"""gatehouse-service.exe on the command line: -start, -stop and -status."""
from __future__ import annotations

import re
import struct

from harness import process
from harness.eventually import eventually
from harness.service import State
from protocol.support.service_program import (DONE, NOT_INSTALLED, NOT_RUNNING, Outcome,
                                              Program)


# -start

def test_start_waits_until_it_runs(program: Program) -> None:
    program.command("-install")
    outcome = program.command("-start")
    assert outcome == Outcome(DONE, f'The service "{program.service.name}" runs.\n')
    assert program.service.status().state == State.RUNNING


def says_it_is_starting(output: str) -> bool:
    """Whether -start or -stop has said that it waits."""
    return "is starting" in output


def test_start_waits_as_long_as_it_takes(program: Program) -> None:
    program.command("-install")
    program.installation.fakes.fault("CreateNamedPipeW", "block")
    run = program.begin("-start")
    program.installation.fakes.wait_blocked("CreateNamedPipeW")
    assert "is starting" in eventually(run.output, says_it_is_starting)
    assert run.is_alive()
    program.installation.fakes.clear_faults()
    outcome = run.end()
    assert outcome.exit_code == DONE
    assert outcome.output.endswith("runs.\n")


def test_start_of_a_service_that_ends_shows_why(program: Program) -> None:
    program.command("-install")
    key = program.installation.key
    program.installation.registry.delete_tree(key)
    for _ in range(2):
        outcome = program.command("-start")
        assert outcome.exit_code == NOT_RUNNING
        assert "has ended at its start: " in outcome.output
        event = (rf"  The registry key HKLM\SOFTWARE\OpenVPN{program.installation.instance} cannot "
                 "be opened. Its default value must be the installation folder: ")
        assert outcome.output.count(event) == 1, "and not of the start before"
        assert "reg.exe add" in outcome.output


def test_start_shows_all_events_of_that_start_the_oldest_first(program: Program) -> None:
    program.command("-install")
    registry, key = program.installation.registry, program.installation.key
    registry.set_text(key, "log_append", "2")
    registry.set_text(key, "max_clients", "many")
    output = program.command("-start").output
    registry.delete(key, "log_append")
    registry.delete(key, "max_clients")
    assert re.search(r"\n  The registry value log_append must be 0 or 1: .*\n"
                     r"  The registry value max_clients must be a decimal number", output), output


def test_start_of_a_service_that_dies_says_so(program: Program) -> None:
    program.command("-install")
    program.installation.fakes.fault("CreateNamedPipeW", "die")
    outcome = program.command("-start")
    assert outcome.exit_code == NOT_RUNNING
    assert "has ended at its start: " in outcome.output
    assert "It has written no event about that." in outcome.output


def forge_event(program: Program, line: str) -> None:
    """Write an event under the name of the service, as every user may."""
    log = program.installation.host_folder / "record.events"
    before = log.read_bytes()
    length, = struct.unpack("<I", before[-4:])
    number, = struct.unpack_from("<I", before, len(before) - length + 8)
    heading = f"openvpnserv{program.installation.instance} error: "
    source, strings = [("\0".join(texts) + "\0").encode("utf-16-le")
                       for texts in (("openvpnserv", "HOST"), (heading, line))]
    length = 56 + len(source) + len(strings)
    length += -length % 4 + 4
    head = struct.pack("<6I4H6I", length, 0x654C664C, number + 1, 0, 0, 0xC0020001, 1, 2, 0, 0,
                       0, 56 + len(source), 0, 0, 0, length - 4)
    record = (head + source + strings).ljust(length - 4, b"\0") + struct.pack("<I", length)
    log.write_bytes(before + record)


def test_start_shows_no_control_characters_of_others(program: Program) -> None:
    program.run("-write-an-event")
    program.command("-install")
    program.installation.fakes.fault("CreateNamedPipeW", "block")
    run = program.begin("-start")
    blocked = program.installation.fakes.wait_blocked("CreateNamedPipeW")
    forge_event(program, "evil\x1b[2J\x07\x9b1m")
    process.kill(program.bridge, blocked["pid"])
    outcome = run.end()
    assert outcome.exit_code == NOT_RUNNING
    assert "\n  evil?[2J??1m\n" in outcome.output


def test_start_without_a_readable_event_log_says_where_to_look(program: Program) -> None:
    program.command("-install")
    program.installation.registry.delete_tree(program.installation.key)
    events = program.installation.host_folder / "record.events"
    events.unlink(missing_ok=True)
    events.mkdir()
    try:
        outcome = program.command("-start")
    finally:
        events.rmdir()
    assert outcome.exit_code == NOT_RUNNING
    assert "The event log can't be read" in outcome.output


def test_start_of_a_missing_service_reports_it(program: Program) -> None:
    outcome = program.command("-start")
    assert outcome.exit_code == NOT_INSTALLED
    assert outcome.output.startswith(f'Could not start the service "{program.service.name}": ')
    assert "-install" in outcome.output


def test_start_of_a_running_service_says_so(program: Program) -> None:
    program.command("-install -start")
    assert program.command("-start") == Outcome(
        DONE, f'The service "{program.service.name}" runs already.\n')


# -stop

def test_stop_waits_until_it_has_stopped(program: Program) -> None:
    program.command("-install -start")
    assert program.command("-stop") == Outcome(
        DONE, f'The service "{program.service.name}" has stopped.\n')
    assert program.service.status().state == State.STOPPED


def test_stop_of_a_stopped_service_says_so(program: Program) -> None:
    program.command("-install")
    assert program.command("-stop") == Outcome(
        DONE, f'The service "{program.service.name}" does not run.\n')


def test_stop_of_a_missing_service_reports_it(program: Program) -> None:
    outcome = program.command("-stop")
    assert outcome.exit_code == NOT_INSTALLED
    assert outcome.output.startswith(f'Could not stop the service "{program.service.name}": ')


def test_stop_of_a_starting_service_waits_for_it_first(program: Program) -> None:
    program.command("-install")
    program.installation.fakes.fault("CreateNamedPipeW", "block")
    program.service.start()
    program.installation.fakes.wait_blocked("CreateNamedPipeW")
    run = program.begin("-stop")
    assert "is starting" in eventually(run.output, says_it_is_starting)
    program.installation.fakes.clear_faults()
    outcome = run.end()
    assert outcome.exit_code == DONE
    assert program.service.status().state == State.STOPPED


# -status

def test_status_of_a_running_service(program: Program) -> None:
    program.command("-install -start")
    process_id = program.service.status().process
    assert program.command("-status", restricted=True) == Outcome(
        DONE, f'The service "{program.service.name}" runs (process {process_id}).\n'
              f'Its program is: {program.service.config().binary}\n')


def test_status_of_a_stopped_service(program: Program) -> None:
    program.command("-install")
    outcome = program.command("-status")
    assert outcome.exit_code == NOT_RUNNING
    assert outcome.output.startswith(f'The service "{program.service.name}" does not run')
    assert "Its program is: " in outcome.output


def test_status_of_a_service_that_has_died(program: Program) -> None:
    program.command("-install -start")
    process.kill(program.bridge, program.service.status().process)
    outcome = program.command("-status")
    assert outcome.exit_code == NOT_RUNNING
    assert "(0x42b)" in outcome.output


def test_status_of_a_starting_service(program: Program) -> None:
    program.command("-install")
    program.installation.fakes.fault("CreateNamedPipeW", "block")
    program.service.start()
    program.installation.fakes.wait_blocked("CreateNamedPipeW")
    outcome = program.command("-status")
    assert outcome.exit_code == NOT_RUNNING
    assert f'The service "{program.service.name}" is starting (process ' in outcome.output
    program.installation.fakes.clear_faults()
    program.service.wait(State.RUNNING)


def test_status_of_a_missing_service(program: Program) -> None:
    assert program.command("-status") == Outcome(
        NOT_INSTALLED, f'The service "{program.service.name}" is not installed.\n')


def test_status_says_that_the_registry_key_is_missing(program: Program) -> None:
    program.command("-install")
    program.installation.registry.delete_tree(program.installation.key)
    assert "reg.exe add" in program.command("-status").output
