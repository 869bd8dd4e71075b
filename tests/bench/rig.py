# SPDX-License-Identifier: MIT
"""The machine to measure on: installed services, sessions that request routes, and echoes.

The fake system DLLs record nothing meanwhile, because that would be the largest part of the cost,
for the service and the echo alike."""
from __future__ import annotations

import contextlib
import itertools
import sys
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from typing import Callable, Dict, Iterator, Mapping, Optional, Tuple, TypeVar, Union

from harness import messages
from harness.bridge import BridgeEnded, BridgeError
from harness.fakes import PLAIN_USER, TAP, FakesError
from harness.installation import Installation, Options
from harness.openvpn import Openvpn, OpenvpnError, Series
from harness.process import Process
from harness.runner import Runner, build_folder
from harness.session import Session, launch

from bench.measure import NotPossible, possible
from bench.programs import ProgramError

S = TypeVar("S")
T = TypeVar("T")

#: Errors that prevent measuring; all others are bugs.
MEASURING_ERRORS = (AssertionError, BridgeEnded, BridgeError, FakesError, LookupError, NotPossible,
                    OpenvpnError, OSError, ProgramError, TimeoutError)

#: A running service, or why there is none.
Services = Mapping[str, Union[Installation, NotPossible]]

GATEWAY = "10.8.0.1"
FIRST_ROUTE, ROUTES_OF_ONE = IPv4Address("10.64.0.0"), 65536


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    turns: int  #: of a comparison
    per_turn: int  #: requests in a turn
    few: int  #: routes held, where it should not matter
    many: int
    rounds: int  #: of filling up and undoing `many`
    starts: int  #: of a service
    sessions: int  #: held at once
    askers: int  #: clients of the control pipe at once
    asked: int  #: routes that a session adds meanwhile

    @property
    def entries(self) -> int:
        """Routes that a killed service leaves to the next."""
        return self.many // 2

    @property
    def block(self) -> int:
        """Routes for a point of a curve."""
        return max(1, self.many // 20)


class Progress:
    """Shows on stderr what is being measured."""

    def __init__(self) -> None:
        self._what = ""
        self._on_terminal = sys.stderr.isatty()

    def begin(self, what: str) -> None:
        """Show what comes next."""
        self.end()
        self._what = what
        self._show("" if self._on_terminal else "\n")

    def __call__(self, done: int, whole: int) -> None:
        if self._on_terminal:
            self._show(f" {done}/{whole}")

    def end(self) -> None:
        """End the line."""
        if self._what and self._on_terminal:
            self._show("\n")
        self._what = ""

    def _show(self, rest: str) -> None:
        start = "\r" if self._on_terminal else ""
        sys.stderr.write(f"{start}bench: {self._what}{rest}")
        sys.stderr.flush()


class Routes:
    """An openvpn.exe that requests routes, from a service or an echo."""

    def __init__(self, openvpn: Openvpn, first: IPv4Address) -> None:
        self._openvpn = openvpn
        self._first = first

    def add(self, count: int, start: int = 0) -> float:
        """Request routes; microseconds for each."""
        return self._ask(count, start, delete=False).microseconds / count

    def delete(self, count: int, start: int = 0) -> float:
        """Delete them in the order of addition; microseconds for each."""
        return self._ask(count, start, delete=True).microseconds / count

    def turn(self, count: int, start: int = 0) -> float:
        """The median of the microseconds to add each of so many routes; they are deleted again."""
        median = self._ask(count, start, delete=False).median
        self.delete(count, start)
        return median

    def _ask(self, count: int, start: int, delete: bool) -> Series:
        address = self._first + start
        request = messages.encode(messages.route(f"{address}/32", GATEWAY, TAP, delete=delete))
        series = self._openvpn.series(request, request.index(address.packed), count)
        self._check(series)
        return series

    @staticmethod
    def _check(series: Series) -> None:
        error, _ = messages.decode_acknowledgement(series.answer)
        if error or series.others:
            raise AssertionError(f"routes were refused: error {error}, "
                                 f"{series.others} answers unlike the first")


class Rig:
    """Creates everything that is measured, and removes it at the end."""

    def __init__(self, runner: Runner, progress: Progress, ours: str, patience: float) -> None:
        self.runner = runner
        self.ours = ours
        #: Seconds that a service may take for what has no limit of its own.
        self.patience = patience
        self.progress = progress
        self.bridge = runner.bridge()
        self._user = runner.bridge(restricted=True)
        self._name = runner.claim_name("bench")
        self._numbers = itertools.count(1)
        self._firsts = (FIRST_ROUTE + ROUTES_OF_ONE * number for number in itertools.count())

    @contextlib.contextmanager
    def measuring(self, subject: str) -> Iterator[None]:
        """Whatever goes wrong within it with another service than ours raises NotPossible."""
        try:
            yield
        except NotPossible:
            raise
        except MEASURING_ERRORS as error:
            if subject == self.ours:
                raise
            raise NotPossible(str(error).strip().splitlines()[0] if str(error).strip()
                              else type(error).__name__) from error

    def for_each(self, subjects: Mapping[str, Union[S, NotPossible]], action: Callable[[S], T]
                 ) -> Dict[str, Union[T, NotPossible]]:
        """The results of `action` for each service that can be measured."""
        results: Dict[str, Union[T, NotPossible]] = {
            subject: given for subject, given in subjects.items()
            if isinstance(given, NotPossible)}
        for subject, given in possible(subjects).items():
            results[subject] = self.attempt(subject, partial(action, given))
        return {subject: results[subject] for subject in subjects}

    def attempt(self, subject: str, action: Callable[[], T]) -> Union[T, NotPossible]:
        """The result of `action`, which measures this service."""
        try:
            with self.measuring(subject):
                return action()
        except NotPossible as refusal:
            if subject == self.ours:
                raise
            return refusal

    def turn(self, subject: str, turn: Callable[[], T]) -> Callable[[], T]:
        """A turn of in_turns() that measures this service."""
        def take() -> T:
            with self.measuring(subject):
                return turn()
        return take

    @contextlib.contextmanager
    def service(self, program: Path, settings: Tuple[Tuple[str, Optional[str]], ...] = (),
                openvpn: Optional[Path] = None) -> Iterator[Installation]:
        """A running service on a machine of its own; `openvpn` is the program that it starts."""
        made = Installation(self.runner, self.bridge, f"{self._name}n{next(self._numbers)}",
                            Options(service=program, settings=settings))
        try:
            made.create()
            if openvpn:
                (made.host_folder / "bin" / "openvpn.exe").write_bytes(openvpn.read_bytes())
            self.reset(made)
            made.start(self.patience)
            yield made
        finally:
            made.destroy()

    @contextlib.contextmanager
    def second_service(self, first: Installation) -> Iterator[Installation]:
        """Another instance on the same machine, with its own process."""
        made = first.sibling("b")
        try:
            made.start(self.patience)
            yield made
        finally:
            made.remove_sibling(self.patience)

    @staticmethod
    def reset(installation: Installation) -> None:
        """Reset the machine, and record nothing."""
        installation.populate()
        installation.fakes.recording()
        installation.fakes.personas(PLAIN_USER)

    def come_back(self, installation: Installation) -> None:
        """Whatever has happened to it: it runs, with nothing to undo."""
        if not installation.is_running():
            installation.start(self.patience)
        self.reset(installation)

    @contextlib.contextmanager
    def session(self, installation: Installation) -> Iterator[Tuple[Session, Routes]]:
        """A session of an ordinary user."""
        made = launch(installation, self.bridge, client_bridge=self._user, seconds=self.patience)
        try:
            yield made, Routes(made.openvpn, next(self._firsts))
        finally:
            made.close()

    @contextlib.contextmanager
    def echo(self, installation: Installation, asks: bool) -> Iterator[Routes]:
        """An echo in the folder of the service, so that it has the same DLLs and hooks; if it
        `asks`, it makes the call that adds or deletes the route."""
        program = build_folder() / "bench" / "bench-echo.exe"
        (installation.host_folder / program.name).write_bytes(program.read_bytes())
        self.runner.use_fakes(self.bridge, program.name, ["iphlpapi.dll"])
        openvpn = Openvpn(self.bridge)
        config = installation.write_config(f"echo{int(asks)}.ovpn", openvpn.config())
        folder = installation.folder
        process = Process.start(
            self.bridge, rf'"{folder}\{program.name}" {openvpn.pipe_name}-channel '
            rf'"{folder}\bin\openvpn.exe" "{config}"{" route" if asks else ""}')
        try:
            openvpn.accept()
            yield Routes(openvpn, next(self._firsts))
        finally:
            openvpn.close()
            process.close()
