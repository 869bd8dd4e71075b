# SPDX-License-Identifier: MIT
"""The figures as a plot: costs over routes held, and ratios with their targets."""
from __future__ import annotations

import math
from html import escape
from typing import List, Sequence, Tuple

from bench.figures import RATIO, Curve, Figure, Results
from bench.table import number

WIDTH, LEFT, RIGHT, TOP = 960, 70, 260, 50
CURVES_HEIGHT, BAR_HEIGHT, BAR_GAP = 260, 16, 14
LABELS_WIDTH = 500

#: Distinguishable also without colour: by their order in the legend and by dashes.
COLOURS = ("#1b6ca8", "#c8553d", "#4a7c59", "#8a6fb0", "#7a6a4f", "#444444")
DASHES = ("", "6 3", "2 3", "8 3 2 3", "", "6 3")

Lines = List[str]


def text(x: float, y: float, words: str, anchor: str = "start", colour: str = "#222") -> str:
    """A piece of text."""
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">'
            f"{escape(words)}</text>")


def line(start: Tuple[float, float], end: Tuple[float, float], colour: str = "#ccc") -> str:
    """A thin straight line."""
    return (f'<line x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" '
            f'y2="{end[1]:.1f}" stroke="{colour}"/>')


def round_up(value: float) -> float:
    """The next number of the form 1, 2 or 5 with zeros: the end of an axis."""
    if value <= 0:
        return 1.0
    power = float(10 ** math.floor(math.log10(value)))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value)


class Scale:
    """Maps (routes, microseconds) to coordinates."""

    def __init__(self, curves: Sequence[Curve]) -> None:
        points = [point for curve in curves for point in curve.points]
        self.most_x = round_up(max(x for x, _ in points))
        self.most_y = round_up(max(y for _, y in points))

    def place(self, x: float, y: float) -> Tuple[float, float]:
        """The coordinates of a point."""
        width = WIDTH - LEFT - RIGHT
        return (LEFT + width * x / self.most_x,
                TOP + CURVES_HEIGHT * (1 - y / self.most_y))


def _axes(scale: Scale) -> Lines:
    lines = [text(LEFT, TOP - 20, "microseconds for each route, over routes held")]
    for step in range(5):
        value = scale.most_y * step / 4
        left, right = scale.place(0, value), scale.place(scale.most_x, value)
        lines += [line(left, right), text(LEFT - 8, left[1] + 4, f"{value:g}", "end")]
    for step in range(5):
        value = scale.most_x * step / 4
        x, y = scale.place(value, 0)
        lines.append(text(x, y + 18, f"{value:,.0f}", "middle"))
    return lines


def _curves(results: Results) -> Lines:
    scale = Scale(results.curves)
    lines = _axes(scale)
    for order, curve in enumerate(results.curves):
        colour, dash = COLOURS[order % len(COLOURS)], DASHES[order % len(DASHES)]
        places = " ".join("{:.1f},{:.1f}".format(*scale.place(x, y)) for x, y in curve.points)
        style = f'fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"'
        x, y = WIDTH - RIGHT + 20, TOP + 10 + 40 * order
        lines += [f'<polyline points="{places}" {style}/>',
                  f'<polyline points="{x},{y - 4} {x + 30},{y - 4}" {style}/>',
                  text(x + 38, y, curve.title), text(x + 38, y + 15, curve.subject, colour="#777")]
    return lines


def _ratios(results: Results, top: float) -> Tuple[Lines, float]:
    """The bars, and the coordinate where they end."""
    figures = [each for each in results.ordered() if each.unit == RATIO]
    longest = max([1.0, *(max(each.value or 0, each.target or 0) for each in figures)])
    width = WIDTH - LABELS_WIDTH - 80
    lines = [text(20, top, "ratios; the mark is the target: at most so much")]
    for order, figure in enumerate(figures):
        y = top + 16 + order * (BAR_HEIGHT + BAR_GAP)
        lines += _bar(results, figure, y, width / longest)
    return lines, top + 16 + len(figures) * (BAR_HEIGHT + BAR_GAP)


def _bar(results: Results, figure: Figure, y: float, scale: float) -> Lines:
    colour = "#c8553d" if figure.met is False else "#1b6ca8" if figure.met else "#9aa7b0"
    length = max(figure.value or 0, 0) * scale
    words = "not possible" if figure.value is None else number(figure.value)
    verdict = ", missed" if figure.met is False else ""
    lines = [text(LABELS_WIDTH - 10, y + 12, results.name(figure), "end"),
             f'<rect x="{LABELS_WIDTH}" y="{y:.1f}" width="{length:.1f}" height="{BAR_HEIGHT}" '
             f'fill="{colour}"/>']
    end = length
    if figure.target is not None:
        x = LABELS_WIDTH + figure.target * scale
        lines.append(line((x, y - 4), (x, y + BAR_HEIGHT + 4), "#222"))
        end = max(end, figure.target * scale)
    return [*lines, text(LABELS_WIDTH + end + 8, y + 12, words + verdict)]


def render(results: Results) -> str:
    """A whole SVG file."""
    lines: Lines = []
    bottom = 30.0
    if results.curves:
        lines += _curves(results)
        bottom = TOP + CURVES_HEIGHT + 70
    if any(figure.unit == RATIO for figure in results.figures):
        bars, bottom = _ratios(results, bottom)
        lines += bars
    height = bottom + 20
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
            'font-family="sans-serif" font-size="12">')
    return "\n".join([head, f'<rect width="{WIDTH}" height="{height:.0f}" fill="white"/>',
                      *lines, "</svg>"]) + "\n"
