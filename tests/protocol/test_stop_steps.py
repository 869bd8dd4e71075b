# SPDX-License-Identifier: MIT
"""A session is stopped over the control pipe at any step of it, and the service dies at any step of
a stop: afterwards the machine is as before. A sample of ci/sweep, in which each function is met
once."""
from __future__ import annotations

from itertools import groupby
from typing import Callable, Dict, List

import pytest

from protocol.support.crash_points import (ACTIONS, CrashPoint, count_session, count_stop,
                                           try_crash_point)
from protocol.support.lifecycle import Death, Lifecycle
from protocol.support.scripts import NEWEST, SCRIPTS, Script
from protocol.support.stop_points import stop_points, try_stop_point

LifecycleMaker = Callable[[str], Lifecycle]

pytestmark = pytest.mark.undo

#: The calls of two runs differ by a few, so that some points are not reached.
MOST_MISSED = 2

#: Only where the journal has become large at the end of a session, and is emptied: which session
#: that is depends on those before it.
OF_A_LARGE_JOURNAL = {"MoveFileExW", "DeleteFileW", "SetFilePointerEx"}


def new_calls(lifecycle_with: LifecycleMaker, script: Script) -> Dict[str, int]:
    """The calls of a session, to functions that those of the scripts before it do not call."""
    seen: Dict[str, int] = {}
    for each in SCRIPTS[:SCRIPTS.index(script)]:
        seen.update(count_session(lifecycle_with(each.release.program), each))
    calls = count_session(lifecycle_with(script.release.program), script)
    return {call: count for call, count in calls.items() if call not in seen}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: str(script.name))
def test_a_session_is_stopped_at_any_function(lifecycle_with: LifecycleMaker, script: Script
                                              ) -> None:
    calls = new_calls(lifecycle_with, script)
    lifecycle = lifecycle_with(script.release.program)
    points = [list(each) for _, each in groupby(stop_points(script, calls), lambda at: at.call)]
    middles = [each[len(each) // 2] for each in points]
    missed = [str(point) for point in middles
              if not try_stop_point(lifecycle, point) and point.call not in OF_A_LARGE_JOURNAL]
    assert len(missed) <= MOST_MISSED, missed


def test_death_at_any_function_of_a_stop_is_undone_by_the_next_start(
        lifecycle_with: LifecycleMaker) -> None:
    lifecycle = lifecycle_with(NEWEST.release.program)
    missed: List[str] = []
    for number, (call, count) in enumerate(count_stop(lifecycle, NEWEST).items()):
        death = Death(call, (count + 1) // 2, ACTIONS[number % len(ACTIONS)])
        dead = try_crash_point(lifecycle, CrashPoint(NEWEST, stop=death))
        missed += [] if dead else [str(death)]
    assert len(missed) <= MOST_MISSED, missed


def test_a_stop_is_among_what_is_died_at(lifecycle_with: LifecycleMaker) -> None:
    calls = count_stop(lifecycle_with(NEWEST.release.program), NEWEST)
    assert {"ImpersonateNamedPipeClient", "OpenEventW", "DeleteIpForwardEntry2",
            "DisconnectNamedPipe"} <= set(calls)
