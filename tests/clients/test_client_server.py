# SPDX-License-Identifier: MIT
"""Whether a client knows whom it talks to, and finds the service."""
from __future__ import annotations

import pytest

from clients.conftest import StartClient
from clients.support.meeting import Meet
from clients.support.openvpn import SILENCE
from clients.support.program import Client, Run
from clients.support.stand_in import StandIn
from harness.bridge import WAIT_TIMEOUT, Bridge, BridgeError
from harness.pipe import IDENTIFICATION, Pipe
from harness.service import State

IMPERSONATION_LEVEL, DELEGATION_LEVEL = 2, 3

#: The seconds that a client is told to wait where nothing comes.
SHORT = 2


def gets_nothing(pipe: Pipe, run: Run, client: Client) -> None:
    """A client opens this pipe, leaves without a word, and fails."""
    pipe.accept()
    with pytest.raises(BridgeError) as caught:
        data = pipe.read()
        pytest.fail(f"expected the end of the connection; came {len(data)} bytes")
    assert caught.value.code != WAIT_TIMEOUT, "expected the end of the connection; came nothing"
    if not client.is_window:
        assert run.wait() != 0


def test_nothing_is_sent_to_another_process_than_the_service_s(
        service: StandIn, start_client: StartClient, bridge: Bridge, client: Client) -> None:
    foreign = service.open_pipe(bridge)
    gets_nothing(foreign, start_client(timeout=SHORT), client)


def test_nothing_is_sent_to_a_pipe_when_the_service_is_stopped(
        service: StandIn, start_client: StartClient, bridge: Bridge, client: Client) -> None:
    service.stop()
    foreign = service.open_pipe(bridge)
    gets_nothing(foreign, start_client(timeout=SHORT), client)


def test_nothing_is_sent_to_a_pipe_when_there_is_no_service(
        service: StandIn, start_client: StartClient, bridge: Bridge, client: Client) -> None:
    service.uninstall()
    foreign = service.open_pipe(bridge)
    gets_nothing(foreign, start_client(timeout=SHORT), client)


def test_nothing_is_sent_to_another_process_that_waits_beside_the_service(
        service: StandIn, start_client: StartClient, bridge: Bridge, client: Client) -> None:
    """The service's own instance of the pipe is taken, and another process has made one, too."""
    busy = service.open_pipe()
    other = Pipe.connect(bridge, service.pipe_name, flags=IDENTIFICATION)
    try:
        foreign = service.open_pipe(bridge)
        gets_nothing(foreign, start_client(timeout=SHORT), client)
    finally:
        other.close()
        busy.close()


def test_the_service_may_act_as_the_user(meet: Meet) -> None:
    """Without that it can't start openvpn.exe with the user's rights."""
    assert meet().pipe.level() in (IMPERSONATION_LEVEL, DELEGATION_LEVEL)


def test_the_service_may_not_act_as_the_user_on_other_machines(meet: Meet) -> None:
    assert meet().pipe.level() != DELEGATION_LEVEL


def test_a_missing_service_is_an_error(
        service: StandIn, console_client: Client, start_client: StartClient) -> None:
    service.uninstall()
    run = start_client(timeout=SHORT)
    assert run.wait() != 0
    assert run.said().strip(), "it says nothing of it"


def test_a_stopped_service_is_an_error(
        service: StandIn, console_client: Client, start_client: StartClient) -> None:
    service.stop()
    run = start_client(timeout=SHORT)
    assert run.wait() != 0
    assert run.said().strip(), "it says nothing of it"


def test_a_service_without_a_pipe_is_an_error(
        service: StandIn, console_client: Client, start_client: StartClient) -> None:
    run = start_client(timeout=SHORT)
    assert run.wait() != 0
    assert run.said().strip(), "it says nothing of it"


def test_a_busy_pipe_is_waited_for(
        service: StandIn, start_client: StartClient, bridge: Bridge) -> None:
    busy = service.open_pipe()
    other = Pipe.connect(bridge, service.pipe_name, flags=IDENTIFICATION)
    try:
        busy.accept()
        start_client()
        with pytest.raises(BridgeError):
            busy.read(SILENCE)
        free = service.open_pipe()
        free.accept()
        assert free.read()
    finally:
        other.close()


def test_a_starting_service_is_waited_for(service: StandIn, start_client: StartClient) -> None:
    """Its pipe is there already. Nothing is sent before it runs, or else it is served as it is:
    the reference takes clients only when it runs."""
    service.start(State.START_PENDING)
    pipe = service.open_pipe()
    start_client()
    pipe.accept()
    service.start(State.RUNNING)
    try:
        data = pipe.read()
    except BridgeError:  # it has left, and comes again
        pipe.disconnect()
        pipe.accept()
        data = pipe.read()
    assert data
