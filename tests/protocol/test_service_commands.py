# SPDX-License-Identifier: MIT
"""gatehouse-service.exe on the command line: how it is read, -install and -remove."""
from __future__ import annotations

import re
from typing import Iterator, List

import pytest

from harness.bridge import Bridge
from harness.eventually import eventually
from harness.installation import PRIVILEGES
from harness.process import Process
from harness.service import Service, State
from protocol.support.service_program import (DONE, EVENT_SOURCE, FAILED, NOT_INSTALLED, SERVICES,
                                              USAGE, Outcome, Program, forget_service)

NOT_STARTED_BY_WINDOWS = 1063

OWN_PROCESS, AUTO_START, DEMAND_START, ERROR_NORMAL = 0x10, 2, 3, 1

HELP = ["-install", "-remove", "-start", "-stop", "-status", "-cleanup", "-undo",
        "-unblock", "-takeover", "-withdraw", "-version", "-help",
        "-instance interactive <id>", *(f"\n  {code}  " for code in range(5))]


# The command line.

@pytest.mark.parametrize("arguments, exit_code", [
    ("-help", DONE), ("/?", DONE), ("-h", DONE), ("--help", DONE), ("-install -help", DONE),
    ("-", USAGE), ("-installer", USAGE), ("install", USAGE), ('""', USAGE),
    ("-install -installer", USAGE), ("-install -start now", USAGE)])
def test_unknown_arguments_show_the_help(program: Program, arguments: str,
                                         exit_code: int) -> None:
    outcome = program.run(arguments)
    assert outcome.exit_code == exit_code
    assert [words for words in HELP if words not in outcome.output] == []
    assert not program.service.exists()


def test_an_unknown_word_is_named(program: Program) -> None:
    outcome = program.run("-install -strat")
    assert outcome.output.startswith('Unknown word in the command line: "-strat"\n')
    assert program.events() == ["openvpnserv error: \nUnknown word in the command line: -strat"]


@pytest.mark.parametrize("arguments", [
    "-instance", "-instance interactive", "-instance automatic {id}", "-instance interactives {id}",
    "-instance -install", "/instance automatic {id} -install"])
def test_an_unknown_type_of_instance_is_refused(program: Program, arguments: str) -> None:
    outcome = program.run(arguments.format(id=program.installation.instance))
    assert outcome == Outcome(USAGE, "-instance must be followed by: interactive <id>\n")
    assert program.events() == [
        "openvpnserv error: \n-instance must be followed by: interactive <id>"]
    assert not program.service.exists()


@pytest.mark.parametrize("instance", [r"a\b", "a/b", "a:b", '""', 65 * "x", "a*", "a|b",
                                      "-install", "-x"])
def test_an_instance_that_fits_no_name_is_refused(program: Program, instance: str) -> None:
    outcome = program.run(f"-instance interactive {instance} -install")
    assert outcome.exit_code == USAGE
    assert outcome.output.startswith("An instance id has 1 to 64 characters")
    assert len(program.events()) == 1


@pytest.mark.parametrize("line", [
    "-instance interactive {id} -install", "/INSTANCE INTERACTIVE {id} /INSTALL",
    "-install -instance interactive {id}", "/Install /Instance Interactive {id}"])
def test_switches_are_known_in_any_letters_and_order(program: Program, line: str) -> None:
    outcome = program.run(line.format(id=program.installation.instance))
    assert outcome.exit_code == DONE
    assert program.service.exists()


def test_a_switch_in_the_place_of_the_id_is_an_error(program: Program) -> None:
    outcome = program.run("-instance interactive -install")
    assert outcome.exit_code == USAGE
    assert "does not begin with -" in outcome.output


def test_two_instances_on_one_line_are_refused(program: Program) -> None:
    instance = program.installation.instance
    outcome = program.run(f"-instance interactive {instance} -instance interactive {instance}b "
                          "-install")
    assert outcome == Outcome(USAGE, "-instance may be given once only\n")
    assert not program.service.exists()


def test_switches_are_done_in_their_order(program: Program) -> None:
    outcome = program.command("-install -start -status -stop -remove -version")
    assert outcome.exit_code == DONE
    name = re.escape(program.service.name)
    assert re.search(rf'"{name}" is installed.*"{name}" runs\..*"{name}" runs \(process \d+\).*'
                     rf'"{name}" has stopped.*"{name}" is removed.*gatehouse-service \d',
                     outcome.output, re.DOTALL), outcome.output
    assert not program.service.exists()


