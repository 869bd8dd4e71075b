# SPDX-License-Identifier: MIT
"""What Windows' service manager does with the service."""
from __future__ import annotations

import threading
import time
from typing import Callable, List

import pytest

from hardware.support import here, powershell
from hardware.support.adapter import Adapter
from hardware.support.release import Release, now
from harness.bridge import Bridge, BridgeError
from harness.client import CLOSED, Client
from harness.eventually import HANG, eventually
from harness.messages import route
from harness.service import CONTROL_STOP, State
from harness.session import Session

#: Enough that a stop is not over before one has looked.
ROUTES = 400

#: The seconds in which a service that cannot start is looked at, and the starts in them that its
#: failure actions give at most.
WATCHED, MOST_STARTS = 20, 2

#: Ids of events: docs/recovery.md, "Event ids".
WRONG_SETTING, WRONG_COMMAND_LINE = 401, 402


def add_routes(session: Session, tap: Adapter, count: int) -> None:
    """Into the networks of the tests."""
    for i in range(count):
        network = here.allowed(f"198.18.{i // 2 % 256}.{i % 2 * 128}/25")
        assert session.openvpn.request(route(network, "0.0.0.0", tap.index)) == 0


def test_a_service_that_cannot_start_is_not_started_all_the_time(release: Release) -> None:
    release.stop()
    assert release.command("-remove") == 0
    release.registry.set_text(release.key, "priority", "NONSENSE")
    try:
        assert release.command("-install") == 0  # with its own failure actions
        since = now()
        release.try_start()
        deadline = time.monotonic() + WATCHED
        while time.monotonic() < deadline:
            time.sleep(1)  # it is the time itself that is watched
        complaints = [text for text in release.events(since) if "priority" in text]
        assert 1 <= len(complaints) <= MOST_STARTS
    finally:
        release.forbid_restarts()
        release.registry.delete(release.key, "priority")


def test_an_event_is_found_by_its_id(release: Release) -> None:
    since = now()
    assert release.command("-strat") != 0
    found = eventually(lambda: release.events(since, WRONG_COMMAND_LINE), bool)
    assert any("Unknown word in the command line: -strat" in text for text in found)
    assert not [text for text in release.events(since, WRONG_SETTING) if "-strat" in text]


def wait_for_the_end(client: Client) -> int:
    """Read until the pipe ends, whatever the service says before; the error."""
    while True:
        try:
            client.pipe.read()
        except BridgeError as error:
            return error.code


@pytest.mark.adapter
def test_no_client_is_left_unserved_by_a_stop(release: Release, user_bridge: Bridge,
                                              plugged: Adapter,
                                              connect: Callable[..., Session]) -> None:
    add_routes(connect(), plugged, ROUTES)
    accepted: List[Client] = []
    stopped = threading.Event()

    def knock() -> None:
        while not stopped.is_set():
            try:
                accepted.append(Client(user_bridge, release.pipe_name, seconds=1))
            except BridgeError:
                continue

    thread = threading.Thread(target=knock)
    thread.start()
    try:
        release.service.control(CONTROL_STOP)
        release.service.wait(State.STOPPED)
    finally:
        stopped.set()
        thread.join(HANG)
    for client in accepted:
        assert wait_for_the_end(client) in CLOSED
        client.close()


@pytest.mark.adapter
def test_windows_waits_for_a_stop_that_takes_long(release: Release, plugged: Adapter,
                                                  connect: Callable[..., Session]) -> None:
    add_routes(connect(), plugged, ROUTES)
    powershell.run(["net.exe", "stop", release.service.name], seconds=4 * HANG)
    assert release.service.status().state == State.STOPPED
