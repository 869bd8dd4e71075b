# SPDX-License-Identifier: MIT
"""Stops at every step: a session is ended over the control pipe while the service is held up at one
of its calls to Windows. Whatever it was at, the stop begins at once, all is undone, and the answer
is a success."""
from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Dict, Iterator

from harness.bridge import BridgeError
from harness.control import Pending
from harness.eventually import HANG, SHORT_PAUSE, eventually
from harness.openvpn import OpenvpnError
from protocol.support.lifecycle import CONNECTION_LOST, FragileSession, Lifecycle
from protocol.support.scripts import Script

#: Functions that the listener's thread calls too: while it is held up no new client is served. So
#: these calls go on after some seconds.
_OF_THE_LISTENER = {"ConnectNamedPipe", "CreateNamedPipeW", "OpenProcess", "OpenProcessToken",
                    "GetTokenInformation", "_beginthreadex"}
_MOST_HELD = 1.0

#: What a stop does to a session first.
_TELLING = ("OpenEventW", "TerminateProcess")


#: Where the model of the machine is locked, so that the test itself would wait.
_LOCKED = {"Commit"}


@dataclass(frozen=True)
class StopPoint:
    """The session is stopped while the service is at the nth call of a function."""

    script: Script
    call: str
    nth: int

    def __str__(self) -> str:
        return f"{self.script.name} stopped at: {self.call} {self.nth}"


def stop_points(script: Script, calls: Dict[str, int]) -> Iterator[StopPoint]:
    """One at each of these calls of a session."""
    for call, count in calls.items():
        if call not in _LOCKED:
            for nth in range(1, count + 1):
                yield StopPoint(script, call, nth)


class _Play:
    """A session that somebody else may end at any moment."""

    def __init__(self, lifecycle: Lifecycle, script: Script) -> None:
        self._lifecycle = lifecycle
        self._script = script
        self.is_stopped = threading.Event()

    def run(self) -> None:
        """To its end, or until it is ended."""
        session = FragileSession(self._lifecycle)
        try:
            session.begin(self.is_stopped.is_set)
            session.openvpn.batch(self._script.data())
            session.end()
        except (BridgeError, OpenvpnError) as error:
            if error.code not in CONNECTION_LOST:
                raise
        finally:
            session.close()


def _is_held(lifecycle: Lifecycle, playing: "Future[None]") -> bool:
    """Wait until the service is at the point, or the session has ended without that."""
    fakes = lifecycle.installation.fakes
    eventually(lambda: playing.done() or bool(fakes.waiting()), bool, longest_pause=SHORT_PAUSE)
    return not playing.done()


def _telling(lifecycle: Lifecycle) -> int:
    calls: Dict[str, int] = lifecycle.installation.calls()
    return sum(calls.get(call, 0) for call in _TELLING)


def _wait_begun(lifecycle: Lifecycle, point: StopPoint, pending: Pending, before: int) -> None:
    """Wait until the stop has told the session to end or, as long as there is none, is answered."""
    may_be_late = point.call in _OF_THE_LISTENER
    has_begun = eventually(lambda: pending.is_there() or _telling(lifecycle) > before, bool,
                           _MOST_HELD if may_be_late else HANG, SHORT_PAUSE)
    assert has_begun or may_be_late, f"no stop begins while a session is at {point.call}"


def _stop(lifecycle: Lifecycle, point: StopPoint) -> None:
    """Stop all sessions while the service is held up, and then no longer."""
    before = _telling(lifecycle)
    control = lifecycle.installation.control(lifecycle.client_bridge)
    try:
        pending = control.begin("stop", "all")
        _wait_begun(lifecycle, point, pending, before)
        lifecycle.installation.fakes.clear_faults()
        reply = pending.end()
    finally:
        control.close()
    assert reply.code == 0, reply


def try_stop_point(lifecycle: Lifecycle, point: StopPoint) -> bool:
    """Stop the session there, and check the machine. Returns whether the point was reached. Raises
    NotRestored."""
    play = _Play(lifecycle, point.script)
    with lifecycle.trial(), ThreadPoolExecutor(1) as pool:
        lifecycle.installation.fakes.fault(point.call, "block", nth=point.nth)
        playing = pool.submit(play.run)
        try:
            is_reached = _is_held(lifecycle, playing)
            if is_reached:
                _stop(lifecycle, point)
        finally:
            lifecycle.installation.fakes.clear_faults()
            play.is_stopped.set()
        playing.result()
    return is_reached
