# SPDX-License-Identifier: MIT
"""gatehouse-service.exe as an administrator calls it: what it says and returns."""
from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import List

from harness.bridge import Bridge
from harness.installation import Installation
from harness.process import Process

DONE, FAILED = 0, 1


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    exit_code: int
    said: str


class Program:
    """The executable of an installation folder, whose service is not installed."""

    def __init__(self, installation: Installation, bridge: Bridge) -> None:
        self.installation = installation
        self.service = installation.service
        self.path = rf"{installation.folder}\{installation.image}"
        self._bridge = bridge
        self._numbers = itertools.count(1)

    def run(self, arguments: str, restricted: bool = False) -> Outcome:
        """Run it to its end, as an administrator or as somebody who is none."""
        name = f"output{next(self._numbers)}.txt"
        started = Process.start(self._bridge, f'"{self.path}" {arguments}',
                                output=rf"{self.installation.folder}\log\{name}",
                                restricted=restricted)
        exit_code = started.wait(30)
        started.close()
        said = (self.installation.host_folder / "log" / name).read_text(encoding="utf-8")
        return Outcome(exit_code, said)

    def command(self, switch: str, restricted: bool = False) -> Outcome:
        """Run a switch for this instance."""
        return self.run(f"-instance interactive {self.installation.instance} {switch}", restricted)

    def events(self) -> List[str]:
        """What it has written into the event log."""
        return self.installation.record.events()
