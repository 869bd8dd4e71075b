# SPDX-License-Identifier: MIT
"""Every point at which the service can die: before and after the effect of each of its calls to
Windows, in a session and in the recovery from that."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Iterator, List, Optional, Tuple

from harness.fakes import Action
from protocol.lives import Death, Lives
from protocol.scripts import Script

ACTIONS: List[Action] = ["die", "die_after"]


@dataclass(frozen=True)
class Point:
    """A session of this script dies there, or, without `session`, it is killed when it has changed
    everything; the next starts die, too, of one `recovery` each."""

    script: Script
    session: Optional[Death] = None
    recovery: Tuple[Death, ...] = ()

    def __str__(self) -> str:
        parts = [f"{self.script.name} session: {self.session or 'killed at its end'}"]
        return ", ".join(parts + [f"recovery: {death}" for death in self.recovery])


def count_session(lives: Lives, script: Script) -> Dict[str, int]:
    """Calls of a session that nothing interrupts, of a service that has only just begun."""
    lives.kill()
    lives.revive()
    before = lives.settled_calls()
    answers = lives.play(script, ends=True)
    assert len(answers) == len(script.messages)
    calls = _since(before, lives.settled_calls())
    lives.check()
    return calls


def count_recovery(lives: Lives, script: Script) -> Dict[str, int]:
    """Calls of the start after a session that was killed at its end."""
    lives.play(script, ends=False)
    before = lives.settled_calls()
    lives.revive()
    calls = _since(before, lives.settled_calls())
    lives.check()
    return calls


def _since(before: Dict[str, int], after: Dict[str, int]) -> Dict[str, int]:
    calls = {call: count - before.get(call, 0) for call, count in sorted(after.items())}
    return {call: count for call, count in calls.items() if count}


def deaths(calls: Dict[str, int]) -> Iterator[Death]:
    """Before and after each."""
    for call, count in calls.items():
        for nth in range(1, count + 1):
            for action in ACTIONS:
                yield Death(call, nth, action)


def try_point(lives: Lives, point: Point) -> List[str]:
    """Die there, start again, and look. The calls at which processes have died: fewer than there
    should, where a function was not called as often as the last time. Raises NotAsBefore."""
    with lives.trial():
        if point.session:
            lives.expect(point.session)
        lives.play(point.script, ends=point.session is not None)
        dead = lives.wait_dead(1) if point.session else []
        for death in point.recovery:
            lives.expect(death)
        if not lives.is_alive():
            lives.revive()
        dead = lives.wait_dead(len(dead) + len(point.recovery))
    return dead