def test_after_one_that_fails_no_further_one_is_done(program: Program) -> None:
    outcome = program.command("-start -install -version")
    assert outcome.exit_code == NOT_INSTALLED
    assert outcome.output.endswith("Not done, because -start has not succeeded: -install\n"
                                   "Not done, because -start has not succeeded: -version\n")
    assert not program.service.exists()


def test_more_switches_than_there_is_room_for_are_refused(program: Program) -> None:
    outcome = program.command("-install -remove " + 4 * "-install -remove ")
    assert outcome == Outcome(USAGE, "There may be eight switches at most.\n")
    assert not program.service.exists()


def test_version_is_shown(program: Program) -> None:
    outcome = program.run("-version")
    assert outcome.exit_code == DONE
    assert re.fullmatch(r"gatehouse-service \d+\.\d+\.\d+\n", outcome.output)


def test_when_started_by_hand_it_explains_that_it_is_a_service(program: Program) -> None:
    # Windows' answer. Wine would take the place of the next service that starts.
    program.installation.fakes.fail("StartServiceCtrlDispatcherW", NOT_STARTED_BY_WINDOWS)
    outcome = program.command("")
    assert outcome.exit_code == FAILED
    assert outcome.output.startswith("This program is a service and is started by Windows.")
    assert "-install" in outcome.output


# -install

def test_install_confirms(program: Program) -> None:
    outcome = program.command("-install")
    assert outcome.exit_code == DONE
    assert f'The service "{program.service.name}" is installed.' in outcome.output


def test_install_makes_an_automatic_service_of_its_own_process(program: Program) -> None:
    program.command("-install")
    config = program.service.config()
    assert (config.type, config.start, config.error_control, config.account) == (
        OWN_PROCESS, AUTO_START, ERROR_NORMAL, "LocalSystem")


def test_install_quotes_the_path_and_passes_the_instance(program: Program) -> None:
    program.command("-install")
    assert program.service.config().binary == (
        f'"{program.path}" -instance interactive {program.installation.instance}')


def test_install_quotes_an_instance_with_a_blank(program: Program, bridge: Bridge) -> None:
    instance = f"{program.installation.instance} b"
    service = Service(bridge, f"OpenVPNServiceInteractive{instance}")
    forget_service(service)
    try:
        assert program.run(f'-instance interactive "{instance}" -install').exit_code == DONE
        assert service.config().binary == (
            f'"{program.path}" -instance interactive "{instance}"')
    finally:
        forget_service(service)


@pytest.mark.usefixtures("well_known_name")
def test_install_without_an_instance_takes_the_well_known_name(program: Program,
                                                               bridge: Bridge) -> None:
    service = Service(bridge, "OpenVPNServiceInteractive")
    if service.exists() and r"C:\gatehouse" not in service.config().binary:
        pytest.skip("this machine has a service of that name")
    forget_service(service)
    try:
        assert program.run("-install").exit_code == DONE
        config = service.config()
        assert (config.binary, config.display_name) == (
            f'"{program.path}"', "OpenVPN Interactive Service")
    finally:
        forget_service(service)


def test_install_depends_on_dhcp_only(program: Program) -> None:
    program.command("-install")
    key = rf"{SERVICES}\{program.service.name}"
    assert program.installation.registry.get(key, "DependOnService") == ["Dhcp"]


def test_install_names_the_instance_in_the_display_name(program: Program) -> None:
    program.command("-install")
    assert program.service.config().display_name == (
        f"OpenVPN Interactive Service ({program.installation.instance})")


def test_install_describes_the_service(program: Program) -> None:
    program.command("-install")
    key = rf"{SERVICES}\{program.service.name}"
    assert "OpenVPN" in str(program.installation.registry.get(key, "Description"))


def test_install_asks_for_time_at_shutdown(program: Program) -> None:
    program.command("-install")
    key = rf"{SERVICES}\{program.service.name}"
    assert program.installation.registry.get(key, "PreshutdownTimeout") == 20000


def test_install_limits_the_privileges(program: Program) -> None:
    program.command("-install")
    key = rf"{SERVICES}\{program.service.name}"
    assert program.installation.registry.get(key, "RequiredPrivileges") == list(PRIVILEGES)


def test_install_does_not_start_it(program: Program) -> None:
    program.command("-install")
    assert program.service.status().state == State.STOPPED


def test_what_is_installed_can_be_started(program: Program) -> None:
    program.command("-install")
    program.service.start()
    assert program.service.wait(State.RUNNING, State.STOPPED).state == State.RUNNING


def test_install_twice_is_refused(program: Program) -> None:
    program.command("-install")
    outcome = program.command("-install")
    assert outcome.exit_code == FAILED
    assert "exists already" in outcome.output


