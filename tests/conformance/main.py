# SPDX-License-Identifier: MIT
"""Judges interactive services by the protocol suite: ci/conformance."""
from __future__ import annotations

import argparse
import io
import os
import re
import sys
import time
from pathlib import Path
from typing import Dict, List, Optional, Sequence, TextIO

from conformance import ids
from conformance.page import page
from conformance.report import as_json, as_junit, summary
from conformance.run import CouldNotRun, Outcome, Service, collect, has_extensions, run
from conformance.table import RELEASES, Collected, Severity, TableError, read_table
from conformance.verdicts import (COULD_NOT_RUN, Baseline, BaselineError, Judgement, Result,
                                  exit_code, judge, matches, not_tried)
from harness.eventually import HANG
from harness.runner import PROJECT, make_runner

INTERRUPTED = 130

EPILOG = """\
A pattern names cases by their ids, parts of them, or with * and ?: startup, startup.01, *.one-byte.
Exit codes: 0: every service has passed all cases that it must, and those of security; 1: one has
not; 2: the cases could not be run. docs/conformance.md says what the verdicts mean."""


class _Name(argparse.Action):
    """Names the service that stands before it."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace,
                 values: object, option_string: Optional[str] = None) -> None:
        if not namespace.service or len(namespace.service) in namespace.name:
            parser.error("--name belongs behind a --service")
        namespace.name = {**namespace.name, len(namespace.service): str(values)}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ci/conformance", description=__doc__, epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--service", action="append", default=[], metavar="PATH", type=Path,
                        help="a service to judge; may stand several times")
    parser.add_argument("--name", action=_Name, default={}, metavar="NAME",
                        help="what the service before it is called (default: as its file)")
    parser.add_argument("--list", action="store_true", help="list the cases, and run none")
    parser.add_argument("--only", action="append", default=[], metavar="PATTERN",
                        help="only these cases")
    parser.add_argument("--exclude", action="append", default=[], metavar="PATTERN",
                        help="not these")
    parser.add_argument("--severity", action="append", default=[],
                        choices=[severity.value for severity in Severity],
                        help="only cases of this severity")
    parser.add_argument("--dialect", choices=RELEASES,
                        help="the release of OpenVPN that the service is of: cases about clients "
                             "of others do not apply (default: all apply)")
    parser.add_argument("--baseline", metavar="FILE", type=Path,
                        help="cases that are known to fail: a pattern and the reason in each line")
    parser.add_argument("--extensions", choices=["auto", "yes", "no"], default="auto",
                        help="whether cases of extensions are run (auto: if the service answers on "
                             "the control pipe)")
    parser.add_argument("--jobs", type=int, default=(os.cpu_count() or 1) + 2,
                        help="cases at once (%(default)s)")
    parser.add_argument("--patience", type=float, default=HANG, metavar="SECONDS",
                        help="what should come at once and does not is a failure (%(default)g)")
    for kind, default in (("json", None), ("junit", None), ("html", "build/conformance.html")):
        parser.add_argument(f"--{kind}", metavar="FILE", type=Path,
                            default=PROJECT / default if default else None,
                            help="write the results here" + (f" ({default})" if default else ""))
    parser.add_argument("--retries", type=int, default=0, metavar="N",
                        help="run what counts against the service up to N times more: it fails if "
                             "it fails each time (%(default)s)")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    parser.add_argument("--update-ids", action="store_true",
                        help="enter new cases into tests/conformance/ids.txt, and run none")
    return parser


def _services(paths: Sequence[Path], names: Dict[int, str]) -> List[Service]:
    """`names` by the number of the service, from 1. Raises CouldNotRun."""
    if not paths:
        raise CouldNotRun("name a service: --service PATH")
    made: List[Service] = []
    for number, path in enumerate(paths, 1):
        if not path.is_file():
            raise CouldNotRun(f"there is no file {path}")
        name = names.get(number, path.name)
        if name in [other.name for other in made]:
            raise CouldNotRun(f"two services are called {name}: tell them apart by --name")
        made.append(Service(name, path.resolve()))
    return made


def choose(cases: Sequence[Collected], only: Sequence[str], exclude: Sequence[str],
           severities: Sequence[str]) -> List[Collected]:
    """Those that are asked for. Raises CouldNotRun if a pattern names no case."""
    for pattern in (*only, *exclude):
        if not any(matches(found.case.id, pattern) for found in cases):
            raise CouldNotRun(f"no case is called {pattern}: --list names all")
    return [found for found in cases
            if (not only or any(matches(found.case.id, pattern) for pattern in only))
            and not any(matches(found.case.id, pattern) for pattern in exclude)
            and (not severities or found.case.severity.value in severities)]


class Progress:
    """Tells each failure, and how far the run is."""

    def __init__(self, stream: Optional[TextIO], name: str, total: int) -> None:
        self._stream, self._name, self._total = stream, name, total
        self._done = self._failed = 0

    def tell(self, result: Result) -> None:
        """A case is over."""
        self._done += 1
        told = ""
        if result.counts_against:
            self._failed += 1
            told = f"  failed: {result.id}: {result.line}\n"
        if self._stream is None:
            return
        bar = f"{self._name}: {self._done} of {self._total}, {self._failed} failed"
        if self._stream.isatty():
            self._stream.write(f"\r\x1b[K{told}{bar}" + ("\n" if self._done == self._total else ""))
        elif told or self._done % 100 == 0 or self._done == self._total:
            self._stream.write(f"{told}{bar}\n")
        self._stream.flush()


def _judge(service: Service, cases: Sequence[Collected], options: argparse.Namespace,
           baseline: Baseline) -> Judgement:
    """Raises CouldNotRun."""
    began = time.monotonic()
    extensions = options.extensions == "yes" or options.extensions == "auto" and has_extensions(
        make_runner(), service)
    results: Dict[str, Result] = {}
    to_run: List[Collected] = []
    for found in cases:
        result = not_tried(found, options.dialect, extensions)
        if result is None:
            to_run.append(found)
        else:
            results[found.case.id] = result
    log = PROJECT / "build" / "conformance" / f"{re.sub('[^A-Za-z0-9._-]', '_', service.name)}.log"
    for turn in range(1 + options.retries):
        progress = Progress(None if options.quiet else sys.stderr,
                            f"{service.name}, again" if turn else service.name, len(to_run))
        by_id = {found.case.id: found for found in to_run}

        def heard(outcome: Outcome, progress: Progress = progress,
                  by_id: Dict[str, Collected] = by_id) -> None:
            case = str(outcome["id"])
            results[case] = judge(by_id[case], outcome, baseline.reason(case))
            progress.tell(results[case])

        run(service, to_run, log, options.jobs, options.patience, heard)
        to_run = [found for found in to_run
                  if found.case.id in results and results[found.case.id].counts_against]
    if missing := [found.case.id for found in cases if found.case.id not in results]:
        raise CouldNotRun(f"{len(missing)} cases were not run, among them {missing[0]}; see {log}")
    return Judgement(service.name, service.path, [results[found.case.id] for found in cases],
                     time.monotonic() - began, extensions)


def list_cases(cases: Sequence[Collected]) -> None:
    """Print one line a case."""
    for found in cases:
        case = found.case
        print(f"{case.id:<40} {case.severity.value:<9} {'-'.join(case.versions)}  "
              f"{case.row.section}: {case.row.title}")
    print(f"{len(cases)} cases")


def _run(options: argparse.Namespace) -> int:
    """Raises CouldNotRun, TableError, BaselineError, OSError."""
    services = [] if options.list or options.update_ids else _services(options.service,
                                                                       options.name)
    text = options.baseline.read_text(encoding="utf-8") if options.baseline else ""
    baseline = Baseline(text)
    every = collect(read_table())
    if options.update_ids:
        ids.update([found.case.id for found in every])
        return 0
    cases = choose(every, options.only, options.exclude, options.severity)
    if options.list:
        list_cases(cases)
        return 0
    for pattern in baseline.unmatched(found.case.id for found in every):
        print(f"the baseline names no case by {pattern}", file=sys.stderr)
    judgements = [_judge(service, cases, options, baseline) for service in services]
    for path, made in ((options.json, as_json), (options.junit, as_junit), (options.html, page)):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made(judgements), encoding="utf-8", errors="backslashreplace")
    print(summary(judgements))
    if options.html:
        print(f"\nThe page: {options.html}")
    return exit_code(judgements)


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """ci/conformance; the exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a service may have sent anything
    try:
        return _run(_parser().parse_args(arguments))
    except (CouldNotRun, TableError, BaselineError, OSError) as error:
        print(f"ci/conformance: {error}", file=sys.stderr)
        return COULD_NOT_RUN
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
