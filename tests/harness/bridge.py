# SPDX-License-Identifier: MIT
"""Sends requests to bridge.exe: many can be open at once, and each is answered when it is done."""
from __future__ import annotations

import itertools
import json
import subprocess
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from typing import IO, Any, Dict, Mapping, Optional, Sequence

from harness.eventually import HANG

Result = Dict[str, Any]

#: Seconds within which a reply must come after the time-out that Windows was given.
PATIENCE = HANG

WAIT_TIMEOUT = 258


class BridgeError(Exception):
    """A Windows function failed: its Win32 code, its name, and the operation that called it."""

    def __init__(self, code: int, function: str, operation: str) -> None:
        super().__init__(f"{operation}: {function} failed with error {code}")
        self.code = code
        self.function = function
        self.operation = operation


class BridgeEnded(Exception):
    """The bridge program has ended while a request was open."""


def result_of(pending: "Future[Result]", patience: float = PATIENCE) -> Result:
    """Wait for a request that was begun with Bridge.begin()."""
    try:
        return pending.result(patience)
    except FutureTimeout:
        raise TimeoutError(f"the bridge did not answer within {patience} s") from None


class Bridge:
    """One bridge.exe. Safe to use from several threads."""

    def __init__(self, command: Sequence[str],
                 environment: Optional[Mapping[str, str]] = None) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=dict(environment) if environment is not None else None, start_new_session=True)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._open: Dict[int, "tuple[str, Future[Result]]"] = {}
        self._ended = False
        self._reader = threading.Thread(target=self._read_replies, daemon=True)
        self._reader.start()

    def begin(self, operation: str, **arguments: object) -> "Future[Result]":
        """Send a request; its result comes later, with result_of()."""
        future: "Future[Result]" = Future()
        stream = self._stream(self._process.stdin)
        with self._lock:
            if self._ended:
                raise BridgeEnded(operation)
            number = next(self._numbers)
            self._open[number] = (operation, future)
            line = json.dumps({"id": number, "op": operation, **arguments})
            try:
                stream.write(line.encode("ascii") + b"\n")
                stream.flush()
            except BrokenPipeError:
                del self._open[number]
                raise BridgeEnded(operation) from None
        return future

    def call(self, operation: str, **arguments: object) -> Result:
        """Send a request and wait for its result. Raises BridgeError."""
        milliseconds = arguments.get("timeout", 0)
        patience = PATIENCE + (milliseconds / 1000 if isinstance(milliseconds, int) else 0)
        return result_of(self.begin(operation, **arguments), patience)

    @property
    def process(self) -> int:
        """Its Windows process id: the process that a service sees as its client."""
        return int(self.call("process_own")["process"])

    def close(self) -> None:
        """End the bridge program, which closes and ends everything that it opened and started."""
        with suppress(BrokenPipeError):  # the program has been killed
            self._stream(self._process.stdin).close()
        try:
            self._process.wait(HANG)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(HANG)
        self._stream(self._process.stdout).close()

    @staticmethod
    def _stream(stream: Optional[IO[bytes]]) -> IO[bytes]:
        assert stream is not None
        return stream

    def _read_replies(self) -> None:
        for line in self._stream(self._process.stdout):
            reply = json.loads(line)
            with self._lock:
                operation, future = self._open.pop(reply["id"])
            if "error" in reply:
                future.set_exception(BridgeError(reply["error"], reply["function"], operation))
            else:
                future.set_result(reply["result"])
        with self._lock:
            self._ended = True
            left, self._open = self._open, {}
        for operation, future in left.values():
            future.set_exception(BridgeEnded(operation))


class Held:
    """An object that the bridge holds open for us on Windows."""

    def __init__(self, bridge: Bridge, number: int) -> None:
        self._bridge = bridge
        self._number = number

    def security(self) -> str:
        """Owner and access list in SDDL."""
        return str(self._bridge.call("security", object=self._number)["sddl"])

    def close(self) -> None:
        """Close it; closing twice is harmless."""
        if self._number:
            self._bridge.call("close", object=self._number)
            self._number = 0
