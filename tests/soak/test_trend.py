# SPDX-License-Identifier: MIT
"""Which series grow."""
from __future__ import annotations

import random
from typing import Callable, List

import pytest

from soak.trend import BLOCKS, LIMIT, Point, judge, score

COUNT = 400
SEEDS = range(100)


def series(value: Callable[[int], float], count: int = COUNT) -> List[Point]:
    """A measurement after every third session."""
    return [(3.0 * number, value(number)) for number in range(count)]


def grows(value: Callable[[int], float], resolution: float = 1) -> bool:
    """Whether such a series grows."""
    trend = judge(series(value), resolution)
    assert trend
    return trend.grows


def test_what_stays_the_same_does_not_grow() -> None:
    trend = judge(series(lambda number: 120), 0)
    assert trend and not trend.grows
    assert (trend.first, trend.last, trend.slope, trend.score) == (120, 120, 0, 0)


@pytest.mark.parametrize("each", [1, 10, 100])
def test_a_slow_leak_grows(each: int) -> None:
    assert grows(lambda number: 120 + number // each)


def test_the_slope_is_that_of_a_session() -> None:
    trend = judge(series(lambda number: 120 + 6 * number), 1)
    assert trend and trend.slope == pytest.approx(2)


def test_a_leak_grows_in_spite_of_noise() -> None:
    noise = random.Random(1)
    assert grows(lambda number: 120 + number / 10 + noise.randint(0, 20))


def test_noise_alone_does_not_grow() -> None:
    for seed in SEEDS:
        noise = random.Random(seed)
        assert not grows(lambda number: 120 + noise.randint(0, 20)), seed


@pytest.mark.parametrize("at", range(0, COUNT, 20))
def test_a_single_step_does_not_grow(at: int) -> None:
    assert not grows(lambda number: 120 + (number >= at))


def test_three_steps_grow() -> None:
    assert grows(lambda number: 120 + 3 * number // COUNT + 2 * number // COUNT)


def test_growth_during_the_warm_up_does_not_count() -> None:
    assert not grows(lambda number: min(number, COUNT // 4))


def test_what_rises_and_is_cut_back_again_does_not_grow() -> None:
    for period in range(3, 70):
        assert not grows(lambda number: number % period, resolution=70), period


def test_what_falls_does_not_grow() -> None:
    trend = judge(series(lambda number: 500 - number), 1)
    assert trend and not trend.grows and trend.score < -LIMIT


def test_less_than_the_resolution_is_no_growth() -> None:
    assert not grows(lambda number: number / 100, resolution=5)


def test_peaks_do_not_count() -> None:
    assert not grows(lambda number: 1000 if number % 30 > 28 - number / 40 else 120)


@pytest.mark.parametrize("count, is_told", [(10, False), (63, False), (64, True)])
def test_a_short_series_is_not_judged(count: int, is_told: bool) -> None:
    assert bool(judge(series(float, count), 1)) == is_told


def test_the_score_of_steadily_rising_values_is_the_highest() -> None:
    assert score(range(BLOCKS)) == pytest.approx(65 / (BLOCKS * 11 * 29 / 18) ** 0.5)
    assert score(range(BLOCKS)) == -score(range(BLOCKS, 0, -1))
