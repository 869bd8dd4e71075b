# SPDX-License-Identifier: MIT
"""How long a service takes to start, with nothing to undo and with the entries of a killed one."""
from __future__ import annotations

import time
from typing import List, Mapping, Tuple

from harness.eventually import eventually
from harness.installation import Installation

from bench.figures import MILLISECONDS, Results
from bench.measure import Sample
from bench.rig import Rig, Size

#: Seconds that a start may take.
PATIENCE = 120.0

Times = List[Tuple[float, float]]


def _start(service: Installation) -> Tuple[float, float]:
    """Milliseconds until the service manager reports RUNNING, and until a client is connected."""
    began = time.perf_counter()
    service.start(PATIENCE)
    running = time.perf_counter()
    client = service.connect()
    connected = time.perf_counter()
    client.close()
    return (running - began) * 1000, (connected - began) * 1000


def _kill_with_routes(rig: Rig, service: Installation, count: int) -> None:
    with rig.session(service) as (_, routes):
        routes.add(count)
        service.crash()
        eventually(service.processes, lambda rows: not rows, PATIENCE)


def starts(rig: Rig, services: Mapping[str, Installation], size: Size, results: Results) -> None:
    """Both kinds of start, in turns."""
    rig.progress.begin("starts of the service")
    empty: Mapping[str, Times] = {subject: [] for subject in services}
    full: Mapping[str, Times] = {subject: [] for subject in services}
    left = dict.fromkeys(services, 0)
    for number in range(size.starts):
        for subject, service in services.items():
            service.stop()
            empty[subject].append(_start(service))
            if number >= size.rounds:
                continue
            _kill_with_routes(rig, service, size.entries)
            full[subject].append(_start(service))
            left[subject] = len(service.differences())
            rig.reset(service)
        rig.progress(number + 1, size.starts)
    for subject in services:
        _tell(results, subject, "nothing to undo", empty[subject])
        _tell(results, subject, f"{size.entries} routes of a killed one", full[subject])
        if left[subject]:
            results.remarks.append(
                f"{subject} left {left[subject]} routes of the killed service where they were: "
                "its start with them is one without undo.")


def _tell(results: Results, subject: str, what: str, times: Times) -> None:
    running, connected = (Sample(values) for values in zip(*times))
    results.add(f"service start to RUNNING, {what}", subject, running, MILLISECONDS)
    results.add(f"service start to the first client, {what}", subject, connected, MILLISECONDS)
