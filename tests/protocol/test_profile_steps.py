# SPDX-License-Identifier: MIT
"""The service dies, and the power fails, while there is a copy of a user's profile, and while it is
made and removed: after the next start no key is left. A sample of ci/sweep, in which each function
that makes, changes or removes a file or folder is met, and some others."""
from __future__ import annotations

from typing import Callable, Dict, List

import pytest

from protocol.support.crash_points import ACTIONS
from protocol.support.kill_switch_steps import RELEASE
from protocol.support.lifecycle import Death, Lifecycle
from protocol.support.profile_points import (STEPS, KeyLeft, ProfilePoint, Shelf, Step, count_step,
                                             try_profile_point)
from protocol.support.profile_user import SECRET

LifecycleMaker = Callable[..., Lifecycle]

pytestmark = pytest.mark.undo

#: What a copy's life is made of.
FILES = ("CreateFileW", "WriteFile", "DeleteFileW", "CreateDirectoryW", "RemoveDirectoryW")

#: The calls of two runs differ by a few, so that some deaths do not happen.
MOST_MISSED = 1


def sample(calls: Dict[str, int]) -> List[ProfilePoint]:
    """Calls for files, each one before or after its effect in turn; of other functions each sixth
    one is met once."""
    deaths = [Death(call, nth, ACTIONS[nth % 2])
              for call in FILES for nth in range(1, calls.get(call, 0) + 1)]
    others = [call for call in calls if call not in FILES]
    deaths += [Death(call, 1, ACTIONS[number % 2]) for number, call in enumerate(others[::6])]
    return [ProfilePoint(STEPS[0], death, number % 3 == 0) for number, death in enumerate(deaths)]


@pytest.fixture(name="lifecycle")
def with_profiles(lifecycle_with: LifecycleMaker) -> Lifecycle:
    """Of a service that takes profiles of users."""
    return lifecycle_with(RELEASE.program, True)


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_no_death_leaves_a_key_after_the_next_start(lifecycle: Lifecycle, step: Step) -> None:
    points = [ProfilePoint(step, point.death, point.power_fails)
              for point in sample(count_step(lifecycle, step))]
    missed = [str(point) for point in points if not try_profile_point(lifecycle, point)]
    assert len(missed) <= MOST_MISSED, missed


def test_a_key_that_is_left_is_found(lifecycle: Lifecycle) -> None:
    def leave(shelf: Shelf) -> None:
        (shelf.installation.host_folder / "log" / "left").write_text(SECRET, encoding="ascii")

    careless = Step("careless", leave, Shelf.play)
    with pytest.raises(KeyLeft):
        try_profile_point(lifecycle, ProfilePoint(careless, Death("WriteFile", 1, "die"), False))
