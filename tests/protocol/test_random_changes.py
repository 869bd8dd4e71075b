# SPDX-License-Identifier: MIT
"""Sessions send random messages, valid and malformed, while calls fail and the service dies:
afterwards the machine is as before. $GATEHOUSE_EXAMPLES says how many are tried."""
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
    """One to three runs of the service, each with one to three sessions."""
    return make_scenario(HypothesisChoices(draw))


@pytest.mark.timeout(0)  # shrinking a failure takes its time
@EXAMPLES
@given(scenario=scenarios())
def test_machine_is_as_before_after_any_scenario(lifecycle_with: Callable[[str], Lifecycle],
                                                 scenario: Scenario) -> None:
    note(str(scenario))
    play(lifecycle_with(scenario.release.program), scenario)
