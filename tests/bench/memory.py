# SPDX-License-Identifier: MIT
"""Memory and threads of a Windows process, as Linux counts them: Wine's own counter of memory does
not change."""
from __future__ import annotations

from pathlib import Path

PROCESSES = Path("/proc")


def linux_process(*words: str) -> int:
    """The process whose command line has all of these words. Raises LookupError unless there is
    exactly one."""
    found = []
    for folder in PROCESSES.glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().lower()
        except OSError:  # it has just ended
            continue
        if all(word.lower().encode() in line for word in words):
            found.append(int(folder.name))
    if len(found) != 1:
        raise LookupError(f"{len(found)} processes have {words} in their command lines")
    return found[0]


def private_kibibytes(process: int) -> int:
    """Memory that the process shares with no other."""
    rollup = (PROCESSES / str(process) / "smaps_rollup").read_text(encoding="ascii")
    return sum(int(line.split()[1]) for line in rollup.splitlines()
               if line.startswith("Private_"))


def reserved_kibibytes(process: int) -> int:
    """Address space that the process may write to and shares with no other, used or not."""
    for line in (PROCESSES / str(process) / "status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1])
    raise LookupError("VmData")


def thread_count(process: int) -> int:
    """How many threads it has."""
    return sum(1 for _ in (PROCESSES / str(process) / "task").iterdir())
