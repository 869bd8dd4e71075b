# SPDX-License-Identifier: MIT
"""Runs the conformance suite over services, or clients, that have a defect each: each must fail
exactly the cases that its defect should, by expected.txt."""
from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Set

from clients.support.program import Client
from conformance.run import CouldNotRun, JudgedClient, Outcome, Service, collect, run
from conformance.table import Collected, TableError, read_table
from conformance.verdicts import COULD_NOT_RUN, FAILED, PASSED, matches
from harness.runner import PROJECT, build_folder

EXPECTED = Path(__file__).with_name("expected.txt")

#: Seconds after which a service with a defect is taken for hung.
PATIENCE = 20.0

Expected = Dict[str, List[str]]


@dataclass(frozen=True)
class Kind:
    """What has the defects."""

    expected: Path
    #: The program in the build's folder of mutants, and what a copy with a defect is called.
    program: str
    stem: str
    is_client: bool = False


SERVICES = Kind(EXPECTED, "mutants.exe", "gatehouse-service")
CLIENTS = Kind(EXPECTED.parent / "clients" / "expected.txt", "client-mutants.exe", "gatehouse",
               is_client=True)


def read_expected(path: Path = EXPECTED) -> Expected:
    """By switch, the functions' ids whose cases fail. Raises TableError."""
    found: Expected = {}
    switch = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith(" ") and switch:
            found[switch] += line.split()
            continue
        switch, colon, cases = line.partition(":")
        if not colon or switch in found:
            raise TableError(f"{path.name}: this is no row: {line}")
        found[switch] = cases.split()
    return found


def sample(cases: Sequence[Collected], areas: Sequence[str]) -> List[Collected]:
    """The first case of each function of these areas."""
    seen: Set[str] = set()
    made: List[Collected] = []
    for found in cases:
        row = found.case.row
        if row.id not in seen and any(matches(row.id, area) for area in areas):
            seen.add(row.id)
            made.append(found)
    return made


def make(switch: str, folder: Path, kind: Kind = SERVICES) -> Service:
    """The service or client with this defect."""
    path = folder / f"{kind.stem}+{switch}.exe"
    shutil.copy2(build_folder() / "mutants" / kind.program, path)
    return JudgedClient(switch, path, (), Client(str(path))) if kind.is_client \
        else Service(switch, path, ())


def fails(switch: str, cases: Sequence[Collected], jobs: int, kind: Kind = SERVICES) -> List[str]:
    """The ids of the functions that it fails, in the order of the table. Raises CouldNotRun."""
    rows = {found.case.id: found.case.row for found in cases}
    failed: Set[str] = set()

    def heard(outcome: Outcome) -> None:
        if outcome["outcome"] == "failed":
            failed.add(rows[str(outcome["id"])].id)

    log = PROJECT / "build" / "mutants" / f"{switch}.log"
    with tempfile.TemporaryDirectory() as folder:
        run(make(switch, Path(folder), kind), cases, log, jobs, PATIENCE, heard)
    return [row for row in dict.fromkeys(row.id for row in rows.values()) if row in failed]


def differences(expected: Sequence[str], failed: Sequence[str]) -> List[str]:
    """What is not as expected, one line each."""
    return ([f"passes, and should not: {row}" for row in expected if row not in failed]
            + [f"fails, and should not: {row}" for row in failed if row not in expected])


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """tests/mutants/run; the exit code."""
    parser = argparse.ArgumentParser(prog="tests/mutants/run", description=__doc__)
    parser.add_argument("switch", nargs="*", help="only these defects")
    parser.add_argument("--area", action="append", default=[], metavar="PATTERN",
                        help="only these areas of cases (default: as expected.txt says)")
    parser.add_argument("--clients", action="store_true", help="clients instead of services")
    parser.add_argument("--jobs", type=int, default=4, help="cases at once (%(default)s)")
    options = parser.parse_args(arguments)
    try:
        kind = CLIENTS if options.clients else SERVICES
        expected = read_expected(kind.expected)
        areas = expected.pop("areas")
        if unknown := set(options.switch) - set(expected):
            raise TableError(f"there is no defect {', '.join(sorted(unknown))}")
        cases = sample(collect(read_table()), options.area or areas)
        ids = [found.case.row.id for found in cases]
        wrong = 0
        for switch in options.switch or expected:
            failed = fails(switch, cases, options.jobs, kind)
            print(f"{switch}: {' '.join(failed)}", flush=True)
            for line in differences([row for row in expected[switch] if row in ids], failed):
                print(f"    {line}", flush=True)
                wrong += 1
    except (CouldNotRun, TableError, OSError) as error:
        print(f"tests/mutants/run: {error}", file=sys.stderr)
        return COULD_NOT_RUN
    print("each defect fails the cases that it should" if not wrong else f"{wrong} differences")
    return FAILED if wrong else PASSED


if __name__ == "__main__":
    sys.exit(main())
