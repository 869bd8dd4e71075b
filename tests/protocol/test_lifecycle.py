# SPDX-License-Identifier: MIT
"""Start, stop and other controls, as the service manager sees them; and the event log."""
from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional

import pytest

from harness.bridge import WAIT_TIMEOUT, Bridge, BridgeError, result_of
from harness.client import ERROR_STARTUP, ERROR_STARTUP_DATA
from harness.eventually import eventually
from harness.fakes import GROUP_MEMBER_BY_TOKEN, LOCAL_GROUPS, PLAIN_USER, TAP
from harness.installation import Installation
from harness.messages import route
from harness.pipe import Pipe
from harness.service import State
from harness.session import Session

SessionMaker = Callable[..., Session]

FIRST_INSTANCE = 0x00080000  # of the open mode

#: Of the client pipe.
ACCESS_LIST = "D:(A;OICI;GA;;;SY)(D;OICI;0x4;;;WD)(A;OICI;GRGW;;;AU)(D;;GA;;;AN)"
Call = Dict[str, Any]

OWN_PROCESS = 0x10
STOP_PRESHUTDOWN_POWEREVENT = 0x1 | 0x100 | 0x40

CONTROL_STOP, CONTROL_INTERROGATE, CONTROL_PARAMCHANGE = 1, 4, 6
CONTROL_POWEREVENT, CONTROL_PRESHUTDOWN = 13, 15

#: User-defined controls that the hooks translate into controls that only Windows may send.
SEND_POWEREVENT, SEND_PRESHUTDOWN = 200, 201

FILE_NOT_FOUND, ACCESS_DENIED, CALL_NOT_IMPLEMENTED = 2, 5, 120
SEM_TIMEOUT, PIPE_BUSY = 121, 231
INVALID_SERVICE_CONTROL = 1052

LOG_ERROR, LOG_INFORMATION = 1, 4


def statuses(installation: Installation, since: int) -> List[Call]:
    """What the service has reported to the service manager."""
    return installation.record.calls("SetServiceStatus", since=since)


def wait_reported(installation: Installation, state: State, since: int) -> None:
    """Wait until the record has it: a call is recorded when it returns, after the service manager
    has seen the status."""
    installation.record.wait_for("SetServiceStatus", since=since,
                                 where=lambda call: bool(call["state"] == state))


def wait_progress(installation: Installation, since: int) -> None:
    """Wait until it has shown several times that it goes on with its start or stop."""
    installation.record.wait_for("SetServiceStatus", since=since,
                                 where=lambda call: bool(call["check_point"] == 4))


def restart(installation: Installation) -> int:
    """Stop and start; returns the mark in the record at which the start begins."""
    running = installation.record.mark()
    installation.stop()
    wait_reported(installation, State.STOPPED, running)
    mark = installation.record.mark()
    installation.start()
    wait_reported(installation, State.RUNNING, mark)
    return mark


def refuse(installation: Installation, bridge: Bridge, options: str) -> None:
    """Make the service refuse options."""
    client = installation.connect(bridge)
    assert client.start(rf"{installation.folder}\config", options).code == ERROR_STARTUP_DATA
    client.close()


def events(installation: Installation, text: str) -> List[Call]:
    """The events that contain this text."""
    return installation.record.calls("ReportEventW", where=lambda call: text in call["strings"][1])


# Start.

def test_start_goes_from_start_pending_to_running(installation: Installation) -> None:
    mark = restart(installation)
    assert [call["state"] for call in statuses(installation, mark)] == [
        State.START_PENDING, State.RUNNING]


def test_start_pending_asks_for_three_seconds(installation: Installation) -> None:
    mark = restart(installation)
    assert statuses(installation, mark)[0]["wait_hint"] == 3000


def test_nothing_is_accepted_before_it_runs(installation: Installation) -> None:
    mark = restart(installation)
    assert statuses(installation, mark)[0]["controls"] == "0x0"


def test_it_says_what_it_accepts(installation: Installation) -> None:
    assert installation.service.status().controls == STOP_PRESHUTDOWN_POWEREVENT


