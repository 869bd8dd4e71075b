# SPDX-License-Identifier: MIT
"""What a run has found: figures with their targets, curves, and remarks."""
from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Tuple

from bench.measure import Sample

MICROSECONDS, MILLISECONDS, SECONDS, KIBIBYTES, RATIO = "µs", "ms", "s", "KiB", "×"


@dataclass(frozen=True)
class Figure:
    """One number. `subject` is whose it is: "" for what belongs to no service. A `target` is the
    most that it may be."""

    title: str
    subject: str
    value: float
    unit: str
    spread: Optional[Tuple[float, float]] = None
    target: Optional[float] = None

    @property
    def met(self) -> Optional[bool]:
        """Whether the target is met; None without one."""
        return None if self.target is None else self.value <= self.target


@dataclass(frozen=True)
class Curve:
    """Microseconds over routes held."""

    title: str
    subject: str
    points: Tuple[Tuple[float, float], ...]


@dataclass
class Results:
    """Everything that a run has found, in the order in which it is told."""

    ours: str
    figures: List[Figure] = field(default_factory=list)
    curves: List[Curve] = field(default_factory=list)
    remarks: List[str] = field(default_factory=list)

    def add(self, title: str, subject: str, sample: Sample, unit: str, *,
            target: Optional[float] = None) -> None:
        """The median of the turns. Targets are for our own service only."""
        self.figures.append(Figure(
            title, subject, sample.median, unit,
            sample.quartiles if len(sample.values) > 1 else None,
            target if subject == self.ours else None))

    def told(self) -> List[Figure]:
        """The figures, each title's together, in the order in which the titles came."""
        titles = [figure.title for figure in self.figures]
        return sorted(self.figures, key=lambda figure: titles.index(figure.title))

    def name(self, figure: Figure) -> str:
        """A figure's name where there is no column for its subject."""
        own = figure.subject in ("", self.ours)
        return figure.title if own else f"{figure.title} ({figure.subject})"

    def rows(self) -> List[Dict[str, Any]]:
        """As JSON tells them."""
        return [{"name": self.name(each), "value": round(each.value, 4), "unit": each.unit,
                 "target": each.target, "met": each.met} for each in self.told()]

    def to_json(self) -> str:
        """The whole file."""
        return json.dumps(self.rows(), indent=1, ensure_ascii=False) + "\n"
