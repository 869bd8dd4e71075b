# SPDX-License-Identifier: MIT
"""Crash points: before and after the effect of each call that the service makes to Windows, in a
session, in a `stop` that ends it, and in the recovery from the service's death."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Iterator, List, Optional, Tuple

from harness.fakes import Action
from protocol.support.lifecycle import Death, FragileSession, Lifecycle
from protocol.support.scripts import Script

ACTIONS: List[Action] = ["die", "die_after"]


@dataclass(frozen=True)
class CrashPoint:
    """The service dies at `session` while it serves this script, or at `stop` while a client of the
    control pipe ends the session after the script's last change, or else it is killed then. After
    that each following start dies at one death of `recovery`."""

    script: Script
    session: Optional[Death] = None
    recovery: Tuple[Death, ...] = ()
    stop: Optional[Death] = None

    def __str__(self) -> str:
        how = (f"stop: {self.stop}" if self.stop
               else f"session: {self.session or 'killed at its end'}")
        return ", ".join([f"{self.script.name} {how}",
                          *(f"recovery: {death}" for death in self.recovery)])

    def end(self, lifecycle: Lifecycle, session: FragileSession) -> None:
        """End the session, if the service has not died before."""
        if self.stop:
            lifecycle.inject(self.stop)
            session.stop()
        elif self.session:
            session.end()
        else:
            lifecycle.kill()


def count_session(lifecycle: Lifecycle, script: Script) -> Dict[str, int]:
    """Calls that a service makes in its first session, which nothing interrupts."""
    lifecycle.kill()
    lifecycle.restart()
    before = lifecycle.stable_calls()
    answers = lifecycle.play(script, FragileSession.end)
    assert len(answers) == len(script.messages)
    calls = _since(before, lifecycle.stable_calls())
    lifecycle.check()
    return calls


def count_stop(lifecycle: Lifecycle, script: Script) -> Dict[str, int]:
    """Calls of a service that is asked to stop a session, until everything is undone."""
    before: Dict[str, int] = {}

    def stop(session: FragileSession) -> None:
        before.update(lifecycle.stable_calls())
        session.stop()

    lifecycle.play(script, stop)
    calls = _since(before, lifecycle.stable_calls())
    lifecycle.check()
    return calls


def count_recovery(lifecycle: Lifecycle, script: Script) -> Dict[str, int]:
    """Calls of the start after the service was killed at the end of a session."""
    lifecycle.play(script, lambda _: lifecycle.kill())
    before = lifecycle.stable_calls()
    lifecycle.restart()
    calls = _since(before, lifecycle.stable_calls())
    lifecycle.check()
    return calls


def _since(before: Dict[str, int], after: Dict[str, int]) -> Dict[str, int]:
    calls = {call: count - before.get(call, 0) for call, count in sorted(after.items())}
    return {call: count for call, count in calls.items() if count}


def deaths(calls: Dict[str, int]) -> Iterator[Death]:
    """One death before and one after the effect of each call."""
    for call, count in calls.items():
        for nth in range(1, count + 1):
            for action in ACTIONS:
                yield Death(call, nth, action)


def try_crash_point(lifecycle: Lifecycle, point: CrashPoint) -> List[str]:
    """Die at this point, restart, and check the machine. Returns the calls at which processes have
    died: fewer than planned if a function was called less often than when the calls were counted.
    Raises NotRestored."""
    with lifecycle.trial():
        if point.session:
            lifecycle.inject(point.session)
        lifecycle.play(point.script, lambda session: point.end(lifecycle, session))
        dead = lifecycle.wait_deaths(1) if point.session or point.stop else []
        for death in point.recovery:
            lifecycle.inject(death)
        if not lifecycle.is_alive():
            lifecycle.restart()
        dead = lifecycle.wait_deaths(len(dead) + len(point.recovery))
    return dead
