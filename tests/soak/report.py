# SPDX-License-Identifier: MIT
"""The results of a soak: a table, and a plot with one panel for each series."""
from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import List

from bench.plot import COLOURS, WIDTH, line, round_up, text
from bench.table import align, number

from soak.trend import warmed_up
from soak.watch import Series

HEAD = ("quantity", "", "first", "last", "slope for 1,000 sessions", "score", "")

LEFT, RIGHT, TOP, PANEL, GAP = 70, 30, 40, 110, 50


@dataclass
class Results:
    """What was measured, what happened, and what was left over or failed otherwise."""

    series: List[Series] = field(default_factory=list)
    sessions: int = 0
    seconds: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    failures: List[str] = field(default_factory=list)

    @property
    def growing(self) -> List[str]:
        """Names of the quantities that grow."""
        return [each.name for each in self.series
                if (trend := each.trend()) is not None and trend.grows]

    @property
    def is_good(self) -> bool:
        """Nothing grows, and nothing is left over."""
        return not self.growing and not self.failures


def _cells(series: Series) -> List[str]:
    trend = series.trend()
    if trend is None:
        last = number(series.points[-1][1]) if series.points else ""
        return [series.name, series.unit, "", last, "", "", "too short to tell"]
    verdict = "GROWS" if trend.grows else "does not grow"
    return [series.name, series.unit, number(trend.first), number(trend.last),
            f"{trend.slope * 1000:+.3g}", f"{trend.score:+.1f}", verdict]


def table(results: Results) -> str:
    """A line for each series, then what happened and the verdict."""
    lines = align(HEAD, [_cells(series) for series in results.series], {2, 3, 4, 5})
    events = ", ".join(f"{what}: {count}" for what, count in sorted(results.counts.items()))
    lines += ["", f"{results.sessions} sessions in {results.seconds:.0f} s. {events}."]
    for failure in results.failures:
        lines += ["", f"Left over or failed: {failure}"]
    if results.growing:
        lines.append(f"Grows: {', '.join(results.growing)}.")
    if results.is_good:
        lines.append("Nothing grows, and nothing is left over.")
    return "\n".join(lines) + "\n"


def _panel(series: Series, top: float, colour: str) -> List[str]:
    name = f"{series.name}, {series.unit}" if series.unit else series.name
    lines = [text(LEFT, top - 8, name)]
    if not series.points:
        return lines
    most_x = max(1.0, series.points[-1][0])
    most_y = round_up(max(y for _, y in series.points))

    def place(x: float, y: float) -> str:
        across = LEFT + (WIDTH - LEFT - RIGHT) * x / most_x
        return f"{across:.1f},{top + PANEL * (1 - y / most_y):.1f}"

    for value in (0.0, most_y / 2, most_y):
        y = top + PANEL * (1 - value / most_y)
        lines += [line((LEFT, y), (WIDTH - RIGHT, y)), text(LEFT - 8, y + 4, f"{value:g}", "end")]
    warm = warmed_up(series.points)
    if warm:
        x = LEFT + (WIDTH - LEFT - RIGHT) * warm[0][0] / most_x
        lines += [line((x, top), (x, top + PANEL), "#888"), text(x + 4, top + 12, "warmed up",
                                                                 colour="#888")]
    places = " ".join(place(x, y) for x, y in series.points)
    lines += [f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="1.5"/>',
              text(WIDTH - RIGHT, top + PANEL + 16, f"{most_x:,.0f} sessions", "end")]
    return lines


def plot(results: Results) -> str:
    """A whole SVG file."""
    height = TOP + len(results.series) * (PANEL + GAP)
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
             'font-family="sans-serif" font-size="12">',
             f'<rect width="{WIDTH}" height="{height}" fill="white"/>']
    for order, series in enumerate(results.series):
        lines += _panel(series, TOP + order * (PANEL + GAP), COLOURS[order % len(COLOURS)])
    return "\n".join([*lines, "</svg>"]) + "\n"
