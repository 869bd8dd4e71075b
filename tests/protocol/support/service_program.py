# SPDX-License-Identifier: MIT
"""Runs gatehouse-service.exe as an administrator does, and returns its output and exit code."""
from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import List

from harness.bridge import Bridge, BridgeError
from harness.installation import Installation
from harness.process import Process
from harness.service import Service, State

DONE, FAILED, USAGE, NOT_RUNNING, NOT_INSTALLED = 0, 1, 2, 3, 4

#: What becomes of a control for a service whose process is gone: ERROR_NO_DATA,
#: ERROR_SERVICE_CANNOT_ACCEPT_CTRL.
PROCESS_GONE = (232, 1061)

SERVICES = r"HKLM\SYSTEM\CurrentControlSet\Services"
EVENT_SOURCE = rf"{SERVICES}\EventLog\Application\openvpnserv"


def forget_service(service: Service) -> None:
    """Remove the service if it exists, running or not, also if its process has died: Wine's
    service manager does not notice that by itself."""
    if not service.exists():
        return
    if service.status().state == State.RUNNING:
        try:
            service.control(1)
            service.wait(State.STOPPED)
        except BridgeError as error:
            if error.code not in PROCESS_GONE:
                raise
    service.delete()


@dataclass(frozen=True)
class Outcome:
    """The exit code and output of a command."""

    exit_code: int
    output: str


class Run:
    """A running command."""

    def __init__(self, process: Process, output: Path) -> None:
        self._process = process
        self._output = output

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.is_alive()

    def output(self) -> str:
        """What it has printed so far."""
        return self._output.read_text(encoding="utf-8")

    def end(self) -> Outcome:
        """Wait for its end."""
        exit_code = self._process.wait()
        self._process.close()
        return Outcome(exit_code, self.output())


class Program:
    """The executable in an installation's folder, whose service is not installed."""

    def __init__(self, installation: Installation, bridge: Bridge) -> None:
        self.installation = installation
        self.service = installation.service
        self.path = rf"{installation.folder}\{installation.image}"
        self.bridge = bridge
        self._numbers = itertools.count(1)

    def run(self, arguments: str, restricted: bool = False) -> Outcome:
        """Run it to its end, as an administrator or, restricted, as an ordinary user."""
        return self._begin(arguments, restricted).end()

    def command(self, switch: str, restricted: bool = False) -> Outcome:
        """Run a switch for this instance, to its end."""
        return self.begin(switch, restricted).end()

    def begin(self, switch: str, restricted: bool = False) -> Run:
        """Start a switch for this instance."""
        return self._begin(f"-instance interactive {self.installation.instance} {switch}",
                           restricted)

    def _begin(self, arguments: str, restricted: bool) -> Run:
        name = f"output{next(self._numbers)}.txt"
        process = Process.start(self.bridge, f'"{self.path}" {arguments}',
                                output=rf"{self.installation.folder}\log\{name}",
                                restricted=restricted)
        return Run(process, self.installation.host_folder / "log" / name)

    def events(self) -> List[str]:
        """The events that it has written."""
        return self.installation.record.events()
