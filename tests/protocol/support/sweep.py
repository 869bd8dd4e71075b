# SPDX-License-Identifier: MIT
"""ci/sweep: the service dies at every call to Windows, in sessions, in stops over the control pipe,
in recoveries, and at random while sessions overlap; sessions are stopped at every call; afterwards
the machine must be as before. It dies, and the power fails, at every call of each transition of the
kill switch: never may more pass than the policy in force allows; and at every call of the life of
the copy of a user's profile: no key may be left. All but these two natively, too, at random, with
many threads, users and instances (10,000 seeds of test_nothing_left_behind).

Progress goes to stderr, the result to stdout. Exit code 0 when all was as before, else 1."""
from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Optional, Sequence, Tuple, Union

from harness.runner import Runner, make_runner
from protocol.support.chaos import play, scenario_of
from protocol.support.crash_points import (CrashPoint, count_recovery, count_session, count_stop,
                                           deaths, try_crash_point)
from protocol.support.kill_switch_steps import (RELEASE, TRANSITIONS, KillSwitchPoint,
                                                count_transition, kill_switch_points,
                                                try_kill_switch_point)
from protocol.support.lifecycle import LifecyclePool
from protocol.support.native import PROGRAM, sweep_native
from protocol.support.profile_points import (STEPS, ProfilePoint, count_step, profile_points,
                                             try_profile_point)
from protocol.support.scripts import SCRIPTS
from protocol.support.stop_points import StopPoint, stop_points, try_stop_point

Point = Union[CrashPoint, StopPoint, KillSwitchPoint, ProfilePoint]

#: Seconds between progress reports.
_REPORT_EVERY = 15.0


@dataclass(frozen=True)
class Trial:
    """One trial: a point at which the service dies, or a session is stopped, or the scenario of a
    seed."""

    point: Optional[Point] = None
    seed: int = 0

    def __str__(self) -> str:
        return str(self.point) if self.point else f"seed {self.seed}"


@dataclass(frozen=True)
class Outcome:
    """The result of a trial: whether its point was reached, and the failure, "" for none."""

    trial: Trial
    is_reached: bool
    failure: str


# ---- in the worker processes ----

class Worker:
    """One Wine, and an installation on it for each program that plays openvpn.exe."""

    def __init__(self) -> None:
        self._runner: Runner = make_runner()
        self._runner.start()
        self._pool = LifecyclePool(self._runner, self._runner.bridge(),
                                   self._runner.bridge(restricted=True),
                                   f"{self._runner.claim_name('gw')}s")

    def try_it(self, trial: Trial) -> Outcome:
        """Run one trial; any exception becomes its failure."""
        try:
            if trial.point:
                return Outcome(trial, self._try_point(trial.point), "")
            scenario = scenario_of(trial.seed)
            play(self._pool.get(scenario.release.program), scenario)
            return Outcome(trial, True, "")
        except Exception:
            return Outcome(trial, False, traceback.format_exc())

    def _try_point(self, point: Point) -> bool:
        if isinstance(point, KillSwitchPoint):
            return try_kill_switch_point(self._pool.get(RELEASE.program), point)
        if isinstance(point, ProfilePoint):
            return try_profile_point(self._pool.get(RELEASE.program, True), point)
        lifecycle = self._pool.get(point.script.release.program)
        if isinstance(point, StopPoint):
            return try_stop_point(lifecycle, point)
        return bool(try_crash_point(lifecycle, point))

    def count(self, number: int, what: str) -> Dict[str, int]:
        """The calls of a script, of a transition, or of a step of a profile's copy."""
        if what == "profiles":
            return count_step(self._pool.get(RELEASE.program, True), STEPS[number])
        if what == "kill-switch":
            return count_transition(self._pool.get(RELEASE.program), TRANSITIONS[number])
        script = SCRIPTS[number]
        counting = {"session": count_session, "recovery": count_recovery, "stop": count_stop}[what]
        return counting(self._pool.get(script.release.program), script)


_worker: Optional[Worker] = None


def _begin_worker() -> None:
    global _worker
    _worker = Worker()


def _this_worker() -> Worker:
    assert _worker
    return _worker


def _try_it(trial: Trial) -> Outcome:
    return _this_worker().try_it(trial)


def _count(question: Tuple[int, str]) -> Dict[str, int]:
    return _this_worker().count(*question)


# ---- the trials ----

@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Processes that start within it ignore Ctrl-C: only the main process handles it, and ends them
    in an orderly way."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


Count = Callable[[Tuple[int, str]], Dict[str, int]]


def _points(count: Count, parts: Sequence[str]) -> Iterator[Point]:
    for number, script in enumerate(SCRIPTS):
        if "session" in parts:
            for death in deaths(count((number, "session"))):
                yield CrashPoint(script, session=death)
        if "stop" in parts:
            for death in deaths(count((number, "stop"))):
                yield CrashPoint(script, stop=death)
            yield from stop_points(script, count((number, "session")))
        if "recovery" in parts:
            for death in deaths(count((number, "recovery"))):
                yield CrashPoint(script, recovery=(death,))
    if "kill-switch" in parts:
        for number, transition in enumerate(TRANSITIONS):
            yield from kill_switch_points(transition, count((number, "kill-switch")))
    if "profiles" in parts:
        for number, step in enumerate(STEPS):
            yield from profile_points(step, count((number, "profiles")))


