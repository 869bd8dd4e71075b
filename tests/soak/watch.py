# SPDX-License-Identifier: MIT
"""What is measured between the rounds of a soak, when no session is open."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import List, Optional

from bench.memory import linux_process, private_kibibytes, thread_count
from harness.bridge import Bridge
from harness.installation import Installation
from harness.process import handle_count
from protocol.support.journal_file import Journal

from soak.trend import Point, Trend, judge


@dataclass
class Series:
    """One quantity over the sessions. Growth below `resolution` is none."""

    name: str
    unit: str
    resolution: float
    points: List[Point] = field(default_factory=list)

    def add(self, sessions: int, value: float) -> None:
        """Add a measurement."""
        self.points.append((sessions, value))

    def trend(self) -> Optional[Trend]:
        """None if there are too few points."""
        return judge(self.points, self.resolution)


class LastingWatch:
    """The service that nothing ends."""

    def __init__(self, bridge: Bridge, installation: Installation, process: int) -> None:
        self._bridge = bridge
        self._installation = installation
        self._process = process
        self._linux_process = linux_process(rf"{installation.folder}\{installation.image}")
        self._sessions = 0
        self.handles = Series("handles", "", 2)
        self.threads = Series("threads", "", 2)
        # The heap grows in blocks.
        self.memory = Series("private memory", "KiB", 256)
        # It is truncated when it is larger than 64 KiB and no entry is open.
        self.journal = Series("journal", "KiB", 128)
        self.events = Series("events, for each session", "byte", 20)
        self.processes = Series("processes", "", 1)

    @property
    def series(self) -> List[Series]:
        """All of them."""
        return [self.handles, self.threads, self.memory, self.journal, self.events, self.processes]

    def measure(self, sessions: int) -> None:
        """After so many sessions."""
        self.handles.add(sessions, handle_count(self._bridge, self._process))
        self.threads.add(sessions, thread_count(self._linux_process))
        self.memory.add(sessions, private_kibibytes(self._linux_process))
        self.journal.add(sessions, journal_kibibytes(self._installation))
        self.processes.add(sessions, len(self._installation.processes()))
        if sessions > self._sessions:
            self.events.add(sessions, self._event_bytes() / (sessions - self._sessions))
        self._sessions = sessions

    def _event_bytes(self) -> int:
        """What the event log has grown by."""
        record = self._installation.record
        size = sum(len(event) for event in record.events())
        record.forget()
        return size


class DyingWatch:
    """The service that dies: what outlives it."""

    def __init__(self, installations: List[Installation]) -> None:
        self._installations = installations
        self.journal = Series("journal of the dying service", "KiB", 128)
        self.processes = Series("processes of the dying service", "", 1)

    @property
    def series(self) -> List[Series]:
        """All of them."""
        return [self.journal, self.processes]

    def measure(self, sessions: int) -> None:
        """After so many sessions."""
        self.journal.add(sessions, sum(map(journal_kibibytes, self._installations)))
        self.processes.add(sessions, sum(len(each.processes()) for each in self._installations))


def journal_kibibytes(installation: Installation) -> float:
    """The size of its journal."""
    return Journal(installation).path.stat().st_size / 1024
