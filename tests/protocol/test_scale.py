# SPDX-License-Identifier: MIT
"""Many sessions at once, and many one after the other."""
from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Callable, List

import pytest

from harness import process
from harness.bridge import Bridge, BridgeError
from harness.eventually import HANG, eventually
from harness.installation import Installation
from harness.messages import decode_acknowledgement, encode, route
from harness.pipe import ERROR_BROKEN_PIPE, ERROR_NO_DATA
from harness.process import handle_count
from harness.service import CONTROL_STOP, State
from harness.session import Session

SessionMaker = Callable[..., Session]

SESSIONS, ROUTES, AFTER_ONE_ANOTHER = 100, 50, 100

#: Seconds, enough for a loaded machine.
STARTED_WITHIN, ENDED_WITHIN = 5 * HANG, 5 * HANG


def routes_of(number: int) -> List[bytes]:
    """The requests of one of many sessions: each has its own routes, and the first one is shared by
    all."""
    own = [encode(route(f"10.{100 + number // 4}.{number % 4 * 64 + each}.0/24", "10.8.0.1", 2))
           for each in range(1, ROUTES)]
    return [encode(route("10.50.0.0/16", "10.8.0.1", 2)), *own]


def add_routes(sessions: List[Session]) -> None:
    """Let all sessions send their requests at the same time."""
    def ask(number: int) -> List[int]:
        answers = sessions[number].openvpn.batch(routes_of(number)).answers
        return [decode_acknowledgement(answer)[0] for answer in answers]

    with ThreadPoolExecutor(20) as pool:
        results = list(pool.map(ask, range(len(sessions))))
    assert results == [[0] * ROUTES] * len(sessions)


def start_many(start: SessionMaker, count: int) -> List[Session]:
    """Start so many sessions at the same time."""
    with ThreadPoolExecutor(10) as pool:
        starting = [pool.submit(start) for _ in range(count)]
        return [each.result(STARTED_WITHIN) for each in starting]


def end(number: int, session: Session, bridge: Bridge, is_stopping: bool) -> None:
    """End each session in one of four ways, by turns; a service that stops may have ended it first.
    """
    ways: List[Callable[[], None]] = [
        lambda: session.openvpn.exit(0), lambda: session.openvpn.die(5),
        lambda: process.kill(bridge, session.process.id), session.openvpn.close]
    try:
        ways[number % len(ways)]()
    except BridgeError as error:
        if not is_stopping or error.code not in (ERROR_BROKEN_PIPE, ERROR_NO_DATA):
            raise


@pytest.mark.undo
@pytest.mark.parametrize("stop", [False, True], ids=["each its own end", "service stopped"])
def test_a_hundred_sessions_leave_no_route(installation: Installation, bridge: Bridge,
                                           start_session: SessionMaker, stop: bool) -> None:
    installation.fakes.recording("service")
    sessions = start_many(start_session, SESSIONS)
    add_routes(sessions)
    assert len(installation.differences()) == SESSIONS * (ROUTES - 1) + 1
    if stop:
        installation.service.control(CONTROL_STOP)
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda item: end(item[0], item[1], bridge, stop), enumerate(sessions)))
    if stop:
        installation.service.wait(State.STOPPED, seconds=ENDED_WITHIN)
    left = eventually(installation.differences, lambda rows: not rows, ENDED_WITHIN)
    assert not left


def test_sessions_one_after_another_leave_no_handle(installation: Installation, bridge: Bridge,
                                                    start_session: SessionMaker) -> None:
    installation.fakes.recording("service")
    service = installation.service.status().process

    def one() -> None:
        session = start_session(stdin="secret\n")
        session.openvpn.request(route("10.20.0.0/16", "10.8.0.1", 2))
        session.end()
        session.close()

    for _ in range(3):  # what is loaded at first use stays
        one()
    before = eventually(lambda: handle_count(bridge, service), lambda count: False, 0.2)
    for _ in range(AFTER_ONE_ANOTHER):
        one()
    after = eventually(lambda: handle_count(bridge, service), lambda count: count <= before)
    assert after <= before
