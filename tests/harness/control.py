# SPDX-License-Identifier: MIT
"""A client of the control pipe, at the level of bytes; shares no code with the service."""
from __future__ import annotations

import re
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Dict, List, Tuple

from harness.bridge import Bridge, BridgeError, Result, result_of
from harness.client import CLOSED
from harness.eventually import HANG
from harness.pipe import IDENTIFICATION, Pipe

#: Codes of error replies: docs/protocol.md, "Control pipe".
ACCESS_DENIED, NO_MEMORY, NO_REQUEST, NOT_SUPPORTED, WRONG_ARGUMENTS = 5, 8, 13, 50, 87
HAS_ONE_ALREADY, SILENT, TOO_MANY, STOPPING, NOT_FOUND = 183, 258, 554, 1115, 1168
ANONYMOUS_CLIENT, NO_RESOURCES, NOT_IN_TIME = 1346, 1450, 1460

#: Units of the longest request, and bytes of the longest reply.
LONGEST_REQUEST, LONGEST_REPLY = 4096, 64 * 1024

Record = Dict[str, str]

LINE = re.compile(r"([a-z][a-z0-9_]*)=(.*)", re.DOTALL)
ESCAPE = re.compile(r"%([0-9A-F]{2})")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def request(*words: str) -> bytes:
    """The message of a verb and its arguments."""
    return "".join(f"{word}\0" for word in words).encode("utf-16-le", "surrogatepass")


def unescape(value: str) -> str:
    """A value as it was before it was written. Raises ValueError for what may not stand there."""
    if CONTROL.search(value) or "%" in ESCAPE.sub("", value):
        raise ValueError(f"not escaped: {value!r}")
    return ESCAPE.sub(lambda match: chr(int(match[1], 16)), value)


@dataclass(frozen=True)
class ControlReply:
    """A reply, read as strictly as its grammar is."""

    code: int
    name: str
    records: Tuple[Record, ...]
    raw: bytes

    @classmethod
    def parse(cls, raw: bytes) -> "ControlReply":
        """Raises ValueError."""
        if len(raw) > LONGEST_REPLY:
            raise ValueError(f"{len(raw)} bytes")
        head = re.match(r"0x([0-9a-f]{8})\n([a-z-]+)\n", raw.decode("utf-16-le"))
        if not head:
            raise ValueError(f"no reply: {raw!r}")
        records = raw.decode("utf-16-le")[head.end():]
        if records and not records.endswith("\n") or records.endswith("\n\n"):
            raise ValueError(f"no whole records: {records!r}")
        made = tuple(cls._record(text) for text in records[:-1].split("\n\n")) if records else ()
        return cls(int(head[1], 16), head[2], made, raw)

    @staticmethod
    def _record(text: str) -> Record:
        made: Record = {}
        for line in text.split("\n"):
            match = LINE.fullmatch(line)
            if not match or match[1] in made:
                raise ValueError(f"no line of a record: {line!r}")
            made[match[1]] = unescape(match[2])
        return made

    @property
    def reason(self) -> str:
        """Why it is an error."""
        return self.records[0]["reason"]


class Control:
    """One connection to the control pipe."""

    def __init__(self, bridge: Bridge, name: str, *, flags: int = IDENTIFICATION,
                 seconds: float = HANG) -> None:
        self.pipe = Pipe.connect(bridge, name, flags=flags, seconds=seconds)

    def ask(self, *words: str, seconds: float = HANG) -> ControlReply:
        """Send a request and read its reply."""
        self.pipe.write(request(*words))
        return self.read(seconds)

    def send(self, data: bytes) -> None:
        """Write one message."""
        self.pipe.write(data)

    def begin(self, *words: str, seconds: float = HANG) -> "Pending":
        """Send a request whose reply may take long."""
        self.pipe.write(request(*words))
        return Pending(self.pipe.begin_read(seconds))

    def read(self, seconds: float = HANG) -> ControlReply:
        """The next reply."""
        return ControlReply.parse(self.pipe.read(seconds))

    def wait_closed(self, seconds: float = HANG) -> None:
        """Wait until the service closes the pipe. Raises AssertionError when it sends anything."""
        try:
            data = self.pipe.read(seconds)
        except BridgeError as error:
            if error.code in CLOSED:
                return
            raise
        raise AssertionError(f"the service sent {data!r} instead of closing")

    def sessions(self) -> List[Record]:
        """The records of all sessions that this caller may see, over all pages."""
        found: List[Record] = []
        mark: Tuple[str, ...] = ()
        while True:
            reply = self.ask("status", *mark)
            assert reply.code == 0, reply
            records = list(reply.records[1:])
            mark = (records.pop()["mark"],) if records and "mark" in records[-1] else ()
            found += records
            if not mark:
                return found

    def close(self) -> None:
        """Close the pipe."""
        self.pipe.close()


@dataclass(frozen=True)
class Pending:
    """A reply that is still to come."""

    future: "Future[Result]"

    def is_there(self) -> bool:
        """Whether it has come, or the pipe was closed."""
        return self.future.done()

    def end(self) -> ControlReply:
        """Wait for it."""
        return ControlReply.parse(bytes.fromhex(result_of(self.future)["data"]))