def test_it_is_a_process_of_its_own(installation: Installation) -> None:
    assert installation.service.status().type == OWN_PROCESS


def test_it_registers_under_its_own_name(installation: Installation) -> None:
    mark = restart(installation)
    call, = installation.record.calls("RegisterServiceCtrlHandlerExW", since=mark)
    assert call["name"] == installation.service.name


def test_clients_can_connect_as_soon_as_it_runs(installation: Installation) -> None:
    mark = restart(installation)
    names = [call["call"] for call in installation.record.calls(since=mark) if call["call"] in (
        "CreateNamedPipeW", "ConnectNamedPipe") or call.get("state") == State.RUNNING]
    assert names[:5] == 2 * ["CreateNamedPipeW", "ConnectNamedPipe"] + ["SetServiceStatus"]


def test_it_is_start_pending_until_there_is_a_pipe(installation: Installation) -> None:
    installation.stop()
    installation.fakes.fault("CreateNamedPipeW", "block")
    mark = installation.record.mark()
    installation.service.start()
    installation.fakes.wait_blocked("CreateNamedPipeW")
    wait_progress(installation, mark)
    assert installation.service.status().state == State.START_PENDING
    installation.fakes.clear_faults()
    assert installation.service.wait(State.RUNNING, State.STOPPED).state == State.RUNNING


def test_the_pipe_belongs_to_the_services_process(installation: Installation) -> None:
    client = installation.connect()
    assert client.server == installation.service.status().process
    client.close()


# The name of the pipe is taken.

def test_a_squatter_on_the_pipe_name_stops_it_with_an_error(installation: Installation,
                                                            bridge: Bridge) -> None:
    installation.stop()
    squatter = Pipe.create(bridge, installation.pipe_name)
    try:
        status = installation.try_start()
    finally:
        squatter.close()
    assert (status.state, status.exit_code) == (State.STOPPED, ACCESS_DENIED)


@pytest.mark.parametrize("code", [ACCESS_DENIED, PIPE_BUSY])
def test_windows_refusal_of_the_first_instance_is_the_exit_code(installation: Installation,
                                                                code: int) -> None:
    installation.stop()
    installation.fakes.fail("CreateNamedPipeW", code, times=0)
    status = installation.try_start()
    assert (status.state, status.exit_code) == (State.STOPPED, code)


def test_a_taken_pipe_name_is_logged(installation: Installation) -> None:
    installation.stop()
    installation.fakes.fail("CreateNamedPipeW", ACCESS_DENIED, times=0)
    installation.try_start()
    event = events(installation, installation.pipe_name)[-1]
    assert event["type"] == LOG_ERROR
    assert "another program may hold its name" in event["strings"][1]
    assert event["strings"][0].endswith("(0x5)")


def test_a_name_that_outlives_a_dead_service_is_taken_over(installation: Installation) -> None:
    """Windows keeps the name of a pipe as long as a client of the dead server holds its end."""
    installation.stop()
    mark = installation.record.mark()
    installation.fakes.fail("CreateNamedPipeW", ACCESS_DENIED)
    status = installation.try_start()
    assert (status.state, status.exit_code) == (State.RUNNING, 0)
    modes = [int(call["open_mode"], 16) & FIRST_INSTANCE
             for call in installation.record.calls("CreateNamedPipeW", since=mark)]
    assert (bool(modes[0]), bool(modes[1])) == (True, False)
    installation.connect().close()


@pytest.mark.parametrize("sddl", ["D:(A;;GA;;;WD)", f"O:WD{ACCESS_LIST}", None])
def test_a_name_that_others_may_serve_is_not_taken_over(
        installation: Installation, bridge: Bridge, sddl: Optional[str]) -> None:
    """Nobody listens under it, but the first instance's list says who may make others."""
    installation.stop()
    squatter = Pipe.create(bridge, installation.pipe_name, sddl=sddl)
    client = Pipe.connect(bridge, installation.pipe_name)
    squatter.accept()
    try:
        status = installation.try_start()
    finally:
        client.close()
        squatter.close()
    assert status.state == State.STOPPED


