# SPDX-License-Identifier: MIT
"""Turns, and statistics of their times.

The machine is never idle, so what is compared is measured in many short turns, alternating between
the sides, and ratios are taken between neighbouring turns."""
from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Callable, Dict, List, Mapping, Optional, Sequence, Tuple, TypeVar, Union

K = TypeVar("K")
T = TypeVar("T")


class NotPossible(Exception):
    """A service cannot be measured, because of a habit of its own. It is raised where that is found
    out, and then takes the place of the figures."""


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


Measured = Union[Sample, NotPossible]


def possible(results: Mapping[K, Union[T, NotPossible]]) -> Dict[K, T]:
    """Those that could be measured."""
    return {key: result for key, result in results.items()
            if not isinstance(result, NotPossible)}


def ratio(one: Measured, other: Measured) -> Measured:
    """The ratio of each pair of turns."""
    if isinstance(one, NotPossible):
        return one
    if isinstance(other, NotPossible):
        return other
    return Sample(tuple(a / b for a, b in zip(one.values, other.values)))


def in_turns(sides: Sequence[Callable[[], float]], turns: int,
             progress: Callable[[int, int], None] = lambda done, all_of_them: None
             ) -> List[Measured]:
    """Run one turn of each side after the other, in reverse order every second time, so that no
    side always follows the same one. A side that raises NotPossible has no further turns."""
    values: List[List[float]] = [[] for _ in sides]
    refusals: List[Optional[NotPossible]] = [None for _ in sides]
    for turn in range(turns):
        order = range(len(sides)) if turn % 2 == 0 else reversed(range(len(sides)))
        for number in order:
            if refusals[number] is None:
                try:
                    values[number].append(sides[number]())
                except NotPossible as refusal:
                    refusals[number] = refusal
        progress(turn + 1, turns)
    return [refusal or Sample(tuple(each)) for refusal, each in zip(refusals, values)]
