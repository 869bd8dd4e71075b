# SPDX-License-Identifier: MIT
"""The service dies while it takes an update over and has it installed: the next start knows what
has become of it, and nothing is tried twice. A sample: with $GATEHOUSE_EVERY_STEP at each call."""
from __future__ import annotations

import os
from typing import Callable

import pytest

from release.support.update_steps import count_steps, every_step, sample_of, try_step
from release.support.updated_service import Updated

#: The calls of two runs differ by a few, so that some deaths do not happen.
MOST_MISSED = 3


@pytest.mark.timeout(7200)
def test_death_at_any_call_leaves_an_update_whole_or_not_begun(
        make_updated: Callable[..., Updated], capsys: pytest.CaptureFixture[str]) -> None:
    updated = make_updated()
    calls = count_steps(updated)
    choose = every_step if os.environ.get("GATEHOUSE_EVERY_STEP") else sample_of
    deaths = list(choose(calls))
    missed = [str(death) for death in deaths if not try_step(updated, death)]
    with capsys.disabled():
        print(f"\n{len(deaths) - len(missed)} deaths at the {sum(calls.values())} calls of an "
              f"update; not reached: {', '.join(missed) or 'none'}")
    assert len(missed) <= max(MOST_MISSED, len(deaths) // 10)