def test_a_name_with_our_list_under_which_nobody_listens_is_taken_over(
        installation: Installation, bridge: Bridge) -> None:
    installation.stop()
    rest = Pipe.create(bridge, installation.pipe_name, sddl=f"O:SY{ACCESS_LIST}")
    client = Pipe.connect(bridge, installation.pipe_name)
    rest.accept()
    try:
        status = installation.try_start()
        assert (status.state, status.exit_code) == (State.RUNNING, 0)
        installation.connect().close()
    finally:
        client.close()
        rest.close()


def test_a_name_that_becomes_free_within_seconds_is_waited_for(installation: Installation) -> None:
    installation.stop()
    installation.fakes.fail("CreateNamedPipeW", ACCESS_DENIED, times=6)
    status = installation.try_start()
    assert (status.state, status.exit_code) == (State.RUNNING, 0)


def test_a_program_that_serves_the_name_is_named(installation: Installation, bridge: Bridge
                                                 ) -> None:
    installation.stop()
    squatter = Pipe.create(bridge, installation.pipe_name)
    try:
        status = installation.try_start()
    finally:
        squatter.close()
    assert (status.state, status.exit_code) == (State.STOPPED, ACCESS_DENIED)
    event = events(installation, installation.pipe_name)[-1]
    assert f"is served by process {bridge.process}:" in event["strings"][1]


def test_it_starts_when_the_name_is_free_again(installation: Installation) -> None:
    installation.stop()
    installation.fakes.fail("CreateNamedPipeW", ACCESS_DENIED, times=0)
    installation.try_start()
    installation.fakes.clear_faults()
    status = installation.try_start()
    assert (status.state, status.exit_code) == (State.RUNNING, 0)


# Controls.

def test_interrogate_is_answered(installation: Installation) -> None:
    installation.service.control(CONTROL_INTERROGATE)
    call = installation.record.wait_for("ServiceControl")
    assert (call["control"], call["result"]) == (CONTROL_INTERROGATE, 0)
    assert installation.service.status().state == State.RUNNING


def test_power_events_are_accepted(installation: Installation) -> None:
    installation.service.control(SEND_POWEREVENT)
    call = installation.record.wait_for("ServiceControl")
    assert (call["control"], call["result"]) == (CONTROL_POWEREVENT, 0)
    assert installation.service.status().state == State.RUNNING


@pytest.mark.parametrize("code", [128, 129, 199, 202, 255])
def test_other_controls_are_not_implemented(installation: Installation, code: int) -> None:
    installation.service.control(code)
    call = installation.record.wait_for("ServiceControl")
    assert (call["control"], call["result"]) == (code, CALL_NOT_IMPLEMENTED)
    assert installation.service.status().state == State.RUNNING


@pytest.mark.parametrize("code", [2, 3, CONTROL_PARAMCHANGE], ids=["pause", "continue", "param"])
def test_windows_does_not_pass_on_what_is_not_accepted(installation: Installation,
                                                       code: int) -> None:
    with pytest.raises(BridgeError) as failure:
        installation.service.control(code)
    assert failure.value.code == INVALID_SERVICE_CONTROL
    assert not installation.record.calls("ServiceControl")


# Stop.

STOPS = pytest.mark.parametrize("control", [CONTROL_STOP, SEND_PRESHUTDOWN],
                                ids=["stop", "preshutdown"])


@STOPS
def test_a_stop_without_sessions_ends_it_with_0(installation: Installation,
                                                control: int) -> None:
    installation.service.control(control)
    status = installation.service.wait(State.STOPPED, seconds=1.5)
    assert (status.exit_code, status.specific_exit_code) == (0, 0)


@STOPS
def test_a_stop_goes_through_stop_pending(installation: Installation, control: int) -> None:
    mark = installation.record.mark()
    installation.service.control(control)
    wait_reported(installation, State.STOPPED, mark)
    installation.service.wait(State.STOPPED)
    assert statuses(installation, mark)[0]["state"] == State.STOP_PENDING


