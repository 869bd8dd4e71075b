# SPDX-License-Identifier: MIT
"""The native measuring programs: they read commands and write results, one line each."""
from __future__ import annotations

import contextlib
import shutil
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import List, Optional, Type

from harness.bridge import Bridge
from harness.installation import Installation
from harness.runner import Runner, build_folder

#: Seconds within which a command must be answered, if nothing else is said.
PATIENCE = 600.0


class ProgramError(Exception):
    """A program could not execute a command."""


class Program:
    """One of build/mingw/bench, as long as the `with` lasts; a copy of it, if it has a folder."""

    def __init__(self, runner: Runner, name: str, *arguments: str, patience: float = PATIENCE,
                 folder: Optional[Path] = None) -> None:
        self._name = name
        self._patience = patience
        self._process = subprocess.Popen(
            runner.command((folder or build_folder() / "bench") / name, *arguments),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=runner.environment(), encoding="ascii", start_new_session=True)

    def command(self, line: str) -> List[float]:
        """Send a command; the numbers of the answer. Raises ProgramError."""
        assert self._process.stdin and self._process.stdout
        watchdog = threading.Timer(self._patience, self._process.kill)
        watchdog.start()
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
            word, *rest = self._process.stdout.readline().split() or ["no answer"]
        except BrokenPipeError:  # an earlier command has got no answer
            word, rest = "no answer", []
        finally:
            watchdog.cancel()
        if word != "ok":
            raise ProgramError(f"{self._name}: {line}: {word} {' '.join(rest)}")
        return [float(number) for number in rest]

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        assert self._process.stdin and self._process.stdout
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


def client_event(installation: Installation) -> str:
    """The event that ends everything that the client has started; part of its command line."""
    return f"bench-{installation.name}"


def client_of(runner: Runner, installation: Installation, patience: float) -> Program:
    """A client that starts many sessions and times each: `open <n>`, `spawn <n>`, `idle <n>`,
    `end`. Its openvpn.exe only waits for an event."""
    folder = installation.folder
    event = client_event(installation)
    config = installation.write_config("held.ovpn", "client\n")
    return Program(runner, "bench-client.exe", installation.pipe_name, rf"{folder}\config",
                   f'--config "{config}" --service {event} 0', event,
                   rf"{folder}\bin\openvpn.exe",
                   patience=patience)


def askers_of(runner: Runner, installation: Installation) -> Program:
    """Clients of the control pipe that ask all at once: `attach <n> <process>`, `ask`, `wait`."""
    return Program(runner, "bench-askers.exe", installation.control_name)


def journal_of(runner: Runner, installation: Installation, count: int) -> Program:
    """The journal, in a file of its own: each line is a turn."""
    return Program(runner, "bench-journal.exe", rf"{installation.folder}\bench.journal",
                   str(count))


def transitions_of(runner: Runner, bridge: Bridge, installation: Installation) -> Program:
    """Changes of the kill switch, `change <n>` and `stop`, and transactions as large, `bare <n>`.
    It is in the installation's folder, with the same fwpuclnt.dll."""
    name = "bench-transitions.exe"
    shutil.copy2(build_folder() / "bench" / name, installation.host_folder)
    runner.use_fakes(bridge, name, ["fwpuclnt.dll"])
    return Program(runner, name, installation.control_name,
                   rf"{installation.folder}\bin\openvpn.exe", folder=installation.host_folder)
