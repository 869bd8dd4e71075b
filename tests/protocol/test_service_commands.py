# SPDX-License-Identifier: MIT
"""gatehouse-service.exe on the command line: what it does, its output and its exit codes."""
from __future__ import annotations

from typing import Iterator, Optional

import pytest

from harness import process
from harness.bridge import Bridge, BridgeError
from harness.eventually import eventually
from harness.installation import PRIVILEGES, Installation
from harness.pipe import Pipe
from harness.process import Process
from harness.runner import Runner
from harness.service import Service, State
from protocol.support.service_program import DONE, FAILED, Outcome, Program

NOT_STARTED_BY_WINDOWS = 1063

OWN_PROCESS, AUTO_START, ERROR_NORMAL = 0x10, 2, 1

SERVICES = r"HKLM\SYSTEM\CurrentControlSet\Services"
EVENT_SOURCE = rf"{SERVICES}\EventLog\Application\openvpnserv"

HELP = ["-install", "-remove", "-start", "-cleanup", "-instance interactive <id>"]


@pytest.fixture(scope="module")
def laid_out(runner: Runner, bridge: Bridge, worker_name: str) -> Iterator[Installation]:
    """An installation for this module; tests use `program`."""
    made = Installation(runner, bridge, f"{worker_name}c")
    made.create()
    yield made
    made.destroy()


def forget_service(service: Service) -> None:
    """Remove the service if it exists, running or not."""
    if not service.exists():
        return
    if service.status().state == State.RUNNING:
        service.control(1)
        service.wait(State.STOPPED)
    service.delete()


@pytest.fixture
def machine(bridge: Bridge) -> Iterator[None]:
    """A lock for what all workers share, services' names and the event source: a pipe of which only
    one can exist."""
    def claim() -> Optional[Pipe]:
        try:
            return Pipe.create(bridge, r"\\.\pipe\gatehouse-test-machine", instances=1)
        except BridgeError:
            return None

    claimed = eventually(claim, lambda pipe: pipe is not None)
    assert claimed is not None
    yield
    claimed.close()


@pytest.fixture
def program(machine: None, laid_out: Installation, bridge: Bridge) -> Iterator[Program]:
    """The program with its registry key; neither its service nor the event source exists."""
    forget_service(laid_out.service)
    laid_out.registry.delete_tree(EVENT_SOURCE)
    laid_out.registry.set_text(laid_out.key, "", laid_out.folder)
    laid_out.populate()
    yield Program(laid_out, bridge)
    forget_service(laid_out.service)
    laid_out.registry.delete_tree(EVENT_SOURCE)
    for row in laid_out.processes():
        process.kill(bridge, row.process)


# The command line.

@pytest.mark.parametrize("arguments, exit_code", [
    ("-help", DONE), ("/?", DONE), ("-h", DONE), ("--help", DONE), ("-install -help", DONE),
    ("-", FAILED), ("-installer", FAILED), ("install", FAILED), ('""', FAILED)])
def test_unknown_arguments_show_the_help(program: Program, arguments: str,
                                         exit_code: int) -> None:
    outcome = program.run(arguments)
    assert outcome.exit_code == exit_code
    assert [words for words in HELP if words not in outcome.output] == []
    assert not program.service.exists()


@pytest.mark.parametrize("arguments", [
    "-instance", "-instance interactive", "-instance automatic {id}", "-instance interactives {id}",
    "-instance -install", "/instance automatic {id} -install"])
def test_an_unknown_type_of_instance_is_refused(program: Program, arguments: str) -> None:
    outcome = program.run(arguments.format(id=program.installation.instance))
    assert outcome == Outcome(FAILED, "-instance must be followed by: interactive <id>\n")
    assert program.events() == [
        "openvpnserv error: \n-instance must be followed by: interactive <id>"]
    assert not program.service.exists()


@pytest.mark.parametrize("instance", [r"a\b", "a/b", "a:b", '""', 65 * "x", "a*", "a|b"])
def test_an_instance_that_fits_no_name_is_refused(program: Program, instance: str) -> None:
    outcome = program.run(f"-instance interactive {instance} -install")
    assert outcome.exit_code == FAILED
    assert outcome.output.startswith("An instance id has 1 to 64 characters")
    assert len(program.events()) == 1


@pytest.mark.parametrize("line", [
    "-instance interactive {id} -install", "/INSTANCE INTERACTIVE {id} /INSTALL",
    "-install -instance interactive {id}", "/Install /Instance Interactive {id}"])
def test_switches_are_known_in_any_letters_and_order(program: Program, line: str) -> None:
    outcome = program.run(line.format(id=program.installation.instance))
    assert outcome.exit_code == DONE
    assert program.service.exists()


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


def test_every_line_of_output_is_complete(program: Program) -> None:
    assert "\n (" not in program.command("-remove").output


# The event source.

def test_install_registers_the_event_source(program: Program) -> None:
    program.command("-install")
    registry = program.installation.registry
    assert registry.get(EVENT_SOURCE, "EventMessageFile") == program.path
    assert registry.get(EVENT_SOURCE, "TypesSupported") == 7


def test_install_leaves_the_event_source_of_another(program: Program) -> None:
    registry = program.installation.registry
    registry.set_text(EVENT_SOURCE, "EventMessageFile", r"C:\other\openvpnservmsg.dll")
    assert program.command("-install").exit_code == DONE
    assert registry.get(EVENT_SOURCE, "EventMessageFile") == r"C:\other\openvpnservmsg.dll"
    assert registry.get(EVENT_SOURCE, "TypesSupported") is None


def test_remove_takes_our_event_source_out(program: Program) -> None:
    program.command("-install")
    program.command("-remove")
    assert program.installation.registry.get(EVENT_SOURCE, "EventMessageFile") is None


def test_remove_leaves_the_event_source_of_another(program: Program) -> None:
    registry = program.installation.registry
    registry.set_text(EVENT_SOURCE, "EventMessageFile", r"C:\other\openvpnservmsg.dll")
    program.command("-install")
    program.command("-remove")
    assert registry.get(EVENT_SOURCE, "EventMessageFile") == r"C:\other\openvpnservmsg.dll"


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
    assert outcome.exit_code == FAILED
    assert outcome.output.startswith(f'Could not remove the service "{program.service.name}": ')
    assert "It is not installed." in outcome.output


# -start

def test_start_starts_it(program: Program) -> None:
    program.command("-install")
    outcome = program.command("-start")
    assert outcome == Outcome(DONE, f'The service "{program.service.name}" is starting.\n')
    assert program.service.wait(State.RUNNING, State.STOPPED).state == State.RUNNING


def test_start_of_a_missing_service_reports_it(program: Program) -> None:
    outcome = program.command("-start")
    assert outcome.exit_code == FAILED
    assert outcome.output.startswith(f'Could not start the service "{program.service.name}": ')
    assert "-install" in outcome.output


def test_start_of_a_running_service_is_refused(program: Program) -> None:
    program.command("-install")
    program.command("-start")
    program.service.wait(State.RUNNING)
    outcome = program.command("-start")
    assert outcome.exit_code == FAILED
    assert "(0x420)" in outcome.output