def test_install_leaves_another_service_of_that_name_and_names_its_program(
        program: Program) -> None:
    other = r'"C:\Program Files\OpenVPN\bin\openvpnserv.exe"'
    program.service.create(other)
    outcome = program.command("-install")
    assert outcome.exit_code == FAILED
    assert f'A service named "{program.service.name}" exists already. Its program is: {other}\n' \
        in outcome.output
    assert f'sc.exe delete "{program.service.name}"' in outcome.output
    assert "-instance interactive <id> -install" in outcome.output
    assert program.service.config().binary == other
    assert program.installation.registry.get(EVENT_SOURCE, "EventMessageFile") is None


def test_install_without_the_registry_key_says_how_to_make_it(program: Program) -> None:
    program.installation.registry.delete_tree(program.installation.key)
    outcome = program.command("-install")
    assert outcome.exit_code == DONE
    key = rf"HKLM\SOFTWARE\OpenVPN{program.installation.instance}"
    assert f"The registry key {key} does not exist" in outcome.output
    assert f'reg.exe add "{key}" /ve /d ' in outcome.output
    assert program.service.exists()


def test_install_with_the_registry_key_gives_no_advice(program: Program) -> None:
    assert "reg.exe" not in program.command("-install").output


EXE_PATH = "Warning: Nobody can connect, because there is no program openvpn.exe at exe_path: "
CONFIG_DIR = "Warning: Only administrators of OpenVPN can connect, because there is no folder " \
             "config_dir: "


@pytest.fixture
def incomplete(program: Program) -> Iterator[Program]:
    """The program without openvpn.exe and without the config folder."""
    registry, key = program.installation.registry, program.installation.key
    for name in ("exe_path", "config_dir"):
        registry.set_text(key, name, rf"C:\nowhere\{name}")
    yield program
    for name in ("exe_path", "config_dir"):
        registry.delete(key, name)


@pytest.mark.parametrize("switch", ["-install", "-install -start", "-install -status"])
def test_it_warns_about_what_is_missing(incomplete: Program, switch: str) -> None:
    output = incomplete.command(switch).output
    times = 1 if switch == "-install" else 2
    assert output.count(rf"{EXE_PATH}C:\nowhere\exe_path: ") == times
    assert output.count(rf"{CONFIG_DIR}C:\nowhere\config_dir\: ") == times
    assert "(0x3)" in output


def test_it_warns_about_a_folder_in_the_place_of_a_file_and_a_file_in_that_of_a_folder(
        incomplete: Program) -> None:
    registry, installation = incomplete.installation.registry, incomplete.installation
    registry.set_text(installation.key, "exe_path", rf"{installation.folder}\bin")
    registry.set_text(installation.key, "config_dir", rf"{installation.folder}\bin\openvpn.exe")
    output = incomplete.command("-install").output
    assert rf"{EXE_PATH}{installation.folder}\bin: " in output
    assert rf"{CONFIG_DIR}{installation.folder}\bin\openvpn.exe\: " in output


def test_each_start_logs_what_is_missing(incomplete: Program) -> None:
    incomplete.command("-install -start")

    def missing() -> List[str]:
        return [event for event in incomplete.events() if "there is no " in event]

    assert len(eventually(missing, lambda events: len(events) == 2)) == 2
    incomplete.command("-stop -start")
    assert len(eventually(missing, lambda events: len(events) == 4)) == 4


def test_nothing_is_said_to_be_missing_when_all_is_there(program: Program) -> None:
    assert "there is no" not in program.command("-install -start -status").output


def test_every_line_of_output_is_complete(program: Program) -> None:
    assert "\n (" not in program.command("-remove").output


# The event source.

#: Of another program, which is there.
OTHER_FILE = r"C:\windows\system32\kernel32.dll"


def test_install_registers_the_event_source(program: Program) -> None:
    program.command("-install")
    registry = program.installation.registry
    assert registry.get(EVENT_SOURCE, "EventMessageFile") == program.path
    assert registry.get(EVENT_SOURCE, "TypesSupported") == 7


def test_install_leaves_the_event_source_of_another(program: Program) -> None:
    registry = program.installation.registry
    registry.set_text(EVENT_SOURCE, "EventMessageFile", OTHER_FILE)
    assert program.command("-install").exit_code == DONE
    assert registry.get(EVENT_SOURCE, "EventMessageFile") == OTHER_FILE
    assert registry.get(EVENT_SOURCE, "TypesSupported") is None


def test_install_takes_the_event_source_of_a_program_that_has_gone(program: Program) -> None:
    registry = program.installation.registry
    registry.set_text(EVENT_SOURCE, "EventMessageFile", r"C:\other\openvpnservmsg.dll")
    assert program.command("-install").exit_code == DONE
    assert registry.get(EVENT_SOURCE, "EventMessageFile") == program.path


