# SPDX-License-Identifier: MIT
"""Turns and their statistics."""
from __future__ import annotations

from typing import Callable, List, Union

import pytest

from bench.measure import NotPossible, Sample, in_turns, ratio


def test_a_sample_has_a_median_and_quartiles() -> None:
    sample = Sample((5.0, 1.0, 2.0, 4.0, 100.0))
    assert sample.median == 4.0
    assert sample.quartiles == (2.0, 5.0)


def test_a_sample_of_one_has_no_width() -> None:
    assert Sample((3.0,)).quartiles == (3.0, 3.0)


def test_a_ratio_is_taken_turn_by_turn() -> None:
    slow_while_all_is_slow = Sample((10.0, 100.0))
    assert ratio(slow_while_all_is_slow, Sample((5.0, 50.0))) == Sample((2.0, 2.0))


def test_a_ratio_with_what_cannot_be_measured_cannot_either() -> None:
    refusal, sample = NotPossible("it is mute"), Sample((1.0,))
    assert ratio(refusal, sample) is refusal
    assert ratio(sample, refusal) is refusal


def test_sides_take_turns_and_change_their_order() -> None:
    order: List[str] = []

    def side(name: str) -> Callable[[], float]:
        def turn() -> float:
            order.append(name)
            return float(len(order))
        return turn

    samples = in_turns([side("a"), side("b")], 3)
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert samples == [Sample((1.0, 4.0, 5.0)), Sample((2.0, 3.0, 6.0))]


def test_a_side_that_fails_has_no_more_turns_and_the_others_go_on() -> None:
    refusal = NotPossible("it is mute")
    answers: List[Union[float, NotPossible]] = [1.0, refusal]

    def failing() -> float:
        answer = answers.pop(0)
        if isinstance(answer, NotPossible):
            raise answer
        return answer

    assert in_turns([failing, lambda: 2.0], 4) == [refusal, Sample((2.0, 2.0, 2.0, 2.0))]


def test_any_other_error_ends_the_measurement() -> None:
    with pytest.raises(ZeroDivisionError):
        in_turns([lambda: 1 / 0], 1)


@pytest.mark.parametrize("turns", [1, 4])
def test_progress_is_reported_after_each_turn(turns: int) -> None:
    turns_done: List[int] = []
    in_turns([lambda: 1.0], turns, lambda done, whole: turns_done.append(done))
    assert turns_done == list(range(1, turns + 1))
