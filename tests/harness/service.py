# SPDX-License-Identifier: MIT
"""Windows services."""
from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import List, Sequence, Tuple

from harness.bridge import Bridge, BridgeError, Result
from harness.eventually import HANG
from harness.registry import multi_string

CONTROL_STOP = 1
ERROR_SERVICE_DOES_NOT_EXIST = 1060


class State(IntEnum):
    """dwCurrentState."""

    STOPPED = 1
    START_PENDING = 2
    STOP_PENDING = 3
    RUNNING = 4


@dataclass(frozen=True)
class Status:
    """What the service manager reports of a service."""

    state: State
    exit_code: int
    specific_exit_code: int
    process: int
    controls: int
    type: int
    wait_hint: int
    #: The program of its process; "" when there is no such process.
    path: str = ""
    #: At a start: Wine's manager has not seen it run, so that it gives no reason for its stop.
    timed_out: bool = False

    @property
    def is_alive(self) -> bool:
        """Whether it runs, and so does its process: Wine's manager doesn't notice a dead
        process."""
        return self.state == State.RUNNING and bool(self.path)


@dataclass(frozen=True)
class Config:
    """How a service is installed."""

    type: int
    start: int
    error_control: int
    binary: str
    account: str
    display_name: str
    dependencies: Tuple[str, ...]


def _status(result: Result) -> Status:
    values = dict(result)
    return Status(state=State(values.pop("state")), timed_out=bool(values.pop("timed_out", 0)),
                  **values)


class Service:
    """One service by name."""

    def __init__(self, bridge: Bridge, name: str) -> None:
        self._bridge = bridge
        self.name = name

    def create(self, binary: str, privileges: Sequence[str] = ()) -> None:
        """Install it; `binary` is its whole command line. Its token is limited to the privileges;
        without any it keeps all of them."""
        limit = {"privileges": multi_string(privileges).hex()} if privileges else {}
        self._bridge.call("service_create", name=self.name, binary=binary, **limit)

    def set_automatic(self, is_automatic: bool) -> None:
        """Whether Windows starts it at its own start. The harness's installations are not, so that
        Wine does not start what a killed run has left."""
        self._bridge.call("service_set_start", name=self.name, start=2 if is_automatic else 3)

    def exists(self) -> bool:
        """Whether the service manager knows it."""
        try:
            self.status()
        except BridgeError as error:
            if error.code == ERROR_SERVICE_DOES_NOT_EXIST:
                return False
            raise
        return True

    def delete(self) -> None:
        """Remove it."""
        self._bridge.call("service_delete", name=self.name)

    def start(self) -> None:
        """Start it without waiting; wait() gives the outcome."""
        self._bridge.call("service_start", name=self.name)

    def run(self, seconds: float = HANG) -> Status:
        """Start it, also after its process has died; its state when it runs, has stopped or has
        died. Raises BridgeError 258 when its last process still runs."""
        return _status(self._bridge.call(
            "service_run", name=self.name, timeout=int(seconds * 1000)))

    def control(self, code: int) -> None:
        """Send a control code."""
        self._bridge.call("service_control", name=self.name, code=code)

    def status(self) -> Status:
        """Its state now."""
        return _status(self._bridge.call("service_query", name=self.name))

    def wait(self, *states: State, seconds: float = HANG) -> Status:
        """Wait until it is in one of the states. Raises BridgeError 258 when it is not in time."""
        return _status(self._bridge.call(
            "service_wait", name=self.name, states=[int(state) for state in states],
            timeout=int(seconds * 1000)))

    def config(self) -> Config:
        """How it is installed."""
        values = self._bridge.call("service_config", name=self.name)
        dependencies: List[str] = values.pop("dependencies")
        return Config(dependencies=tuple(dependencies), **values)
