# SPDX-License-Identifier: MIT
"""Habits of other services, each alone and without Wine: what they make impossible is told with its
reason, and no wait for them is without an end. test_run.py has the same over a real service."""
from __future__ import annotations

import contextlib
import itertools
import os
import time
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple, Type, cast

import pytest

from harness import process
from harness.bridge import WAIT_TIMEOUT, Bridge, BridgeError
from harness.client import Client
from harness.eventually import HANG
from harness.installation import Installation
from harness.process import Running
from harness.runner import Runner
from harness.session import Session

from bench.figures import Results
from bench.measure import NotPossible, Sample
from bench.programs import Program, ProgramError
from bench.rig import Progress, Rig, Routes, Size
from bench.routes import Held
from bench.starts import starts

OURS, OTHER = "ours.exe", "other.exe"
PATIENCE = 0.05
ACCESS_DENIED = 5

SIZE = Size(turns=3, per_turn=1, few=2, many=20, rounds=1, starts=2, sessions=1, askers=1,
            asked=2)


class Peer:
    """openvpn.exe and the client of a session, and the routes that it asks for."""

    def __init__(self, service: "Service") -> None:
        self._service = service

    def add(self, count: int, start: int = 0) -> float:
        """Add routes."""
        assert start >= 0
        self._service.routes += count
        return 1.0

    def delete(self, count: int, start: int = 0) -> float:
        """Delete them."""
        return self.add(-count, start)

    def turn(self, count: int, start: int = 0) -> float:
        """Add and delete them."""
        return self.delete(count, start) + self.add(count, start)

    def exit(self) -> None:
        """The service undoes what it undoes."""
        self._service.end_session()

    def wait_closed(self, seconds: float) -> None:
        """It is closed."""
        assert seconds == PATIENCE

    def close(self) -> None:
        """Nothing to do."""


class Service:
    """A service with no bad habits, and what the bench asks of its installation."""

    def __init__(self) -> None:
        self.routes = 0
        self.started = 0
        self.fakes = self

    def start(self, seconds: float) -> None:
        """It undoes what a killed one has left."""
        assert seconds == PATIENCE
        self.started += 1
        self.undo_after_crash()

    def stop(self, seconds: float) -> None:
        """At once."""
        assert seconds == PATIENCE

    def connect(self) -> Peer:
        """A client that asks for nothing."""
        return Peer(self)

    def undo_after_crash(self) -> None:
        """All."""
        self.routes = 0

    def end_session(self) -> None:
        """All at once."""
        self.routes = 0

    def differences(self) -> List[str]:
        """One for each route."""
        return ["route"] * self.routes

    def crash(self) -> None:
        """It is killed."""

    def processes(self) -> List[Running]:
        """Those that have outlived it."""
        return []

    def is_running(self) -> bool:
        """Always."""
        return True

    def populate(self) -> None:
        """The machine is as before."""
        self.routes = 0

    def recording(self) -> None:
        """Nothing is recorded here."""

    def personas(self, *_: object) -> None:
        """Nobody asks."""


class NoWine:
    """What a rig asks of a runner."""

    def bridge(self, **_: object) -> None:
        """None is needed."""

    def claim_name(self, prefix: str) -> str:
        """Any."""
        return prefix

    def command(self, *_: object) -> List[str]:
        """A program that is mute."""
        return ["sleep", str(2 * HANG)]

    def environment(self) -> Dict[str, str]:
        """The same as here."""
        return dict(os.environ)

    def host_path(self, path: str) -> Path:
        """Nothing is there."""
        return Path("/nonexistent") / path[3:]


class NativeRig(Rig):
    """Its sessions are those of a Service."""

    def __init__(self) -> None:
        super().__init__(cast(Runner, NoWine()), Progress(), OURS, PATIENCE)

    @contextlib.contextmanager
    def session(self, installation: Installation) -> Iterator[Tuple[Session, Routes]]:
        peer = Peer(cast(Service, installation))
        session = Session(cast(Client, peer), cast(Any, peer), cast(Any, None), cast(Any, None))
        yield session, cast(Routes, peer)


def start_rows(service: Service) -> Dict[str, object]:
    """Why the starts of this service beside ours can't be measured, by name; None: they can."""
    results = Results(OURS)
    services = {OURS: cast(Installation, Service()), OTHER: cast(Installation, service)}
    starts(NativeRig(), services, SIZE, results)
    rows: List[Dict[str, object]] = results.rows()
    assert all(row["value"] is not None for row in rows if OTHER not in str(row["name"]))
    return {str(row["name"]): row["not possible"] for row in rows if OTHER in str(row["name"])}


def reasons(rows: Dict[str, object], part: str) -> List[object]:
    """Of the rows with this in their names, each once."""
    found = {rows[name] for name in rows if part in name}
    assert found
    return sorted(found, key=str)


EMPTY, FULL = "nothing to undo", "of a killed one"


def test_a_service_without_bad_habits_is_measured() -> None:
    rows = start_rows(Service())
    assert reasons(rows, EMPTY) == reasons(rows, FULL) == [None]


