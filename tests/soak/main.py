# SPDX-License-Identifier: MIT
"""ci/soak: very many sessions of all kinds, and whether anything grows or is left over.

Two services run under Wine, each on a machine of its own. Nothing ends the first one: its
sessions send random messages, valid and malformed, calls to Windows fail, clients and
openvpn.exe die, Windows wakes up, openvpn.exe is replaced by another release. Its handles,
threads, private memory, journal, events and processes are measured whenever no session is
open. The second one is killed and started again all the time, also while it restores the
machine, and Windows with it.

The table shows whether a quantity grows after the warm-up (docs/testing.md, "Endurance").
Progress goes to stderr. Exit code 0 when nothing grows and nothing is left over, 1 otherwise,
130 after Ctrl-C, which ends it with the figures so far."""
from __future__ import annotations

import argparse
import sys
import threading
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import List, Optional, Union

from harness.eventually import HANG, eventually
from harness.installation import Installation
from harness.runner import PROJECT, Runner, make_runner

from soak.report import Results, plot, table
from soak.watch import DyingWatch, LastingWatch
from soak.workload import Dying, Lasting

FAILED, INTERRUPTED = 1, 130

#: Seconds between progress reports.
REPORT_EVERY = 15.0

#: Seconds within which a round must end when the soak is over.
LAST_ROUND = 10 * HANG

MOST_HOURS = 1000.0

#: A service that fails so often in its rounds has shown enough.
MOST_FAILURES = 10


def read_arguments(arguments: Optional[List[str]] = None) -> argparse.Namespace:
    """Parse the options."""
    parser = argparse.ArgumentParser(prog="ci/soak", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=_hours, default=1.0, metavar="H",
                        help="how long, also a fraction (%(default)s)")
    parser.add_argument("--seed", type=int, default=1,
                        help="first seed of what happens (%(default)s)")
    parser.add_argument("--plot", type=Path, metavar="FILE", default=PROJECT / "build/soak.svg",
                        help="where the plot goes (default: build/soak.svg)")
    return parser.parse_args(arguments)


def _hours(words: str) -> float:
    hours = float(words)
    if not 0 < hours <= MOST_HOURS:
        raise argparse.ArgumentTypeError(f"{words} is not more than 0 and at most {MOST_HOURS:g}")
    return hours


@dataclass
class Side:
    """One of the services: its rounds, in a thread of their own."""

    work: Union[Lasting, Dying]
    watch: Union[LastingWatch, DyingWatch]
    is_over: threading.Event
    failures: List[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self.is_over.is_set():
            try:
                self.work.round()
                self.watch.measure(self.work.sessions)
            except Exception:
                self.failures.append(traceback.format_exc())
                # After a failure the lasting service is not the same as before.
                if isinstance(self.work, Lasting) or len(self.failures) >= MOST_FAILURES:
                    self.is_over.set()


class Soak:
    """Both services."""

    def __init__(self, runner: Runner, seed: int) -> None:
        bridge, user_bridge = runner.bridge(), runner.bridge(restricted=True)
        name = runner.claim_name("soak")
        self._lasting = Lasting(runner, bridge, user_bridge, f"{name}a", seed)
        self._dying = Dying(runner, bridge, user_bridge, f"{name}b", seed)
        self._is_over = threading.Event()
        self._sides: List[Side] = []
        self._began = time.monotonic()

    def run(self, seconds: float) -> None:
        """Run for so long, or until a failure ends it."""
        self._lasting.prepare()
        self._dying.prepare()
        self._sides = [
            Side(self._lasting,
                 LastingWatch(self._lasting.bridge, self._lasting.installation,
                              self._lasting.process), self._is_over),
            Side(self._dying, DyingWatch(self._dying.installations), self._is_over)]
        self._began = time.monotonic()
        for side in self._sides:
            side.thread.start()
        self._show_progress(seconds)
        while (left := seconds - self._elapsed) > 0 and not self._is_over.is_set():
            self._is_over.wait(min(left, REPORT_EVERY))
            self._show_progress(seconds)

    def end(self) -> Results:
        """End it in an orderly way; what was found."""
        self._is_over.set()
        seconds = self._elapsed
        results = Results(seconds=seconds)
        for side in self._sides:
            side.thread.join(LAST_ROUND)
            if side.thread.is_alive():
                side.failures.append("a round did not end")
            results.series += side.watch.series
            results.sessions += side.work.sessions
            results.counts += side.work.counts
            results.failures += side.failures
        if not results.failures:
            results.failures += self._stop_services()
        return results

    def destroy(self) -> None:
        """Remove both."""
        self._lasting.destroy()
        self._dying.destroy()

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    def _show_progress(self, seconds: float) -> None:
        sessions = sum(side.work.sessions for side in self._sides)
        figures = [f"{series.name} {series.points[-1][1]:.0f}"
                   for side in self._sides for series in side.watch.series if series.points]
        failures = sum(len(side.failures) for side in self._sides)
        print(f"soak: {self._elapsed:.0f} of {seconds:.0f} s, {sessions} sessions, "
              f"{failures} failures; {', '.join(figures)}", file=sys.stderr, flush=True)

    def _stop_services(self) -> List[str]:
        installations = [self._lasting.installation, *self._dying.installations]
        return [f"{each.name}: {left}" for each in installations
                if (left := _what_a_stop_leaves(each))]


def _what_a_stop_leaves(installation: Installation) -> List[str]:
    if installation.is_running():
        installation.stop()
    running = eventually(installation.processes, lambda rows: not rows)
    return [*(f"running: {row}" for row in running), *installation.differences()]


def soak(options: argparse.Namespace) -> int:
    """Run it and report; the exit code."""
    runner = make_runner()
    runner.start()
    code = 0
    try:
        made = Soak(runner, options.seed)
        try:
            made.run(options.hours * 3600)
        except KeyboardInterrupt:
            print("soak: ending the sessions", file=sys.stderr, flush=True)
            code = INTERRUPTED
        results = made.end()
        print(table(results), end="", flush=True)  # also when what follows fails
        made.destroy()
    finally:
        runner.stop()
    options.plot.parent.mkdir(parents=True, exist_ok=True)
    options.plot.write_text(plot(results), encoding="utf-8")
    print(f"plot: {options.plot}", flush=True)
    return code or (0 if results.is_good else FAILED)


def main() -> int:
    """The exit code."""
    options = read_arguments()
    try:
        code = soak(options)
    except KeyboardInterrupt:
        code = INTERRUPTED
    if code == INTERRUPTED:
        print("ci/soak: interrupted", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