def test_preshutdown_arrives_as_such(installation: Installation) -> None:
    installation.service.control(SEND_PRESHUTDOWN)
    call = installation.record.wait_for("ServiceControl")
    assert (call["control"], call["result"]) == (CONTROL_PRESHUTDOWN, 0)
    installation.service.wait(State.STOPPED)


def test_the_pipe_goes_with_the_service(installation: Installation) -> None:
    installation.stop()
    with pytest.raises(BridgeError) as failure:
        installation.connect()
    assert failure.value.code == FILE_NOT_FOUND


@STOPS
def test_a_stop_ends_a_session_and_undoes_it(installation: Installation,
                                             start_session: SessionMaker, control: int) -> None:
    session = start_session()
    assert session.openvpn.request(route("10.11.0.0/16", "10.8.0.1", TAP)) == 0
    installation.service.control(control)
    assert installation.service.wait(State.STOPPED).exit_code == 0
    assert not session.process.is_alive()
    assert not installation.differences()


def test_a_stop_is_reported_to_the_client_of_a_session(installation: Installation,
                                                       start_session: SessionMaker) -> None:
    session = start_session()
    installation.service.control(CONTROL_STOP)
    reply = session.client.read()
    installation.service.wait(State.STOPPED)
    assert reply.code == ERROR_STARTUP
    assert reply.function == "OpenVPN exited with error: exit code = 1"
    session.client.wait_closed()


def test_openvpn_has_two_seconds_to_leave(installation: Installation,
                                          start_session: SessionMaker) -> None:
    session = start_session()
    installation.service.control(CONTROL_STOP)
    installation.service.wait(State.STOP_PENDING)
    session.openvpn.exit(0)
    assert session.process.wait() == 0
    installation.service.wait(State.STOPPED)
    assert not installation.record.calls("TerminateProcess", "TerminateJobObject")
    session.client.wait_closed()


def test_openvpn_that_stays_is_terminated_after_two_seconds(installation: Installation,
                                                            start_session: SessionMaker) -> None:
    session = start_session()
    installation.service.control(CONTROL_STOP)
    begun = installation.record.wait_for(
        "SetServiceStatus", where=lambda call: bool(call["state"] == State.STOP_PENDING))
    installation.service.wait(State.STOPPED)
    killed, = installation.record.calls("TerminateProcess")
    assert killed["process"] == session.process.id
    assert 1.9e6 < killed["t"] - begun["t"] < 4e6


def test_nobody_connects_while_sessions_end(installation: Installation, bridge: Bridge,
                                            start_session: SessionMaker) -> None:
    """A client that came then would wait in vain. (openvpn.exe stays for two seconds.)"""
    assert start_session().openvpn.request(route("10.20.0.0/16", "10.8.0.1", TAP)) == 0

    def connects() -> bool:
        try:
            Pipe.connect(bridge, installation.pipe_name, seconds=0.05).close()
        except BridgeError:
            return False
        return True

    mark = installation.record.mark()
    installation.service.control(CONTROL_STOP)
    assert not eventually(connects, lambda connected: not connected)
    assert installation.service.status().state == State.STOP_PENDING
    installation.service.wait(State.STOPPED)
    calls = [call["call"] for call in installation.record.calls(
        "DisconnectNamedPipe", "DeleteIpForwardEntry2", since=mark)]
    assert calls.index("DeleteIpForwardEntry2") >= 4, "the instances that wait are closed first"


def test_many_sessions_leave_in_the_time_of_one(installation: Installation,
                                                start_session: SessionMaker) -> None:
    for _ in range(6):
        start_session()
    installation.service.control(CONTROL_STOP)
    installation.service.wait(State.STOPPED, seconds=6)
    kills = installation.record.calls("TerminateProcess")
    assert len(kills) == 6
    assert kills[-1]["t"] - kills[0]["t"] < 1.5e6


def test_it_is_stop_pending_while_sessions_end(installation: Installation,
                                               start_session: SessionMaker) -> None:
    start_session()
    installation.service.control(CONTROL_STOP)
    status = installation.service.wait(State.STOP_PENDING)
    assert (status.controls, status.wait_hint) == (0, 5000)
    installation.service.wait(State.STOPPED)


