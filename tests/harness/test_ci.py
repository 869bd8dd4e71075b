# SPDX-License-Identifier: MIT
"""The commands of ci/: help, wrong arguments and interruption."""
from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Dict, List, Tuple

import pytest

from harness.eventually import HANG
from harness.runner import PROJECT

COMMANDS = sorted(path for path in (PROJECT / "ci").iterdir() if path.is_file() and os.access(path, os.X_OK))
WRONG_USE, INTERRUPTED = 2, 130


def run(command: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run it to its end."""
    return subprocess.run([str(command), *arguments], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
                          timeout=10 * HANG, check=False)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: str(command.name))
def test_help_says_what_it_is_for(command: Path) -> None:
    done = run(command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout) > 80


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: str(command.name))
def test_unknown_arguments_are_refused(command: Path) -> None:
    done = run(command, "--unheard-of")
    assert (done.returncode, done.stdout) == (WRONG_USE, "")
    assert done.stderr


@pytest.mark.parametrize("arguments", [["--stride", "0"], ["--jobs", "0"], ["--seeds", "x"],
                                       ["--only", "everything"]], ids=" ".join)
def test_a_sweep_refuses_invalid_values(arguments: List[str]) -> None:
    assert run(PROJECT / "ci" / "sweep", *arguments).returncode == WRONG_USE


def test_sabotage_knows_its_kinds() -> None:
    done = run(PROJECT / "tests" / "sabotage", "no such kind")
    assert (done.returncode, done.stdout) == (WRONG_USE, "")
    assert '"no such kind"' in done.stderr


def restore_interrupts() -> None:
    """Handle Ctrl-C as at a terminal: a shell's background jobs ignore it, and so do their
    children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


#: Commands to interrupt, and the beginning of the line that shows their progress.
RUNS: Dict[str, Tuple[List[str], str]] = {
    "demo": ([], "Gatehouse: "),
    "sweep": (["--only", "overlaps", "--seeds", "1000", "--jobs", "1"], "1000 to try"),
    "bench": (["--quick", "--routes", "200", "--sessions", "20", "--plot", "bench.svg"], "bench: "),
}


@pytest.mark.parametrize("command", RUNS)
def test_an_interrupted_run_reports_it_and_leaves_nothing(tmp_path: Path, command: str) -> None:
    arguments, beginning = RUNS[command]
    running = subprocess.Popen([str(PROJECT / "ci" / command), *arguments], cwd=tmp_path,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, encoding="utf-8",
                               start_new_session=True, preexec_fn=restore_interrupts)
    output = running.stdout if command == "demo" else running.stderr
    assert output and any(line.startswith(beginning) for line in output)
    os.killpg(running.pid, signal.SIGINT)
    said, errors = running.communicate(timeout=10 * HANG)
    assert running.returncode == INTERRUPTED
    assert errors.splitlines()[-1] == f"ci/{command}: interrupted" and "Traceback" not in errors
    assert command == "demo" or not said
    assert not list(tmp_path.iterdir())
