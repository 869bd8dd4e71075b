# SPDX-License-Identifier: MIT
"""The command line of ci/bench."""
from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path
from typing import Callable, Dict, List, Optional

from harness.runner import PROJECT, build_folder, make_runner

from bench import plot, table
from bench.control import control_clients
from bench.figures import Results
from bench.kill_switch import kill_switch
from bench.rig import MEASURING_ERRORS, Progress, Rig, Size
from bench.routes import many_routes, round_trips
from bench.sessions import sessions
from bench.starts import starts

#: Limits of a session's routes, and of the service's setting for sessions.
MOST_ROUTES, MOST_SESSIONS = 32000, 16000

MOST_PATIENCE = 3600.0

COULD_NOT_MEASURE, INTERRUPTED = 1, 130

#: Measured on running services, and what comes after it, on services of its own.
STEPS = {"trips": round_trips, "routes": many_routes, "control": control_clients, "starts": starts}
LATER = {"sessions": sessions, "kill-switch": kill_switch}
PARTS = (*STEPS, *LATER)


def read_arguments(arguments: Optional[List[str]] = None) -> argparse.Namespace:
    """Parse the options."""
    parser = argparse.ArgumentParser(
        prog="ci/bench", description="Measures the service, beside the least that could be called "
        "one, under Wine over fake system DLLs. Docs: docs/bench.md.",
        epilog="Exit code 0 also when targets are missed, 1 when it could not measure.")
    parser.add_argument("--service", type=Path, metavar="OTHER.exe", action="append", default=[],
                        help="another interactive service to measure beside ours, in turns; may be "
                        "repeated")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    parser.add_argument("--plot", type=Path, metavar="FILE", default=PROJECT / "build/bench.svg",
                        help="where the plot goes (default: build/bench.svg)")
    parser.add_argument("--quick", action="store_true",
                        help="little of everything: to see that it runs, not what it costs")
    parser.add_argument("--only", action="append", choices=PARTS, metavar="PART",
                        help=f"measure this part and no other: {', '.join(PARTS)}; may be repeated")
    parser.add_argument("--routes", type=_count(MOST_ROUTES), metavar="N",
                        help="how many are many routes (default: 20000, quick: 500)")
    parser.add_argument("--sessions", type=_count(MOST_SESSIONS), metavar="N",
                        help="how many are held at once (default: 1000, quick: 20)")
    parser.add_argument("--patience", type=_seconds, metavar="S", default=120.0,
                        help="seconds that a service may take to start, to stop, or to end a "
                        "session (%(default).0f); what another service does not do in time is "
                        "not possible to measure")
    return parser.parse_args(arguments)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 1 <= seconds <= MOST_PATIENCE:
        raise argparse.ArgumentTypeError(f"{text} is not between 1 and {MOST_PATIENCE:g}")
    return seconds


def _count(most: int) -> Callable[[str], int]:
    """Parser for an option's number."""
    def read(text: str) -> int:
        count = int(text)
        if not 20 <= count <= most:
            raise argparse.ArgumentTypeError(f"{text} is not between 20 and {most}")
        return count
    return read


def size_of(options: argparse.Namespace) -> Size:
    """How much is measured, and how often."""
    many = options.routes or (500 if options.quick else 20000)
    held = options.sessions or (20 if options.quick else 1000)
    few = max(1, many // 20)
    if options.quick:
        return Size(turns=6, per_turn=50, few=few, many=many, rounds=1, starts=2, sessions=held,
                    askers=20, asked=200)
    return Size(turns=60, per_turn=200, few=few, many=many, rounds=5, starts=10, sessions=held,
                askers=200, asked=5000)


def programs_of(options: argparse.Namespace) -> Dict[str, Path]:
    """The services to measure, ours first. Raises FileNotFoundError."""
    ours = build_folder() / "bin" / "gatehouse-service.exe"
    programs = {ours.name: ours}
    for given in options.service:
        other = given.resolve()
        programs["other " + other.name if other.name == ours.name else other.name] = other
    for program in programs.values():
        if not program.is_file():
            raise FileNotFoundError(f"{program} is not there")
    return programs


def measure(options: argparse.Namespace, progress: Progress) -> Results:
    """Measure everything."""
    programs, size = programs_of(options), size_of(options)
    results = Results(next(iter(programs)))
    wanted = options.only or PARTS
    runner = make_runner()
    runner.start()
    try:
        rig = Rig(runner, progress, results.ours, options.patience)
        with contextlib.ExitStack() as stack:
            services = rig.for_each(programs, lambda program: stack.enter_context(
                rig.service(program)))
            for part, step in STEPS.items():
                if part in wanted:
                    step(rig, services, size, results)
        for part, later in LATER.items():
            if part in wanted:
                later(rig, programs, size, results)
        progress.end()
    finally:
        runner.stop()
    return results


def report(options: argparse.Namespace, results: Results) -> None:
    """Print the table and write the files."""
    print(table.render(results))
    options.plot.parent.mkdir(parents=True, exist_ok=True)
    options.plot.write_text(plot.render(results), encoding="utf-8")
    print(f"plot: {options.plot}")
    if options.json:
        options.json.write_text(results.to_json(), encoding="utf-8")
        print(f"figures: {options.json}")


def main() -> int:
    """Run it; the exit code."""
    options = read_arguments()
    progress = Progress()
    try:
        report(options, measure(options, progress))
    except KeyboardInterrupt:
        progress.end()
        print("ci/bench: interrupted", file=sys.stderr)
        return INTERRUPTED
    except MEASURING_ERRORS as error:
        progress.end()
        print(f"ci/bench: could not measure: {error}", file=sys.stderr)
        return COULD_NOT_MEASURE
    return 0


if __name__ == "__main__":
    sys.exit(main())
