# SPDX-License-Identifier: MIT
"""Whether a series of measurements grows.

The first quarter is warm-up and is left out. The rest is cut into twelve blocks, each represented
by its median, so that a peak counts for nothing. Then two questions are asked of the twelve values:

* Do they rise? The Mann-Kendall test counts the pairs in which the later value is the higher one,
  less those in which it is the lower one. For values without a trend this score has mean 0 and a
  known variance; divided by its deviation it exceeds 3.1 once in a thousand times. It assumes no
  distribution. One single step, from something that is allocated at its first use, stays below.
* By how much? The slope is the median of the slopes of all pairs (Theil-Sen).

A series grows when the score exceeds that limit and the growth from the first block to the last is
at least the resolution of what is measured."""
from __future__ import annotations

import math
import statistics
from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from typing import List, Optional, Sequence, Tuple

#: (sessions so far, value)
Point = Tuple[float, float]

BLOCKS, WARM_UP = 12, 0.25

#: The score that values without a trend exceed once in a thousand times.
LIMIT = 3.1


@dataclass(frozen=True)
class Trend:
    """What became of a series after its warm-up."""

    first: float  #: the first block's median
    last: float
    slope: float  #: for each session
    score: float
    grows: bool


def warmed_up(points: Sequence[Point]) -> Sequence[Point]:
    """The points after the warm-up."""
    return points[math.ceil(len(points) * WARM_UP):]


def blocks(points: Sequence[Point]) -> List[Point]:
    """The medians of blocks of equal size."""
    size = len(points) / BLOCKS
    parts = [points[round(number * size):round((number + 1) * size)] for number in range(BLOCKS)]
    return [(statistics.median(x for x, _ in part), statistics.median(y for _, y in part))
            for part in parts]


def score(values: Sequence[float]) -> float:
    """How sure it is that the values rise (or, below 0, fall): Mann-Kendall's Z."""
    total = sum((later > earlier) - (later < earlier)
                for earlier, later in combinations(values, 2))

    def pairs(count: int) -> int:
        return count * (count - 1) * (2 * count + 5)

    ties = sum(pairs(count) for count in Counter(values).values())
    variance = (pairs(len(values)) - ties) / 18
    if not total:
        return 0.0
    return (total - math.copysign(1, total)) / math.sqrt(variance)


def slope(points: Sequence[Point]) -> float:
    """The median of the slopes of all pairs."""
    return statistics.median((y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2)
                             in combinations(points, 2) if x2 > x1)


def judge(points: Sequence[Point], resolution: float) -> Optional[Trend]:
    """The trend; None when there are fewer than four points for each block."""
    points = warmed_up(points)
    if len(points) < 4 * BLOCKS:
        return None
    medians = blocks(points)
    values = [value for _, value in medians]
    found, rise = score(values), slope(medians)
    growth = rise * (medians[-1][0] - medians[0][0])
    return Trend(values[0], values[-1], rise, found, found > LIMIT and growth >= resolution)
