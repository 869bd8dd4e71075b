# SPDX-License-Identifier: MIT
"""Sessions say anything, well or badly formed, while anything fails and the service dies: after
the end the state is the state before. $GATEHOUSE_EXAMPLES says how many are tried."""
from __future__ import annotations

import os
from typing import Callable

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from protocol.support.chaos import HypothesisChoices, Scenario, make_scenario, play
from protocol.support.lifecycle import Lifecycle

pytestmark = pytest.mark.undo

EXAMPLES = settings(max_examples=int(os.environ.get("GATEHOUSE_EXAMPLES", "6")), deadline=None,
                    derandomize=True, database=None,
                    suppress_health_check=[HealthCheck.function_scoped_fixture,
                                           HealthCheck.too_slow, HealthCheck.data_too_large])


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """One to three lives of one to three sessions."""
    return make_scenario(HypothesisChoices(draw))


@pytest.mark.timeout(0)  # a failure is made small, which takes its time
@EXAMPLES
@given(scenario=scenarios())
def test_after_the_end_the_state_is_the_state_before(lifecycle_with: Callable[[str], Lifecycle],
                                                     scenario: Scenario) -> None:
    note(str(scenario))
    play(lifecycle_with(scenario.release.program), scenario)