def test_remove_takes_our_event_source_out(program: Program) -> None:
    program.command("-install")
    program.command("-remove")
    assert program.installation.registry.get(EVENT_SOURCE, "EventMessageFile") is None


def test_remove_leaves_the_event_source_of_another(program: Program) -> None:
    registry = program.installation.registry
    registry.set_text(EVENT_SOURCE, "EventMessageFile", OTHER_FILE)
    program.command("-install")
    program.command("-remove")
    assert registry.get(EVENT_SOURCE, "EventMessageFile") == OTHER_FILE


def test_remove_leaves_the_event_source_to_another_instance_of_the_same_program(
        program: Program, bridge: Bridge) -> None:
    registry, instance = program.installation.registry, f"{program.installation.instance}b"
    sibling = Service(bridge, f"OpenVPNServiceInteractive{instance}")
    forget_service(sibling)
    try:
        program.command("-install")
        program.run(f"-instance interactive {instance} -install")
        program.command("-remove")
        assert registry.get(EVENT_SOURCE, "EventMessageFile") == program.path
        program.run(f"-instance interactive {instance} -remove")
        assert registry.get(EVENT_SOURCE, "EventMessageFile") is None
    finally:
        forget_service(sibling)


# -remove

def test_remove_confirms(program: Program) -> None:
    program.command("-install")
    assert program.command("-remove") == Outcome(
        DONE, f'The service "{program.service.name}" is removed.\n')
    assert not program.service.exists()


def test_remove_stops_a_running_service_first(program: Program, bridge: Bridge) -> None:
    program.command("-install")
    program.service.start()
    running = Process.open(bridge, program.service.wait(State.RUNNING).process)
    assert program.command("-remove").exit_code == DONE
    states = [call["state"] for call in program.installation.record.calls("SetServiceStatus")]
    assert states[-1] == State.STOPPED
    assert running.wait() == DONE
    assert not program.service.exists()
    running.close()


def test_remove_of_a_missing_service_reports_it(program: Program) -> None:
    outcome = program.command("-remove")
    assert outcome.exit_code == NOT_INSTALLED
    assert outcome.output.startswith(f'Could not remove the service "{program.service.name}": ')
    assert "It is not installed." in outcome.output


def test_remove_leaves_the_service_of_another_program(program: Program) -> None:
    other = r'"C:\Program Files\OpenVPN\bin\openvpnserv.exe"'
    program.service.create(other)
    outcome = program.command("-remove")
    assert outcome == Outcome(NOT_INSTALLED, f'The service "{program.service.name}" stays, because '
                                             f"it runs another program: {other}\n")
    assert program.service.config().binary == other


# -takeover, -withdraw

@pytest.fixture
def theirs(program: Program) -> str:
    """The command line of another program's service with our name; the program is there."""
    command = rf'"{program.installation.add_program("bridge.exe")}" -x'
    program.service.create(command)
    return command


def test_takeover_installs_a_service_that_is_missing(program: Program) -> None:
    assert program.command("-takeover").exit_code == DONE
    assert program.service.config().binary.startswith(f'"{program.path}" ')


def test_takeover_keeps_the_start_type_of_its_own_service(program: Program) -> None:
    program.command("-install")
    program.service.set_automatic(False)
    assert program.command("-takeover").exit_code == DONE
    assert program.service.config().start == DEMAND_START
    program.command("-remove")
    assert not program.service.exists()


@pytest.mark.parametrize("switch", ["-remove", "-withdraw"])
def test_what_was_taken_over_is_given_back(program: Program, theirs: str, switch: str) -> None:
    before = program.service.config()
    outcome = program.command("-takeover")
    assert outcome.exit_code == DONE
    assert f'The service "{program.service.name}" is taken over. Its program was: {theirs}\n' \
        in outcome.output
    assert program.service.config().binary.startswith(f'"{program.path}" ')
    outcome = program.command(switch)
    assert outcome.exit_code == DONE
    assert "belongs to the program again that had it before" in outcome.output
    assert program.service.config() == before


def test_what_was_taken_over_is_deleted_when_its_program_has_gone(program: Program) -> None:
    program.service.create(r'"C:\gone\openvpnserv.exe"')
    program.command("-takeover")
    program.command("-remove")
    assert not program.service.exists()


# -unblock

def test_unblock_needs_no_service(program: Program) -> None:
    assert program.command("-unblock") == Outcome(
        DONE, "No filter of the kill switch is left.\n")
