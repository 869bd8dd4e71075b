# SPDX-License-Identifier: MIT
"""The results of a run: figures with their targets, curves, and remarks."""
from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Tuple

from bench.measure import Measured, NotPossible

MICROSECONDS, MILLISECONDS, SECONDS, KIBIBYTES, RATIO = "µs", "ms", "s", "KiB", "×"


@dataclass(frozen=True)
class Figure:
    """One number. `subject` is the service that it belongs to, or "". A `target` is its upper
    limit. Without a `value` there is a `reason` why it could not be measured."""

    title: str
    subject: str
    value: Optional[float]
    unit: str
    spread: Optional[Tuple[float, float]] = None
    target: Optional[float] = None
    reason: Optional[str] = None

    @property
    def met(self) -> Optional[bool]:
        """Whether the target is met; None without a target."""
        if self.target is None or self.value is None:
            return None
        return self.value <= self.target


@dataclass(frozen=True)
class Curve:
    """Microseconds as a function of the number of routes held."""

    title: str
    subject: str
    points: Tuple[Tuple[float, float], ...]


@dataclass
class Results:
    """All results of a run, in the order of the report."""

    ours: str
    figures: List[Figure] = field(default_factory=list)
    curves: List[Curve] = field(default_factory=list)
    remarks: List[str] = field(default_factory=list)

    def add(self, title: str, subject: str, measured: Measured, unit: str, *,
            target: Optional[float] = None) -> None:
        """Add the median of the turns. Targets apply to our own service only, and it must be
        possible to measure that."""
        if isinstance(measured, NotPossible):
            if subject in ("", self.ours):
                raise measured
            self.figures.append(Figure(title, subject, None, unit, reason=str(measured)))
            return
        self.figures.append(Figure(
            title, subject, measured.median, unit,
            measured.quartiles if len(measured.values) > 1 else None,
            target if subject == self.ours else None))

    def ordered(self) -> List[Figure]:
        """The figures, grouped by title, in the order in which the titles came."""
        titles = [figure.title for figure in self.figures]
        return sorted(self.figures, key=lambda figure: titles.index(figure.title))

    def name(self, figure: Figure) -> str:
        """A figure's name where no column shows its subject."""
        own = figure.subject in ("", self.ours)
        return figure.title if own else f"{figure.title} ({figure.subject})"

    def rows(self) -> List[Dict[str, Any]]:
        """The figures as rows of the JSON file."""
        return [{"name": self.name(each),
                 "value": None if each.value is None else round(each.value, 4),
                 "unit": each.unit, "target": each.target, "met": each.met,
                 "not possible": each.reason} for each in self.ordered()]

    def to_json(self) -> str:
        """The whole JSON file."""
        return json.dumps(self.rows(), indent=1, ensure_ascii=False) + "\n"
