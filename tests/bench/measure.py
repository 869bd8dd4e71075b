# SPDX-License-Identifier: MIT
"""Turns, and statistics of their times.

The machine is never idle, so what is compared is measured in many short turns, alternating between
the sides, and ratios are taken between neighbouring turns."""
from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Callable, List, Sequence, Tuple


@dataclass(frozen=True)
class Sample:
    """Values of the same quantity, one for each turn."""

    values: Tuple[float, ...]

    @property
    def median(self) -> float:
        """The median of the turns."""
        return statistics.median(self.values)

    @property
    def quartiles(self) -> Tuple[float, float]:
        """Half of the turns lie between these."""
        if len(self.values) < 2:
            return self.values[0], self.values[0]
        low, _, high = statistics.quantiles(self.values, n=4, method="inclusive")
        return low, high


def ratio(one: Sample, other: Sample) -> Sample:
    """The ratio of each pair of turns."""
    return Sample(tuple(a / b for a, b in zip(one.values, other.values)))


def in_turns(sides: Sequence[Callable[[], float]], turns: int,
             progress: Callable[[int, int], None] = lambda done, all_of_them: None
             ) -> List[Sample]:
    """Run one turn of each side after the other, in reverse order every second time, so that no
    side always follows the same one."""
    values: List[List[float]] = [[] for _ in sides]
    for turn in range(turns):
        order = range(len(sides)) if turn % 2 == 0 else reversed(range(len(sides)))
        for number in order:
            values[number].append(sides[number]())
        progress(turn + 1, turns)
    return [Sample(tuple(each)) for each in values]
