# SPDX-License-Identifier: MIT
"""The fake netsh.exe, ipconfig.exe, tapctl.exe and msiexec.exe of an installation, and their
recorded runs."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import PureWindowsPath
from typing import List, Literal, Tuple

from harness.installation import Installation
from harness.record import Call

Program = Literal["netsh", "ipconfig", "tapctl", "msiexec"]

#: Folder of each program, below the installation's folder.
FOLDERS = {"netsh": "system32", "ipconfig": "system32", "tapctl": "bin", "msiexec": "system32"}


@dataclass(frozen=True)
class Run:
    """One run of a program, from its beginning; `process` is its id."""

    program: str
    arguments: Tuple[str, ...]
    command_line: str
    directory: str
    process: int
    parent: int

    @classmethod
    def of(cls, call: Call) -> "Run":
        """From a "ProgramStart" call of the record."""
        return cls(call["program"], tuple(call["arguments"][1:]), call["command_line"],
                   call["directory"], call["pid"], call["parent"])


def runs(installation: Installation, since: int = 0) -> List[Run]:
    """The programs that were started since the mark, also those that were killed."""
    return [Run.of(call) for call in installation.record.calls("ProgramStart", since=since)]


def program_path(installation: Installation, program: Program) -> str:
    """The fake's own path; the service starts it by Windows' path."""
    return str(PureWindowsPath(installation.folder) / FOLDERS[program] / f"{program}.exe")
