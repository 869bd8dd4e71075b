# SPDX-License-Identifier: MIT
"""Crash points: before and after the effect of each call that the service makes to Windows, in a
session and in the recovery from its death."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Iterator, List, Optional, Tuple

from harness.fakes import Action
from protocol.support.lifecycle import Death, Lifecycle
from protocol.support.scripts import Script

ACTIONS: List[Action] = ["die", "die_after"]


@dataclass(frozen=True)
class CrashPoint:
    """The service dies at `session` while it serves this script or, without `session`, is killed
    after the script's last change. Then each following start dies at one death of `recovery`."""

    script: Script
    session: Optional[Death] = None
    recovery: Tuple[Death, ...] = ()

    def __str__(self) -> str:
        parts = [f"{self.script.name} session: {self.session or 'killed at its end'}"]
        return ", ".join(parts + [f"recovery: {death}" for death in self.recovery])


def count_session(lifecycle: Lifecycle, script: Script) -> Dict[str, int]:
    """Calls that a service makes in its first session, which nothing interrupts."""
    lifecycle.kill()
    lifecycle.restart()
    before = lifecycle.stable_calls()
    answers = lifecycle.play(script, ends=True)
    assert len(answers) == len(script.messages)
    calls = _since(before, lifecycle.stable_calls())
    lifecycle.check()
    return calls


def count_recovery(lifecycle: Lifecycle, script: Script) -> Dict[str, int]:
    """Calls of the start after the service was killed at the end of a session."""
    lifecycle.play(script, ends=False)
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
        lifecycle.play(point.script, ends=point.session is not None)
        dead = lifecycle.wait_deaths(1) if point.session else []
        for death in point.recovery:
            lifecycle.inject(death)
        if not lifecycle.is_alive():
            lifecycle.restart()
        dead = lifecycle.wait_deaths(len(dead) + len(point.recovery))
    return dead
