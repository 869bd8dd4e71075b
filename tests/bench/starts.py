# SPDX-License-Identifier: MIT
"""How long a service takes to start, with nothing to undo and with the entries of a killed one."""
from __future__ import annotations

import time
from typing import List, Tuple, Union

from harness.eventually import eventually
from harness.installation import Installation

from bench.figures import MILLISECONDS, Results
from bench.measure import Measured, NotPossible, Sample, possible
from bench.rig import Rig, Services, Size

Times = List[Tuple[float, float]]


class Starts:
    """The starts of one service; `full` are those with entries, or why there are none."""

    def __init__(self, rig: Rig, service: Installation) -> None:
        self._rig, self._service = rig, service
        self.empty: Times = []
        self.full: Union[Times, NotPossible] = []

    def empty_one(self) -> None:
        """Stop and start it."""
        self._service.stop(self._rig.patience)
        self.empty.append(self._start())

    def full_one(self, count: int) -> None:
        """Kill it while a session holds so many routes, and start it."""
        assert isinstance(self.full, list)
        with self._rig.session(self._service) as (_, routes):
            routes.add(count)
            self._service.crash()
        self._wait_ended()
        self.full.append(self._start())
        left = len(self._service.differences())
        self._rig.reset(self._service)
        if left:
            raise NotPossible(f"it leaves {left} routes of a killed one where they are")

    def come_back(self) -> None:
        """After a failure."""
        self._rig.come_back(self._service)

    def _wait_ended(self) -> None:
        """Its openvpn.exe ends with it, or with its session."""
        left = eventually(self._service.processes, lambda rows: not rows, self._rig.patience)
        if left:
            raise NotPossible(f"{left[0].image} outlives it")

    def _start(self) -> Tuple[float, float]:
        """Milliseconds until the service manager reports RUNNING, and until a client is
        connected."""
        began = time.perf_counter()
        self._service.start(self._rig.patience)
        running = time.perf_counter()
        client = self._service.connect()
        connected = time.perf_counter()
        client.close()
        return (running - began) * 1000, (connected - began) * 1000


def starts(rig: Rig, services: Services, size: Size, results: Results) -> None:
    """Both kinds of start, in turns."""
    rig.progress.begin("starts of the service")
    made = rig.for_each(services, lambda service: Starts(rig, service))
    for number in range(size.starts):
        for subject, each in possible(made).items():
            failure = rig.attempt(subject, each.empty_one)
            if failure is None and number < size.rounds:
                failure = _try_full(rig, subject, each, size)
            if failure is not None:
                made[subject] = failure
        rig.progress(number + 1, size.starts)
    for subject, result in made.items():
        empty: Union[Times, NotPossible]
        full: Union[Times, NotPossible]
        if isinstance(result, NotPossible):
            empty = full = result
        else:
            empty, full = result.empty, result.full
        _tell(results, subject, "nothing to undo", empty)
        _tell(results, subject, f"{size.entries} routes of a killed one", full)


def _try_full(rig: Rig, subject: str, each: Starts, size: Size) -> Union[None, NotPossible]:
    """NotPossible when it can't even be started again."""
    if isinstance(each.full, NotPossible):
        return None
    failure = rig.attempt(subject, lambda: each.full_one(size.entries))
    if failure is None:
        return None
    each.full = failure
    return rig.attempt(subject, each.come_back)


def _tell(results: Results, subject: str, what: str, times: Union[Times, NotPossible]) -> None:
    running: Measured
    connected: Measured
    if isinstance(times, NotPossible):
        running = connected = times
    else:
        running, connected = (Sample(values) for values in zip(*times))
    results.add(f"service start to RUNNING, {what}", subject, running, MILLISECONDS)
    results.add(f"service start to the first client, {what}", subject, connected, MILLISECONDS)
