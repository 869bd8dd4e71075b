# SPDX-License-Identifier: MIT
"""The native part of ci/sweep: many seeds of tests/unit/test_nothing_left_behind.c."""
from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, List

from harness.runner import PROJECT

PROGRAM = PROJECT / "build" / "host" / "bin" / "test_nothing_left_behind"

#: Seeds that one process tries, and seconds within which it must.
AT_ONCE, WITHIN = 50, 1800.0

#: Lines of a failed run's output that are shown.
LINES = 20

REPORT_EVERY = 15.0


@dataclass(frozen=True)
class Failure:
    """What has failed, as it is run again, and the end of the output."""

    command: str
    output: str


def try_seeds(program: Path, first: int, count: int) -> List[Failure]:
    """Try these seeds; the test ends at the first that fails, and the others follow."""
    failures: List[Failure] = []
    end = first + count
    while first < end:
        environment = {**os.environ, "GATEHOUSE_SEED": str(first),
                       "GATEHOUSE_RUNS": str(end - first)}
        try:
            done = subprocess.run([str(program)], env=environment, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  encoding="utf-8", errors="replace", timeout=WITHIN, check=False)
            code, output = done.returncode, done.stdout
        except subprocess.TimeoutExpired:
            code, output = 1, f"it does not end within {WITHIN:.0f} s"
        if code == 0:
            break
        seed = re.search(r"GATEHOUSE_SEED=(\d+): not as before", output)
        runs = f"GATEHOUSE_SEED={seed.group(1) if seed else first}"
        if not seed:
            runs += f" GATEHOUSE_RUNS={end - first}"
        failures.append(Failure(f"{runs} {program}", "\n".join(output.splitlines()[-LINES:])))
        first = int(seed.group(1)) + 1 if seed else end
    return failures


def _show(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def sweep_native(program: Path, first: int, count: int, jobs: int,
                 show: Callable[[str], None] = _show) -> List[Failure]:
    """Try all these seeds, `jobs` processes at once, with progress; all failures."""
    began = reported = time.monotonic()
    failures: List[Failure] = []
    starts = range(first, first + count, AT_ONCE)
    show(f"{count} native runs to try")
    with ThreadPoolExecutor(jobs) as pool:
        try:
            done = 0
            for found in pool.map(lambda start: try_seeds(
                    program, start, min(AT_ONCE, first + count - start)), starts):
                done = min(done + AT_ONCE, count)
                failures += found
                for failure in found:
                    show(f"FAILED {failure.command}\n{failure.output}")
                now = time.monotonic()
                if now - reported > REPORT_EVERY or done == count:
                    reported = now
                    show(f"{done} of {count} native runs, {len(failures)} failed, "
                         f"{now - began:.0f} s")
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            raise
    return failures
