# SPDX-License-Identifier: MIT
"""The scripted openvpn.exe, told what to do over its control pipe."""
from __future__ import annotations

import itertools
import json
import os
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence, Tuple

from harness import messages
from harness.bridge import Bridge, BridgeError
from harness.client import CLOSED
from harness.eventually import HANG
from harness.messages import Dialect, Machine, Message
from harness.pipe import Pipe

_numbers = itertools.count(1)


class OpenvpnError(Exception):
    """A Windows function failed inside openvpn.exe."""

    def __init__(self, code: int, command: str) -> None:
        super().__init__(f"openvpn.exe: {command} failed with error {code}")
        self.code = code


@dataclass(frozen=True)
class Batch:
    """The answers to many messages, and the time between the first and the last."""

    answers: Tuple[bytes, ...]
    microseconds: float


@dataclass(frozen=True)
class Series:
    """What came of many messages that differ in one number: the first answer, how many others were
    not the same, the time from the first message to the last answer, and the median of one."""

    answer: bytes
    others: int
    microseconds: float
    median: float


class Openvpn:
    """One scripted openvpn.exe. Made before it is started: its configuration names our pipe."""

    def __init__(self, bridge: Bridge) -> None:
        self.pipe_name = rf"\\.\pipe\gatehouse-test-{os.getpid()}-{next(_numbers)}"
        self._pipe = Pipe.create(bridge, self.pipe_name)
        self.process = 0

    def config(self) -> str:
        """The configuration file that makes openvpn.exe obey."""
        return f"client\nsetenv GATEHOUSE_CONTROL {self.pipe_name}\n"

    def accept(self, seconds: float = HANG) -> None:
        """Wait until it is there."""
        self.process = self._pipe.accept(seconds)

    def request(self, message: Message, dialect: Dialect = Dialect.V2_7,
                machine: Machine = Machine.X64) -> int:
        """Send a message over the session channel; the error number of its acknowledgement."""
        answer = self.send(messages.encode(message, dialect, machine))
        return messages.decode_acknowledgement(answer, machine)[0]

    def send(self, data: bytes, seconds: Optional[float] = None) -> bytes:
        """Write one message to the channel and read its answer."""
        return bytes.fromhex(self._command("send", seconds, data=data.hex())["data"])

    def write(self, data: bytes) -> None:
        """Write one message to the channel and leave the answer there."""
        self._command("write", data=data.hex())

    def post(self, data: bytes) -> None:
        """The same for a message that ends the service, and openvpn.exe with it: wait for nothing.
        No other command can follow."""
        self._order("write", data=data.hex())

    def try_request(self, message: Message) -> Optional[int]:
        """request() of a service that may die of it: None when it has, and openvpn.exe with it."""
        try:
            return self.request(message)
        except (BridgeError, OpenvpnError) as error:
            if error.code not in CLOSED:
                raise
            return None

    def read(self, seconds: Optional[float] = None) -> bytes:
        """Read one message from the channel. Raises OpenvpnError 258 for none in time."""
        return bytes.fromhex(self._command("read", seconds)["data"])

    def batch(self, data: Sequence[bytes], pipelined: bool = False) -> Batch:
        """Send many messages; pipelined: all before the first answer is read."""
        answer = self._command("batch", messages=[item.hex() for item in data],
                               pipelined=pipelined)
        return Batch(tuple(bytes.fromhex(item) for item in answer["answers"]),
                     answer["microseconds"])

    def series(self, data: bytes, number_at: int, count: int, seconds: float = HANG) -> Series:
        """Send `count` messages, each after the answer to the one before. The first is `data`; the
        32-bit big-endian number at `number_at` grows by one with each."""
        answer = self._command("series", seconds, data=data.hex(), number_at=number_at,
                               count=count)
        return Series(bytes.fromhex(answer["answer"]), answer["others"], answer["microseconds"],
                      answer["median"])

    def describe(self) -> Dict[str, Any]:
        """arguments, command_line, directory, image, process, priority, environment, user,
        groups, privileges, stdin/stdout/stderr, in_job, job_limits, process_security,
        thread_security (what the service allowed: it allows everybody everything then)."""
        description: Dict[str, Any] = self._command("describe")["process"]
        return description

    def handles(self, values: Optional[Sequence[int]] = None) -> List[Optional[Dict[str, Any]]]:
        """Which of the handle values are open in it (None: not); without values: all that are."""
        arguments: Dict[str, Any] = {} if values is None else {"values": list(values)}
        rows: List[Optional[Dict[str, Any]]] = self._command("handles", **arguments)["handles"]
        return rows

    def stdin(self, size: int, seconds: float = HANG) -> bytes:
        """The first `size` bytes of its stdin, or as many as came in time."""
        return bytes.fromhex(self._command("stdin", seconds, size=size)["data"])

    def stdin_has_ended(self, seconds: float = 0.0) -> bool:
        """Whether its stdin was closed, in time."""
        return bool(self._command("stdin", seconds, size=65536)["ended"])

    def spawn(self, inherit: bool = False) -> int:
        """Start a child that sits there until it is killed; its process id."""
        return int(self._command("spawn", inherit=inherit)["process"])

    def spawn_flood(self) -> int:
        """Start a child that floods the session channel until it breaks; its process id."""
        return int(self._command("spawn", flood=True)["process"])

    def close_channel(self) -> None:
        """Close the session channel and live on."""
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
        self._pipe.write(json.dumps({"do": name, **arguments}).encode("ascii"))

    def _command(self, name: str, seconds: Optional[float] = None, **arguments: object
                 ) -> Dict[str, Any]:
        if seconds is not None:
            arguments["timeout"] = int(seconds * 1000)
        self._order(name, **arguments)
        answer: Dict[str, Any] = json.loads(self._pipe.read((seconds or 0) + 30))
        if "error" in answer:
            raise OpenvpnError(answer["error"], name)
        return answer
