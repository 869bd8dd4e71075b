# SPDX-License-Identifier: MIT
"""Windows processes."""
from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional

from harness.bridge import WAIT_TIMEOUT, Bridge, BridgeError, Held, Result
from harness.eventually import HANG

ERROR_INVALID_PARAMETER = 87

#: ERROR_ACCESS_DENIED for a process that lets nobody open it, WAIT_TIMEOUT for one that takes long.
CANNOT_KILL = (5, WAIT_TIMEOUT)

#: ERROR_BAD_EXE_FORMAT and ERROR_INTERNAL_ERROR: Wine's errors for a process that ended before it
#: started properly, as one in thousands does. See keep_heaps_away() in wine.py for the second.
WINE_FAILED = (193, 1359)


@dataclass(frozen=True)
class Running:
    """A row of the process list."""

    process: int
    parent: int
    image: str
    path: str


class Process(Held):
    """An open process, whose exit code can be read after its end."""

    def __init__(self, bridge: Bridge, number: int, process: int) -> None:
        super().__init__(bridge, number)
        self.id = process

    @classmethod
    def start(cls, bridge: Bridge, command: str, *, directory: Optional[str] = None,
              output: Optional[str] = None, restricted: bool = False) -> "Process":
        """Start a command line; `output` is a file for its output. It ends with the bridge."""
        arguments = {name: text for name, text in (("directory", directory), ("output", output))
                     if text is not None}

        def ask() -> Result:
            return bridge.call("process_start", command=command, restricted=restricted,
                               **arguments)

        try:
            result = ask()
        except BridgeError as error:
            if error.code not in WINE_FAILED:
                raise
            result = ask()
        return cls(bridge, result["object"], result["process"])

    @classmethod
    def open(cls, bridge: Bridge, process: int) -> "Process":
        """Open a running process by its id. Raises BridgeError 87 when there is none."""
        return cls(bridge, bridge.call("process_open", process=process)["object"], process)

    def kill(self) -> None:
        """End it at once; does nothing when it has ended."""
        kill_if_there(self._bridge, self.id)

    def is_alive(self) -> bool:
        """Whether it still runs."""
        try:
            self.wait(0)
        except BridgeError as error:
            if error.code == WAIT_TIMEOUT:
                return True
            raise
        return False

    def wait(self, seconds: float = HANG) -> int:
        """Wait for its end; its exit code. Raises BridgeError 258 when it still runs."""
        result = self._bridge.call("process_exit_code", object=self._number,
                                   timeout=int(seconds * 1000))
        return int(result["exit_code"])


def kill(bridge: Bridge, process: int) -> None:
    """End a process at once and wait until it has gone."""
    bridge.call("process_kill", process=process)


def kill_if_there(bridge: Bridge, process: int) -> None:
    """The same; does nothing when it has gone."""
    try:
        kill(bridge, process)
    except BridgeError as error:
        if error.code != ERROR_INVALID_PARAMETER:
            raise


def wait_gone(bridge: Bridge, process: int, seconds: float = HANG) -> None:
    """Wait until a process has ended. Raises BridgeError 258 when it still runs."""
    try:
        opened = Process.open(bridge, process)
    except BridgeError as error:
        if error.code != ERROR_INVALID_PARAMETER:
            raise
        return
    opened.wait(seconds)
    opened.close()


def running(bridge: Bridge, image: Optional[str] = None) -> List[Running]:
    """All processes, or those of one image name."""
    arguments = {} if image is None else {"image": image}
    rows = bridge.call("process_list", **arguments)["processes"]
    return [Running(row["process"], row["parent"], row["image"], row.get("path", ""))
            for row in rows]


def handle_count(bridge: Bridge, process: int) -> int:
    """The number of handles that a process has open."""
    return int(bridge.call("process_handles", process=process)["handles"])
