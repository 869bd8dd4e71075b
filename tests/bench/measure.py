# SPDX-License-Identifier: MIT
"""Turns, and what is made of their times.

Machines are never quiet, so what is compared is measured in many short turns, one side after the
other, and every ratio is taken between neighbours in time.
"""
from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Callable, List, Sequence, Tuple


@dataclass(frozen=True)
class Sample:
    """Values of the same thing, a turn each."""

    values: Tuple[float, ...]

    @property
    def median(self) -> float:
        """The value that a turn has in the middle."""
        return statistics.median(self.values)

    @property
    def quartiles(self) -> Tuple[float, float]:
        """Half of the turns are between these."""
        if len(self.values) < 2:
            return self.values[0], self.values[0]
        low, _, high = statistics.quantiles(self.values, n=4, method="inclusive")
        return low, high


def ratio(one: Sample, other: Sample) -> Sample:
    """Turn by turn."""
    return Sample(tuple(a / b for a, b in zip(one.values, other.values)))


def in_turns(sides: Sequence[Callable[[], float]], turns: int,
             progress: Callable[[int, int], None] = lambda done, all_of_them: None
             ) -> List[Sample]:
    """One turn of each side after the other, in the opposite order every second time, so that
    nobody is always the one after somebody else."""
    values: List[List[float]] = [[] for _ in sides]
    for turn in range(turns):
        order = range(len(sides)) if turn % 2 == 0 else reversed(range(len(sides)))
        for number in order:
            values[number].append(sides[number]())
        progress(turn + 1, turns)
    return [Sample(tuple(each)) for each in values]
