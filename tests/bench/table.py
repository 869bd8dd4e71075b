# SPDX-License-Identifier: MIT
"""The figures as a text table."""
from __future__ import annotations

from typing import Container, List, Sequence

from bench.figures import Figure, Results

HEAD = ("figure", "median", "", "half of the turns", "target", "")


def number(value: float) -> str:
    """With three significant digits."""
    for limit, digits in ((100, 0), (10, 1), (1, 2)):
        if abs(value) >= limit:
            return f"{value:.{digits}f}"
    return f"{value:.3f}"


def align(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Container[int]
          ) -> List[str]:
    """The lines of a table. `numbers` are the columns that are aligned to the right."""
    everything = [head, *rows]
    widths = [max(len(row[column]) for row in everything) for column in range(len(head))]
    lines = []
    for row in [head, ["─" * width for width in widths], *rows]:
        lines.append("  ".join(
            cell.rjust(width) if column in numbers else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths))).rstrip())
    return lines


def _cells(results: Results, figure: Figure) -> List[str]:
    own = figure.subject in ("", results.ours)
    title = figure.title if own else f"  {figure.subject}"
    if figure.value is None:
        return [title, "", "", "", "", f"not possible: {figure.reason}"]
    spread = figure.spread
    target = "" if figure.target is None else f"≤ {figure.target:g}"
    verdict = {None: "", True: "met", False: "MISSED"}[figure.met]
    return [title, number(figure.value), figure.unit,
            "" if spread is None else f"{number(spread[0])} – {number(spread[1])}",
            target, verdict]


def render(results: Results) -> str:
    """One line for each figure, then the missed targets, then the remarks."""
    rows = [_cells(results, figure) for figure in results.ordered()]
    return "\n".join([*align(HEAD, rows, {1}), "", *_verdict(results), *results.remarks]) + "\n"


def _verdict(results: Results) -> List[str]:
    with_target = [figure for figure in results.ordered() if figure.target is not None]
    missed = [figure for figure in with_target if not figure.met]
    if not missed:
        return [f"All {len(with_target)} targets are met."]
    return [f"{len(missed)} of {len(with_target)} targets are missed:",
            *(f"  {results.name(figure)}: {number(figure.value or 0)} {figure.unit}, "
              f"target ≤ {figure.target:g}" for figure in missed)]
