# SPDX-License-Identifier: MIT
"""Sessions say anything, well or badly formed, while anything fails and the service dies: after
the end the state is the state before. $GATEHOUSE_EXAMPLES says how many are tried."""
from __future__ import annotations

import os
from typing import Callable

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from protocol.lives import Lives
from protocol.turmoil import Drawn, Turmoil, make_turmoil, play

pytestmark = pytest.mark.undo

EXAMPLES = settings(max_examples=int(os.environ.get("GATEHOUSE_EXAMPLES", "6")), deadline=None,
                    derandomize=True, database=None,
                    suppress_health_check=[HealthCheck.function_scoped_fixture,
                                           HealthCheck.too_slow, HealthCheck.data_too_large])


@st.composite
def turmoils(draw: st.DrawFn) -> Turmoil:
    """One to three lives of one to three sessions."""
    return make_turmoil(Drawn(draw))


@pytest.mark.timeout(0)  # a failure is made small, which takes its time
@EXAMPLES
@given(turmoil=turmoils())
def test_after_the_end_the_state_is_the_state_before(lives_with: Callable[[str], Lives],
                                                     turmoil: Turmoil) -> None:
    note(str(turmoil))
    play(lives_with(turmoil.release.program), turmoil)
