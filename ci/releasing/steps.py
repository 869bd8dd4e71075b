# SPDX-License-Identifier: MIT
"""What all commands of this package share: programs that may fail, progress, how a command ends."""
from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable, Dict, List, Optional, Sequence, Union

PROJECT = Path(__file__).resolve().parents[2]
BUILD = PROJECT / "build"

#: As the shell reports a program that Ctrl-C has ended.
INTERRUPTED = 130

_LAST_LINES = 20


class ReleaseError(Exception):
    """A step failed; the text says which, why, and what can be done."""


def run(command: Sequence[Union[str, Path]], *, what: str = "", folder: Optional[Path] = None,
        log: Optional[Path] = None, environment: Optional[Dict[str, str]] = None) -> str:
    """Run a program and return what it printed. `what` names the step if it fails. The output goes
    into the file `log`, too, if that is given. Raises ReleaseError."""
    words = [str(word) for word in command]
    step = what or Path(words[0]).name
    try:
        done = subprocess.run(words, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False, encoding="utf-8",
                              errors="replace", env={**os.environ, **(environment or {})})
    except FileNotFoundError as error:
        raise ReleaseError(f"{step}: there is no {error.filename}; ci/setup installs it") from error
    if log:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(done.stdout, encoding="utf-8")
    if done.returncode:
        said = "\n".join(done.stdout.strip().splitlines()[-_LAST_LINES:])
        whole = f"\nThe whole log is {log}." if log else ""
        raise ReleaseError(f"{step}: {Path(words[0]).name} failed with exit code "
                           f"{done.returncode}:\n{said}{whole}")
    return done.stdout


def run_shown(command: Sequence[Union[str, Path]], *, what: str) -> None:
    """Run a program that tells of its own progress. Raises ReleaseError."""
    code = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL,
                          check=False).returncode
    if code:
        raise ReleaseError(f"{what} (exit code {code})")


def run_to_file(command: Sequence[Union[str, Path]], output: Path, *, what: str) -> None:
    """Run a program whose output is no text, into a file. Raises ReleaseError."""
    with output.open("wb") as file:
        done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL,
                              stdout=file, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise ReleaseError(f"{what}: exit code {done.returncode}: {said}")


class Progress:
    """Prints one line for each step, with the seconds since the beginning."""

    def __init__(self, command: str) -> None:
        self._command = command
        self._began = time.monotonic()
        self.current = "the command line"

    def step(self, text: str) -> None:
        """A step begins."""
        self.current = text
        seconds = int(time.monotonic() - self._began)
        print(f"{self._command}: {text} ({seconds} s)", flush=True)


def run_command(progress: Progress, work: Callable[[], int]) -> int:
    """The exit code of a command that does `work`: whatever ends it, one text says so."""
    try:
        return work()
    except ReleaseError as error:
        print(f"{progress.current}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"interrupted in the step: {progress.current}", file=sys.stderr)
        return INTERRUPTED


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 with LF alone, on every system."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8"))


def files_below(folder: Path) -> List[Path]:
    """All files, relative to the folder, sorted by their names as bytes: the same everywhere."""
    found = [path.relative_to(folder) for path in folder.rglob("*") if not path.is_dir()]
    return sorted(found, key=lambda path: path.as_posix().encode())
