# SPDX-License-Identifier: MIT
"""Sends requests to bridge.exe: many can be open at once, and each is answered when it is done."""
from __future__ import annotations

import itertools
import json
import socket
import subprocess
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from typing import IO, Any, Callable, Dict, Iterator, Mapping, Optional, Sequence, cast

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
        assert self._process.stdin is not None and self._process.stdout is not None
        self._connect(self._process.stdin, self._process.stdout)

    def _connect(self, to_bridge: IO[bytes], from_bridge: IO[bytes]) -> None:
        self._to_bridge = to_bridge
        self._from_bridge = from_bridge
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._open: Dict[int, "tuple[str, Future[Result]]"] = {}
        self._ended = False
        self._reader = threading.Thread(target=self._read_replies, daemon=True)
        self._reader.start()

    def begin(self, operation: str, **arguments: object) -> "Future[Result]":
        """Send a request; its result comes later, with result_of()."""
        future: "Future[Result]" = Future()
        with self._lock:
            if self._ended:
                raise BridgeEnded(operation)
            number = next(self._numbers)
            self._open[number] = (operation, future)
            line = json.dumps({"id": number, "op": operation, **arguments})
            try:
                self._to_bridge.write(line.encode("ascii") + b"\n")
                self._to_bridge.flush()
            except (BrokenPipeError, ConnectionResetError):
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
        with suppress(BrokenPipeError, ConnectionResetError):  # the program has been killed
            self._to_bridge.close()
        self._end()
        self._reader.join(HANG)
        self._from_bridge.close()

    def _end(self) -> None:
        """It has been told; wait until it has ended."""
        try:
            self._process.wait(HANG)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _lines(self) -> Iterator[bytes]:
        with suppress(ConnectionResetError):
            yield from self._from_bridge

    def _read_replies(self) -> None:
        for line in self._lines():
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


class ServiceBridge(Bridge):
    """A bridge.exe that runs as a Windows service: what it is asked for happens in the process of
    that service. `start` gets the port to which it connects, and has it started."""

    def __init__(self, start: Callable[[int], None]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            start(int(listener.getsockname()[1]))
            listener.settimeout(HANG)
            self._socket = listener.accept()[0]
        self._connect(cast(IO[bytes], self._socket.makefile("wb")),
                      cast(IO[bytes], self._socket.makefile("rb")))

    def report(self, state: int) -> None:
        """Have it tell the service manager this state (harness.service.State); until then it is
        starting."""
        self.call("service_report", state=state)

    def _end(self) -> None:
        with suppress(OSError):  # it has gone already
            self._socket.shutdown(socket.SHUT_WR)
        self._socket.close()


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