class Slow(Service):
    """It takes too long to start."""

    def start(self, seconds: float) -> None:
        raise TimeoutError(f"not RUNNING within {seconds} s")


class Stubborn(Service):
    """It does not stop."""

    def stop(self, seconds: float) -> None:
        raise BridgeError(WAIT_TIMEOUT, "WaitForSingleObject", "service_wait")


@pytest.mark.parametrize("habit, reason", [
    (Slow, "not RUNNING within 0.05 s"),
    (Stubborn, "service_wait: WaitForSingleObject failed with error 258")])
def test_one_that_starts_slowly_or_does_not_stop_costs_its_starts(
        habit: Type[Service], reason: str) -> None:
    rows = start_rows(habit())
    assert reasons(rows, EMPTY) == reasons(rows, FULL) == [reason]


class Forgetful(Service):
    """It undoes nothing after a crash."""

    def undo_after_crash(self) -> None:
        pass


class Orphaning(Service):
    """Its openvpn.exe goes on after its death."""

    def processes(self) -> List[Running]:
        return [Running(4, 0, "openvpn.exe", "")]


@pytest.mark.parametrize("habit, reason", [
    (Forgetful, "it leaves 10 routes of a killed one where they are"),
    (Orphaning, "openvpn.exe outlives it")])
def test_one_that_leaves_something_at_its_death_costs_the_starts_after_that(
        habit: Type[Service], reason: str) -> None:
    service = habit()
    rows = start_rows(service)
    assert reasons(rows, EMPTY) == [None]
    assert reasons(rows, FULL) == [reason]
    assert service.routes == 0, "for what is measured next"


class Late(Service):
    """It undoes when the pipe of the client is closed already."""

    def __init__(self) -> None:
        super().__init__()
        self._asked = itertools.count()

    def end_session(self) -> None:
        pass

    def differences(self) -> List[str]:
        left = super().differences()
        if self.routes > SIZE.few and next(self._asked) == 1:
            self.routes = SIZE.few
        return left


class Leaving(Service):
    """It undoes nothing."""

    def end_session(self) -> None:
        pass


class Prompt(Service):
    """It undoes what the second session has asked for."""

    def end_session(self) -> None:
        self.routes = min(self.routes, SIZE.few)


def held(service: Service) -> Held:
    """One round of it; both sessions are of the same service here."""
    made = Held(NativeRig(), SIZE, cast(Installation, service), cast(Installation, service))
    made.round()
    return made


def test_one_that_undoes_in_time_is_measured() -> None:
    assert isinstance(held(Prompt()).undone, Sample)


def test_one_that_undoes_late_costs_the_undo() -> None:
    made = held(Late())
    assert str(made.undone) == "it closes the client's pipe before it has undone the changes"
    assert made.added and made.deleted


def test_one_that_undoes_nothing_costs_the_routes() -> None:
    with pytest.raises(NotPossible, match="20 routes stay when their session has ended"):
        held(Leaving())


def test_a_refusal_costs_what_is_asked_and_no_more() -> None:
    def ask(name: str) -> str:
        if name == OTHER:
            raise ProgramError("bench-client.exe: open 64: error 554 start")
        return name

    found = NativeRig().for_each({OURS: OURS, OTHER: OTHER, "third.exe": "third.exe"}, ask)
    assert (found[OURS], found["third.exe"]) == (OURS, "third.exe")
    assert str(found[OTHER]) == "bench-client.exe: open 64: error 554 start"


def test_ours_must_not_refuse() -> None:
    def ask(_: str) -> str:
        raise ProgramError("error 554 start")

    with pytest.raises(ProgramError):
        NativeRig().for_each({OURS: OURS}, ask)


def test_a_command_that_gets_no_answer_ends() -> None:
    began = time.monotonic()
    with Program(cast(Runner, NoWine()), "client.exe", patience=PATIENCE) as program:
        for _ in range(2):
            with pytest.raises(ProgramError, match="no answer"):
                program.command("open 1")
    assert time.monotonic() - began < HANG, "the program has not ended by itself"


class Protected:
    """A bridge to a machine where nobody but the host can end openvpn.exe."""

    def __init__(self) -> None:
        self.rows = [{"process": 4, "parent": 0, "image": "openvpn.exe",
                      "path": r"C:\gatehouse\protected\bin\openvpn.exe"}]

    def call(self, operation: str, **_: object) -> Dict[str, object]:
        """Of the bridge."""
        if operation == "process_kill":
            raise BridgeError(ACCESS_DENIED, "OpenProcess", operation)
        return {"processes": self.rows, "answer": {}}


class HostKills(NoWine):
    """The host can."""

    def __init__(self, bridge: Protected) -> None:
        self._bridge = bridge

    def kill_programs(self, folder: Path) -> None:
        """All of them."""
        assert folder.name == r"gatehouse\protected"
        self._bridge.rows.clear()


def test_a_protected_child_is_ended_by_the_host() -> None:
    bridge = Protected()
    with pytest.raises(BridgeError):
        process.kill_if_there(cast(Bridge, bridge), 4)
    made = Installation(cast(Runner, HostKills(bridge)), cast(Bridge, bridge), "protected")
    made.reboot()
    assert not made.processes()