def test_stop_pending_shows_progress(installation: Installation,
                                     start_session: SessionMaker) -> None:
    start_session()
    mark = installation.record.mark()
    installation.stop()
    wait_reported(installation, State.STOPPED, mark)
    points = [call["check_point"] for call in statuses(installation, mark)
              if call["state"] == State.STOP_PENDING]
    assert len(points) > 2
    assert points == list(range(1, len(points) + 1))


def test_progress_is_reported_while_an_undo_hangs(installation: Installation,
                                                  start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(route("10.11.0.0/16", "10.8.0.1", TAP)) == 0
    installation.fakes.fault("DeleteIpForwardEntry2", "block")
    mark = installation.record.mark()
    installation.service.control(CONTROL_STOP)
    session.openvpn.exit(0)
    installation.fakes.wait_blocked("DeleteIpForwardEntry2")
    wait_progress(installation, mark)
    assert installation.service.status().state == State.STOP_PENDING
    installation.fakes.clear_faults()
    installation.service.wait(State.STOPPED)
    assert not installation.differences()


@STOPS
def test_progress_is_reported_while_the_last_attempt_to_undo_hangs(
        installation: Installation, start_session: SessionMaker, control: int) -> None:
    """No session is left then: what could not be undone is tried once more."""
    session = start_session()
    assert session.openvpn.request(route("10.11.0.0/16", "10.8.0.1", TAP)) == 0
    installation.fakes.fail("DeleteIpForwardEntry2", ACCESS_DENIED, times=0)
    session.end()
    installation.fakes.clear_faults()
    installation.fakes.fault("DeleteIpForwardEntry2", "block")
    mark = installation.record.mark()
    installation.service.control(control)
    installation.fakes.wait_blocked("DeleteIpForwardEntry2")
    wait_progress(installation, mark)
    assert installation.service.status().state == State.STOP_PENDING
    installation.fakes.clear_faults()
    installation.service.wait(State.STOPPED)
    assert not installation.differences()


def test_a_silent_client_does_not_delay_the_stop(installation: Installation) -> None:
    client = installation.connect()
    installation.service.control(CONTROL_STOP)
    installation.service.wait(State.STOPPED, seconds=1.5)
    client.wait_closed()
    client.close()


def test_a_client_that_connects_while_it_stops_does_not_delay_it(
        installation: Installation, bridge: Bridge, start_session: SessionMaker) -> None:
    start_session()
    installation.service.control(CONTROL_STOP)
    installation.service.wait(State.STOP_PENDING)
    try:
        Pipe.connect(bridge, installation.pipe_name, seconds=1).close()
    except BridgeError as error:
        assert error.code in (FILE_NOT_FOUND, SEM_TIMEOUT, WAIT_TIMEOUT)
    assert installation.service.wait(State.STOPPED, seconds=5).exit_code == 0


def test_its_process_ends(installation: Installation, bridge: Bridge) -> None:
    handle = bridge.call("process_open", process=installation.service.status().process)["object"]
    ended = bridge.begin("process_exit_code", object=handle, timeout=5000)
    installation.stop()
    assert result_of(ended)["exit_code"] == 0
    bridge.call("close", object=handle)


def test_after_a_crash_it_starts_again(installation: Installation,
                                       start_session: SessionMaker) -> None:
    installation.crash()
    installation.start()
    assert start_session().reply.process


# The event log.

def test_an_event_has_the_references_source_number_and_form(installation: Installation,
                                                            user_bridge: Bridge) -> None:
    installation.fakes.personas(PLAIN_USER)
    refuse(installation, user_bridge, "--up evil")
    event, = events(installation, "--up")
    assert (event["event"], event["category"], len(event["strings"])) == ("0xc0020001", 0, 2)
    sources = {call["source"] for call in installation.record.calls("RegisterEventSourceW")}
    assert sources == {"openvpnserv"}


def test_an_error_names_the_service(installation: Installation, user_bridge: Bridge) -> None:
    installation.fakes.personas(PLAIN_USER)
    refuse(installation, user_bridge, "--up evil")
    event, = events(installation, "--up")
    assert event["type"] == LOG_ERROR
    assert event["strings"][0] == f"openvpnserv{installation.instance} error: "


def test_information_names_the_service(installation: Installation, user_bridge: Bridge,
                                       start_session: SessionMaker) -> None:
    installation.fakes.personas(GROUP_MEMBER_BY_TOKEN)
    installation.fakes.local_groups(*LOCAL_GROUPS)
    start_session(options="--route-method exe")
    event, = events(installation, "Authorizing")
    assert event["type"] == LOG_INFORMATION
    assert event["strings"] == [
        f"openvpnserv{installation.instance}: ",
        "Authorizing user 'bob@TESTBOX' by virtue of membership in group "
        "'OpenVPN Administrators'"]


def test_a_system_error_is_logged_as_text_and_number(installation: Installation) -> None:
    installation.stop()
    installation.fakes.fail("CreateNamedPipeW", ACCESS_DENIED, times=0)
    installation.try_start()
    event = events(installation, installation.pipe_name)[-1]
    assert event["strings"][0] in (  # as Wine and Windows say it
        f"openvpnserv{installation.instance} error: Access denied. (0x5)",
        f"openvpnserv{installation.instance} error: Access is denied. (0x5)")


def test_an_unknown_system_error_is_logged_as_number(installation: Installation) -> None:
    installation.stop()
    installation.fakes.fail("CreateNamedPipeW", 0x2000ABCD, times=0)
    status = installation.try_start()
    assert status.exit_code == 0x2000ABCD
    event = events(installation, installation.pipe_name)[-1]
    assert event["strings"][0] == (
        f"openvpnserv{installation.instance} error: Unknown error (0x2000abcd)")


def test_a_refusal_is_logged_with_the_replys_text(installation: Installation) -> None:
    client = installation.connect()
    client.send(b"\0\0")
    raw = client.read().raw
    client.close()
    event, = events(installation, "GetStartupData")
    assert event["strings"][1] == raw.decode("utf-16-le")


@pytest.mark.parametrize("option", ["--" + 400 * "x", "--" + 400 * "ä", "--" + 200 * "\U0001F600"],
                         ids=["ascii", "latin", "pairs"])
def test_an_events_strings_are_cut_to_255_units(installation: Installation, user_bridge: Bridge,
                                                option: str) -> None:
    installation.fakes.personas(PLAIN_USER)
    refuse(installation, user_bridge, option)
    event, = events(installation, "You have specified an option")
    lengths = [len(text.encode("utf-16-le")) // 2 for text in event["strings"]]
    assert max(lengths) < 256
    assert lengths[1] > 200


def test_no_secret_is_logged(installation: Installation, user_bridge: Bridge,
                             start_session: SessionMaker) -> None:
    installation.fakes.personas(PLAIN_USER)
    session = start_session(stdin="hunter2\n", options="--setenv TOKEN swordfish")
    session.openvpn.die(1)
    session.client.read()
    session.client.wait_closed()
    refuse(installation, user_bridge, "--setenv TOKEN swordfish --up evil")

    def text() -> str:
        return "\n".join(installation.record.events())

    assert eventually(lambda: "--up" in text(), bool)
    assert "hunter2" not in text() and "swordfish" not in text()


def test_an_event_log_that_fails_stops_nothing(installation: Installation, user_bridge: Bridge,
                                               start_session: SessionMaker) -> None:
    installation.fakes.personas(PLAIN_USER)
    installation.fakes.fail("RegisterEventSourceW", ACCESS_DENIED, times=0)
    refuse(installation, user_bridge, "--up evil")
    assert start_session().reply.process
    assert not installation.record.calls("ReportEventW")


def test_undisturbed_operation_writes_no_events(installation: Installation,
                                                start_session: SessionMaker) -> None:
    mark = restart(installation)
    session = start_session()
    session.end()
    installation.stop()
    assert installation.record.events(since=mark) == []