def _name(question: Tuple[int, str]) -> str:
    number, what = question
    if what == "profiles":
        return STEPS[number].name
    return TRANSITIONS[number].name if what == "kill-switch" else SCRIPTS[number].name


def _trials(pool: ProcessPoolExecutor, options: argparse.Namespace) -> List[Trial]:
    def count(question: Tuple[int, str]) -> Dict[str, int]:
        with _uninterrupted():
            future = pool.submit(_count, question)
        calls = future.result()
        print(f"{_name(question)} {question[1]}: {sum(calls.values())} calls of "
              f"{len(calls)} functions", file=sys.stderr)
        return calls

    trials = [Trial(point=point) for point in _points(count, options.only)]
    trials = [trial for trial in trials if options.match in str(trial)]
    trials = trials[options.first::options.stride]
    if "overlaps" in options.only:
        trials += [Trial(seed=seed) for seed in range(options.seed, options.seed + options.seeds)]
    return trials


# ---- the command ----

PARTS = ("session", "stop", "recovery", "kill-switch", "profiles", "overlaps", "examples",
         "native")

FAILED, WRONG_USE, INTERRUPTED = 1, 2, 130


def _positive(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return count


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ci/sweep", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART",
                        help=f"of {', '.join(PARTS)}")
    parser.add_argument("--stride", type=_positive, default=1, help="try each STRIDEth point only")
    parser.add_argument("--first", type=int, default=0, help="and leave so many out before")
    parser.add_argument("--match", default="", metavar="TEXT",
                        help='try points in whose name TEXT is: "2.6 session: WriteFile 3 die"')
    parser.add_argument("--seeds", type=_positive, default=100,
                        help="how many seeds of overlapping sessions (%(default)s)")
    parser.add_argument("--runs", type=_positive, default=10000,
                        help="how many seeds natively (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="the first of both (%(default)s)")
    parser.add_argument("--examples", type=_positive, default=100,
                        help="how many examples hypothesis makes (%(default)s)")
    parser.add_argument("--jobs", type=_positive, default=os.cpu_count() or 1,
                        help="how many at once (%(default)s)")
    return parser.parse_args()


def _collect(outcomes: Iterator[Outcome], count: int) -> List[Outcome]:
    began = reported = time.monotonic()
    done: List[Outcome] = []
    failed = 0
    print(f"{count} to try", file=sys.stderr, flush=True)
    for outcome in outcomes:
        done.append(outcome)
        if outcome.failure:
            failed += 1
            print(f"FAILED {outcome.trial}\n{outcome.failure}", file=sys.stderr, flush=True)
            if outcome.trial.point is None:
                print(scenario_of(outcome.trial.seed), file=sys.stderr, flush=True)
        now = time.monotonic()
        if now - reported > _REPORT_EVERY or len(done) == count:
            reported = now
            print(f"{len(done)} of {count} tried, {failed} failed, {now - began:.0f} s",
                  file=sys.stderr, flush=True)
    return done


def _report(done: Sequence[Outcome], seconds: float) -> int:
    points = [outcome for outcome in done if outcome.trial.point]
    stops = [outcome for outcome in points if isinstance(outcome.trial.point, StopPoint)]
    missed = [outcome for outcome in points if not outcome.is_reached and not outcome.failure]
    failed = [outcome for outcome in done if outcome.failure]
    print(f"{len(points) - len(stops)} crash points and {len(stops)} stops, {len(missed)} of them "
          f"not reached in that run; {len(done) - len(points)} runs of overlapping sessions; "
          f"{len(failed)} failures; {seconds:.0f} s")
    for outcome in failed:
        print(f"failed: {outcome.trial}")
    return FAILED if failed else 0


def _try_examples(count: int) -> int:
    """Run the property test, which reports to stderr; its exit code."""
    environment = {**os.environ, "GATEHOUSE_EXAMPLES": str(count)}
    test = Path(__file__).resolve().parents[1] / "test_random_changes.py"
    code = subprocess.run([sys.executable, "-m", "pytest", "-q", str(test)], env=environment,
                          stdout=sys.stderr, check=False).returncode
    print(f"{count} examples of hypothesis: {'a failure' if code else 'no failure'}")
    return code


def _try_natively(options: argparse.Namespace) -> int:
    began = time.monotonic()
    failures = sweep_native(PROGRAM, options.seed, options.runs, options.jobs)
    print(f"{options.runs} native runs; {len(failures)} failures; "
          f"{time.monotonic() - began:.0f} s")
    for failure in failures:
        print(f"failed: {failure.command}")
    return FAILED if failures else 0


def _sweep(options: argparse.Namespace) -> int:
    began = time.monotonic()
    with ProcessPoolExecutor(options.jobs, get_context("spawn"), _begin_worker) as pool:
        try:
            trials = _trials(pool, options)
            if not trials:
                print("ci/sweep: there is no such point", file=sys.stderr)
                return WRONG_USE
            with _uninterrupted():
                outcomes = pool.map(_try_it, trials)
            done = _collect(outcomes, len(trials))
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            raise
    return _report(done, time.monotonic() - began)


def main() -> int:
    """Exit code."""
    options = _options()
    codes = []
    try:
        if "native" in options.only:
            codes.append(_try_natively(options))
        if set(options.only) - {"examples", "native"}:
            codes.append(_sweep(options))
        if "examples" in options.only:
            codes.append(_try_examples(options.examples))
    except KeyboardInterrupt:
        print("ci/sweep: interrupted", file=sys.stderr)
        return INTERRUPTED
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
