# SPDX-License-Identifier: MIT
"""The native part of ci/sweep, over a program that plays the test."""
from __future__ import annotations

from pathlib import Path
from typing import List

import pytest

from protocol.support.native import AT_ONCE, Failure, sweep_native, try_seeds

#: Fails at seed 7, crashes when it begins with 100, and writes down each seed that it has passed.
PLAYED = """#!/bin/sh
[ "$GATEHOUSE_SEED" != 100 ] || { echo "a sanitizer's report"; exit 134; }
seed=$GATEHOUSE_SEED
while [ "$seed" -lt $((GATEHOUSE_SEED + GATEHOUSE_RUNS)) ]; do
    [ "$seed" != 7 ] || { echo "GATEHOUSE_SEED=$seed: not as before"; exit 1; }
    echo "$seed" >>"$0.passed"
    seed=$((seed + 1))
done
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The program."""
    made = tmp_path / "played"
    made.write_text(PLAYED, encoding="ascii")
    made.chmod(0o755)
    return made


def passed(program: Path) -> List[int]:
    """The seeds that have passed, in order."""
    return sorted(map(int, (program.parent / "played.passed").read_text().split()))


def test_every_seed_is_tried_once(program: Path) -> None:
    count = 2 * AT_ONCE + 3
    lines: List[str] = []
    assert not sweep_native(program, 1000, count, 2, lines.append)
    assert passed(program) == list(range(1000, 1000 + count))
    assert lines[0] == f"{count} native runs to try"
    assert lines[-1].startswith(f"{count} of {count} native runs, 0 failed")


def test_a_failure_names_its_seed_and_the_others_follow(program: Path) -> None:
    assert try_seeds(program, 1, 10) == [
        Failure(f"GATEHOUSE_SEED=7 {program}", "GATEHOUSE_SEED=7: not as before")]
    assert passed(program) == [1, 2, 3, 4, 5, 6, 8, 9, 10]


def test_a_crash_names_the_seeds_that_were_tried(program: Path) -> None:
    lines: List[str] = []
    found, = sweep_native(program, 100, 5, 1, lines.append)
    assert found.command == f"GATEHOUSE_SEED=100 GATEHOUSE_RUNS=5 {program}"
    assert "a sanitizer's report" in found.output
    assert any(line.startswith(f"FAILED {found.command}") for line in lines)
