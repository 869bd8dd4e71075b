# SPDX-License-Identifier: MIT
r"""Named pipes, from either end. Names are complete: \\.\pipe\..."""
from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Dict, Optional

from harness import transcript
from harness.bridge import Bridge, BridgeError, Held, Result
from harness.eventually import HANG

GENERIC_READ, GENERIC_WRITE = 0x80000000, 0x40000000

#: Flags of CreateFile that limit how far the server may impersonate the client.
SQOS_PRESENT = 0x00100000
ANONYMOUS, IDENTIFICATION, IMPERSONATION, DELEGATION = (
    SQOS_PRESENT | level << 16 for level in range(4))

READ_BYTES, READ_MESSAGES = 0, 2

#: Modes of CreateNamedPipe.
DUPLEX = 3
FIRST_INSTANCE = 0x00080000
TYPE_MESSAGE = 4

ERROR_BROKEN_PIPE, ERROR_NO_DATA, ERROR_PIPE_NOT_CONNECTED = 109, 232, 233
ERROR_FILE_NOT_FOUND, ERROR_SEM_TIMEOUT = 2, 121


@dataclass(frozen=True)
class PipeInfo:
    """The result of GetNamedPipeInfo, and the processes at both ends."""

    flags: int
    out: int
    into: int
    instances: int
    server: int
    client: int


class Pipe(Held):
    """An open end of a pipe; for the client's end `server` is the process that created the pipe."""

    def __init__(self, bridge: Bridge, number: int, server: int = 0, name: str = "") -> None:
        super().__init__(bridge, number)
        self.server = server
        self._called = transcript.name_of(name)

    @classmethod
    def connect(cls, bridge: Bridge, name: str, *, access: int = GENERIC_READ | GENERIC_WRITE,
                share: int = 0, flags: int = IMPERSONATION, mode: Optional[int] = READ_MESSAGES,
                seconds: float = HANG) -> "Pipe":
        """Open the client end; waits for a free instance, but not for the pipe to exist."""
        arguments = {} if mode is None else {"mode": mode}
        result = bridge.call("pipe_connect", name=name, access=access, share=share, flags=flags,
                             timeout=int(seconds * 1000), **arguments)
        return cls(bridge, result["object"], result.get("server", 0), name)

    @staticmethod
    def is_listening(bridge: Bridge, name: str, seconds: float = HANG) -> bool:
        """Whether somebody listens under this name, now or before time is up. Nobody is connected
        to."""
        try:
            bridge.call("pipe_wait", name=name, timeout=int(seconds * 1000))
        except BridgeError as error:
            if error.code not in (ERROR_FILE_NOT_FOUND, ERROR_SEM_TIMEOUT):
                raise
            return False
        return True

    @classmethod
    def create(cls, bridge: Bridge, name: str, *, open_mode: int = DUPLEX,
               pipe_mode: int = TYPE_MESSAGE | READ_MESSAGES, instances: int = 255,
               sddl: Optional[str] = None, room: Optional[int] = None, noted: bool = False
               ) -> "Pipe":
        """Create an instance of a pipe as its server. What is longer than the `room` stays with its
        writer until it is read. What passes is evidence if it is `noted`."""
        arguments: Dict[str, object] = {} if sddl is None else {"sddl": sddl}
        if room is not None:
            arguments["out"] = room
        result = bridge.call("pipe_create", name=name, open_mode=open_mode, pipe_mode=pipe_mode,
                             instances=instances, **arguments)
        return cls(bridge, result["object"], name=name if noted else "")

    def accept(self, seconds: float = HANG) -> int:
        """Wait for a client; its process id."""
        return int(self._call("pipe_accept", seconds).get("client", 0))

    def disconnect(self) -> None:
        """As the server: disconnect the client."""
        self._bridge.call("pipe_disconnect", object=self._number)

    def level(self) -> int:
        """As the server: how far the client lets it act in its name, from 0 (anonymous) to 3
        (delegation). Windows tells it when the client has written something."""
        return int(self._bridge.call("pipe_level", object=self._number)["level"])

    def write(self, data: bytes, seconds: float = HANG) -> None:
        """Write one message."""
        self._note(transcript.SENT, data)
        self._call("pipe_write", seconds, data=data.hex())

    def read(self, seconds: float = HANG) -> bytes:
        """Read one whole message. Raises BridgeError: 258 when none comes in time, 109 for a closed
        pipe, ..."""
        data = bytes.fromhex(self._call("pipe_read", seconds)["data"])
        self._note(transcript.RECEIVED, data)
        return data

    def begin_write(self, data: bytes, seconds: float = HANG) -> "Future[Result]":
        """Begin to write one message, which may exceed the buffer."""
        self._note(transcript.SENT, data)
        return self._bridge.begin("pipe_write", object=self._number, data=data.hex(),
                                  timeout=int(seconds * 1000))

    def begin_read(self, seconds: float) -> "Future[Result]":
        """Begin to read; the bytes are in "data" of the result, hexadecimal."""
        return self._bridge.begin("pipe_read", object=self._number, timeout=int(seconds * 1000))

    def available(self) -> int:
        """Number of bytes that can be read now."""
        return int(self._bridge.call("pipe_peek", object=self._number)["available"])

    def info(self) -> PipeInfo:
        """The arguments with which its server created it."""
        result = self._bridge.call("pipe_info", object=self._number)
        return PipeInfo(into=result.pop("in"), **result)

    def _note(self, way: str, data: bytes) -> None:
        if self._called:
            transcript.note(way, self._called, data)

    def _call(self, operation: str, seconds: float, **arguments: object) -> Result:
        return self._bridge.call(operation, object=self._number, timeout=int(seconds * 1000),
                                 **arguments)
