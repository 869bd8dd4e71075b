# SPDX-License-Identifier: MIT
"""The commands of ci, as somebody meets them who calls them for the first time."""
from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Dict, List, Tuple

import pytest

from harness.eventually import HANG
from harness.runner import PROJECT

COMMANDS = sorted(path for path in (PROJECT / "ci").iterdir() if os.access(path, os.X_OK))
WRONG_USE, INTERRUPTED = 2, 130


def run(command: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """To its end."""
    return subprocess.run([str(command), *arguments], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
                          timeout=10 * HANG, check=False)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: str(command.name))
def test_it_says_what_it_is_for(command: Path) -> None:
    done = run(command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout) > 80


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: str(command.name))
def test_what_it_does_not_know_is_refused(command: Path) -> None:
    done = run(command, "--unheard-of")
    assert (done.returncode, done.stdout) == (WRONG_USE, "")
    assert done.stderr


@pytest.mark.parametrize("arguments", [["--stride", "0"], ["--jobs", "0"], ["--seeds", "x"],
                                       ["--only", "everything"]], ids=" ".join)
def test_a_sweep_refuses_what_makes_no_sense(arguments: List[str]) -> None:
    assert run(PROJECT / "ci" / "sweep", *arguments).returncode == WRONG_USE


def test_sabotage_knows_its_kinds() -> None:
    done = run(PROJECT / "tests" / "sabotage", "no such kind")
    assert (done.returncode, done.stdout) == (WRONG_USE, "")
    assert '"no such kind"' in done.stderr


def heed_interrupts() -> None:
    """As at a terminal: what a shell starts in the background ignores them, and passes that on."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


#: What is begun, and the beginning of the line by which one sees that something goes on.
RUNS: Dict[str, Tuple[List[str], str]] = {
    "demo": ([], "Gatehouse: "),
    "sweep": (["--only", "overlaps", "--seeds", "1000", "--jobs", "1"], "1000 to try"),
    "bench": (["--quick", "--routes", "200", "--sessions", "20", "--plot", "bench.svg"], "bench: "),
}


@pytest.mark.parametrize("command", RUNS)
def test_an_interrupted_run_says_so_and_leaves_nothing(tmp_path: Path, command: str) -> None:
    arguments, beginning = RUNS[command]
    running = subprocess.Popen([str(PROJECT / "ci" / command), *arguments], cwd=tmp_path,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, encoding="utf-8",
                               start_new_session=True, preexec_fn=heed_interrupts)
    told = running.stdout if command == "demo" else running.stderr
    assert told and any(line.startswith(beginning) for line in told)
    os.killpg(running.pid, signal.SIGINT)
    said, errors = running.communicate(timeout=10 * HANG)
    assert running.returncode == INTERRUPTED
    assert errors.splitlines()[-1] == f"ci/{command}: interrupted" and "Traceback" not in errors
    assert command == "demo" or not said
    assert not list(tmp_path.iterdir())
