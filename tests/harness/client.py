# SPDX-License-Identifier: MIT
"""A client of the service, at the level of bytes."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from harness.bridge import Bridge, BridgeError
from harness.eventually import HANG
from harness.pipe import (ERROR_BROKEN_PIPE, ERROR_NO_DATA, ERROR_PIPE_NOT_CONNECTED,
                          IMPERSONATION, READ_MESSAGES, Pipe)

ERROR_STARTUP = 0x20000000
ERROR_STARTUP_DATA = 0x20000001

CLOSED = (ERROR_BROKEN_PIPE, ERROR_NO_DATA, ERROR_PIPE_NOT_CONNECTED)


def startup(directory: str, options: str, stdin: str = "") -> bytes:
    """A well-formed start-up message."""
    return "".join(text + "\0" for text in (directory, options, stdin)).encode("utf-16-le")


@dataclass(frozen=True)
class Reply:
    """The three lines of a reply; `raw` are the bytes that came over the pipe."""

    code: int
    function: str
    text: str
    raw: bytes

    @classmethod
    def parse(cls, raw: bytes) -> "Reply":
        """Read a reply as the strictest client does. Raises ValueError."""
        lines = raw.decode("utf-16-le").replace("\r\n", "\n").split("\n")
        if len(lines) < 3:
            raise ValueError(f"not three lines: {lines}")
        return cls(int(lines[0], 16), lines[1], "\n".join(lines[2:]), raw)

    @property
    def line(self) -> str:
        """It as one line for people."""
        return f"0x{self.code:08x}, {self.function}, {self.text.strip()}"

    @property
    def process(self) -> int:
        """The process id of a successful start."""
        if self.code or self.text != "Process ID":
            raise ValueError(f"no process id: {self}")
        return int(self.function, 16)


class Client:
    """One connection to the service."""

    def __init__(self, bridge: Bridge, name: str, *, flags: int = IMPERSONATION,
                 mode: Optional[int] = READ_MESSAGES, seconds: float = HANG) -> None:
        self.pipe = Pipe.connect(bridge, name, flags=flags, mode=mode, seconds=seconds)

    @property
    def server(self) -> int:
        """The process at the other end."""
        return self.pipe.server

    def send(self, data: bytes) -> None:
        """Write one message."""
        self.pipe.write(data)

    def start(self, directory: str, options: str, stdin: str = "", seconds: float = HANG) -> Reply:
        """Send a start-up message and read the answer."""
        self.send(startup(directory, options, stdin))
        return self.read(seconds)

    def read(self, seconds: float = HANG) -> Reply:
        """The next reply."""
        return Reply.parse(self.pipe.read(seconds))

    def wait_closed(self, seconds: float = HANG) -> None:
        """Wait until the service closes the pipe. Raises AssertionError when it sends anything."""
        try:
            data = self.pipe.read(seconds)
        except BridgeError as error:
            if error.code in CLOSED:
                return
            raise
        words = data.decode("utf-16-le", "replace")
        raise AssertionError(f"expected that the service closes the pipe; came {words!r}")

    def wait_end(self, seconds: float = HANG) -> None:
        """Wait until the service closes the pipe, whatever it says before."""
        try:
            while True:
                self.pipe.read(seconds)
        except BridgeError as error:
            if error.code not in CLOSED:
                raise

    def close(self) -> None:
        """Close the pipe."""
        self.pipe.close()
