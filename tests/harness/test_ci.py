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

COMMANDS = sorted(path for path in (PROJECT / "ci").iterdir()
                  if path.is_file() and os.access(path, os.X_OK))
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
                                       ["--runs", "0"], ["--only", "everything"]], ids=" ".join)
def test_a_sweep_refuses_invalid_values(arguments: List[str]) -> None:
    assert run(PROJECT / "ci" / "sweep", *arguments).returncode == WRONG_USE


def test_a_sweep_runs_natively() -> None:
    done = run(PROJECT / "ci" / "sweep", "--only", "native", "--runs", "3", "--seed", "1000")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("3 native runs; 0 failures; ")
    assert "3 native runs to try" in done.stderr


def test_sabotage_knows_its_kinds() -> None:
    done = run(PROJECT / "tests" / "sabotage", "no such kind")
    assert (done.returncode, done.stdout) == (WRONG_USE, "")
    assert '"no such kind"' in done.stderr


#: Plays docker: says what it was asked.
DOCKER = '#!/bin/sh\nprintf "%s\\n" "$@"\n'


@pytest.mark.parametrize("options, image", [([], "debian:12"), (["--release", "13"], "debian:13")],
                         ids=["releases", "another"])
def test_a_container_has_the_checkout_and_no_other_variables(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: List[str], image: str) -> None:
    docker = tmp_path / "docker"
    docker.write_text(DOCKER, encoding="ascii")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("GATEHOUSE_LINT_NPM", "required")
    monkeypatch.setenv("SECRET", "of the machine")
    asked = run(PROJECT / "ci" / "in-debian", *options, "ci/lint", "--packages").stdout.splitlines()
    assert image in asked and asked[-2:] == ["ci/lint", "--packages"]
    assert f"{PROJECT}:/gatehouse" in asked
    assert "GATEHOUSE_LINT_NPM" in asked and "SECRET" not in " ".join(asked)


@pytest.mark.parametrize("options", [["--release"], ["--release", "bookworm", "ci/lint"],
                                     ["--release", "13"]], ids=" ".join)
def test_a_container_of_no_release_or_without_a_command_is_refused(options: List[str]) -> None:
    assert run(PROJECT / "ci" / "in-debian", *options).returncode == WRONG_USE


def restore_interrupts() -> None:
    """Handle Ctrl-C as at a terminal: a shell's background jobs ignore it, and so do their
    children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


#: Commands to interrupt, and the beginning of the line that shows their progress.
RUNS: Dict[str, Tuple[List[str], str]] = {
    "demo": ([], "Gatehouse: "),
    "sweep": (["--only", "overlaps", "--seeds", "1000", "--jobs", "1"], "1000 to try"),
    "bench": (["--quick", "--routes", "200", "--sessions", "20", "--plot", "bench.svg"], "bench: "),
    "soak": ([], "soak: "),
}

#: How the output of those ends that have something to say when they are interrupted.
SAYS = {"demo": "", "soak": "build/soak.svg\n"}


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
    assert said.endswith(SAYS[command]) if command in SAYS else not said
    assert not list(tmp_path.iterdir())
