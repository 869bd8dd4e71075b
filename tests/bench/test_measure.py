# SPDX-License-Identifier: MIT
"""Turns and their statistics."""
from __future__ import annotations

from typing import Callable, List

import pytest

from bench.measure import Sample, in_turns, ratio


def test_a_sample_has_a_median_and_quartiles() -> None:
    sample = Sample((5.0, 1.0, 2.0, 4.0, 100.0))
    assert sample.median == 4.0
    assert sample.quartiles == (2.0, 5.0)


def test_a_sample_of_one_has_no_width() -> None:
    assert Sample((3.0,)).quartiles == (3.0, 3.0)


def test_a_ratio_is_taken_turn_by_turn() -> None:
    slow_while_all_is_slow = Sample((10.0, 100.0))
    assert ratio(slow_while_all_is_slow, Sample((5.0, 50.0))).values == (2.0, 2.0)


def test_sides_take_turns_and_change_their_order() -> None:
    order: List[str] = []

    def side(name: str) -> Callable[[], float]:
        def turn() -> float:
            order.append(name)
            return float(len(order))
        return turn

    samples = in_turns([side("a"), side("b")], 3)
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert samples[0].values == (1.0, 4.0, 5.0)
    assert samples[1].values == (2.0, 3.0, 6.0)


@pytest.mark.parametrize("turns", [1, 4])
def test_progress_is_reported_after_each_turn(turns: int) -> None:
    turns_done: List[int] = []
    in_turns([lambda: 1.0], turns, lambda done, whole: turns_done.append(done))
    assert turns_done == list(range(1, turns + 1))
