# SPDX-License-Identifier: MIT
"""The scripted openvpn.exe, controlled over a pipe."""
from __future__ import annotations

import itertools
import json
import os
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence, Tuple

from harness import messages, transcript
from harness.bridge import Bridge, BridgeError
from harness.client import CLOSED
from harness.eventually import HANG
from harness.messages import Dialect, Machine, Message
from harness.pipe import Pipe

_numbers = itertools.count(1)

#: What a transcript calls the pipe between openvpn.exe and the service.
CHANNEL = "session channel"

#: openvpn.exe runs as another user than the test, who may not open a pipe of an administrator's.
FOR_EVERYBODY = "D:(A;;GA;;;WD)"


class OpenvpnError(Exception):
    """A Windows function failed inside openvpn.exe."""

    def __init__(self, code: int, command: str) -> None:
        super().__init__(f"openvpn.exe: {command} failed with error {code}")
        self.code = code


@dataclass(frozen=True)
class Batch:
    """The answers to many messages, and the time from the first message to the last answer."""

    answers: Tuple[bytes, ...]
    microseconds: float


@dataclass(frozen=True)
class Series:
    """The result of many messages that differ in one number: the first answer, how many others
    differed from it, the time from the first message to the last answer, and the median of one."""

    answer: bytes
    others: int
    microseconds: float
    median: float


class Openvpn:
    """One scripted openvpn.exe. Create it before the program is started: its configuration names
    our pipe."""

    def __init__(self, bridge: Bridge) -> None:
        self.pipe_name = rf"\\.\pipe\gatehouse-test-{os.getpid()}-{next(_numbers)}"
        self._pipe = Pipe.create(bridge, self.pipe_name, sddl=FOR_EVERYBODY)
        self.process = 0

    def config(self) -> str:
        """The configuration file that makes openvpn.exe connect to our pipe."""
        return f"client\nsetenv GATEHOUSE_CONTROL {self.pipe_name}\n"

    def accept(self, seconds: float = HANG) -> None:
        """Wait until it connects."""
        self.process = self._pipe.accept(seconds)

    def request(self, message: Message, dialect: Dialect = Dialect.V2_7,
                machine: Machine = Machine.X64) -> int:
        """Send a message over the session channel; returns the error of its acknowledgement."""
        answer = self.send(messages.encode(message, dialect, machine))
        return messages.decode_acknowledgement(answer, machine)[0]

    def send(self, data: bytes, seconds: Optional[float] = None) -> bytes:
        """Write one message to the channel and read its answer."""
        return bytes.fromhex(self._command("send", seconds, data=data.hex())["data"])

    def write(self, data: bytes) -> None:
        """Write one message to the channel without reading the answer."""
        self._command("write", data=data.hex())

    def post(self, data: bytes) -> None:
        """The same for a message during which the service, and openvpn.exe with it, will be killed:
        does not wait. No other command can follow."""
        self._order("write", data=data.hex())

    def try_request(self, message: Message) -> Optional[int]:
        """request() to a service that may die of it: None when it has died, and openvpn.exe with
        it."""
        try:
            return self.request(message)
        except (BridgeError, OpenvpnError) as error:
            if error.code not in CLOSED:
                raise
            return None

    def read(self, seconds: Optional[float] = None) -> bytes:
        """Read one message from the channel. Raises OpenvpnError 258 when none comes in time."""
        return bytes.fromhex(self._command("read", seconds)["data"])

    def batch(self, data: Sequence[bytes], pipelined: bool = False) -> Batch:
        """Send many messages; pipelined: send all before reading the first answer."""
        answer = self._command("batch", messages=[item.hex() for item in data],
                               pipelined=pipelined)
        return Batch(tuple(bytes.fromhex(item) for item in answer["answers"]),
                     answer["microseconds"])

    def series(self, data: bytes, number_at: int, count: int, seconds: float = HANG) -> Series:
        """Send `count` messages, each after the answer to the previous one. The first is `data`;
        the 32-bit big-endian number at `number_at` grows by one with each."""
        answer = self._command("series", seconds, data=data.hex(), number_at=number_at,
                               count=count)
        return Series(bytes.fromhex(answer["answer"]), answer["others"], answer["microseconds"],
                      answer["median"])

    def describe(self) -> Dict[str, Any]:
        """arguments, command_line, directory, image, process, priority, environment, user, groups,
        privileges, stdin/stdout/stderr, in_job, job_limits, process_security, thread_security (as
        the service set it: afterwards openvpn.exe grants everybody full access, if its
        configuration does not say `setenv GATEHOUSE_ACCESS closed`)."""
        description: Dict[str, Any] = self._command("describe")["process"]
        return description

    def handles(self, values: Optional[Sequence[int]] = None) -> List[Optional[Dict[str, Any]]]:
        """The handles that are open in it, for the given values (None: not open) or all."""
        arguments: Dict[str, Any] = {} if values is None else {"values": list(values)}
        rows: List[Optional[Dict[str, Any]]] = self._command("handles", **arguments)["handles"]
        return rows

    def stdin(self, size: int, seconds: float = HANG) -> bytes:
        """The first `size` bytes of its stdin, or those that came in time."""
        return bytes.fromhex(self._command("stdin", seconds, size=size)["data"])

    def stdin_has_ended(self, seconds: float = 0.0) -> bool:
        """Whether its stdin was closed in time."""
        return bool(self._command("stdin", seconds, size=65536)["ended"])

    def spawn(self, inherit: bool = False) -> int:
        """Start a child that waits until it is killed; its process id."""
        return int(self._command("spawn", inherit=inherit)["process"])

    def spawn_flood(self) -> int:
        """Start a child that floods the session channel until it breaks; its process id."""
        return int(self._command("spawn", flood=True)["process"])

    def close_channel(self) -> None:
        """Close the session channel and keep running."""
        self._command("close_channel")

    def exit(self, code: int = 0) -> None:
        """End in an orderly way."""
        self._command("exit", code=code)

    def die(self, code: int = 1) -> None:
        """End at once, as when it is killed."""
        self._command("die", code=code)

    def close(self) -> None:
        """Close the control pipe, which ends openvpn.exe."""
        self._pipe.close()

    def _order(self, name: str, **arguments: object) -> None:
        if isinstance(arguments.get("data"), str):
            transcript.note(transcript.SENT, CHANNEL, bytes.fromhex(str(arguments["data"])))
        self._pipe.write(json.dumps({"do": name, **arguments}).encode("ascii"))

    def _command(self, name: str, seconds: Optional[float] = None, **arguments: object
                 ) -> Dict[str, Any]:
        if seconds is not None:
            arguments["timeout"] = int(seconds * 1000)
        self._order(name, **arguments)
        answer: Dict[str, Any] = json.loads(self._pipe.read((seconds or 0) + 30))
        if "error" in answer:
            raise OpenvpnError(answer["error"], name)
        if name in ("send", "read"):
            transcript.note(transcript.RECEIVED, CHANNEL, bytes.fromhex(answer["data"]))
        return answer
