# SPDX-License-Identifier: MIT
"""The service dies, and the power fails, in the transitions of the kill switch: never does more
pass than the policy in force allows, and a stop leaves nothing. A sample of ci/sweep, in which each
transition dies before and after the call that makes it, and at one other."""
from __future__ import annotations

from typing import Callable, Dict, List

import pytest

from protocol.support.crash_points import ACTIONS
from protocol.support.kill_switch import GATEWAYS
from protocol.support.kill_switch_steps import (COMMIT, RELEASE, TRANSITIONS, KillSwitchPoint,
                                                Stage, Transition, count_transition, nothing,
                                                starts, try_kill_switch_point)
from protocol.support.lifecycle import Death, Lifecycle

LifecycleMaker = Callable[[str], Lifecycle]

pytestmark = pytest.mark.undo


def sample(transition: Transition, calls: Dict[str, int]) -> List[KillSwitchPoint]:
    """Each transition has another function in turn."""
    number = TRANSITIONS.index(transition)
    others = [call for call in calls if call != COMMIT]
    call = others[5 * number % len(others)]
    other = Death(call, (calls[call] + 1) // 2, ACTIONS[number % len(ACTIONS)])
    return [KillSwitchPoint(transition, Death(COMMIT, 1, "die"), number % 2 == 0),
            KillSwitchPoint(transition, Death(COMMIT, 1, "die_after"), number % 2 == 1),
            KillSwitchPoint(transition, other, number % 4 < 2)]


@pytest.mark.parametrize("transition", TRANSITIONS, ids=str)
def test_a_transition_is_whole_or_has_not_happened(lifecycle_with: LifecycleMaker,
                                                   transition: Transition) -> None:
    lifecycle = lifecycle_with(RELEASE.program)
    points = sample(transition, count_transition(lifecycle, transition))
    missed = [str(point) for point in points if not try_kill_switch_point(lifecycle, point)]
    assert not missed


def _in_two_steps(stage: Stage) -> None:
    stage.stop()
    stage.start("lockdown")


@pytest.mark.parametrize("wrong", [
    Transition("in two steps", "C", "L", starts(*GATEWAYS), _in_two_steps),
    Transition("too open", "off", "L", nothing, starts(*GATEWAYS))], ids=str)
def test_what_is_wrong_is_found(lifecycle_with: LifecycleMaker, wrong: Transition) -> None:
    point = KillSwitchPoint(wrong, Death(COMMIT, 1, "die_after"), False)
    with pytest.raises(AssertionError):
        try_kill_switch_point(lifecycle_with(RELEASE.program), point)
